"""The fine's money: billed, withdrawn while somebody decides, paid, sent back.

An invoice's amount never changes: a wrong invoice is withdrawn, and another one is requested.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from chassis.core.actors import SystemActor
from chassis.data.unit_of_work import UnitOfWork
from chassis.events.contacts import Contact
from invoicing.machine import Debtor, Invoicing
from invoicing.rules import Status as InvoiceStatus
from invoicing.rules import is_in_time
from licences.catalogue import violation_table
from licences.commands.violations.recording import (
    CLOSING,
    add_note,
    course_of,
    item_of,
    lock_violation,
    plan_day,
    record_violation_change,
    set_course,
)
from licences.domain import offenders, violations
from licences.domain.fines import fine_of
from licences.domain.violations import PAYABLE, Action, AlreadyBilled, Status
from licences.models import FineInvoice, Objection, Violation
from saudi.days import legal_day

BILLING = SystemActor("billing", client_id="licences")
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
    invoice = INVOICING.draft(
        work,
        municipality=row.municipality,
        lines=[line],
        due_on=legal_day(work.now) + timedelta(days=BILL_DAYS),
        violation_id=row.violation_id,
        violation_no=row.violation_no,
        payer=row.offender,
    )
    INVOICING.request(work.acting_as(BILLING), row, invoice)
    row.invoice_id = invoice.invoice_id
    row.bill = None


def withdraw_bill(work: UnitOfWork, row: Violation, *, reason: str) -> None:
    """Withdraws the fine's invoice, unless it was paid. Payments sends back money that arrives just then."""
    if row.invoice_id is not None:
        INVOICING.withdraw(work.acting_as(BILLING), row, reason)
        row.bill = None


def waive_fine(work: UnitOfWork, row: Violation) -> None:
    """Waives the fine of a cancelled violation: asks for the refund of a paid fine, and withdraws the bill of
    another."""
    if row.paid_at is not None and row.invoice_id is not None:
        INVOICING.give_up(work.acting_as(BILLING), row, "cancelled")
    else:
        withdraw_bill(work, row, reason="cancelled")


def note_fine_bill(work: UnitOfWork, invoice_id: str, bill: Mapping[str, Any]) -> None:
    """Keeps the bill's numbers. Publishes `billed` for the present bill of a fine that is owed. Ignores a bill of
    something else."""
    numbers = {name: bill[name] for name in ("biller_code", "bill_number")}
    billed = INVOICING.note_registered(work, invoice_id, **numbers)
    if billed is None:
        return
    row = billed.owner
    if row.status in PAYABLE and row.bill is None:
        row.bill = billed.invoice.bill
        set_course(work, row, violations.advance(course_of(row), Action.BILL))
        record_violation_change(work.acting_as(BILLING), row, Action.BILL, "billed")


def end_fine_bill(work: UnitOfWork, invoice_id: str, how: str) -> None:
    """Bills a fine that is still owed anew, because its bill was `expired` or `cancelled` at the bill system. A bill
    that was `refused` waits for an officer (`rebill_fine`), since another bill would be refused again."""
    billed = INVOICING.note_bill_end(work, invoice_id, how)
    if billed is None:
        return
    row = billed.owner
    row.bill = None
    if how != "refused":
        bill_fine(work, row)
    action = "bill_refused" if how == "refused" else "bill_expired"
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
    if INVOICING.is_open(work, row):
        raise AlreadyBilled
    row.offender, changed = offenders.correct_offender(row.offender, corrections or {})
    bill_fine(work, row)
    details = {"corrected": changed} if changed else None  # the names of the fields, no values
    work.record_action(row, "bill_again", details=details)
    return row


