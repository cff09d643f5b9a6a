"""Limits that hold over all workers and processes: counted in the database, taken in small portions.

A worker takes a hundredth of a limit at a time (one by one below 200), so that counting costs a round trip per portion
and not per request. A limit is never exceeded, and at most a hundredth per worker is left unused.
"""

import time
from dataclasses import dataclass
from threading import Lock
from typing import NamedTuple

from psycopg.pq.abc import PGresult
from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis.db import Database
from chassis.pipeline import SOON, Pipeline, Statement, parameter

PORTIONS = 100
# $1 policy, $2 subject. Whoever counts sees what the one before took, also in another step.
_LOCK = "SELECT pg_advisory_xact_lock(0x5151, hashtext($1 || '/' || $2))"
# $3 start of the step, $4 how much of it wasn't used.
_RETURN = """
UPDATE quota_used SET used = used - $4::bigint WHERE policy = $1 AND subject = $2 AND starts_at = $3::bigint
"""
_COUNT = """
SELECT coalesce(sum(used), 0)::bigint AS used, min(starts_at) FILTER (WHERE used > 0) AS oldest FROM quota_used
"""
# $3 start of the step, $4 the first step that counts, $5 amount, $6 limit. A count is not worth a wait for the disk: a
# crash of the server may take the last half second of it.
_TAKE = f"""
WITH soon AS MATERIALIZED (SELECT {SOON}),
counted AS ({_COUNT} WHERE policy = $1 AND subject = $2 AND starts_at >= $4::bigint),
given AS (SELECT greatest(0, least($5::bigint, $6::bigint - used)) AS amount FROM counted),
kept AS (
    INSERT INTO quota_used AS q (policy, subject, starts_at, used)
    SELECT $1, $2, $3::bigint, amount FROM given WHERE amount > 0
    ON CONFLICT (policy, subject, starts_at) DO UPDATE SET used = q.used + EXCLUDED.used
),
past AS (DELETE FROM quota_used WHERE policy = $1 AND subject = $2 AND starts_at < $4::bigint)
SELECT (used + amount)::text, amount::text, coalesce(oldest, $3::bigint)::text FROM counted, given, soon
"""  # noqa: S608 - of the constant
_COUNTED = text(f"{_COUNT} WHERE policy = :policy AND subject = :subject AND starts_at >= :since")
_PURGE = text("DELETE FROM quota_used WHERE starts_at < extract(epoch FROM now())::bigint - 172800")


@dataclass(frozen=True)
class Policy:
    """`limit` in each window of `seconds`; windows begin at multiples of it, moved by `offset` seconds.

    With a `step` (seconds) it's `limit` in any `seconds`, wherever they begin: what is taken is counted by steps, and
    each step counts until all of it is so long ago.
    """

    name: str
    limit: int
    seconds: int
    offset: int = 0
    step: int = 0

    def starts_at(self, now: float) -> int:
        """The epoch second in which the step of `now` began, or the window where there are no steps."""
        length = self.step or self.seconds
        return int((now + self.offset) // length * length - self.offset)

    def since(self, now: float) -> int:
        """The start of the first step that counts."""
        return self.starts_at(now) - (self.seconds if self.step else 0)

    def resets_in(self, oldest: int, now: float) -> int:
        """Whole seconds, at least one, until the step that began at `oldest` counts no more."""
        return max(1, oldest + self.seconds + self.step - int(now))


class Verdict(NamedTuple):
    """`granted` of what was asked for; `remaining` now; in `resets_in` seconds there'll be more."""

    policy: Policy
    granted: int
    remaining: int
    resets_in: int


class _Lease:
    """What a worker holds in hand of one step, and what it was told of the others."""

    __slots__ = ("left", "lock", "oldest", "starts_at", "used")

    def __init__(self) -> None:
        self.lock = Lock()
        self.begin(0)

    def begin(self, starts_at: int) -> None:
        self.starts_at = self.oldest = starts_at
        self.left = 0
        self.used = 0

    def fill(self, row: PGresult) -> None:
        self.used, granted, self.oldest = (int(row.get_value(0, n) or 0) for n in range(3))
        self.left += granted


class Quotas:
    """The counts of one worker over those of all."""

    def __init__(self, database: Database) -> None:
        self._pipeline = Pipeline(database)
        self._lock = Lock()
        self._leases: dict[tuple[str, str], _Lease] = {}

    def take(self, policy: Policy, subject: str, amount: int = 1, *, now: float) -> Verdict:
        """Takes up to `amount`; less, down to nothing, when there's no more. Raises OperationalError."""
        lease = self._lease(policy, subject)
        with lease.lock:
            unused: list[Statement] = []
            # Forward only: requests that are in hand together come with their own times.
            if lease.starts_at < (starts_at := policy.starts_at(now)):
                unused = _returning(policy, subject, lease)
                lease.begin(starts_at)
            if lease.left < amount and lease.used < policy.limit:
                portion = max(amount - lease.left, policy.limit // PORTIONS)
                taking = _taking(policy, subject, lease.starts_at, portion, now)
                locking = Statement(_LOCK, taking.parameters[:2])
                lease.fill(self._pipeline.run_as_one([locking, *unused, taking])[-1])
            granted = min(amount, lease.left)
            lease.left -= granted
            remaining = max(0, policy.limit - lease.used) + lease.left
        return Verdict(policy, granted, remaining, policy.resets_in(lease.oldest, now))

    def give_back(self, policy: Policy, subject: str, amount: int, *, now: float) -> None:
        """What was taken and not used serves this worker's next request of the same window."""
        lease = self._lease(policy, subject)
        with lease.lock:
            if lease.starts_at == policy.starts_at(now):
                lease.left += amount

    def _lease(self, policy: Policy, subject: str) -> _Lease:
        key = (policy.name, subject)
        lease = self._leases.get(key)
        if lease is None:
            with self._lock:
                lease = self._leases.setdefault(key, _Lease())
                if len(self._leases) > 50_000:  # those of past windows
                    oldest = time.time() - 172_800
                    for old in [k for k, one in self._leases.items() if one.starts_at < oldest]:
                        del self._leases[old]
        return lease


def _taking(policy: Policy, subject: str, starts_at: int, amount: int, now: float) -> Statement:
    values = (policy.name, subject, starts_at, policy.since(now), amount, policy.limit)
    return Statement(_TAKE, [parameter(value) for value in values])


def _returning(policy: Policy, subject: str, lease: _Lease) -> list[Statement]:
    """Gives back what's left in hand of a step that is over, where it would count on."""
    if not policy.step or not lease.left:
        return []
    values = (policy.name, subject, lease.starts_at, lease.left)
    return [Statement(_RETURN, [parameter(value) for value in values])]


def state(session: Session, policy: Policy, subject: str, *, now: float) -> Verdict:
    """What is left, as the database counts it: portions in workers' hands are taken. Takes nothing."""
    values = {"policy": policy.name, "subject": subject, "since": policy.since(now)}
    used, oldest = session.execute(_COUNTED, values).one()
    resets_in = policy.resets_in(oldest or policy.starts_at(now), now)
    return Verdict(policy, 0, max(0, policy.limit - int(used)), resets_in)


def purge(session: Session) -> None:
    """Forgets windows that are over since two days."""
    session.execute(_PURGE)
