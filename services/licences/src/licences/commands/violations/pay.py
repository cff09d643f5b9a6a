"""The fine's money: billed, withdrawn while somebody decides, paid, sent back.

An invoice's amount never changes: a wrong invoice is withdrawn, and another one is requested.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from chassis.core.actors import SystemActor
from chassis.core.ids import new_id
from chassis.data.unit_of_work import UnitOfWork
from chassis.events.contacts import Contact
from chassis.events.invoices import Invoice as PublishedInvoice
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
from licences.domain import offenders, violations
from licences.domain.fines import fine_of
from licences.domain.violations import BILL_ENDED, PAYABLE, Action, AlreadyBilled, Status
from licences.models import FineInvoice, Objection, Violation
from saudi.days import legal_day

BILLING = SystemActor("billing", client_id="licences")
REQUESTED, WITHDRAWN, REFUND_REQUESTED = "requested", "withdrawn", "refund_requested"
# Payments has agreed to send the money back; payments has sent it.
REFUNDING, REFUNDED = "refunding", "refunded"
BILL_DAYS = 60  # the days on which a bill can be paid; the fine is owed on afterwards


def bill_fine(work: UnitOfWork, row: Violation) -> None:
    """Requests an invoice for the fine as it stands, with how the amount came about."""
    fine, item = fine_of(row), item_of(row)
    if fine is None:
        raise ValueError("a violation without a record costs nothing yet")
    line = {
        "code": f"violation-{item.code}",
        **item.words.pair(),
        "amount_halalas": fine.amount,
        "because": fine.because().pair(),
    }
    invoice = FineInvoice(
        invoice_id=new_id(),
        violation_id=row.violation_id,
        violation_no=row.violation_no,
        municipality=row.municipality,
        status=REQUESTED,
        amount_halalas=fine.amount,
        lines=[line],
        due_on=legal_day(work.now) + timedelta(days=BILL_DAYS),
        payer=row.offender,
        requested_at=work.now,
    )
    work.session.add(invoice)
    _record_invoice(work, invoice, REQUESTED)
    row.invoice_id = invoice.invoice_id
    row.bill = None


def withdraw_bill(work: UnitOfWork, row: Violation, *, reason: str) -> None:
    """Withdraws the fine's invoice, unless it was paid. Payments sends back money that arrives just then."""
    if row.invoice_id is None:
        return
    invoice = work.lock(FineInvoice, row.invoice_id)
    if _is_open(invoice):
        invoice.status, invoice.reason = WITHDRAWN, reason
        _record_invoice(work, invoice, WITHDRAWN)
    row.bill = None


def waive_fine(work: UnitOfWork, row: Violation) -> None:
    """Waives the fine of a cancelled violation: asks for the refund of a paid fine, and withdraws the bill of
    another."""
    if row.paid_at is not None and row.invoice_id is not None:
        _request_refund(work, work.lock(FineInvoice, row.invoice_id), reason="cancelled")
    else:
        withdraw_bill(work, row, reason="cancelled")


def _request_refund(work: UnitOfWork, invoice: FineInvoice, *, reason: str) -> None:
    """Asks payments to send back the whole amount, unless it wasn't paid or goes back already."""
    if invoice.paid_at is not None and invoice.status == REQUESTED:
        invoice.status, invoice.reason = REFUND_REQUESTED, reason
        _record_invoice(work, invoice, REFUND_REQUESTED)


def note_fine_bill(work: UnitOfWork, invoice_id: str, bill: Mapping[str, Any]) -> None:
    """Keeps the bill's numbers. Publishes `billed` for the present bill of a fine that is owed. Ignores a bill of
    something else."""
    locked = _lock_invoiced(work, invoice_id)
    if locked is None or locked[1].status != REQUESTED:
        return
    row, invoice = locked
    invoice.bill = {name: bill[name] for name in ("biller_code", "bill_number")}
    if row.invoice_id == invoice_id and row.status in PAYABLE and row.bill is None:
        row.bill = invoice.bill
        set_course(work, row, violations.advance(course_of(row), Action.BILL))
        record_violation(work.acting_as(BILLING), row, Action.BILL, "billed")


def end_fine_bill(work: UnitOfWork, invoice_id: str, *, refused: bool) -> None:
    """Bills a fine that is still owed anew, because its bill expired or was cancelled at the bill system. A bill that
    the bill system refused waits for an officer (`rebill_fine`), since another bill would be refused again."""
    locked = _lock_invoiced(work, invoice_id)
    if locked is None or locked[1].status != REQUESTED:
        return
    row, invoice = locked
    if row.invoice_id != invoice_id or row.status not in PAYABLE or invoice.paid_at is not None:
        return
    row.bill, invoice.status = None, BILL_ENDED
    if not refused:
        bill_fine(work, row)
    action = "bill_refused" if refused else "bill_expired"
    work.acting_as(BILLING).record_action(row, action)


