"""The fine's money: asked for, withdrawn while somebody decides, paid, given back."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from chassis.data.aggregates import record_action
from licences.catalogue import violation_table
from licences.commands.violations import invoicing
from licences.commands.violations.invoicing import BILLING, REQUESTED, invoiced
from licences.commands.violations.recording import (
    CLOSING,
    course_of,
    item_of,
    lock_violation,
    plan_day,
    record_violation,
    set_course,
)
from licences.domain import offenders, violations
from licences.domain.actors import Actor
from licences.domain.fines import fine_of
from licences.domain.violations import BILL_ENDED, PAYABLE, Action, AlreadyBilled, Status
from licences.models import Objection, Violation
from saudi.days import legal_day

# How long a bill of a fine can be paid; the fine itself is owed on.
BILL_DAYS = 60


def request_fine(session: Session, row: Violation, *, now: datetime) -> None:
    """Asks for the fine as it stands, with how it came about."""
    fine, item = fine_of(row), item_of(row)
    if fine is None:
        raise ValueError("a violation without a record costs nothing yet")
    line = {
        "code": f"violation-{item.code}",
        **item.words.pair(),
        "amount_halalas": fine.amount,
        "because": fine.because().pair(),
    }
    due_on = legal_day(now) + timedelta(days=BILL_DAYS)
    row.invoice_id = invoicing.request(session, row, line, due_on=due_on, now=now).invoice_id
    row.bill = None


def withdraw_fine(session: Session, row: Violation, *, reason: str, now: datetime) -> None:
    """Nothing is to be paid for the time being, or any more."""
    if row.invoice_id is not None:
        invoicing.withdraw(session, row.invoice_id, reason=reason, now=now)
        row.bill = None


def give_up_fine(session: Session, row: Violation, *, now: datetime) -> None:
    """Nothing is owed: what was paid goes back, what wasn't isn't asked for."""
    if row.paid_at is not None and row.invoice_id is not None:
        invoicing.request_refund(session, row.invoice_id, reason="cancelled", now=now)
    else:
        withdraw_fine(session, row, reason="cancelled", now=now)


def billed(session: Session, invoice_id: str, bill: Mapping[str, Any], *, now: datetime) -> None:
    """The bill system knows the fine. Publishes `billed`. A bill of an earlier amount, of a fine that needn't be paid
    just now, or of something else changes nothing."""
    found = invoiced(session, invoice_id)
    if found is None or found[1].status != REQUESTED:
        return
    row, invoice = found
    invoice.bill = {name: bill[name] for name in ("biller_code", "bill_number")}
    if row.invoice_id == invoice_id and row.status in PAYABLE and row.bill is None:
        row.bill = invoice.bill
        set_course(session, row, violations.advance(course_of(row), Action.BILL), now)
        record_violation(session, row, BILLING, Action.BILL, "billed", now=now)


def bill_ended(session: Session, invoice_id: str, *, refused: bool, now: datetime) -> None:
    """The bill expired, or somebody cancelled it at the bill system: a fine that's still owed is billed anew. One that
    the bill system refused waits for an officer (`bill_again`), since it would be refused again."""
    found = invoiced(session, invoice_id)
    if found is None or found[1].status != REQUESTED:
        return
    row, invoice = found
    if row.invoice_id != invoice_id or row.status not in PAYABLE or invoice.paid_at is not None:
        return
    row.bill, invoice.status = None, BILL_ENDED
    if not refused:
        request_fine(session, row, now=now)
    action = "bill_refused" if refused else "bill_expired"
    record_action(session, row, BILLING, action, now=now)


def bill_again(
    session: Session,
    actor: Actor,
    violation_id: str,
    *,
    corrections: Mapping[str, Any] | None = None,
    now: datetime,
) -> Violation:
    """Asks for a bill anew, after the bill system refused one; `corrections` of the offender, in the shape of the
    contract's `CorrectedOffender`, without which it may refuse this one too. Raises NotFound, IllegalTransition,
    InvalidFields, and AlreadyBilled while a bill can be paid or is on its way: the offender would be told of two."""
    row = lock_violation(session, actor, violation_id)
    violations.advance(course_of(row), Action.BILL)
    if row.invoice_id is not None and invoicing.is_open(session, row.invoice_id):
        raise AlreadyBilled
    row.offender, changed = offenders.corrected(row.offender, corrections or {})
    request_fine(session, row, now=now)
    details = {"corrected": changed} if changed else None  # what, and never to what
    record_action(session, row, actor, "bill_again", now=now, details=details)
    return row


def paid(session: Session, invoice_id: str, *, paid_at: datetime, now: datetime) -> None:
    """The fine was paid. Publishes `paid`. Money for an invoice that was withdrawn, or for something else, changes
    nothing: payments sends it back."""
    found = invoiced(session, invoice_id)
    if found is None or found[1].status != REQUESTED or found[1].paid_at is not None:
        return
    row, invoice = found
    invoice.paid_at = paid_at
    if row.invoice_id != invoice_id or row.status not in PAYABLE:
        invoicing.request_refund(session, invoice_id, reason="not-owed", now=now)
        return
    set_course(session, row, violations.pay(course_of(row)), now)
    row.paid_at = paid_at
    plan_closing(session, row, now)
    record_violation(session, row, BILLING, Action.PAY, "paid", now=now, told=True)


def goes_back(session: Session, invoice_id: str, *, gone: bool, now: datetime) -> None:
    """Payments has agreed to send back what had paid the fine; `gone`: it has. Where we haven't asked for it the fine
    is owed again: publishes `payment_returned`, and another bill follows. What is closed stays closed, and its history
    says so."""
    found = invoiced(session, invoice_id)
    if found is None:
        return
    row, invoice = found
    unasked = invoicing.note_going_back(session, invoice, gone=gone, now=now)
    if not unasked or row.invoice_id != invoice_id:
        return
    if row.status == Status.PAID:
        _owe_again(session, row, now=now)
    elif row.status in PAYABLE:  # the refund is known before the payment
        request_fine(session, row, now=now)
        record_action(session, row, BILLING, "bill_again", now=now)
    elif row.status == Status.CLOSED:
        record_action(session, row, BILLING, "fee_returned", now=now)


def _owe_again(session: Session, row: Violation, *, now: datetime) -> None:
    today, objection = legal_day(now), session.get(Objection, row.violation_id)
    parameters = violation_table().parameters(today)
    days, decided = parameters.objection_days, None
    if objection is not None:
        days = parameters.court_days
        decided = Status.UPHELD if row.reduced_to_percent is None else Status.REDUCED
    until = violations.last_day(today, days)
    row.paid_at = None
    set_course(
        session, row, violations.owe_again(course_of(row), decided=decided, until=until), now
    )
    plan_day(session, row, CLOSING, None)
    request_fine(session, row, now=now)
    record_violation(session, row, BILLING, "owe_again", "payment_returned", now=now)


def plan_closing(session: Session, row: Violation, now: datetime) -> None:
    """A paid violation is closed by itself after a time in which an inspector may still look."""
    days = violation_table().parameters(legal_day(now)).closing_days
    plan_day(session, row, CLOSING, violations.last_day(legal_day(now), days))
