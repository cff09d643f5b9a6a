"""The relay: publishes outbox rows in order per aggregate, at least once, with any number of relays running.

Why it's made this way: a cursor on `id` loses rows that commit late, SKIP LOCKED with several relays reorders,
and an xid watermark does both harm and stalls. A shard's advisory lock lives as long as the transaction, so the
server frees it when a relay dies.
"""

from collections import defaultdict
from collections.abc import Sequence
from threading import Event as Stop
from typing import Any

import structlog
from sqlalchemy import Row, bindparam, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from chassis.core import metrics
from chassis.data.advisory import LockSpace
from chassis.data.db import Database
from chassis.data.failures import note_failure
from chassis.events import dead_letters
from chassis.events.kafka import Publisher, Record, TooLarge
from chassis.events.outbox import SHARDS

SHARD_LOCKS = LockSpace("chassis.relay", 0x0B0C)
BATCH = 500
BUSY_SECONDS, IDLE_SECONDS = 0.05, 0.25

WAITING = text("SELECT EXISTS (SELECT 1 FROM outbox WHERE published_at IS NULL)")
# `SHARD_LOCKS` are taken before, so that this statement's snapshot sees all rows that the last holder marked.
UNPUBLISHED = text(
    """SELECT id, created_on, aggregate_type, aggregate_id, topic, key, data, traceparent FROM outbox o
    WHERE published_at IS NULL AND shard = ANY(:shards) AND NOT EXISTS (
        SELECT 1 FROM outbox_parked p
        WHERE p.aggregate_type = o.aggregate_type AND p.aggregate_id = o.aggregate_id)
    ORDER BY id LIMIT :batch"""
).bindparams(bindparam("shards", type_=postgresql.ARRAY(postgresql.INTEGER)))
MARK = text(
    "UPDATE outbox SET published_at = clock_timestamp() WHERE created_on >= :since AND id = ANY(:ids)"
).bindparams(bindparam("ids", type_=postgresql.ARRAY(postgresql.BIGINT)))
PARK = text(
    "INSERT INTO outbox_parked (aggregate_type, aggregate_id, outbox_id, reason)"
    " VALUES (:aggregate_type, :aggregate_id, :outbox_id, :reason) ON CONFLICT DO NOTHING"
)
SKIP = text(
    """UPDATE outbox o SET published_at = clock_timestamp() FROM outbox_parked p
    WHERE p.aggregate_type = :kind AND p.aggregate_id = :id AND o.id = p.outbox_id AND o.published_at IS NULL
    RETURNING o.id AS outbox_id, o.topic, o.key, o.data, o.traceparent"""
)

log = structlog.get_logger(__name__)


class Relay:
    """Moves rows of one service's outbox to their topics."""

    def __init__(self, database: Database, publisher: Publisher) -> None:
        self._database = database
        self._publisher = publisher

    def run(self, stop: Stop) -> None:
        """Works until `stop` is set; a database or a broker that is away is waited for."""
        while not stop.is_set():
            try:
                published = self.step()
            except SQLAlchemyError as error:
                note_failure("relay", error)
                stop.wait(1.0)
                continue
            if published < BATCH:
                stop.wait(BUSY_SECONDS if published else IDLE_SECONDS)

    def step(self) -> int:
        """One batch in one transaction. Returns how many rows are published and marked."""
        with self._database.transaction() as session:
            if not session.scalar(WAITING):
                return 0
            shards = SHARD_LOCKS.take_free(session, SHARDS - 1)
            if not shards:
                return 0
            rows = session.execute(UNPUBLISHED, {"shards": shards, "batch": BATCH}).all()
            acked = self._publish(session, rows)
            if acked:
                since = min(row.created_on for row in acked)
                session.execute(MARK, {"ids": [row.id for row in acked], "since": since})
        metrics.OUTBOX_PUBLISHED.inc(len(acked))
        return len(acked)

    def _publish(self, session: Session, rows: Sequence[Row[Any]]) -> list[Row[Any]]:
        """Sends the rows in waves, one row per aggregate in each, so that no row overtakes an unacknowledged one."""
        queues: dict[tuple[str, str], list[Row[Any]]] = defaultdict(list)
        for row in rows:
            queues[row.aggregate_type, row.aggregate_id].append(row)
        acked: list[Row[Any]] = []
        while queues:
            wave = [queue.pop(0) for queue in queues.values()]
            outcomes = self._publisher.publish([_record(row) for row in wave])
            failed = self._settle(session, wave, outcomes, acked)
            queues = {key: queue for key, queue in queues.items() if queue and key not in failed}
        return acked

    def _settle(
        self,
        session: Session,
        wave: list[Row[Any]],
        outcomes: list[Exception | None],
        acked: list[Row[Any]],
    ) -> set[tuple[str, str]]:
        failed = set()
        for row, error in zip(wave, outcomes, strict=True):
            if error is None:
                acked.append(row)
                continue
            failed.add((row.aggregate_type, row.aggregate_id))
            if isinstance(error, TooLarge):
                _park(session, row, error)
            else:
                metrics.OUTBOX_FAILURES.inc()
                log.warning("relay.not_acknowledged", outbox_id=row.id, error=type(error).__name__)
        return failed


def _record(row: Row[Any]) -> Record:
    return Record(topic=row.topic, key=row.key, value=bytes(row.data), traceparent=row.traceparent)


def _park(session: Session, row: Row[Any], error: Exception) -> None:
    log.error(
        "relay.aggregate_parked",
        outbox_id=row.id,
        aggregate_type=row.aggregate_type,
        error=str(error),
    )
    session.execute(
        PARK,
        {
            "aggregate_type": row.aggregate_type,
            "aggregate_id": row.aggregate_id,
            "outbox_id": row.id,
            "reason": f"{type(error).__name__}: {error}",
        },
    )


def parked(session: Session) -> Sequence[Row[Any]]:
    """Returns the parked aggregates, oldest first."""
    columns = "aggregate_type, aggregate_id, outbox_id, reason"
    return session.execute(text(f"SELECT {columns} FROM outbox_parked ORDER BY parked_at")).all()  # noqa: S608


def unpark(session: Session, aggregate_type: str, aggregate_id: str) -> bool:
    """Lets the relay try an aggregate again; False when it isn't parked."""
    statement = text(
        "DELETE FROM outbox_parked WHERE aggregate_type = :kind AND aggregate_id = :id RETURNING 1"
    )
    return session.scalar(statement, {"kind": aggregate_type, "id": aggregate_id}) is not None


def skip(
    session: Session, service: str, aggregate_type: str, aggregate_id: str, *, reason: str
) -> bool:
    """Leaves out the row that parks an aggregate, for good; the rows behind it go on. False when it isn't parked.

    The row is kept among the dead letters. Consumers see a gap in the versions, and the next whole state.
    """
    row = session.execute(SKIP, {"kind": aggregate_type, "id": aggregate_id}).one_or_none()
    if row is not None:
        dead_letters.keep_unsent(session, service, row, reason=reason)
    return unpark(session, aggregate_type, aggregate_id)
