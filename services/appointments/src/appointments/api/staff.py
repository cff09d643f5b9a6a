"""Operations of people with an account: officers at the desk, who plan, and displays."""

from typing import Any

from appointments import limits, queries, slots
from appointments.api.views import (
    Body,
    Created,
    View,
    affected_view,
    closure_view,
    department_view,
    display_view,
    history_view,
    month_view,
    page_view,
    person_view,
    plans_view,
    staff_view,
)
from appointments.commands import booking, changing, schedule, visits
from appointments.context import Call
from appointments.domain.appointments import AppointmentChanged
from appointments.domain.persons import parse_person
from appointments.domain.schedule import WantedSlot
from appointments.queries import AppointmentSearch
from chassis.call import page_of
from chassis.core.refusals import not_blank
from chassis.http.if_match import in_version_read
from saudi.branches import bound
from saudi.days import Month, legal_day

_in_version_read = in_version_read(AppointmentChanged)


def list_departments(call: Call) -> View:
    rows = slots.list_departments(call.session, bound(call.actor.attributes))
    return {"items": [department_view(row) for row in rows]}


def add_department(call: Call, body: Body) -> Created:
    row = schedule.add_department(call.work, municipality=body["municipality"], code=body["code"])
    return department_view(row), 201


def get_department(call: Call, department_id: str) -> View:
    row = queries.get_department_of(call.session, call.actor, department_id)
    return plans_view(row, slots.plans_of(call.session, department_id))


def set_plan(call: Call, department_id: str, body: Body) -> View:
    affected = schedule.set_plan(
        call.work,
        department_id,
        valid_from=body["valid_from"],
        valid_until=body.get("valid_until"),
        plan=body["plan"],
        preview=body.get("preview", False),
    )
    return {"affected": affected_view(affected)}


def list_closures(call: Call, municipality: str) -> View:
    rows = queries.list_closures(call.work, municipality)
    return {"items": [closure_view(row) for row in rows]}


def add_closure(call: Call, body: Body) -> Created:
    row, affected = schedule.close(call.work, body, preview=body.get("preview", False))
    return {"closure": closure_view(row), "affected": affected_view(affected)}, 201


def lift_closure(call: Call, closure_id: str) -> View:
    return closure_view(schedule.lift_closure(call.work, closure_id))


def list_appointments(call: Call, limit: int, cursor: str | None = None, **search: Any) -> View:
    asked = page_of(call, limit, cursor)
    found = queries.list_appointments(call.work, AppointmentSearch(**search), asked)
    return page_view(found, call.now)


def book_for_person(call: Call, body: Body) -> Created:
    slot = WantedSlot(body["department_id"], body["service"], body["starts_at"])
    limit = call.settings.booking_limits
    row = booking.book_by_telephone(call.work, slot, parse_person(body), limits=limit)
    return staff_view(row, call.now), 201


def get_month_table(call: Call, month: Month) -> View:
    return month_view(month.text, queries.month_table(call.work, month.first, month.last))


def get_appointment(call: Call, appointment_id: str) -> View:
    return staff_view(queries.get_appointment(call.session, call.actor, appointment_id), call.now)


def get_appointment_history(call: Call, appointment_id: str) -> View:
    return history_view(*queries.history_of(call.session, call.actor, appointment_id))


def reveal_person(call: Call, appointment_id: str, body: Body) -> View:
    """Shows the mobile and the ID number, for a call or a check of identity. A refused look counts as well."""
    reason = not_blank(body["reason"], "reason")
    call.charge_caller(limits.reveals_of_caller(call.settings))
    return person_view(changing.reveal_person(call.work, appointment_id, reason=reason))


@_in_version_read
def confirm_appointment(call: Call, appointment_id: str, body: Body | None = None) -> View:
    note = (body or {}).get("note")
    return staff_view(changing.confirm(call.work, appointment_id, note=note), call.now)


def move_for_person(call: Call, appointment_id: str, body: Body) -> View:
    starts_at, seen = body["starts_at"], body.get("moved_from")
    row = changing.move(call.work, appointment_id, starts_at, by_person=False, seen=seen)
    return staff_view(row, call.now)


@_in_version_read
def cancel_for_municipality(call: Call, appointment_id: str, body: Body) -> View:
    row = changing.cancel_for_municipality(call.work, appointment_id, reason=body["reason"])
    return staff_view(row, call.now)


@_in_version_read
def check_in(call: Call, appointment_id: str) -> View:
    return staff_view(visits.check_in(call.work, appointment_id), call.now)


@_in_version_read
def call_person(call: Call, appointment_id: str, body: Body) -> View:
    return staff_view(visits.call(call.work, appointment_id, counter=body["counter"]), call.now)


@_in_version_read
def serve_person(call: Call, appointment_id: str, body: Body | None = None) -> View:
    note = (body or {}).get("note")
    return staff_view(visits.serve(call.work, appointment_id, note=note), call.now)


@_in_version_read
def mark_no_show(call: Call, appointment_id: str) -> View:
    return staff_view(visits.miss(call.work, appointment_id), call.now)


def show_display(call: Call, department_id: str) -> View:
    today = legal_day(call.now)
    return display_view(queries.present_people(call.session, call.actor, department_id, today))
