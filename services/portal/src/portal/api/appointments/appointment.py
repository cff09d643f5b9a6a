"""A person's appointment: opened by number, mobile and code; then shown, moved, cancelled, printed.

The key that opens an appointment stands in no address: it lies sealed for the browser.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import flask

from chassis.http.problems import Problem
from pages.forms import NO_FAULTS, by_field
from pages.marks import tone_of_state
from pages.site import Visit
from portal.api.appointments.booking import APPOINTMENT, MINE
from portal.api.appointments.times import SERVICE, find_slot, show_times
from portal.api.asking import ServiceProblem
from portal.api.listing import done_of
from portal.api.public.asking import (
    asks_for_another_code,
    faults_of_refusal,
    forget_form,
    keep_first_step,
    keep_form,
    open_form,
    public_service,
    render_step,
    send_code,
    send_once,
    send_publicly,
    visitor_of,
)
from portal.domain.booking_form import ChosenService
from portal.domain.inputs import read_input, read_inputs
from portal.outside.services import Reply, ServiceAway
from saudi.days import legal_day
from saudi.text import compact

OPEN, MOVE = "/appointments/open", "/appointments/mine/times"
_PUBLIC = "/v1/public"
_INQUIRIES = f"{_PUBLIC}/appointment-inquiries"
# Button of the page → the service's path.
_ACTIONS = {
    "cancel": f"{_PUBLIC}/appointment-cancellations",
    "wait": f"{_PUBLIC}/appointment-waitings",
    "leave": f"{_PUBLIC}/appointment-waitings/leave",
    "accept": f"{_PUBLIC}/appointment-offers/accept",
}
# Button → the input with the time that the page showed.
_SEEN = {"cancel": "starts_at", "accept": "offered"}
_INPUT_OF = by_field({"appointment_number": "number", "mobile": "mobile", "code": "code"})
_FIRST_STEP = ("number", "mobile")
_AHEAD = ("requested", "confirmed")
# A ticket or an entry of a calendar would look like a time that is sure, so an officer's confirmation comes first.
_PAPERS = ("confirmed", "checked_in", "called")


def show_opening(visit: Visit) -> flask.Response:
    """GET /appointments/open: number and mobile first, then the code."""
    return _show_opening(visit, open_form(visit, APPOINTMENT))


def submit_opening(visit: Visit) -> flask.Response:
    """POST /appointments/open: sends a code, or opens the appointment with the code."""
    action = visit.form.get("action", "")
    if action == "restart":
        forget_form(visit, APPOINTMENT)
        return visit.see_other(OPEN)
    try:
        return _send_code(visit) if action == "send" else _use_code(visit)
    except ServiceAway:
        return _show_opening(visit, open_form(visit, APPOINTMENT), is_away=True, status=503)


def _send_code(visit: Visit) -> flask.Response:
    kept = open_form(visit, APPOINTMENT)
    is_another = asks_for_another_code(visit, kept, "number")
    typed = kept if is_another else read_inputs(visit.form, _FIRST_STEP)
    about = {name: typed[name] for name in _FIRST_STEP}
    form = keep_first_step(visit, APPOINTMENT, kept, about)
    refusal = send_code(
        visit,
        APPOINTMENT,
        form=form,
        about=about,
        to=(SERVICE, f"{_PUBLIC}/appointment-key-codes"),
        body={
            "appointment_number": about["number"],
            "mobile": about["mobile"],
            "language": visit.language,
        },
        is_another=is_another,
    )
    if refusal is not None:
        return _show_opening(visit, form, refusal=refusal, status=refusal.status)
    return visit.see_other(OPEN)


def _use_code(visit: Visit) -> flask.Response:
    form = open_form(visit, APPOINTMENT)
    if "key" in form:  # a second press of the button: the first one has opened the appointment
        return visit.see_other(MINE)
    body = {
        "appointment_number": form.get("number", ""),
        "mobile": form.get("mobile", ""),
        "code": read_input(visit.form, "code"),
    }
    reply = send_once(visit, SERVICE, f"{_PUBLIC}/appointment-keys", body)
    if reply.is_problem:
        return _show_opening(visit, form, refusal=reply, status=reply.status)
    keep_form(visit, APPOINTMENT, {"number": form["number"], "key": reply.document["key"]})
    return visit.see_other(MINE)


def _show_opening(
    visit: Visit,
    form: Mapping[str, Any],
    *,
    refusal: Reply | None = None,
    is_away: bool = False,
    status: int = 200,
) -> flask.Response:
    return render_step(
        visit,
        "appointment_open.html",
        OPEN,
        status=status,
        form={"number": "", "mobile": "", "sent": None, **form},
        faults=faults_of_refusal(refusal, _INPUT_OF),
        is_away=is_away,
        has_ended="over" in visit.query,
    )


def show_mine(visit: Visit) -> flask.Response:
    """GET /appointments/mine: the appointment that this browser has opened or booked."""
    return _show_mine(visit)


def submit_choice(visit: Visit) -> flask.Response:
    """POST /appointments/mine: cancels, waits for an earlier day, takes the offered time, or closes the page."""
    action = visit.form.get("action", "")
    if action == "close":
        forget_form(visit, APPOINTMENT)
        return visit.see_other("/appointments")
    if action not in _ACTIONS:
        raise Problem("not-found")
    form = open_form(visit, APPOINTMENT)
    if _is_of_other_appointment(visit, form):
        return _show_mine(visit, is_other=True)
    seen = visit.form.get(_SEEN.get(action, ""), "")
    body = {"key": form.get("key", "")} | ({"starts_at": seen} if seen else {})
    try:
        reply = send_publicly(visit, SERVICE, _ACTIONS[action], body)
    except ServiceAway:
        return _show_mine(visit, is_away=True)
    if reply.is_problem:
        return _show_mine(visit, refusal=reply)
    return visit.see_other(f"{MINE}?done={action}")


def _key_of(visit: Visit) -> str:
    return str(open_form(visit, APPOINTMENT).get("key", ""))


def _is_of_other_appointment(visit: Visit, form: Mapping[str, Any]) -> bool:
    """Returns whether the button is that of another appointment than the browser has opened last, in another tab."""
    number = visit.form.get("number")
    return number is not None and number != compact(form.get("number", ""))


def _show_mine(
    visit: Visit,
    *,
    refusal: Reply | None = None,
    is_away: bool = False,
    is_other: bool = False,
) -> flask.Response:
    found = _inquire(visit)
    if isinstance(found, flask.Response):
        return found
    status = 503 if is_away else (refusal.status if refusal else 200)
    return _render_mine(
        visit,
        found,
        faults=faults_of_refusal(refusal, by_field()),
        status=409 if is_other else status,
        is_unsure=is_away,
        is_other=is_other,
    )


def _inquire(visit: Visit) -> Mapping[str, Any] | flask.Response:
    """Returns the appointment, or the page that the person sees instead: without the service, or the way to open an
    appointment, because a key ends after minutes and with a newer link."""
    key = _key_of(visit)
    if not key:
        return visit.see_other(OPEN)
    try:
        reply = send_publicly(visit, SERVICE, _INQUIRIES, {"key": key})
    except ServiceAway:
        return _render_mine(visit, None, status=503)
    if reply.status == 404:
        forget_form(visit, APPOINTMENT)
        return visit.see_other(f"{OPEN}?over=yes")
    if reply.is_problem:
        raise ServiceProblem(reply)
    return reply.document


def _render_mine(
    visit: Visit,
    appointment: Mapping[str, Any] | None,
    *,
    is_unsure: bool = False,
    is_other: bool = False,
    **context: Any,
) -> flask.Response:
    is_ahead = appointment is not None and appointment["status"] in _AHEAD
    return render_step(
        visit,
        "appointment_mine.html",
        MINE,
        **{"faults": NO_FAULTS, **context},
        appointment=appointment,
        tone=tone_of_state(appointment["tone"]) if appointment else None,
        done=done_of(visit, ("booked", "moved", *_ACTIONS)),
        is_unsure=is_unsure,
        is_other=is_other,
        is_ahead=is_ahead,
        can_change=is_ahead and _can_change(visit, appointment),
        can_wait=appointment is not None and is_ahead and _is_after_today(visit, appointment),
        has_papers=appointment is not None and _has_papers(appointment),
    )


def _has_papers(appointment: Mapping[str, Any]) -> bool:
    """Returns whether the page offers ticket and calendar file: not of an appointment that can't be kept."""
    is_kept = not appointment["affected"] or appointment["status"] not in _AHEAD
    return appointment["status"] in _PAPERS and is_kept


