"""The outbox: an event is a row in the transaction of its change."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any, NamedTuple
from zlib import crc32

from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis.core import contracts, telemetry
from chassis.core.cloudevents import Event
from chassis.core.ids import new_id
from chassis.core.times import rfc3339
from chassis.data.wakeup import Channel

SHARDS = 16
DAYS_AHEAD = 3
WRITTEN = Channel("outbox")  # wakes the relays
_COLLECTED = "chassis.events_to_insert"


class WaitingRow(NamedTuple):
    """A row that isn't published yet."""

    id: int
    created_on: date
    aggregate_type: str
    aggregate_id: str
    topic: str
    key: str
    data: bytes
    traceparent: str | None


_INSERT = text(
    """INSERT INTO outbox
    (shard, aggregate_type, aggregate_id, version, event_id, type, topic, key, data, traceparent)
    VALUES (:shard, :aggregate_type, :aggregate_id, :version, :event_id, :type, :topic, :aggregate_id,
    :data, :traceparent)"""
)


def publish(session: Session, event: Event) -> str:
    """Adds the event to the outbox of this transaction and answers its id.

    Raises ContractError when the data breaks the event's schema, so that no poison leaves the house.
    """
    row = _row(event)
    collected = session.info.get(_COLLECTED)
    if collected is None:
        session.execute(_INSERT, row)
    else:
        collected.append(row)
    WRITTEN.wake_after_commit(session)
    return str(row["event_id"])


@contextmanager
def published_together(session: Session) -> Iterator[None]:
    """Inserts the events that `publish` gets meanwhile by one statement at the end, in their order. For a transaction
    of many commands. Can't be nested."""
    rows: list[dict[str, Any]] = []
    session.info[_COLLECTED] = rows
    try:
        yield
    finally:
        del session.info[_COLLECTED]
    if rows:
        session.execute(_INSERT, rows)


def publish_all(session: Session, events: Iterable[Event]) -> None:
    """Publishes many events of different aggregates in one statement."""
    if rows := [_row(event) for event in events]:
        session.execute(_INSERT, rows)
        WRITTEN.wake_after_commit(session)


def _row(event: Event) -> dict[str, Any]:
    contracts.check_event(event.type, event.data)
    event_id = new_id()
    trace = telemetry.traceparent()
    return {
        "shard": shard_of(event.aggregate_id),
        "aggregate_type": event.aggregate_type,
        "aggregate_id": event.aggregate_id,
        "version": event.version,
        "event_id": event_id,
        "type": event.type,
        "topic": event.topic,
        "data": envelope(event, event_id, trace),
        "traceparent": trace,
    }


def shard_of(aggregate_id: str) -> int:
    """Returns the shard whose lock a relay holds while it publishes the aggregate."""
    return crc32(aggregate_id.encode()) % SHARDS


def envelope(event: Event, event_id: str, traceparent: str | None) -> bytes:
    """Returns the event as a CloudEvents 1.0 structured JSON document."""
    document = {
        "specversion": "1.0",
        "id": event_id,
        "source": "/" + event.topic.partition(".")[0],
        "type": event.type,
        "subject": event.aggregate_id,
        "time": rfc3339(event.time),
        "datacontenttype": "application/json",
        "sequence": str(event.version),
        **({"traceparent": traceparent} if traceparent else {}),
        "data": event.data,
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


_IN_DEFAULT = text("SELECT EXISTS (SELECT 1 FROM outbox_default WHERE created_on = :day)")
_FORGET_DEFAULT = text(
    "DELETE FROM outbox_default WHERE created_on < :before AND published_at IS NOT NULL"
)


def ensure_partitions(session: Session, today: date) -> None:
    """Creates the daily partitions of today and the days ahead. Idempotent; safe to call at any time.

    A day on which rows were written before it had a partition keeps them in the default one, from which relays read
    too: PostgreSQL refuses a partition for it, and the days after it, and a deployment, mustn't fail by that.
    """
    for ahead in range(DAYS_AHEAD + 1):
        day = today + timedelta(days=ahead)
        if session.scalar(_IN_DEFAULT, {"day": day}):
            continue
        session.execute(
            text(
                f"CREATE TABLE IF NOT EXISTS outbox_{day:%Y%m%d} PARTITION OF outbox"
                f" FOR VALUES FROM ('{day}') TO ('{day + timedelta(days=1)}')"
            )
        )


def drop_published_partitions(session: Session, before: date) -> list[str]:
    """Drops the daily partitions older than `before` without unpublished rows; returns their names. Deletes what was
    published from the default one."""
    session.execute(_FORGET_DEFAULT, {"before": before})
    names = session.scalars(
        text(
            "SELECT relname FROM pg_inherits JOIN pg_class ON oid = inhrelid WHERE inhparent = 'outbox'::regclass"
        )
    )
    dropped = []
    for name in sorted(names):
        day = name.removeprefix("outbox_")
        if not day.isdigit() or day >= f"{before:%Y%m%d}":
            continue
        waiting = session.scalar(text(f"SELECT count(*) FROM {name} WHERE published_at IS NULL"))  # noqa: S608
        if not waiting:
            session.execute(text(f"DROP TABLE {name}"))
            dropped.append(name)
    return dropped


# Leaves out the rows of aggregates whose event can't be published; `o` is the outbox.
NOT_PARKED = """NOT EXISTS (
        SELECT 1 FROM parked WHERE parked.kind = 'publication' AND parked.worker = 'relay' AND parked.settled_at IS NULL
        AND parked.subject_type = o.aggregate_type AND parked.subject_id = o.aggregate_id)"""
OLDEST_UNPUBLISHED = text(
    "SELECT coalesce(extract(epoch FROM now() - min(created_at)), 0)::float, count(*)"  # noqa: S608
    f" FROM outbox o WHERE published_at IS NULL AND {NOT_PARKED}"
)


def backlog(session: Session) -> tuple[float, int]:
    """Returns the age in seconds of the oldest row that waits, and the number of rows that wait, without the rows of
    parked aggregates."""
    age, rows = session.execute(OLDEST_UNPUBLISHED).one()
    return float(age), int(rows)
