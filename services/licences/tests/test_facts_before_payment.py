"""Facts that change between the approval and the money: they stop the issue, and their end lets it go on."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from chassis.data.deadlines import pending
from chassis.data.unit_of_work import UnitOfWork
from licences.commands.bill import receive_payment
from licences.commands.recording import SYSTEM
from licences.commands.redecide import (
    redecide_for_fine,
    redecide_for_permits,
    redecide_for_violation,
    redecide_locked,
)
from licences.commands.violations.deadlines import become_final
from licences.commands.violations.pay import receive_fine_payment
from licences.models import Invoice, KnownPermit, Licence
from saudi.text import number_key

from .violations.conftest import Case

PERMIT = "01937c5e-8f00-7a11-8c2e-000000009999"


@pytest.fixture
def fined(session: Any, now: datetime) -> Case:
    """A fine of the shop's establishment, which may still object."""
    return Case(session, now - timedelta(days=1)).notified()


def becomes_final(case: Case) -> None:
    case.now = case.now + timedelta(days=200)
    become_final(UnitOfWork(case.session, SYSTEM, case.now), case.row)
    assert case.row.final


def test_a_fine_that_becomes_final_takes_the_bill_back(
    submit_and_decide: Any, shop: Any, session: Any, fined: Case, event_names: Any
) -> None:
    row = submit_and_decide(shop())
    first = row.invoice_id
    assert row.status == "awaiting_payment"

    becomes_final(fined)

    assert (row.status, row.waits_for) == ("waiting", ["no-unpaid-violation"])
    assert session.get_one(Invoice, first).status == "withdrawn"
    assert list(pending(session, "application", row.application_id)) == ["waiting"]
    assert event_names("application")[-1] == "waiting"


def test_money_that_comes_all_the_same_goes_back_and_issues_nothing(
    submit_and_decide: Any, shop: Any, session: Any, fined: Case
) -> None:
    row = submit_and_decide(shop())
    first = row.invoice_id
    becomes_final(fined)

    receive_payment(UnitOfWork(session, SYSTEM, fined.now), first, paid_at=fined.now)

    assert row.status == "waiting"
    assert session.get_one(Invoice, first).status == "refund_requested"
    assert session.scalar(select(Licence)) is None


def test_it_is_billed_anew_once_the_fine_is_paid(
    submit_and_decide: Any, shop: Any, session: Any, fined: Case
) -> None:
    row = submit_and_decide(shop())
    first = row.invoice_id
    becomes_final(fined)
    fine = str(fined.row.invoice_id)

    receive_fine_payment(UnitOfWork(session, SYSTEM, fined.now), fine, paid_at=fined.now)
    redecide_for_fine(UnitOfWork(session, SYSTEM, fined.now), fine)

    assert row.status == "awaiting_payment"
    assert row.invoice_id != first
    receive_payment(UnitOfWork(session, SYSTEM, fined.now), row.invoice_id, paid_at=fined.now)
    assert row.status == "issued"


def test_a_fine_that_may_still_be_objected_to_stops_nothing(
    submit_and_decide: Any, shop: Any, session: Any, fined: Case
) -> None:
    row = submit_and_decide(shop())

    redecide_for_violation(UnitOfWork(session, SYSTEM, fined.now), fined.row)

    assert row.status == "awaiting_payment"


def test_somebody_elses_fine_stops_nothing(
    submit_and_decide: Any, professional: Any, shop: Any, session: Any, now: datetime
) -> None:
    row = submit_and_decide(shop())
    other = {
        "kind": "establishment",
        "name": "بيانات تجريبية",
        "id_number": "7000000013",
        "size": "micro",
    }
    case = Case(session, now).notified(offender=other)

    becomes_final(case)

    assert row.status == "awaiting_payment"


def test_a_building_permit_that_is_cancelled_takes_the_bill_back(
    submit_and_decide: Any, shop: Any, session: Any, now: datetime, outside: Any
) -> None:
    outside.knows("civil_defence", "34-001122", expires_on="2027-06-01")
    permit = KnownPermit(
        permit_id=PERMIT, version=1, permit_number="1312/1448",
        number_key=number_key("1312/1448"), municipality="saihat", status="valid",
        use_class="commercial", completed=False, expires_on=date(2029, 1, 1), changed_at=now,
    )  # fmt: skip
    session.add(permit)
    row = submit_and_decide(
        shop(
            activities=[{"code": "475210", "main": True}],
            building_permit_no="1312/1448",
            safety_certificate={"number": "34-001122", "expires_on": "2027-06-01"},
        )
    )
    first = row.invoice_id
    assert row.status == "awaiting_payment"

    permit.status = "cancelled"
    session.flush()
    redecide_for_permits(UnitOfWork(session, SYSTEM, now), [PERMIT])

    assert (row.status, row.reason_code) == ("refused", "conditions")
    assert session.get_one(Invoice, first).status == "withdrawn"
    assert list(pending(session, "application", row.application_id)) == []


def test_what_others_attest_holds_as_of_the_approval(
    submit_and_decide: Any, shop: Any, session: Any, outside: Any, now: datetime
) -> None:
    """The certificate is valid on the days of submission and of approval, and ends before the bill is paid."""
    outside.knows("civil_defence", "34-001122", expires_on="2026-11-26")
    row = submit_and_decide(
        shop(
            activities=[{"code": "472120", "main": True}],
            safety_certificate={"number": "34-001122", "expires_on": "2026-11-26"},
        )
    )
    assert row.status == "awaiting_payment"
    later = now + timedelta(days=9)

    redecide_locked(UnitOfWork(session, SYSTEM, later), [row])
    receive_payment(UnitOfWork(session, SYSTEM, later), row.invoice_id, paid_at=later)

    assert row.status == "issued"
