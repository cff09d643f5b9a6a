"""Bills a request's fee when the request is made, and takes its money. A bill that ended unpaid can be followed by
another while the request is open. When a request ends without a certificate its bill is withdrawn and its money goes
back.

Locks run from the request to its invoice.
"""

from datetime import datetime, timedelta

from chassis.core.ids import new_id
from chassis.core.refusals import Conflict
from chassis.core.times import rfc3339
from chassis.data.unit_of_work import UnitOfWork
from health_certs.commands.facts import profession_of, rules_for
from health_certs.commands.recording import SYSTEM, record_invoice, record_request
from health_certs.domain.decision import Source
from health_certs.domain.requests import fee_lines
from health_certs.models import Certificate, Invoice, Request
from saudi.days import legal_day

REQUESTED, WITHDRAWN, REFUND, PAID = "requested", "withdrawn", "refund_requested", "paid"
ENDED = "ended"  # the bill ended without money: expired, refused or cancelled
# Payments has agreed to send the money back; payments has sent the money back.
REFUNDING, REFUNDED = "refunding", "refunded"
UNPAID = (ENDED, REFUNDING, REFUNDED)  # another bill may be requested
REFUND_AFTER_ISSUE = "refund-after-issue"  # the action in the histories
NOT_ISSUED = "not-issued"  # why a bill is withdrawn, or its money goes back


class BillOpen(Conflict):
    """The request has a bill that can be paid, or that was paid."""

    problem = "bill-open"


def request_bill(work: UnitOfWork, request: Request, action: str, happened: str) -> Invoice:
    """Invoices the locked request's fee, and records the change of the request to which the invoice belongs. `happened`
    is the past participle of the request's event."""
    rules = rules_for(request)
    lines = [line.record() for line in fee_lines(request.kind, profession_of(request), rules)]
    due_on = legal_day(work.now) + timedelta(days=rules.bill_days)
    invoice = Invoice(
        invoice_id=new_id(),
        request_id=request.request_id,
        municipality=request.municipality,
        status=REQUESTED,
        amount_halalas=sum(line["amount_halalas"] for line in lines),
        lines=lines,
        due_on=min(due_on, legal_day(request.completed_until)),
        requested_at=work.now,
    )
    request.invoice_id = invoice.invoice_id
    record_request(work, request, action, happened)
    work.session.add(invoice)
    return record_invoice(work, invoice, request)


def require_no_open_bill(work: UnitOfWork, request: Request) -> None:
    """Raises BillOpen unless the locked request's last bill ended unpaid, or its money goes back."""
    invoice = work.lock(Invoice, request.invoice_id or "")
    if invoice.status not in UNPAID or request.payment is not None:
        raise BillOpen


def give_up_bill(work: UnitOfWork, request: Request) -> None:
    """Withdraws the bill of the locked request, which ended without a certificate, or sends its money back."""
    if request.invoice_id is None:
        return
    invoice = work.lock(Invoice, request.invoice_id)
    if invoice.status == REQUESTED:
        invoice.status, invoice.reason = WITHDRAWN, NOT_ISSUED
    elif invoice.status == PAID:
        invoice.status, invoice.reason = REFUND, NOT_ISSUED
    else:
        return
    record_invoice(work, invoice, request)


def note_registered(
    work: UnitOfWork, invoice_id: str, *, biller_code: str | None, bill_number: str | None
) -> None:
    """Notes the numbers by which people pay the bill. Ignores another service's invoice."""
    invoice = work.session.get(Invoice, invoice_id)
    if invoice is not None and invoice.bill_number is None:
        invoice.biller_code, invoice.bill_number = biller_code, bill_number


def note_ended(work: UnitOfWork, invoice_id: str, reason: str) -> None:
    """Notes that a bill expired, was cancelled, or was refused by the bill system."""
    locked = _lock(work, invoice_id)
    if locked is not None and locked[1].status == REQUESTED:
        locked[1].status, locked[1].reason = ENDED, reason


def take_payment(work: UnitOfWork, invoice_id: str, *, paid_at: datetime) -> Request | None:
    """Takes the money, once. Returns the locked request if the payment changes its decision. The money goes back if the
    request has ended, or was paid by another invoice."""
    work = work.acting_as(SYSTEM)
    locked = _lock(work, invoice_id)
    if locked is None:
        return None
    request, invoice = locked
    if invoice.status in (PAID, REFUND, REFUNDING, REFUNDED):
        return None
    invoice.paid_at = paid_at
    if request.ended_at is None and request.payment is None:
        invoice.status = PAID
        request.payment = Source("payments", rfc3339(paid_at), invoice_id).record()
        return request
    invoice.status, invoice.reason = REFUND, NOT_ISSUED
    record_invoice(work, invoice, request)
    return None


def take_refund(work: UnitOfWork, invoice_id: str, *, sent: bool) -> Request | None:
    """Notes that payments has agreed to send back the money of an invoice; `sent`: that the money has gone. Returns the
    locked request if it's open and was paid by this money. An issued certificate stays; the histories of the request
    and the certificate say that the fee was returned."""
    work = work.acting_as(SYSTEM)
    locked = _lock(work, invoice_id)
    if locked is None:
        return None
    request, invoice = locked
    before, after = invoice.status, REFUNDED if sent else REFUNDING
    if before in (after, REFUNDED):
        return None
    invoice.status = after
    work.record_action(invoice, after)
    if request.invoice_id != invoice_id or before not in (REQUESTED, PAID):
        return None  # the refund was ours, or the bill isn't the present one
    request.payment = None
    if request.ended_at is None:
        return request
    if request.certificate_id is not None:
        work.record_action(request, REFUND_AFTER_ISSUE)
        certificate = work.session.get_one(Certificate, request.certificate_id)
        work.record_action(certificate, REFUND_AFTER_ISSUE)
    return None


def _lock(work: UnitOfWork, invoice_id: str) -> tuple[Request, Invoice] | None:
    known = work.session.get(Invoice, invoice_id)
    if known is None:
        return None
    request = work.lock(Request, known.request_id)
    return request, work.lock(Invoice, invoice_id)
