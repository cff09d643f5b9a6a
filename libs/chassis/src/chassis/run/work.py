"""The work process: relay, consumer, deadlines, the service's own workers and housekeeping, each in a thread. A thread
that fails ends the process."""

import os
import signal
import time
from collections.abc import Callable, Collection
from threading import Event as Stop
from threading import Thread
from typing import Any

import structlog

from chassis.core import logs, telemetry
from chassis.core.settings import Settings
from chassis.data.db import Database
from chassis.events import kafka
from chassis.events.consumer import Consumer
from chassis.events.relay import Relay
from chassis.http import health
from chassis.process import Process, collect_seldom
from chassis.run.deadlines import Deadlines
from chassis.run.housekeeping import Housekeeping, topics_of
from chassis.service import CONSUMER, DEADLINES, RELAY, Service, Worker

# One each for relay, its wake-ups, consumer, housekeeping and the probe of the operations port.
CONNECTIONS = 5
# A worker of a service may have threads, whose transactions are short.
WORKER_CONNECTIONS = 3
HOUSEKEEPING = "housekeeping"

log = structlog.get_logger(__name__)


Runner = Callable[[Stop], object]


def connections(service: Service) -> int:
    """Returns how many connections a `work` needs at most."""
    own = 1 if service.deadlines else 0
    return CONNECTIONS + own + WORKER_CONNECTIONS * len(service.workers)


def work(service: Service, settings: Settings, jobs: Collection[str]) -> int:
    """Runs housekeeping and some of the service's jobs until SIGTERM or SIGINT. Returns the exit status."""
    logs.configure(service.name, "work", settings.log_level)
    telemetry.configure(service.name, "work")
    size, name = connections(service), f"{service.name}/work"
    database = Database(settings.database_url, pool_size=size, name=name, watched=True)
    process: Process[Any, Any] = Process(service, settings, database)
    stop = Stop()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    consumers: list[Consumer] = []
    runners = _runners(process, consumers)
    collect_seldom()
    threads = [
        _guarded(name, runner, stop)
        for name, runner in runners.items()
        if name in jobs or name == HOUSEKEEPING
    ]
    if settings.ops_port:
        health.listen(
            settings.ops_host,
            settings.ops_port,
            live=lambda: not any(consumer.stalled() for consumer in consumers),
            ready=lambda: health.hindrance(service.package, database),
        )
    status = _supervise(threads, consumers, stop)
    process.close()
    return status


def _runners(process: Process[Any, Any], consumers: list[Consumer]) -> dict[str, Runner]:
    """Housekeeping and the jobs of a service, by name."""

    def runs(worker: Worker) -> Runner:
        return lambda stop: worker(process, stop)

    return {
        HOUSEKEEPING: Housekeeping(process).run,
        RELAY: lambda stop: _relay(process, stop),
        CONSUMER: lambda stop: _consume(process, consumers, stop),
        DEADLINES: Deadlines(process).run,
        **{name: runs(worker) for name, worker in process.service.workers.items()},
    }


def _relay(process: Process[Any, Any], stop: Stop) -> None:
    servers, name = process.settings.kafka_bootstrap_servers, process.service.name
    producer = kafka.connect(lambda: kafka.Producer(servers, client_id=f"{name}-relay"), stop)
    if producer is None:
        return
    try:
        gather = process.service.gather_seconds
        Relay(process.database, producer, gather_seconds=gather).run(stop)
    finally:
        producer.close()


def _consume(process: Process[Any, Any], consumers: list[Consumer], stop: Stop) -> None:
    topics, name = topics_of(process.service), process.service.name
    servers = process.settings.kafka_bootstrap_servers
    client = kafka.connect(lambda: kafka.Consumer(servers, group=name, topics=topics), stop)
    if client is None:
        return
    gather = process.service.gather_seconds
    consumer = Consumer(
        name, process.database, client, topics, process.context, gather_seconds=gather
    )
    consumers.append(consumer)
    try:
        consumer.run(stop)
    finally:
        client.close()


class _Guarded(Thread):
    failed = False


def _guarded(name: str, runner: Runner, stop: Stop) -> _Guarded:
    def run() -> None:
        try:
            runner(stop)
            if not stop.is_set():
                raise RuntimeError("it ended before it was asked to")
        except Exception:
            log.exception("work.part_failed", worker=name)
            thread.failed = True
            stop.set()

    thread = _Guarded(target=run, name=name, daemon=True)
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
