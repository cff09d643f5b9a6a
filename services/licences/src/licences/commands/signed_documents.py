"""Signed documents: one for each state of a licence, made when it's first asked for; keys, and their end."""

import uuid
from datetime import datetime

import structlog
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.core.refusals import NotFound, Refusal, not_blank
from chassis.data.aggregates import Actor, lock, record_action
from documents.keys import PublicKey
from documents.statements import Statement, initials_of
from licences.domain.licences import effective
from licences.domain.papers import KINDS, PROFESSIONAL, NothingToPrint, content_of, fingerprint
from licences.models import DocumentKey, Licence, SignedDocument
from licences.signing import Signing
from saudi.days import legal_day

VALID = "valid"

log = structlog.get_logger(__name__)


def document_of(
    session: Session, actor: Actor, licence_id: str, signing: Signing, *, now: datetime
) -> SignedDocument:
    """The document of a valid licence as it is now. The same as long as the licence doesn't change and the key that
    signed it is good; else a new one, which takes the place of those before. Raises NothingToPrint."""
    row = lock(session, Licence, licence_id)
    if effective(row.status, row.expires_on, legal_day(now)) != VALID:
        raise NothingToPrint
    content = content_of(row)
    mark = fingerprint(content)
    earlier = session.scalars(
        select(SignedDocument).where(
            SignedDocument.licence_id == licence_id, SignedDocument.replaced_at.is_(None)
        )
    ).all()
    for one in earlier:
        if one.fingerprint == mark and not _is_revoked(session, one.key_id):
            return one
        one.replaced_at = now
    document = _make(session, row, signing, now)
    document.content, document.fingerprint = content, mark
    session.add(document)
    details = {"document": "replaced" if earlier else "first"}
    record_action(session, row, actor, "print", now=now, details=details)
    session.flush()
    return document


def _is_revoked(session: Session, key_id: str) -> bool:
    key = session.get(DocumentKey, key_id)
    return key is not None and key.revoked_at is not None


def _make(session: Session, row: Licence, signing: Signing, now: datetime) -> SignedDocument:
    note_key(session, signing.current.public, now)
    initials = initials_of(row.body["owner"]["name"]) if row.kind == PROFESSIONAL else None
    statement = Statement(
        document_id=uuid.uuid4(),
        kind=KINDS[row.kind],
        number=row.licence_no,
        state=VALID,
        issued_on=row.issued_on,
        expires_on=row.expires_on,
        initials=initials,
    )
    return SignedDocument(
        document_id=str(statement.document_id),
        licence_id=row.licence_id,
        kind=statement.kind,
        number=statement.number,
        state=statement.state,
        issued_on=statement.issued_on,
        expires_on=row.expires_on,
        key_id=signing.current.public.key_id,
        code=signing.current.sign(statement, signing.base),
        initials=initials,
        made_at=now,
    )


def note_key(session: Session, key: PublicKey, now: datetime) -> None:
    """Keeps the public key, which is published as long as its documents are valid. Raises KeyIsRevoked."""
    row = {"key_id": key.key_id, "public": key.raw, "first_used_at": now}
    session.execute(insert(DocumentKey).values(**row).on_conflict_do_nothing())
    if _is_revoked(session, key.key_id):
        log.error("document.key_is_revoked", key_id=key.key_id)
        raise KeyIsRevoked


class KeyIsRevoked(Refusal):
    """The current key of DOCUMENT_KEY was revoked; nothing is signed until there's another one."""

    problem = "unavailable"


def revoke_key(
    session: Session, key_id: str, *, by: str, reason: str, now: datetime
) -> DocumentKey:
    """A key of which somebody else may have the private part: its documents count no more, and are signed anew when
    they're asked for. Raises NotFound, InvalidFields."""
    row = session.get(DocumentKey, key_id, with_for_update=True)
    if row is None:
        raise NotFound
    if row.revoked_at is None:
        row.revoked_at, row.revoked_by = now, by
        row.reason = not_blank(reason, "reason")
    return row