def _can_change(visit: Visit, appointment: Mapping[str, Any] | None) -> bool:
    """Returns whether the page offers a change. The service has the rule, and refuses a late one."""
    if appointment is None:
        return False
    until = datetime.fromisoformat(appointment["change_until"])
    return bool(appointment["affected"]) or visit.now <= until


def _is_after_today(visit: Visit, appointment: Mapping[str, Any]) -> bool:
    """Returns whether an earlier day is possible."""
    starts_at = datetime.fromisoformat(appointment["starts_at"])
    return legal_day(starts_at) > legal_day(visit.now)


def show_other_times(visit: Visit) -> flask.Response:
    """GET /appointments/mine/times: the free times to which the appointment may be moved; of one that is over, its
    page."""
    return _show_other_times(visit, visit.query)


def submit_move(visit: Visit) -> flask.Response:
    """POST /appointments/mine/times: shows the chosen time beside the present one, and moves the appointment once that
    is confirmed. Where the new time is taken, and where the appointment was moved meanwhile, it stays as it was."""
    form = open_form(visit, APPOINTMENT)
    if _is_of_other_appointment(visit, form):
        return _show_mine(visit, is_other=True)
    starts_at, seen = visit.form.get("starts_at", ""), visit.form.get("moved_from", "")
    if visit.form.get("action") != "move" and _is_moment(starts_at):
        return _show_move(visit, starts_at)
    body = {"key": form.get("key", ""), "starts_at": starts_at}
    body |= {"moved_from": seen} if seen else {}
    try:
        reply = send_publicly(visit, SERVICE, f"{_PUBLIC}/appointment-moves", body)
    except ServiceAway:
        return _show_other_times(visit, visit.form, was_away=True)
    if reply.is_problem:
        return _show_other_times(visit, visit.form, refusal=reply)
    return visit.see_other(f"{MINE}?done=moved")


