"""The read model of the inquiry: writes things as their events tell them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from portal.domain.inquiry_things import ThingEvent, ThingRecord, apply_event
from portal.models import InquiryThing, record_of

_TABLE = InquiryThing.__table__
_INSERT = postgresql.insert(InquiryThing)
# DO NOTHING wouldn't return the row that is there. An UPDATE that changes nothing locks it and returns it.
_RESERVE = _INSERT.on_conflict_do_update(
    index_elements=["thing_id"], set_={"version": InquiryThing.version}
).returning(*_TABLE.columns)
_REPLACE = _INSERT.on_conflict_do_update(
    index_elements=["thing_id"],
    set_={one.name: _INSERT.excluded[one.name] for one in _TABLE.columns if not one.primary_key},
)
# Events are counted from 1, so every event is newer than a row that waits for its first one.
_NO_VERSION = 0


def keep_things(session: Session, events: Sequence[ThingEvent]) -> None:
    """Writes the newest state of several things. Events may come late, twice and out of order, and a rebuild reads a
    topic beside the consumer."""
    thing_ids = sorted({one.thing_id for one in events})
    records = _lock_records(session, thing_ids, events[0].read_at)
    for one in events:
        records[one.thing_id] = apply_event(records[one.thing_id], one)
    session.execute(_REPLACE, [_row_of(records[thing_id]) for thing_id in thing_ids])


def _lock_records(
    session: Session, thing_ids: Sequence[str], now: datetime
) -> dict[str, ThingRecord]:
    """Returns the records of the things, locked in the order of their ids. A new thing gets an empty row, because only
    a row can be locked: without one, two writers of a new thing don't see each other's steps, and the second one loses
    those of the first."""
    empty = {
        "version": _NO_VERSION,
        "match_keys": [],
        "steps": [],
        "changed_at": now,
        "read_at": now,
    }
    rows = session.execute(_RESERVE, [{"thing_id": thing_id, **empty} for thing_id in thing_ids])
    return {row.thing_id: record_of(row) for row in rows}


def _row_of(record: ThingRecord) -> dict[str, Any]:
    return {
        "thing_id": record.thing_id,
        "version": record.version,
        "kind": record.kind,
        "municipality": record.municipality,
        "number_digits": record.number_digits,
        "match_keys": list(record.match_keys),
        "state": None if record.state is None else dict(record.state),
        "steps": [[one.version, one.status, one.day.isoformat()] for one in record.steps],
        "changed_at": record.changed_at,
        "read_at": record.read_at,
    }


def forget_unread(session: Session, since: datetime, *, accepted: int) -> int:
    """Removes the things that no topic has any more: a rebuild that began at `since` didn't read them. Returns their
    number. Removes nothing when they are more than `accepted`."""
    unread = InquiryThing.read_at < since
    count = session.scalar(select(func.count()).select_from(InquiryThing).where(unread)) or 0
    if 0 < count <= accepted:
        session.execute(delete(InquiryThing).where(unread))
    return count
