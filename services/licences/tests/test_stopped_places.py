"""A stopped licence stays stopped: no second application opens the door again under another name."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from chassis.data.unit_of_work import UnitOfWork
from licences.commands.bill import receive_payment
from licences.commands.correct import correct_application
from licences.commands.recording import SYSTEM
from licences.commands.review import approve_application, verify_document
from licences.commands.supervise import close_licence, suspend_licence
from licences.domain.declarations import LicenceHeld
from licences.models import Licence

ELSEWHERE = {"town": "سيهات", "district": "النور", "latitude": 26.49, "longitude": 50.03}
ELECTRICIAN = [{"code": "432110", "main": True}]
TAILOR = [{"code": "141012", "main": True}]


@pytest.fixture
def closed(submit_and_decide: Any, shop: Any, officer: Any, session: Any, now: datetime) -> Licence:
    """The laundry's licence. Its place was closed for a violation."""
    row = submit_and_decide(shop())
    receive_payment(UnitOfWork(session, SYSTEM, now), row.invoice_id, paid_at=now)
    number = row.licence_no
    close_licence(UnitOfWork(session, officer, now), number, reason="مخالفة")
    return session.scalar(select(Licence).where(Licence.licence_no == number))


def registered_lease(shop: Any, outside: Any) -> dict[str, Any]:
    """Another lease, which the register knows."""
    lease = {**shop()["lease"], "ejar_no": "10423344559"}
    days = {name: lease[name] for name in ("starts_on", "ends_on")}
    outside.knows("lease_register", lease["ejar_no"], **days)
    return lease


def test_another_activity_at_the_door_of_a_closed_shop_goes_to_an_officer(
    submit_and_decide: Any, shop: Any, closed: Licence, officer: Any, session: Any, now: datetime
) -> None:
    row = submit_and_decide(shop(activities=TAILOR))

    assert row.status == "in_review"
    (finding,) = (one for one in row.decision["findings"] if one["code"] == "place-not-stopped")
    assert (finding["satisfied"], finding["inputs"]["stopped"]) == (False, [closed.licence_no])

    approve_application(UnitOfWork(session, officer, now), row.application_id, reason="باب آخر")
    assert row.status == "awaiting_payment"
    receive_payment(UnitOfWork(session, SYSTEM, now), row.invoice_id, paid_at=now)
    assert row.status == "issued"


def test_a_new_lease_of_the_closed_door_goes_to_an_officer(
    submit_and_decide: Any, shop: Any, closed: Licence, outside: Any
) -> None:
    lease = registered_lease(shop, outside)

    assert submit_and_decide(shop(lease=lease)).status == "in_review"


def test_another_establishment_of_the_owner_doesn_t_open_the_closed_door(
    submit_and_decide: Any, shop: Any, closed: Licence, outside: Any
) -> None:
    """The decision doesn't tell the other establishment's delegate the number either."""
    other = {**shop()["establishment"], "unified_number": "7000000013"}
    outside.knows("commercial_register", "7000000013", status="active", owners=["1000000008"])

    row = submit_and_decide(shop(establishment=other))

    assert row.status == "in_review"
    (finding,) = (one for one in row.decision["findings"] if one["code"] == "place-not-stopped")
    assert finding["inputs"] == {"stopped": [], "of_owner": True}


def test_a_closed_licence_doesn_t_run_out(
    submit_body: Any, shop: Any, closed: Licence, now: datetime
) -> None:
    over = now + (closed.expires_on - now.date()) + timedelta(days=1)
    lease = {**shop()["lease"], "ends_on": "2029-12-31"}

    with pytest.raises(LicenceHeld):
        submit_body(shop(lease=lease), at=over)


def test_elsewhere_the_establishment_goes_on(
    submit_and_decide: Any, branch: Any, closed: Licence
) -> None:
    place = {"town": "سيهات", "district": "النور", "latitude": 26.49, "longitude": 50.03}

    assert submit_and_decide(branch(place=place)).status == "awaiting_payment"


def test_what_was_closed_while_the_bill_was_open_sends_the_money_back(
    submit_and_decide: Any, branch: Any, shop: Any, officer: Any, session: Any, now: datetime
) -> None:
    first, second = submit_and_decide(shop()), submit_and_decide(branch(activities=TAILOR))
    receive_payment(UnitOfWork(session, SYSTEM, now), first.invoice_id, paid_at=now)
    close_licence(UnitOfWork(session, officer, now), first.licence_no, reason="مخالفة")

    receive_payment(UnitOfWork(session, SYSTEM, now), second.invoice_id, paid_at=now)

    assert (second.status, second.reason_code) == ("withdrawn", "licence-not-valid")
    assert "في الموقع" in second.reasons[0]["ar"]


