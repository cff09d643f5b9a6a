"""What an application lacks is told on day one, with who has to act and by when; each thing is told once."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from chassis.data.unit_of_work import UnitOfWork
from licences.commands.bill import receive_payment
from licences.commands.correct import correct_application
from licences.commands.recording import SYSTEM
from licences.commands.review import order_inspection, record_inspection, verify_document
from licences.models import Application

from .lives import BARBER, LEASE


@pytest.fixture
def events(outbox_rows: Any) -> Any:
    """`events()` → (what happened, the event's data) of every event of applications."""

    def told() -> list[tuple[str, Any]]:
        return [
            (row.type.split(".")[-2], row.envelope["data"])
            for row in outbox_rows()
            if row.topic == "licences.application"
        ]

    return told


def bare_barber(shop: Any, **more: Any) -> Any:
    """Returns a barber's form without any number."""
    return {**shop(activities=BARBER, **more), "lease": None}


def by(row: Application) -> dict[str, str]:
    return {one.code: one.by for one in row.missing()}


def test_a_barber_without_numbers_is_asked_for_all_of_them_at_once(
    submit_and_decide: Any, shop: Any, events: Any
) -> None:
    row = submit_and_decide(bare_barber(shop))

    assert row.status == "waiting"
    assert by(row) == {
        "lease-term": "applicant",
        "civil-defence": "applicant",
        "health-certificates": "applicant",
        "cleaning-contract": "applicant",
    }
    assert set(row.waits_for) == set(by(row))
    assert any("عقد النظافة" in one["ar"] for one in row.reasons)
    (_, waiting) = events()[-1]
    assert waiting["asked"]["codes"] == list(by(row))
    assert "عقد النظافة" in waiting["asked"]["words"]
    assert (waiting["ends_on"], waiting["inquiry"]["next_step"]) == ("2027-02-23", "applicant")
    assert len(waiting["contacts"]) == 1


def test_no_number_and_a_number_that_nobody_knows_are_told_apart(
    submit_and_decide: Any, shop: Any, outside: Any
) -> None:
    del outside.answers["lease_register", LEASE]
    unknown = submit_and_decide(shop())
    none = submit_and_decide(
        {**shop(area_m2=46), "lease": None, "place": {**shop()["place"], "longitude": 50.05}}
    )

    assert "لم يُذكر رقمه في الطلب" in none.reasons[0]["ar"]
    assert "غير مسجل بهذا الرقم لصاحب الطلب" in unknown.reasons[0]["ar"]
    assert [(one.code, one.by) for one in unknown.missing()] == [("lease-term", "applicant")]


def test_a_body_that_has_not_answered_is_waited_for_and_the_applicant_has_nothing_to_do(
    submit_and_decide: Any, shop: Any, outside: Any, events: Any
) -> None:
    outside.silent.add("lease_register")

    row = submit_and_decide(shop())

    assert by(row) == {"lease-term": "outside_body"}
    (_, waiting) = events()[-1]
    assert (waiting["asked"], waiting["inquiry"]["next_step"]) == (None, "outside_body")
    assert len(waiting["contacts"]) == 1


def test_the_applicant_hears_of_a_wait_once_until_something_else_is_asked(
    submit_and_decide: Any,
    shop: Any,
    outside: Any,
    answer: Any,
    events: Any,
    session: Any,
    officer: Any,
    now: datetime,
) -> None:
    row = submit_and_decide(bare_barber(shop, cleaning_contract="CL-77"))
    seen = {"workers": 2, "certified": 2}
    verify_document(
        UnitOfWork(session, officer, now), row.application_id,
        name="health", value=seen, document="شهادات",
    )  # fmt: skip

    told = [len(data["contacts"]) for happened, data in events() if happened == "waiting"]

    # The second event asks for less, in other words.
    assert told == [1, 1]
    answer(at=now + timedelta(hours=2))
    assert len([one for one in events() if one[0] == "waiting"]) == 2


def test_a_declared_cleaning_contract_goes_to_an_officer_who_sees_what_is_missing(
    barber: Any, client: Any, token: Any
) -> None:
    header = token("licence-applications.read", municipality="saihat")
    told = client.get(f"/v1/licence-applications/{barber.application_id}", headers=header).json()

    assert (told["status"], told["ends_on"]) == ("in_review", None)
    assert [(one["code"], one["by"]) for one in told["missing"]] == [
        ("cleaning-contract", "municipality")
    ]
    assert told["outcome_title"]["en"] == "The municipality looks at it"


def test_the_last_day_is_told_while_something_ends_by_itself(
    submit_and_decide: Any, shop: Any, session: Any, now: datetime
) -> None:
    row = submit_and_decide(shop())
    assert (row.status, row.ends_on) == ("awaiting_payment", date(2026, 12, 25))

    receive_payment(UnitOfWork(session, SYSTEM, now), row.invoice_id, paid_at=now)

    assert (row.status, row.ends_on) == ("issued", None)


def test_giving_what_is_asked_leads_on(
    submit_and_decide: Any, shop: Any, answer: Any, session: Any, officer: Any, now: datetime
) -> None:
    row = submit_and_decide({**shop(), "lease": None})
    assert row.status == "waiting"

    correct_application(UnitOfWork(session, officer, now), row.application_id, shop())
    assert row.ends_on is None
    answer()

    assert row.status == "awaiting_payment"


def test_entering_the_review_is_told_once_and_so_is_the_inspection(
    submit_and_decide: Any, shop: Any, session: Any, officer: Any, now: datetime, events: Any
) -> None:
    row = submit_and_decide(shop(area_m2=300))
    work = UnitOfWork(session, officer, now)
    order_inspection(work, row.application_id, due_on=date(2026, 12, 2))
    verify_document(
        work, row.application_id, name="cleaning", value={"number": "1"}, document="عقد"
    )
    assert events()[-1][1]["inspection"] == {"due_on": "2026-12-02", "result": None}
    record_inspection(work, row.application_id, passed=True, inspected_on=now.date(), note="مطابق")

    assert [happened for happened, _ in events()] == [
        *("submitted", "reviewed", "inspection_ordered", "verified", "inspected"),
    ]
    assert events()[-1][1]["inspection"]["result"] == "passed"


def test_a_failed_inspection_is_recorded_before_the_refusal(
    submit_and_decide: Any, shop: Any, session: Any, officer: Any, now: datetime, events: Any
) -> None:
    row = submit_and_decide(shop(area_m2=300))
    work = UnitOfWork(session, officer, now)
    order_inspection(work, row.application_id)
    record_inspection(work, row.application_id, passed=False, inspected_on=now.date(), note="مخالف")

    assert [happened for happened, _ in events()][-2:] == ["inspected", "refused"]
