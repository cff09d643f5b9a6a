"""A provider's circuit breaker: five failures in a row open the breaker; a probe and then one message close it again.

A success clears the failures before. So a provider that fails 17 of 100 calls keeps carrying messages, and a dead
provider gets no message after five failures.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta


@dataclass(frozen=True, kw_only=True)
class Policy:
    """`failures` in a row open the breaker. An open breaker is probed every `probe_seconds`."""

    failures: int = 5
    probe_seconds: float = 5

    @property
    def pause(self) -> timedelta:
        """The time between two probes of an open breaker."""
        return timedelta(seconds=self.probe_seconds)


@dataclass(frozen=True, kw_only=True)
class Breaker:
    """`failures`: the last failures in a row; `opened_at`: None while the breaker is closed; `half_open`: a probe was
    answered, and one message may try."""

    failures: tuple[datetime, ...] = ()
    opened_at: datetime | None = None
    probe_at: datetime | None = None
    half_open: bool = False

    @property
    def closed(self) -> bool:
        return self.opened_at is None

    @property
    def lets_through(self) -> bool:
        """Returns whether a message may go to the provider now."""
        return self.closed or self.half_open

    def wants_probe(self, now: datetime) -> bool:
        """Returns whether a process should try the provider without a message."""
        return not self.lets_through and self.probe_at is not None and self.probe_at <= now


def after_failure(breaker: Breaker, policy: Policy, now: datetime) -> Breaker:
    """Returns the breaker after a call that didn't reach a working provider."""
    failures = (*breaker.failures, now)[-policy.failures :]
    if breaker.closed and len(failures) < policy.failures:
        return replace(breaker, failures=failures)
    return Breaker(
        failures=failures, opened_at=breaker.opened_at or now, probe_at=_next_probe(policy, now)
    )


def after_success() -> Breaker:
    """Returns the breaker after a call with an answer of the provider, which may refuse the message."""
    return Breaker()


def after_admission(breaker: Breaker, policy: Policy, now: datetime) -> Breaker:
    """Returns the breaker after a message took the only place of a half-open breaker. A closed breaker stays as it
    is."""
    if breaker.closed:
        return breaker
    return replace(breaker, half_open=False, probe_at=_next_probe(policy, now))


def after_probe_start(breaker: Breaker, policy: Policy, now: datetime) -> Breaker:
    """Returns the breaker after a process began a probe; other processes wait."""
    return replace(breaker, probe_at=_next_probe(policy, now))


def after_probe_answer(breaker: Breaker) -> Breaker:
    """Returns the breaker after the provider answered a probe."""
    return breaker if breaker.closed else replace(breaker, half_open=True)


def _next_probe(policy: Policy, now: datetime) -> datetime:
    return now + policy.pause
