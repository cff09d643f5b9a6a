"""The load: real commands at a fixed pace, and rows of the outbox as fast as they are asked for."""

import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from sqlalchemy import text

from chassis.core.ids import new_id
from chassis.data.db import Database
from chassis.data.unit_of_work import UnitOfWork
from chassis.events import outbox
from permits.commands import change_permit
from permits.sample import Officer

TICK_S = 0.02
# What the relay marks later hides when a row was committed, so each transaction leaves a row of its own.
COMMITTED = (
    "CREATE TABLE IF NOT EXISTS bench_committed"
    " (aggregate_id uuid, version int, PRIMARY KEY (aggregate_id, version))"
)
_COMMITTED = text("INSERT INTO bench_committed VALUES (:aggregate_id, :version)")
_NEWEST = text(
    "SELECT DISTINCT ON (aggregate_id) aggregate_id, version, type, topic, data FROM outbox"
    " WHERE aggregate_type = 'permit' ORDER BY aggregate_id, version DESC"
)
_INSERT = text(
    """INSERT INTO outbox
    (shard, aggregate_type, aggregate_id, version, event_id, type, topic, key, data)
    VALUES (:shard, 'permit', :aggregate_id, :version, :event_id, :type, :topic, :aggregate_id, :data)"""
)


class Commands:
    """The service's own commands: suspends and reinstates permits, one transaction each, in four threads."""

    def __init__(self, database: Database, permit_ids: Sequence[str], first: int) -> None:
        """`first`: how many commands on these permits were done before; every round does the other of the two."""
        self._database = database
        self._permit_ids = permit_ids
        self._first = first
        self._officer = Officer()

    def write(self, rate: int, seconds: float, tell: Callable[[int], None]) -> float:
        """`rate` commands a second, on time however slow the last one was. Answers how many seconds it took; tells how
        many are due, whenever some are."""
        began = time.monotonic()
        with ThreadPoolExecutor(4) as pool:
            tasks = []
            for numbers in _paced(rate, seconds, 1 / rate):
                tasks += [pool.submit(self._change, number) for number in numbers]
                tell(len(tasks))
            for task in tasks:
                task.result()
        return time.monotonic() - began

    def _change(self, number: int) -> None:
        turn, place = divmod(self._first + number, len(self._permit_ids))
        permit_id = self._permit_ids[place]
        reason = "قياس (بيانات تجريبية)"
        with self._database.transaction() as session:
            work = UnitOfWork(session, self._officer, datetime.now(UTC))
            if turn % 2 == 0:
                permit = change_permit.suspend(work, permit_id, reason=reason, body="البلدية")
            else:
                permit = change_permit.reinstate(work, permit_id, reason=reason)
            session.execute(_COMMITTED, {"aggregate_id": permit_id, "version": permit.version})


class Flood:
    """Writes what `outbox.publish` would write, without a command behind it: a load for the path, not for `permits`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        with database.transaction() as session:
            rows = session.execute(_NEWEST).all()
        self._states = [
            [
                row.aggregate_id,
                row.version,
                row.type,
                row.topic,
                json.loads(bytes(row.data))["data"],
            ]
            for row in rows
        ]

    def write(self, rate: int, seconds: float, tell: Callable[[int], None]) -> float:
        """`rate` rows a second, in a transaction every 20 ms. Answers how many seconds it took; tells how many rows are
        written, after each."""
        began, done = time.monotonic(), 0
        for numbers in _paced(rate, seconds, TICK_S):
            now = datetime.now(UTC)
            rows = [self._next(number, now) for number in numbers]
            with self._database.transaction() as session:
                session.execute(_INSERT, rows)
                session.execute(_COMMITTED, rows)
            done += len(rows)
            tell(done)
        return time.monotonic() - began

    def _next(self, number: int, now: datetime) -> dict[str, object]:
        state = self._states[number % len(self._states)]
        state[1] += 1
        aggregate_id, version, kind, topic, data = state
        event = outbox.Event(
            type=kind, topic=topic, aggregate_type="permit", aggregate_id=aggregate_id,
            version=version, data=data, time=now,
        )  # fmt: skip
        event_id = new_id()
        return {
            "shard": outbox.shard_of(aggregate_id), "aggregate_id": aggregate_id, "version": version,
            "event_id": event_id, "type": kind, "topic": topic,
            "data": outbox.envelope(event, event_id, None),
        }  # fmt: skip


def _paced(rate: int, seconds: float, tick: float):  # type: ignore[no-untyped-def]
    """Ranges of numbers that are due, as time goes by: an open loop that doesn't wait for the system."""
    began, done = time.monotonic(), 0
    total = int(rate * seconds)
    while done < total:
        due = min(total, int((time.monotonic() - began) * rate) + 1)
        if due > done:
            yield range(done, due)
            done = due
        time.sleep(max(0.0, min(tick, began + (done / rate) - time.monotonic() + tick / 2)))
