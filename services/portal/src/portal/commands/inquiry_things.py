"""The read model of the inquiry: writes things as their events tell them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from portal.domain.inquiry_things import ThingEvent, ThingRecord, apply_event
from portal.models import InquiryThing

_TABLE = InquiryThing.__table__
_UPSERT = postgresql.insert(InquiryThing)
_REPLACE = _UPSERT.on_conflict_do_update(
    index_elements=["thing_id"],
    set_={one.name: _UPSERT.excluded[one.name] for one in _TABLE.columns if not one.primary_key},
    # Between the look and this statement a reader of the same topic may have brought a newer version.
    where=InquiryThing.version <= _UPSERT.excluded.version,
)


def keep_things(session: Session, events: Sequence[ThingEvent]) -> None:
    """Writes the newest state of several things. Events may come late, twice and out of order."""
    records = _lock_records(session, {one.thing_id for one in events})
    for one in events:
        records[one.thing_id] = apply_event(records.get(one.thing_id), one)
    rows = [_row_of(records[thing_id]) for thing_id in sorted(records)]
    session.execute(_REPLACE, rows)


def _lock_records(session: Session, thing_ids: Iterable[str]) -> dict[str, ThingRecord]:
    """Returns the things that are kept already, locked in the order of their ids."""
    statement = (
        select(InquiryThing)
        .where(InquiryThing.thing_id.in_(list(thing_ids)))
        .order_by(InquiryThing.thing_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {row.thing_id: row.record() for row in session.scalars(statement)}


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
