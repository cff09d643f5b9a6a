"""Dead letters: a failing event is stored with its reason. Later events of its key wait for a replay."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import structlog
from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from chassis.core.context import Context
from chassis.core.contracts import ContractError, check_event
from chassis.data.advisory import one_at_a_time
from chassis.data.db import Database
from chassis.events import inbox
from chassis.events.handlers import ContextOf, Topics
from chassis.events.kafka import Record

_PARKED = text(
    "SELECT EXISTS (SELECT 1 FROM dead_letter WHERE consumer = :consumer AND topic = :topic AND key = :key"
    " AND replayed_at IS NULL)"
)
_ADD = text(
    """INSERT INTO dead_letter (consumer, topic, partition, "offset", key, value, traceparent, reason, attempts)
    VALUES (:consumer, :topic, :partition, :offset, :key, :value, :traceparent, :reason, :attempts)
    ON CONFLICT (consumer, topic, partition, "offset", sha256(value)) DO NOTHING"""
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
_DISCARDED = text(
    """SELECT partition, "offset", value FROM dead_letter WHERE consumer = :consumer AND topic = :topic
    AND replayed_at IS NOT NULL AND reason LIKE 'discarded: %'"""
)
_ONE = text(
    "SELECT topic, key, value FROM dead_letter WHERE consumer = :consumer AND id = :id AND replayed_at IS NULL"
)
_KEEP = text(
    """INSERT INTO dead_letter
    (consumer, topic, partition, "offset", key, value, traceparent, reason, attempts, replayed_at)
    VALUES (:consumer, :topic, -1, :outbox_id, :key, :data, :traceparent, :reason, 0, now())
    ON CONFLICT (consumer, topic, partition, "offset", sha256(value)) DO NOTHING"""
)

QUEUED_BEHIND = "queued behind a dead letter of the same key"

log = structlog.get_logger(__name__)


def reason_of(error: Exception) -> str:
    """Returns the error's class, and its text only if it's ours: no value of the event."""
    named = isinstance(error, (ContractError, inbox.MalformedEvent))
    return f"{type(error).__name__}: {error}" if named else type(error).__name__


def park(session: Session, consumer: str, record: Record, *, reason: str, attempts: int) -> None:
    """Stores the record once, however often it's delivered: a record is known by its place and its bytes. The bytes are
    needed because a recreated topic has other records in the old places."""
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
    """Makes a replay and a live delivery of one key wait for each other."""
    one_at_a_time(session, consumer, f"{topic}/{key}")


def is_parked(session: Session, consumer: str, topic: str, key: str) -> bool:
    """Returns whether an event of this key waits."""
    return bool(session.scalar(_PARKED, {"consumer": consumer, "topic": topic, "key": key}))


def waiting(session: Session, consumer: str) -> Sequence[Row[Any]]:
    """Returns the open dead letters, oldest first, without their contents."""
    return session.execute(_OPEN, {"consumer": consumer}).all()


def discard(session: Session, consumer: str, letter_id: int, *, reason: str) -> bool:
    """Gives an event up for good. The event stays in the table with the reason, and takes no effect when it comes
    again.

    Returns False when no such letter is open. Events queued behind the letter wait for a replay.
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


class Discarded:
    """The records of a topic that were given up: `record in discarded`.

    By place and by event id, or by the whole value when it's no event: a topic that was lost and made anew counts its
    offsets from 0 again, and has other records in the old places.
    """

    def __init__(self, letters: Iterable[Row[Any]]) -> None:
        self._named = {(one.partition, one.offset, _name(bytes(one.value))) for one in letters}

    def __contains__(self, record: Record) -> bool:
        return (record.partition, record.offset, _name(record.value)) in self._named


def _name(value: bytes) -> str | bytes:
    try:
        return inbox.parse(value).id
    except inbox.MalformedEvent:
        return value


def discarded(session: Session, consumer: str, topic: str) -> Discarded:
    """Returns the records of a topic that a consumer's letters gave up."""
    return Discarded(session.execute(_DISCARDED, {"consumer": consumer, "topic": topic}))


def keep_unsent(session: Session, service: str, row: Row[Any], *, reason: str) -> None:
    """Keeps an outbox row that will never be sent, beside the letters of consumers, when its day is dropped."""
    values = {"consumer": f"{service}/outbox", "reason": f"skipped: {reason}"}
    session.execute(_KEEP, {**row._mapping, **values})


def replay(
    database: Database, consumer: str, topics: Topics, context_of: ContextOf
) -> tuple[int, int]:
    """Replays every open dead letter in order, key by key; a key stops at its first failure.

    Returns (replayed, still waiting). The event's id stays, so the inbox makes a second replay harmless.
    """
    with database.transaction() as session:
        keys = list(dict.fromkeys((row.topic, row.key) for row in waiting(session, consumer)))
    with_key = partial(_replay_key, database, consumer, topics, context_of)
    done = sum(with_key(topic, key) for topic, key in keys)
    with database.transaction() as session:
        return done, len(waiting(session, consumer))


def _replay_key(
    database: Database, consumer: str, topics: Topics, context_of: ContextOf, topic: str, key: str
) -> int:
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
                _apply(context_of(session), consumer, topics, letter)
        except Exception as error:
            if letter is None:
                raise
            _record_failure(database, letter.id, error)
            return done
        done += 1


def _apply(context: Context[Any, Any], consumer: str, topics: Topics, letter: Row[Any]) -> None:
    session = context.session
    event = inbox.parse(bytes(letter.value))
    handler = topics.get(letter.topic, {}).get(event.type)
    if handler is not None:
        check_event(event.type, event.data)
    if handler is not None and inbox.take(session, consumer=consumer, event_id=event.id):
        handler(context, event)
    session.execute(_DONE, {"id": letter.id})


def _record_failure(database: Database, letter_id: int, error: Exception) -> None:
    log.warning("dead_letters.replay_failed", dead_letter=letter_id, error=type(error).__name__)
    with database.transaction() as session:
        session.execute(_FAILED, {"id": letter_id, "reason": reason_of(error)})
