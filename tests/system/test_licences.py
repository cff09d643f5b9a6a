"""An application that a municipality submits is decided, billed, paid and issued through every process in between."""

import re
import uuid
from typing import Any

import pytest

from devstack.journeys.licences import LicencesJourney

from .conftest import Town, until

MARK = "(بيانات تجريبية)"
SAIHAT, TAROUT = "saihat-system", "tarout-system"
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


@pytest.fixture(scope="module")
def journey(town: Town) -> LicencesJourney:
    return LicencesJourney(town.description)


def pay(journey: LicencesJourney, mobile: str) -> None:
    """Pays as the payer does, with the number that the text says."""
    text = until(lambda: journey.texts(mobile, "فاتورة سداد"), seconds=90)[0]
    (number,) = re.findall(r"فاتورة سداد ([0-9]+)", text)
    journey.pay(number)


def test_what_costs_nothing_is_issued_within_the_same_request(journey: LicencesJourney) -> None:
    body = plumber(owner=owner(mobile="0500000041"))
    key = journey.submit(SAIHAT, body, prefer="wait=10")["application_id"]

    issued = journey.in_status(SAIHAT, key, "issued")
    assert issued["licence_no"].startswith("144804")
    assert until(lambda: journey.texts("0500000041", issued["licence_no"]))


def test_a_bill_is_paid_and_the_licence_issued_without_a_hand(journey: LicencesJourney) -> None:
    mobile = "0500000042"
    place = {"town": "تاروت", "district": "الربيعية", "latitude": 26.57, "longitude": 50.07}
    body = {**laundry(f"{LEASE}0", owner=owner(mobile=mobile)), "place": place}
    key = journey.submit(TAROUT, body)["application_id"]
    billed = journey.in_status(TAROUT, key, "awaiting_payment")
    assert billed["fee_halalas"] == 48_000

    pay(journey, mobile)

    issued = journey.in_status(TAROUT, key, "issued")
    assert until(lambda: journey.texts(mobile, "صدرت رخصتكم", issued["licence_no"]))


def test_a_waiting_application_is_decided_when_its_fact_arrives(journey: LicencesJourney) -> None:
    mobile, lease = "0500000043", f"{LEASE}8"
    body = laundry(lease, owner=owner(mobile=mobile))
    key = journey.submit(SAIHAT, body)["application_id"]
    waiting = journey.in_status(SAIHAT, key, "waiting")
    assert waiting["waits_for"] == ["lease-term"]
    assert until(lambda: journey.texts(mobile, waiting["application_no"], "أكملوا"))

    values = {"starts_on": "2026-01-01", "ends_on": "2028-12-31"}
    journey.record_fact("lease-register", lease, values)

    journey.in_status(SAIHAT, key, "awaiting_payment")


def test_a_refusal_says_why_in_both_languages(journey: LicencesJourney) -> None:
    young = owner("1000000206", "0500000044")
    facts = {"birth_date": "2012-01-01", "nationality": "saudi", "investor_licence": None}
    journey.record_fact("civil-register", young["id_number"], facts)

    key = journey.submit(SAIHAT, plumber(owner=young))["application_id"]

    refused = journey.in_status(SAIHAT, key, "refused")
    (reason,) = refused["details"]["reasons"]
    assert "أقل عمر: 18" in reason["ar"]
    assert reason["en"].startswith("The owner's age: not satisfied")


def test_another_municipality_finds_nothing(journey: LicencesJourney) -> None:
    key = journey.submit(SAIHAT, plumber(owner=owner("1000000214")))["application_id"]
    journey.in_status(SAIHAT, key, "issued")

    foreign = journey.application(TAROUT, key)
    nothing = journey.application(TAROUT, str(uuid.uuid4()))

    assert (foreign.status_code, nothing.status_code) == (404, 404)
    assert foreign.content == nothing.content
