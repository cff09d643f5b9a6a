"""Gives every committed change its place, for each audience 1, 2, 3, … without a gap, and deletes old changes.

The order of an identity column won't do: a lower number may be committed later, and a reader who has read past it would
miss it. Transaction ids and clocks have the same fault. Here a change gets its place after its commit. A sequencer
locks the changes and then the heads of their audiences, and frees both only when the places can be seen. So nobody sees
place 7 before place 6.
"""

from contextlib import closing
from datetime import datetime
from threading import Event as Stop
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from chassis.data.db import Database
from chassis.data.failures import note_failure
from chassis.data.wakeup import Wakeup
from chassis.process import Process
from partner_gateway.feed.changes import APPENDED, PLACED, TO_POST

BATCH = 500
BUSY_SECONDS = 0.02
# One statement is one transaction. A second sequencer waits for the changes that the first has locked, looks at them
# again and finds that they have a place. With SKIP LOCKED it would place later changes before those.
PLACE = """
WITH waiting AS (
    SELECT event, audiences FROM feed_event WHERE placed_at IS NULL ORDER BY event LIMIT %(batch)s FOR UPDATE
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
RETURNING EXISTS (SELECT 1 FROM webhook WHERE state = 'active')
"""
_LATE = text(
    "SELECT coalesce(extract(epoch FROM clock_timestamp() - min(appended_at)), 0)::float FROM feed_event"
    " WHERE placed_at IS NULL"
)


def step(database: Database) -> int:
    """Places a batch. Answers how many changes. Wakes those who wait for changes, who are in other processes, so that
    nobody knows whether there are any; and the poster only where there's an address to post to."""
    with database.driver_connection() as connection:
        placed = connection.execute(PLACE, {"batch": BATCH}).fetchall()
    if placed:
        PLACED.wake(database)
    if any(has_address for (has_address,) in placed):
        TO_POST.wake(database)
    return len(placed)


def late_seconds(session: Session) -> float:
    """Returns the age of the oldest change without a place."""
    return float(session.scalar(_LATE) or 0.0)


def run(process: Process[Any, Any], stop: Stop) -> None:
    """The worker `sequencer`. Any number of them may run; a database that's away is waited for."""
    with closing(Wakeup(process.database, APPENDED, BUSY_SECONDS)) as wakeup:
        while not stop.is_set():
            try:
                placed = step(process.database)
            except SQLAlchemyError as error:
                note_failure("sequencer", error)
                stop.wait(1.0)
                continue
            if placed < BATCH:
                wakeup.pause(stop, found_work=placed > 0)


SLICE = 2_000
# The heads first: a reader who asks meanwhile is told that the places are gone, and never gets a page with a hole.
_DELETE_PLACES = text(
    """
WITH old AS (
    SELECT event FROM feed_event WHERE placed_at < :before ORDER BY placed_at LIMIT :slice
), gone AS (
    DELETE FROM feed_place USING old WHERE feed_place.event = old.event
    RETURNING feed_place.audience, feed_place.place
)
UPDATE feed_head SET first = greatest(first, (
    SELECT max(place) + 1 FROM gone WHERE gone.audience = feed_head.audience))
WHERE audience IN (SELECT audience FROM gone)
"""
)
_DELETE_EVENTS = text(
    """
DELETE FROM feed_event WHERE placed_at < :before AND NOT EXISTS (
    SELECT 1 FROM feed_place WHERE feed_place.event = feed_event.event)
"""
)
_DELETE_DELIVERIES = text(
    """
DELETE FROM webhook_delivery WHERE (webhook_id, place) IN (
    SELECT webhook_id, place FROM webhook_delivery one JOIN feed_event USING (event)
    WHERE placed_at < :before LIMIT :slice)
"""
)


def delete_old_changes(session: Session, before: datetime) -> int:
    """Deletes changes that were placed before a time, and what's left of their deliveries. Answers how many audiences
    have fewer now; 0 when all is done."""
    values = {"before": before, "slice": SLICE}
    session.execute(_DELETE_DELIVERIES, values)
    audiences = int(session.execute(_DELETE_PLACES, values).rowcount)  # type: ignore[attr-defined]
    session.execute(_DELETE_EVENTS, {"before": before})
    return audiences
