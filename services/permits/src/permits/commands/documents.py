"""The signed documents of certificates and permits: one document for each state, made when somebody first asks for the
document."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.core.refusals import NotFound
from chassis.data.unit_of_work import UnitOfWork
from documents.issuing.keeping import DocumentContent, issue, replace_changed
from documents.issuing.register import VALID
from documents.issuing.signing import Signing
from invoicing.rules import Status as InvoiceStatus
from permits.catalogue import municipality
from permits.commands.recording import lock_certificate, lock_permit
from permits.domain.certificates import CertificateKind
from permits.domain.documents import (
    KINDS,
    PERMIT_KINDS,
    NotInForce,
    content_of,
    permit_content,
    require_printable,
)
from permits.domain.older import Origin, require_verified
from permits.domain.permits import effective_status
from permits.models import (
    Certificate,
    Invoice,
    Permit,
    PermitDocument,
    PermitRequest,
    SignedDocument,
)
from permits.models.documents import PERMITS, REGISTER
from saudi.days import legal_day


def document_of_permit(work: UnitOfWork, permit_id: str, signing: Signing) -> PermitDocument:
    """Returns the document of a permit in force as it is now. An expired permit has the same document; its paper and
    code say that the permit expired. Raises NotFound, PermitUnverified, PermitNotInForce, DaysNotPrintable,
    KeyIsRevoked."""
    permit = lock_permit(work, permit_id)
    status = effective_status(permit.status, permit.expires_on, legal_day(work.now))
    require_printable(status, permit.issued_on, permit.expires_on)
    require_verified(permit.permit_number, verified=permit.verified)
    issued = issue(
        work.session,
        PERMITS,
        permit_id,
        _permit_document_content(work.session, permit),
        signing,
        now=work.now,
    )
    if issued.made:
        details = {"document": issued.made}
        work.record_action(permit, "print", details=details)
        work.session.flush()
    return issued.document


def replace_document(work: UnitOfWork, permit: Permit) -> None:
    """Ends the printed document after a correction, if the document says something else. Another document counts
    once it is printed."""
    content = _permit_content(work.session, permit)
    replace_changed(work.session, PERMITS, permit.permit_id, content, now=work.now)


def _permit_document_content(session: Session, permit: Permit) -> DocumentContent:
    return DocumentContent(
        kind=PERMIT_KINDS[Origin(permit.origin)],
        number=permit.permit_number,
        issued_on=permit.issued_on,
        expires_on=permit.expires_on,
        content=_permit_content(session, permit),
        place=municipality(permit.municipality)["ar"],
    )


def _permit_content(session: Session, permit: Permit) -> dict[str, Any]:
    coordination = (permit.coordination or {}).get("certificate_number")
    return permit_content(permit.record(), _fee(session, permit), coordination)


def _fee(session: Session, permit: Permit) -> dict[str, Any] | None:
    """Returns the fee that was paid and not sent back; None for an older permit, whose receipt is elsewhere."""
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


def document_of(work: UnitOfWork, certificate_id: str, signing: Signing) -> SignedDocument:
    """Returns the document of a certificate in force as it is now. Raises NotFound, NotInForce, KeyIsRevoked."""
    kind = select(Certificate.kind).where(Certificate.certificate_id == certificate_id)
    found = work.session.scalar(kind)
    if found is None:
        raise NotFound
    permit, row = lock_certificate(work, certificate_id, found)
    state = REGISTER.state((row.status, row.flagged), row.valid_until, legal_day(work.now))
    if state != VALID:
        raise NotInForce(state, row.status)
    issued = issue(
        work.session,
        REGISTER,
        certificate_id,
        _certificate_content(work.session, permit, row),
        signing,
        now=work.now,
    )
    if issued.made:
        details = {"document": issued.made}
        work.record_action(row, "print", details=details)
        work.session.flush()
    return issued.document


def _certificate_content(session: Session, permit: Permit, row: Certificate) -> DocumentContent:
    below = {one.kind: one.record() for one in _below(session, row)}
    if row.certificate_number is None or row.issued_on is None:
        raise ValueError("an issued certificate has a number and a day")
    return DocumentContent(
        kind=KINDS[CertificateKind(row.kind)],
        number=row.certificate_number,
        issued_on=row.issued_on,
        expires_on=row.valid_until,
        content=content_of(row.record(), permit.record(), below, row.owner_address),
        place=municipality(row.municipality)["ar"],
    )


def _below(session: Session, row: Certificate) -> Iterator[Certificate]:
    """Returns the certificates on which it rests."""
    completion = (row.occupancy or {}).get("completion_certificate_id")
    for certificate_id in (row.insulation_certificate_id, completion):
        if certificate_id:
            yield session.get_one(Certificate, certificate_id)
