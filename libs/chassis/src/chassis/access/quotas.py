"""Limits that hold over all workers and processes: counted in the database, taken in small portions.

A worker takes a hundredth of a limit at a time (one by one below 200, never more than a thousand), so that counting
costs a round trip per portion and not per request. A limit is never exceeded, and at most a portion per worker is left
unused.
"""

import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Condition, Lock
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis.core.refusals import Refusal
from chassis.data.db import Database
from saudi.waits import word_wait

PORTIONS, LARGEST_PORTION = 100, 1_000
MOST_LEASES = 50_000
FORGET_SECONDS = 172_800
# The parameters are arrays, one element for each limit. The commit doesn't wait for the disk: a crash of the
# server may lose the last half second of counts.
TAKE = """
WITH soon AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
SELECT counted::text, granted::text, oldest::text FROM soon, take_quotas(
    CAST({} AS text[]), CAST({} AS text[]), CAST({} AS bigint[]), CAST({} AS bigint[]), CAST({} AS bigint[]),
    CAST({} AS bigint[]), CAST({} AS bigint[]), CAST({} AS bigint[])
)
"""
_COUNTED = text(
    """SELECT coalesce(sum(used), 0)::bigint AS used, min(starts_at) FILTER (WHERE used > 0) AS oldest FROM quota_used
    WHERE policy = :policy AND subject = :subject AND starts_at >= :since"""
)
_PURGE = text(
    "DELETE FROM quota_used WHERE starts_at < extract(epoch FROM now())::bigint - :seconds"
)


