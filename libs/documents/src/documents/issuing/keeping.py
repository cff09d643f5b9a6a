"""Documents that are issued: one for each state of a thing, made when it's first asked for; keys, and their end."""

import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic

import structlog
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.core.refusals import NotFound, Refusal, not_blank
from documents.issuing.register import VALID, DocumentT, Register
from documents.issuing.signing import Signing
from documents.issuing.tables import KeptKey
from documents.keys import PublicKey
from documents.statements import Statement

log = structlog.get_logger(__name__)


class KeyIsRevoked(Refusal):
    """The current key of DOCUMENT_KEY was revoked; nothing is signed until there's another one."""

    problem = "unavailable"


@dataclass(frozen=True, kw_only=True)
class DocumentContent:
    """What a document of a valid thing says: to everybody, by its code, and on its page (`content`, JSON values)."""

    kind: str
    number: str
    issued_on: date
    expires_on: date | None
    content: Mapping[str, Any]
    initials: str | None = None
    place: str | None = None


@dataclass(frozen=True)
class IssuedDocument(Generic[DocumentT]):
    """A document. `made`: `first` or `replaced`, None when it's the one that was there."""

    document: DocumentT
    made: str | None


def issue(
    session: Session,
    register: Register[DocumentT],
    thing_id: str,
    said: DocumentContent,
    signing: Signing,
    *,
    now: datetime,
) -> IssuedDocument[DocumentT]:
    """Returns the document of a locked, valid thing: the existing document while its content is unchanged and its key
    is good, else a new document that replaces the earlier ones. Raises KeyIsRevoked."""
    mark = fingerprint(said.content)
    table = register.documents
    earlier = session.scalars(
        select(table).where(register.of == thing_id, table.replaced_at.is_(None))
    ).all()
    for one in earlier:
        if one.fingerprint == mark and not _is_revoked(session, register, one.key_id):
            return IssuedDocument(one, None)
        one.replaced_at = now
    document = _made(register, thing_id, said, signing, now)
    document.fingerprint = mark
    note_key(session, register, signing.current.public, now)
    session.add(document)
    session.flush()
    return IssuedDocument(document, "replaced" if earlier else "first")


def replace_changed(
    session: Session,
    register: Register[Any],
    thing_id: str,
    content: Mapping[str, Any],
    *,
    now: datetime,
) -> None:
    """Ends the documents of a locked thing that say something else than it does now, before another one is made."""
    table = register.documents
    statement = update(table).where(
        register.of == thing_id,
        table.replaced_at.is_(None),
        table.fingerprint != fingerprint(content),
    )
    session.execute(statement.values(replaced_at=now))


def _made(
    register: Register[DocumentT],
    thing_id: str,
    said: DocumentContent,
    signing: Signing,
    now: datetime,
) -> DocumentT:
    statement = Statement(
        document_id=uuid.uuid4(),
        kind=said.kind,
        number=said.number,
        state=VALID,
        issued_on=said.issued_on,
        expires_on=said.expires_on,
        initials=said.initials,
        place=said.place,
    )
    columns: dict[str, Any] = {
        register.of.key: thing_id,
        "document_id": str(statement.document_id),
        **{name: getattr(statement, name) for name in ("kind", "number", "place", "state")},
        "issued_on": said.issued_on,
        "expires_on": said.expires_on,
        "key_id": signing.current.public.key_id,
        "content": dict(said.content),
        "code": signing.current.sign(statement, signing.base),
        "initials": said.initials,
        "made_at": now,
    }
    return register.documents(**columns)


def fingerprint(content: Mapping[str, Any]) -> str:
    """Returns a hash of the content. Equal contents have equal hashes."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def note_key(session: Session, register: Register[Any], key: PublicKey, now: datetime) -> None:
    """Keeps the public key, which is published as long as its documents are valid. Raises KeyIsRevoked."""
    row = {"key_id": key.key_id, "public": key.raw, "first_used_at": now}
    session.execute(insert(register.keys).values(**row).on_conflict_do_nothing())
    if _is_revoked(session, register, key.key_id):
        log.error("document.key_is_revoked", key_id=key.key_id)
        raise KeyIsRevoked


def _is_revoked(session: Session, register: Register[Any], key_id: str) -> bool:
    key = session.get(register.keys, key_id)
    return key is not None and key.revoked_at is not None


def revoke_key(
    session: Session, register: Register[Any], key_id: str, *, by: str, reason: str, now: datetime
) -> KeptKey:
    """Revokes a key when its private part may be known to somebody else. The key's documents stop to count, and are
    signed again at the next request. Raises NotFound, InvalidFields."""
    row = session.get(register.keys, key_id, with_for_update=True)
    if row is None:
        raise NotFound
    if row.revoked_at is None:
        row.revoked_at, row.revoked_by = now, by
        row.reason = not_blank(reason, "reason")
    return row
