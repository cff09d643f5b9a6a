"""Rows of a worker that fail through no fault of the other side: a row is tried again after an hour, for three days.

A key may be missing for a night or a weekend, hence three days. A row that fails longer is parked: its worker skips the
row, a gauge and an alert report the row, and `<service> put-off retry` releases the row after the mend.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import text
from sqlalchemy.orm import Session

PUT_OFF = timedelta(hours=1)
MOST_TRIES = 72
# The due time of a parked row: no worker finds the row among the due rows.
PARKED_UNTIL = datetime(9999, 1, 1, tzinfo=UTC)

# Postpones a row to a time, by its key: a statement of the service that opens no sealed column.
Postpone = Callable[[Session, str, datetime], object]
# The name of the worker, with the kind of row where a worker has several kinds → how a row is postponed.
Postponements = Mapping[str, Postpone]

# A row without a failure for three hours has succeeded in between: its tries are counted from 1 again.
_NOTE = text(
    """INSERT INTO put_off AS noted (worker, key, tries, since, tried_at) VALUES (:worker, :key, 1, :now, :now)
    ON CONFLICT ON CONSTRAINT pk_put_off DO UPDATE SET
        tries = CASE WHEN noted.tried_at < :stale THEN 1 ELSE noted.tries + 1 END,
        since = CASE WHEN noted.tried_at < :stale THEN :now ELSE noted.since END,
        tried_at = :now, parked_at = NULL
    RETURNING tries"""
)
_ONE = "worker = :worker AND key = :key"
_PARK = text(f"UPDATE put_off SET parked_at = :now WHERE {_ONE}")  # noqa: S608
_FORGET = text(f"DELETE FROM put_off WHERE {_ONE} AND parked_at IS NOT NULL RETURNING 1")  # noqa: S608
_PARKED = text(
    """SELECT worker, key, tries, since, parked_at FROM put_off WHERE parked_at IS NOT NULL
    ORDER BY parked_at, worker, key"""
)
_COUNT = text("SELECT count(*) FROM put_off WHERE parked_at IS NOT NULL")
_PURGE = text("DELETE FROM put_off WHERE parked_at IS NULL AND tried_at < now() - interval '1 day'")

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Parked:
    """A row that isn't tried any more. `since`: when it was put off first."""

    worker: str
    key: str
    tries: int
    since: datetime
    parked_at: datetime


def put_off(session: Session, worker: str, key: str, leave: Postpone, *, now: datetime) -> None:
    """Postpones a failed row by an hour. Parks the row after MOST_TRIES failures."""
    values = {"worker": worker, "key": key, "now": now}
    tries = session.execute(_NOTE, {**values, "stale": now - 3 * PUT_OFF}).scalar_one()
    if tries < MOST_TRIES:
        leave(session, key, now + PUT_OFF)
        return
    session.execute(_PARK, values)
    leave(session, key, PARKED_UNTIL)
    log.error("put_off.parked", worker=worker, row=key, count=tries)


def parked(session: Session) -> list[Parked]:
    """Returns the parked rows, the first parked first."""
    return [Parked(*row) for row in session.execute(_PARKED)]


def retry(session: Session, leaves: Postponements, worker: str, key: str, *, now: datetime) -> bool:
    """Lets a parked row be tried again, with all its tries before it; False when it isn't parked."""
    if worker not in leaves or session.scalar(_FORGET, {"worker": worker, "key": key}) is None:
        return False
    leaves[worker](session, key, now)
    return True


def waiting(session: Session) -> int:
    """Returns how many rows are parked."""
    return int(session.scalar(_COUNT) or 0)


def purge(session: Session) -> None:
    """Forgets rows that have gone on since."""
    session.execute(_PURGE)
