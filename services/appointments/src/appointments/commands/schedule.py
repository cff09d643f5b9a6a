"""Departments, their plans and closures. A change orphans no booking: the appointments that can't be kept any more are
marked, listed for the officers, and their people get a text with a link to another time."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.dialects.postgresql import insert

from appointments import catalogue
from appointments.commands.recording import record_with_link
from appointments.commands.seats import BookableSlot, seat_of, take_free_seat
from appointments.domain.actors import require_municipality, require_reach
from appointments.domain.appointments import AHEAD, Action
from appointments.domain.schedule import (
    Timetable,
    faults_of_reason,
    parse_plan,
)
from appointments.models import Appointment, Closure, Department, DepartmentPlan, Seat
from appointments.slots import standing_closures, timetable_of
from chassis.core.ids import new_id
from chassis.core.refusals import Findings, InvalidFields, NotFound
from chassis.data.unit_of_work import UnitOfWork
from saudi.days import legal_day


def add_department(work: UnitOfWork, *, municipality: str, code: str) -> Department:
    """Adds a department of the list to a branch. It serves nobody before it has a plan. Raises InvalidFields."""
    findings = Findings()
    findings.fault("code", None if code in catalogue.departments() else "department-unknown")
    if municipality not in catalogue.municipalities():
        findings.fault("municipality", "branch-unknown")
    else:
        with findings.gather():
            require_municipality(work.actor, municipality)
    findings.settle()
    named = {"municipality": municipality, "code": code}
    new = insert(Department).values(department_id=new_id(), added_at=work.now, version=0, **named)
    statement = new.on_conflict_do_nothing().returning(Department)
    row = work.session.scalars(statement).one_or_none()
    if row is None:
        raise InvalidFields.of("code", "department-exists")
    work.record_change(row, "add")
    return row


def set_plan(
    work: UnitOfWork,
    department_id: str,
    *,
    valid_from: date,
    valid_until: date | None = None,
    plan: Mapping[str, Any],
    preview: bool,
) -> Sequence[Appointment]:
    """Sets the plan of a department from a day on, until the next plan; or until its last day, in the place of the plan
    that holds otherwise. Returns the appointments that the change affects. `preview`: nothing is changed. Raises
    NotFound, InvalidFields."""
    findings = Findings()
    with findings.gather():
        parse_plan(plan)
    findings.fault("valid_from", "day-past" if valid_from < legal_day(work.now) else None)
    is_reversed = valid_until is not None and valid_until < valid_from
    findings.fault("valid_until", "end-before-start" if is_reversed else None)
    findings.settle()
    department = _lock_department(work, department_id)
    row = DepartmentPlan(
        plan_id=new_id(),
        department_id=department_id,
        valid_from=valid_from,
        valid_until=valid_until,
        plan=dict(plan),
        set_at=work.now,
        set_by=work.actor.subject,
    )
    return _carry_out(work, [department], row, "set_plan", preview=preview)


def close(
    work: UnitOfWork, new: Mapping[str, Any], *, preview: bool
) -> tuple[Closure, Sequence[Appointment]]:
    """Closes a department or a whole branch for a span. `new`: in the shape of the contract's `NewClosure`. Returns the
    closure, and the appointments that it affects. A closure of the same span that stands is made no second time. Raises
    NotFound, InvalidFields."""
    findings = Findings(faults=[*faults_of_reason(new)])
    is_reversed = new["ends_at"] <= new["starts_at"]
    findings.fault("ends_at", "end-before-start" if is_reversed else None)
    findings.settle()
    departments = _lock_departments(work, new["municipality"], new.get("department_id"))
    if (standing := _same_closure(work, new)) is not None:
        ahead = [row for one in departments for row, _ in _ahead_of(work, one)]
        return standing, [row for row in ahead if row.is_affected]
    row = Closure(
        closure_id=new_id(),
        municipality=new["municipality"],
        department_id=new.get("department_id"),
        starts_at=new["starts_at"],
        ends_at=new["ends_at"],
        reason_ar=new["reason"]["ar"].strip(),
        reason_en=new["reason"]["en"].strip(),
        made_at=work.now,
        made_by=work.actor.subject,
    )
    return row, _carry_out(work, departments, row, "close", preview=preview)


def _same_closure(work: UnitOfWork, new: Mapping[str, Any]) -> Closure | None:
    statement = select(Closure).where(
        *standing_closures(new["municipality"], work.now),
        Closure.department_id.is_not_distinct_from(new.get("department_id")),
        Closure.starts_at == new["starts_at"],
        Closure.ends_at == new["ends_at"],
    )
    return work.session.scalars(statement).first()


def lift_closure(work: UnitOfWork, closure_id: str) -> Closure:
    """Ends a closure. Appointments that can be kept again aren't affected any more. A lifted closure stays as it is.
    Raises NotFound."""
    row = work.session.get(Closure, closure_id)
    if row is None:
        raise NotFound
    require_reach(work.actor, row.municipality)
    departments = _lock_departments(work, row.municipality, row.department_id)
    work.session.refresh(row)
    if row.lifted_at is not None:
        return row
    row.lifted_at = work.now
    _record_change(work, departments, "lift_closure")
    return row


def _lock_department(work: UnitOfWork, department_id: str) -> Department:
    row = work.lock(Department, department_id)
    require_reach(work.actor, row.municipality)
    return row


def _lock_departments(
    work: UnitOfWork, municipality: str, department_id: str | None
) -> Sequence[Department]:
    if department_id is None:
        require_municipality(work.actor, municipality)
        return work.lock_where(Department, Department.municipality == municipality)
    department = _lock_department(work, department_id)
    if department.municipality != municipality:
        raise NotFound
    return [department]


def _carry_out(
    work: UnitOfWork,
    departments: Sequence[Department],
    change: DepartmentPlan | Closure,
    action: str,
    *,
    preview: bool,
) -> Sequence[Appointment]:
    """Stores the change and marks the appointments that it affects; a preview only finds them."""
    if not preview:
        work.session.add(change)
        return _record_change(work, departments, action)
    savepoint = work.session.begin_nested()
    work.session.add(change)
    found = _record_change(work, departments, action)
    savepoint.rollback()
    return found


def _record_change(
    work: UnitOfWork, departments: Sequence[Department], action: str
) -> Sequence[Appointment]:
    """Journals the change at each department, and marks the appointments that can be kept no more, or again."""
    for department in departments:
        work.record_change(department, action)
    work.session.flush()
    return [row for department in departments for row in _mark_changes(work, department)]


def _mark_changes(work: UnitOfWork, department: Department) -> Sequence[Appointment]:
    """Marks the appointments that can't be kept any more, and clears the mark of those that can be kept again; each
    person gets a text. Returns the affected ones. One whose place is gone gets a free place of the same slot, and its
    person needs no text."""
    timetable = timetable_of(work.session, department.department_id, work.now)
    marked = []
    for found, seat in _ahead_of(work, department):
        if _is_kept(timetable, seat) and not found.is_affected:
            continue
        row = work.lock(Appointment, found.appointment_id)
        if row.status not in AHEAD:
            continue
        seat_now = seat_of(work.session, row.appointment_id)  # its person may have moved it
        if not _is_kept(timetable, seat_now):
            seat_now = _find_seat(work, department, timetable, seat_now)
        if seat_now is None:
            marked.append(row)
            _mark_affected(work, row)
        else:
            row.counter = seat_now.counter
            _clear_affected(work, row)
    return marked


def _ahead_of(work: UnitOfWork, department: Department) -> Sequence[Row[Appointment, Seat]]:
    """Returns the appointments of a department that aren't over and to which nobody came yet, with their seats. A slot
    that has begun counts until it ends: a person who comes late finds a closed door."""
    with_seats = (
        select(Appointment, Seat)
        .outerjoin(Seat, Seat.appointment_id == Appointment.appointment_id)
        .where(
            Appointment.department_id == department.department_id,
            Appointment.status.in_(AHEAD),
            Appointment.ends_at > work.now,
        )
        .order_by(Appointment.starts_at, Appointment.appointment_id)
    )
    return work.session.execute(with_seats).all()


def _is_kept(timetable: Timetable, seat: Seat | None) -> bool:
    return seat is not None and timetable.can_serve(seat.service, seat.span, seat.at)


def _find_seat(
    work: UnitOfWork, department: Department, timetable: Timetable, seat: Seat | None
) -> Seat | None:
    """Gives up the seat of a locked appointment for a free one of its slot, and returns that one. None if there is no
    free one: the appointment keeps its seat."""
    if seat is None:
        return None
    planned = timetable.service_on(legal_day(seat.starts_at), seat.service)
    places = timetable.places_in(seat.service, seat.span)
    if planned is None or not places:
        return None
    slot = BookableSlot(department, planned, seat.span, places)
    holder = {"appointment_id": seat.appointment_id}
    with work.session.begin_nested() as savepoint:
        work.session.delete(seat)
        work.session.flush()
        found = take_free_seat(work.session, slot, now=work.now, **holder)
        if found is None:
            savepoint.rollback()
    return found


def _clear_affected(work: UnitOfWork, row: Appointment) -> None:
    if row.is_affected:
        row.affected_since = None
        record_with_link(work, row, Action.CLEAR_AFFECTED, "kept")


def _mark_affected(work: UnitOfWork, row: Appointment) -> None:
    if row.is_affected:
        return
    row.affected_since = work.now
    record_with_link(work, row, Action.MARK_AFFECTED, "affected")
