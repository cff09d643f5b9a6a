"""What a day held: written beside the feed, in the transaction that projects the change; closed once it's complete."""

import json
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import delete, func, insert, select, text
from sqlalchemy.orm import Session

from chassis.data.advisory import Lock
from partner_gateway.domain.days import day_of, may_close
from partner_gateway.feed import Change
from partner_gateway.models import FollowedDay, FollowedThing

# Transactions that hold changes share the lock. A transaction that closes a day has the lock for itself, so that a
# closed day has all changes that were held in the day.
_DAYS = Lock("partner-gateway.days", 0xDA1)
# A state that is known already, of whichever day, is left out: events may come twice.
_KEEP = text(
    """
INSERT INTO followed_thing AS held (day, thing_id, version, event_id, type, permit_id, data)
SELECT CAST(:day AS date), CAST(:thing_id AS uuid), CAST(:version AS integer), CAST(:event_id AS text),
    CAST(:type AS text), CAST(:permit_id AS uuid), CAST(:data AS jsonb)
WHERE NOT EXISTS (
    SELECT 1 FROM followed_thing WHERE thing_id = CAST(:thing_id AS uuid) AND version >= CAST(:version AS integer))
ON CONFLICT (day, thing_id) DO UPDATE SET version = excluded.version, event_id = excluded.event_id,
    type = excluded.type, permit_id = excluded.permit_id,
    data = excluded.data || CASE WHEN held.data ? 'correction' THEN '{"correction": true}' ELSE '{}' END::jsonb
"""
)


def hold(session: Session, changes: Sequence[Change]) -> None:
    """Adds changes to the days that they belong to; of a thing a day keeps the newest state, and that it was
    corrected."""
    _DAYS.take_shared(session)
    last: date | None = session.scalar(select(func.max(FollowedDay.day)))
    session.execute(_KEEP, [_row(one, day_of(one.time, last)) for one in changes])


def close(session: Session, as_of: datetime | None, *, today: date, now: datetime) -> list[date]:
    """Closes the days before today that are complete; answers them."""
    first = _first_open(session)
    if first is None or first >= today or not may_close(first, as_of):
        return []
    _DAYS.take(session)
    first, closed = _first_open(session) or today, []  # another worker may have closed some
    while first < today and may_close(first, as_of):
        counted = select(func.count()).where(FollowedThing.day == first)
        things = session.scalar(counted) or 0
        session.execute(insert(FollowedDay).values(day=first, things=things, closed_at=now))
        closed.append(first)
        first += timedelta(days=1)
    return closed


def open_days(session: Session, today: date) -> int:
    """How many days before today have no file yet."""
    first = _first_open(session)
    return max(0, (today - first).days) if first else 0


def _first_open(session: Session) -> date | None:
    """The day behind the last one that's closed; before any was, the first that held anything."""
    last: date | None = session.scalar(select(func.max(FollowedDay.day)))
    if last is not None:
        return last + timedelta(days=1)
    first: date | None = session.scalar(select(func.min(FollowedThing.day)))
    return first


def forget(session: Session, before: date) -> None:
    """Deletes what days before one held, and their files."""
    session.execute(delete(FollowedThing).where(FollowedThing.day < before))
    session.execute(delete(FollowedDay).where(FollowedDay.day < before))


def _row(change: Change, day: date) -> dict[str, object]:
    return {
        "day": day,
        "thing_id": change.subject,
        "version": change.sequence,
        "event_id": change.event_id,
        "type": change.type,
        "permit_id": change.about,
        "data": json.dumps(change.data, ensure_ascii=False),
    }
