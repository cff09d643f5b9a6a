"""An application that a municipality submits is decided, billed, paid and issued through every process in between."""

import re
import uuid
from typing import Any

import requests

from .conftest import Town, until

MARK = "(بيانات تجريبية)"
LEASE = "1042334455"  # with a digit more, which says what the lease register knows


def owner(number: str = "1000000008", mobile: str = "0500000041") -> dict[str, Any]:
    return {
        "name": f"مالك {MARK}",
        "id_type": "national_id",
        "id_number": number,
        "mobile": mobile,
        "language": "ar",
    }


def plumber(**changes: Any) -> dict[str, Any]:
    """A trade of a person: immediate, and without a fee."""
    return {
        "kind": "professional",
        "activities": [{"code": "432210", "main": True}],
        "years": 1,
        "owner": owner(),
        "area_m2": 0,
        "workers": 0,
        "place": {"town": "سيهات", "district": "الكوثر", "latitude": 26.48, "longitude": 50.04},
        **changes,
    }


def laundry(lease: str, **changes: Any) -> dict[str, Any]:
    """A shop: immediate, with a fee."""
    establishment = {
        "unified_number": "7000000005",
        "trade_name": {"ar": f"مغسلة الواحة {MARK}"},
        "size": "micro",
    }
    return plumber(
        kind="shop",
        activities=[{"code": "960111", "main": True}],
        establishment=establishment,
        area_m2=45,
        lease={"ejar_no": lease, "starts_on": "2026-01-01", "ends_on": "2028-12-31"},
        workers=2,
        **changes,
    )


def submit(town: Town, body: Any, who: str = "saihat-system", prefer: str = "") -> Any:
    headers = {**town.headers(who), "Idempotency-Key": str(uuid.uuid4())}
    headers |= {"Prefer": prefer} if prefer else {}
    url = town.url("partner-gateway") + "/v1/licence-applications"
    answer = requests.post(url, json=body, headers=headers, timeout=30)
    assert answer.status_code in (200, 202), answer.text
    return answer.json()


def application(town: Town, key: str, who: str = "saihat-system") -> requests.Response:
    url = f"{town.url('partner-gateway')}/v1/licence-applications/{key}"
    return requests.get(url, headers=town.headers(who), timeout=10)


def in_status(town: Town, key: str, *statuses: str, who: str = "saihat-system") -> Any:
    """The application, once it's in one of the states."""

    def look() -> Any:
        answer = application(town, key, who)
        found = answer.json() if answer.status_code == 200 else {}
        return found if found.get("status") in statuses else None

    return until(look)


def texts(town: Town, mobile: str, *words: str) -> list[str]:
    """What a telephone got, of the texts with all these words."""
    rows = requests.get(town.description["sms_provider"]["ledger"], timeout=10).json()
    mine = [row["text"] for row in rows if row["recipient"] == f"966{mobile[1:]}"]
    return [text for text in mine if all(word in text for word in words)]


def pay(town: Town, mobile: str) -> None:
    """As the payer does, with the number that the text says."""
    text = until(lambda: texts(town, mobile, "فاتورة سداد"), seconds=90)[0]
    (number,) = re.findall(r"فاتورة سداد ([0-9]+)", text)
    url = town.description["bill_provider"]["pay"]
    assert requests.post(url, json={"bill_number": number}, timeout=10).ok


def test_what_costs_nothing_is_issued_within_the_same_request(town: Town) -> None:
    answer = submit(town, plumber(owner=owner(mobile="0500000041")), prefer="wait=10")

    key = answer.get("application", answer)["application_id"]
    issued = in_status(town, key, "issued")
    assert issued["licence_no"].startswith("144804")
    assert until(lambda: texts(town, "0500000041", issued["licence_no"]))


def test_a_bill_is_paid_and_the_licence_issued_without_a_hand(town: Town) -> None:
    mobile = "0500000042"
    place = {"town": "تاروت", "district": "الربيعية", "latitude": 26.57, "longitude": 50.07}
    body = {**laundry(f"{LEASE}0", owner=owner(mobile=mobile)), "place": place}
    key = submit(town, body, "tarout-system")["application_id"]
    billed = in_status(town, key, "awaiting_payment", who="tarout-system")
    assert billed["fee_halalas"] == 48_000

    pay(town, mobile)

    issued = in_status(town, key, "issued", who="tarout-system")
    assert until(lambda: texts(town, mobile, "صدرت رخصتكم", issued["licence_no"]))


def test_a_waiting_application_is_decided_when_its_fact_arrives(town: Town) -> None:
    mobile, lease = "0500000043", f"{LEASE}8"
    body = laundry(lease, owner=owner(mobile=mobile))
    key = submit(town, body)["application_id"]
    waiting = in_status(town, key, "waiting")
    assert waiting["waits_for"] == ["lease-term"]
    assert until(lambda: texts(town, mobile, waiting["application_no"], "ينتظر"))

    values = {"starts_on": "2026-01-01", "ends_on": "2028-12-31"}
    told = {"body": "lease-register", "number": lease, "values": values}
    requests.post(town.description["outside_bodies"]["records"], json=told, timeout=10)

    in_status(town, key, "awaiting_payment")


def test_a_refusal_says_why_in_both_languages(town: Town) -> None:
    young = owner("1000000206", "0500000044")
    told = {
        "body": "civil-register",
        "number": young["id_number"],
        "values": {"birth_date": "2012-01-01", "nationality": "saudi", "investor_licence": None},
    }
    requests.post(town.description["outside_bodies"]["records"], json=told, timeout=10)

    key = submit(town, plumber(owner=young))["application_id"]

    refused = in_status(town, key, "refused")
    (reason,) = refused["details"]["reasons"]
    assert "أقل عمر: 18" in reason["ar"]
    assert reason["en"].startswith("The owner's age: not satisfied")


def test_another_municipality_finds_nothing(town: Town) -> None:
    key = submit(town, plumber(owner=owner("1000000214")))["application_id"]
    in_status(town, key, "issued")

    foreign = application(town, key, "tarout-system")
    nothing = application(town, str(uuid.uuid4()), "tarout-system")

    assert (foreign.status_code, nothing.status_code) == (404, 404)
    assert foreign.content == nothing.content
