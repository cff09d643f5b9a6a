"""Bills a request's fee when the request is made, and takes its money. While the request is open, a bill that ended
unpaid may be followed by another. When the request ends without a certificate, its bill is withdrawn and its money goes
back.
"""

from datetime import datetime, timedelta

from chassis.core.refusals import Conflict
from chassis.core.sources import Source
from chassis.core.times import rfc3339
from chassis.data.unit_of_work import UnitOfWork
from chassis.events.contacts import Contact
from health_certs.commands.facts import profession_of, rules_for
from health_certs.commands.recording import SYSTEM, record_request
from health_certs.domain.access import ESTABLISHMENT
from health_certs.domain.requests import fee_lines, last_day_to_pay
from health_certs.models import Certificate, Invoice, Request
from invoicing.machine import Debtor, Invoicing
from saudi.days import legal_day

REFUND_AFTER_ISSUE = "refund-after-issue"  # the action in the histories
NOT_ISSUED = "not-issued"  # why a bill is withdrawn, or its money goes back


class BillOpen(Conflict):
    """The request has a bill that can be paid, or that was paid."""

    problem = "bill-open"


def request_bill(work: UnitOfWork, request: Request, action: str, happened: str) -> Invoice:
    """Invoices the locked request's fee, and records the change of the request to which the invoice belongs. `happened`
    is the past participle of the request's event."""
    rules = rules_for(request)
    due_on = legal_day(work.now) + timedelta(days=rules.bill_days)
    lines = fee_lines(request.kind, profession_of(request), rules)
    invoice = INVOICING.draft(
        work,
        municipality=request.municipality,
        lines=[line.record() for line in lines],
        due_on=min(due_on, last_day_to_pay(request.completed_until)),
        request_id=request.request_id,
    )
    request.invoice_id = invoice.invoice_id
    record_request(work, request, action, happened)
    return INVOICING.request(work, request, invoice)


def require_no_open_bill(work: UnitOfWork, request: Request) -> None:
    """Raises BillOpen unless the locked request's bill ended unpaid, or its money goes back."""
    if request.payment is not None or not INVOICING.is_over(work, request):
        raise BillOpen


def give_up_bill(work: UnitOfWork, request: Request) -> None:
    """Withdraws the bill of the locked request, which ended without a certificate, or sends its money back. Once the
    request's time is over so is the bill's, which payments gives up by itself: a withdrawn bill would take no money
    that was paid in time and is heard of late."""
    if work.now >= request.completed_until:
        INVOICING.expire(work, request)
    INVOICING.give_up(work, request, NOT_ISSUED)


def take_payment(work: UnitOfWork, invoice_id: str, *, paid_at: datetime) -> Request | None:
    """Takes the money of an invoice. Returns the locked request if the payment changes its decision."""
    billed = INVOICING.take_payment(work.acting_as(SYSTEM), invoice_id, paid_at=paid_at)
    if billed is None:
        return None
    billed.owner.payment = Source("payments", rfc3339(paid_at), invoice_id).record()
    return billed.owner


def take_refund(work: UnitOfWork, invoice_id: str, *, sent: bool) -> Request | None:
    """Takes the news that the money of an invoice goes back, or (`sent`) went. Returns the locked request if it's open
    and was paid by this money. An issued certificate stays; the histories of the request and the certificate say that
    the fee was returned."""
    work = work.acting_as(SYSTEM)
    billed = INVOICING.note_refund(work, invoice_id, sent=sent)
    if billed is None:
        return None
    request = billed.owner
    request.payment = None
    if request.ended_at is None:
        return request
    if request.certificate_id is not None:
        work.record_action(request, REFUND_AFTER_ISSUE)
        certificate = work.session.get_one(Certificate, request.certificate_id)
        work.record_action(certificate, REFUND_AFTER_ISSUE)
    return None


def _debtor(request: Request, _invoice: Invoice) -> Debtor:
    """Returns the worker, or the establishment that applied. A worker whose data are emptied is no payer any more."""
    subject = {"type": "health_request", "id": request.request_id, "number": request.request_no}
    worker = request.worker
    if request.applied_by == ESTABLISHMENT and request.establishment:
        name = request.trade_name or f"منشأة {request.establishment}"
        number = request.establishment
        payer = {"name": name, "id_type": "unified_number", "id_number": number}
    else:
        payer = worker and {
            "name": worker["name"]["ar"] or worker["name"]["en"],
            "id_type": worker["id_type"],
            "id_number": worker["id_number"],
        }
    return Debtor(subject, payer, _contacts(request))


def _contacts(request: Request) -> list[Contact]:
    """Returns the payer in the role that invoices have for a payer."""
    if request.applied_by == ESTABLISHMENT:
        mobile = (request.applicant or {}).get("mobile")
        return [Contact(role="owner", mobile=mobile, confirmed=True)] if mobile else []
    worker = request.worker
    if worker is None:
        return []
    return [
        Contact(
            role="owner",
            mobile=worker["mobile"],
            language=worker["language"],
            confirmed=bool(worker.get("confirmed")),
        )
    ]


INVOICING = Invoicing[Request, Invoice](
    service="health-certs",
    owners=Request,
    invoices=Invoice,
    owner_id=lambda invoice: invoice.request_id,
    debtor=_debtor,
    waits_for_money=lambda request: request.ended_at is None and request.payment is None,
    not_owed=NOT_ISSUED,
    takes_ended=True,
)
