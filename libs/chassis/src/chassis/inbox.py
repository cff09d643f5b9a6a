"""The inbox: an event takes effect once per consumer, however often it's delivered."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session


@dataclass(frozen=True, kw_only=True)
class Received:
    """An event as a handler gets it. `sequence` is the aggregate's version, `subject` its id."""

    id: str
    type: str
    subject: str
    sequence: int
    time: datetime
    data: dict[str, Any]


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


# One round trip: takes the event unless it was taken before or its key is parked behind a dead letter.
_ACCEPT = text(
    """INSERT INTO inbox (consumer, event_id) SELECT :consumer, :event_id WHERE NOT EXISTS (
        SELECT 1 FROM dead_letter WHERE consumer = :consumer AND topic = :topic AND key = :key
        AND replayed_at IS NULL)
    ON CONFLICT DO NOTHING RETURNING 1"""
)
_TAKEN = text(
    "SELECT EXISTS (SELECT 1 FROM inbox WHERE consumer = :consumer AND event_id = :event_id)"
)
_TAKE = text(
    "INSERT INTO inbox (consumer, event_id) VALUES (:consumer, :event_id) ON CONFLICT DO NOTHING RETURNING 1"
)


def accept(session: Session, *, consumer: str, event_id: str, topic: str, key: str) -> bool:
    """True when the event is to take effect now; then it's marked in this same transaction."""
    values = {"consumer": consumer, "event_id": event_id, "topic": topic, "key": key}
    return session.scalar(_ACCEPT, values) is not None


def taken(session: Session, *, consumer: str, event_id: str) -> bool:
    """Whether the event took effect before."""
    return bool(session.scalar(_TAKEN, {"consumer": consumer, "event_id": event_id}))


def take(session: Session, *, consumer: str, event_id: str) -> bool:
    """Marks an event whatever is parked (for a replay); False when it took effect before."""
    return session.scalar(_TAKE, {"consumer": consumer, "event_id": event_id}) is not None


_PURGE = text(
    """DELETE FROM inbox WHERE ctid IN (
        SELECT ctid FROM inbox WHERE received_at < now() - make_interval(days => :days) LIMIT 5000)"""
)


def purge(session: Session, *, days: int) -> int:
    """Forgets a slice of the events older than `days`, which exceeds the topic's retention and the longest replay."""
    return int(session.execute(_PURGE, {"days": days}).rowcount)  # type: ignore[attr-defined]
