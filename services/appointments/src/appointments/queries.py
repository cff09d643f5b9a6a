"""Reads of appointments. An officer sees those of the branch for which the officer acts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, false, func, select
from sqlalchemy.orm import Session

from appointments.domain.actors import require_reach
from appointments.domain.appointments import AHEAD, FARTHEST, PRESENT, Status
from appointments.domain.choices import Choice, choices_of
from appointments.domain.schedule import PlannedService
from appointments.models import Appointment, Closure, Department, OfficerNote
from appointments.slots import (
    Slot,
    free_slots,
    get_department,
    list_timetables,
    standing_closures,
)
from chassis.core.actors import Actor
from chassis.core.refusals import NotFound
from chassis.data.aggregates import JournalEntry, history
from chassis.data.paging import Page, PageRequest, keyset
from chassis.data.unit_of_work import UnitOfWork
from saudi.branches import bound
from saudi.days import FIRST_DAY, LAST_DAY, legal_day, midnight, midnight_after

MOVE_DAYS = timedelta(days=27)  # behind today


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


def history_of(
    session: Session, actor: Actor, appointment_id: str
) -> tuple[Sequence[JournalEntry], Sequence[OfficerNote]]:
    """Returns the journal, and what officers wrote, until retention deletes the notes. Raises NotFound."""
    row = get_appointment(session, actor, appointment_id)
    notes = select(OfficerNote).where(OfficerNote.appointment_id == row.appointment_id)
    entries = history(session, (Appointment.aggregate_type, row.appointment_id))
    return entries, session.scalars(notes).all()


def list_appointments(
    work: UnitOfWork, search: AppointmentSearch, page: PageRequest
) -> Page[Appointment]:
    """Returns the appointments in the order of their beginnings: without a day and a number, from today on. Raises
    InvalidFields for a cursor of another search."""
    reach = bound(work.actor.attributes)
    statement = select(Appointment).where(*_within_reach(reach), *_conditions(search, work.now))
    key = (Appointment.starts_at, Appointment.appointment_id)
    binding = {"list": "appointments", **vars(search), "day": str(search.day), "reach": reach}
    return keyset(work.session, statement, key, page, search=binding)


def _within_reach(reach: str | None) -> list[ColumnElement[bool]]:
    return [] if reach is None else [Appointment.municipality == reach]


def _on_days(first: date, last: date) -> ColumnElement[bool]:
    starts_at = Appointment.starts_at
    return (starts_at >= midnight(first)) & (starts_at < midnight_after(last))


def _conditions(search: AppointmentSearch, now: datetime) -> list[ColumnElement[bool]]:
    parts: list[ColumnElement[bool]] = [
        getattr(Appointment, name) == value
        for name in ("municipality", "department_id", "service", "status")
        if (value := getattr(search, name)) is not None
    ]
    if search.number is not None:
        parts.append(Appointment.appointment_number == search.number)
    if search.day is not None and not FIRST_DAY < search.day < LAST_DAY:
        parts.append(false())  # no calendar has such a day
    elif search.day is not None:
        parts.append(_on_days(search.day, search.day))
    elif search.number is None:
        parts.append(Appointment.starts_at >= midnight(legal_day(now)))
    if search.affected is not None:
        is_affected = Appointment.affected_since.is_not(None)
        is_ahead = Appointment.status.in_(AHEAD)
        parts.append(is_affected & is_ahead if search.affected else ~is_affected)
    return parts


def get_department_of(session: Session, actor: Actor, department_id: str) -> Department:
    """Returns a department within the officer's reach. Raises NotFound."""
    row = get_department(session, department_id)
    require_reach(actor, row.municipality)
    return row


def list_closures(work: UnitOfWork, municipality: str) -> Sequence[Closure]:
    """Returns the closures of a branch that aren't over or lifted. Raises NotFound beyond the officer's reach."""
    require_reach(work.actor, municipality)
    standing = select(Closure).where(*standing_closures(municipality, work.now))
    return work.session.scalars(standing.order_by(Closure.starts_at)).all()


def choices_of_person(
    session: Session, row: Appointment, now: datetime
) -> tuple[Sequence[Choice], Mapping[str, Sequence[Slot]]]:
    """Returns what the person may do now, and the free times of the next weeks by their days, among which a move
    chooses. Without a free time a move isn't among the choices."""
    choices = choices_of(row, now)
    if Choice.MOVE not in choices:
        return choices, {}
    days = (legal_day(now), legal_day(now) + MOVE_DAYS)
    found = free_slots(session, row.department_id, row.service, days=days, now=now)
    by_day = {
        day.isoformat(): list(slots)
        for day, slots in groupby(found, lambda one: legal_day(one.span.starts_at))
    }
    return [one for one in choices if found or one is not Choice.MOVE], by_day


def departments_with_services(
    session: Session, now: datetime, **which: str | None
) -> list[tuple[Department, Sequence[PlannedService]]]:
    """Returns the departments that have a plan today, each with the services of the plan. `which`: as of
    `list_departments`."""
    plans = [
        (row, timetable.plan_on(legal_day(now)))
        for row, timetable in list_timetables(session, now, **which)
    ]
    return [(row, list(plan.services.values())) for row, plan in plans if plan is not None]


def slots_of_service(
    session: Session,
    department_id: str,
    service: str,
    *,
    days: tuple[date | None, int],
    now: datetime,
) -> list[Slot]:
    """Returns the bookable slots of so many days from a first day, which is today for None. Raises NotFound."""
    get_department(session, department_id)
    first_day, count = days
    today = legal_day(now)
    first = min(max(first_day or today, today), today + FARTHEST)
    until = first + timedelta(days=count - 1)
    return free_slots(session, department_id, service, days=(first, until), now=now)


def month_table(work: UnitOfWork, first: date, last: date) -> Sequence[Any]:
    """Returns, for each department within the officer's reach, the appointments from the first day to the last by what
    became of them. Booked is the sum of the states."""
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
        .where(_on_days(first, last), *_within_reach(bound(work.actor.attributes)))
        .group_by(Department.municipality, Department.department_id)
        .order_by(Department.municipality, Department.department_id)
    )
    return work.session.execute(statement).all()


def present_people(session: Session, actor: Actor, department_id: str, day: date) -> Sequence[Any]:
    """Returns status, queue number and counter of the people who are here, newest call first. Raises NotFound."""
    get_department_of(session, actor, department_id)
    statement = (
        select(Appointment.status, Appointment.queue_number, Appointment.called_to)
        .where(
            Appointment.department_id == department_id,
            _on_days(day, day),
            Appointment.status.in_(PRESENT),
        )
        .order_by(Appointment.called_at.desc().nulls_last())
    )
    return session.execute(statement).all()
