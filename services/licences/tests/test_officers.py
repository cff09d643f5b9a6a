"""What an officer finds, verifies, returns and approves."""

from datetime import datetime
from typing import Any

import pytest

from chassis.core.refusals import InvalidFields
from chassis.data.unit_of_work import UnitOfWork
from licences.commands.correct import correct_application
from licences.commands.review import (
    approve_application,
    order_inspection,
    record_inspection,
    return_application,
    verify_document,
)

from .lives import LEASE


def test_what_is_not_immediate_goes_to_the_municipality_and_is_issued_after_its_approval(
    submit_and_decide: Any, shop: Any, officer: Any, session: Any, now: datetime, event_names: Any
) -> None:
    row = submit_and_decide(shop(area_m2=300))
    assert row.status == "in_review"

    approve_application(
        UnitOfWork(session, officer, now), row.application_id, reason="الموقع مناسب"
    )

    assert row.status == "awaiting_payment"
    assert event_names("application") == ["submitted", "reviewed", "approved", "billed"]


def test_an_officer_does_not_approve_past_a_condition(
    submit_and_decide: Any, shop: Any, officer: Any, outside: Any, session: Any, now: datetime
) -> None:
    del outside.answers["lease_register", LEASE]
    row = submit_and_decide(shop(area_m2=300))

    approve_application(
        UnitOfWork(session, officer, now), row.application_id, reason="الموقع مناسب"
    )

    assert (row.status, row.waits_for) == ("waiting", ["lease-term"])


def test_an_inspection_decides(
    submit_and_decide: Any, shop: Any, officer: Any, session: Any, now: datetime, event_names: Any
) -> None:
    row = submit_and_decide(shop(area_m2=300))
    order_inspection(UnitOfWork(session, officer, now), row.application_id)
    assert row.status == "inspection"
    record_inspection(
        UnitOfWork(session, officer, now),
        row.application_id,
        passed=True,
        inspected_on=now.date(),
        note="مطابق",
    )
    assert row.status == "in_review"
    approve_application(UnitOfWork(session, officer, now), row.application_id, reason="مطابق")

    assert row.status == "awaiting_payment"
    assert event_names("application")[2:4] == ["inspection_ordered", "inspected"]


def test_a_failed_inspection_refuses(
    submit_and_decide: Any, shop: Any, officer: Any, session: Any, now: datetime
) -> None:
    row = submit_and_decide(shop(area_m2=300))
    order_inspection(UnitOfWork(session, officer, now), row.application_id)

    record_inspection(
        UnitOfWork(session, officer, now),
        row.application_id,
        passed=False,
        inspected_on=now.date(),
        note="اللوحة مخالفة",
    )

    assert row.status == "refused"


def test_a_document_that_an_officer_verified_is_a_fact_with_his_name(
    submit_and_decide: Any, shop: Any, officer: Any, outside: Any, session: Any, now: datetime
) -> None:
    del outside.answers["lease_register", LEASE]
    row = submit_and_decide(shop())

    verify_document(
        UnitOfWork(session, officer, now),
        row.application_id,
        name="lease",
        value={"starts_on": "2026-11-01", "ends_on": "2027-10-31"},
        document="عقد إيجار ورقي 12",
    )

    assert row.status == "awaiting_payment"
    source = row.decision["facts"]["lease"]["source"]
    assert (source["kind"], source["by"]) == ("officer", officer.name)
    assert source["reference"] == "عقد إيجار ورقي 12"


def test_an_officer_types_the_days_of_a_paper_in_its_own_calendar(
    submit_and_decide: Any, shop: Any, officer: Any, outside: Any, session: Any, now: datetime
) -> None:
    del outside.answers["lease_register", LEASE]
    row = submit_and_decide(shop())
    days = {"starts_on": "٢١-٥-١٤٤٨هـ", "ends_on": "1450/06/13"}

    verify_document(
        UnitOfWork(session, officer, now),
        row.application_id,
        name="lease",
        value=days,
        document="عقد",
    )

    value = row.decision["facts"]["lease"]["value"]
    assert (value["starts_on"], value["ends_on"]) == ("2026-11-01", "2028-10-31")


@pytest.mark.parametrize(
    ("name", "value", "at_fault"),
    [
        ("lease", {"starts_on": "2026-11-01"}, "value.ends_on"),
        ("lease", {"starts_on": "2026-11-01", "ends_on": 20271031}, "value.ends_on"),
        ("lease", {"starts_on": "2026-11-01", "ends_on": "x"}, "value.ends_on"),
        ("health", {"workers": 1, "certified": 2}, "value.certified"),
        ("violations", {"unpaid_final": []}, "fact"),
        ("cleaning", {"number": "1", "more": "2"}, "value.more"),
    ],
)
def test_a_document_says_what_its_fact_is_and_nothing_else(
    submit_and_decide: Any,
    shop: Any,
    officer: Any,
    session: Any,
    now: datetime,
    name: str,
    value: Any,
    at_fault: str,
) -> None:
    row = submit_and_decide(shop(area_m2=300))

    with pytest.raises(InvalidFields, match=at_fault):
        verify_document(
            UnitOfWork(session, officer, now),
            row.application_id,
            name=name,
            value=value,
            document="وثيقة",
        )


def test_a_returned_application_is_completed_and_decided_anew(
    submit_and_decide: Any,
    shop: Any,
    officer: Any,
    answer: Any,
    session: Any,
    now: datetime,
    event_names: Any,
) -> None:
    row = submit_and_decide(shop(area_m2=300))
    reasons = [{"ar": "صححوا المساحة", "en": None}]
    return_application(UnitOfWork(session, officer, now), row.application_id, reasons=reasons)
    assert (row.status, row.reasons) == ("returned", reasons)

    correct_application(UnitOfWork(session, officer, now), row.application_id, shop())
    answer()

    assert row.status == "awaiting_payment"
    assert event_names("application") == [
        "submitted",
        "reviewed",
        "returned",
        "corrected",
        "billed",
    ]


def test_an_approval_is_refused_while_officers_have_to_see_the_cleaning_contract(
    barber: Any, client: Any, token: Any, session: Any, event_names: Any
) -> None:
    header = token("licence-applications.review", municipality="saihat")
    place = f"/v1/licence-applications/{barber.application_id}"
    before = event_names("application")

    for _ in range(2):  # a second click does no more
        answer = client.post(f"{place}/approve", json={"reason": "مستوفى"}, headers=header)
        assert (answer.status_code, "عقد النظافة" in answer.json()["detail"]) == (409, True)
    assert event_names("application") == before

    seen = {"fact": "cleaning", "value": {"number": "CL-77"}, "document": "عقد النظافة"}
    done = client.post(f"{place}/documents", json=seen, headers=header)
    assert done.json()["status"] == "awaiting_payment", done.text
