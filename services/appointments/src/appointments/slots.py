"""Reads of the schedule: the timetable of a department, and its free slots."""

import json
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple

from psycopg import Connection
from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Text,
    bindparam,
    cast,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.orm import Session

from appointments.catalogue import holidays
from appointments.domain.appointments import SlotNotBookable, refusal_of, require_near
from appointments.domain.schedule import (
    Place,
    PlannedDays,
    PlannedService,
    Span,
    Timetable,
    WantedSlot,
    parse_plan,
)
from appointments.models import Closure, Department, DepartmentPlan, Seat
from chassis.core.refusals import NotFound
from saudi.days import RIYADH, legal_day, midnight, midnight_after

NEXT_SLOTS, NEXT_DAYS = 3, 14
_EVER = datetime.min.replace(tzinfo=UTC)
# Seconds that Riyadh is ahead of UTC, and those of a day.
_RIYADH_SECONDS, _DAY_SECONDS = (literal_column(one, BigInteger) for one in ("10800", "86400"))
_COUNTER = 100  # a place's number is a hundred times its counter's, and its own
# The order in which the plans of a department were set.
_AS_SET = (DepartmentPlan.set_at, DepartmentPlan.plan_id)

Days = tuple[date, date]  # the first and the last of a span of days


class TakenSpan(NamedTuple):
    """A span, and the places that are taken in it."""

    span: Span
    places: Sequence[Place]


class Slot(NamedTuple):
    """A slot, the places that are left in it, none in a full slot, and until when a person changes or cancels an
    appointment in it."""

    span: Span
    places: Sequence[Place]
    change_until: datetime


@dataclass(frozen=True, eq=False)
class TakenDay:
    """The taken spans of a day in the order of their beginnings. A slot lies within one day."""

    day: date
    spans: Sequence[TakenSpan]


@dataclass(frozen=True)
class Availability:
    """The timetable of a department from now on, and what is taken on some days."""

    timetable: Timetable
    taken: Mapping[date, TakenDay]
    days: Days
    now: datetime

    def bookable_slots(self, service: str, after: datetime = _EVER) -> Iterator[Slot]:
        """Yields the service's bookable slots after a moment in order, each with its free places. Looks at no later day
        than is asked for."""
        first, last = self.days
        for ahead in range((last - first).days + 1):
            for one in self._slots_on(first + timedelta(days=ahead), service):
                is_free = bool(one.places) and one.span.starts_at > after
                if is_free and self._is_bookable(service, one.span.starts_at):
                    yield one

    def next_slots(self, service: str, after: datetime) -> list[Slot]:
        """Returns the next bookable slots after a moment, three at most."""
        return list(islice(self.bookable_slots(service, after), NEXT_SLOTS))

    def is_full(self, service: str, starts_at: datetime) -> bool:
        """Returns whether a bookable slot begins at the moment, and every place of it is taken."""
        slots = self._slots_on(legal_day(starts_at), service)
        is_taken = any(one.span.starts_at == starts_at and not one.places for one in slots)
        return is_taken and self._is_bookable(service, starts_at)

    def _slots_on(self, day: date, service: str) -> Sequence[Slot]:
        return _slots_of_day(self.timetable, day, service, self.taken.get(day))

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
    return session.scalars(_choose(select(Department), municipality=municipality)).all()


def list_timetables(
    session: Session, now: datetime, **which: str | None
) -> list[tuple[Department, Timetable]]:
    """Returns departments with their timetables from now on, by one statement. `which`: the `municipality` or the
    `department_id`, None for all."""
    rows = session.execute(_choose(_TIMETABLES, **which), {"now": now})
    return [(row, _parse_once(plans, closures)) for row, plans, closures in rows]


def _choose(statement: Any, **which: str | None) -> Any:
    chosen = [
        getattr(Department, name) == value for name, value in which.items() if value is not None
    ]
    order = (Department.municipality, Department.department_id)
    return statement.where(*chosen).order_by(*order)


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
) -> list[Slot]:
    """Returns the service's bookable slots from the first day to the last, each with its free places."""
    return list(_availability_of(session, department_id, days, now).bookable_slots(service))


def next_free_slots(session: Session, after: WantedSlot, now: datetime) -> list[Slot]:
    """Returns the next free slots after a slot of the same service, three at most."""
    days = _days_from(after.starts_at)
    found = _availability_of(session, after.department_id, days, now)
    return found.next_slots(after.service, after.starts_at)


def slots_instead_of_full(
    connection: Connection[Any], wanted: WantedSlot, *, device: str, now: datetime
) -> list[Slot] | None:
    """Returns the next free slots if the slot is one that people book and every place of it is taken, else None. Locks
    nothing. The browser's own hold isn't counted: it would end. Raises SlotNotBookable."""
    department_id, service, starts_at = wanted
    require_near(starts_at, now)
    days = _days_from(starts_at)
    values = _values_of(department_id, days, now, besides=device)
    row = connection.execute(_AVAILABILITY_SQL, {**_CONSTANTS, **values}).fetchone()
    found = _read_availability(row, days, now)
    return found.next_slots(service, starts_at) if found.is_full(service, starts_at) else None


def _days_from(moment: datetime) -> Days:
    first = legal_day(moment)
    return first, first + timedelta(days=NEXT_DAYS)


def _availability_of(
    session: Session, department_id: str, days: Days, now: datetime
) -> Availability:
    row = session.execute(_AVAILABILITY, _values_of(department_id, days, now)).one()
    return _read_availability(row, days, now)


