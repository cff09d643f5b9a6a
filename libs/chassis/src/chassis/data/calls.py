"""The base of workers that call other systems.

A service says three things: `claim` leases due rows and returns their calls, `call` makes a call outside any
transaction, and `record` stores the outcomes. The base does the rest: the loop, the places, the threads, the shutdown,
and rows that can't be claimed or recorded.

The claim is a lease on the row, committed before the call, so a process may be killed at any moment, and any number of
processes may run a worker. One thread uses the database, and the other threads only call. No row stops or spins others:

- a call that raises gets an outcome (`failed`), so its place is always given back;
- outcomes that can't be recorded together are recorded one by one. An outcome that can't be recorded gives way to a
  failure that can be recorded. If a failure can't be recorded either, the row is postponed;
- a row that can't be claimed is postponed.

A postponed row (chassis.data.postponed_rows) is logged with its key, counted (`calls_postponed_total`), and tried again
after an hour, by which time somebody may have mended the key or the row. After three days the row is parked.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import count
from queue import Empty, SimpleQueue
from threading import Event as Stop
from threading import Thread
from time import monotonic, sleep
from typing import Any, ClassVar, Generic, TypeVar

import structlog
from sqlalchemy.orm import Session

from chassis.core import metrics
from chassis.data.db import Database
from chassis.data.failures import note_failure
from chassis.data.postponed_rows import DueTimes, SetDue, postpone_row, postponing
from chassis.data.sqlstate import is_away, is_busy
from chassis.data.wakeup import AWAKE_SECONDS, Channel, listen

# An outcome whose row somebody else keeps locked is recorded after this time, and other outcomes before.
BUSY_SECONDS = 5.0
AWAY_SECONDS = 1.0
# Stands for a wake-up in the queue of finished calls.
WOKEN = -1
# A worker that was woken looks for due rows so often, for a moment.
AWAKE_POLL_SECONDS = 0.1
# A process that was asked to end has 20 s. Outcomes that can't be recorded are tried again until shortly before.
SHUTDOWN_SECONDS, RETRY_SECONDS = 15.0, 0.5
# The reasons of a failure without an answer: the call raised, or its outcome can't be stored.
INTERNAL, UNRECORDED = "internal", "unrecorded"

TURNS_FAILED = metrics.counter(
    "calls_turns_failed_total", "Turns of a worker that failed as a whole", ["worker"]
)

JobT = TypeVar("JobT")
ResultT = TypeVar("ResultT")

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class CompletedCall(Generic[JobT, ResultT]):
    """A job and the result of its call."""

    job: JobT
    result: ResultT


@dataclass(frozen=True)
class Row:
    """The row of a job: its kind, as `due_times` names it, and its key."""

    kind: str
    key: str


def utc_now() -> datetime:
    """Returns the time of the machine, the clock of every worker outside tests."""
    return datetime.now(UTC)


class CallWorker(ABC, Generic[JobT, ResultT]):
    """A worker of one process. `run` works until it's stopped; `turn`, `settle` and `step` are its parts, for tests.

    `name`: the worker's name, in logs and metrics. `due_times`: kind of row → the statement that postpones a row.
    `places`: the number of calls at a time. `poll_seconds`: how often due rows are looked for; for a moment after a
    commit that wakes `channel`, more often. `together`: whether outcomes share a transaction, with each other and with
    the next claim. `clock`: the time by which rows are due.
    """

    name: ClassVar[str]
    due_times: ClassVar[DueTimes] = {}
    channel: ClassVar[Channel | None] = None

    def __init__(
        self,
        database: Database,
        *,
        places: int,
        poll_seconds: float,
        together: bool = True,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.database, self.clock = database, clock
        self._places, self._poll_seconds, self._together = places, poll_seconds, together
        self._pool = ThreadPoolExecutor(places, self.name)
        self._awake_until = 0.0
        self._numbers = count()
        self._running: dict[int, JobT] = {}
        self._finished: SimpleQueue[tuple[int, CompletedCall[JobT, ResultT] | None]] = SimpleQueue()
        self._to_record: list[CompletedCall[JobT, ResultT]] = []
        self._busy: list[tuple[float, CompletedCall[JobT, ResultT]]] = []

    def claim(self, session: Session, room: int) -> Sequence[JobT]:
        """Leases up to `room` due rows in the transaction of `record`, and returns their calls."""
        return ()

    def claim_apart(self, room: int) -> Sequence[JobT]:
        """Leases up to `room` due rows in transactions of its own, after `record`, and returns their calls."""
        return ()

    @abstractmethod
    def call(self, job: JobT, waited: float) -> ResultT:
        """Calls, in no transaction, beside other calls. `waited`: the seconds since the claim began."""

    @abstractmethod
    def record(
        self, session: Session, completed: Sequence[CompletedCall[JobT, ResultT]]
    ) -> Sequence[JobT]:
        """Records outcomes, and returns the calls that follow at once. A recorded outcome stays as it is."""

    @abstractmethod
    def failed(self, job: JobT, why: str) -> ResultT:
        """Returns the result for a call that raised (INTERNAL), or for a result that can't be stored (UNRECORDED)."""

    @abstractmethod
    def row_of(self, job: JobT) -> Row:
        """Returns the row that is postponed when the outcome of its job can't be stored."""

    @classmethod
    def work(cls, process: Any, stop: Stop) -> None:
        """Runs the worker until `stop`: a `Worker` of chassis.service, for a class that is made of a process alone."""
        make: Any = cls
        make(process).run(stop)

    def run(self, stop: Stop) -> None:
        """Works until `stop` is set, then records the calls under way. Keeps outcomes while the database is away."""
        if self.channel is not None:
            waits = partial(listen, self.database, self.channel, stop, self._wake)
            Thread(target=waits, name=f"{self.name}-wakeup", daemon=True).start()
        while not stop.is_set():
            if self._guarded_turn(stop, claims=True):
                self._await()
        self._record_the_rest(stop)
        self._pool.shutdown(wait=False)

    def _record_the_rest(self, stop: Stop) -> None:
        """Waits for the calls that are under way, and records all outcomes, also outcomes for rows that somebody else
        keeps locked. Gives up after SHUTDOWN_SECONDS: the process is killed soon after that."""
        until = monotonic() + SHUTDOWN_SECONDS
        while True:
            while self._running and monotonic() < until:
                self._await()
            self._to_record += [one for _, one in self._busy]
            self._busy = []
            self._guarded_turn(stop, claims=False)
            left = len(self._to_record) + len(self._busy) + len(self._running)
            if not left:
                return
            if monotonic() >= until:
                log.error("calls.outcomes_lost", worker=self.name, count=left)
                return
            sleep(RETRY_SECONDS)

    def turn(self, *, claims: bool = True) -> int:
        """Records outcomes, claims due rows, and begins the calls. Returns how many calls are under way. Raises the
        error of a database that's away, and keeps the outcomes."""
        self._collect()
        if not self._together:
            self._record_singly()
        completed, began = list(self._to_record), monotonic()
        try:
            jobs = self.record_and_claim(completed, self._room(claims))
        except Exception as error:
            if not completed or is_away(error):
                raise
            log.warning("calls.recorded_singly", worker=self.name, error=type(error).__name__)
            self._record_singly()
            began = monotonic()
            jobs = self.record_and_claim([], self._room(claims))
        else:
            del self._to_record[: len(completed)]
        self._begin(jobs, began)
        began = monotonic()
        if room := self._room(claims):  # the outcomes count, whatever becomes of these claims
            self._begin(self.claim_apart(room), began)
        return len(self._running)

    def record_and_claim(
        self, completed: Sequence[CompletedCall[JobT, ResultT]], room: int
    ) -> Sequence[JobT]:
        """Records all outcomes or none, claims up to `room` rows, and returns the calls to make."""
        with self.database.transaction() as session:
            jobs = list(self.record(session, completed)) if completed else []
            if room > 0:
                jobs += self.claim(session, max(0, room - len(jobs)))
        return jobs

    def _room(self, claims: bool) -> int:
        return max(0, self._places - len(self._running)) if claims else 0

    def settle(self) -> None:
        """Waits for the calls that are under way, without recording them."""
        while self._running:
            self._await()

    def step(self) -> int:
        """Claims due rows, calls one after the other, and records; for tests. Returns how many calls."""
        began, jobs = monotonic(), list(self.record_and_claim([], self._places))
        if room := self._places - len(jobs):
            jobs += self.claim_apart(room)
        self._to_record += [
            CompletedCall(job, self._result(job, monotonic() - began)) for job in jobs
        ]
        self.turn(claims=False)
        return len(jobs)

    def under_way(self) -> list[JobT]:
        """Returns the jobs whose calls aren't over."""
        return list(self._running.values())

    def _guarded_turn(self, stop: Stop, *, claims: bool) -> bool:
        """Runs a turn. Returns False for a turn that failed, after a short pause."""
        try:
            self.turn(claims=claims)
        except Exception as error:
            if is_away(error) or is_busy(error):
                note_failure("calls", error, worker=self.name)
            else:
                TURNS_FAILED.labels(self.name).inc()
                log.exception("calls.turn_failed", worker=self.name)
            stop.wait(AWAY_SECONDS)
            return False
        return True

    def _record_singly(self) -> None:
        """Records each result in a transaction of its own. Raises when the database is away, and keeps the remaining
        results."""
        while self._to_record:
            one, began = self._to_record[0], monotonic()
            try:
                jobs = self.record_and_claim([one], 0)
            except Exception as error:
                if is_away(error):
                    raise
                jobs = [] if is_busy(error) else self._record_failure(one.job, error)
                if is_busy(error):
                    self._busy.append((monotonic() + BUSY_SECONDS, one))
            del self._to_record[0]
            self._begin(jobs, began)

    def _record_failure(self, job: JobT, error: Exception) -> Sequence[JobT]:
        """Records a failure in place of a result that can't be recorded."""
        log.error(
            "calls.unrecorded",
            worker=self.name, row=self.row_of(job).key, error=type(error).__name__,
        )  # fmt: skip
        try:
            return self.record_and_claim([CompletedCall(job, self.failed(job, UNRECORDED))], 0)
        except Exception as again:
            if is_away(again) or is_busy(again):
                raise
            self._postpone(self.row_of(job), again)
        return []

    def _begin(self, jobs: Sequence[JobT], began: float) -> None:
        for job in jobs:
            number = next(self._numbers)
            self._running[number] = job
            try:
                self._pool.submit(self._call, number, job, began)
            except RuntimeError:  # no thread is to be had
                log.exception("calls.not_begun", worker=self.name)
                self._finished.put((number, CompletedCall(job, self.failed(job, INTERNAL))))

    def _call(self, number: int, job: JobT, began: float) -> None:
        completed = None
        try:
            completed = CompletedCall(job, self._result(job, monotonic() - began))
        except Exception:  # `failed` itself: the lease ends
            log.exception("calls.lost", worker=self.name, row=self.row_of(job).key)
        finally:
            self._finished.put((number, completed))

    def _result(self, job: JobT, waited: float) -> ResultT:
        try:
            return self.call(job, waited)
        except Exception:
            log.exception("calls.call_failed", worker=self.name, row=self.row_of(job).key)
            return self.failed(job, INTERNAL)

    def _await(self) -> None:
        """Waits until a call comes back, or until the database has to be asked again."""
        awake = monotonic() < self._awake_until
        seconds = min(AWAKE_POLL_SECONDS, self._poll_seconds) if awake else self._poll_seconds
        try:
            self._take(*self._finished.get(timeout=seconds))
        except Empty:
            return

    def _wake(self) -> None:
        self._awake_until = monotonic() + AWAKE_SECONDS
        self._finished.put((WOKEN, None))

    def _collect(self) -> None:
        while True:
            try:
                self._take(*self._finished.get_nowait())
            except Empty:
                break
        if not self._busy:
            return
        now = monotonic()
        self._to_record += [one for at, one in self._busy if at <= now]
        self._busy = [(at, one) for at, one in self._busy if at > now]

    def _take(self, number: int, completed: CompletedCall[JobT, ResultT] | None) -> None:
        if self._running.pop(number, None) is not None and completed is not None:
            self._to_record.append(completed)

    def claim_each(
        self, kind: str, keys: Iterable[str], claim: Callable[[str], Sequence[JobT]]
    ) -> list[JobT]:
        """Claims each key in a transaction of its own, and postpones a key that can't be claimed. When the database
        goes away meanwhile, returns the jobs that were claimed before; raises when there are none."""
        jobs: list[JobT] = []
        try:
            for key in keys:
                jobs.extend(self._claim_or_postpone(Row(kind, key), claim))
        except Exception as error:
            if not jobs:
                raise
            note_failure("calls", error, worker=self.name)
        return jobs

    def _claim_or_postpone(
        self, row: Row, claim: Callable[[str], Sequence[JobT]]
    ) -> Sequence[JobT]:
        try:
            return claim(row.key)
        except Exception as error:
            if is_away(error) or is_busy(error):
                raise
            self._postpone(row, error)
        return ()

    def _postpone(self, row: Row, error: Exception) -> None:
        with postponing(self.name, row.key, error) as reason:
            if (set_due := self.due_times.get(row.kind)) is not None:
                with self.database.transaction() as session:
                    now = self.clock()
                    postpone_row(session, row.kind, row.key, set_due, reason=reason, now=now)


def claim_together(
    session: Session,
    keys: Sequence[str],
    claim: Callable[[Sequence[str]], Sequence[JobT]],
    *,
    worker: str,
    set_due: SetDue,
    now: datetime,
) -> list[JobT]:
    """Claims the locked rows of these keys together. When that fails, claims each row alone in a savepoint, and
    postpones a row that can't be claimed. `claim` has to read its rows anew (`populate_existing`). Raises when the
    database is away."""
    if not keys:
        return []
    try:
        with session.begin_nested():
            return list(claim(keys))
    except Exception as error:
        if is_away(error) or is_busy(error):
            raise
        log.warning("calls.claimed_singly", worker=worker, error=type(error).__name__)
    jobs: list[JobT] = []
    for key in keys:
        try:
            with session.begin_nested():
                jobs.extend(claim([key]))
        except Exception as error:
            if is_away(error) or is_busy(error):
                raise
            with postponing(worker, key, error) as reason, session.begin_nested():
                postpone_row(session, worker, key, set_due, reason=reason, now=now)
    return jobs