def receive_fine_payment(work: UnitOfWork, invoice_id: str, *, paid_at: datetime) -> None:
    """Notes that the fine was paid. Publishes `paid`, or `refund_requested` for money that isn't owed. Money that came
    by the last day of a bill counts, however late the news comes. Ignores money for a refused bill, and for something
    else."""
    invoice = work.session.get(FineInvoice, invoice_id)
    if invoice is None:
        return
    row = work.lock(Violation, invoice.violation_id)
    invoice = work.lock(FineInvoice, invoice_id)
    _reopen_expired(work, row, invoice, paid_at)
    before = invoice.status
    billed = INVOICING.take_payment(work.acting_as(BILLING), invoice_id, paid_at=paid_at)
    if billed is None:
        if before != invoice.status:
            record_violation_change(
                work.acting_as(BILLING), row, "ask_refund", "refund_requested", to_offender=True
            )
        return
    set_course(work, row, violations.pay(course_of(row)))
    row.paid_at = paid_at
    plan_closing(work, row)
    record_violation_change(work.acting_as(BILLING), row, Action.PAY, "paid", to_offender=True)


def _reopen_expired(
    work: UnitOfWork, row: Violation, invoice: FineInvoice, paid_at: datetime
) -> None:
    """Takes up an expired bill again, because the bill was paid after all. If the fine is owed and the money came by
    the bill's last day, the bill replaces the later bill; else its money goes back."""
    if invoice.status != InvoiceStatus.ENDED or invoice.reason != "expired":
        return
    invoice.status, invoice.reason = InvoiceStatus.REQUESTED.value, None
    work.acting_as(BILLING).record_action(invoice, "paid_after_expiry")
    if row.status in PAYABLE and is_in_time(paid_at, invoice.due_on):
        withdraw_bill(work, row, reason="earlier-bill-paid")
        row.invoice_id, row.bill = invoice.invoice_id, invoice.bill


def close_violation(work: UnitOfWork, violation_id: str, *, note: str | None) -> Violation:
    """Closes a paid violation. Publishes `closed`."""
    row = lock_violation(work, violation_id)
    set_course(work, row, violations.advance(course_of(row), Action.CLOSE))
    add_note(row, note)
    plan_day(work, row, CLOSING, None)
    return record_violation_change(work, row, Action.CLOSE, "closed")


def plan_closing(work: UnitOfWork, row: Violation) -> None:
    """Plans the day on which a paid violation is closed by itself. An inspector may still look until then."""
    today = legal_day(work.now)
    days = violation_table().parameters(today).closing_days
    plan_day(work, row, CLOSING, violations.last_day(today, days))


def receive_fine_refund(work: UnitOfWork, invoice_id: str, *, gone: bool) -> None:
    """Notes that payments has agreed to send back the money of a fine; `gone`: the money has left, of which
    `refunded` tells the offender.

    If this service hasn't asked for the refund, the fine is owed again: publishes `payment_returned`, and bills anew. A
    closed violation stays closed, and its history says so.
    """
    work = work.acting_as(BILLING)
    invoice = work.session.get(FineInvoice, invoice_id)
    if invoice is None:
        return
    row = work.lock(Violation, invoice.violation_id)
    before = invoice.status
    billed = INVOICING.note_refund(work, invoice_id, sent=gone)
    if billed is not None:
        _follow_refund(work, row)
    if gone and invoice.status != before:
        record_violation_change(work, row, "refund", "refunded", to_offender=True)


def _follow_refund(work: UnitOfWork, row: Violation) -> None:
    if row.status == Status.PAID:
        _owe_again(work, row)
    elif row.status in PAYABLE:  # the refund is known before the payment
        bill_fine(work, row)
        work.record_action(row, "bill_again")
    elif row.status == Status.CLOSED:
        work.record_action(row, "fee_returned")


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
    record_violation_change(work, row, "owe_again", "payment_returned", to_offender=True)


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


def _debtor(row: Violation, invoice: FineInvoice) -> Debtor:
    """Returns the offender, as the invoice names the offender. An emptied invoice names no payer."""
    subject = {"type": "violation", "id": row.violation_id, "number": row.violation_no}
    payer = None
    if invoice.payer:
        payer = {name: invoice.payer[name] for name in ("name", "id_type", "id_number")}
    return Debtor(subject, payer, _payer_contacts(invoice.payer or {}))


INVOICING = Invoicing[Violation, FineInvoice](
    service="licences",
    owners=Violation,
    invoices=FineInvoice,
    owner_id=lambda invoice: invoice.violation_id,
    debtor=_debtor,
    waits_for_money=lambda row: row.status in PAYABLE,
)
