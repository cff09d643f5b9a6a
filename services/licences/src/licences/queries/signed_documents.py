"""Documents as anybody may verify them: keys, the list of those that don't count, one document's state today."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from chassis.core.refusals import NotFound
from documents.keys import KeySet, PublicKey
from documents.revocations import RevocationList, State
from licences.domain.licences import effective
from licences.models import DocumentKey, Licence, SignedDocument

LIST_HOLDS = timedelta(hours=24)
# What the list says of a licence that isn't valid. A closed place may open again.
_LISTED = {
    "cancelled": State.CANCELLED,
    "suspended": State.SUSPENDED,
    "closed": State.SUSPENDED,
}


@dataclass(frozen=True)
class Verified:
    """A document, and its state on the day: that of its licence, `replaced` or `revoked_key`."""

    document: SignedDocument
    state_today: str


def published_keys(session: Session, own: Iterable[PublicKey]) -> KeySet:
    """Those that signed documents and, beside them, those of the settings, which may sign the next one."""
    rows = session.scalars(select(DocumentKey).order_by(DocumentKey.first_used_at)).all()
    kept = [PublicKey(bytes(row.public), row.revoked_at) for row in rows]
    return KeySet([*own, *kept])


def revocations(session: Session, keys: KeySet, *, now: datetime, today: date) -> RevocationList:
    """The documents that say of themselves that they're valid, and aren't."""
    statement = (
        select(SignedDocument.document_id, SignedDocument.replaced_at, Licence.status)
        .join(Licence, Licence.licence_id == SignedDocument.licence_id)
        .where(
            SignedDocument.expires_on >= today,
            or_(SignedDocument.replaced_at.is_not(None), Licence.status.in_(_LISTED)),
        )
    )
    found = {
        uuid.UUID(str(document_id)): _LISTED.get(status) or State.REPLACED
        for document_id, _, status in session.execute(statement)
    }
    revoked = frozenset(key.key_id for key in keys if key.revoked_at)
    return RevocationList(now, now + LIST_HOLDS, found, revoked)


def verified(session: Session, document_id: str, *, today: date) -> Verified:
    """A document by its id. Raises NotFound."""
    statement = (
        select(SignedDocument, Licence.status, DocumentKey.revoked_at)
        .join(Licence, Licence.licence_id == SignedDocument.licence_id)
        .join(DocumentKey, DocumentKey.key_id == SignedDocument.key_id)
        .where(SignedDocument.document_id == document_id)
    )
    found = session.execute(statement).first()
    if found is None:
        raise NotFound
    document, status, revoked_at = found
    state = effective(status, document.expires_on, today)
    if revoked_at is not None:
        state = "revoked_key"
    elif document.replaced_at is not None and state == "valid":
        state = "replaced"
    return Verified(document, state)
