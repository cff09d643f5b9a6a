"""Bills: an approved application is invoiced, and issued when the money has arrived.

No bill leaves an application without a way out: an application whose bill the bill system refuses is returned to the
applicant, and an application that isn't paid in time ends.
"""

from datetime import datetime, timedelta
from typing import Any

from chassis.core.ids import new_id
from chassis.data.deadlines import drop_deadline, set_deadline
from chassis.data.unit_of_work import UnitOfWork
from licences.catalogue import rules_named
from licences.commands.end import PAYMENT, end_withdrawn, return_to_applicant
from licences.commands.issue import issue_or_end
from licences.commands.recording import record_application, record_invoice
from licences.domain.applications import REFUNDED, REFUNDING, Action, Status
from licences.domain.rules import Rules
from licences.models import Application, Invoice, Licence
from saudi.days import legal_day

REQUESTED, WITHDRAWN, REFUND, PAID = "requested", "withdrawn", "refund_requested", "paid"
ENDED = "ended"  # the bill ended without money: expired, refused or cancelled
REFUND_AFTER_ISSUE = "refund-after-issue"  # the action in the histories
# The end of a bill is known so long after the bill's last day, also without an event.
_GRACE = timedelta(days=5)
_BILL_REFUSED: dict[str, Any] = {
    "ar": "لم يقبل نظام سداد الفاتورة؛ راجعوا بيانات المالك ثم أعيدوا الإرسال.",
    "en": "The bill system did not take the bill; check the owner's data and send it again.",
}


def bill_application(work: UnitOfWork, row: Application, rules: Rules) -> Invoice:
    """Invoices the fee of the locked application, which then waits for the money."""
    days = timedelta(days=rules.parameters.bill_days)
    invoice = Invoice(
        invoice_id=new_id(),
        application_id=row.application_id,
        municipality=row.municipality,
        status=REQUESTED,
        amount_halalas=row.fee_halalas or 0,
        lines=row.fee_lines,
        due_on=legal_day(work.now) + days,
        requested_at=work.now,
    )
    row.invoice_id, row.status = invoice.invoice_id, Status.AWAITING_PAYMENT.value
    record_application(work, row, Action.BILL, "billed")
    work.session.add(invoice)
    record_invoice(work, invoice, row)
    until = work.now + days + _GRACE
    set_deadline(work.session, Application.aggregate_type, row.application_id, PAYMENT, until)
    return invoice


def withdraw_invoice(work: UnitOfWork, row: Application, reason: str) -> None:
    """Withdraws the open invoice of the locked application, if the application has one."""
    if row.invoice_id is None:
        return
    invoice = work.lock(Invoice, row.invoice_id)
    if invoice.status == REQUESTED:
        invoice.status, invoice.reason = WITHDRAWN, reason
        record_invoice(work, invoice, row)


def note_bill_number(
    work: UnitOfWork, invoice_id: str, *, biller_code: str | None, bill_number: str | None
) -> None:
    """Keeps the numbers by which the bill is paid."""
    invoice = work.session.get(Invoice, invoice_id)
    if invoice is not None and invoice.bill_number is None:
        invoice.biller_code, invoice.bill_number = biller_code, bill_number


def receive_payment(work: UnitOfWork, invoice_id: str, *, paid_at: datetime) -> None:
    """Issues what was asked for, once its bill is paid. Asks for a refund if the application has ended, or ends now.
    Ignores an invoice of another service."""
    locked = _lock_invoice(work, invoice_id)
    if locked is None:
        return
    row, invoice = locked
    if invoice.status in (PAID, REFUND, REFUNDING, REFUNDED):
        return
    invoice.paid_at = paid_at
    if _waits_for(row, invoice):
        invoice.status = PAID
        _drop_payment_deadline(work, row)
        if issue_or_end(work, row):
            return
    invoice.status, invoice.reason = REFUND, "application-ended"
    record_invoice(work, invoice, row)


def receive_refund(work: UnitOfWork, invoice_id: str, *, gone: bool) -> None:
    """Notes that payments has agreed to send back the money of an invoice; `gone`: the money has left.

    An application that still waits for its money gets another bill. An issued licence stays: its history says that
    nobody has paid for it, and an officer decides.
    """
    locked = _lock_invoice(work, invoice_id)
    if locked is None:
        return
    row, invoice = locked
    before, after = invoice.status, REFUNDED if gone else REFUNDING
    if before in (after, REFUNDED):
        return
    invoice.status = after
    work.record_action(invoice, after)
    if row.invoice_id != invoice_id or before not in (REQUESTED, PAID):
        return  # this service asked for the refund, or the bill is an earlier one
    if row.status == Status.AWAITING_PAYMENT:
        _bill_again(work, row)
    elif row.status == Status.ISSUED and row.licence_id is not None:
        licence = work.session.get_one(Licence, row.licence_id)
        for aggregate in (row, licence):
            work.record_action(aggregate, REFUND_AFTER_ISSUE)


def expire_bill(work: UnitOfWork, invoice_id: str) -> None:
    """Ends the application whose bill expired. The applicant may apply anew."""
    if (row := _end_bill(work, invoice_id, "expired")) is not None:
        end_unpaid(work, row)


def return_refused_bill(work: UnitOfWork, invoice_id: str) -> None:
    """Returns the application whose bill the bill system refused, mostly for the payer's data: the applicant corrects
    them."""
    if (row := _end_bill(work, invoice_id, "refused")) is not None:
        _drop_payment_deadline(work, row)
        rules = rules_named(work.session, row.rules or "")
        return_to_applicant(work, row, "bill-refused", [_BILL_REFUSED], rules)


def replace_cancelled_bill(work: UnitOfWork, invoice_id: str) -> None:
    """Bills the application anew if somebody else cancelled its bill."""
    if (row := _end_bill(work, invoice_id, "cancelled")) is not None:
        _bill_again(work, row)


def end_unpaid(work: UnitOfWork, row: Application) -> None:
    """Ends the locked application, because nobody paid."""
    end_withdrawn(work, row, "unpaid")


def _end_bill(work: UnitOfWork, invoice_id: str, reason: str) -> Application | None:
    """Notes that an open bill ended without money. Returns the locked application if it waits for this bill."""
    locked = _lock_invoice(work, invoice_id)
    if locked is None or locked[1].status != REQUESTED:
        return None
    row, invoice = locked
    invoice.status, invoice.reason = ENDED, reason
    return row if _waits_for(row, invoice) else None


def _lock_invoice(work: UnitOfWork, invoice_id: str) -> tuple[Application, Invoice] | None:
    """Locks the application first, and its invoice second, as every command does. Returns None for an invoice of
    another service."""
    known = work.session.get(Invoice, invoice_id)
    if known is None:
        return None
    row = work.lock(Application, known.application_id)
    return row, work.lock(Invoice, invoice_id)


def _waits_for(row: Application, invoice: Invoice) -> bool:
    return row.status == Status.AWAITING_PAYMENT and row.invoice_id == invoice.invoice_id


def _bill_again(work: UnitOfWork, row: Application) -> None:
    bill_application(work, row, rules_named(work.session, row.rules or ""))


def _drop_payment_deadline(work: UnitOfWork, row: Application) -> None:
    with work.session.no_autoflush:
        drop_deadline(work.session, Application.aggregate_type, row.application_id, PAYMENT)
