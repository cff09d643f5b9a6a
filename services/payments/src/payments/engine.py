"""The worker that speaks to the bill system: claims in one transaction, calls outside any, records in the next one.

One thread has the database, and some more only call. What they bring back is recorded together with the next claim. Any
number of processes may do so beside each other.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from queue import Empty, SimpleQueue
from threading import Event as Stop
from time import monotonic
from typing import Any

import structlog
from sqlalchemy.exc import DBAPIError, TimeoutError

from chassis.process import Process
from payments.commands import registering
from payments.commands.registering import Done, Job
from payments.domain.registering import Call, Outcome, Result
from payments.resources import Resources
from payments.settings import Settings

log = structlog.get_logger(__name__)


class Engine:
    """`run` works until it's stopped; `turn` is one round of it, for tests with a clock of their own."""

    def __init__(
        self,
        process: Process[Settings, Resources],
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = process.database
        self._bill_system = process.resources.bill_system
        self._settings = process.settings
        self._now = now
        self._pool = ThreadPoolExecutor(self._settings.concurrency, "bills")
        self._finished: SimpleQueue[Done] = SimpleQueue()
        self._to_record: list[Done] = []
        self._running = 0

    def run(self, stop: Stop) -> None:
        """Works until `stop` is set, and then records the calls that are under way. A database that is away is waited
        for; what came back meanwhile is kept."""
        while not stop.is_set():
            self._guarded_turn(stop, claims=True)
        while self._running:
            self._await()
        self._guarded_turn(stop, claims=False)
        self._pool.shutdown(wait=False)

    def turn(self, *, claims: bool = True) -> int:
        """Records what has come back, claims what is due, and begins the calls. Answers how many calls are under way.
        Raises DBAPIError, and loses nothing by it."""
        self._collect()
        done = list(self._to_record)
        policy, now, claimed_at = self._settings.policy, self._now(), monotonic()
        jobs: list[Job] = []
        with self._database.transaction() as session:
            if done:
                registering.record(session, policy, done, now=now)
            room = self._settings.concurrency - self._running
            if claims and room > 0 and self._bill_system is not None:
                jobs = registering.claim(session, policy, limit=room, now=now)
        del self._to_record[: len(done)]
        for job in jobs:
            self._running += 1
            self._pool.submit(self._call, job, claimed_at)
        return self._running

    def settle(self) -> None:
        """Waits for the calls that are under way, without recording them; for tests."""
        while self._running:
            self._await()

    def _guarded_turn(self, stop: Stop, *, claims: bool) -> None:
        try:
            self.turn(claims=claims)
        except (DBAPIError, TimeoutError) as error:
            log.warning("engine.database_away", error=type(error).__name__)
            stop.wait(1.0)
            return
        if claims:
            self._await()

    def _call(self, job: Job, claimed_at: float) -> None:
        try:
            result = self._result(job, claimed_at)
        except Exception:
            log.exception("engine.call_failed", call=job.call.value)
            result = Result(Outcome.UNKNOWN, "internal")
        self._finished.put(Done(job, result))

    def _result(self, job: Job, claimed_at: float) -> Result:
        settings, bill_system = self._settings, self._bill_system
        latest_end = monotonic() - claimed_at + settings.provider_timeout_seconds
        if bill_system is None or latest_end > settings.lease_seconds:
            # We were frozen; somebody else may take the lease for over while the call runs, and call too.
            return Result(Outcome.NOT_SENT, "too-late")
        if job.call is Call.REGISTER:
            return bill_system.register(job.bill)
        return (bill_system.cancel if job.call is Call.CANCEL else bill_system.ask)(job.bill_id)

    def _await(self) -> None:
        """Until a call comes back, or it's time to look at the database again."""
        try:
            self._take(self._finished.get(timeout=self._settings.poll_seconds))
        except Empty:
            return

    def _collect(self) -> None:
        while True:
            try:
                self._take(self._finished.get_nowait())
            except Empty:
                return

    def _take(self, done: Done) -> None:
        self._running -= 1
        self._to_record.append(done)


def work(process: Process[Any, Any], stop: Stop) -> None:
    """The worker `bills` of the service."""
    Engine(process).run(stop)
