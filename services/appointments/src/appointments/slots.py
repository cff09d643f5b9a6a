"""Reads of the schedule: the timetable of a department, and its free slots."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from appointments.catalogue import holidays
from appointments.domain.appointments import SlotNotBookable, require_bookable
from appointments.domain.schedule import Place, PlannedService, Span, Timetable, parse_plan
from appointments.models import Closure, Department, DepartmentPlan, Seat
from chassis.core.refusals import NotFound
from saudi.days import legal_day, midnight, midnight_after

NEXT_SLOTS, NEXT_DAYS = 3, 14


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
    order = (DepartmentPlan.set_at, DepartmentPlan.plan_id)
    return session.scalars(statement.order_by(*order)).all()


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
    plans = plans_of(session, department.department_id)
    closures = closures_of(session, department.municipality, now)
    return Timetable(
        [(one.valid_from, parse_plan(one.plan)) for one in plans],
        [one.span for one in closures if one.department_id in (None, department.department_id)],
        holidays(),
    )


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
    first, last = days
    taken = _taken(session, department_id, Span(midnight(first), midnight_after(last)), now)
    return list(_free_slots(timetable, service, first, last, taken, now))


def overlapping(span: Span) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Returns the conditions on seats that overlap a span."""
    return Seat.starts_at < span.ends_at, Seat.ends_at > span.starts_at


def _taken(
    session: Session, department_id: str, span: Span, now: datetime
) -> Sequence[tuple[Place, Span]]:
    statement = select(Seat).where(
        Seat.department_id == department_id,
        *overlapping(span),
        or_(Seat.held_until.is_(None), Seat.held_until > now),
    )
    return [(seat.at, seat.span) for seat in session.scalars(statement)]


def _free_slots(
    timetable: Timetable,
    service: str,
    first: date,
    last: date,
    taken: Sequence[tuple[Place, Span]],
    now: datetime,
) -> Iterator[FreeSlot]:
    for ahead in range((last - first).days + 1):
        day = first + timedelta(days=ahead)
        planned = timetable.service_on(day, service)
        for slot in timetable.slots_on(day, service):
            if planned is None or not _is_bookable(planned, slot, now):
                continue
            busy = {place for place, span in taken if span.overlaps(slot)}
            free = [one for one in timetable.places_on(day, service) if one not in busy]
            if free:
                yield FreeSlot(slot, free)


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
    found = free_slots(session, department_id, timetable, service, days=days, now=now)
    return list(islice((one for one in found if one.span.starts_at > after), NEXT_SLOTS))
