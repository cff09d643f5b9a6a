"""Gives every committed change its place: for each audience 1, 2, 3, … without a gap.

Why not the order of an identity column: a lower number may be committed later, and whoever read past it would miss it;
the same holds for transaction ids and clocks. Here a change has no place before it's committed, places are given by one
transaction at a time, and its lock is freed only when they can be seen. So nobody ever sees place 7 before place 6.
"""

from threading import Event as Stop
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from chassis.data.advisory import Lock
from chassis.data.db import Database
from chassis.data.failures import note_failure
from chassis.process import Process

BATCH = 500
BUSY_SECONDS, IDLE_SECONDS = 0.02, 0.05

_WAITING = text("SELECT EXISTS (SELECT 1 FROM feed_event WHERE placed_at IS NULL)")
PLACING = Lock("partner-gateway.sequencer", 0xFEED)
# A statement of its own behind the lock, so that its snapshot has the places that the last holder gave.
_PLACE = text(
    """
WITH waiting AS (
    SELECT event, audiences FROM feed_event WHERE placed_at IS NULL ORDER BY event LIMIT :batch
), wanted AS (
    SELECT audience, event, row_number() OVER (PARTITION BY audience ORDER BY event) AS nth
    FROM waiting, unnest(audiences) AS audience
), head AS (
    INSERT INTO feed_head AS head (audience, last)
    SELECT audience, count(*) FROM wanted GROUP BY audience ORDER BY audience
    ON CONFLICT (audience) DO UPDATE SET last = head.last + excluded.last
    RETURNING audience, last
), many AS (
    SELECT audience, count(*) AS many FROM wanted GROUP BY audience
), placed AS (
    INSERT INTO feed_place (audience, place, event)
    SELECT wanted.audience, head.last - many.many + wanted.nth, wanted.event
    FROM wanted JOIN head USING (audience) JOIN many USING (audience)
)
UPDATE feed_event SET placed_at = clock_timestamp() FROM waiting WHERE feed_event.event = waiting.event
"""
)
_LATE = text(
    "SELECT coalesce(extract(epoch FROM clock_timestamp() - min(appended_at)), 0)::float FROM feed_event"
    " WHERE placed_at IS NULL"
)


def step(database: Database) -> int:
    """Places a batch in one transaction. Answers how many changes; 0 too when another sequencer is at it."""
    with database.transaction() as session:
        if not session.scalar(_WAITING) or not PLACING.try_take(session):
            return 0
        return int(session.execute(_PLACE, {"batch": BATCH}).rowcount)  # type: ignore[attr-defined]


def late_seconds(session: Session) -> float:
    """The age of the oldest change without a place."""
    return float(session.scalar(_LATE) or 0.0)


def run(process: Process[Any, Any], stop: Stop) -> None:
    """The worker `sequencer`. Any number of them may run; a database that's away is waited for."""
    while not stop.is_set():
        try:
            placed = step(process.database)
        except SQLAlchemyError as error:
            note_failure("sequencer", error)
            stop.wait(1.0)
            continue
        if placed < BATCH:
            stop.wait(BUSY_SECONDS if placed else IDLE_SECONDS)
