"""What follows from the outcome of an attempt: neither lost nor doubled, as far as a provider allows both.

*Not sent* is known: the other provider is asked at once, and when none takes the message, all again some minutes later.
*Unknown* is the hard one, because the provider may have the message: no other provider gets it from then on. It's asked
after by its reference where the provider can be asked; otherwise its receipt is waited for, and then the same provider
gets it again under the same reference, marked as a possible duplicate, unless its text is rather lost than sent twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from notify.domain.messages import State, WhenUnsure


class Outcome(StrEnum):
    """Of one attempt, or of a question after one. `absent`: the provider says that it doesn't know the reference."""

    ACCEPTED = "accepted"
    NOT_SENT = "not-sent"
    UNKNOWN = "unknown"
    DELIVERED = "delivered"
    FAILED = "failed"
    ABSENT = "absent"


# A number that no provider will ever take.
NUMBER_REFUSED = "number-refused"
PAST_ITS_TIME = "past-its-time"


@dataclass(frozen=True)
class Result:
    """`detail` is a code, such as `time-out` or `er-09`. `line_failed`: the provider couldn't be reached, or takes no
    more for now."""

    outcome: Outcome
    detail: str | None = None
    provider_reference: str | None = None
    line_failed: bool = False

    @property
    def final(self) -> bool:
        """Whether nobody will ever take the message."""
        return is_final(self.detail)

    @property
    def counts_as_failure(self) -> bool:
        """Of the provider, for its breaker; a refusal of one message is an answer in its own words."""
        return self.line_failed or self.outcome is Outcome.UNKNOWN


@dataclass(frozen=True)
class Abilities:
    """What a provider has agreed to. `queried`: it tells the fate of a reference. `once`: it takes a reference once."""

    queried: bool = False
    once: bool = False


@dataclass(frozen=True, kw_only=True)
class Policy:
    """Times, in seconds, and how often a message is tried again after the first round.

    `lease`: for so long a process that claimed a message is believed to be calling. `ask_after`: after an unknown
    outcome a provider is asked first then, and again after `settle`, before «absent» is believed: a slow provider may
    only be storing the message. `receipt_wait`: for so long a receipt is waited for where nobody can be asked.
    `patience`: after so long without a receipt nobody will say any more whether an accepted message arrived.
    """

    retry: float = 300
    retries: int = 48
    lease: float = 60
    ask_after: float = 5
    settle: float = 30
    receipt_wait: float = 120
    patience: float = 72 * 3_600


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What the rules look at of a message. `tried`: the providers that didn't take it in this round; `refused`: those
    of them that never will. `since`: when the last attempt ended or was given up."""

    state: State
    when_unsure: WhenUnsure
    expires_at: datetime
    provider: str | None = None
    pinned: bool = False
    rounds: int = 0
    tried: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()
    since: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Step:
    """What becomes of a message. `send`: the provider to call now; `ask`: the provider to ask for its fate. `due_at`:
    when it's looked at again. `twice`: what is sent now may be a duplicate."""

    state: State
    due_at: datetime | None = None
    send: str | None = None
    ask: str | None = None
    reason: str | None = None
    round_over: bool = False
    pins: bool = False
    twice: bool = False


def is_of_newest(references: Sequence[str | None], told: str | None) -> bool:
    """Whether a provider's failure is the newest attempt's. `references`: the provider's own ids for what it took or
    may have taken, oldest first; `told`: the id that its receipt names. A provider that was sent a message twice may
    report the failure of the first while the second arrives: what can't be told apart ends nothing."""
    if len(references) < 2:
        return True
    return told is not None and told == references[-1]


def is_final(detail: str | None) -> bool:
    """Whether an attempt's detail says that no provider will ever take the message."""
    return detail == NUMBER_REFUSED


def begin(standing: Standing, choice: Sequence[str], policy: Policy, now: datetime) -> Step:
    """The next step of a message that is due. `choice`: the providers that may be called now, the best one first; a
    pinned message goes to its own or waits."""
    if standing.state is State.ACCEPTED:
        return Step(state=State.UNCONFIRMED, reason="no-receipt")
    if standing.state is State.SENDING:  # its process was killed, or hangs past its lease
        return after(standing, Result(Outcome.UNKNOWN, "lease-over"), [], policy=policy, now=now)
    if standing.state is State.CREATED and now >= standing.expires_at:
        return _past_its_time(standing)
    allowed = [one for one in choice if not standing.pinned or one == standing.provider]
    if not allowed:
        return _again(standing, "no-provider", policy, now)
    return _send(standing, allowed[0], policy, now)


