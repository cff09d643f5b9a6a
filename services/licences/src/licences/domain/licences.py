"""A licence's states, its term, and when it may be renewed."""

from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum
from typing import Protocol

from chassis.core.refusals import Conflict, IllegalTransition
from saudi.days import add_years


class Status(StrEnum):
    """Expired is none: it's computed. `CLOSED`: the place is closed because of a violation."""

    VALID = "valid"
    SUSPENDED = "suspended"
    CANCELLED = "cancelled"
    CLOSED = "closed"


class Action(StrEnum):
    """What is done to a licence."""

    ISSUE = "issue"
    RENEW = "renew"
    SUSPEND = "suspend"
    REINSTATE = "reinstate"
    CANCEL = "cancel"
    CLOSE = "close"
    CORRECT = "correct"


_NEXT: Mapping[tuple[Status, Action], Status] = {
    (Status.VALID, Action.RENEW): Status.VALID,
    (Status.VALID, Action.SUSPEND): Status.SUSPENDED,
    (Status.VALID, Action.CANCEL): Status.CANCELLED,
    (Status.VALID, Action.CLOSE): Status.CLOSED,
    (Status.VALID, Action.CORRECT): Status.VALID,
    (Status.SUSPENDED, Action.REINSTATE): Status.VALID,
    (Status.SUSPENDED, Action.CANCEL): Status.CANCELLED,
    (Status.SUSPENDED, Action.CLOSE): Status.CLOSED,
    (Status.SUSPENDED, Action.CORRECT): Status.SUSPENDED,
    (Status.CLOSED, Action.REINSTATE): Status.VALID,
    (Status.CLOSED, Action.CANCEL): Status.CANCELLED,
    (Status.CLOSED, Action.CORRECT): Status.CLOSED,
}
TITLES: Mapping[Action, Mapping[str, str]] = {
    Action.ISSUE: {"ar": "الإصدار", "en": "issue"},
    Action.RENEW: {"ar": "التجديد", "en": "renew"},
    Action.SUSPEND: {"ar": "الإيقاف", "en": "suspend"},
    Action.REINSTATE: {"ar": "الإعادة", "en": "reinstate"},
    Action.CANCEL: {"ar": "الإلغاء", "en": "cancel"},
    Action.CLOSE: {"ar": "إغلاق المحل", "en": "close the place"},
    Action.CORRECT: {"ar": "التصحيح", "en": "correct"},
}
EXPIRED = "expired"
# By the municipality; the licence's last day doesn't end it.
STOPPED = (Status.SUSPENDED, Status.CLOSED)


class LicenceEnded(Conflict):
    """The licence has ended, and none that the actor sees took its place."""

    problem = "licence-ended"


class Held(Protocol):
    """A licence as it's kept."""

    @property
    def establishment(self) -> str | None: ...
    @property
    def owner_number(self) -> str | None: ...


def advance(status: str, action: Action) -> Status:
    """The status after the action. Raises IllegalTransition."""
    after = _NEXT.get((Status(status), action))
    if after is None:
        possible = [TITLES[one] for one in Action if (Status(status), one) in _NEXT]
        raise IllegalTransition(action, status, possible)
    return after


def reinstated(status: str, before: str | None) -> Status:
    """The status after the end of a suspension or closure; `before`: that of a closed one when it was closed. What was
    suspended before is so again. Raises IllegalTransition."""
    after = advance(status, Action.REINSTATE)
    return Status(before) if status == Status.CLOSED and before else after


def same_holder(one: Held, other: Held) -> bool:
    """Whether two licences are of one establishment, or of one professional for himself."""
    if one.establishment or other.establishment:
        return one.establishment == other.establishment
    return one.owner_number is not None and one.owner_number == other.owner_number


def effective(status: str, expires_on: date, today: date) -> str:
    """What a person reads: a valid licence whose last day is over is expired."""
    return EXPIRED if status == Status.VALID and expires_on < today else status


def term_from(first_day: date, years: int) -> date:
    """The last valid day of a term of Gregorian years that begins on the day."""
    return add_years(first_day, years) - timedelta(days=1)


def renewed_until(expires_on: date, years: int, today: date) -> date:
    """The last valid day after a renewal: in time it goes on from the end, late it begins today."""
    first = expires_on + timedelta(days=1) if today <= expires_on else today
    return term_from(first, years)


def renewable_from(expires_on: date, days: int) -> date:
    """The first day on which a renewal may be asked for."""
    return expires_on - timedelta(days=days)
