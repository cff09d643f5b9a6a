"""Takes up an application again that ended unpaid, although its bill was paid in time: the news came late."""

from datetime import datetime

from chassis.data.unit_of_work import UnitOfWork
from invoicing.rules import Status as InvoiceStatus
from invoicing.rules import is_in_time
from licences.commands.decide import redecide_approved
from licences.commands.other_licences import require_no_duplicate, require_no_open_request
from licences.commands.recording import SYSTEM
from licences.domain.applications import UNPAID, Status
from licences.domain.declarations import Duplicate
from licences.models import Application, Invoice
from saudi.days import legal_day

PAID_IN_TIME = "paid-in-time"  # the action in the history


def revive_paid_in_time(work: UnitOfWork, invoice_id: str, *, paid_at: datetime) -> None:
    """Lets an application wait for its money again that ended because of this bill, if the bill was paid by its last
    day. Decides the application by today's facts of this service. Leaves an application alone whose applicant has
    applied anew, or has the licence: its money goes back."""
    known = work.session.get(Invoice, invoice_id)
    if known is None:
        return
    row = work.lock(Application, known.application_id)
    invoice = work.lock(Invoice, invoice_id)
    if (
        not _ended_by(row, invoice)
        or not is_in_time(paid_at, invoice.due_on)
        or _is_replaced(work, row)
    ):
        return
    row.status, row.reason_code, row.closed_at = Status.AWAITING_PAYMENT.value, None, None
    invoice.status, invoice.reason = InvoiceStatus.REQUESTED.value, None
    work.acting_as(SYSTEM).record_action(row, PAID_IN_TIME)
    redecide_approved(work, row)


def _ended_by(row: Application, invoice: Invoice) -> bool:
    unpaid = row.status == Status.WITHDRAWN and row.reason_code == UNPAID
    is_unpaid_bill = invoice.status == InvoiceStatus.ENDED
    return (
        unpaid and is_unpaid_bill and row.invoice_id == invoice.invoice_id and row.body is not None
    )


def _is_replaced(work: UnitOfWork, row: Application) -> bool:
    try:
        if row.licence_no is not None:
            require_no_open_request(work.session, row.request, row.licence_no)
        else:
            on = legal_day(work.now)
            require_no_duplicate(work.session, row.body, besides=row.application_id, on=on)
    except Duplicate:
        return True
    return False