def after(
    standing: Standing, result: Result, others: Sequence[str], *, policy: Policy, now: datetime
) -> Step:
    """The step after an attempt. `others`: the providers that may be called now, in the order of preference."""
    if result.outcome is Outcome.ACCEPTED:
        return _accepted(policy, now)
    if result.outcome is Outcome.DELIVERED:
        return Step(state=State.DELIVERED)
    if result.outcome is Outcome.FAILED:
        return Step(state=State.FAILED, reason=result.detail)
    if result.outcome is Outcome.UNKNOWN:
        if _exhausted(standing, policy):
            return Step(state=State.UNCONFIRMED, reason=result.detail, round_over=True)
        due = now + timedelta(seconds=policy.ask_after)
        return Step(
            state=State.UNSURE, due_at=due, reason=result.detail, pins=True, round_over=True
        )
    return _not_sent(standing, result, others, policy, now)


def unsure(standing: Standing, abilities: Abilities, policy: Policy, now: datetime) -> Step:
    """The step of a due message whose last attempt has an unknown outcome: ask, wait, send again or give up."""
    if abilities.queried:
        return Step(state=State.UNSURE, ask=standing.provider, due_at=_in(policy.lease, now))
    until = _since(standing, now) + timedelta(seconds=policy.receipt_wait)
    if now < until:
        return Step(state=State.UNSURE, due_at=until)
    if standing.when_unsure is WhenUnsure.LOST and not abilities.once:
        return Step(state=State.UNCONFIRMED, reason="rather-lost")
    return _resend(standing, policy, now, twice=True)


def asked(standing: Standing, result: Result, policy: Policy, now: datetime) -> Step:
    """The step after a provider was asked for the fate of a message."""
    if result.outcome in {Outcome.ACCEPTED, Outcome.DELIVERED, Outcome.FAILED}:
        return after(standing, result, [], policy=policy, now=now)
    if result.outcome is Outcome.ABSENT:
        settled = _since(standing, now) + timedelta(seconds=policy.settle)
        if now < settled:
            return Step(state=State.UNSURE, due_at=settled)
        return _resend(standing, policy, now, twice=False)
    if _exhausted(standing, policy):
        return Step(state=State.UNCONFIRMED, reason="not-answered")
    settled = _since(standing, now) + timedelta(seconds=policy.settle)
    later = settled if now < settled else _in(policy.retry, now)
    return Step(state=State.UNSURE, due_at=later, round_over=now >= settled)


def _send(standing: Standing, provider: str, policy: Policy, now: datetime) -> Step:
    return Step(state=State.SENDING, send=provider, due_at=_in(policy.lease, now))


def _resend(standing: Standing, policy: Policy, now: datetime, *, twice: bool) -> Step:
    if now >= standing.expires_at:
        return _past_its_time(standing)
    return Step(
        state=State.SENDING, send=standing.provider, due_at=_in(policy.lease, now), twice=twice
    )


def _not_sent(
    standing: Standing, result: Result, others: Sequence[str], policy: Policy, now: datetime
) -> Step:
    if now >= standing.expires_at:
        return _past_its_time(standing)
    if not standing.pinned:
        left = [one for one in others if one not in standing.tried]
        if left:
            return _send(standing, left[0], policy, now)
    if result.final and standing.tried == standing.refused:
        ends = State.UNCONFIRMED if standing.pinned else State.FAILED
        return Step(state=ends, reason=result.detail)
    return _again(standing, result.detail, policy, now)


def _again(standing: Standing, detail: str | None, policy: Policy, now: datetime) -> Step:
    if _exhausted(standing, policy):
        state = State.UNCONFIRMED if standing.pinned else State.TECHNICAL_FAILURE
        return Step(state=state, reason=detail, round_over=True)
    return Step(state=State.CREATED, due_at=_in(policy.retry, now), reason=detail, round_over=True)


def _accepted(policy: Policy, now: datetime) -> Step:
    return Step(state=State.ACCEPTED, due_at=_in(policy.patience, now))


def _past_its_time(standing: Standing) -> Step:
    if standing.pinned:
        return Step(state=State.UNCONFIRMED, reason=PAST_ITS_TIME)
    return Step(state=State.EXPIRED, reason=PAST_ITS_TIME)


def _exhausted(standing: Standing, policy: Policy) -> bool:
    return standing.rounds >= policy.retries


def _since(standing: Standing, now: datetime) -> datetime:
    return standing.since or now


def _in(seconds: float, now: datetime) -> datetime:
    return now + timedelta(seconds=seconds)
