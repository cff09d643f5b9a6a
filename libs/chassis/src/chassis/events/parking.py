"""Parks events (chassis.data.parking): events that a consumer can't apply, and events that the relay can't publish.

An event that can't be applied waits with its reason, and later events of its key wait behind it. An event that can't be
published keeps its aggregate's later events in the outbox. A retry and a give-up keep the order of each key and of each
aggregate.
"""

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import structlog
from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from chassis.core.context import Context
from chassis.core.contracts import ContractError, check_event
from chassis.data import parking
from chassis.data.advisory import one_at_a_time
from chassis.data.db import Database
from chassis.data.parking import Entry, Kind, Settlement, Subject
from chassis.events import inbox
from chassis.events.handlers import ContextOf, Topics
from chassis.events.kafka import Record
from chassis.events.outbox import WaitingRow

RELAY = "relay"
WAITS_BEHIND = "waits behind a parked event of its key"

_FIRST = text(
    """SELECT id, value FROM parked WHERE kind = 'event' AND worker = :worker AND subject_type = :topic
    AND subject_id = :key AND settled_at IS NULL ORDER BY id LIMIT 1"""
)
_COUNT_FAILURE = text("UPDATE parked SET tries = tries + 1, reason = :reason WHERE id = :id")
_GIVEN_UP = text(
    """SELECT partition, "offset", value FROM parked WHERE kind = 'event' AND worker = :consumer
    AND subject_type = :topic AND settlement = 'given-up'"""
)
_VALUE = text("SELECT value FROM parked WHERE id = :id")
# Marks the row as published, so that the relay passes the row. The entry keeps the event: the outbox drops its day.
_PASS_OVER = text(
    """UPDATE outbox SET published_at = clock_timestamp() WHERE id = :outbox_id AND published_at IS NULL
    RETURNING data, traceparent"""
)
_KEEP = text("UPDATE parked SET value = :data, traceparent = :traceparent WHERE id = :id")
_UNPUBLISHED = text(
    """SELECT count(*) FROM outbox WHERE published_at IS NULL
    AND aggregate_type = :type AND aggregate_id = :id"""
)

log = structlog.get_logger(__name__)


def reason_of(error: Exception) -> str:
    """Returns the error's class, and its text only if it's ours: no value of the event."""
    has_own_text = isinstance(error, (ContractError, inbox.MalformedEvent))
    return f"{type(error).__name__}: {error}" if has_own_text else type(error).__name__


# ---------------------------------------------------------------------------------- events that can't be applied


def park_event(session: Session, consumer: str, record: Record, *, reason: str, tries: int) -> None:
    """Parks the record once, however often the record is delivered: a record is known by its place and its bytes. The
    bytes are needed because a recreated topic has other records in the old places."""
    parking.park(
        session,
        Subject(Kind.EVENT, consumer, record.topic, record.key),
        reason=reason,
        tries=tries,
        partition=record.partition,
        offset=record.offset,
        value=record.value,
        traceparent=record.traceparent,
    )


def lock_key(session: Session, consumer: str, topic: str, key: str) -> None:
    """Makes a retry and a live delivery of one key wait for each other."""
    one_at_a_time(session, consumer, f"{topic}/{key}")


def is_parked(session: Session, consumer: str, topic: str, key: str) -> bool:
    """Returns whether an event of this key is parked."""
    return parking.count_of(session, Subject(Kind.EVENT, consumer, topic, key)) > 0


def retry_key(
    database: Database, topics: Topics, context_of: ContextOf, key: Subject, settlement: Settlement
) -> int:
    """Applies the parked events of a key in order, each in a transaction of its own, until one fails. Returns how many
    took effect.

    An event keeps its id, so the inbox makes a second retry harmless.
    """
    applied = 0
    while True:
        event = None
        try:
            with database.transaction() as session:
                names = {"worker": key.worker, "topic": key.type, "key": key.id}
                lock_key(session, key.worker, key.type, key.id)
                event = session.execute(_FIRST, names).one_or_none()
                if event is None:
                    return applied
                _apply(context_of(session), key, topics, bytes(event.value))
                parking.settle(session, event.id, settlement)
        except Exception as error:
            if event is None:
                raise
            log.warning("parked.retry_failed", parked=event.id, error=type(error).__name__)
            with database.transaction() as session:
                session.execute(_COUNT_FAILURE, {"id": event.id, "reason": reason_of(error)})
            return applied
        applied += 1


