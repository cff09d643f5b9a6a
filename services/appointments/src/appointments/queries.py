"""Reads of appointments. An officer sees those of the branch for which the officer acts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, false, func, select
from sqlalchemy.orm import Session

from appointments.domain.actors import require_reach
from appointments.domain.appointments import FARTHEST, PRESENT, Status
from appointments.domain.choices import Choice, choices_of
from appointments.domain.schedule import PlannedService
from appointments.models import Appointment, Closure, Department, OfficerNote
from appointments.slots import (
    FreeSlot,
    closures_of,
    free_slots,
    get_department,
    list_departments,
    next_free_slots,
    timetable_of,
)
from chassis.core.actors import Actor
from chassis.core.refusals import NotFound
from chassis.data.aggregates import JournalEntry, history
from chassis.data.paging import Page, PageRequest, keyset
from chassis.data.unit_of_work import UnitOfWork
from saudi.branches import bound
from saudi.days import FIRST_DAY, LAST_DAY, legal_day, midnight, midnight_after


@dataclass(frozen=True, kw_only=True)
class AppointmentSearch:
    """The filters of the list, which combine. `day`: a day in Riyadh."""

    municipality: str | None = None
    department_id: str | None = None
    service: str | None = None
    day: date | None = None
    status: str | None = None
    affected: bool | None = None
    number: str | None = None


def get_appointment(session: Session, actor: Actor, appointment_id: str) -> Appointment:
    """Raises NotFound."""
    row = session.get(Appointment, appointment_id)
    if row is None:
        raise NotFound
    require_reach(actor, row.municipality)
    return row


def history_of(session: Session, actor: Actor, appointment_id: str) -> Sequence[JournalEntry]:
    """Raises NotFound."""
    row = get_appointment(session, actor, appointment_id)
    return history(session, (Appointment.aggregate_type, row.appointment_id))


def notes_of(session: Session, appointment_id: str) -> Sequence[OfficerNote]:
    """Returns what officers wrote about an appointment, until retention deletes the notes."""
    statement = select(OfficerNote).where(OfficerNote.appointment_id == appointment_id)
    return session.scalars(statement).all()


def list_appointments(
    work: UnitOfWork, search: AppointmentSearch, page: PageRequest
) -> Page[Appointment]:
    """Returns the appointments in the order of their beginnings. Raises InvalidFields for a cursor of another
    search."""
    reach = bound(work.actor.attributes)
    statement = select(Appointment).where(*_conditions(search))
    if reach is not None:
        statement = statement.where(Appointment.municipality == reach)
    key = (Appointment.starts_at, Appointment.appointment_id)
    binding = {"list": "appointments", **vars(search), "day": str(search.day), "reach": reach}
    return keyset(work.session, statement, key, page, search=binding)


def _conditions(search: AppointmentSearch) -> list[ColumnElement[bool]]:
    columns = {
        "municipality": Appointment.municipality,
        "department_id": Appointment.department_id,
        "service": Appointment.service,
        "status": Appointment.status,
        "number": Appointment.appointment_number,
    }
    parts: list[ColumnElement[bool]] = [
        column == value
        for name, column in columns.items()
        if (value := getattr(search, name)) is not None
    ]
    if search.day is not None and not FIRST_DAY < search.day < LAST_DAY:
        parts.append(false())  # no calendar has such a day
    elif search.day is not None:
        starts_at = Appointment.starts_at
        parts.append((starts_at >= midnight(search.day)) & (starts_at < midnight_after(search.day)))
    if search.affected is not None:
        is_affected = Appointment.affected_since.is_not(None)
        parts.append(is_affected if search.affected else ~is_affected)
    return parts


def get_department_of(session: Session, actor: Actor, department_id: str) -> Department:
    """Returns a department within the officer's reach. Raises NotFound."""
    row = get_department(session, department_id)
    require_reach(actor, row.municipality)
    return row


