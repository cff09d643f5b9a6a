"""Rows whose next step is a call to somebody outside: a worker that claims them in one transaction, calls in none, and
records what came of it in a later one. Any number of processes may do so beside each other.

The claim is a lease on the row, committed before the call, so a process may be killed at any moment. One thread has the
database, and some more only call; what they bring back is recorded together with the next claim. No row stops or spins
the others:

- a call that raises has an outcome like any other (`Work.failed`), so its place is always given back;
- results that can't be recorded together are recorded alone, and one that can't be recorded gives way to a failure
  that can; if not even that can, its row is postponed;
- a row that can't be claimed is postponed (`claim_apart`, `claim_each`).

A postponed row (chassis.data.postponed_rows) is logged with its id, counted (`calls_postponed_total`), and tried again
after an hour, by which time somebody may have mended the key or the row. After three days the row is parked.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import count
from queue import Empty, SimpleQueue
from threading import Event as Stop
from time import monotonic, sleep
from typing import Generic, Protocol, TypeVar

import structlog
from sqlalchemy.orm import Session

from chassis.core import metrics
from chassis.data.failures import note_failure
from chassis.data.sqlstate import is_away, is_busy

# So long a row that somebody else keeps locked is left alone, while the others go on.
BUSY_SECONDS = 5.0
AWAY_SECONDS = 1.0
# A process that was asked to end has 20 s. Outcomes that can't be recorded are tried again until shortly before.
SHUTDOWN_SECONDS, RETRY_SECONDS = 15.0, 0.5
# Why a call has failed that brought no answer of its own: it raised, or its answer can't be stored.
INTERNAL, UNRECORDED = "internal", "unrecorded"

ROWS_POSTPONED = metrics.counter(
    "calls_postponed_total",
    "Rows postponed by an hour, because their claim or outcome can't be stored",
    ["worker"],
)
TURNS_FAILED = metrics.counter(
    "calls_turns_failed_total", "Turns of a worker that failed as a whole", ["worker"]
)

JobT = TypeVar("JobT")
ResultT = TypeVar("ResultT")
KeyT = TypeVar("KeyT")

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Done(Generic[JobT, ResultT]):
    """A job and what came of it."""

    job: JobT
    result: ResultT


class Work(Protocol[JobT, ResultT]):
    """What a service hands over. Of these only `call` and `failed` run beside each other."""

    def turn(self, done: Sequence[Done[JobT, ResultT]], room: int) -> Sequence[JobT]:
        """Records all of `done` or none, claims up to `room` rows, and returns the calls to make. An outcome that was
        recorded before changes nothing."""

    def call(self, job: JobT, waited: float) -> ResultT:
        """Calls, in no transaction. `waited`: the seconds since the claim began."""

    def failed(self, job: JobT, why: str) -> ResultT:
        """Returns the result for a call that raised (INTERNAL), or for a result that can't be stored (UNRECORDED)."""

    def postpone(self, job: JobT, reason: str) -> None:
        """Postpones the job's row (chassis.data.postponed_rows), in a transaction that opens no sealed column."""

    def id_of(self, job: JobT) -> str:
        """Returns the row's id, for the log."""


