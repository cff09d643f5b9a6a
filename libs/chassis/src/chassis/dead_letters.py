"""Dead letters: a poison event is kept with its reason, and its key waits behind it until it's replayed."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import structlog
from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from chassis import inbox
from chassis.contracts import ContractError, check_event
from chassis.db import Database
from chassis.kafka import Record
from chassis.service import Topics

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")
_PARKED = text(
    "SELECT EXISTS (SELECT 1 FROM dead_letter WHERE consumer = :consumer AND topic = :topic AND key = :key"
    " AND replayed_at IS NULL)"
)
_ADD = text(
    """INSERT INTO dead_letter (consumer, topic, partition, "offset", key, value, traceparent, reason, attempts)
    VALUES (:consumer, :topic, :partition, :offset, :key, :value, :traceparent, :reason, :attempts)
    ON CONFLICT (consumer, topic, partition, "offset") DO NOTHING"""
)
_OPEN = text(
    """SELECT id, topic, partition, "offset", key, reason, attempts, parked_at FROM dead_letter
    WHERE consumer = :consumer AND replayed_at IS NULL ORDER BY id"""
)
_NEXT = text(
    """SELECT id, topic, key, value FROM dead_letter
    WHERE consumer = :consumer AND topic = :topic AND key = :key AND replayed_at IS NULL ORDER BY id LIMIT 1"""
)
_DONE = text("UPDATE dead_letter SET replayed_at = now() WHERE id = :id")
_FAILED = text("UPDATE dead_letter SET attempts = attempts + 1, reason = :reason WHERE id = :id")

_GIVE_UP = text(
    """UPDATE dead_letter SET replayed_at = now(), reason = 'discarded: ' || :reason || ' (it was: ' || reason || ')'
    WHERE id = :id"""
)
_ONE = text(
    "SELECT topic, key, value FROM dead_letter WHERE consumer = :consumer AND id = :id AND replayed_at IS NULL"
)
_KEEP = text(
    """INSERT INTO dead_letter
    (consumer, topic, partition, "offset", key, value, traceparent, reason, attempts, replayed_at)
    VALUES (:consumer, :topic, -1, :outbox_id, :key, :data, :traceparent, :reason, 0, now())
    ON CONFLICT (consumer, topic, partition, "offset") DO NOTHING"""
)

QUEUED_BEHIND = "queued behind a dead letter of the same key"

log = structlog.get_logger(__name__)


def reason_of(error: Exception) -> str:
    """Why, without a value of the event: the error's class, and its text only where we wrote that text."""
    named = isinstance(error, (ContractError, inbox.MalformedEvent))
    return f"{type(error).__name__}: {error}" if named else type(error).__name__


def park(session: Session, consumer: str, record: Record, *, reason: str, attempts: int) -> None:
    """Keeps the record once, however often it's delivered."""
    session.execute(
        _ADD,
        {
            "consumer": consumer,
            "topic": record.topic,
            "partition": record.partition,
            "offset": record.offset,
            "key": record.key,
            "value": record.value,
            "traceparent": record.traceparent,
            "reason": reason,
            "attempts": attempts,
        },
    )


def lock_key(session: Session, consumer: str, topic: str, key: str) -> None:
    """Orders a replay and a live delivery of the same key."""
    session.execute(_LOCK, {"name": f"{consumer}/{topic}/{key}"})


def is_parked(session: Session, consumer: str, topic: str, key: str) -> bool:
    """Whether something of this key waits."""
    return bool(session.scalar(_PARKED, {"consumer": consumer, "topic": topic, "key": key}))


def waiting(session: Session, consumer: str) -> Sequence[Row[Any]]:
    """The open dead letters, oldest first, without their contents."""
    return session.execute(_OPEN, {"consumer": consumer}).all()


def discard(session: Session, consumer: str, letter_id: int, *, reason: str) -> bool:
    """Gives an event up for good: it stays in the table with the reason, and takes no effect when it comes again.

    False when no such letter is open. What is queued behind it waits for a replay.
    """
    letter = session.execute(_ONE, {"consumer": consumer, "id": letter_id}).one_or_none()
    if letter is None:
        return False
    lock_key(session, consumer, letter.topic, letter.key)
    session.execute(_GIVE_UP, {"id": letter_id, "reason": reason})
    with suppress(
        inbox.MalformedEvent
    ):  # which has no id, and would only be put aside in its place again
        event = inbox.parse(bytes(letter.value))
        inbox.take(session, consumer=consumer, event_id=event.id)
    return True


def keep_unsent(session: Session, service: str, row: Row[Any], *, reason: str) -> None:
    """Keeps an outbox row that will never be sent, beside the letters of consumers, when its day is dropped."""
    values = {"consumer": f"{service}/outbox", "reason": f"skipped: {reason}"}
    session.execute(_KEEP, {**row._mapping, **values})


def replay(database: Database, consumer: str, topics: Topics) -> tuple[int, int]:
    """Replays every open dead letter in order, key by key; a key stops at its first failure.

    Answers (replayed, still waiting). The event's id stays, so the inbox makes a second replay harmless.
    """
    with database.transaction() as session:
        keys = list(dict.fromkeys((row.topic, row.key) for row in waiting(session, consumer)))
    done = sum(_replay_key(database, consumer, topics, topic, key) for topic, key in keys)
    with database.transaction() as session:
        return done, len(waiting(session, consumer))


def _replay_key(database: Database, consumer: str, topics: Topics, topic: str, key: str) -> int:
    done = 0
    while True:
        letter = None
        try:
            with database.transaction() as session:
                lock_key(session, consumer, topic, key)
                names = {"consumer": consumer, "topic": topic, "key": key}
                letter = session.execute(_NEXT, names).one_or_none()
                if letter is None:
                    return done
                _apply(session, consumer, topics, letter)
        except Exception as error:
            if letter is None:
                raise
            _record_failure(database, letter.id, error)
            return done
        done += 1


def _apply(session: Session, consumer: str, topics: Topics, letter: Row[Any]) -> None:
    event = inbox.parse(bytes(letter.value))
    handler = topics.get(letter.topic, {}).get(event.type)
    if handler is not None:
        check_event(event.type, event.data)
    if handler is not None and inbox.take(session, consumer=consumer, event_id=event.id):
        handler(session, event)
    session.execute(_DONE, {"id": letter.id})


def _record_failure(database: Database, letter_id: int, error: Exception) -> None:
    log.warning("dead_letters.replay_failed", dead_letter=letter_id, error=type(error).__name__)
    with database.transaction() as session:
        session.execute(_FAILED, {"id": letter_id, "reason": reason_of(error)})
