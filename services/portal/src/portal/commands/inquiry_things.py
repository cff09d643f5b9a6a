"""The read model of the inquiry: writes things as their events tell them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg.rows import namedtuple_row
from psycopg.types.json import Jsonb
from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from chassis.data.db import execute_by_driver
from portal.domain.inquiry_things import ThingEvent, ThingRecord, apply_event
from portal.models import InquiryThing, record_of

# Of the table: an insert of mapped objects costs several times as much.
_TABLE: Any = InquiryThing.__table__
_INSERT = postgresql.insert(_TABLE)
# DO NOTHING wouldn't return the row that is there. An UPDATE that changes nothing locks it and returns it.
_RESERVE = _INSERT.on_conflict_do_update(
    index_elements=["thing_id"], set_={"version": _TABLE.c.version}
).returning(*_TABLE.columns)
_COLUMNS = [one.name for one in _TABLE.columns]
_CHANGING = [one.name for one in _TABLE.columns if not one.primary_key]
_MANY = "FROM inquiry_thing WHERE thing_id = ANY(%(ids)s)"
# Locks all of the things, or none while one of them has no row. The order is that of Python's `sorted`, in which
# `_RESERVE` gets them, whatever the database's collation is.
_LOCK = f"""SELECT {", ".join(_COLUMNS)} {_MANY} AND (SELECT count(*) {_MANY}) = cardinality(%(ids)s)
    ORDER BY thing_id COLLATE "C" FOR NO KEY UPDATE"""
_REPLACE = f"""UPDATE inquiry_thing SET {", ".join(f"{one} = new.{one}" for one in _CHANGING)}
    FROM jsonb_populate_recordset(CAST(NULL AS inquiry_thing), %(rows)s) AS new
    WHERE inquiry_thing.thing_id = new.thing_id"""  # noqa: S608
# Events are counted from 1, so every event is newer than a row that waits for its first one.
_NO_VERSION = 0


def keep_things(session: Session, events: Sequence[ThingEvent]) -> None:
    """Writes the newest state of several things. Events may come late, twice and out of order, and a rebuild reads a
    topic beside the consumer."""
    thing_ids = sorted({one.thing_id for one in events})
    records = _lock_records(session, thing_ids, events[0].read_at)
    for one in events:
        records[one.thing_id] = apply_event(records[one.thing_id], one)
    rows = [_row_of(records[thing_id]) for thing_id in thing_ids]
    execute_by_driver(session, _REPLACE, {"rows": Jsonb(rows)})


def _lock_records(
    session: Session, thing_ids: Sequence[str], now: datetime
) -> dict[str, ThingRecord]:
    """Returns the records of the things, locked in the order of their ids. A new thing gets an empty row, because only
    a row can be locked: without one, two writers of a new thing don't see each other's steps, and the second one loses
    those of the first."""
    known = execute_by_driver(session, _LOCK, {"ids": list(thing_ids)}, namedtuple_row).fetchall()
    if len(known) == len(thing_ids):
        return {row.thing_id: record_of(row) for row in known}
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
        "changed_at": record.changed_at.isoformat(),
        "read_at": record.read_at.isoformat(),
    }


def forget_unread(session: Session, since: datetime, *, accepted: int) -> int:
    """Removes the things that no topic has any more: a rebuild that began at `since` didn't read them. Returns their
    number. Removes nothing when they are more than `accepted`."""
    unread = InquiryThing.read_at < since
    count = session.scalar(select(func.count()).select_from(InquiryThing).where(unread)) or 0
    if 0 < count <= accepted:
        session.execute(delete(InquiryThing).where(unread))
    return count
