"""A provider's circuit breaker: five failures in a row open it, and a probe and then one message close it again.

A success between failures clears them. So a provider that fails 17 of 100 calls goes on carrying messages, each of
which has its own rules for what failed, and one that's dead gets none after five.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta


@dataclass(frozen=True, kw_only=True)
class Policy:
    """`failures` in a row open the breaker. Every `probe_seconds` an open one is tried."""

    failures: int = 5
    probe_seconds: float = 5

    @property
    def pause(self) -> timedelta:
        """For so long nothing is asked of an open breaker."""
        return timedelta(seconds=self.probe_seconds)


@dataclass(frozen=True, kw_only=True)
class Breaker:
    """`failures` in a row; `opened_at`: None while it's closed. `half_open`: a probe was answered, and one message may
    try."""

    failures: tuple[datetime, ...] = ()
    opened_at: datetime | None = None
    probe_at: datetime | None = None
    half_open: bool = False

    @property
    def closed(self) -> bool:
        return self.opened_at is None

    @property
    def lets_through(self) -> bool:
        """Whether a message may go to the provider now."""
        return self.closed or self.half_open

    def wants_probe(self, now: datetime) -> bool:
        """Whether somebody should try the provider without a message."""
        return not self.lets_through and self.probe_at is not None and self.probe_at <= now


def failed(breaker: Breaker, policy: Policy, now: datetime) -> Breaker:
    """After a call that didn't reach a working provider."""
    failures = (*breaker.failures, now)[-policy.failures :]
    if breaker.closed and len(failures) < policy.failures:
        return replace(breaker, failures=failures)
    return Breaker(
        failures=failures, opened_at=breaker.opened_at or now, probe_at=_next(policy, now)
    )


def succeeded() -> Breaker:
    """After a call that was answered in the provider's own words, also by a refusal of one message."""
    return Breaker()


def took(breaker: Breaker, policy: Policy, now: datetime) -> Breaker:
    """A message takes the one place of a half-open breaker; a closed one has places for all."""
    if breaker.closed:
        return breaker
    return replace(breaker, half_open=False, probe_at=_next(policy, now))


def probing(breaker: Breaker, policy: Policy, now: datetime) -> Breaker:
    """A process begins to try the provider; the others wait."""
    return replace(breaker, probe_at=_next(policy, now))


def answered(breaker: Breaker) -> Breaker:
    """The provider has answered a probe."""
    return breaker if breaker.closed else replace(breaker, half_open=True)


def _next(policy: Policy, now: datetime) -> datetime:
    return now + policy.pause