def _values_of(
    department_id: str, days: Days, now: datetime, *, besides: str = ""
) -> dict[str, Any]:
    """Returns the parameters of `_AVAILABILITY`. `besides`: the hash of a browser whose own hold isn't counted."""
    return {
        "department_id": department_id,
        "since": midnight(days[0]),
        "until": midnight_after(days[1]),
        "now": now,
        "besides": besides,
    }


def _read_availability(row: Any, days: Days, now: datetime) -> Availability:
    plans, closures, texts = row
    taken = {one.day: one for one in map(_read_taken, texts or ())}
    return Availability(_parse_once(plans, closures), taken, days, now)


def _as_text(*columns: Any, order: Sequence[Any], where: Sequence[ColumnElement[bool]] = ()) -> Any:
    """Returns the rows of columns as one JSON text, in an order."""
    rows = func.json_agg(aggregate_order_by(func.json_build_array(*columns), *order))
    found = select(func.coalesce(cast(rows, Text), "[]")).where(*where)
    return found.scalar_subquery()


def _timetable_texts(department_id: Any, municipality: Any) -> tuple[Any, Any]:
    """Returns the plans and the closures of a department of a branch, each as one JSON text."""
    plans = _as_text(
        DepartmentPlan.valid_from,
        DepartmentPlan.valid_until,
        DepartmentPlan.plan,
        order=_AS_SET,
        where=[DepartmentPlan.department_id == department_id],
    )
    closures = _as_text(
        Closure.starts_at,
        Closure.ends_at,
        order=[Closure.starts_at, Closure.closure_id],
        where=[
            *standing_closures(municipality, bindparam("now")),
            or_(Closure.department_id.is_(None), Closure.department_id == department_id),
        ],
    )
    return plans, closures


_DEPARTMENT: BindParameter[str] = bindparam("department_id")
_BRANCH = select(Department.municipality).where(Department.department_id == _DEPARTMENT)
_PLANS, _CLOSURES = _timetable_texts(_DEPARTMENT, _BRANCH.scalar_subquery())
_TIMETABLES = select(
    Department, *_timetable_texts(Department.department_id, Department.municipality)
)
# One row for each span: its beginning and end, and the numbers of the places that are taken.
_TAKEN_SPANS = (
    select(
        # The seconds of a moment make a shorter text.
        *(
            cast(func.extract("epoch", moment), BigInteger).label(name)
            for name, moment in (("begins", Seat.starts_at), ("ends", Seat.ends_at))
        ),
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
# A text for each day in Riyadh, so that a seat more changes the text of one day.
_TAKEN_DAYS = (
    select(
        cast(
            func.json_agg(
                aggregate_order_by(
                    func.json_build_array(*_TAKEN_SPANS.c),
                    _TAKEN_SPANS.c.begins,
                    _TAKEN_SPANS.c.ends,
                )
            ),
            Text,
        ).label("spans")
    )
    .group_by((_TAKEN_SPANS.c.begins + _RIYADH_SECONDS) // _DAY_SECONDS)
    .subquery()
)
_TAKEN = select(func.array_agg(_TAKEN_DAYS.c.spans)).scalar_subquery()
_TIMETABLE, _AVAILABILITY = select(_PLANS, _CLOSURES), select(_PLANS, _CLOSURES, _TAKEN)
# The same for psycopg itself: SQLAlchemy takes more time for a crowd's statement than all the rest.
_COMPILED = _AVAILABILITY.compile(dialect=PGDialect_psycopg())  # type: ignore[no-untyped-call]
_AVAILABILITY_SQL = str(_COMPILED).encode()
_CONSTANTS = {name: value for name, value in _COMPILED.params.items() if value is not None}


# A crowd asks for the same days of the same department, and finds mostly the same places taken.


@lru_cache(maxsize=256)
def _parse_once(plans: str, closures: str) -> Timetable:
    return Timetable(
        [_read_plan(*one) for one in json.loads(plans)],
        [Span(*map(datetime.fromisoformat, one)) for one in json.loads(closures)],
        holidays(),
    )


def _read_plan(first: str, last: str | None, plan: Mapping[str, Any]) -> PlannedDays:
    last_day = date.fromisoformat(last) if last else None
    return PlannedDays(date.fromisoformat(first), last_day, parse_plan(plan))


@lru_cache(maxsize=1024)
def _read_taken(spans: str) -> TakenDay:
    found = []
    for begins, ends, numbers in json.loads(spans):
        span = Span(*(datetime.fromtimestamp(one, RIYADH) for one in (begins, ends)))
        found.append(TakenSpan(span, [Place(*divmod(one, _COUNTER)) for one in numbers]))
    return TakenDay(legal_day(found[0].span.starts_at), found)


@lru_cache(maxsize=4096)
def _spans_of_day(timetable: Timetable, day: date, service: str) -> Sequence[Span]:
    return timetable.slots_on(day, service)


@lru_cache(maxsize=1024)
def _slots_of_day(
    timetable: Timetable, day: date, service: str, taken: TakenDay | None
) -> Sequence[Slot]:
    """Returns the service's slots of a day in order, bookable or not, also the full slots."""
    spans, places = _spans_of_day(timetable, day, service), timetable.places_on(day, service)
    planned = timetable.service_on(day, service)
    notice = timedelta(minutes=planned.cancel_minutes if planned else 0)
    busy_places = _busy_places(spans, taken.spans if taken else ())
    return [
        Slot(span, [one for one in places if one not in busy], span.starts_at - notice)
        for span, busy in zip(spans, busy_places, strict=True)
    ]


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
