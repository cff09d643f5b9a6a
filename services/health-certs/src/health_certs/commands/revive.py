"""Takes up a request again that ended for want of its fee alone, although the fee was paid in time: the news came
late."""

from datetime import datetime

from chassis.core.refusals import Conflict
from chassis.data.unit_of_work import UnitOfWork
from health_certs.commands.decide import decision_of
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
from saudi.days import legal_day

PAID_IN_TIME = "paid-in-time"  # the action in the history


def revive_paid_in_time(work: UnitOfWork, invoice_id: str, *, paid_at: datetime) -> None:
    """Opens a request again that lacked this payment and nothing else, and lacks nothing else today, if the payment was
    made by the bill's last day: the payment then issues the certificate. Leaves a request alone whose worker has
    applied anew, or has the certificate: its money goes back."""
    known = work.session.get(Invoice, invoice_id)
    if known is None:
        return
    request = work.lock(Request, known.request_id)
    invoice = work.lock(Invoice, invoice_id)
    if (
        not _ended_unpaid(request, invoice)
        or legal_day(paid_at) > invoice.due_on
        or not _lacks_only_payment(decision_of(work, request))
        or _is_replaced(work, request)
    ):
        return
    request.status, request.ended_at = Status.AWAITING_PAYMENT.value, None
    request.end_reason = None
    invoice.status, invoice.reason = InvoiceStatus.REQUESTED.value, None
    work.acting_as(SYSTEM).record_action(request, PAID_IN_TIME)


def _ended_unpaid(request: Request, invoice: Invoice) -> bool:
    """Returns whether the locked request ended for want of something that isn't its examination, with this bill, and
    hasn't been emptied."""
    reason = (request.end_reason or "").strip()
    open_before = invoice.status in (InvoiceStatus.ENDED, InvoiceStatus.WITHDRAWN)
    is_present = request.invoice_id == invoice.invoice_id and request.worker is not None
    return reason == EndReason.NOT_COMPLETED and open_before and is_present


def _lacks_only_payment(decision: Decision) -> bool:
    return decision.missing == [PAYMENT] and not decision.season_over


def _is_replaced(work: UnitOfWork, request: Request) -> bool:
    try:
        require_no_other_request(work, request)
        require_no_certificate(work, Post.of(request), besides=request.renews)
    except Conflict:
        return True
    return False
