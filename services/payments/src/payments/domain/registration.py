"""What follows from a call of the bill system: a bill is registered there once, whatever becomes of the calls.

*Not sent* is known: it's tried again. *Unknown* is the hard one, because the bill system may have the bill: it's asked
after by its reference, and «absent» is believed only after a while, because a slow system may be storing it still. The
bill is then sent under the same reference.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from payments.domain.bills import Task


class Outcome(StrEnum):
    """Of a call. `registered`: the bill is there and open; `paid`, `cancelled`: what else it's there; `absent`: the
    reference isn't known; `refused`: the bill system won't take it, ever."""

    REGISTERED = "registered"
    PAID = "paid"
    CANCELLED = "cancelled"
    ABSENT = "absent"
    REFUSED = "refused"
    NOT_SENT = "not-sent"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Result:
    """`detail` is a code, such as `time-out`. The number and the biller's code come with `registered` and `paid`."""

    outcome: Outcome
    detail: str | None = None
    bill_number: str | None = None
    biller_code: str | None = None


@dataclass(frozen=True, kw_only=True)
class Policy:
    """Times, in seconds. `retry`, doubled with each try up to `longest_retry`. `lease`: for so long a process that
    claimed a bill is believed to be calling. After an unknown outcome the bill system is asked after `ask_after`, and
    «absent» is believed once `settle` has passed."""

    retry: float = 5
    longest_retry: float = 300
    lease: float = 60
    ask_after: float = 2
    settle: float = 30


class Call(StrEnum):
    """The calls there are."""

    REGISTER = "register"
    CANCEL = "cancel"
    ASK = "ask"


@dataclass(frozen=True, kw_only=True)
class Standing:
    """`unsure`: the last registration's outcome isn't known. `giving_up`: the bill isn't wanted any more. `tries`: the
    registrations so far. `since`: when the last one began."""

    task: Task
    unsure: bool = False
    giving_up: bool = False
    tries: int = 0
    since: datetime | None = None


class End(StrEnum):
    """What becomes of the bill after a call."""

    ACKNOWLEDGED = "acknowledged"
    PAID_THERE = "paid-there"
    REFUSED = "refused"
    ENDED = "ended"


@dataclass(frozen=True, kw_only=True)
class Step:
    """`end`: what the bill becomes, None while it's under way; then it's looked at again at `due_at`."""

    end: End | None = None
    due_at: datetime | None = None
    unsure: bool = False


def lease_ends(policy: Policy, now: datetime) -> datetime:
    """Until when a bill that is claimed now is left alone by others."""
    return now + timedelta(seconds=policy.lease)


def next_call(standing: Standing) -> Call | None:
    """The call for a bill that is due. None: nobody has heard of a bill that isn't wanted any more."""
    if standing.task is Task.CANCEL:
        return Call.CANCEL
    if standing.unsure:
        return Call.ASK
    return None if standing.giving_up else Call.REGISTER


def after(call: Call, standing: Standing, result: Result, *, policy: Policy, now: datetime) -> Step:
    """The step after a call."""
    outcome = result.outcome
    if outcome in {Outcome.NOT_SENT, Outcome.UNKNOWN}:
        return _no_answer(call, standing, outcome, policy, now)
    if call is Call.CANCEL:
        return _cancelled(outcome, policy, now)
    if outcome is Outcome.REGISTERED:
        return Step(end=End.ACKNOWLEDGED)
    if outcome is Outcome.PAID:
        return Step(end=End.PAID_THERE)
    if outcome is Outcome.CANCELLED:
        return Step(end=End.ENDED)
    if outcome is Outcome.REFUSED:
        return Step(end=End.REFUSED)
    return _absent(standing, policy, now)


def _no_answer(
    call: Call, standing: Standing, outcome: Outcome, policy: Policy, now: datetime
) -> Step:
    if call is Call.REGISTER and outcome is Outcome.UNKNOWN:
        return Step(due_at=now + timedelta(seconds=policy.ask_after), unsure=True)
    if call is Call.REGISTER and standing.giving_up:
        return Step(end=End.ENDED)  # nothing of it went out
    return Step(due_at=_again(standing.tries, policy, now), unsure=call is Call.ASK)


def _cancelled(outcome: Outcome, policy: Policy, now: datetime) -> Step:
    if outcome in {Outcome.CANCELLED, Outcome.ABSENT}:
        return Step(end=End.ENDED)
    if outcome is Outcome.PAID:
        return Step(end=End.PAID_THERE)
    return Step(due_at=now + timedelta(seconds=policy.longest_retry))


def _absent(standing: Standing, policy: Policy, now: datetime) -> Step:
    settled = (standing.since or now) + timedelta(seconds=policy.settle)
    if now < settled:
        return Step(due_at=settled, unsure=True)
    return Step(end=End.ENDED) if standing.giving_up else Step(due_at=now)


def _again(tries: int, policy: Policy, now: datetime) -> datetime:
    wait = min(policy.longest_retry, policy.retry * 2 ** min(tries, 10))
    return now + timedelta(seconds=wait)