class Calls(Generic[JobT, ResultT]):
    """The loop of one process. `run` works until it's stopped; `turn` and `settle` are its parts, for tests. `places`:
    so many calls at a time. `together`: whether results share a transaction, with each other and with the next claim.
    """

    def __init__(
        self,
        name: str,
        work: Work[JobT, ResultT],
        *,
        places: int,
        poll_seconds: float,
        together: bool = True,
    ) -> None:
        self._name, self._work = name, work
        self._places, self._poll_seconds, self._together = places, poll_seconds, together
        self._pool = ThreadPoolExecutor(places, name)
        self._numbers = count()
        self._running: dict[int, JobT] = {}
        self._finished: SimpleQueue[tuple[int, Done[JobT, ResultT] | None]] = SimpleQueue()
        self._to_record: list[Done[JobT, ResultT]] = []
        self._busy: list[tuple[float, Done[JobT, ResultT]]] = []

    def run(self, stop: Stop) -> None:
        """Works until `stop` is set, and then records the calls that are under way. A database that's away is waited
        for; what came back meanwhile is kept."""
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
            self._to_record += [done for _, done in self._busy]
            self._busy = []
            self._guarded_turn(stop, claims=False)
            left = len(self._to_record) + len(self._busy) + len(self._running)
            if not left:
                return
            if monotonic() >= until:
                log.error("calls.outcomes_lost", worker=self._name, count=left)
                return
            sleep(RETRY_SECONDS)

    def turn(self, *, claims: bool = True) -> int:
        """Records what has come back, claims what is due, and begins the calls. Returns how many are under way. Raises
        what the database raises when it's away, and loses nothing by it."""
        self._collect()
        if not self._together:
            self._record_apart()
        done, began = list(self._to_record), monotonic()
        try:
            jobs = self._work.turn(done, self._room(claims))
        except Exception as error:
            if not done or is_away(error):
                raise
            log.warning("calls.recorded_apart", worker=self._name, error=type(error).__name__)
            self._record_apart()
            began = monotonic()
            jobs = self._work.turn([], self._room(claims))
        else:
            del self._to_record[: len(done)]
        self._begin(jobs, began)
        return len(self._running)

    def _room(self, claims: bool) -> int:
        return max(0, self._places - len(self._running)) if claims else 0

    def settle(self) -> None:
        """Waits for the calls that are under way, without recording them."""
        while self._running:
            self._await()

    def step(self) -> int:
        """Does what is due, one call after the other, and records it; for tests. Returns how many calls."""
        began, jobs = monotonic(), list(self._work.turn([], self._places))
        self._to_record += [Done(job, self._result(job, monotonic() - began)) for job in jobs]
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
                note_failure("calls", error, worker=self._name)
            else:
                TURNS_FAILED.labels(self._name).inc()
                log.exception("calls.turn_failed", worker=self._name)
            stop.wait(AWAY_SECONDS)
            return False
        return True

    def _record_apart(self) -> None:
        """Records each result in a transaction of its own. Raises when the database is away, and keeps the remaining
        results."""
        while self._to_record:
            one, began = self._to_record[0], monotonic()
            try:
                jobs = self._work.turn([one], 0)
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
            worker=self._name, row=self._work.id_of(job), error=type(error).__name__,
        )  # fmt: skip
        try:
            return self._work.turn([Done(job, self._work.failed(job, UNRECORDED))], 0)
        except Exception as again:
            if is_away(again) or is_busy(again):
                raise
            _postpone(self._name, self._work.id_of(job), again, partial(self._work.postpone, job))
        return []

    def _begin(self, jobs: Sequence[JobT], began: float) -> None:
        for job in jobs:
            number = next(self._numbers)
            self._running[number] = job
            try:
                self._pool.submit(self._call, number, job, began)
            except RuntimeError:  # no thread is to be had
                log.exception("calls.not_begun", worker=self._name)
                self._finished.put((number, Done(job, self._work.failed(job, INTERNAL))))

    def _call(self, number: int, job: JobT, began: float) -> None:
        done = None
        try:
            done = Done(job, self._result(job, monotonic() - began))
        except Exception:  # `failed` itself: the lease ends
            log.exception("calls.lost", worker=self._name, row=self._work.id_of(job))
        finally:
            self._finished.put((number, done))

    def _result(self, job: JobT, waited: float) -> ResultT:
        try:
            return self._work.call(job, waited)
        except Exception:
            log.exception("calls.call_failed", worker=self._name, row=self._work.id_of(job))
            return self._work.failed(job, INTERNAL)

    def _await(self) -> None:
        """Waits until a call comes back, or until the database has to be asked again."""
        try:
            self._take(*self._finished.get(timeout=self._poll_seconds))
        except Empty:
            return

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

    def _take(self, number: int, done: Done[JobT, ResultT] | None) -> None:
        if self._running.pop(number, None) is not None and done is not None:
            self._to_record.append(done)


def claim_apart(
    session: Session,
    keys: Sequence[KeyT],
    claim: Callable[[Sequence[KeyT]], Sequence[JobT]],
    postpone: Callable[[KeyT, str], object],
    *,
    worker: str,
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
        log.warning("calls.claimed_apart", worker=worker, error=type(error).__name__)

    def alone(key: KeyT) -> Sequence[JobT]:
        with session.begin_nested():
            return list(claim([key]))

    def aside(key: KeyT, reason: str) -> None:
        with session.begin_nested():
            postpone(key, reason)

    return list(_each(keys, alone, aside, worker))


def claim_each(
    keys: Iterable[KeyT],
    claim: Callable[[KeyT], Sequence[JobT]],
    postpone: Callable[[KeyT, str], object],
    *,
    worker: str,
) -> list[JobT]:
    """Claims each key in a transaction of its own, and postpones a key that can't be claimed. When the database goes
    away meanwhile, returns the jobs that were claimed before; raises when there are none."""
    jobs: list[JobT] = []
    try:
        jobs.extend(_each(keys, claim, postpone, worker))
    except Exception as error:
        if not jobs:
            raise
        note_failure("calls", error, worker=worker)
    return jobs


def _each(
    keys: Iterable[KeyT],
    claim: Callable[[KeyT], Sequence[JobT]],
    postpone: Callable[[KeyT, str], object],
    worker: str,
) -> Iterator[JobT]:
    for key in keys:
        try:
            yield from claim(key)
        except Exception as error:
            if is_away(error) or is_busy(error):
                raise
            _postpone(worker, str(key), error, partial(postpone, key))


def _postpone(worker: str, row: str, error: Exception, postpone: Callable[[str], object]) -> None:
    reason = type(error).__name__
    ROWS_POSTPONED.labels(worker).inc()
    log.error("calls.row_postponed", worker=worker, row=row, error=reason)
    try:
        postpone(reason)
    except Exception as again:
        if is_away(again):
            raise
        log.exception("calls.postpone_failed", worker=worker, row=row)
