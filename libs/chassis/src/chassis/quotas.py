"""Limits that hold over all workers and processes: counted in the database, taken in small portions.

A worker takes a hundredth of a limit at a time (one by one below 200), so that counting costs a statement per portion
and not per request. What a worker took and didn't use is lost with it or with the window: a limit is never exceeded,
and at most a hundredth per worker is left unused.
"""

import time
from dataclasses import dataclass
from threading import Lock
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis.db import Database
from chassis.pipeline import SOON, Pipeline, parameter

PORTIONS = 100
# $1 policy, $2 subject, $3 start of the window, $4 amount, $5 limit. A count is not worth a wait for the disk: a crash
# of the server may take the last half second of it.
_TAKE = f"""
WITH soon AS MATERIALIZED (SELECT {SOON})
INSERT INTO quota_used AS q (policy, subject, starts_at, used)
SELECT $1, $2, $3::bigint, least($4::bigint, $5::bigint) FROM soon
ON CONFLICT (policy, subject, starts_at) DO UPDATE
    SET used = greatest(q.used, least(q.used + $4::bigint, $5::bigint))
RETURNING new.used::text, (new.used - coalesce(old.used, 0))::text
"""  # noqa: S608 - of the constant
_PURGE = text("DELETE FROM quota_used WHERE starts_at < extract(epoch FROM now())::bigint - 172800")


@dataclass(frozen=True)
class Policy:
    """`limit` in each window of `seconds`; windows begin at multiples of it, moved by `offset` seconds."""

    name: str
    limit: int
    seconds: int
    offset: int = 0

    def starts_at(self, now: float) -> int:
        """The epoch second in which the window of `now` began."""
        return int((now + self.offset) // self.seconds * self.seconds - self.offset)

    def resets_in(self, now: float) -> int:
        """Whole seconds until the next window, at least one."""
        return max(1, self.starts_at(now) + self.seconds - int(now))


class Verdict(NamedTuple):
    """`granted` of what was asked for; `remaining` in the window; `resets_in` seconds until the next one."""

    policy: Policy
    granted: int
    remaining: int
    resets_in: int


class _Lease:
    __slots__ = ("left", "lock", "starts_at", "used")

    def __init__(self) -> None:
        self.lock = Lock()
        self.starts_at = 0
        self.left = 0
        self.used = 0


class Quotas:
    """The counts of one worker over those of all."""

    def __init__(self, database: Database) -> None:
        self._pipeline = Pipeline(database)
        self._lock = Lock()
        self._leases: dict[tuple[str, str], _Lease] = {}

    def take(self, policy: Policy, subject: str, amount: int = 1, *, now: float) -> Verdict:
        """Takes up to `amount`; less, down to nothing, when the window has no more. Raises OperationalError."""
        lease = self._lease(policy, subject)
        starts_at = policy.starts_at(now)
        with lease.lock:
            if lease.starts_at != starts_at:
                lease.starts_at, lease.left, lease.used = starts_at, 0, 0
            if lease.left < amount and lease.used < policy.limit:
                self._refill(lease, policy, subject, amount - lease.left)
            granted = min(amount, lease.left)
            lease.left -= granted
            remaining = max(0, policy.limit - lease.used) + lease.left
        return Verdict(policy, granted, remaining, policy.resets_in(now))

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

    def _refill(self, lease: _Lease, policy: Policy, subject: str, needed: int) -> None:
        amount = max(needed, policy.limit // PORTIONS)
        values = (policy.name, subject, lease.starts_at, amount, policy.limit)
        row = self._pipeline.run_one(_TAKE, *[parameter(value) for value in values])
        lease.used = int(row.get_value(0, 0) or 0)
        lease.left += int(row.get_value(0, 1) or 0)


def used(session: Session, policy: Policy, subject: str, *, now: float) -> int:
    """How much of the window is taken, by all workers, portions in hand included."""
    statement = text(
        "SELECT used FROM quota_used WHERE policy = :policy AND subject = :subject AND starts_at = :starts_at"
    )
    values = {"policy": policy.name, "subject": subject, "starts_at": policy.starts_at(now)}
    return int(session.scalar(statement, values) or 0)


def purge(session: Session) -> None:
    """Forgets windows that are over since two days."""
    session.execute(_PURGE)
