"""Invoices for fines: payments makes a bill of each, and its events say what became of it."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from chassis.core.actors import SystemActor
from chassis.core.ids import new_id
from chassis.data.aggregates import lock, record_action, record_change
from chassis.events.contacts import Contact
from chassis.events.invoices import Invoice as Published
from chassis.events.invoices import invoices_of
from chassis.events.outbox import publish
from licences.catalogue import violation_table
from licences.commands.violations.recording import (
    CLOSING,
    course_of,
    item_of,
    lock_violation,
    plan_day,
    record_violation,
    set_course,
)
from licences.domain import violations
from licences.domain.actors import Actor
from licences.domain.fines import fine_of
from licences.domain.offenders import corrected
from licences.domain.violations import BILL_ENDED, PAYABLE, Action, AlreadyBilled, Status
from licences.models import FineInvoice, Objection, Violation
from saudi.days import legal_day

REQUESTED, WITHDRAWN, REFUND_REQUESTED = "requested", "withdrawn", "refund_requested"
# Payments has agreed that the money goes back; it went.
REFUNDING, REFUNDED = "refunding", "refunded"
BILLING = SystemActor("billing", client_id="licences")


def _request_invoice(
    session: Session, row: Violation, line: dict[str, Any], *, due_on: date, now: datetime
) -> FineInvoice:
    """Asks the offender for the amount of the line. Publishes `requested`."""
    invoice = FineInvoice(
        invoice_id=new_id(),
        violation_id=row.violation_id,
        violation_no=row.violation_no,
        municipality=row.municipality,
        status=REQUESTED,
        amount_halalas=line["amount_halalas"],
        lines=[line],
        due_on=due_on,
        payer=row.offender,
        requested_at=now,
    )
    session.add(invoice)
    return _record_invoice(session, invoice, REQUESTED, now)


def _is_open(session: Session, invoice_id: str) -> bool:
    """Whether the invoice is asked for and neither paid nor ended."""
    row = lock(session, FineInvoice, invoice_id)
    return row.status == REQUESTED and row.paid_at is None


def _withdraw_invoice(session: Session, invoice_id: str, *, reason: str, now: datetime) -> None:
    """Nothing is to be paid any more. Publishes `withdrawn`; does nothing for one that was paid or withdrawn. Money
    that came just then is sent back by payments."""
    row = lock(session, FineInvoice, invoice_id)
    if row.status == REQUESTED and row.paid_at is None:
        row.status, row.reason = WITHDRAWN, reason
        _record_invoice(session, row, WITHDRAWN, now)


def _request_refund(session: Session, invoice_id: str, *, reason: str, now: datetime) -> None:
    """What was paid goes back, whole. Publishes `refund_requested`; does nothing for one that wasn't paid, or
    whose money goes back already."""
    row = lock(session, FineInvoice, invoice_id)
    if row.paid_at is not None and row.status == REQUESTED:
        row.status, row.reason = REFUND_REQUESTED, reason
        _record_invoice(session, row, REFUND_REQUESTED, now)


def _note_refund(session: Session, row: FineInvoice, *, gone: bool, now: datetime) -> bool:
    """Payments has agreed to send back the money of the locked invoice; `gone`: it has. Answers whether the fine rested
    on that money, and it goes back without our asking."""
    before, after = row.status, REFUNDED if gone else REFUNDING
    if before in (after, REFUNDED):
        return False
    row.status = after
    record_action(session, row, BILLING, after, now=now)
    return before == REQUESTED


def _lock_invoiced(session: Session, invoice_id: str) -> tuple[Violation, FineInvoice] | None:
    """The locked violation and its invoice, always in this order; None for an invoice of something else."""
    known = session.get(FineInvoice, invoice_id)
    if known is None:
        return None
    row = lock(session, Violation, known.violation_id)
    return row, lock(session, FineInvoice, invoice_id)


def _record_invoice(
    session: Session, row: FineInvoice, happened: str, now: datetime
) -> FineInvoice:
    record_change(session, row, BILLING, happened, now=now)
    session.flush()
    names = ("name", "id_type", "id_number")
    payer = {name: row.payer[name] for name in names} if row.payer else None  # emptied
    published = Published(**row.record(), payer=payer, told=_payer_contacts(row.payer or {}))
    publish(session, invoices_of(session).event("licences", published, now))
    return row


def _payer_contacts(payer: Mapping[str, Any]) -> Sequence[Contact]:
    if not payer.get("mobile"):
        return []
    return [
        Contact(
            role="owner",
            mobile=payer["mobile"],
            language=payer.get("language") or "ar",
            confirmed=payer.get("confirmed", True),
        )
    ]


# How long a bill of a fine can be paid; the fine itself is owed on.
BILL_DAYS = 60


def bill_fine(session: Session, row: Violation, *, now: datetime) -> None:
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
    row.invoice_id = _request_invoice(session, row, line, due_on=due_on, now=now).invoice_id
    row.bill = None


def withdraw_bill(session: Session, row: Violation, *, reason: str, now: datetime) -> None:
    """Nothing is to be paid for the time being, or any more."""
    if row.invoice_id is not None:
        _withdraw_invoice(session, row.invoice_id, reason=reason, now=now)
        row.bill = None


def waive_fine(session: Session, row: Violation, *, now: datetime) -> None:
    """Nothing is owed: what was paid goes back, what wasn't isn't asked for."""
    if row.paid_at is not None and row.invoice_id is not None:
        _request_refund(session, row.invoice_id, reason="cancelled", now=now)
    else:
        withdraw_bill(session, row, reason="cancelled", now=now)


def note_fine_bill(
    session: Session, invoice_id: str, bill: Mapping[str, Any], *, now: datetime
) -> None:
    """The bill system knows the fine. Publishes `billed`. A bill of an earlier amount, of a fine that needn't be paid
    just now, or of something else changes nothing."""
    found = _lock_invoiced(session, invoice_id)
    if found is None or found[1].status != REQUESTED:
        return
    row, invoice = found
    invoice.bill = {name: bill[name] for name in ("biller_code", "bill_number")}
    if row.invoice_id == invoice_id and row.status in PAYABLE and row.bill is None:
        row.bill = invoice.bill
        set_course(session, row, violations.advance(course_of(row), Action.BILL), now)
        record_violation(session, row, BILLING, Action.BILL, "billed", now=now)


def end_fine_bill(session: Session, invoice_id: str, *, refused: bool, now: datetime) -> None:
    """The bill expired, or somebody cancelled it at the bill system: a fine that's still owed is billed anew. One that
    the bill system refused waits for an officer (`bill_again`), since it would be refused again."""
    found = _lock_invoiced(session, invoice_id)
    if found is None or found[1].status != REQUESTED:
        return
    row, invoice = found
    if row.invoice_id != invoice_id or row.status not in PAYABLE or invoice.paid_at is not None:
        return
    row.bill, invoice.status = None, BILL_ENDED
    if not refused:
        bill_fine(session, row, now=now)
    action = "bill_refused" if refused else "bill_expired"
    record_action(session, row, BILLING, action, now=now)


def rebill_fine(
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
    if row.invoice_id is not None and _is_open(session, row.invoice_id):
        raise AlreadyBilled
    row.offender, changed = corrected(row.offender, corrections or {})
    bill_fine(session, row, now=now)
    details = {"corrected": changed} if changed else None  # what, and never to what
    record_action(session, row, actor, "bill_again", now=now, details=details)
    return row


def receive_fine_payment(
    session: Session, invoice_id: str, *, paid_at: datetime, now: datetime
) -> None:
    """The fine was paid. Publishes `paid`. Money for an invoice that was withdrawn, or for something else, changes
    nothing: payments sends it back."""
    found = _lock_invoiced(session, invoice_id)
    if found is None or found[1].status != REQUESTED or found[1].paid_at is not None:
        return
    row, invoice = found
    invoice.paid_at = paid_at
    if row.invoice_id != invoice_id or row.status not in PAYABLE:
        _request_refund(session, invoice_id, reason="not-owed", now=now)
        return
    set_course(session, row, violations.pay(course_of(row)), now)
    row.paid_at = paid_at
    plan_closing(session, row, now)
    record_violation(session, row, BILLING, Action.PAY, "paid", now=now, told=True)


def receive_fine_refund(session: Session, invoice_id: str, *, gone: bool, now: datetime) -> None:
    """Payments has agreed to send back what had paid the fine; `gone`: it has. Where we haven't asked for it the fine
    is owed again: publishes `payment_returned`, and another bill follows. What is closed stays closed, and its history
    says so."""
    found = _lock_invoiced(session, invoice_id)
    if found is None:
        return
    row, invoice = found
    unasked = _note_refund(session, invoice, gone=gone, now=now)
    if not unasked or row.invoice_id != invoice_id:
        return
    if row.status == Status.PAID:
        _owe_again(session, row, now=now)
    elif row.status in PAYABLE:  # the refund is known before the payment
        bill_fine(session, row, now=now)
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
    bill_fine(session, row, now=now)
    record_violation(session, row, BILLING, "owe_again", "payment_returned", now=now)


def plan_closing(session: Session, row: Violation, now: datetime) -> None:
    """A paid violation is closed by itself after a time in which an inspector may still look."""
    days = violation_table().parameters(legal_day(now)).closing_days
    plan_day(session, row, CLOSING, violations.last_day(legal_day(now), days))
