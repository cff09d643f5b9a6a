"""The work process: relay, consumer and housekeeping in threads. A part that fails takes the process with it."""

import os
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Event as Stop
from threading import Thread
from typing import Any

import structlog
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from chassis import dpop, health, inbox, kafka, logs, metrics, outbox, revocations, telemetry
from chassis.consumer import Consumer
from chassis.db import Database
from chassis.relay import Relay
from chassis.service import Service, Topics
from chassis.settings import Settings

OUTBOX_DAYS, INBOX_DAYS = 7, 35
_GAUGES = text(
    """SELECT (SELECT count(*) FROM outbox_parked),
    (SELECT count(*) FROM dead_letter WHERE replayed_at IS NULL),
    (SELECT coalesce(extract(epoch FROM now() - min(complete_until)), 0)::float FROM consumer_progress
        WHERE topic = ANY(:topics))"""
)

log = structlog.get_logger(__name__)


def topics_of(service: Service) -> Topics:
    """What the service consumes: its own handlers and the revocations that every service needs."""
    return {**service.handlers, **revocations.HANDLERS}


def work(service: Service, settings: Settings, parts: frozenset[str]) -> int:
    """Runs the parts (`relay`, `consumer`) until SIGTERM or SIGINT. Answers the exit status."""
    logs.configure(service.name, "work", settings.log_level)
    telemetry.configure(service.name, "work")
    database = Database(settings.database_url, pool_size=4, name=f"{service.name}/work")
    stop = Stop()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    runners: list[Callable[[Stop], None]] = [Housekeeping(service, database).run]
    if "relay" in parts:
        runners.append(lambda halt: _relay(service, settings, database, halt))
    consumers: list[Consumer] = []
    if "consumer" in parts:
        runners.append(lambda halt: _consume(service, settings, database, consumers, halt))
    threads = [_guarded(runner, stop) for runner in runners]
    if settings.ops_port:
        health.listen(
            settings.ops_host,
            settings.ops_port,
            live=lambda: not any(consumer.stalled() for consumer in consumers),
            ready=lambda: health.database_ready(service.package, database),
        )
    return _supervise(threads, consumers, stop)


def _relay(service: Service, settings: Settings, database: Database, stop: Stop) -> None:
    servers = settings.kafka_bootstrap_servers
    producer = kafka.connect(
        lambda: kafka.Producer(servers, client_id=f"{service.name}-relay"), stop
    )
    if producer is None:
        return
    try:
        Relay(database, producer).run(stop)
    finally:
        producer.close()


def _consume(
    service: Service, settings: Settings, database: Database, consumers: list[Consumer], stop: Stop
) -> None:
    topics = topics_of(service)
    servers = settings.kafka_bootstrap_servers
    client = kafka.connect(lambda: kafka.Consumer(servers, group=service.name, topics=topics), stop)
    if client is None:
        return
    consumer = Consumer(service.name, database, client, topics)
    consumers.append(consumer)
    try:
        consumer.run(stop)
    finally:
        client.close()


class _Guarded(Thread):
    failed = False


def _guarded(runner: Callable[[Stop], None], stop: Stop) -> _Guarded:
    def run() -> None:
        try:
            runner(stop)
        except Exception:
            log.exception("work.part_failed")
            thread.failed = True
            stop.set()

    thread = _Guarded(target=run, daemon=True)
    thread.start()
    return thread


def _supervise(threads: list[_Guarded], consumers: list[Consumer], stop: Stop) -> int:
    while not stop.wait(1.0):
        if any(consumer.stalled() for consumer in consumers):
            log.error("work.consumer_stalled")
            os._exit(1)  # a thread that hangs in a client can't be asked to stop
    deadline = time.monotonic() + 20
    for thread in threads:
        thread.join(max(0.1, deadline - time.monotonic()))
    return 1 if any(thread.failed or thread.is_alive() for thread in threads) else 0


class Housekeeping:
    """Gauges and the service's chores every second; partitions and purges every minute."""

    def __init__(self, service: Service, database: Database) -> None:
        self._name = service.name
        self._topics = sorted(
            topics_of(service)
        )  # rows of a topic that's consumed no more age for ever
        self._chores = service.chores
        self._database = database
        self._tidied_at = float("-inf")

    def run(self, stop: Stop) -> None:
        """Works until `stop` is set; a database that's away is waited for."""
        while not stop.is_set():
            try:
                self.measure()
                for chore in self._chores:
                    with self._database.transaction() as session:
                        chore(session)
                if time.monotonic() - self._tidied_at > 60:
                    self.tidy(datetime.now(UTC))
                    self._tidied_at = time.monotonic()
            except DBAPIError as error:
                log.warning("housekeeping.database_away", error=type(error).__name__)
            stop.wait(1.0)

    def measure(self) -> None:
        """Sets the gauges that alerts look at."""
        with self._database.transaction() as session:
            age, rows = outbox.backlog(session)
            parked, letters, lag = session.execute(_GAUGES, {"topics": self._topics}).one()
        metrics.OUTBOX_AGE.set(age)
        metrics.OUTBOX_WAITING.set(rows)
        metrics.OUTBOX_PARKED.set(parked)
        metrics.DEAD_LETTERS_OPEN.labels(self._name).set(letters)
        metrics.LAG_SECONDS.labels(self._name).set(max(0.0, lag))

    def tidy(self, now: datetime) -> None:
        """Makes the days ahead, drops published days past a week, forgets old inbox rows and revocations."""
        jobs: list[Callable[[Any], Any]] = [
            lambda session: outbox.ensure_partitions(session, now.date()),
            lambda session: outbox.drop_published_partitions(
                session, now.date() - timedelta(days=OUTBOX_DAYS)
            ),
            lambda session: inbox.purge(session, days=INBOX_DAYS),
            revocations.purge,
            dpop.purge,
        ]
        for job in jobs:
            with self._database.transaction() as session:
                job(session)
