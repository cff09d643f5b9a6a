"""The inbox: an event takes effect once per consumer, however often it's delivered."""

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis.core.cloudevents import Received
from chassis.data.db import execute_by_driver


class MalformedEvent(Exception):
    """The record isn't a CloudEvents 1.0 document."""


def parse(value: bytes) -> Received:
    """Reads a structured CloudEvent. Raises MalformedEvent, without quoting what it read."""
    try:
        document = json.loads(value)
        return Received(
            id=document["id"],
            type=document["type"],
            subject=document["subject"],
            sequence=int(document["sequence"]),
            time=datetime.fromisoformat(document["time"]),
            data=document["data"],
        )
    except (ValueError, KeyError, TypeError) as error:
        raise MalformedEvent(type(error).__name__) from None


# One round trip: takes the events that weren't taken before and whose keys don't wait behind a parked event.
_ACCEPT = """INSERT INTO inbox (consumer, event_id)
    SELECT %(consumer)s, arrived.event_id
    FROM unnest(%(event_ids)s::text[], %(topics)s::text[], %(keys)s::text[]) AS arrived (event_id, topic, key)
    WHERE NOT EXISTS (
        SELECT 1 FROM parked WHERE parked.kind = 'event' AND parked.worker = %(consumer)s
        AND parked.subject_type = arrived.topic AND parked.subject_id = arrived.key AND parked.settled_at IS NULL)
    ON CONFLICT DO NOTHING RETURNING event_id"""
_TAKEN = text(
    "SELECT EXISTS (SELECT 1 FROM inbox WHERE consumer = :consumer AND event_id = :event_id)"
)
_TAKE = text(
    "INSERT INTO inbox (consumer, event_id) VALUES (:consumer, :event_id) ON CONFLICT DO NOTHING RETURNING 1"
)


def accept(session: Session, *, consumer: str, arrived: Sequence[tuple[str, str, str]]) -> set[str]:
    """Takes (event id, topic, key) in order of arrival. Returns the ids that take effect in this transaction."""
    event_ids, topics, keys = (list(column) for column in zip(*arrived, strict=True))
    values = {"consumer": consumer, "event_ids": event_ids, "topics": topics, "keys": keys}
    return {event_id for (event_id,) in execute_by_driver(session, _ACCEPT, values)}


def taken(session: Session, *, consumer: str, event_id: str) -> bool:
    """Returns whether the event took effect before."""
    return bool(session.scalar(_TAKEN, {"consumer": consumer, "event_id": event_id}))


def take(session: Session, *, consumer: str, event_id: str) -> bool:
    """Takes an event although its key is parked, for a retry. Returns False when the event took effect before."""
    return session.scalar(_TAKE, {"consumer": consumer, "event_id": event_id}) is not None


_PURGE = text(
    """DELETE FROM inbox WHERE ctid IN (
        SELECT ctid FROM inbox WHERE received_at < now() - make_interval(days => :days) LIMIT 5000)"""
)


def purge(session: Session, *, days: int) -> int:
    """Forgets a slice of the events older than `days`, which exceeds the topic's retention and the longest replay."""
    return int(session.execute(_PURGE, {"days": days}).rowcount)  # type: ignore[attr-defined]