def _apply(context: Context[Any, Any], key: Subject, topics: Topics, value: bytes) -> None:
    event = inbox.parse(value)
    handler = topics.get(key.type, {}).get(event.type)
    if handler is None:
        return
    check_event(event.type, event.data)
    if inbox.take(context.session, consumer=key.worker, event_id=event.id):
        handler(context, event)


def give_up_event(session: Session, entry: Entry, settlement: Settlement) -> int | None:
    """Gives an event up. The event stays in the table, and takes no effect when it comes again.

    Returns the number of parked events of the key that this releases for a retry; None when somebody has settled the
    entry. An event in the middle of its key's queue releases nothing.
    """
    subject = entry.subject
    lock_key(session, subject.worker, subject.type, subject.id)
    names = {"worker": subject.worker, "topic": subject.type, "key": subject.id}
    first = session.execute(_FIRST, names).one_or_none()
    if not parking.settle(session, entry.id, settlement):
        return None
    # Bytes that are no event have no id; delivered again, they're parked in their old place, which is settled.
    with suppress(inbox.MalformedEvent):
        event = inbox.parse(bytes(session.scalar(_VALUE, {"id": entry.id}) or b""))
        inbox.take(session, consumer=subject.worker, event_id=event.id)
    return parking.count_of(session, subject) if first and first.id == entry.id else 0


class GivenUpRecords:
    """The records of a topic that were given up: `record in given_up`.

    A record is known by its place and its event id, or its whole value when the value is no event: a topic that was
    lost and recreated counts its offsets from 0 again, and has other records in the old places.
    """

    def __init__(self, rows: Iterable[Row[Any]]) -> None:
        self._names = {(row.partition, row.offset, _name(bytes(row.value))) for row in rows}

    def __contains__(self, record: Record) -> bool:
        return (record.partition, record.offset, _name(record.value)) in self._names


def _name(value: bytes) -> str | bytes:
    try:
        return inbox.parse(value).id
    except inbox.MalformedEvent:
        return value


def given_up_records(session: Session, consumer: str, topic: str) -> GivenUpRecords:
    """Returns the records of a topic that were given up at a consumer."""
    return GivenUpRecords(session.execute(_GIVEN_UP, {"consumer": consumer, "topic": topic}))


# -------------------------------------------------------------------------------- events that can't be published


def park_publication(session: Session, row: WaitingRow, error: Exception) -> None:
    """Parks the aggregate of an outbox row that can never be sent. Later rows of the aggregate wait in the outbox."""
    log.error(
        "relay.aggregate_parked",
        outbox_id=row.id,
        aggregate_type=row.aggregate_type,
        error=str(error),
    )
    subject = Subject(Kind.PUBLICATION, RELAY, row.aggregate_type, row.aggregate_id)
    reason = f"{type(error).__name__}: {error}"
    parking.park(session, subject, reason=reason, tries=1, outbox_id=row.id)


def give_up_publication(session: Session, entry: Entry, settlement: Settlement) -> int | None:
    """Leaves out the event that parks an aggregate. The entry keeps the event.

    Returns the number of later events of the aggregate that the relay may publish now; None when somebody has settled
    the entry. Consumers see a gap in the versions, and then the aggregate's next whole state.
    """
    if not parking.settle(session, entry.id, settlement):
        return None
    row = session.execute(_PASS_OVER, {"outbox_id": entry.needed["outbox_id"]}).one_or_none()
    if row is not None:
        session.execute(_KEEP, {"id": entry.id, **row._mapping})
    names = {"type": entry.subject.type, "id": entry.subject.id}
    return int(session.scalar(_UNPUBLISHED, names) or 0)
