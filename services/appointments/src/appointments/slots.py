"""Reads of the schedule: the timetable of a department, and its free slots."""

import json
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Text,
    bindparam,
    cast,
    func,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session

from appointments.catalogue import holidays
from appointments.domain.appointments import SlotNotBookable, refusal_of, require_near
from appointments.domain.schedule import (
    Place,
    PlannedService,
    Span,
    Timetable,
    WantedSlot,
    parse_plan,
)
from appointments.models import Closure, Department, DepartmentPlan, Seat
from chassis.core.refusals import NotFound
from saudi.days import legal_day, midnight, midnight_after

NEXT_SLOTS, NEXT_DAYS = 3, 14
_COUNTER = 100  # a place's number is a hundred times its counter's, and its own
# The order in which the plans of a department were set.
_AS_SET = (DepartmentPlan.set_at, DepartmentPlan.plan_id)

Days = tuple[date, date]  # the first and the last of a span of days


class TakenSpan(NamedTuple):
    """A span, and the places that are taken in it."""

    span: Span
    places: Sequence[Place]


class FreeSlot(NamedTuple):
    """A slot, and the places that are free in it."""

    span: Span
    places: Sequence[Place]


@dataclass(frozen=True)
class Availability:
    """The timetable of a department from now on, and the seats that are taken on some days, as `_read_taken` reads
    them."""

    timetable: Timetable
    taken: str
    days: Days
    now: datetime

    def bookable_slots(self, service: str) -> Iterator[FreeSlot]:
        """Yields the service's bookable slots in order, each with its free places."""
        for one in _free_slots(self.taken, self.timetable, service, self.days):
            if self._is_bookable(service, one.span.starts_at):
                yield one

    def next_slots(self, service: str, after: datetime) -> list[FreeSlot]:
        """Returns the next bookable slots after a moment, three at most."""
        later = (one for one in self.bookable_slots(service) if one.span.starts_at > after)
        return list(islice(later, NEXT_SLOTS))

    def is_full(self, service: str, starts_at: datetime) -> bool:
        """Returns whether a moment begins a bookable slot of which every place is taken."""
        day = legal_day(starts_at)
        slots = _slots_of_day(self.timetable, day, service)
        slot = next((one for one in slots if one.starts_at == starts_at), None)
        if slot is None or not self._is_bookable(service, starts_at):
            return False
        (busy,) = _busy_places([slot], _read_taken(self.taken).get(day, ()))
        return busy.issuperset(self.timetable.places_on(day, service))

    def _is_bookable(self, service: str, starts_at: datetime) -> bool:
        planned = self.timetable.service_on(legal_day(starts_at), service)
        return planned is not None and refusal_of(planned, starts_at, self.now) is None


def get_department(session: Session, department_id: str) -> Department:
    """Raises NotFound."""
    row = session.get(Department, department_id)
    if row is None:
        raise NotFound
    return row


def list_departments(session: Session, municipality: str | None) -> Sequence[Department]:
    """Returns the departments of a branch, or of all."""
    statement = select(Department).order_by(Department.municipality, Department.department_id)
    if municipality is not None:
        statement = statement.where(Department.municipality == municipality)
    return session.scalars(statement).all()


def plans_of(session: Session, department_id: str) -> Sequence[DepartmentPlan]:
    """Returns the plans in the order in which they were set."""
    statement = select(DepartmentPlan).where(DepartmentPlan.department_id == department_id)
    return session.scalars(statement.order_by(*_AS_SET)).all()


def standing_closures(municipality: Any, now: Any) -> tuple[ColumnElement[bool], ...]:
    """Returns the conditions on the closures of a branch that aren't over or lifted."""
    return (
        Closure.municipality == municipality,
        Closure.lifted_at.is_(None),
        Closure.ends_at > now,
    )


def timetable_of(session: Session, department_id: str, now: datetime) -> Timetable:
    """Returns the department's timetable from now on."""
    which = {"department_id": department_id, "now": now}
    return _parse_once(*session.execute(_TIMETABLE, which).one())


def planned_service(timetable: Timetable, service: str, day: date) -> PlannedService:
    """Raises SlotNotBookable for a service that isn't in the plan of the day."""
    found = timetable.service_on(day, service)
    if found is None:
        raise SlotNotBookable("no-slot")
    return found


def free_slots(
    session: Session, department_id: str, service: str, *, days: Days, now: datetime
) -> list[FreeSlot]:
    """Returns the service's bookable slots from the first day to the last, each with its free places."""
    return list(_availability_of(session, department_id, days, now).bookable_slots(service))


def next_free_slots(session: Session, after: WantedSlot, now: datetime) -> list[FreeSlot]:
    """Returns the next free slots after a slot of the same service, three at most."""
    days = _days_from(after.starts_at)
    found = _availability_of(session, after.department_id, days, now)
    return found.next_slots(after.service, after.starts_at)


def slots_instead_of_full(
    session: Session, wanted: WantedSlot, *, device: str, now: datetime
) -> list[FreeSlot] | None:
    """Returns the next free slots if the slot is one that people book and every place of it is taken, else None. Locks
    nothing. The browser's own hold isn't counted: it would end. Raises SlotNotBookable."""
    department_id, service, starts_at = wanted
    require_near(starts_at, now)
    found = _availability_of(session, department_id, _days_from(starts_at), now, besides=device)
    return found.next_slots(service, starts_at) if found.is_full(service, starts_at) else None


