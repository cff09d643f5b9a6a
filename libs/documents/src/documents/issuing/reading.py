"""Documents as anybody may verify them: keys, the list of those that don't count, one document's state today."""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from chassis.core.refusals import NotFound
from documents.issuing.register import REPLACED, REVOKED_KEY, Register
from documents.issuing.tables import KeptDocument
from documents.keys import KeySet, PublicKey
from documents.revocations import RevocationList, State
from documents.verifying import Reason

LIST_HOLDS = timedelta(hours=24)


@dataclass(frozen=True)
class VerifiedDocument:
    """A document, and its state on the day: that of its thing, `replaced` or `revoked_key`. `reason`: why it doesn't
    count, None when it does."""

    document: KeptDocument
    state_today: str
    reason: Reason | None


def published_keys(session: Session, register: Register[Any], own: Iterable[PublicKey]) -> KeySet:
    """Returns the keys that signed documents, and the keys of the settings, which may sign the next document."""
    rows = session.scalars(select(register.keys).order_by(register.keys.first_used_at)).all()
    kept = [PublicKey(bytes(row.public), row.revoked_at) for row in rows]
    return KeySet([*own, *kept])


def revocations(
    session: Session,
    registers: Sequence[Register[Any]],
    keys: KeySet,
    *,
    now: datetime,
    today: date,
) -> RevocationList:
    """Returns the documents that claim to be valid by their text, and aren't valid."""
    found = dict(one for register in registers for one in _listed(session, register, today))
    revoked = frozenset(key.key_id for key in keys if key.revoked_at)
    return RevocationList(now, now + LIST_HOLDS, found, revoked)


def _listed(
    session: Session, register: Register[Any], today: date
) -> Iterator[tuple[uuid.UUID, State]]:
    table = register.documents
    statement = (
        select(table.document_id, table.replaced_at, *register.facts)
        .join_from(table, register.thing.class_, register.thing == register.of)
        .where(
            or_(table.expires_on.is_(None), table.expires_on >= today),
            or_(table.replaced_at.is_not(None), register.not_valid),
        )
    )
    for document_id, _, *facts in session.execute(statement):
        state = register.off_line.get(register.state_of(*facts), State.REPLACED)
        yield uuid.UUID(str(document_id)), state


def verified(
    session: Session, registers: Sequence[Register[Any]], document_id: str, *, today: date
) -> VerifiedDocument:
    """Returns a document by its id, from any register. Raises NotFound."""
    for register in registers:
        if found := _verified(session, register, document_id, today):
            return found
    raise NotFound


def _verified(
    session: Session, register: Register[Any], document_id: str, today: date
) -> VerifiedDocument | None:
    table, keys = register.documents, register.keys
    statement = (
        select(table, keys.revoked_at, *register.facts)
        .join_from(table, register.thing.class_, register.thing == register.of)
        .join(keys, keys.key_id == table.key_id)
        .where(table.document_id == document_id)
    )
    found = session.execute(statement).first()
    if found is None:
        return None
    document, revoked_at, *facts = found
    state = register.state(facts, document.expires_on, today)
    if revoked_at is not None:
        state = REVOKED_KEY
    elif document.replaced_at is not None and register.counts(state):
        state = REPLACED
    return VerifiedDocument(document, state, register.reason(state))
