"""Bugs of the relay."""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from psycopg.rows import args_row
from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis.data.db import Database, execute_by_driver
from chassis.events import outbox, relay
from chassis.events.kafka import TooLarge
from chassis.events.relay import Relay

from .bug import bug, patch


@bug("outbox is topic", "permits", "relay", nemesis=("sigkill-permits-work", "kafka-down"))
def mark_before_ack() -> None:
    """Rows are marked and committed, then sent: a record without acknowledgement is lost."""

    def step(self: Relay) -> int:
        with self._database.transaction() as session:
            rows = _locked_rows(session)
            _mark(session, rows)
        time.sleep(0.05 if rows else 0)
        self._publisher.publish([relay._record(row) for row in rows])
        return len(rows)

    patch(Relay, "step", step)


def _locked_rows(session: Session) -> Sequence[Any]:
    shards = relay.SHARD_LOCKS.take_free(session, outbox.SHARDS - 1)
    values = {"shards": shards, "batch": relay.BATCH}
    return execute_by_driver(
        session, relay.UNPUBLISHED, values, args_row(outbox.WaitingRow)
    ).fetchall()


def _mark(session: Session, rows: Sequence[Any]) -> None:
    if rows:
        since = min(row.created_on for row in rows)
        values = {"ids": [row.id for row in rows], "since": since}
        execute_by_driver(session, relay.MARK, values)


@bug("outbox is topic", "permits", "relay", nemesis=("kafka-down",))
def mark_the_whole_batch() -> None:
    """A row isn't acknowledged (here one in thirty isn't even sent), and it's marked with the others."""
    _lose_some()

    def settle(_self: Relay, _session: Session, wave: Any, _outcomes: Any, acked: Any) -> set[Any]:
        acked.extend(wave)
        return set()

    patch(Relay, "_settle", settle)


def _lose_some() -> None:
    """One row in thirty isn't sent, and so it isn't acknowledged: the outages of a short run may be over before a
    producer gives up."""

    class Unreliable:
        def __init__(self, publisher: Any) -> None:
            self._publisher = publisher

        def publish(self, records: Any) -> list[Exception | None]:
            lost = [random.random() < 1 / 30 for _ in records]
            sent = iter(self._publisher.publish([r for r, no in zip(records, lost) if not no]))  # noqa: B905
            return [ConnectionError() if no else next(sent) for no in lost]

    begin = Relay.__init__

    def init(self: Relay, database: Database, publisher: Any, **settings: Any) -> None:
        begin(self, database, Unreliable(publisher), **settings)

    patch(Relay, "__init__", init)


@bug("outbox is topic", "permits", "relay")
def cursor_on_id() -> None:
    """Remembers the highest id that it sent; rows with a lower one that commit later are never seen."""
    since: dict[str, int] = {}
    statement = text(
        "SELECT id, created_on, aggregate_type, aggregate_id, topic, key, data, traceparent FROM outbox"
        " WHERE id > :last ORDER BY id LIMIT 500"
    )
    newest = text("SELECT coalesce(max(id), 0) FROM outbox WHERE published_at IS NOT NULL")

    def step(self: Relay) -> int:
        with self._database.transaction() as session:
            if len(relay.SHARD_LOCKS.take_free(session, outbox.SHARDS - 1)) < outbox.SHARDS:
                return 0  # another relay works
            last = max(since.get("id", 0), session.scalar(newest) or 0)
            rows = session.execute(statement, {"last": last}).all()
            acked = self._publish(session, rows)
            _mark(session, acked)
            since["id"] = max([last, *(row.id for row in acked)])
        return len(acked)

    patch(Relay, "step", step)


@bug("order", "permits", "relay", processes=3)
def skip_locked() -> None:
    """SKIP LOCKED with several relays: each takes other rows of the same aggregate, and one of them is faster."""
    statement = text(
        """SELECT id, created_on, aggregate_type, aggregate_id, topic, key, data, traceparent FROM outbox o
        WHERE published_at IS NULL ORDER BY id LIMIT 4 FOR UPDATE SKIP LOCKED"""
    )

    def step(self: Relay) -> int:
        with self._database.transaction() as session:
            rows = session.execute(statement).all()
            time.sleep(random.uniform(0, 0.3) if rows else 0)
            acked = self._publish(session, rows)
            _mark(session, acked)
        return len(acked) and relay.BATCH

    patch(Relay, "step", step)


@bug("order", "permits", "relay")
def overtake_the_unacknowledged() -> None:
    """A row isn't acknowledged (here one in thirty isn't even sent), and the aggregate's next one goes out."""
    _lose_some()
    _let_rows_gather()
    settle = Relay._settle

    def careless(self: Relay, session: Session, wave: Any, outcomes: Any, acked: Any) -> set[Any]:
        settle(self, session, wave, outcomes, acked)
        return set()

    patch(Relay, "_settle", careless)


@bug("order", "permits", "relay")
def key_by_event() -> None:
    """Records are keyed by the event, not by the aggregate: one aggregate's events lie in several partitions."""
    record = relay._record

    def scattered(row: Any) -> Any:
        return replace(record(row), key=str(row.id))

    patch(relay, "_record", scattered)


@bug("order", "permits", "relay")
def without_order() -> None:
    """The rows that wait are read without ORDER BY."""
    shuffled = relay.UNPUBLISHED.replace("ORDER BY id", "ORDER BY md5(event_id)")
    patch(relay, "UNPUBLISHED", shuffled)
    _let_rows_gather()


def _let_rows_gather() -> None:
    """Pauses before each step, so that several events of one aggregate wait at a time."""

    def step(self: Relay, whole: Callable[[Relay], int] = Relay.step) -> int:
        time.sleep(relay.GATHER_SECONDS * 10)
        return whole(self)

    patch(Relay, "step", step)


@bug("outbox is topic", "permits", "relay", nemesis=("oversized",))
def drop_the_oversized() -> None:
    """An event that's too large is marked as sent, and the aggregate goes on with a gap."""
    settle = Relay._settle

    def drop(self: Relay, session: Session, wave: Any, outcomes: Any, acked: Any) -> set[Any]:
        outcomes = [None if isinstance(one, TooLarge) else one for one in outcomes]
        return settle(self, session, wave, outcomes, acked)

    patch(Relay, "_settle", drop)
