"""The signed document of a licence: one for each state of it, made when it's first asked for."""

from datetime import datetime

from sqlalchemy.orm import Session

from chassis.core.actors import Actor
from chassis.data.aggregates import lock, record_action
from documents.issuing.keeping import DocumentContent, issue
from documents.issuing.register import VALID
from documents.issuing.signing import Signing
from documents.statements import initials_of
from licences.domain.licences import KINDS, PROFESSIONAL, NothingToPrint, content_of, effective
from licences.models import Licence, SignedDocument
from licences.models.documents import REGISTER
from saudi.days import legal_day


def document_of(
    session: Session, actor: Actor, licence_id: str, signing: Signing, *, now: datetime
) -> SignedDocument:
    """The document of a valid licence as it is now. Raises NothingToPrint, KeyIsRevoked."""
    row = lock(session, Licence, licence_id)
    if effective(row.status, row.expires_on, legal_day(now)) != VALID:
        raise NothingToPrint
    issued = issue(session, REGISTER, licence_id, _document_content(row), signing, now=now)
    if issued.made:
        details = {"document": issued.made}
        record_action(session, row, actor, "print", now=now, details=details)
        session.flush()
    return issued.document


def _document_content(row: Licence) -> DocumentContent:
    content = content_of(row)
    return DocumentContent(
        kind=KINDS[row.kind],
        number=row.licence_no,
        issued_on=row.issued_on,
        expires_on=row.expires_on,
        content=content,
        initials=initials_of(content["holder"]) if row.kind == PROFESSIONAL else None,
    )
