"""The service clock: the service time of a report, its due time, its escalation.

The clock runs from filing, in office hours or at all hours, as the type of the report says. The clock stands still only
in the two waiting statuses. Nothing sets the clock back.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from saudi.working_time import WorkingTime

NO_TIME = timedelta(0)
# The shares of the service time at which a report reaches levels 1, 2 and 3: without a department, and with one.
UNASSIGNED_SHARES = (0.25, 0.5, 1.0)
ASSIGNED_SHARES = (1.0, 1.5, 2.0)
LEVELS = len(ASSIGNED_SHARES)


class ClockKind(StrEnum):
    WORKING = "working"
    CONTINUOUS = "continuous"


@dataclass(frozen=True)
class ServiceTime:
    """Hours of the clock's kind, or working days: then a report is due at closing time of the last day."""

    kind: ClockKind
    hours: int | None = None
    days: int | None = None

    def __post_init__(self) -> None:
        if (self.hours is None) == (self.days is None):
            raise ValueError("a service time has either hours or days")
        if self.days is not None and self.kind is not ClockKind.WORKING:
            raise ValueError("days are working days")


@dataclass(frozen=True)
class Standstill:
    """The time at a standstill, in all hours and in office hours. Both are kept, because a correction of the type may
    change the kind of the clock."""

    all_hours: timedelta = NO_TIME
    office_hours: timedelta = NO_TIME


@dataclass(frozen=True)
class Clock:
    """The clock of a report. `stood`: the time at a standstill, without the present standstill."""

    service_time: ServiceTime
    started_at: datetime
    stood: Standstill = Standstill()
    paused_since: datetime | None = None

    @property
    def kind(self) -> ClockKind:
        return self.service_time.kind

    @property
    def paused_for(self) -> timedelta:
        """Returns the time at a standstill in the clock's kind of time."""
        working = self.kind is ClockKind.WORKING
        return self.stood.office_hours if working else self.stood.all_hours


def pause(clock: Clock, now: datetime) -> Clock:
    """Stops the clock at `now`. A stopped clock stays unchanged."""
    return clock if clock.paused_since else replace(clock, paused_since=now)


def resume(clock: Clock, now: datetime, office: WorkingTime) -> Clock:
    """Starts the clock again, and adds the time at a standstill."""
    if clock.paused_since is None:
        return clock
    since, stood = clock.paused_since, clock.stood
    longer = Standstill(
        stood.all_hours + elapsed(ClockKind.CONTINUOUS, since, now, office),
        stood.office_hours + elapsed(ClockKind.WORKING, since, now, office),
    )
    return replace(clock, stood=longer, paused_since=None)


def elapsed(kind: ClockKind, first: datetime, last: datetime, office: WorkingTime) -> timedelta:
    """Returns the time of a clock's kind between two moments; no time if the moments are reversed."""
    if kind is ClockKind.WORKING:
        return office.working_time_between(first, last)
    return max(last - first, NO_TIME)


def due_at(clock: Clock, office: WorkingTime) -> datetime | None:
    """Returns when the service time ends; None while the clock stands still."""
    return (
        None
        if clock.paused_since
        else _add_pauses(_due_without_pauses(clock, office), clock, office)
    )


def escalates_at(
    clock: Clock, share: float, office: WorkingTime, hurried_by: datetime | None = None
) -> datetime | None:
    """Returns when this share of the service time is over; None while the clock stands still. An earlier due time
    (`hurried_by`) moves each share forward by the difference."""
    if clock.paused_since:
        return None
    allowed = elapsed(clock.kind, clock.started_at, _due_without_pauses(clock, office), office)
    span = (allowed or timedelta(hours=1)) * share + clock.paused_for
    due = due_at(clock, office)
    if hurried_by is not None and due is not None:
        span -= elapsed(clock.kind, hurried_by, due, office)
    return _add(clock.started_at, max(span, NO_TIME), clock.kind, office)


def next_level(level: int, is_assigned: bool) -> float | None:
    """Returns the share of the service time for the next level; None after the last level."""
    shares = ASSIGNED_SHARES if is_assigned else UNASSIGNED_SHARES
    return shares[level] if level < LEVELS else None


def _due_without_pauses(clock: Clock, office: WorkingTime) -> datetime:
    allowed = clock.service_time
    if allowed.days is not None:
        return office.due_after_days(clock.started_at, allowed.days)
    return _add(clock.started_at, timedelta(hours=allowed.hours or 0), clock.kind, office)


def _add_pauses(first: datetime, clock: Clock, office: WorkingTime) -> datetime:
    if not clock.paused_for:  # a moment at closing time would become the next opening
        return first
    return _add(first, clock.paused_for, clock.kind, office)


def _add(moment: datetime, span: timedelta, kind: ClockKind, office: WorkingTime) -> datetime:
    if kind is ClockKind.WORKING:
        return office.add_working_time(moment, span)
    return moment + span
