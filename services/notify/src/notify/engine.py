"""The worker that hands messages over: claims in one transaction, calls outside any, records in the next one.

One thread has the database, and some more only call providers. What they bring back is recorded together with the next
claim, so that a burst costs few transactions. Any number of processes may do so beside each other.
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

from chassis.core import metrics
from chassis.process import Process
from notify.commands import breakers, sending
from notify.commands.sending import Done, House, Job
from notify.domain.sending import Outcome, Result
from notify.resources import Resources
from notify.settings import Settings

BREAKER_OPEN = metrics.gauge(
    "sms_breaker_open", "1 while a provider gets no messages", ["provider"]
)

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
        self._gateways = process.resources.gateways
        self._settings = settings = process.settings
        self._now = now
        self._house = House(
            abilities={name: one.abilities for name, one in self._gateways.items()},
            policy=settings.sending,
            breaker=settings.breaker,
        )
        self._pool = ThreadPoolExecutor(settings.sending_concurrency, "sms")
        self._finished: SimpleQueue[Done | str] = SimpleQueue()
        self._to_record: list[Done] = []
        self._answered: list[str] = []
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

    def _guarded_turn(self, stop: Stop, *, claims: bool) -> None:
        try:
            self.turn(claims=claims)
        except (DBAPIError, TimeoutError) as error:
            log.warning("engine.database_away", error=type(error).__name__)
            stop.wait(1.0)
            return
        if claims:
            self._await()

    def turn(self, *, claims: bool = True) -> int:
        """Records what has come back, claims what is due, and begins the calls. Answers how many calls are under way.
        Raises DBAPIError, and loses nothing by it."""
        self._collect()
        done, answered = list(self._to_record), list(self._answered)
        free = self._settings.sending_concurrency - self._running
        now, claimed_at = self._now(), monotonic()
        with self._database.transaction() as session:
            for name in answered:
                breakers.answered(session, name)
            jobs = sending.record(session, self._house, done, now) if done else []
            probes: list[str] = []
            if claims:
                probes = breakers.to_probe(session, self._gateways, self._house.breaker, now)
                room = free - len(jobs)
                if room > 0:
                    jobs += sending.claim(session, self._house, limit=room, now=now)
            states = breakers.read(session, self._gateways)
        del self._to_record[: len(done)], self._answered[: len(answered)]
        for name, state in states.items():
            BREAKER_OPEN.labels(name).set(0 if state.closed else 1)
        self._begin(jobs, probes, claimed_at)
        return self._running

    def settle(self) -> None:
        """Waits for the calls that are under way, without recording them; for tests."""
        while self._running:
            self._await()

    def _begin(self, jobs: list[Job], probes: list[str], claimed_at: float) -> None:
        for job in jobs:
            self._running += 1
            self._pool.submit(self._call, job, claimed_at)
        for name in probes:
            self._running += 1
            self._pool.submit(self._probe, name)

    def _call(self, job: Job, claimed_at: float) -> None:
        gateway, settings = self._gateways[job.provider], self._settings
        latest_end = monotonic() - claimed_at + settings.provider_timeout_seconds
        try:
            if job.kind == "send" and latest_end > settings.lease_seconds:
                # We were frozen; somebody else may take the lease for over while the call runs, and call too.
                result = Result(Outcome.NOT_SENT, "too-late")
            elif job.kind == "ask":
                result = gateway.ask(job.message_id)
            else:
                result = gateway.send(job.message_id, job.to, job.text)
        except Exception:
            log.exception("engine.call_failed", provider=job.provider)
            result = Result(Outcome.UNKNOWN, "internal")
        self._finished.put(Done(job, result))

    def _probe(self, name: str) -> None:
        try:
            alive = self._gateways[name].alive()
        except Exception:
            log.exception("engine.probe_failed", provider=name)
            alive = False
        log.info("engine.probe", provider=name, status="alive" if alive else "silent")
        self._finished.put(name if alive else "")

    def _await(self) -> None:
        """Until a call comes back, or it's time to look at the database again."""
        try:
            self._take(self._finished.get(timeout=self._settings.sending_poll_seconds))
        except Empty:
            return

    def _collect(self) -> None:
        while True:
            try:
                self._take(self._finished.get_nowait())
            except Empty:
                return

    def _take(self, finished: Done | str) -> None:
        self._running -= 1
        if isinstance(finished, Done):
            self._to_record.append(finished)
        elif finished:
            self._answered.append(finished)


def hand_over(process: Process[Any, Any], stop: Stop) -> None:
    """The worker `sender` of the service."""
    Engine(process).run(stop)
