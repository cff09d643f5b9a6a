"""How long changes are kept: some at a time are let go, each audience's oldest first."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

SLICE = 2_000
# The heads first: a reader who asks meanwhile is told that the places are gone, and never gets a page with a hole.
_LET_GO = text(
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
_FORGET = text(
    """
DELETE FROM feed_event WHERE placed_at < :before AND NOT EXISTS (
    SELECT 1 FROM feed_place WHERE feed_place.event = feed_event.event)
"""
)
_UNTELL = text(
    """
DELETE FROM webhook_delivery WHERE (webhook_id, place) IN (
    SELECT webhook_id, place FROM webhook_delivery one JOIN feed_event USING (event)
    WHERE placed_at < :before LIMIT :slice)
"""
)


def let_go(session: Session, before: datetime) -> int:
    """Deletes changes that were placed before a time, and what's left of their deliveries. Answers how many audiences
    have fewer now; 0 when all is done."""
    values = {"before": before, "slice": SLICE}
    session.execute(_UNTELL, values)
    audiences = int(session.execute(_LET_GO, values).rowcount)  # type: ignore[attr-defined]
    session.execute(_FORGET, {"before": before})
    return audiences