def rebill_fine(
    work: UnitOfWork, violation_id: str, *, corrections: Mapping[str, Any] | None = None
) -> Violation:
    """Bills a fine anew after the bill system refused a bill. `corrections` of the offender, in the shape of the
    contract's `CorrectedOffender`: without them the bill system may refuse this bill too.

    Raises NotFound, IllegalTransition, InvalidFields, and AlreadyBilled while a bill can be paid or is on its way: the
    offender would be told of two bills.
    """
    row = lock_violation(work, violation_id)
    violations.advance(course_of(row), Action.BILL)
    if row.invoice_id is not None and _is_open(work.lock(FineInvoice, row.invoice_id)):
        raise AlreadyBilled
    row.offender, changed = offenders.correct_offender(row.offender, corrections or {})
    bill_fine(work, row)
    details = {"corrected": changed} if changed else None  # the names of the fields, no values
    work.record_action(row, "bill_again", details=details)
    return row


def receive_fine_payment(work: UnitOfWork, invoice_id: str, *, paid_at: datetime) -> None:
    """Notes that the fine was paid. Publishes `paid`. Ignores money for a withdrawn invoice, which payments sends back,
    and for something else."""
    locked = _lock_invoiced(work, invoice_id)
    if locked is None or not _is_open(locked[1]):
        return
    row, invoice = locked
    invoice.paid_at = paid_at
    if row.invoice_id != invoice_id or row.status not in PAYABLE:
        _request_refund(work, invoice, reason="not-owed")
        return
    set_course(work, row, violations.pay(course_of(row)))
    row.paid_at = paid_at
    plan_closing(work, row)
    record_violation(work.acting_as(BILLING), row, Action.PAY, "paid", to_offender=True)


def plan_closing(work: UnitOfWork, row: Violation) -> None:
    """Plans the day on which a paid violation is closed by itself. An inspector may still look until then."""
    today = legal_day(work.now)
    days = violation_table().parameters(today).closing_days
    plan_day(work, row, CLOSING, violations.last_day(today, days))


def receive_fine_refund(work: UnitOfWork, invoice_id: str, *, gone: bool) -> None:
    """Notes that payments has agreed to send back the money of a fine; `gone`: the money has left.

    If this service hasn't asked for the refund, the fine is owed again: publishes `payment_returned`, and bills anew. A
    closed violation stays closed, and its history says so.
    """
    work = work.acting_as(BILLING)
    locked = _lock_invoiced(work, invoice_id)
    if locked is None:
        return
    row, invoice = locked
    unasked = _note_refund(work, invoice, gone=gone)
    if not unasked or row.invoice_id != invoice_id:
        return
    if row.status == Status.PAID:
        _owe_again(work, row)
    elif row.status in PAYABLE:  # the refund is known before the payment
        bill_fine(work, row)
        work.record_action(row, "bill_again")
    elif row.status == Status.CLOSED:
        work.record_action(row, "fee_returned")


def _note_refund(work: UnitOfWork, invoice: FineInvoice, *, gone: bool) -> bool:
    """Notes the refund. Returns whether this service hasn't asked for it."""
    before, after = invoice.status, REFUNDED if gone else REFUNDING
    if before in (after, REFUNDED):
        return False
    invoice.status = after
    work.record_action(invoice, after)
    return before == REQUESTED


def _owe_again(work: UnitOfWork, row: Violation) -> None:
    today, objection = legal_day(work.now), work.session.get(Objection, row.violation_id)
    parameters = violation_table().parameters(today)
    days, decided = parameters.objection_days, None
    if objection is not None:
        days = parameters.court_days
        decided = Status.UPHELD if row.reduced_to_percent is None else Status.REDUCED
    until = violations.last_day(today, days)
    row.paid_at = None
    set_course(work, row, violations.owe_again(course_of(row), decided=decided, until=until))
    plan_day(work, row, CLOSING, None)
    bill_fine(work, row)
    record_violation(work, row, "owe_again", "payment_returned")


def _is_open(invoice: FineInvoice) -> bool:
    """Returns whether the invoice is neither paid nor ended."""
    return invoice.status == REQUESTED and invoice.paid_at is None


def _lock_invoiced(work: UnitOfWork, invoice_id: str) -> tuple[Violation, FineInvoice] | None:
    """Locks the violation first, and its invoice second. Returns None for an invoice of something else."""
    known = work.session.get(FineInvoice, invoice_id)
    if known is None:
        return None
    row = work.lock(Violation, known.violation_id)
    return row, work.lock(FineInvoice, invoice_id)


def _record_invoice(work: UnitOfWork, row: FineInvoice, happened: str) -> None:
    work.acting_as(BILLING).record_change(row, happened)
    work.session.flush()
    names = ("name", "id_type", "id_number")
    payer = {name: row.payer[name] for name in names} if row.payer else None  # emptied
    contacts = _payer_contacts(row.payer or {})
    published = PublishedInvoice(**row.record(), payer=payer, told=contacts)
    publish(work.session, invoices_of(work.session).event("licences", published, work.now))


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