@dataclass(frozen=True)
class Policy:
    """`limit` in each window of `seconds`; windows begin at multiples of it, moved by `offset` seconds.

    With a `step` (seconds) it's `limit` in any `seconds`, wherever they begin: what is taken is counted by steps, and
    each step counts until the whole of it lies that far back.
    """

    name: str
    limit: int
    seconds: int
    offset: int = 0
    step: int = 0

    def starts_at(self, now: float) -> int:
        """Returns the epoch second in which the step of `now` began, or the window where there are no steps."""
        length = self.step or self.seconds
        return int((now + self.offset) // length * length - self.offset)

    def since(self, now: float) -> int:
        """Returns the start of the oldest step that still counts."""
        return self.starts_at(now) - (self.seconds if self.step else 0)

    def resets_in(self, oldest: int, now: float) -> int:
        """Whole seconds, at least one, until the step that began at `oldest` counts no more."""
        return max(1, oldest + self.seconds + self.step - int(now))


class Demand(NamedTuple):
    """A demand of up to `amount` of a subject's limit."""

    policy: Policy
    subject: str
    amount: int = 1


class Request(NamedTuple):
    """The demands of one request. A demand that gets nothing ends the request: those behind it take nothing."""

    demands: Sequence[Demand]
    now: float


class Verdict(NamedTuple):
    """`granted` of what was asked for; `remaining` now; in `resets_in` seconds there'll be more."""

    policy: Policy
    granted: int
    remaining: int
    resets_in: int


class Portion(NamedTuple):
    """A worker's question to the database: `amount` of a limit for the step `starts_at`.

    `returned` of the earlier step `returned_at` weren't used and are given back.
    """

    policy: str
    subject: str
    starts_at: int
    since: int
    limit: int
    amount: int
    returned_at: int
    returned: int


class Counted(NamedTuple):
    """The database's count of a limit, over all workers; `granted` to this one now; `oldest` step that counts."""

    used: int
    granted: int
    oldest: int


class LimitReached(Refusal):
    """A limit has nothing left for `retry_after` seconds. `code` is the policy's name."""

    problem = "too-many-requests"

    def __init__(self, policy: Policy, resets_in: int) -> None:
        super().__init__(wait=word_wait(resets_in).pair())
        self.code = policy.name
        self.retry_after = resets_in


Count = Callable[[Sequence[Portion]], Sequence[Counted]]


def check_whole(demands: Sequence[Demand]) -> None:
    """Raises ValueError for an amount that isn't a whole number above 0: 7.0 would stay in the portion and fail
    the requests of others."""
    for demand in demands:
        if type(demand.amount) is not int or demand.amount < 1:
            raise ValueError(f"{demand.policy.name}: not a whole amount")


def counting_with(database: Database) -> Count:
    """Counts portions by one statement, which is a transaction of its own."""
    statement = TAKE.format(*["%s"] * len(Portion._fields)).encode()

    def count(portions: Sequence[Portion]) -> list[Counted]:
        columns = [list(values) for values in zip(*portions, strict=True)]
        with database.driver_connection() as connection:
            rows = connection.execute(statement, columns).fetchall()
        return [Counted(*map(int, row)) for row in rows]

    return count


def _portion_of(policy: Policy) -> int:
    return min(policy.limit // PORTIONS, LARGEST_PORTION)


class _Lease:
    """What a worker holds of one limit: `left` of its step, and what the database counted."""

    __slots__ = ("left", "limit", "oldest", "returned", "returned_at", "starts_at", "used")

    def __init__(self) -> None:
        self.returned_at = self.returned = self.left = self.limit = 0
        self._begin(0)

    def _begin(self, starts_at: int) -> None:
        self.starts_at = self.oldest = starts_at
        self.left = self.used = 0

    def move_to(self, policy: Policy, now: float) -> None:
        """Begins the step of `now`. Forward only: requests that are in hand together have their own times.

        A portion that was taken under another limit is given back: a lower limit holds at once.
        """
        starts_at = policy.starts_at(now)
        if self.limit != policy.limit:
            self.limit = policy.limit
            self._leave()
        if self.starts_at >= starts_at:
            return
        if policy.step:  # an earlier window without steps counts no more
            self._leave()
        self._begin(starts_at)

    def _leave(self) -> None:
        if self.left:
            self.returned_at, self.returned = self.starts_at, self.left
        self.left = self.used = 0

    def lacks(self, policy: Policy, amount: int) -> bool:
        """Returns whether the database has to be asked: for more, or to give back what was set aside."""
        return bool(self.returned) or (self.left < amount and self.used < policy.limit)

    def set_excess_aside(self, policy: Policy) -> None:
        """Keeps a portion, and sets aside what is left beyond it: granted for requests that another limit refused."""
        excess = self.left - _portion_of(policy)
        if excess > 0 and (not self.returned or self.returned_at == self.starts_at):
            self.returned_at, self.returned = self.starts_at, self.returned + excess
            self.left -= excess

    def portion(self, policy: Policy, subject: str, amount: int) -> Portion:
        """Returns the question to the database, so that `amount` can be granted."""
        returned, self.returned = self.returned, 0
        return Portion(
            policy.name, subject, self.starts_at, policy.since(self.starts_at), policy.limit,
            0 if self.left >= amount else max(amount - self.left, _portion_of(policy)),
            self.returned_at, returned,
        )  # fmt: skip

    def fill(self, counted: Counted) -> None:
        self.used, self.oldest = counted.used, counted.oldest
        self.left += counted.granted

    def take(self, demand: Demand, now: float) -> Verdict:
        policy = demand.policy
        granted = min(demand.amount, self.left)
        self.left -= granted
        remaining = max(0, policy.limit - self.used) + self.left
        return Verdict(policy, granted, remaining, policy.resets_in(self.oldest, now))


class Quotas:
    """The limits as one worker takes them. Safe for several threads; `count` runs in one thread at a time, and counts
    for all that wait."""

    def __init__(self, count: Count) -> None:
        self._count = count
        self._lock = Lock()
        self._turn = Condition()
        self._is_taken = False
        self._waiting: deque[tuple[Request, Future[list[Verdict]]]] = deque()
        self._leases: dict[tuple[str, str], _Lease] = {}

    def take(self, policy: Policy, subject: str, amount: int = 1, *, now: float) -> Verdict:
        """Takes up to `amount`; less, or nothing, when the limit is used up. Raises OperationalError, and ValueError
        for an amount that isn't a whole number."""
        demands = [Demand(policy, subject, amount)]
        check_whole(demands)
        (verdict,) = self._take_with_others(Request(demands, now))
        return verdict

    def charge(self, demands: Sequence[Demand], *, now: float) -> None:
        """Takes each demand whole, in order. Raises LimitReached for the first that gets less, OperationalError, and
        ValueError for an amount that isn't a whole number."""
        check_whole(demands)
        verdicts = self._take_with_others(Request(demands, now))
        for demand, verdict in zip(demands, verdicts, strict=False):
            if verdict.granted < demand.amount:
                raise LimitReached(demand.policy, verdict.resets_in)

    def take_all(self, requests: Sequence[Request]) -> list[list[Verdict]]:
        """Returns the verdicts of each request, up to the first that grants nothing; the database is asked once, if at
        all. Every amount is a whole number (`check_whole`).

        Raises OperationalError.
        """
        with self._lock:
            return self._take_all(requests)

    def _take_with_others(self, request: Request) -> list[Verdict]:
        """Takes for one request. Requests that arrive while the database is asked share the next question: one of their
        threads asks it for all."""
        mine: Future[list[Verdict]] = Future()
        with self._turn:
            self._waiting.append((request, mine))
            self._turn.wait_for(lambda: mine.done() or not self._is_taken)
            if mine.done():
                return mine.result()
            self._is_taken = True
        try:
            while not mine.done():
                self._answer_some()
        finally:
            with self._turn:
                self._is_taken = False
                self._turn.notify_all()
        return mine.result()

    def _answer_some(self) -> None:
        with self._lock:
            together = [self._waiting.popleft() for _ in range(self._count_compatible())]
            try:
                verdicts = self._take_all([request for request, _ in together])
            except BaseException as error:
                for _, answer in together:
                    answer.set_exception(error)
            else:
                for (_, answer), one in zip(together, verdicts, strict=True):
                    answer.set_result(one)
        with self._turn:
            self._turn.notify_all()

    def _count_compatible(self) -> int:
        """Returns how many of the waiting requests may share a question: up to the first that shares a limit with an
        earlier one, unless this worker holds enough for both. Else the question would charge limits for requests that
        an earlier limit then refuses."""
        waiting = [request for request, _ in self._waiting.copy()]
        wanted: Counter[tuple[str, str]] = Counter()
        for place, request in enumerate(waiting):
            for policy, subject, amount in request.demands:
                lease = self._lease(policy, subject)
                lease.move_to(policy, request.now)
                before = wanted[policy.name, subject]
                if before and before + amount > lease.left:
                    return place
            for policy, subject, amount in request.demands:
                wanted[policy.name, subject] += amount
        return len(waiting)

    def _take_all(self, requests: Sequence[Request]) -> list[list[Verdict]]:
        if portions := self._portions(requests):
            for portion, counted in zip(portions, self._count(portions), strict=True):
                self._leases[portion.policy, portion.subject].fill(counted)
        verdicts = [list(self._verdicts(one)) for one in requests]
        for policy, subject in {one[:2] for request in requests for one in request.demands}:
            self._lease(policy, subject).set_excess_aside(policy)
        return verdicts

    def give_back(self, policy: Policy, subject: str, amount: int, *, now: float) -> None:
        """Gives back what wasn't used; it serves this worker's next request of the same window."""
        with self._lock:
            lease = self._lease(policy, subject)
            if lease.starts_at == policy.starts_at(now):
                lease.left += amount

    def _portions(self, requests: Sequence[Request]) -> list[Portion]:
        wanted: dict[tuple[str, str], tuple[Policy, int]] = {}
        for request in requests:
            for policy, subject, amount in request.demands:
                lease = self._lease(policy, subject)
                lease.move_to(policy, request.now)
                if not lease.left and lease.used >= policy.limit:
                    break  # the request ends here
                before = wanted.get((policy.name, subject), (policy, 0))[1]
                wanted[policy.name, subject] = policy, before + amount
        return [
            lease.portion(policy, key[1], amount)
            for key, (policy, amount) in wanted.items()
            if (lease := self._leases[key]).lacks(policy, amount)
        ]

    def _verdicts(self, request: Request) -> Iterator[Verdict]:
        for demand in request.demands:
            verdict = self._lease(demand.policy, demand.subject).take(demand, request.now)
            yield verdict
            if not verdict.granted:
                return

    def _lease(self, policy: Policy, subject: str) -> _Lease:
        key = (policy.name, subject)
        lease = self._leases.get(key)
        if lease is None:
            lease = self._leases[key] = _Lease()
            if len(self._leases) > MOST_LEASES:
                self._forget_old()
        return lease

    def _forget_old(self) -> None:
        """Forgets leases of windows that are over."""
        oldest = time.time() - FORGET_SECONDS
        for key in [k for k, one in self._leases.items() if 0 < one.starts_at < oldest]:
            del self._leases[key]


def state(session: Session, policy: Policy, subject: str, *, now: float) -> Verdict:
    """Returns the rest of a limit, as the database counts it: portions that workers hold count as used. Takes
    nothing."""
    values = {"policy": policy.name, "subject": subject, "since": policy.since(now)}
    used, oldest = session.execute(_COUNTED, values).one()
    resets_in = policy.resets_in(oldest or policy.starts_at(now), now)
    return Verdict(policy, 0, max(0, policy.limit - int(used)), resets_in)


def purge(session: Session) -> None:
    """Forgets windows that are over since two days."""
    session.execute(_PURGE, {"seconds": FORGET_SECONDS})
