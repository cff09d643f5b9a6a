"""The rules of sending: which step follows an attempt, so that no text is lost or sent twice as far as a provider
allows.

After *not sent* the other provider is called at once; when no provider takes the message, all are called again some
minutes later. After *unknown* the provider may have the message, so no other provider gets the message from then on. A
provider that can be queried is queried by the reference. Otherwise the message waits for a receipt, and then the same
provider gets the message again under the same reference, marked as a possible duplicate, unless the template prefers a
lost text to a text sent twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from notify.domain.messages import State, WhenUnsure


class Outcome(StrEnum):
    """The outcome of an attempt, or of a query after an attempt. `absent`: the provider doesn't know the reference."""

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
    """The result of an attempt. `detail`: a code, such as `time-out` or `er-09`. `line_failed`: the provider couldn't
    be reached, or takes no more messages for now."""

    outcome: Outcome
    detail: str | None = None
    provider_reference: str | None = None
    line_failed: bool = False

    @property
    def final(self) -> bool:
        """Returns whether no provider will ever take the message."""
        return is_final(self.detail)

    @property
    def counts_as_failure(self) -> bool:
        """Returns whether the breaker counts a failure. A refusal of one message is an answer and no failure."""
        return self.line_failed or self.outcome is Outcome.UNKNOWN


@dataclass(frozen=True)
class Abilities:
    """What a provider has agreed to. `queried`: a reference can be queried. `once`: a reference is taken only once."""

    queried: bool = False
    once: bool = False


@dataclass(frozen=True, kw_only=True)
class Policy:
    """Times in seconds, and the number of rounds after the first round (`retries`).

    `lease`: how long a claim keeps other processes away from a message. `ask_after`: the wait between an unknown
    outcome and the first query. `settle`: the time after which «absent» is believed, because a slow provider may still
    be storing the message. `receipt_wait`: how long a message waits for a receipt when the provider can't be queried.
    `patience`: how long an accepted message waits for a receipt.
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
    """The state of a message that the rules need. `tried`: the providers that didn't take the message in this round;
    `refused`: the tried providers that will never take the message. `since`: when the last attempt ended."""

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
    """The next step of a message. `send`: the provider to call now; `ask`: the provider to query. `due_at`: when the
    worker returns to the message. `twice`: the text may be a duplicate."""

    state: State
    due_at: datetime | None = None
    send: str | None = None
    ask: str | None = None
    reason: str | None = None
    round_over: bool = False
    pins: bool = False
    twice: bool = False


def is_of_newest(references: Sequence[str | None], reported: str | None) -> bool:
    """Returns whether a reported failure is about the newest attempt. `references`: the provider's ids of the attempts
    that it took or may have taken, oldest first; `reported`: the id of the receipt.

    A provider that got a message twice may report the failure of the first attempt while the second text arrives. A
    receipt that can't be assigned to an attempt ends nothing.
    """
    if len(references) < 2:
        return True
    return reported is not None and reported == references[-1]


def is_final(detail: str | None) -> bool:
    """Returns whether an attempt's detail says that no provider will ever take the message."""
    return detail == NUMBER_REFUSED


def step_when_due(standing: Standing, choice: Sequence[str], policy: Policy, now: datetime) -> Step:
    """Returns the step of a due message. `choice`: the providers that may be called now, the best first. A pinned
    message goes to its own provider or waits."""
    if standing.state is State.ACCEPTED:
        return Step(state=State.UNCONFIRMED, reason="no-receipt")
    if standing.state is State.SENDING:  # the process was killed, or hangs past its lease
        return step_after(
            standing, Result(Outcome.UNKNOWN, "lease-over"), [], policy=policy, now=now
        )
    if standing.state is State.CREATED and now >= standing.expires_at:
        return _step_when_expired(standing)
    allowed = [one for one in choice if not standing.pinned or one == standing.provider]
    if not allowed:
        return _step_of_next_round(standing, "no-provider", policy, now)
    return _step_to_send(standing, allowed[0], policy, now)


