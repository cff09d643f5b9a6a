"""A bill goes to the bill system, is paid there, and is settled by its notice, through every process in between."""

import os
import signal
from collections.abc import Callable
from typing import Any

import pytest
import requests

from .conftest import Town

Eventually = Callable[..., Any]


@pytest.fixture(scope="module")
def bills(town: Town) -> Callable[..., list[dict[str, Any]]]:
    """`bills(who, …)` → what somebody sees; there are four sample bills, one in each municipality."""
    town.system.run("payments", "sample", "--count", "4")

    def seen(who: str = "qatif.cashier", **search: Any) -> list[dict[str, Any]]:
        url = f"{town.url('payments')}/v1/bills"
        headers = town.headers(who, "payments")
        answer = requests.get(url, params=search, headers=headers, timeout=10)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["items"])

    return seen


def test_a_bill_is_registered_paid_and_settled(
    town: Town, bills: Any, eventually: Eventually
) -> None:
    eventually(lambda: len(bills(status="registered")) == 4, seconds=60)
    bill = bills()[0]

    town.visitor.pay(bill["bill_number"])
    eventually(lambda: bills(bill_number=bill["bill_number"])[0]["status"] == "settled", seconds=30)

    url = f"{town.url('payments')}/v1/bills/{bill['bill_id']}"
    found = requests.get(url, headers=town.headers("qatif.cashier", "payments"), timeout=10).json()
    (payment,) = found["payments"]
    assert (payment["status"], payment["amount"]) == ("settled", bill["amount"])
    assert found["payer"]["id_number"] == "10******08"


def test_a_clerk_of_saihat_sees_saihats_bill_alone(bills: Any) -> None:
    assert {one["municipality"] for one in bills("saihat.clerk")} == {"saihat"}
    assert len(bills()) == 4


def test_a_bill_is_settled_though_the_service_is_killed_when_the_money_comes(
    town: Town, bills: Any, eventually: Eventually
) -> None:
    bill = bills(status="registered")[0]

    town.visitor.pay(bill["bill_number"])
    os.kill(eventually(lambda: town.system.supervisor.pids().get("payments/serve")), signal.SIGKILL)
    town.visitor.pay(bill["bill_number"], force=True)

    eventually(lambda: states_of(town, bill) == ["settled", "suspended"], seconds=120)


def states_of(town: Town, bill: dict[str, Any]) -> list[str] | None:
    """The states of the payments of a bill; None while the service is away."""
    url = f"{town.url('payments')}/v1/bills/{bill['bill_id']}"
    try:
        answer = requests.get(url, headers=town.headers("qatif.cashier", "payments"), timeout=10)
    except requests.RequestException:  # nobody listens, or nobody who was killed answers
        return None
    found = answer.json().get("payments", [])
    return sorted(one["status"] for one in found)
