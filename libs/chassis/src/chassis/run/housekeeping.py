"""The work process's regular tasks: chores each second, gauges each few seconds, partitions and purges each minute."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Event as Stop
from typing import Any

import structlog
from sqlalchemy import text

from chassis.access import dpop, quotas, revocations
from chassis.core import metrics
from chassis.core.cloudevents import Received
from chassis.core.context import Context
from chassis.data import deadlines, idempotency, parking, postponed_rows
from chassis.data.failures import note_failure
from chassis.data.sqlstate import sqlstate
from chassis.events import inbox, outbox
from chassis.events.handlers import Handler
from chassis.process import Process
from chassis.service import Chore, Service, Topics

OUTBOX_DAYS, INBOX_DAYS = 7, 35
MEASURE_SECONDS = 5.0  # a monitoring system asks less often
# A table or a column isn't there.
_NOT_MIGRATED = ("42P01", "42703")
_LAG = text(
    """SELECT coalesce(extract(epoch FROM now() - min(complete_until)), 0)::float FROM consumer_progress
    WHERE topic = ANY(:topics)"""
)

log = structlog.get_logger(__name__)


def topics_of(service: Service) -> Topics:
    """Returns the topics of the service: its own handlers and the revocations that every service needs."""
    return {**service.handlers, **_revocations(service.on_revoked)}


def _revocations(after: Handler | None) -> Topics:
    if after is None:
        return revocations.HANDLERS

    def record(context: Context[Any, Any], event: Received) -> None:
        revocations.record(context, event)
        after(context, event)

    known = revocations.HANDLERS[revocations.TOPIC]
    return {revocations.TOPIC: {**known, revocations.RECORDED: record}}


class Housekeeping:
    """The service's chores every second; gauges every five seconds; partitions and purges every minute."""

    def __init__(self, process: Process[Any, Any]) -> None:
        service = process.service
        self._process = process
        self._name = service.name
        # Otherwise the rows of a topic that's no longer consumed age for ever.
        self._topics = sorted(topics_of(service))
        self._chores = service.chores
        self._database = process.database
        self._measured_at = self._tidied_at = float("-inf")

    def run(self, stop: Stop) -> None:
        """Works until `stop` is set; a database that's away is waited for, and a chore that fails is tried again."""
        while not stop.is_set():
            self._round()
            stop.wait(1.0)

    def _round(self) -> None:
        if time.monotonic() - self._measured_at > MEASURE_SECONDS:
            if not self._guarded("measure", self.measure):
                return  # the database is away, or its tables aren't there
            self._measured_at = time.monotonic()
        for chore in self._chores:
            self._guarded(getattr(chore, "__name__", "chore"), partial(self._do, chore))
        if time.monotonic() - self._tidied_at > 60 and self._guarded("tidy", self._tidy_now):
            self._tidied_at = time.monotonic()

    def _guarded(self, name: str, job: Callable[[], object]) -> bool:
        """Returns whether the job was done. One that fails is counted and logged, and keeps no other one from its
        turn."""
        try:
            job()
        except Exception as error:
            if sqlstate(error) in _NOT_MIGRATED:
                log.warning("housekeeping.not_migrated", operation=name, error=type(error).__name__)
            else:
                note_failure("housekeeping", error, operation=name)
        else:
            return True
        metrics.HOUSEKEEPING_FAILURES.labels(name).inc()
        return False

    def _do(self, chore: Chore) -> None:
        with self._process.transaction() as context:
            chore(context)

    def _tidy_now(self) -> None:
        self.tidy(datetime.now(UTC))

    def measure(self) -> None:
        """Sets the gauges that alerts look at."""
        with self._database.transaction() as session:
            age, rows = outbox.backlog(session)
            lag = session.execute(_LAG, {"topics": self._topics}).scalar_one()
            late = deadlines.seconds_late(session, datetime.now(UTC))
            parked = parking.count_open(session)
        metrics.OUTBOX_AGE.set(age)
        metrics.OUTBOX_WAITING.set(rows)
        metrics.DEADLINES_LATE.set(late)
        for kind, count in parked.items():
            metrics.PARKED.labels(kind.value).set(count)
        metrics.LAG_SECONDS.labels(self._name).set(max(0.0, lag))

    def tidy(self, now: datetime) -> None:
        """Makes the days ahead, drops published days past a week, forgets old inbox rows, revocations,
        proofs, counts, idempotency keys, postponed rows and settled entries of the parking lot."""
        jobs: list[Callable[[Any], Any]] = [
            lambda session: outbox.ensure_partitions(session, now.date()),
            lambda session: outbox.drop_published_partitions(
                session, now.date() - timedelta(days=OUTBOX_DAYS)
            ),
            lambda session: inbox.purge(session, days=INBOX_DAYS),
            revocations.purge,
            dpop.purge,
            quotas.purge,
            idempotency.purge,
            postponed_rows.purge,
            lambda session: parking.purge(session, days=INBOX_DAYS),
        ]
        for job in jobs:
            with self._database.transaction() as session:
                job(session)