def step_after(
    standing: Standing, result: Result, others: Sequence[str], *, policy: Policy, now: datetime
) -> Step:
    """Returns the step after an attempt. `others`: the providers that may be called now, in order of preference."""
    if result.outcome is Outcome.ACCEPTED:
        return _step_when_accepted(policy, now)
    if result.outcome is Outcome.DELIVERED:
        return Step(state=State.DELIVERED)
    if result.outcome is Outcome.FAILED:
        return Step(state=State.FAILED, reason=result.detail)
    if result.outcome is Outcome.UNKNOWN:
        if _is_exhausted(standing, policy):
            return Step(state=State.UNCONFIRMED, reason=result.detail, round_over=True)
        due = now + timedelta(seconds=policy.ask_after)
        return Step(
            state=State.UNSURE, due_at=due, reason=result.detail, pins=True, round_over=True
        )
    return _step_when_not_sent(standing, result, others, policy, now)


def step_when_unsure(
    standing: Standing, abilities: Abilities, policy: Policy, now: datetime
) -> Step:
    """Returns the step of a due message after an unknown outcome: query, wait, send again or give up."""
    if abilities.queried:
        return Step(
            state=State.UNSURE, ask=standing.provider, due_at=_after_seconds(policy.lease, now)
        )
    until = _since(standing, now) + timedelta(seconds=policy.receipt_wait)
    if now < until:
        return Step(state=State.UNSURE, due_at=until)
    if standing.when_unsure is WhenUnsure.LOST and not abilities.once:
        return Step(state=State.UNCONFIRMED, reason="rather-lost")
    return _step_to_resend(standing, policy, now, twice=True)


def step_after_query(standing: Standing, result: Result, policy: Policy, now: datetime) -> Step:
    """Returns the step after a provider was queried for a message."""
    if result.outcome in {Outcome.ACCEPTED, Outcome.DELIVERED, Outcome.FAILED}:
        return step_after(standing, result, [], policy=policy, now=now)
    if result.outcome is Outcome.ABSENT:
        settled = _since(standing, now) + timedelta(seconds=policy.settle)
        if now < settled:
            return Step(state=State.UNSURE, due_at=settled)
        return _step_to_resend(standing, policy, now, twice=False)
    if _is_exhausted(standing, policy):
        return Step(state=State.UNCONFIRMED, reason="not-answered")
    settled = _since(standing, now) + timedelta(seconds=policy.settle)
    later = settled if now < settled else _after_seconds(policy.retry, now)
    return Step(state=State.UNSURE, due_at=later, round_over=now >= settled)


def _step_to_send(standing: Standing, provider: str, policy: Policy, now: datetime) -> Step:
    return Step(state=State.SENDING, send=provider, due_at=_after_seconds(policy.lease, now))


def _step_to_resend(standing: Standing, policy: Policy, now: datetime, *, twice: bool) -> Step:
    if now >= standing.expires_at:
        return _step_when_expired(standing)
    return Step(
        state=State.SENDING,
        send=standing.provider,
        due_at=_after_seconds(policy.lease, now),
        twice=twice,
    )


def _step_when_not_sent(
    standing: Standing, result: Result, others: Sequence[str], policy: Policy, now: datetime
) -> Step:
    if now >= standing.expires_at:
        return _step_when_expired(standing)
    if not standing.pinned:
        left = [one for one in others if one not in standing.tried]
        if left:
            return _step_to_send(standing, left[0], policy, now)
    if result.final and standing.tried == standing.refused:
        ends = State.UNCONFIRMED if standing.pinned else State.FAILED
        return Step(state=ends, reason=result.detail)
    return _step_of_next_round(standing, result.detail, policy, now)


def _step_of_next_round(
    standing: Standing, detail: str | None, policy: Policy, now: datetime
) -> Step:
    if _is_exhausted(standing, policy):
        state = State.UNCONFIRMED if standing.pinned else State.TECHNICAL_FAILURE
        return Step(state=state, reason=detail, round_over=True)
    return Step(
        state=State.CREATED,
        due_at=_after_seconds(policy.retry, now),
        reason=detail,
        round_over=True,
    )


def _step_when_accepted(policy: Policy, now: datetime) -> Step:
    return Step(state=State.ACCEPTED, due_at=_after_seconds(policy.patience, now))


def _step_when_expired(standing: Standing) -> Step:
    if standing.pinned:
        return Step(state=State.UNCONFIRMED, reason=PAST_ITS_TIME)
    return Step(state=State.EXPIRED, reason=PAST_ITS_TIME)


def _is_exhausted(standing: Standing, policy: Policy) -> bool:
    return standing.rounds >= policy.retries


def _since(standing: Standing, now: datetime) -> datetime:
    return standing.since or now


def _after_seconds(seconds: float, now: datetime) -> datetime:
    return now + timedelta(seconds=seconds)
