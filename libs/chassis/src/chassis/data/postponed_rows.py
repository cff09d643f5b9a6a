"""Postpones a row of a worker whose claim or outcome can't be stored: an hour each time, for three days. Then parks it.

A key may be missing for a night or a weekend, hence three days. A failure of the other side isn't counted here: each
worker has its own rule for retries of calls.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis.core import metrics
from chassis.data import parking
from chassis.data.parking import REPLACED, Entry, Kind, Settlement, Subject
from chassis.data.sqlstate import is_away

WAIT = timedelta(hours=1)
MOST_TRIES = 72
# The due time of a parked row: no worker finds the row among the due rows.
PARKED_UNTIL = datetime(9999, 1, 1, tzinfo=UTC)

# Sets the due time of a row, by the row's key: a statement of the service that opens no sealed column.
SetDue = Callable[[Session, str, datetime], object]
# The name of the worker, with the kind of row where a worker has several kinds → how a row's due time is set.
DueTimes = Mapping[str, SetDue]

# A row without a failure for three hours has succeeded in between: its tries are counted from 1 again.
_COUNT_TRY = text(
    """INSERT INTO postponed_row AS postponed (worker, key, tries, tried_at) VALUES (:worker, :key, 1, :now)
    ON CONFLICT ON CONSTRAINT pk_postponed_row DO UPDATE SET
        tries = CASE WHEN postponed.tried_at < :stale THEN 1 ELSE postponed.tries + 1 END, tried_at = :now
    RETURNING tries"""
)
_FORGET = text("DELETE FROM postponed_row WHERE worker = :worker AND key = :key")
_PURGE = text("DELETE FROM postponed_row WHERE tried_at < now() - interval '1 day'")
# A command of the service has made a parked row due, and the row has failed again.
_DUE_AGAIN = Settlement(REPLACED, "the service", "the row became due again")

ROWS_POSTPONED = metrics.counter(
    "calls_postponed_total",
    "Rows postponed by an hour, because their claim or outcome can't be stored",
    ["worker"],
)

log = structlog.get_logger(__name__)


def postpone_row(
    session: Session, worker: str, key: str, set_due: SetDue, *, reason: str, now: datetime
) -> None:
    """Postpones a failed row by an hour. Parks the row after MOST_TRIES failures."""
    names = {"worker": worker, "key": key}
    tries = session.execute(_COUNT_TRY, {**names, "now": now, "stale": now - 3 * WAIT}).scalar_one()
    subject = Subject(Kind.CALL, worker, "", key)
    if tries == 1:
        parking.settle_subjects(session, [subject], _DUE_AGAIN)
    if tries < MOST_TRIES:
        set_due(session, key, now + WAIT)
        return
    session.execute(_FORGET, names)
    parking.park(session, subject, reason=reason, tries=tries)
    set_due(session, key, PARKED_UNTIL)
    log.error("calls.row_parked", worker=worker, row=key, count=tries, reason=reason)


@contextmanager
def postponing(worker: str, key: str, error: Exception) -> Iterator[str]:
    """Counts and logs that a row is postponed. A postponement that fails is logged too; its row stays due."""
    reason = type(error).__name__
    ROWS_POSTPONED.labels(worker).inc()
    log.error("calls.row_postponed", worker=worker, row=key, error=reason)
    try:
        yield reason
    except Exception as again:
        if is_away(again):
            raise
        log.exception("calls.postpone_failed", worker=worker, row=key)


def retry_parked(
    session: Session, due_times: DueTimes, entry: Entry, settlement: Settlement, *, now: datetime
) -> bool:
    """Makes a parked row due, with all its tries before it. Returns False when somebody has settled the entry, or when
    the service has no such worker."""
    set_due = due_times.get(entry.subject.worker)
    if set_due is None or not parking.settle(session, entry.id, settlement):
        return False
    set_due(session, entry.subject.id, now)
    return True


def purge(session: Session) -> None:
    """Forgets rows that haven't failed for a day."""
    session.execute(_PURGE)
