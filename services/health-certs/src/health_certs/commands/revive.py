"""Takes up a request again that ended incomplete, although its fee was paid in time: the news came late."""

from datetime import datetime

from chassis.core.refusals import Conflict
from chassis.data.deadlines import set_deadline
from chassis.data.unit_of_work import UnitOfWork
from health_certs.commands.apply import COMPLETION
from health_certs.commands.decide import decision_of
from health_certs.commands.issue import lock_renewed
from health_certs.commands.recording import SYSTEM
from health_certs.commands.uniqueness import (
    Post,
    require_no_certificate,
    require_no_other_request,
)
from health_certs.domain.decision import PAYMENT, Decision
from health_certs.domain.requests import EndReason, Status
from health_certs.models import Invoice, Request
from invoicing.rules import Status as InvoiceStatus
from invoicing.rules import is_in_time

PAID_IN_TIME = "paid-in-time"  # the action in the history


def revive_paid_in_time(work: UnitOfWork, invoice_id: str, *, paid_at: datetime) -> None:
    """Opens a request again that lacks nothing but this payment today, if the payment was made by the bill's last day:
    the payment then issues the certificate. Leaves a request alone whose worker has applied anew, or has the
    certificate: its money goes back. The request ends again at once if the certificate isn't issued after all."""
    known = work.session.get(Invoice, invoice_id)
    if known is None:
        return
    request = work.lock(Request, known.request_id)
    invoice = work.lock(Invoice, invoice_id)
    if not (_ended_incomplete(request, invoice) and is_in_time(paid_at, invoice.due_on)):
        return
    lock_renewed(work, [request])  # before the worker's lock, as a move takes them
    if not _lacks_only_payment(decision_of(work, request)) or _is_replaced(work, request):
        return
    request.status, request.ended_at = Status.AWAITING_PAYMENT.value, None
    request.end_reason = None
    invoice.status, invoice.reason = InvoiceStatus.REQUESTED.value, None
    set_deadline(work.session, Request.aggregate_type, request.request_id, COMPLETION, work.now)
    work.acting_as(SYSTEM).record_action(request, PAID_IN_TIME)


def _ended_incomplete(request: Request, invoice: Invoice) -> bool:
    """Returns whether the locked request of a fit worker ended when its time was over, with this bill unpaid, and
    hasn't been emptied."""
    reason = (request.end_reason or "").strip()
    is_present = request.invoice_id == invoice.invoice_id and request.worker is not None
    is_unpaid = invoice.status == InvoiceStatus.ENDED
    return reason == EndReason.NOT_COMPLETED and is_unpaid and is_present


def _lacks_only_payment(decision: Decision) -> bool:
    return decision.missing == [PAYMENT] and not decision.season_over


def _is_replaced(work: UnitOfWork, request: Request) -> bool:
    try:
        require_no_other_request(work, request)
        require_no_certificate(work, Post.of(request), besides=request.renews)
    except Conflict:
        return True
    return False
