"""Applies the events of other services: one record is one transaction, and its offset is committed afterwards, at most
twice a second. After a crash the inbox knows the records that come again.

A transaction holds the record's inbox row, its effects and its outbox rows. Records of topics whose handlers are all
BatchHandlers share a transaction. When a shared transaction fails, the records before the faulty record are applied
without it, and the faulty record is tried by itself. When the faulty record isn't known, half of the records is tried,
until it's known. A record that keeps failing is parked (chassis.events.parking).
"""

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Event as Stop
from typing import Any

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from chassis.core import contracts, metrics, telemetry
from chassis.core.cloudevents import Received
from chassis.core.context import Context
from chassis.data.db import Database
from chassis.data.failures import note_failure
from chassis.data.sqlstate import is_away, is_busy
from chassis.events import inbox, parking
from chassis.events.handlers import GATHER_SECONDS, BatchHandler, ContextOf, Handler, Topics
from chassis.events.kafka import BrokerError, Position, Record
from chassis.events.kafka import Consumer as Client

# A poll ends with the first record; an idle consumer asks once a second.
POLL_MS = 1_000
ATTEMPTS = 3
# So often an event waits for rows that others have locked, before that counts as an attempt.
BUSY_WAITS = 10
RETRY_SECONDS = (0.1, 0.5, 1.0, 2.0, 5.0)
STALL_SECONDS = 30.0
COMMIT_SECONDS = 0.5
NOTE_SECONDS = 2.0

_PROGRESS = text(
    """INSERT INTO consumer_progress (consumer, topic, partition, next_offset, complete_until)
    SELECT :consumer, part.topic, part.partition, part.next_offset, part.complete_until
    FROM unnest(CAST(:topics AS text[]), CAST(:partitions AS integer[]), CAST(:next_offsets AS bigint[]),
        CAST(:complete_until AS timestamptz[])) AS part (topic, partition, next_offset, complete_until)
    ON CONFLICT (consumer, topic, partition) DO UPDATE SET
        next_offset = greatest(excluded.next_offset, consumer_progress.next_offset),
        complete_until = greatest(excluded.complete_until, consumer_progress.complete_until)"""
)

log = structlog.get_logger(__name__)
Part = tuple[str, int]
Arrived = tuple[int, Record, Received, Handler]


class Failed(Exception):
    """A transaction of several records failed. `at`: the index of the record that failed, 0 when the database is away,
    None when it isn't known.
    """

    def __init__(self, at: int | None, error: Exception) -> None:
        self.at, self.error = at, error


def _batch_sizes(topics: Topics) -> dict[str, int]:
    """Returns the topics whose records may share a transaction, with the largest number of records in it."""
    sizes = {}
    for topic, handlers in topics.items():
        batches = [one for one in handlers.values() if isinstance(one, BatchHandler)]
        if len(batches) == len(handlers):
            sizes[topic] = min((one.most or sys.maxsize for one in batches), default=sys.maxsize)
    return sizes


class Effects:
    """The effects of one transaction, in order. Neighbouring events of one BatchHandler are written together."""

    def __init__(self, context: Context[Any, Any]) -> None:
        self.context = context
        self._handler: BatchHandler | None = None
        self._prepared: list[Any] = []
        self.writing = False  # an error may then be of any prepared event

    def add(self, handler: Handler, event: Received) -> None:
        if handler is not self._handler:
            self.write()
        if isinstance(handler, BatchHandler):
            self._prepared.append(handler.prepare(self.context, event))
            self._handler = handler
        else:
            handler(self.context, event)

    def write(self) -> None:
        """Writes the prepared events."""
        if self._handler is None:
            return
        self.writing = True
        self._handler.write(self.context, self._prepared)
        self.writing = False
        self._handler, self._prepared = None, []


