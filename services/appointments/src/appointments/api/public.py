"""Operations for people without an account: free slots, hold, one-time code, booking; and with a key, all that one does
with an appointment."""

from datetime import date, timedelta

from appointments import queries
from appointments.api import papers
from appointments.api.calendar_file import calendar_file
from appointments.api.views import (
    Body,
    Created,
    View,
    hold_view,
    public_department_view,
    public_view,
    slots_view,
)
from appointments.commands import booking, changing, codes, waiting
from appointments.commands.booking import HoldKey
from appointments.context import Call
from appointments.domain.actors import VISITOR
from appointments.domain.persons import parse_mobile_field, parse_person
from appointments.domain.schedule import WantedSlot
from appointments.lookups import appointment_of_key
from appointments.models import Appointment
from chassis.core.times import rfc3339
from chassis.data.unit_of_work import UnitOfWork
from chassis.http.codes import check_code, code_desk
from chassis.http.problems import Problem
from chassis.one_time_codes import CodeHolder
from documents.issuing.answers import FileAnswer
from saudi.text import compact


def list_public_departments(
    call: Call, municipality: str | None = None, department_id: str | None = None
) -> View:
    found = queries.departments_with_services(
        call.session, call.now, municipality=municipality, department_id=department_id
    )
    return {"items": [public_department_view(row, services) for row, services in found]}


def list_free_slots(
    call: Call, department_id: str, service: str, days: int, from_day: date | None = None
) -> View:
    found = queries.slots_of_service(
        call.session, department_id, service, days=(from_day, days), now=call.now
    )
    return slots_view(found)


def hold_slot(call: Call, body: Body) -> Created:
    seat = booking.hold_slot_unless_full(
        call.resources.database,
        call.resources.index,
        lambda: _work(call),
        WantedSlot(body["department_id"], body["service"], body["starts_at"]),
        device_key=body["device_key"],
        now=call.now,
    )
    return hold_view(seat), 201


def release_hold(call: Call, body: Body) -> tuple[None, int]:
    booking.release_hold(_work(call), _hold_key(body))
    return None, 204


def request_booking_code(call: Call, body: Body) -> Created:
    """Sends a code. The person's other facts are checked with the mobile, so that no fault waits behind the code."""
    sent = codes.send_booking_code(
        _work(call),
        code_desk(call, "appointments"),
        _hold_key(body),
        parse_person(body).mobile,
        language=body.get("language", "ar"),
    )
    return sent.record(), 202


def book_appointment(call: Call, body: Body) -> Created | Problem:
    key, person = _hold_key(body), parse_person(body)
    holder = CodeHolder(codes.BOOKING, key.hold_id, person.mobile)
    if refused := check_code(call, "appointments", holder, compact(body["code"])):
        return refused
    row, token = booking.book(_work(call), key, person, limits=call.settings.booking_limits)
    return {**public_view(row), "key": token}, 201


def request_key_code(call: Call, body: Body) -> Created:
    sent = codes.send_key_code(
        _work(call),
        code_desk(call, "appointments"),
        compact(body["appointment_number"]),
        parse_mobile_field(body["mobile"]),
        language=body.get("language", "ar"),
    )
    return sent.record(), 202


def issue_key(call: Call, body: Body) -> Created | Problem:
    number, mobile = compact(body["appointment_number"]), parse_mobile_field(body["mobile"])
    holder = CodeHolder(codes.KEY, number, mobile)
    if refused := check_code(call, "appointments", holder, compact(body["code"])):
        return refused
    lifetime = timedelta(minutes=call.settings.key_minutes)
    key, until = codes.replace_keys(_work(call), number, mobile, lifetime=lifetime)
    return {"key": key, "expires_at": rfc3339(until)}, 201


def show_appointment(call: Call, body: Body) -> View:
    return public_view(_appointment_of(call, body))


def cancel_appointment(call: Call, body: Body) -> View:
    key, seen = _id_of(call, body), body.get("starts_at")
    return public_view(changing.cancel(_work(call), key, seen=seen))


def move_appointment(call: Call, body: Body) -> View:
    key, seen = _id_of(call, body), body.get("moved_from")
    row = changing.move(_work(call), key, body["starts_at"], by_person=True, seen=seen)
    return public_view(row)


def join_waiting_list(call: Call, body: Body) -> View:
    return public_view(waiting.wait_for_earlier_day(_work(call), _id_of(call, body)))


def leave_waiting_list(call: Call, body: Body) -> View:
    return public_view(waiting.stop_waiting(_work(call), _id_of(call, body)))


def accept_offer(call: Call, body: Body) -> View:
    key, seen = _id_of(call, body), body.get("starts_at")
    return public_view(waiting.accept_offer(_work(call), key, seen=seen))


def print_ticket(call: Call, body: Body) -> FileAnswer:
    return papers.print_ticket(call, _work(call), _id_of(call, body))


def download_calendar(call: Call, body: Body) -> FileAnswer:
    return calendar_file(call, _appointment_of(call, body))


def _work(call: Call) -> UnitOfWork:
    return UnitOfWork.of(call, VISITOR)


def _appointment_of(call: Call, body: Body) -> Appointment:
    return appointment_of_key(call.session, body["key"], call.now)


def _id_of(call: Call, body: Body) -> str:
    return _appointment_of(call, body).appointment_id


def _hold_key(body: Body) -> HoldKey:
    return HoldKey(body["hold_id"], body["device_key"])
