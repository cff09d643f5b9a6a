"""The life of an appointment, and what a person may do with appointments."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Protocol

from appointments.domain.schedule import PlannedService
from chassis.core.refusals import Conflict
from chassis.core.state_machine import StateMachine
from saudi.days import RIYADH, legal_day

CHECK_IN_EARLY = timedelta(minutes=60)
# A freed slot is offered between these times in Riyadh, so that it wakes nobody.
OFFERS_FROM, OFFERS_UNTIL = time(8), time(20)
OFFERS_A_DAY = 3  # to one person
OFFER_LENGTH = timedelta(minutes=30)
HOLD_LENGTH = timedelta(minutes=10)
FARTHEST = timedelta(days=181)  # beyond the longest horizon of a plan


class Status(StrEnum):
    REQUESTED = "requested"
    CONFIRMED = "confirmed"
    CHECKED_IN = "checked_in"
    CALLED = "called"
    SERVED = "served"
    NO_SHOW = "no_show"
    CANCELLED = "cancelled"


class Action(StrEnum):
    BOOK = "book"
    CONFIRM = "confirm"
    MOVE = "move"
    MARK_AFFECTED = "mark_affected"
    CLEAR_AFFECTED = "clear_affected"
    WAIT = "wait"
    STOP_WAITING = "stop_waiting"
    OFFER = "offer"
    LAPSE = "lapse"
    CANCEL = "cancel"
    CHECK_IN = "check_in"
    CALL = "call"
    SERVE = "serve"
    MISS = "miss"
    END_DAY = "end_day"
    REPLACE_LINK = "replace_link"
    REVEAL = "reveal"
    PRINT = "print"
    EMPTY = "empty"


AHEAD = (Status.REQUESTED, Status.CONFIRMED)
PRESENT = (Status.CHECKED_IN, Status.CALLED)
ENDED = (Status.SERVED, Status.NO_SHOW, Status.CANCELLED)
AFFECTED = "affected"  # what people read instead of the state, while the municipality can't keep the appointment
_KEPT = {status: status for status in AHEAD}
LIFE = StateMachine[Status, Action](
    steps={
        Action.CONFIRM: {Status.REQUESTED: Status.CONFIRMED},
        **dict.fromkeys((Action.MOVE, Action.WAIT, Action.STOP_WAITING), _KEPT),
        Action.CANCEL: dict.fromkeys(AHEAD, Status.CANCELLED),
        Action.CHECK_IN: dict.fromkeys(AHEAD, Status.CHECKED_IN),
        Action.CALL: dict.fromkeys(PRESENT, Status.CALLED),
        Action.SERVE: {Status.CALLED: Status.SERVED},
        Action.MISS: {Status.CONFIRMED: Status.NO_SHOW, Status.CALLED: Status.NO_SHOW},
        Action.PRINT: {one: one for one in (Status.CONFIRMED, *PRESENT)},
    },
    titles={
        Action.CONFIRM: {"ar": "تأكيد", "en": "confirm"},
        Action.MOVE: {"ar": "تغيير الوقت", "en": "move"},
        Action.CANCEL: {"ar": "إلغاء", "en": "cancel"},
        Action.CHECK_IN: {"ar": "تسجيل الحضور", "en": "check in"},
        Action.CALL: {"ar": "نداء", "en": "call"},
        Action.SERVE: {"ar": "إتمام الخدمة", "en": "serve"},
        Action.MISS: {"ar": "لم يحضر", "en": "no-show"},
    },
    prefix="appointment_",
)


class CancelledBy(StrEnum):
    """The cause of a cancellation: the person, an officer, or the end of a day without confirmation or service."""

    PERSON = "person"
    MUNICIPALITY = "municipality"
    DAY_END = "day_end"


class SlotTaken(Conflict):
    """Somebody else has the slot. The answer names the next free slots."""

    problem = "slot-taken"

    def __init__(self, next_slots: Iterable[str]) -> None:
        super().__init__()
        self.members = {"next_slots": list(next_slots)}


class SlotNotBookable(Conflict):
    """The slot can't be booked. `code`: too-soon, too-far, or no-slot."""

    problem = "slot-not-bookable"

    def __init__(self, code: str) -> None:
        super().__init__()
        self.code = code


