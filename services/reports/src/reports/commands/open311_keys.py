"""API keys of Open311: made, shown once, kept as a hash, withdrawn."""

from hashlib import sha256
from secrets import token_urlsafe

from chassis.core.ids import new_id
from chassis.core.refusals import not_blank
from chassis.data.unit_of_work import UnitOfWork
from reports.models import Open311Key

KEY_BYTES = 32


def hash_of(key: str) -> bytes:
    """What is stored of a key. It's random, so a plain hash tells nothing."""
    return sha256(key.encode("utf-8", "surrogatepass")).digest()


def make_key(work: UnitOfWork, *, name: str, may_close: bool = False) -> tuple[Open311Key, str]:
    """The row, and the key itself, which nobody can read again. `may_close`: updates of this key may close reports."""
    key = token_urlsafe(KEY_BYTES)
    row = Open311Key(
        key_id=new_id(),
        name=not_blank(name, "name"),
        key_hash=hash_of(key),
        may_close=may_close,
        made_at=work.now,
        made_by=work.actor.subject,
    )
    work.session.add(row)
    work.session.flush()
    return row, key


def withdraw_key(work: UnitOfWork, key_id: str) -> Open311Key:
    """It opens nothing from now on; a repetition changes nothing. Raises NotFound."""
    row = work.lock(Open311Key, key_id)
    if row.withdrawn_at is None:
        row.withdrawn_at, row.withdrawn_by = work.now, work.actor.subject
        work.session.flush()
    return row
