"""API keys of Open311: made, shown once, kept as a hash, withdrawn."""

from datetime import datetime
from hashlib import sha256
from secrets import token_urlsafe

from sqlalchemy.orm import Session

from chassis.core.ids import new_id
from chassis.core.refusals import not_blank
from chassis.data.aggregates import lock
from reports.domain.actors import Actor
from reports.models import Open311Key

KEY_BYTES = 32


def hash_of(key: str) -> bytes:
    """What is stored of a key. It's random, so a plain hash tells nothing."""
    return sha256(key.encode("utf-8", "surrogatepass")).digest()


def make_key(
    session: Session, actor: Actor, *, name: str, may_close: bool = False, now: datetime
) -> tuple[Open311Key, str]:
    """The row, and the key itself, which nobody can read again. `may_close`: updates of this key may close reports."""
    key = token_urlsafe(KEY_BYTES)
    row = Open311Key(
        key_id=new_id(),
        name=not_blank(name, "name"),
        key_hash=hash_of(key),
        may_close=may_close,
        made_at=now,
        made_by=actor.subject,
    )
    session.add(row)
    session.flush()
    return row, key


def withdraw_key(session: Session, actor: Actor, key_id: str, *, now: datetime) -> Open311Key:
    """It opens nothing from now on; a repetition changes nothing. Raises NotFound."""
    row = lock(session, Open311Key, key_id)
    if row.withdrawn_at is None:
        row.withdrawn_at, row.withdrawn_by = now, actor.subject
        session.flush()
    return row
