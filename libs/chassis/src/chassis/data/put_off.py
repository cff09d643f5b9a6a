"""Rows of a worker that fail by no fault of the other side: they're tried again after an hour, and not for ever.

A key may be missing for a night or a weekend, so a row has three days. A row that still fails then is parked: its
worker leaves it alone, a gauge and an alert say so, and `<service> put-off retry` lets it go on once it's mended.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import text
from sqlalchemy.orm import Session

PUT_OFF = timedelta(hours=1)
MOST_TRIES = 72
# When a parked row is due: a worker that looks for what is due by a time finds it no more.
PARKED_UNTIL = datetime(9999, 1, 1, tzinfo=UTC)

# Leaves a row alone until a time, by its key: a service's own statement, that opens nothing of the row.
Leave = Callable[[Session, str, datetime], object]
# What is put off, by the name of the worker and, where one has several, of what → how it's left alone.
Leaves = Mapping[str, Leave]

# Whoever hasn't failed for three hours has gone on in between, and begins anew.
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


def put_off(session: Session, worker: str, key: str, leave: Leave, *, now: datetime) -> None:
    """Leaves a row that failed alone for an hour; for good, once it has failed so often."""
    values = {"worker": worker, "key": key, "now": now}
    tries = session.execute(_NOTE, {**values, "stale": now - 3 * PUT_OFF}).scalar_one()
    if tries < MOST_TRIES:
        leave(session, key, now + PUT_OFF)
        return
    session.execute(_PARK, values)
    leave(session, key, PARKED_UNTIL)
    log.error("put_off.parked", worker=worker, row=key, count=tries)


def parked(session: Session) -> list[Parked]:
    """The parked rows, the first parked first."""
    return [Parked(*row) for row in session.execute(_PARKED)]


def retry(session: Session, leaves: Leaves, worker: str, key: str, *, now: datetime) -> bool:
    """Lets a parked row be tried again, with all its tries before it; False when it isn't parked."""
    if worker not in leaves or session.scalar(_FORGET, {"worker": worker, "key": key}) is None:
        return False
    leaves[worker](session, key, now)
    return True


def waiting(session: Session) -> int:
    """How many rows are parked."""
    return int(session.scalar(_COUNT) or 0)


def purge(session: Session) -> None:
    """Forgets rows that have gone on since."""
    session.execute(_PURGE)
