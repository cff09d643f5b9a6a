"""The consumer: one message, one transaction; offsets after the database; poison aside; never still and silent."""

import time
from datetime import UTC, datetime
from threading import Event as Stop

import structlog
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from chassis import contracts, dead_letters, inbox, metrics, telemetry
from chassis.db import Database
from chassis.kafka import BrokerError, Record
from chassis.kafka import Consumer as Client
from chassis.service import Topics

POLL_MS = 250
ATTEMPTS = 3
RETRY_SECONDS = (0.1, 0.5, 1.0, 2.0, 5.0)
STALL_SECONDS = 30.0

_PROGRESS = text(
    """INSERT INTO consumer_progress (consumer, topic, partition, next_offset, complete_until)
    VALUES (:consumer, :topic, :partition, :next_offset, :complete_until)
    ON CONFLICT (consumer, topic, partition) DO UPDATE SET
        next_offset = greatest(excluded.next_offset, consumer_progress.next_offset),
        complete_until = greatest(excluded.complete_until, consumer_progress.complete_until)"""
)

log = structlog.get_logger(__name__)
Part = tuple[str, int]


class Consumer:
    """Applies the events of a service's subscribed topics to its own database."""

    def __init__(self, name: str, database: Database, client: Client, topics: Topics) -> None:
        self.name = name
        self._database = database
        self._client = client
        self._topics = topics
        self._moved_at = time.monotonic()
        self._next: dict[Part, int] = {}
        self._complete: dict[Part, datetime] = {}
        self._noted_at = 0.0
        self._behind = False

    def run(self, stop: Stop) -> None:
        """Works until `stop` is set. The record in hand is finished first."""
        while not stop.is_set():
            try:
                self.step(stop)
            except BrokerError as error:
                if not error.retriable:
                    raise  # the process starts again with a new client
                log.warning("consumer.broker_away", error=type(error).__name__)
                stop.wait(1.0)

    def stalled(self) -> bool:
        """True when it's assigned, behind, and hasn't moved for 30 s: the process should die and start again."""
        return self._behind and time.monotonic() - self._moved_at > STALL_SECONDS

    def step(self, stop: Stop) -> int:
        """Polls once and handles what came. Answers how many records."""
        polled_at = datetime.now(UTC)
        records = self._client.poll(POLL_MS)
        self._behind = bool(records)
        done: dict[Part, int] = {}
        stopped = False
        for record in records:
            part = (record.topic, record.partition)
            if part not in self._client.assignment():
                continue  # its new owner starts from the committed offset
            if stopped := stop.is_set() or not self._settle(record, stop):
                break
            done[part] = record.offset + 1
            self._moved_at = time.monotonic()
        if done and self._client.commit(done):
            self._next.update(done)
        if not stopped:  # what was fetched and not handled isn't complete
            self._note_progress(polled_at)
        return len(records)

    def _settle(self, record: Record, stop: Stop) -> bool:
        """Tries until the record took effect or lies in the dead letters. False only when told to stop."""
        attempts, waits = 0, 0
        while True:
            try:
                with metrics.consumed(self.name, record.topic):
                    self._apply(record)
                return True
            except (OperationalError, InterfaceError) as error:
                self._wait(RETRY_SECONDS[min(waits, len(RETRY_SECONDS) - 1)], error, stop)
                waits += 1
            except Exception as error:
                attempts += 1
                if attempts >= ATTEMPTS or isinstance(
                    error, (inbox.MalformedEvent, contracts.ContractError)
                ):
                    self._dead_letter(record, error, attempts, stop)
                    return True
            if stop.is_set():
                return False

    def _apply(self, record: Record) -> None:
        event = inbox.parse(record.value)
        handler = self._topics.get(record.topic, {}).get(event.type)
        if handler is None:
            return
        contracts.check_event(event.type, event.data)
        names = {"consumer": self.name, "topic": record.topic, "key": record.key}
        with (
            telemetry.span(f"consume {record.topic}", record.traceparent),
            self._database.transaction() as session,
        ):
            if inbox.accept(session, event_id=event.id, **names):
                handler(session, event)
                return
            if inbox.taken(session, consumer=self.name, event_id=event.id):
                metrics.INBOX_DUPLICATES.labels(self.name).inc()
                return
            dead_letters.lock_key(session, **names)
            if dead_letters.is_parked(session, **names):
                dead_letters.park(
                    session, self.name, record, reason=dead_letters.QUEUED_BEHIND, attempts=0
                )
            elif inbox.take(session, consumer=self.name, event_id=event.id):
                handler(session, event)

    def _dead_letter(self, record: Record, error: Exception, attempts: int, stop: Stop) -> None:
        reason = dead_letters.reason_of(error)
        log.error(
            "consumer.dead_letter",
            topic=record.topic, partition=record.partition, offset=record.offset, reason=reason,
        )  # fmt: skip
        while True:
            try:
                with self._database.transaction() as session:
                    dead_letters.park(session, self.name, record, reason=reason, attempts=attempts)
                metrics.DEAD_LETTERS.labels(self.name).inc()
                return
            except DBAPIError as away:
                self._wait(1.0, away, stop)

    def _wait(self, seconds: float, error: Exception, stop: Stop) -> None:
        """Waits for a database that's away, without leaving the group."""
        log.warning("consumer.database_away", error=type(error).__name__)
        self._moved_at = time.monotonic()
        self._client.pause()
        stop.wait(seconds)
        self._client.keep_alive()
        self._client.resume()

    def _note_progress(self, polled_at: datetime) -> None:
        """About once a second: how far each partition is, which `as_of` and the lag gauges are made of."""
        if time.monotonic() - self._noted_at < 1.0:
            return
        self._noted_at = time.monotonic()
        lags = self._client.lag()
        self._behind = any(lags.values())
        metrics.set_lag(self.name, lags)
        rows = [
            {
                "consumer": self.name,
                "topic": topic,
                "partition": partition,
                "next_offset": self._next.get((topic, partition), 0),
                "complete_until": polled_at,
            }
            for (topic, partition), lag in sorted(lags.items())
            if lag == 0
        ]
        if not rows:
            return
        try:
            with self._database.transaction() as session:
                session.execute(_PROGRESS, rows)
        except DBAPIError as error:
            log.warning("consumer.database_away", error=type(error).__name__)
