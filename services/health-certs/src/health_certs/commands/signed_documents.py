"""The signed document of a certificate: one for each state of it, made when it's first asked for."""

from datetime import datetime

from sqlalchemy.orm import Session

from chassis.core.actors import Actor
from chassis.data.aggregates import record_action
from documents.issuing.keeping import DocumentContent, issue
from documents.issuing.signing import Signing
from documents.statements import initials_of
from health_certs import catalogue
from health_certs.domain.certificates import (
    KIND,
    VALID,
    NotInForce,
    content_of,
    shown_name,
    state_today,
)
from health_certs.models import Certificate, SignedDocument
from health_certs.models.certificates import REGISTER
from saudi.bilingual import Bilingual
from saudi.days import legal_day


def document_of(
    session: Session, actor: Actor, row: Certificate, signing: Signing, *, now: datetime
) -> SignedDocument:
    """The document of a locked certificate in force, as it is now. Raises NotInForce and KeyIsRevoked."""
    state = state_today(row.status, row.valid_until, legal_day(now))
    if state != VALID:
        raise NotInForce(state)
    issued = issue(session, REGISTER, row.certificate_id, _document_content(row), signing, now=now)
    if issued.made:
        details = {"document": issued.made}
        record_action(session, row, actor, "print", now=now, details=details)
        session.flush()
    return issued.document


def _document_content(row: Certificate) -> DocumentContent:
    words = catalogue.professions().by_code[row.profession].words
    return DocumentContent(
        kind=KIND,
        number=row.certificate_no,
        issued_on=row.issued_on,
        expires_on=row.valid_until,
        content=content_of(row.record(), row.trade_name, words, _nationality_of(row)),
        initials=initials_of(shown_name(row.worker["name"])),
    )


def _nationality_of(row: Certificate) -> Bilingual:
    """Returns the name of the worker's country; the code of a country that isn't listed."""
    code = row.worker["nationality"]
    known = catalogue.nationalities().get(code)
    return known.words if known else Bilingual(code, code)