def _days_from(moment: datetime) -> Days:
    first = legal_day(moment)
    return first, first + timedelta(days=NEXT_DAYS)


def _availability_of(
    session: Session, department_id: str, days: Days, now: datetime, *, besides: str = ""
) -> Availability:
    """Reads everything by one statement. `besides`: the hash of a browser whose own hold isn't counted."""
    which = {
        "department_id": department_id,
        "since": midnight(days[0]),
        "until": midnight_after(days[1]),
        "now": now,
        "besides": besides,
    }
    plans, closures, taken = session.execute(_AVAILABILITY, which).one()
    return Availability(_parse_once(plans, closures), taken, days, now)


def _as_text(*columns: Any, order: Sequence[Any], where: Sequence[ColumnElement[bool]] = ()) -> Any:
    """Returns the rows of columns as one JSON text, in an order."""
    rows = func.json_agg(aggregate_order_by(func.json_build_array(*columns), *order))
    found = select(func.coalesce(cast(rows, Text), "[]")).where(*where)
    return found.scalar_subquery()


_DEPARTMENT: BindParameter[str] = bindparam("department_id")
_PLANS = _as_text(
    DepartmentPlan.valid_from,
    DepartmentPlan.plan,
    order=_AS_SET,
    where=[DepartmentPlan.department_id == _DEPARTMENT],
)
_BRANCH = select(Department.municipality).where(Department.department_id == _DEPARTMENT)
_CLOSURES = _as_text(
    Closure.starts_at,
    Closure.ends_at,
    order=[Closure.starts_at, Closure.closure_id],
    where=[
        *standing_closures(_BRANCH.scalar_subquery(), bindparam("now")),
        or_(Closure.department_id.is_(None), Closure.department_id == _DEPARTMENT),
    ],
)
# One row for each span: its beginning and end, and the numbers of the places that are taken.
_TAKEN_SPANS = (
    select(
        Seat.starts_at.label("starts_at"),
        Seat.ends_at.label("ends_at"),
        func.array_agg(Seat.counter * _COUNTER + Seat.place).label("places"),
    )
    .where(
        Seat.department_id == _DEPARTMENT,
        Seat.starts_at.between(bindparam("since"), bindparam("until")),
        or_(Seat.held_until.is_(None), Seat.held_until > bindparam("now")),
        or_(Seat.device_key.is_(None), Seat.device_key != bindparam("besides")),
    )
    .group_by(Seat.starts_at, Seat.ends_at)
    .subquery()
)
_TAKEN = _as_text(
    # The seconds of a moment make a shorter text.
    *(
        cast(func.extract("epoch", moment), BigInteger)
        for moment in (_TAKEN_SPANS.c.starts_at, _TAKEN_SPANS.c.ends_at)
    ),
    _TAKEN_SPANS.c.places,
    order=[_TAKEN_SPANS.c.starts_at, _TAKEN_SPANS.c.ends_at],
)
_TIMETABLE, _AVAILABILITY = select(_PLANS, _CLOSURES), select(_PLANS, _CLOSURES, _TAKEN)


# A crowd asks for the same days of the same department, and finds mostly the same places taken.


@lru_cache(maxsize=256)
def _parse_once(plans: str, closures: str) -> Timetable:
    return Timetable(
        [(date.fromisoformat(first), parse_plan(plan)) for first, plan in json.loads(plans)],
        [Span(*map(datetime.fromisoformat, one)) for one in json.loads(closures)],
        holidays(),
    )


@lru_cache(maxsize=4096)
def _slots_of_day(timetable: Timetable, day: date, service: str) -> Sequence[Span]:
    return timetable.slots_on(day, service)


@lru_cache(maxsize=16)
def _free_slots(taken: str, timetable: Timetable, service: str, days: Days) -> Sequence[FreeSlot]:
    """Returns the slots with a free place, bookable or not."""
    first, last = days
    by_day = _read_taken(taken)
    found = []
    for ahead in range((last - first).days + 1):
        day = first + timedelta(days=ahead)
        places, slots = timetable.places_on(day, service), _slots_of_day(timetable, day, service)
        for slot, busy in zip(slots, _busy_places(slots, by_day.get(day, ())), strict=True):
            if free := [one for one in places if one not in busy]:
                found.append(FreeSlot(slot, free))
    return found


@lru_cache(maxsize=16)
def _read_taken(spans: str) -> Mapping[date, Sequence[TakenSpan]]:
    """Returns the taken spans of each day in the order of their beginnings. A slot lies within one day."""
    taken: dict[date, list[TakenSpan]] = defaultdict(list)
    for starts_at, ends_at, numbers in json.loads(spans):
        span = Span(*(datetime.fromtimestamp(one, UTC) for one in (starts_at, ends_at)))
        places = [Place(*divmod(one, _COUNTER)) for one in numbers]
        taken[legal_day(span.starts_at)].append(TakenSpan(span, places))
    return taken


def _busy_places(slots: Sequence[Span], taken: Sequence[TakenSpan]) -> Iterator[set[Place]]:
    """Returns the places that are taken during each slot. Walks down both in the order of their beginnings: comparing
    each slot with each seat of a full day took most of the time of an answer."""
    later = deque(taken)
    begun: list[TakenSpan] = []
    for slot in slots:
        while later and later[0].span.starts_at < slot.ends_at:
            begun.append(later.popleft())
        begun = [one for one in begun if one.span.ends_at > slot.starts_at]
        yield {place for one in begun for place in one.places}