def _is_moment(written: str) -> bool:
    """Returns whether a text is a moment that has a day in Riyadh: the first and the last of all moments have none."""
    try:
        moment = datetime.fromisoformat(written)
        legal_day(moment)
    except (ValueError, OverflowError):
        return False
    return moment.tzinfo is not None


def _show_move(visit: Visit, starts_at: str) -> flask.Response:
    found = _inquire(visit)
    if isinstance(found, flask.Response):
        return found
    chosen = _service_of(found, visit.form)
    slot = find_slot(visit, chosen, starts_at)
    shown = {"appointment": found, "starts_at": starts_at, "chosen": chosen, "slot": slot}
    return render_step(visit, "appointment_move.html", MOVE, **shown)


def _show_other_times(visit: Visit, typed: Mapping[str, str], **notices: Any) -> flask.Response:
    found = _inquire(visit)
    if isinstance(found, flask.Response):
        return found
    if found["status"] not in _AHEAD and not notices:
        return visit.see_other(MINE)
    chosen = _service_of(found, typed)
    return show_times(
        visit, chosen, MOVE, appointment=found, department=None, is_hold_over=False, **notices
    )


def _service_of(appointment: Mapping[str, Any], typed: Mapping[str, str]) -> ChosenService:
    """Returns the appointment's service, with the days that an address or a form chooses."""
    department_id, service = appointment["department_id"], appointment["service"]
    return replace(ChosenService.read(typed), department_id=department_id, service=service)


def send_ticket(visit: Visit) -> flask.Response:
    """GET /appointments/ticket.pdf: the signed ticket, which names no person."""
    return _send_paper(visit, "appointment-tickets", "ticket.pdf", "application/pdf")


def send_calendar(visit: Visit) -> flask.Response:
    """GET /appointments/appointment.ics: the appointment for the calendar of a telephone."""
    media_type = "text/calendar; charset=utf-8"
    return _send_paper(visit, "appointment-calendars", "appointment.ics", media_type)


def _send_paper(visit: Visit, path: str, name: str, media_type: str) -> flask.Response:
    key = _key_of(visit)
    if not key:
        return visit.see_other(OPEN)
    service = public_service(visit, SERVICE)
    try:
        file = service.post_for_file(visitor_of(visit), f"{_PUBLIC}/{path}", {"key": key})
    except ServiceAway:
        raise Problem("service-away") from None
    if file.problem is not None:
        raise ServiceProblem(file.problem)
    return visit.send_file(file.content, name, media_type)
