"""The signed document of a certificate: one for each state of it, made when it's first asked for."""

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.core.refusals import NotFound
from chassis.data.unit_of_work import UnitOfWork
from documents.issuing.keeping import DocumentContent, issue
from documents.issuing.register import VALID
from documents.issuing.signing import Signing
from permits.catalogue import municipality
from permits.commands.recording import lock_certificate
from permits.domain.certificates import CertificateKind
from permits.domain.documents import KINDS, NotInForce, content_of
from permits.models import Certificate, Permit, SignedDocument
from permits.models.documents import REGISTER
from saudi.days import legal_day


def document_of(work: UnitOfWork, certificate_id: str, signing: Signing) -> SignedDocument:
    """The document of a certificate in force as it is now. Raises NotFound, NotInForce, KeyIsRevoked."""
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
        _said(work.session, permit, row),
        signing,
        now=work.now,
    )
    if issued.made:
        details = {"document": issued.made}
        work.record_action(row, "print", details=details)
        work.session.flush()
    return issued.document


def _said(session: Session, permit: Permit, row: Certificate) -> DocumentContent:
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
    """The certificates on which it rests."""
    completion = (row.occupancy or {}).get("completion_certificate_id")
    for certificate_id in (row.insulation_certificate_id, completion):
        if certificate_id:
            yield session.get_one(Certificate, certificate_id)
