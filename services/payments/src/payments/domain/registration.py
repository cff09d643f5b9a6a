"""The rules of registration: which step follows a call, so that the bill system registers each bill once.

After *not sent* the call is repeated. After *unknown* the bill system may have the bill, so the worker asks for the
bill by its reference. «Absent» is believed only after a while, because a slow system may still be storing the bill. The
bill is then sent again under the same reference."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from payments.domain.bills import Task


class Outcome(StrEnum):
    """The outcome of a call. `registered`, `paid`, `cancelled`: the bill's status at the bill system; `absent`: the
    bill system doesn't know the reference; `refused`: the bill system will never take the bill."""

    REGISTERED = "registered"
    PAID = "paid"
    CANCELLED = "cancelled"
    ABSENT = "absent"
    REFUSED = "refused"
    NOT_SENT = "not-sent"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Result:
    """`detail` is a code, such as `time-out`. `registered` and `paid` carry the bill's number and the biller's code."""

    outcome: Outcome
    detail: str | None = None
    bill_number: str | None = None
    biller_code: str | None = None


@dataclass(frozen=True, kw_only=True)
class Policy:
    """Times in seconds. `retry`: the first wait, doubled with each try up to `longest_retry`. `lease`: how long a claim
    keeps other processes away from a bill. `ask_after`: the wait between an unknown outcome and the question. `settle`:
    the time since a registration after which «absent» is believed."""

    retry: float = 5
    longest_retry: float = 300
    lease: float = 60
    ask_after: float = 2
    settle: float = 30


class Call(StrEnum):
    """The kinds of calls."""

    REGISTER = "register"
    CANCEL = "cancel"
    ASK = "ask"


@dataclass(frozen=True, kw_only=True)
class Standing:
    """The state of a bill's registration. `unsure`: the last registration's outcome is unknown. `giving_up`: nobody
    wants the bill any more. `tries`: the calls so far. `since`: when the last registration began."""

    task: Task
    unsure: bool = False
    giving_up: bool = False
    tries: int = 0
    since: datetime | None = None


class End(StrEnum):
    """How a call ends the task of a bill."""

    ACKNOWLEDGED = "acknowledged"
    PAID_THERE = "paid-there"
    REFUSED = "refused"
    ENDED = "ended"


@dataclass(frozen=True, kw_only=True)
class Step:
    """`end`: how the task ends. None while the task goes on: then the worker returns at `due_at`."""

    end: End | None = None
    due_at: datetime | None = None
    unsure: bool = False


def lease_ends(policy: Policy, now: datetime) -> datetime:
    """Returns until when a claim of now keeps other processes away from the bill."""
    return now + timedelta(seconds=policy.lease)


def next_call(standing: Standing) -> Call | None:
    """Returns the call for a bill that is due. None for a given-up bill that the bill system has never heard of."""
    if standing.task is Task.CANCEL:
        return Call.CANCEL
    if standing.unsure:
        return Call.ASK
    return None if standing.giving_up else Call.REGISTER


def step_after(
    call: Call, standing: Standing, result: Result, *, policy: Policy, now: datetime
) -> Step:
    """Returns the step after a call."""
    outcome = result.outcome
    if outcome in {Outcome.NOT_SENT, Outcome.UNKNOWN}:
        return _step_without_answer(call, standing, outcome, policy, now)
    if call is Call.CANCEL:
        return _step_after_cancel(outcome, policy, now)
    if outcome is Outcome.REGISTERED:
        return Step(end=End.ACKNOWLEDGED)
    if outcome is Outcome.PAID:
        return Step(end=End.PAID_THERE)
    if outcome is Outcome.CANCELLED:
        return Step(end=End.ENDED)
    if outcome is Outcome.REFUSED:
        return Step(end=End.REFUSED)
    return _step_when_absent(standing, policy, now)


def _step_without_answer(
    call: Call, standing: Standing, outcome: Outcome, policy: Policy, now: datetime
) -> Step:
    if call is Call.REGISTER and outcome is Outcome.UNKNOWN:
        return Step(due_at=now + timedelta(seconds=policy.ask_after), unsure=True)
    if call is Call.REGISTER and standing.giving_up:
        return Step(end=End.ENDED)  # the request never left
    return Step(due_at=_next_try(standing.tries, policy, now), unsure=call is Call.ASK)


def _step_after_cancel(outcome: Outcome, policy: Policy, now: datetime) -> Step:
    if outcome in {Outcome.CANCELLED, Outcome.ABSENT}:
        return Step(end=End.ENDED)
    if outcome is Outcome.PAID:
        return Step(end=End.PAID_THERE)
    return Step(due_at=now + timedelta(seconds=policy.longest_retry))


def _step_when_absent(standing: Standing, policy: Policy, now: datetime) -> Step:
    settled = (standing.since or now) + timedelta(seconds=policy.settle)
    if now < settled:
        return Step(due_at=settled, unsure=True)
    return Step(end=End.ENDED) if standing.giving_up else Step(due_at=now)


def _next_try(tries: int, policy: Policy, now: datetime) -> datetime:
    wait = min(policy.longest_retry, policy.retry * 2 ** min(tries, 10))
    return now + timedelta(seconds=wait)
