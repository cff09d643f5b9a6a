"""A fine whose payment goes back is owed again, unless somebody decided that the fine isn't owed."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from chassis.data.aggregates import history
from chassis.data.deadlines import pending
from chassis.data.unit_of_work import UnitOfWork
from licences.commands.gather import unpaid_final_violations
from licences.commands.recording import SYSTEM
from licences.commands.violations.deadlines import become_final, close_paid
from licences.commands.violations.decide import cancel_violation
from licences.commands.violations.pay import end_fine_bill, receive_fine_payment
from licences.commands.violations.recording import CLOSING, FINALITY
from licences.models import FineInvoice

from .conftest import OFFICER, Case

Cases = Callable[[], Case]


def happened(outbox_rows: Any, topic: str = "violation") -> list[str]:
    rows = [row for row in outbox_rows() if row.topic == f"licences.{topic}"]
    return [row.type.split(".")[-2] for row in rows]


def status_of(one: Case, invoice_id: str) -> str:
    return str(one.session.get_one(FineInvoice, invoice_id).status)


@pytest.mark.parametrize("gone", [(False, True), (True, False), (True,)])
def test_a_fine_whose_payment_goes_back_is_owed_again_and_billed_once(
    case: Cases, outbox_rows: Any, gone: tuple[bool, ...]
) -> None:
    one = case().notified().billed().paid()
    first = str(one.row.invoice_id)

    for went in gone:
        one.goes_back(first, gone=went)

    assert (one.row.status, one.row.paid_at, one.row.bill) == ("unpaid", None, None)
    assert one.row.invoice_id != first
    assert status_of(one, first) == "refunded"
    told = ["paid", "payment_returned", *(["refunded"] if gone[-1] or True in gone else [])]
    assert sorted(happened(outbox_rows)[-3:]) == sorted(told)
    assert happened(outbox_rows, "invoice") == ["requested", "requested"]
    assert one.row.until == (one.now + timedelta(days=30)).date()
    assert set(pending(one.session, "violation", one.row.violation_id)) == {FINALITY}
    assert one.billed().paid().row.status == "paid"
    assert CLOSING in pending(one.session, "violation", one.row.violation_id)


@pytest.mark.parametrize(
    ("outcome", "reduce_to", "status"), [("uphold", None, "upheld"), ("reduce", 50, "reduced")]
)
def test_a_decided_fine_keeps_its_decision(
    case: Cases, outcome: str, reduce_to: int | None, status: str
) -> None:
    one = case().notified().billed().objected().decided(outcome, reduce_to).billed().paid()

    one.goes_back()

    assert (one.row.status, one.row.paid_at) == (status, None)


def test_a_final_fine_holds_up_renewals_again(case: Cases) -> None:
    one = case().notified().billed()
    become_final(UnitOfWork(one.session, SYSTEM, one.days(31).now), one.row)
    one.paid()
    other: dict[str, Any] = {"owner_number": None, "licence_no": None}
    assert list(unpaid_final_violations(one.session, establishment="7000000005", **other)) == []

    one.goes_back()

    assert (one.row.final, one.row.until) == (True, None)
    (number,) = unpaid_final_violations(one.session, establishment="7000000005", **other)
    assert number == one.row.violation_no


def test_money_of_a_cancelled_fine_goes_back_as_we_asked(case: Cases, outbox_rows: Any) -> None:
    one = case().notified().billed().paid()
    one.do(cancel_violation, OFFICER, reason="خطأ")

    one.goes_back().goes_back(gone=True)

    assert (one.row.status, status_of(one, str(one.row.invoice_id))) == ("cancelled", "refunded")
    assert happened(outbox_rows, "invoice") == ["requested", "refund_requested"]


def test_a_cancellation_after_the_agreement_asks_payments_for_nothing_more(
    case: Cases, outbox_rows: Any
) -> None:
    one = case().notified().billed().paid()
    first = str(one.row.invoice_id)
    one.goes_back()

    one.do(cancel_violation, OFFICER, reason="خطأ")

    assert (one.row.status, status_of(one, first)) == ("cancelled", "refunding")
    assert happened(outbox_rows, "invoice") == ["requested", "requested", "withdrawn"]


def test_a_refund_that_is_known_before_the_payment_leads_to_another_bill(case: Cases) -> None:
    one = case().notified().billed()
    first = str(one.row.invoice_id)

    one.goes_back(first).paid(first)

    assert one.row.status == "unpaid"
    assert one.row.invoice_id != first
    assert status_of(one, first) == "refunding"


def test_money_for_a_refused_bill_is_ignored(case: Cases, outbox_rows: Any) -> None:
    one = case().notified().billed()
    invoice_id = str(one.row.invoice_id)
    end_fine_bill(UnitOfWork(one.session, SYSTEM, one.now), invoice_id, "refused")

    one.paid(invoice_id)

    invoice = one.session.get_one(FineInvoice, invoice_id)
    assert (invoice.status, invoice.reason, invoice.paid_at) == ("ended", "refused", None)
    assert (one.row.status, one.row.paid_at) == ("unpaid", None)
    assert happened(outbox_rows, "invoice") == ["requested"]


def test_money_for_a_withdrawn_bill_is_asked_back_once(case: Cases, outbox_rows: Any) -> None:
    one = case().notified().billed().objected()

    one.paid().paid()

    assert (one.row.status, one.row.paid_at) == ("objected", None)
    assert status_of(one, str(one.row.invoice_id)) == "refund_requested"
    assert happened(outbox_rows, "invoice") == ["requested", "withdrawn", "refund_requested"]


def test_a_paid_fine_has_a_paid_invoice(case: Cases) -> None:
    one = case().notified().billed().paid()

    invoice = one.session.get_one(FineInvoice, one.row.invoice_id)
    assert (invoice.status, invoice.paid_at) == ("paid", one.now)


def test_what_is_closed_stays_closed_and_its_history_says_so(case: Cases) -> None:
    one = case().notified().billed().paid()
    close_paid(UnitOfWork(one.session, SYSTEM, one.days(31).now), one.row)

    one.goes_back().goes_back(gone=True)

    assert one.row.status == "closed"
    one.session.flush()
    journal = history(one.session, ("violation", one.row.violation_id))
    assert [row.action for row in journal].count("fee_returned") == 1


def test_money_by_the_last_day_of_an_expired_bill_pays_the_fine_and_withdraws_the_later_bill(
    case: Cases, outbox_rows: Any
) -> None:
    one = case().notified().billed()
    first, paid_at = str(one.row.invoice_id), one.days(60).now
    one.days(2)
    end_fine_bill(UnitOfWork(one.session, SYSTEM, one.now), first, "expired")
    second = str(one.row.invoice_id)
    assert second != first

    receive_fine_payment(UnitOfWork(one.session, SYSTEM, one.now), first, paid_at=paid_at)

    assert (one.row.status, one.row.invoice_id, one.row.paid_at) == ("paid", first, paid_at)
    assert (status_of(one, first), status_of(one, second)) == ("paid", "withdrawn")
    assert happened(outbox_rows, "invoice") == ["requested", "requested", "withdrawn"]


@pytest.mark.parametrize("days", [61, 0])
def test_other_money_for_an_expired_bill_goes_back_and_the_offender_is_told(
    case: Cases, outbox_rows: Any, days: int
) -> None:
    """It came after the last day, or while somebody decides the objection."""
    one = case().notified().billed()
    first, paid_at = str(one.row.invoice_id), one.days(days).now
    end_fine_bill(UnitOfWork(one.session, SYSTEM, one.now), first, "expired")
    if not days:
        one.objected()

    receive_fine_payment(UnitOfWork(one.session, SYSTEM, one.now), first, paid_at=paid_at)

    assert one.row.status == ("unpaid" if days else "objected")
    assert status_of(one, first) == "refund_requested"
    assert happened(outbox_rows)[-1] == "refund_requested"


def test_who_paid_while_objecting_is_told_once_that_it_goes_back_and_once_that_it_went(
    case: Cases, outbox_rows: Any
) -> None:
    one = case().notified().billed().objected().paid().paid()
    one.goes_back().goes_back(gone=True).goes_back(gone=True)

    rows = [row for row in outbox_rows() if row.topic == "licences.violation"][-2:]
    told = [(row.type.split(".")[-2], row.envelope["data"]) for row in rows]

    amount = one.row.amount_halalas
    assert [what for what, _ in told] == ["refund_requested", "refunded"]
    assert [data["refunding_halalas"] for _, data in told] == [amount, 0]
    assert told[1][1]["refunded_halalas"] == amount
    assert all(len(data["contacts"]) == 1 for _, data in told)
