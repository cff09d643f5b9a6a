"""The relay: publishes outbox rows in order per aggregate, at least once, with any number of relays running.

Why it's made this way: a cursor on `id` loses rows that commit late, SKIP LOCKED with several relays reorders,
and an xid watermark does both harm and stalls. A shard's advisory lock lives as long as the transaction, so the
server frees it when a relay dies.
"""

from collections import defaultdict
from collections.abc import Sequence
from contextlib import closing
from threading import Event as Stop

import structlog
from psycopg.rows import args_row
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from chassis.core import metrics
from chassis.data.advisory import LockSpace
from chassis.data.db import Database, execute_by_driver
from chassis.data.failures import note_failure
from chassis.data.wakeup import IDLE_SECONDS, Wakeup
from chassis.events import parking
from chassis.events.handlers import GATHER_SECONDS
from chassis.events.kafka import Publisher, Record, TooLarge
from chassis.events.outbox import NOT_PARKED, SHARDS, WRITTEN, WaitingRow

SHARD_LOCKS = LockSpace("chassis.relay", 0x0B0C)
BATCH = 500

WAITING = "SELECT 1 FROM outbox WHERE published_at IS NULL LIMIT 1"
# `SHARD_LOCKS` are taken before, so that this statement's snapshot sees all rows that the last holder marked.
UNPUBLISHED = f"""SELECT id, created_on, aggregate_type, aggregate_id, topic, key, data, traceparent FROM outbox o
    WHERE published_at IS NULL AND shard = ANY(%(shards)s::integer[]) AND {NOT_PARKED}
    ORDER BY id LIMIT %(batch)s"""  # noqa: S608
MARK = """UPDATE outbox SET published_at = clock_timestamp()
    WHERE created_on >= %(since)s AND id = ANY(%(ids)s::bigint[])"""
log = structlog.get_logger(__name__)


class Relay:
    """Moves rows of one service's outbox to their topics.

    `gather_seconds`: the pause between two batches of a relay that has work. A row that comes alone goes out at once.
    """

    def __init__(
        self, database: Database, publisher: Publisher, *, gather_seconds: float = GATHER_SECONDS
    ) -> None:
        self._database = database
        self._publisher = publisher
        self._gather_seconds = gather_seconds
        self._all_refused = False
        self._had_work = False

    def run(self, stop: Stop) -> None:
        """Works until `stop` is set; a database or a broker that is away is waited for."""
        with closing(Wakeup(self._database, WRITTEN, self._gather_seconds)) as wakeup:
            while not stop.is_set():
                try:
                    published = self.step()
                    if self._all_refused:
                        stop.wait(IDLE_SECONDS)  # a wake-up doesn't help
                    elif published < BATCH:
                        wakeup.pause(stop, found_work=published > 0)
                except SQLAlchemyError as error:
                    note_failure("relay", error)
                    stop.wait(1.0)

    def step(self) -> int:
        """One batch in one transaction, if a row waits. Returns how many rows are published and marked. A relay that
        has just had work doesn't ask first whether a row waits."""
        self._all_refused = False
        if not self._had_work and not self._has_work():
            return 0
        self._had_work = False
        with self._database.transaction() as session:
            shards = SHARD_LOCKS.take_free(session, SHARDS - 1)
            if not shards:
                return 0
            values = {"shards": shards, "batch": BATCH}
            rows = execute_by_driver(session, UNPUBLISHED, values, args_row(WaitingRow)).fetchall()
            acked = self._publish(session, rows)
            if acked:
                since = min(row.created_on for row in acked)
                ids = [row.id for row in acked]
                execute_by_driver(session, MARK, {"ids": ids, "since": since})
        self._all_refused = bool(rows) and not acked
        self._had_work = bool(acked)
        metrics.OUTBOX_PUBLISHED.inc(len(acked))
        return len(acked)

    def _has_work(self) -> bool:
        with self._database.driver_connection() as connection:
            return connection.execute(WAITING).fetchone() is not None

    def _publish(self, session: Session, rows: Sequence[WaitingRow]) -> list[WaitingRow]:
        """Sends the rows in waves, one row per aggregate in each, so that no row overtakes an unacknowledged one."""
        queues: dict[tuple[str, str], list[WaitingRow]] = defaultdict(list)
        for row in rows:
            queues[row.aggregate_type, row.aggregate_id].append(row)
        acked: list[WaitingRow] = []
        while queues:
            wave = [queue.pop(0) for queue in queues.values()]
            outcomes = self._publisher.publish([_record(row) for row in wave])
            failed = self._settle(session, wave, outcomes, acked)
            queues = {key: queue for key, queue in queues.items() if queue and key not in failed}
        return acked

    def _settle(
        self,
        session: Session,
        wave: list[WaitingRow],
        outcomes: list[Exception | None],
        acked: list[WaitingRow],
    ) -> set[tuple[str, str]]:
        failed = set()
        for row, error in zip(wave, outcomes, strict=True):
            if error is None:
                acked.append(row)
                continue
            failed.add((row.aggregate_type, row.aggregate_id))
            if isinstance(error, TooLarge):
                parking.park_publication(session, row, error)
            else:
                metrics.OUTBOX_FAILURES.inc()
                log.warning("relay.not_acknowledged", outbox_id=row.id, error=type(error).__name__)
        return failed


def _record(row: WaitingRow) -> Record:
    return Record(topic=row.topic, key=row.key, value=row.data, traceparent=row.traceparent)