class HoldOver(Conflict):
    """The hold has ended, or is another device's."""

    problem = "hold-over"


class TooManyOpen(Conflict):
    """The person has as many open appointments as allowed. `lowered_until`: where no-shows lowered the limit, the day
    until which they do; the `code` is no-shows then."""

    problem = "too-many-appointments"

    def __init__(self, limit: int, lowered_until: date | None = None) -> None:
        if lowered_until is None:
            super().__init__(limit=limit)
        else:
            super().__init__(limit=limit, day=f"{lowered_until:%Y/%m/%d}")
            self.code = "no-shows"


class TooLateToChange(Conflict):
    """The time to change or cancel is over."""

    problem = "too-late-to-change"


class AppointmentChanged(Conflict):
    """The appointment, or the offer of an earlier time, isn't any more what the person or the officer saw."""

    problem = "appointment-changed"


class NotPossibleNow(Conflict):
    """The status allows the action, but the hour or a change of the municipality doesn't. `problem` says why."""

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__()


class NothingOffered(Conflict):
    """No freed slot is offered, or its time is over."""

    problem = "nothing-offered"


def require_near(starts_at: datetime, now: datetime) -> None:
    """Raises SlotNotBookable for a moment in the past, and beyond the longest horizon."""
    if starts_at < now:
        raise SlotNotBookable("too-soon")
    if starts_at > now + FARTHEST:
        raise SlotNotBookable("too-far")


def refusal_of(service: PlannedService, starts_at: datetime, now: datetime) -> str | None:
    """Returns why nobody books a slot now: it begins too soon, or lies too far ahead. None for a bookable slot."""
    if starts_at < now + timedelta(minutes=service.lead_minutes):
        return "too-soon"
    is_far = legal_day(starts_at) > legal_day(now) + timedelta(days=service.horizon_days)
    return "too-far" if is_far else None


def require_bookable(service: PlannedService, starts_at: datetime, now: datetime) -> None:
    """Raises SlotNotBookable for a slot that begins too soon or lies too far ahead."""
    if (code := refusal_of(service, starts_at, now)) is not None:
        raise SlotNotBookable(code)


@dataclass(frozen=True)
class BookingLimits:
    """`open_appointments` of one person; `with_no_shows` after `no_shows` within `no_show_days`, until `no_show_days`
    have passed since the oldest of them that counts."""

    open_appointments: int
    no_shows: int
    no_show_days: int
    with_no_shows: int

    def require_room(self, count: int, missed: Collection[datetime], now: datetime) -> None:
        """Raises TooManyOpen when the person may open no further appointment. `missed`: when missed ones began."""
        until = self._lowered_until(missed, now)
        limit = self.open_appointments if until is None else self.with_no_shows
        if count >= limit:
            raise TooManyOpen(limit, until)

    def _lowered_until(self, missed: Collection[datetime], now: datetime) -> date | None:
        length = timedelta(days=self.no_show_days)
        recent = sorted(at for at in missed if at > now - length)
        return legal_day(recent[-self.no_shows] + length) if len(recent) >= self.no_shows else None


def require_time_to_change(change_until: datetime, now: datetime) -> None:
    """Raises TooLateToChange."""
    if now > change_until:
        raise TooLateToChange


def require_unmoved(starts_at: datetime, seen: datetime | None) -> None:
    """Raises AppointmentChanged where the page showed another time than the appointment or the offer has. None was
    never said."""
    if seen is not None and seen != starts_at:
        raise AppointmentChanged


