"""The life of a permit request: each step from where it may be taken, and from nowhere else."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import product

import pytest

from chassis.core.refusals import IllegalTransition, InvalidFields
from permits.domain import requests
from permits.domain.requests import Action, Invoice, Payment, Progress, Status

TODAY = date(2026, 11, 24)
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
INVOICE = Invoice("30011223344", Decimal("1621.50"), TODAY + timedelta(days=30))
PAYMENT = Payment("88120045", Decimal("1621.50"), NOW)
BILLED = Progress(Status.AWAITING_PAYMENT, INVOICE)
PAID = Progress(Status.AWAITING_PAYMENT, INVOICE, PAYMENT)

LEGAL = {
    ("draft", "send_to_office"): "with_office",
    ("with_office", "send_to_technical_review"): "technical_review",
    ("technical_review", "pass_technical_review"): "municipality_review",
    ("technical_review", "return"): "returned",
    ("municipality_review", "return"): "returned",
    ("returned", "resubmit"): "with_office",
    ("municipality_review", "approve"): "approved",
    ("technical_review", "reject"): "rejected",
    ("municipality_review", "reject"): "rejected",
    ("approved", "request_payment"): "awaiting_payment",
    ("awaiting_payment", "record_payment"): "awaiting_payment",
    ("awaiting_payment", "issue"): "issued",
    ("awaiting_payment", "expire_unpaid"): "expired_unpaid",
    ("draft", "cancel"): "cancelled_by_applicant",
    ("with_office", "cancel"): "cancelled_by_applicant",
    ("technical_review", "cancel"): "cancelled_by_applicant",
    ("municipality_review", "cancel"): "cancelled_by_applicant",
    ("returned", "cancel"): "cancelled_by_applicant",
    ("approved", "cancel"): "cancelled_by_applicant",
    ("awaiting_payment", "cancel"): "cancelled_by_applicant",
}


@pytest.mark.parametrize(("step", "after"), LEGAL.items())
def test_each_step_leads_where_the_procedure_says(step: tuple[str, str], after: str) -> None:
    status, action = step

    assert requests.advance(Progress(Status(status)), Action(action)).status == after


@pytest.mark.parametrize(
    ("status", "action"), [pair for pair in product(Status, Action) if pair not in LEGAL]
)
def test_every_other_step_is_refused_by_name(status: Status, action: Action) -> None:
    with pytest.raises(IllegalTransition) as caught:
        requests.advance(Progress(status), action)

    assert (caught.value.code, caught.value.params["action"]) == (status, action)


def test_a_refused_step_names_the_possible_steps() -> None:
    with pytest.raises(IllegalTransition) as caught:
        requests.advance(Progress(Status.RETURNED), Action.APPROVE)

    assert [step["ar"] for step in caught.value.params["next"]] == ["إعادة التقديم", "إلغاء"]


def test_a_permit_is_never_issued_before_payment() -> None:
    with pytest.raises(requests.PaymentMissing):
        requests.issue(BILLED)

    assert requests.issue(PAID).status == Status.ISSUED


def test_an_invoice_has_an_amount_and_time_to_pay() -> None:
    free_and_late = Invoice("1", Decimal(0), TODAY - timedelta(days=1))

    with pytest.raises(InvalidFields) as caught:
        requests.request_payment(Progress(Status.APPROVED), free_and_late, today=TODAY)

    assert {(f.field, f.code) for f in caught.value.faults} == {
        ("amount", "positive"),
        ("due_on", "past-date"),
    }


@pytest.mark.parametrize(
    ("payment", "fault"),
    [
        (Payment("1", Decimal("1621.49"), NOW), ("amount", "other-amount")),
        (Payment("1", Decimal("1621.50"), NOW + timedelta(seconds=1)), ("paid_at", "future-date")),
    ],
)
def test_exactly_the_invoice_is_paid_and_not_tomorrow(
    payment: Payment, fault: tuple[str, str]
) -> None:
    with pytest.raises(InvalidFields) as caught:
        requests.record_payment(BILLED, payment, now=NOW)

    assert [(f.field, f.code) for f in caught.value.faults] == [fault]


def test_an_invoice_is_paid_once() -> None:
    paid = requests.record_payment(BILLED, PAYMENT, now=NOW)

    assert paid == PAID
    with pytest.raises(requests.PaymentRecorded):
        requests.record_payment(paid, PAYMENT, now=NOW)


def test_who_paid_cannot_cancel_and_does_not_expire() -> None:
    with pytest.raises(requests.PaymentRecorded):
        requests.cancel(PAID)
    with pytest.raises(requests.PaymentRecorded):
        requests.expire_unpaid(PAID, today=INVOICE.due_on + timedelta(days=1))


def test_an_unpaid_request_expires_after_the_last_day_to_pay() -> None:
    with pytest.raises(requests.InvoiceNotOverdue):
        requests.expire_unpaid(BILLED, today=INVOICE.due_on)

    late = requests.expire_unpaid(BILLED, today=INVOICE.due_on + timedelta(days=1))
    assert late.status == Status.EXPIRED_UNPAID
