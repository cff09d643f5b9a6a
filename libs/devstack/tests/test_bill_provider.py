"""The stand-in for the national bill system: it registers, is paid, tells of it, and fails as it's told to."""

import hmac
import json
import time
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import requests

from devstack.bill_provider.provider import BillProvider
from devstack.bill_provider.settings import Settings

KEY = "B" * 43
PAYER = {"name": "بيانات تجريبية", "id_type": "national_id", "id_number": "1000000008"}


@pytest.fixture
def provider() -> Iterator[BillProvider]:
    with BillProvider(Settings()) as provider:
        yield provider


class Biller:
    """Takes notices; refuses the first so many."""

    def __init__(self) -> None:
        self.notices: list[tuple[str, bytes]] = []
        self.refuses = 0
        ours = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                ours.refuses -= 1
                if ours.refuses < 0:
                    ours.notices.append((self.headers["X-Signature"], body))
                self.send_response(503 if ours.refuses >= 0 else 204)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                """Says nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/notices"

    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.notices]


@pytest.fixture
def biller() -> Iterator[Biller]:
    biller = Biller()
    yield biller
    biller.server.shutdown()
    biller.server.server_close()


def register(provider: BillProvider, reference: str = "r-1", amount: str = "750.00") -> Any:
    document = {"reference": reference, "amount": amount, "due_on": "2026-12-26", "payer": PAYER}
    return requests.post(f"{provider.url}/v1/bills", json=document, timeout=5)


def pay(provider: BillProvider, number: str, **more: Any) -> Any:
    return requests.post(f"{provider.url}/pay", json={"bill_number": number, **more}, timeout=5)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_reference_is_registered_once_unless_that_is_off(provider: BillProvider) -> None:
    first, second = register(provider), register(provider)

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()

    provider.switches.change({"once": False})
    register(provider)

    assert len(provider.ledger.bills()) == 2


def test_a_reference_with_another_amount_is_refused(provider: BillProvider) -> None:
    register(provider)

    assert register(provider, amount="1.00").status_code == 422


def test_a_bill_is_asked_for_and_cancelled_and_then_not_paid(provider: BillProvider) -> None:
    number = register(provider).json()["bill_number"]
    url = f"{provider.url}/v1/bills/r-1"

    assert requests.get(url, timeout=5).json()["status"] == "open"
    assert requests.post(f"{url}/cancellation", timeout=5).json()["status"] == "cancelled"
    assert pay(provider, number).status_code == 409
    assert requests.get(f"{provider.url}/v1/bills/r-2", timeout=5).status_code == 404


def test_a_paid_bill_stays_paid_when_it_is_cancelled(provider: BillProvider) -> None:
    pay(provider, register(provider).json()["bill_number"])

    answer = requests.post(f"{provider.url}/v1/bills/r-1/cancellation", timeout=5)

    assert answer.json()["status"] == "paid"


def test_a_notice_is_signed_over_time_and_body_and_sent_until_it_is_taken(biller: Biller) -> None:
    biller.refuses = 1
    with BillProvider(Settings(notices=biller.url, notice_key=KEY)) as provider:
        pay(provider, register(provider).json()["bill_number"])
        until(lambda: len(biller.notices) == 1)

    signature, body = biller.notices[0]
    parts = dict(one.split("=") for one in signature.split(","))
    key = urlsafe_b64decode(KEY + "=")
    expected = hmac.digest(key, f"{parts['time']}.".encode() + body, "sha256").hex()
    assert (parts["key"], parts["mac"]) == ("1", expected)
    assert json.loads(body)["amount"] == "750.00"
    assert json.loads(body)["reference"] == "r-1"


def test_notices_come_twice_and_under_another_id_on_demand(biller: Biller) -> None:
    with BillProvider(Settings(notices=biller.url)) as provider:
        provider.switches.change({"repeated": 1, "twins": 1, "notice_seconds": 0})
        pay(provider, register(provider).json()["bill_number"])
        until(lambda: len(biller.notices) == 4)

    ids = sorted(one["notice_id"] for one in biller.bodies())
    assert [one[0] for one in ids] == ["N", "N", "N", "T"]
    assert len({one["payment"] for one in biller.bodies()}) == 1


def test_a_wrong_amount_is_a_riyal_beside_the_bills(provider: BillProvider) -> None:
    provider.switches.change({"wrong": 1})

    paid = pay(provider, register(provider).json()["bill_number"]).json()["amount"]

    assert paid in {"749.00", "751.00"}


def test_money_for_nobody_is_forced(provider: BillProvider) -> None:
    assert pay(provider, "999999").status_code == 409
    assert pay(provider, "999999", force=True, amount="10.00").status_code == 200


@pytest.mark.parametrize(
    ("kind", "is_there"),
    [("accept-then-reset", True), ("reset", False), ("accept-then-503", True), ("503", False)],
)
def test_a_fault_comes_before_or_after_the_bill_is_registered(
    provider: BillProvider, kind: str, is_there: bool
) -> None:
    provider.switches.change({"rates": {kind: 1}})

    if kind.endswith("reset"):
        with pytest.raises(requests.ConnectionError):
            register(provider)
    else:
        assert register(provider).status_code == 503

    assert (provider.ledger.find("r-1") is not None) is is_there


def test_a_settlement_has_the_days_payments_or_lacks_some(provider: BillProvider) -> None:
    pay(provider, register(provider).json()["bill_number"])
    (payment,) = provider.ledger.payments()
    url = f"{provider.url}/v1/settlements/{payment.day}"

    found = requests.get(url, timeout=5).json()
    provider.switches.change({"unsettled": 1})

    assert (found["count"], found["lines"][0]["amount"]) == (1, "750.00")
    assert requests.get(url, timeout=5).json()["lines"] == []


def test_what_was_told_survives_a_kill_and_the_rest_is_told_again(
    tmp_path: Path, biller: Biller
) -> None:
    path = tmp_path / "ledger.jsonl"
    with BillProvider(Settings(ledger=path)) as provider:
        pay(provider, register(provider).json()["bill_number"])
    with path.open("a") as file:
        file.write('{"bill": {"cut o')

    with BillProvider(Settings(ledger=path, notices=biller.url)) as provider:
        until(lambda: len(biller.notices) == 1)
        until(lambda: bool(provider.ledger.record()["told"]))
        assert register(provider).json()["status"] == "paid"

    with BillProvider(Settings(ledger=path, notices=biller.url)) as provider:
        assert provider.ledger.record()["told"] == ["N-SP-0000001"]


def test_a_biller_without_the_token_gets_nothing() -> None:
    with BillProvider(Settings(token="right")) as provider:
        assert register(provider).status_code == 401
        assert provider.ledger.bills() == []


def test_the_page_has_a_button_for_an_open_bill(provider: BillProvider) -> None:
    number = register(provider).json()["bill_number"]

    before = requests.get(provider.url, timeout=5).text
    requests.post(f"{provider.url}/pay", data={"bill_number": number}, timeout=5)
    after = requests.get(provider.url, timeout=5).text

    assert "<button>" in before
    assert "<button>" not in after
    assert "1000000008" not in before
