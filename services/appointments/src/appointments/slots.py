"""Reads of the schedule: the timetable of a department, and its free slots."""

import json
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import islice

from sqlalchemy import ColumnElement, Text, cast, or_, select
from sqlalchemy.orm import Session

from appointments.catalogue import holidays
from appointments.domain.appointments import SlotNotBookable, require_bookable
from appointments.domain.schedule import Place, Plan, PlannedService, Span, Timetable, parse_plan
from appointments.models import Closure, Department, DepartmentPlan, Seat
from chassis.core.refusals import NotFound
from saudi.days import legal_day, midnight, midnight_after

NEXT_SLOTS, NEXT_DAYS = 3, 14
# The order in which the plans of a department were set.
_AS_SET = (DepartmentPlan.set_at, DepartmentPlan.plan_id)


@dataclass(frozen=True)
class FreeSlot:
    """A slot with the places that are free in it."""

    span: Span
    places: Sequence[Place]


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


def closures_of(session: Session, municipality: str, now: datetime) -> Sequence[Closure]:
    """Returns the closures of a branch and its departments that aren't over or lifted."""
    which = (
        Closure.municipality == municipality,
        Closure.lifted_at.is_(None),
        Closure.ends_at > now,
    )
    return session.scalars(select(Closure).where(*which).order_by(Closure.starts_at)).all()


def timetable_of(session: Session, department: Department, now: datetime) -> Timetable:
    """Returns the department's timetable from now on."""
    plans = select(DepartmentPlan.valid_from, cast(DepartmentPlan.plan, Text)).where(
        DepartmentPlan.department_id == department.department_id
    )
    closures = closures_of(session, department.municipality, now)
    return Timetable(
        [(first, _parse_once(text)) for first, text in session.execute(plans.order_by(*_AS_SET))],
        [one.span for one in closures if one.department_id in (None, department.department_id)],
        holidays(),
    )


@lru_cache(maxsize=256)
def _parse_once(text: str) -> Plan:
    """Returns the plan of a stored document. A stored plan is never changed, and each booking reads it."""
    return parse_plan(json.loads(text))


def planned_service(timetable: Timetable, service: str, day: date) -> PlannedService:
    """Raises SlotNotBookable for a service that isn't in the plan of the day."""
    found = timetable.service_on(day, service)
    if found is None:
        raise SlotNotBookable("no-slot")
    return found


def free_slots(
    session: Session,
    department_id: str,
    timetable: Timetable,
    service: str,
    *,
    days: tuple[date, date],
    now: datetime,
) -> list[FreeSlot]:
    """Returns the service's bookable slots from the first day to the last, each with its free places."""
    return list(_free_slots(session, department_id, timetable, service, days=days, now=now))


def overlapping(span: Span) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Returns the conditions on seats that overlap a span."""
    return Seat.starts_at < span.ends_at, Seat.ends_at > span.starts_at


def _free_slots(
    session: Session,
    department_id: str,
    timetable: Timetable,
    service: str,
    *,
    days: tuple[date, date],
    now: datetime,
) -> Iterator[FreeSlot]:
    """Finds the slots day by day, so that a caller who needs three looks at no later day."""
    first, last = days
    taken = _taken_by_day(session, department_id, Span(midnight(first), midnight_after(last)), now)
    for ahead in range((last - first).days + 1):
        day = first + timedelta(days=ahead)
        planned, places = timetable.service_on(day, service), timetable.places_on(day, service)
        slots = timetable.slots_on(day, service)
        for slot, busy in zip(slots, _busy_places(slots, taken[day]), strict=True):
            if planned is None or not _is_bookable(planned, slot, now):
                continue
            if free := [one for one in places if one not in busy]:
                yield FreeSlot(slot, free)


def _busy_places(
    slots: Sequence[Span], taken: Sequence[tuple[Span, Place]]
) -> Iterator[set[Place]]:
    """Returns the places that are taken during each slot. Walks down both in the order of their beginnings: comparing
    each slot with each seat of a full day took most of the time of an answer."""
    later = deque(sorted(taken))
    begun: list[tuple[Span, Place]] = []
    for slot in slots:
        while later and later[0][0].starts_at < slot.ends_at:
            begun.append(later.popleft())
        begun = [one for one in begun if one[0].ends_at > slot.starts_at]
        yield {place for _, place in begun}


def _taken_by_day(
    session: Session, department_id: str, span: Span, now: datetime
) -> Mapping[date, Sequence[tuple[Span, Place]]]:
    """Returns the taken places of each day. A slot lies within one day."""
    statement = select(Seat.counter, Seat.place, Seat.starts_at, Seat.ends_at).where(
        Seat.department_id == department_id,
        *overlapping(span),
        or_(Seat.held_until.is_(None), Seat.held_until > now),
    )
    taken: dict[date, list[tuple[Span, Place]]] = defaultdict(list)
    for counter, place, starts_at, ends_at in session.execute(statement):
        taken[legal_day(starts_at)].append((Span(starts_at, ends_at), Place(counter, place)))
    return taken


def _is_bookable(service: PlannedService, slot: Span, now: datetime) -> bool:
    try:
        require_bookable(service, slot.starts_at, now)
    except SlotNotBookable:
        return False
    return True


def next_free_slots(
    session: Session,
    department_id: str,
    timetable: Timetable,
    service: str,
    *,
    after: datetime,
    now: datetime,
) -> list[FreeSlot]:
    """Returns the next free slots after a moment, three at most."""
    first = legal_day(after)
    days = (first, first + timedelta(days=NEXT_DAYS))
    found = _free_slots(session, department_id, timetable, service, days=days, now=now)
    return list(islice((one for one in found if one.span.starts_at > after), NEXT_SLOTS))
