"""The signed document of a permit: one for each state of it, made when it's first asked for."""

from typing import Any

from sqlalchemy.orm import Session

from chassis.data.unit_of_work import UnitOfWork
from documents.issuing.keeping import DocumentContent, issue, replace_changed
from documents.issuing.signing import Signing
from invoicing.rules import Status as InvoiceStatus
from permits.catalogue import municipality
from permits.commands.recording import lock_permit
from permits.domain.older import Origin, require_verified
from permits.domain.permit_documents import PERMIT_KINDS, permit_content, require_printable
from permits.domain.permits import effective_status
from permits.models import Invoice, Permit, PermitDocument, PermitRequest
from permits.models.documents import PERMITS
from saudi.days import legal_day


def document_of_permit(work: UnitOfWork, permit_id: str, signing: Signing) -> PermitDocument:
    """The document of a permit in force as it is now; of an expired one the same, whose paper and code say that its
    days are over. Raises NotFound, PermitUnverified, PermitNotInForce, DaysNotPrintable, KeyIsRevoked."""
    permit = lock_permit(work, permit_id)
    status = effective_status(permit.status, permit.expires_on, legal_day(work.now))
    require_printable(status, permit.issued_on, permit.expires_on)
    require_verified(permit.permit_number, verified=permit.verified)
    issued = issue(
        work.session, PERMITS, permit_id, _said(work.session, permit), signing, now=work.now
    )
    if issued.made:
        details = {"document": issued.made}
        work.record_action(permit, "print", details=details)
        work.session.flush()
    return issued.document


def replace_document(work: UnitOfWork, permit: Permit) -> None:
    """After a correction: a paper that says what isn't so any more doesn't count until another is printed."""
    content = _content(work.session, permit)
    replace_changed(work.session, PERMITS, permit.permit_id, content, now=work.now)


def _said(session: Session, permit: Permit) -> DocumentContent:
    return DocumentContent(
        kind=PERMIT_KINDS[Origin(permit.origin)],
        number=permit.permit_number,
        issued_on=permit.issued_on,
        expires_on=permit.expires_on,
        content=_content(session, permit),
        place=municipality(permit.municipality)["ar"],
    )


def _content(session: Session, permit: Permit) -> dict[str, Any]:
    coordination = (permit.coordination or {}).get("certificate_number")
    return permit_content(permit.record(), _fee(session, permit), coordination)


def _fee(session: Session, permit: Permit) -> dict[str, Any] | None:
    """What was paid for the permit, and not given back; None for one of before, whose receipt is elsewhere."""
    if permit.request_id is None:
        return None
    request = session.get_one(PermitRequest, permit.request_id)
    invoice = session.get(Invoice, request.invoice_id) if request.invoice_id else None
    if invoice is None or invoice.status != InvoiceStatus.PAID or invoice.paid_at is None:
        return None
    return {
        "amount_halalas": invoice.amount_halalas,
        "bill_number": invoice.bill_number,
        "receipt_number": invoice.receipt_number,
        "paid_on": legal_day(invoice.paid_at).isoformat(),
    }
