"""The rules of a bill: its statuses, what giving up leads to, and when a bill is over."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from saudi.days import midnight_after


class Status(StrEnum):
    """`requested`: the bill system hasn't answered yet, and no event of the bill is published."""

    REQUESTED = "requested"
    REGISTERED = "registered"
    SETTLED = "settled"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


OPEN = frozenset({Status.REQUESTED, Status.REGISTERED})
ENDINGS = frozenset({Status.CANCELLED, Status.EXPIRED})


class Task(StrEnum):
    """What the worker does next at the bill system."""

    REGISTER = "register"
    CANCEL = "cancel"


class InvoiceEvent(StrEnum):
    """The event types of an invoice."""

    REQUESTED = "requested"
    WITHDRAWN = "withdrawn"
    REFUND_REQUESTED = "refund_requested"


PAST_DUE = "past-due"


@dataclass(frozen=True)
class GiveUpStep:
    """The next step of a bill that is given up. `status`: the bill ends at once, because the bill system has never
    heard of the bill. `task`: the bill system cancels the bill first. Neither: a registration's outcome is pending."""

    status: Status | None = None
    task: Task | None = None


def give_up(status: Status, ending: Status, *, tried: bool) -> GiveUpStep:
    """Returns the next step. `tried`: a registration was begun, so the bill system may have the bill. Raises ValueError
    for a bill that isn't open."""
    if status is Status.REGISTERED:
        return GiveUpStep(task=Task.CANCEL)
    if status is not Status.REQUESTED:
        raise ValueError(f"a bill that is {status} can't be given up")
    return GiveUpStep() if tried else GiveUpStep(status=ending)


def is_over(status: Status, ending: Status, *, paid_there: bool, money_known: bool) -> bool:
    """Returns whether a bill that is given up ends, because the bill system takes no more money for the bill
    (`paid_there`). An expired bill waits for money that was paid in time: the bill is over once money has arrived that
    hasn't settled the bill."""
    return status in OPEN and paid_there and (ending is Status.CANCELLED or money_known)


def expires_at(due_on: date, grace: timedelta) -> datetime:
    """Returns when an unpaid bill is given up: `grace` after its last day has ended in Riyadh."""
    return midnight_after(due_on) + grace