class Consumer:
    """Applies the events of a service's subscribed topics to its own database.

    `gather_seconds`: the pause after a poll that brought records, so that records that come one by one share a
    transaction. A record that comes alone is applied at once.
    """

    def __init__(
        self,
        name: str,
        database: Database,
        client: Client,
        topics: Topics,
        context_of: ContextOf,
        *,
        gather_seconds: float = GATHER_SECONDS,
    ) -> None:
        self.name = name
        self._database = database
        self._context_of = context_of
        self._client = client
        self._topics = topics
        self._gather_seconds = gather_seconds
        self._batch_sizes = _batch_sizes(topics)
        self._moved_at = time.monotonic()
        self._uncommitted: dict[Part, int] = {}
        self._committed_at = float("-inf")
        self._noted_at = 0.0
        self._awaited: dict[Part, tuple[int, datetime]] = {}
        self._behind = False

    def run(self, stop: Stop) -> None:
        """Works until `stop` is set. The record in hand is finished first."""
        while not stop.is_set():
            with self._broker_may_be_away(stop):
                if self.step(stop):
                    stop.wait(self._gather_seconds)
        with self._broker_may_be_away(stop):
            self._commit()

    @contextmanager
    def _broker_may_be_away(self, stop: Stop) -> Iterator[None]:
        try:
            yield
        except BrokerError as error:
            if not error.retriable:
                raise  # the process starts again with a new client
            log.warning("consumer.broker_away", error=type(error).__name__)
            # A consumer without a broker isn't stalled; the lag gauges and `as_of` show it.
            self._behind = False
            stop.wait(1.0)

    def stalled(self) -> bool:
        """Returns True when it's assigned, behind, and hasn't moved for 30 s: the process should die and start
        again."""
        return self._behind and time.monotonic() - self._moved_at > STALL_SECONDS

    def step(self, stop: Stop) -> int:
        """Polls once and handles the records. Returns how many."""
        polled = self._client.poll(POLL_MS)
        self._note_behind(bool(polled))
        # Another member starts on its new partitions from the committed offset.
        ours = self._client.assignment()
        records = [record for record in polled if (record.topic, record.partition) in ours]
        self._uncommitted = {part: at for part, at in self._uncommitted.items() if part in ours}
        settled = self._settle(records, stop)
        for record in records[:settled]:
            part = record.topic, record.partition
            self._uncommitted[part] = record.offset + 1
        if time.monotonic() - self._committed_at >= COMMIT_SECONDS:
            self._commit()
        if settled == len(records):  # records that were fetched and not handled: not complete
            self._note_progress()
        return len(polled)

    def _commit(self) -> None:
        """Commits the offsets of what took effect."""
        if self._uncommitted and self._client.commit(self._uncommitted):
            self._committed_at = time.monotonic()
        self._uncommitted = {}

    def _settle(self, records: Sequence[Record], stop: Stop) -> int:
        """Handles the records in order. Returns how many; fewer than all only when `stop` is set."""
        done, until = 0, self._end(records, 0)
        while done < len(records) and not stop.is_set():
            try:
                self._apply(records[done:until])
                done, until = until, self._end(records, until)
            except Failed as failed:
                self._moved_at = time.monotonic()  # a try that came to an end is no stall
                if well := (until - done) // 2 if failed.at is None else failed.at:
                    until = done + well
                    continue
                if not self._settle_one(records[done], failed.error, stop):
                    break
                done, until = done + 1, self._end(records, done + 1)
            self._moved_at = time.monotonic()
        return done

    def _end(self, records: Sequence[Record], start: int) -> int:
        """Returns the end of the transaction that begins with the record at `start`."""
        at, end = start, len(records)
        while at < end:
            size = self._batch_sizes.get(records[at].topic)
            if size is None:
                return max(at, start + 1)
            at, end = at + 1, min(end, start + size)
        return end

    def _settle_one(self, record: Record, error: Exception, stop: Stop) -> bool:
        """Tries until the record took effect or is parked. Returns False only when `stop` is set. Waits
        for a database that's away. A statement that fails, or takes too long each time, is the record's own fault."""
        attempts = waits = busy = 0
        while True:
            if is_away(error) or (is_busy(error) and busy < BUSY_WAITS):
                busy += is_busy(error)
                self._wait(RETRY_SECONDS[min(waits, len(RETRY_SECONDS) - 1)], error, stop)
                waits += 1
            else:
                attempts += 1
                hopeless = isinstance(error, (inbox.MalformedEvent, contracts.ContractError))
                if hopeless or attempts >= ATTEMPTS:
                    return self._park(record, error, attempts, stop)
            if stop.is_set():
                return False
            try:
                self._apply([record])
                return True
            except Failed as failed:
                self._moved_at = time.monotonic()
                error = failed.error

    def _apply(self, records: Sequence[Record]) -> None:
        """Applies all records in one transaction. Raises Failed; then none took effect."""
        began = time.perf_counter()
        at: int | None = None
        effects = None
        try:
            arrived: list[Arrived] = []
            for at, record in enumerate(records):
                if (read := self._read(record)) is not None:
                    arrived.append((at, record, *read))
            at = None
            if arrived:
                with self._database.transaction() as session:
                    fresh = self._accept(session, arrived)
                    effects = Effects(self._context_of(session))
                    for one in arrived:
                        at = one[0]
                        self._take_effect(effects, fresh, one)
                    at = None
                    effects.write()
        except Exception as error:
            if effects is not None and effects.writing:
                at = None
            metrics.count_consumed(self.name, [records[at or 0].topic], "error", began)
            raise Failed(0 if is_away(error) else at, error) from error
        metrics.count_consumed(self.name, [record.topic for record in records], "ok", began)

    def _read(self, record: Record) -> tuple[Received, Handler] | None:
        """Returns the event and its handler; None when the service has no handler for its type."""
        event = inbox.parse(record.value)
        handler = self._topics.get(record.topic, {}).get(event.type)
        if handler is None:
            return None
        contracts.check_event(event.type, event.data)
        return event, handler

    def _accept(self, session: Session, arrived: Sequence[Arrived]) -> set[str]:
        ids = [(event.id, record.topic, record.key) for _, record, event, _ in arrived]
        return inbox.accept(session, consumer=self.name, arrived=ids)

    def _take_effect(self, effects: Effects, fresh: set[str], arrived: Arrived) -> None:
        _, record, event, handler = arrived
        session = effects.context.session
        with telemetry.span(f"consume {record.topic}", record.traceparent):
            if event.id in fresh:
                fresh.discard(event.id)  # the same event may have come twice in one poll
                effects.add(handler, event)
                return
            if inbox.taken(session, consumer=self.name, event_id=event.id):
                metrics.INBOX_DUPLICATES.labels(self.name).inc()
                return
            names = {"consumer": self.name, "topic": record.topic, "key": record.key}
            parking.lock_key(session, **names)
            if parking.is_parked(session, **names):
                parking.park_event(session, self.name, record, reason=parking.WAITS_BEHIND, tries=0)
            elif inbox.take(session, consumer=self.name, event_id=event.id):
                effects.add(handler, event)

    def _park(self, record: Record, error: Exception, attempts: int, stop: Stop) -> bool:
        """Parks the record. Waits for a database that's away or busy; returns False when `stop` is set meanwhile.
        Raises any other error: the process ends with a traceback and starts again, instead of waiting for ever."""
        reason = parking.reason_of(error)
        log.error(
            "consumer.event_parked",
            topic=record.topic, partition=record.partition, offset=record.offset, reason=reason,
        )  # fmt: skip
        while True:
            try:
                with self._database.transaction() as session:
                    parking.park_event(session, self.name, record, reason=reason, tries=attempts)
                metrics.EVENTS_PARKED.labels(self.name).inc()
                return True
            except SQLAlchemyError as hindrance:
                if not (is_away(hindrance) or is_busy(hindrance)):
                    raise
                self._wait(1.0, hindrance, stop)
                if stop.is_set():
                    return False

    def _wait(self, seconds: float, error: Exception, stop: Stop) -> None:
        """Waits for a database that's away or busy, without leaving the group."""
        if is_busy(error):
            log.warning("consumer.busy", error=type(error).__name__)
        else:
            note_failure("consumer", error)
        self._moved_at = time.monotonic()
        self._client.pause()
        stop.wait(seconds)
        self._client.keep_alive()
        self._client.resume()

    def _note_behind(self, behind: bool) -> None:
        if behind and not self._behind:
            self._moved_at = time.monotonic()  # it was idle until now, which is no stall
        self._behind = behind

    def _note_progress(self) -> None:
        """Every two seconds: the position in each partition, for `as_of` and the lag gauges."""
        if time.monotonic() - self._noted_at < NOTE_SECONDS:
            return
        self._noted_at = time.monotonic()
        asked_at = datetime.now(UTC)
        positions = self._client.positions()
        lags = {part: position.lag for part, position in positions.items()}
        self._note_behind(any(lags.values()))
        metrics.set_lag(self.name, lags)
        complete = sorted(self._complete_parts(positions, asked_at).items())
        if not complete:
            return
        values = {
            "consumer": self.name,
            "topics": [topic for (topic, _), _ in complete],
            "partitions": [partition for (_, partition), _ in complete],
            "next_offsets": [positions[part].next_offset for part, _ in complete],
            "complete_until": [until for _, until in complete],
        }
        try:
            with self._database.separate_statements() as session:
                session.execute(_PROGRESS, values)
        except SQLAlchemyError as error:
            note_failure("consumer", error)

    def _complete_parts(
        self, positions: Mapping[Part, Position], asked_at: datetime
    ) -> dict[Part, datetime]:
        """Returns until when partitions are complete: until the moment at which an end was asked for that has been
        read to by now. Where records keep coming, that's the end of an earlier round."""
        complete: dict[Part, datetime] = {}
        awaited: dict[Part, tuple[int, datetime]] = {}
        for part, position in positions.items():
            end, ended_at = self._awaited.get(part, (position.end, asked_at))
            if position.next_offset >= end:
                complete[part] = ended_at
                end, ended_at = position.end, asked_at
            if position.lag:
                awaited[part] = end, ended_at
            else:
                complete[part] = asked_at
        self._awaited = awaited
        return complete
