"""Operations for people without an account: free slots, hold, one-time code, booking; and with a key, all that one does
with an appointment."""

from datetime import date, timedelta

from appointments import slots
from appointments.api import papers
from appointments.api.views import (
    Body,
    Created,
    View,
    hold_view,
    offered_view,
    public_view,
    slots_view,
)
from appointments.commands import booking, changing, keys, waiting
from appointments.commands.booking import HoldKey
from appointments.context import Call
from appointments.domain.actors import VISITOR
from appointments.domain.appointments import FARTHEST
from appointments.domain.persons import parse_mobile_field, parse_person
from appointments.lookups import appointment_id_of_key, appointment_of_key, find_by_number
from chassis.core.codes import Verdict
from chassis.data.unit_of_work import UnitOfWork
from chassis.http.problems import Problem
from chassis.one_time_codes import Attempt, CodeHolder, OneTimeCodes
from documents.issuing.answers import FileAnswer
from saudi.days import legal_day
from saudi.text import compact, fold_digits

BOOKING, KEY = "booking", "appointment"  # the purposes of codes


def list_public_departments(call: Call, municipality: str | None = None) -> View:
    today, found = legal_day(call.now), []
    for row in slots.list_departments(call.session, municipality):
        plan = slots.timetable_of(call.session, row, call.now).plan_on(today)
        if plan is not None:
            found.append(offered_view(row, list(plan.services.values())))
    return {"items": found}


def list_free_slots(
    call: Call, department_id: str, service: str, days: int, from_day: date | None = None
) -> View:
    department = slots.get_department(call.session, department_id)
    today = legal_day(call.now)
    first = min(max(from_day or today, today), today + FARTHEST)
    free = slots.free_slots(
        call.session,
        department_id,
        slots.timetable_of(call.session, department, call.now),
        service,
        days=(first, first + timedelta(days=days - 1)),
        now=call.now,
    )
    return slots_view(free)


def hold_slot(call: Call, body: Body) -> Created:
    seat = booking.hold_slot(
        _work(call),
        body["department_id"],
        body["service"],
        body["starts_at"],
        device_key=body["device_key"],
    )
    return hold_view(seat), 201


def release_hold(call: Call, body: Body) -> tuple[None, int]:
    booking.release_hold(_work(call), _hold_key(body))
    return None, 204


def request_booking_code(call: Call, body: Body) -> Created:
    """Sends a code to a mobile for a hold. Everybody with a hold gets a code, so the answer tells nothing. A request
    without a hold doesn't count for the mobile: else anybody could keep its holder from booking."""
    mobile, key = parse_mobile_field(body["mobile"]), _hold_key(body)
    booking.require_hold(call.session, key, call.now)
    codes = _codes(call)
    codes.charge_code(call.quotas, mobile, call.address, call.now, reaches=True)
    holder = CodeHolder(BOOKING, key.hold_id, mobile)
    language = body.get("language", "ar")
    return codes.send(holder, reaches=True, language=language, now=call.now).record(), 202


def book_appointment(call: Call, body: Body) -> Created | Problem:
    person, key = parse_person(body), _hold_key(body)
    attempt = _try_code(call, CodeHolder(BOOKING, key.hold_id, person.mobile), body["code"])
    if attempt.verdict is not Verdict.RIGHT:
        return _code_problem(attempt)
    row, token = booking.book(_work(call), key, person, limits=call.settings.booking_limits)
    return {**public_view(row), "key": token}, 201


def request_key_code(call: Call, body: Body) -> Created:
    """Sends a code to the mobile of an appointment. A wrong number or mobile has the same answer after the same work,
    and no text."""
    mobile, number = parse_mobile_field(body["mobile"]), _number_of(body)
    reaches = find_by_number(call.session, number, mobile) is not None
    codes = _codes(call)
    codes.charge_code(call.quotas, mobile, call.address, call.now, reaches=reaches)
    holder = CodeHolder(KEY, number, mobile)
    language = body.get("language", "ar")
    return codes.send(holder, reaches=reaches, language=language, now=call.now).record(), 202


def issue_key(call: Call, body: Body) -> Created | Problem:
    mobile, number = parse_mobile_field(body["mobile"]), _number_of(body)
    attempt = _try_code(call, CodeHolder(KEY, number, mobile), body["code"])
    if attempt.verdict is not Verdict.RIGHT:
        return _code_problem(attempt)
    lifetime = timedelta(minutes=call.settings.key_minutes)
    return keys.issue_key(_work(call), number, mobile, lifetime=lifetime), 201


def show_appointment(call: Call, body: Body) -> View:
    return public_view(appointment_of_key(call.session, body["key"], call.now))


def cancel_appointment(call: Call, body: Body) -> View:
    return public_view(changing.cancel(_work(call), _id_of(call, body)))


def move_appointment(call: Call, body: Body) -> View:
    starts_at = body["starts_at"]
    return public_view(changing.move(_work(call), _id_of(call, body), starts_at, by_person=True))


def join_waiting_list(call: Call, body: Body) -> View:
    return public_view(waiting.wait_for_earlier_day(_work(call), _id_of(call, body)))


def leave_waiting_list(call: Call, body: Body) -> View:
    return public_view(waiting.stop_waiting(_work(call), _id_of(call, body)))


def accept_offer(call: Call, body: Body) -> View:
    return public_view(waiting.accept_offer(_work(call), _id_of(call, body)))


def print_ticket(call: Call, body: Body) -> FileAnswer:
    return papers.print_ticket(call, _work(call), _id_of(call, body))


def download_calendar(call: Call, body: Body) -> FileAnswer:
    return papers.calendar_file(appointment_of_key(call.session, body["key"], call.now))


def _work(call: Call) -> UnitOfWork:
    return UnitOfWork.of(call, VISITOR)


def _id_of(call: Call, body: Body) -> str:
    return appointment_id_of_key(call.session, body["key"], call.now)


def _hold_key(body: Body) -> HoldKey:
    return HoldKey(body["hold_id"], body["device_key"])


def _number_of(body: Body) -> str:
    return fold_digits(compact(body["appointment_number"]))


def _codes(call: Call) -> OneTimeCodes:
    return OneTimeCodes(call.session, "appointments", call.settings)


def _try_code(call: Call, holder: CodeHolder, digits: str) -> Attempt:
    codes = _codes(call)
    codes.charge_try(call.quotas, holder.mobile, call.address, call.now)
    return codes.check(holder, fold_digits(compact(digits)), now=call.now)


def _code_problem(attempt: Attempt) -> Problem:
    """Returns a Problem: a raised one would roll the count of tries back."""
    if attempt.verdict is Verdict.WRONG:
        return Problem("code-not-right", params={"left": attempt.left})
    return Problem("code-over")
