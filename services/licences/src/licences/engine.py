"""The worker that asks outside bodies: it claims in one transaction, asks in threads, and records each application's
answers in a transaction of its own. Any number of processes may do so beside each other."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import UTC, datetime, timedelta
from threading import Event as Stop
from typing import Any

import structlog
from sqlalchemy.exc import DBAPIError, TimeoutError

from chassis.core import metrics
from chassis.process import Process
from licences.commands import asking
from licences.commands.asking import Answers, Job
from licences.outside import Bodies, Unanswered
from licences.resources import Resources
from licences.settings import Settings

UNANSWERED = metrics.counter(
    "licences_outside_unanswered_total", "Questions without an answer that can be read", ["body"]
)
log = structlog.get_logger(__name__)


class Engine:
    """`run` works until it's stopped; `turn` is one round of it, for tests with a clock of their own."""

    def __init__(
        self,
        process: Process[Settings, Resources],
        bodies: Bodies,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database, self._bodies, self._now = process.database, bodies, now
        self._settings = settings = process.settings
        self._pool = ThreadPoolExecutor(settings.outside_concurrency, "outside")
        # Bodies are asked one after the other: so long a job may take, and as long again to be recorded.
        self._lease = timedelta(seconds=settings.outside_timeout_seconds * 10)
        self._again = timedelta(seconds=settings.outside_again_seconds)

    def run(self, stop: Stop) -> None:
        """Works until `stop` is set. A database that is away is waited for."""
        running: set[Future[None]] = set()
        while not stop.is_set():
            room = self._settings.outside_concurrency - len(running)
            try:
                running |= self._begin(room) if room else set()
            except (DBAPIError, TimeoutError) as error:
                log.warning("engine.database_away", error=type(error).__name__)
                stop.wait(1.0)
            if running:
                _, running = wait(running, timeout=self._settings.outside_poll_seconds)
            else:
                stop.wait(self._settings.outside_poll_seconds)
        self._pool.shutdown(wait=True)

    def turn(self) -> int:
        """Asks about all that is due, and records it. Answers how many applications."""
        begun = self._begin(self._settings.outside_concurrency)
        wait(begun)
        return len(begun)

    def _begin(self, most: int) -> set[Future[None]]:
        with self._database.transaction() as session:
            jobs = asking.claim(session, most=most, lease=self._lease, now=self._now())
        return {self._pool.submit(self._work, job) for job in jobs}

    def _work(self, job: Job) -> None:
        try:
            done = self._ask(job)
            with self._database.transaction() as session:
                asking.record(session, done, again=self._again, now=self._now())
        except Exception:
            # The lease runs out, and the application is asked about again.
            log.exception("engine.failed", application_id=job.application_id)

    def _ask(self, job: Job) -> Answers:
        answers, failures = {}, {}
        for body, question in job.questions.items():
            try:
                answers[body] = self._bodies.ask(body, question)
            except Unanswered as error:
                UNANSWERED.labels(body).inc()
                failures[body] = error.code
        return Answers(job, answers, failures)


def ask_outside(process: Process[Any, Any], stop: Stop) -> None:
    """The worker `outside` of the service."""
    bodies = process.resources.bodies
    if bodies is None:
        stop.wait()
        return
    Engine(process, bodies).run(stop)
