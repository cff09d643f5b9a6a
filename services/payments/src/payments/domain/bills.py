"""A bill from its invoice to its end: what may become of it, and when it's given up."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from saudi.days import RIYADH


class Status(StrEnum):
    """`requested`: the bill system hasn't answered yet; nothing is published of it before."""

    REQUESTED = "requested"
    REGISTERED = "registered"
    SETTLED = "settled"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


OPEN = frozenset({Status.REQUESTED, Status.REGISTERED})
ENDINGS = frozenset({Status.CANCELLED, Status.EXPIRED})


class Task(StrEnum):
    """What is to be done at the bill system."""

    REGISTER = "register"
    CANCEL = "cancel"


class Happened(StrEnum):
    """The event types of an invoice."""

    REQUESTED = "requested"
    WITHDRAWN = "withdrawn"
    REFUND_REQUESTED = "refund_requested"


PAST_DUE = "past-due"


@dataclass(frozen=True)
class Given:
    """What giving up a bill leads to. `status`: at once, the bill system has never heard of it. `task`: it has to be
    cancelled there first. Neither: the outcome of a registration is awaited."""

    status: Status | None = None
    task: Task | None = None


def give_up(status: Status, ending: Status, *, tried: bool) -> Given:
    """`tried`: a registration was begun, so the bill system may have the bill. Raises ValueError for a bill that isn't
    open."""
    if status is Status.REGISTERED:
        return Given(task=Task.CANCEL)
    if status is not Status.REQUESTED:
        raise ValueError(f"a bill that is {status} can't be given up")
    return Given() if tried else Given(status=ending)


def is_over(status: Status, ending: Status, *, paid_there: bool, money_known: bool) -> bool:
    """Whether a bill that is given up ends, for the bill system takes no more money for it (`paid_there`). A late one
    waits for the money that was paid in time: it's over once money is known that hasn't settled it."""
    return status in OPEN and paid_there and (ending is Status.CANCELLED or money_known)


def expires_at(due_on: date, grace: timedelta) -> datetime:
    """When an unpaid bill is given up: `grace` after its last day has ended in Riyadh."""
    return datetime.combine(due_on + timedelta(days=1), time(), RIYADH) + grace
