"""Appeals (اعتراض) of owners against decisions: within which days, decided by whom, and what an accepted one undoes.

How many days there are is data: reference/appeals.yaml.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from chassis.core.refusals import Conflict, IllegalTransition, InvalidFields
from permits.domain.actions import words
from permits.domain.actors import Done
from saudi.days import both_calendars, midnight_after


class Against(StrEnum):
    CANCELLATION = "cancellation"
    SUSPENSION = "suspension"
    REJECTION = "rejection"
    COMPLETION_REFUSAL = "completion_refusal"


# The act of the history that made the decision.
MADE_BY = {
    Against.CANCELLATION: "cancel",
    Against.SUSPENSION: "suspend",
    Against.REJECTION: "reject",
    Against.COMPLETION_REFUSAL: "refuse_completion",
}
DECIDE = "decide_appeal"


class Status(StrEnum):
    RECEIVED = "received"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


STATUS_TITLES = {
    Status.RECEIVED: ("قيد النظر", "Being examined"),
    Status.ACCEPTED: ("مقبول", "Accepted"),
    Status.REJECTED: ("مرفوض", "Rejected"),
    Status.WITHDRAWN: ("مسحوب", "Withdrawn"),
}


class AppealTooLate(Conflict):
    """The days after the notice are over."""

    problem = "appeal-too-late"


class NothingToAppeal(Conflict):
    """There's no such decision, or it doesn't stand any more."""

    problem = "nothing-to-appeal"


class AppealExists(Conflict):
    """The decision was appealed against before; `code` is what became of that."""

    problem = "appeal-exists"

    def __init__(self, status: str, number: str) -> None:
        self.code = status
        super().__init__(number=number)


class AppealMoot(Conflict):
    """Somebody lifted the appealed decision before the appeal was decided."""

    problem = "appeal-moot"


@dataclass(frozen=True)
class AppealRule:
    """Days to appeal and to decide; `against` None: all decisions; `until` is the last day of the rule."""

    against: frozenset[str] | None
    file_within: timedelta
    decide_within: timedelta
    since: date
    until: date | None

    @classmethod
    def read(cls, written: Mapping[str, Any]) -> Self:
        """Reads a rule of the file."""
        against, until = written["against"], written["until"]
        return cls(
            frozenset(against) if against is not None else None,
            timedelta(days=written["file_within_days"]),
            timedelta(days=written["decide_within_days"]),
            date.fromisoformat(written["since"]),
            date.fromisoformat(until) if until else None,
        )

    def covers(self, against: Against, on: date) -> bool:
        """Returns whether the rule covers a decision with notice on that day."""
        meant = self.against is None or against in self.against
        return meant and self.since <= on <= (self.until or date.max)


@dataclass(frozen=True)
class Days:
    """When the owner had notice, when he appealed, and the last day to decide."""

    noticed_on: date
    filed_on: date
    decide_by: date


def days_of(
    against: Against,
    decided_on: date,
    *,
    noticed_on: date | None,
    filed_on: date | None,
    rules: Iterable[AppealRule],
    today: date,
) -> Days:
    """Returns the days of an appeal. The default of the notice is the decision's day, the default of the filing is
    today. Raises InvalidFields for days in no order, AppealTooLate, and NothingToAppeal if no rule allows an appeal."""
    noticed, filed = noticed_on or decided_on, filed_on or today
    for name, day in (("noticed_on", noticed), ("filed_on", filed)):
        if day > today:
            raise InvalidFields.of(name, "future-date")
    if noticed < decided_on:
        raise InvalidFields.of("noticed_on", "before-decision")
    if filed < noticed:
        raise InvalidFields.of("filed_on", "before-notice")
    found = [rule for rule in rules if rule.covers(against, noticed)]
    if not found:
        raise NothingToAppeal
    last_day = noticed + found[-1].file_within
    if filed > last_day:
        hijri = both_calendars(last_day).hijri
        raise AppealTooLate(last_day=last_day, last_day_hijri=hijri)
    return Days(noticed, filed, filed + found[-1].decide_within)


def end(status: str, how: Status) -> Status:
    """Returns the status after a decision or withdrawal. Raises IllegalTransition for an ended appeal."""
    if status != Status.RECEIVED:
        raise IllegalTransition(DECIDE, f"appeal_{status}", words([]))
    return how


def require_received(status: str, action: str) -> None:
    """Raises IllegalTransition for one that has ended."""
    if status != Status.RECEIVED:
        raise IllegalTransition(action, f"appeal_{status}", words([]))


def is_overdue(status: str, decide_by: date, today: date) -> bool:
    """Returns whether the day to decide is over and nobody decided."""
    return status == Status.RECEIVED and today > decide_by


def overdue_from(decide_by: date) -> datetime:
    """Returns the first moment at which the appeal is overdue."""
    return midnight_after(decide_by)


def decision_act(against: str, by: Mapping[str, Any] | None) -> list[Done]:
    """Returns the decision as somebody's act; nobody's if its maker isn't known."""
    if by is None:
        return []
    return [Done(MADE_BY[Against(against)], by["subject"], by["name"])]