def list_closures(work: UnitOfWork, municipality: str) -> Sequence[Closure]:
    """Returns the closures of a branch that aren't over or lifted. Raises NotFound beyond the officer's reach."""
    require_reach(work.actor, municipality)
    return closures_of(work.session, municipality, work.now)


@dataclass(frozen=True)
class PersonChoices:
    """What the person of an appointment may do now. `slots`: the times among which a move chooses."""

    choices: Sequence[Choice]
    slots: Sequence[FreeSlot]


def choices_of_person(session: Session, row: Appointment, now: datetime) -> PersonChoices:
    """Returns the person's choices. Without a free slot a move isn't among them."""
    choices = choices_of(row, now)
    if Choice.MOVE not in choices:
        return PersonChoices(choices, [])
    department = get_department(session, row.department_id)
    timetable = timetable_of(session, department.department_id, now)
    found = next_free_slots(session, row.department_id, timetable, row.service, after=now, now=now)
    return PersonChoices([one for one in choices if found or one is not Choice.MOVE], found)


def departments_with_services(
    session: Session, municipality: str | None, now: datetime
) -> list[tuple[Department, Sequence[PlannedService]]]:
    """Returns the departments that have a plan today, each with the services of the plan."""
    plans = [
        (row, timetable_of(session, row.department_id, now).plan_on(legal_day(now)))
        for row in list_departments(session, municipality)
    ]
    return [(row, list(plan.services.values())) for row, plan in plans if plan is not None]


def slots_of_service(
    session: Session,
    department_id: str,
    service: str,
    *,
    days: tuple[date | None, int],
    now: datetime,
) -> list[FreeSlot]:
    """Returns the bookable slots of so many days from a first day, which is today for None. Raises NotFound."""
    department = get_department(session, department_id)
    timetable = timetable_of(session, department.department_id, now)
    first_day, count = days
    today = legal_day(now)
    first = min(max(first_day or today, today), today + FARTHEST)
    until = first + timedelta(days=count - 1)
    return free_slots(session, department_id, timetable, service, days=(first, until), now=now)


def month_table(work: UnitOfWork, first: date, last: date) -> Sequence[Any]:
    """Returns, for each department within the officer's reach, the appointments from the first day to the last by what
    became of them. Booked is the sum of the states."""
    reach = bound(work.actor.attributes)
    states = [
        func.count().filter(Appointment.status == one.value).label(one.value) for one in Status
    ]
    statement = (
        select(
            Department.municipality,
            Department.department_id,
            Department.code,
            func.count().label("booked"),
            *states,
        )
        .join(Department, Department.department_id == Appointment.department_id)
        .where(
            Appointment.starts_at >= midnight(first), Appointment.starts_at < midnight_after(last)
        )
        .group_by(Department.municipality, Department.department_id)
        .order_by(Department.municipality, Department.department_id)
    )
    if reach is not None:
        statement = statement.where(Appointment.municipality == reach)
    return work.session.execute(statement).all()


@dataclass(frozen=True)
class Display:
    """The screen of a waiting hall: numbers and counters, newest call first, and how many people wait."""

    called: Sequence[tuple[int, int]]
    waiting: int


def display_of(session: Session, actor: Actor, department_id: str, day: date) -> Display:
    """Returns the queue numbers of the day that are called, with their counters. Raises NotFound."""
    get_department_of(session, actor, department_id)
    statement = (
        select(Appointment.status, Appointment.queue_number, Appointment.called_to)
        .where(
            Appointment.department_id == department_id,
            Appointment.starts_at >= midnight(day),
            Appointment.starts_at < midnight_after(day),
            Appointment.status.in_(PRESENT),
        )
        .order_by(Appointment.called_at.desc().nulls_last())
    )
    rows = session.execute(statement).all()
    called = [(one.queue_number, one.called_to) for one in rows if one.status == Status.CALLED]
    return Display(called, len(rows) - len(called))