def shown_status_of(status: str, *, is_affected: bool) -> str:
    """Returns the key of the words that people read: an appointment that can't be kept isn't «confirmed»."""
    return AFFECTED if is_affected and status in AHEAD else status


class AppointmentFacts(Protocol):
    """The facts of an appointment from which follows what people may do with the appointment."""

    status: str
    starts_at: datetime
    change_until: datetime
    waits_since: datetime | None
    offer_until: datetime | None

    @property
    def is_affected(self) -> bool: ...

    @property
    def cancel_until(self) -> datetime: ...


def find_refusal(action: Action, row: AppointmentFacts, now: datetime) -> NotPossibleNow | None:
    """Returns why an action that the status allows isn't possible now. None for a possible action."""
    has_begun, today, day = now >= row.starts_at, legal_day(now), legal_day(row.starts_at)
    match action:
        # Nobody confirms what the municipality can't keep, or blames the person.
        case Action.CONFIRM | Action.MISS if row.is_affected:
            return NotPossibleNow("appointment-affected")
        case Action.PRINT if row.is_affected and row.status in AHEAD:
            return NotPossibleNow("appointment-affected")
        case Action.CONFIRM if has_begun:
            return NotPossibleNow("appointment-begun")
        case Action.MISS if not has_begun:
            return NotPossibleNow("appointment-not-begun")
        case Action.CHECK_IN if day != today or now < row.starts_at - CHECK_IN_EARLY:
            return NotPossibleNow("check-in-not-now")
        # No earlier day can come free.
        case Action.WAIT if day <= today:
            return NotPossibleNow("waiting-not-possible")
    return None


def require_now(action: Action, row: AppointmentFacts, now: datetime) -> None:
    """Raises NotPossibleNow."""
    if (refusal := find_refusal(action, row, now)) is not None:
        raise refusal


def possible_actions(row: AppointmentFacts, now: datetime) -> list[Action]:
    """Returns what an officer may do with an appointment now. Waiting and the ticket are the person's own."""
    of_person = (Action.WAIT, Action.STOP_WAITING, Action.PRINT)
    possible = [action for action in LIFE.possible(row.status) if action not in of_person]
    return [action for action in possible if find_refusal(action, row, now) is None]


def offer_end(starts_at: datetime, now: datetime) -> datetime:
    """Returns until when a slot is offered: for 30 minutes, and not beyond its beginning."""
    return min(now + OFFER_LENGTH, starts_at)


def offer_time(now: datetime) -> datetime:
    """Returns when a slot that is free now may be offered: at once by day, else at eight in the morning."""
    local = now.astimezone(RIYADH)
    if local.time() < OFFERS_FROM:
        return _at_eight(local.date())
    return now if local.time() < OFFERS_UNTIL else _at_eight(local.date() + timedelta(days=1))


def day_end(starts_at: datetime) -> datetime:
    """Returns when an appointment that is still open ends: at eight on the next morning, because the person gets a text
    then."""
    return _at_eight(legal_day(starts_at) + timedelta(days=1))


def _at_eight(day: date) -> datetime:
    return datetime.combine(day, OFFERS_FROM, RIYADH)


def end_of_day(status: str, *, is_affected: bool) -> tuple[Status, CancelledBy | None]:
    """Returns what an open appointment becomes when its day is over. Only a person with a confirmed appointment who
    didn't come has missed the appointment. A person who came, or whose appointment was never confirmed or couldn't be
    kept by the municipality, isn't to blame."""
    if status == Status.CONFIRMED and not is_affected:
        return Status.NO_SHOW, None
    return Status.CANCELLED, CancelledBy.DAY_END


def clock_text(moment: datetime) -> dict[str, Any]:
    """Returns the day and the time in Riyadh, as texts and answers show them."""
    local = moment.astimezone(RIYADH)
    return {"day": local.date().isoformat(), "time": f"{local:%H:%M}"}