@pytest.fixture
def barber(shop: Any, outside: Any) -> Any:
    """A barber's body. The civil defence knows the shop; nobody has seen its workers' certificates and its cleaning
    contract."""
    paper = {"number": "34-001122", "expires_on": "2027-06-01"}
    outside.knows("civil_defence", paper["number"], expires_on=paper["expires_on"])
    activities = [{"code": "960210", "main": True}]
    named = {"activities": activities, "safety_certificate": paper, "cleaning_contract": "77"}
    return lambda **changes: shop(**named, **changes)


def verified(
    session: Any,
    officer: Any,
    row: Any,
    name: str,
    now: datetime,
    *,
    until: Any = None,
    **value: Any,
) -> None:
    named = {"name": name, "value": value, "document": "وثيقة", "valid_until": until}
    verify_document(UnitOfWork(session, officer, now), row.application_id, **named)


@pytest.mark.parametrize(
    "change",
    [
        {"place": {"town": "سيهات", "district": "النور", "latitude": 26.49, "longitude": 50.03}},
        {"workers": 3},
    ],
)
def test_what_an_officer_saw_of_another_door_or_of_fewer_people_counts_no_more(
    submit_and_decide: Any,
    barber: Any,
    officer: Any,
    session: Any,
    now: datetime,
    answer: Any,
    change: Any,
) -> None:
    row = submit_and_decide(barber())
    assert row.waits_for == ["health-certificates"]
    verified(session, officer, row, "cleaning", now, number="77")

    correct_application(UnitOfWork(session, officer, now), row.application_id, barber(**change))
    answer()
    verified(session, officer, row, "health", now, workers=3, certified=3)

    assert row.status == "in_review"
    unknown = [one["code"] for one in row.decision["findings"] if one["satisfied"] is None]
    assert unknown == ["cleaning-contract"]


def test_what_an_officer_saw_stays_when_something_else_is_corrected(
    submit_and_decide: Any, barber: Any, officer: Any, session: Any, now: datetime, answer: Any
) -> None:
    row = submit_and_decide(barber())
    verified(session, officer, row, "cleaning", now, number="77")

    correct_application(UnitOfWork(session, officer, now), row.application_id, barber(area_m2=50))
    answer()
    verified(session, officer, row, "health", now, workers=2, certified=2)

    assert row.status == "awaiting_payment"


def test_what_lapsed_in_review_is_waited_for_again_after_the_approval(
    submit_and_decide: Any, barber: Any, officer: Any, session: Any, now: datetime, event_names: Any
) -> None:
    row = submit_and_decide(barber(area_m2=400))
    verified(session, officer, row, "cleaning", now, number="77")
    verified(session, officer, row, "health", now, until=now.date(), workers=2, certified=2)
    assert row.status == "in_review"

    later = now + timedelta(days=2)
    approve_application(UnitOfWork(session, officer, later), row.application_id, reason="مستوفٍ")

    assert (row.status, row.waits_for) == ("waiting", ["health-certificates"])
    assert event_names("application")[-1] == "waiting"
    assert row.review_until is None


def test_a_suspended_professional_goes_to_an_officer_at_every_place(
    submit_and_decide: Any, professional: Any, officer: Any, session: Any, now: datetime
) -> None:
    licence_no = submit_and_decide(professional()).licence_no
    suspend_licence(UnitOfWork(session, officer, now), licence_no, reason="مخالفة")

    row = submit_and_decide(professional(place=ELSEWHERE))

    assert row.status == "in_review"
    (finding,) = (one for one in row.decision["findings"] if one["code"] == "place-not-stopped")
    assert finding["inputs"]["stopped"] == [licence_no]


def test_another_profession_of_a_suspended_professional_is_licensed_elsewhere(
    submit_and_decide: Any, professional: Any, officer: Any, session: Any, now: datetime
) -> None:
    licence_no = submit_and_decide(professional()).licence_no
    suspend_licence(UnitOfWork(session, officer, now), licence_no, reason="مخالفة")

    row = submit_and_decide(professional(place=ELSEWHERE, activities=ELECTRICIAN))

    assert row.status == "issued"


def test_a_closed_shop_says_nothing_of_a_shop_at_another_place(
    submit_and_decide: Any, shop: Any, closed: Licence, outside: Any
) -> None:
    lease = registered_lease(shop, outside)

    assert submit_and_decide(shop(place=ELSEWHERE, lease=lease)).status == "awaiting_payment"
