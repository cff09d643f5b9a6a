"""The pages on which somebody without an account books an appointment: service, time, details, code.

A time is held for ten minutes while the person types. What was typed lies sealed for the browser, so a step back,
another language, a broken line and an error lose nothing.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Protocol
from urllib.parse import urlencode

import flask

from pages.forms import NO_FAULTS, Faults, by_field
from pages.site import Visit
from portal.api.appointments.times import (
    SERVICE,
    list_departments,
    require_service,
    show_times,
)
from portal.api.public.asking import (
    faults_of_refusal,
    keep_form,
    open_form,
    render_step,
    send_code,
    send_once,
    send_publicly,
)
from portal.api.public.forms import secret_of
from portal.domain import booking_form
from portal.domain.booking_form import ID_TYPES, INPUTS, ChosenService
from portal.domain.inputs import read_input
from portal.outside.services import Reply, ServiceAway

SERVICES, TIMES = "/appointments", "/appointments/times"
DETAILS, CODE = "/appointments/details", "/appointments/code"
MINE = "/appointments/mine"
BOOKING, APPOINTMENT = "booking", "appointment"
_HOLD_OVER = "hold-over"
_BOOKED = "booked"  # a form that has ended: all that is left of it
_INPUT_OF = by_field((*INPUTS, "code"))


class _Step(Protocol):
    """Renders a step of the form."""

    def __call__(
        self,
        visit: Visit,
        form: Mapping[str, Any],
        *,
        faults: Faults = ...,
        is_away: bool = ...,
        status: int = ...,
    ) -> flask.Response: ...


def show_services(visit: Visit) -> flask.Response:
    """GET /appointments: departments and their services, by municipality."""
    by_municipality: dict[str, list[Mapping[str, Any]]] = {}
    for department in list_departments(visit):
        name = department["municipality_title"][visit.language]
        by_municipality.setdefault(name, []).append(department)
    return visit.render("appointment_services.html", municipalities=by_municipality.items())


def show_free_times(visit: Visit) -> flask.Response:
    """GET /appointments/times: the free times of a service."""
    chosen = ChosenService.read(visit.query)
    return _show_times(visit, chosen, is_hold_over="over" in visit.query)


def submit_time(visit: Visit) -> flask.Response:
    """POST /appointments/times: holds a time for ten minutes, in place of a time that this browser held before."""
    chosen = ChosenService.read(visit.form)
    form = open_form(visit, BOOKING)
    device_key = _device_key(visit)
    body = booking_form.hold_body(chosen, visit.form.get("starts_at", ""), device_key)
    try:
        reply = send_publicly(visit, SERVICE, "/v1/public/appointment-holds", body)
    except ServiceAway:
        return _show_times(visit, chosen, was_away=True)
    if reply.is_problem:
        return _show_times(visit, chosen, refusal=reply)
    held = {"device_key": device_key, "hold": dict(reply.document), "chosen": chosen.address()}
    keep_form(visit, BOOKING, {**form, **held, "sent": None, _BOOKED: False})
    return visit.see_other(DETAILS)


def _device_key(visit: Visit) -> str:
    """Returns the key by which the service knows this browser. Two presses of a button at once have the same."""
    return sha256(f"appointments|{secret_of(visit)}".encode()).hexdigest()


def _show_times(visit: Visit, chosen: ChosenService, **notices: Any) -> flask.Response:
    department = require_service(visit, chosen)
    shown = {"department": department, "appointment": None, "is_hold_over": False}
    return show_times(visit, chosen, TIMES, **{**shown, **notices})


def show_details(visit: Visit) -> flask.Response:
    """GET /appointments/details: who comes."""
    form = open_form(visit, BOOKING)
    return _show_details(visit, form) if "hold" in form else _lead_from_no_hold(visit)


def _lead_from_no_hold(visit: Visit) -> flask.Response:
    """Leads to the services; a second press of the last button, which comes here because the first one has ended the
    form, to what the form has booked."""
    return visit.see_other(MINE if open_form(visit, BOOKING).get(_BOOKED) else SERVICES)


def submit_details(visit: Visit) -> flask.Response:
    """POST /appointments/details: keeps what was typed, and sends a code to the mobile unless one is on its way."""
    form = open_form(visit, BOOKING)
    if "hold" not in form:
        return _lead_from_no_hold(visit)
    form = {**form, "typed": booking_form.read_details(visit.form)}
    keep_form(visit, BOOKING, form)
    return _send_code(visit, form, _show_details)


def _send_code(visit: Visit, form: Mapping[str, Any], page: _Step) -> flask.Response:
    """Sends a code. A refusal is shown on the page on which the person asked for the code."""
    body = booking_form.code_body(form, visit.language)
    try:
        refusal = send_code(
            visit,
            BOOKING,
            form=form,
            about={"mobile": form["typed"]["mobile"]},
            to=(SERVICE, "/v1/public/appointment-codes"),
            body=body,
            is_another=page is _show_code,
        )
    except ServiceAway:
        return page(visit, form, is_away=True, status=503)
    return visit.see_other(CODE) if refusal is None else _show_refusal(visit, form, refusal, page)


def _choose_again(visit: Visit, form: Mapping[str, Any]) -> flask.Response:
    """Leads back to the times, because the hold has ended. What was typed stays."""
    keep_form(visit, BOOKING, {name: one for name, one in form.items() if name != "hold"})
    return visit.see_other(f"{TIMES}?{urlencode({**form['chosen'], 'over': 'yes'})}")


def _show_details(
    visit: Visit,
    form: Mapping[str, Any],
    *,
    faults: Faults = NO_FAULTS,
    is_away: bool = False,
    status: int = 200,
) -> flask.Response:
    return render_step(
        visit,
        "appointment_details.html",
        DETAILS,
        status=status,
        faults=faults,
        is_away=is_away,
        hold=form["hold"],
        times=f"{TIMES}?{urlencode(form['chosen'])}",
        typed=form.get("typed") or dict.fromkeys(INPUTS, ""),
        id_types=[(one, visit.text(f"appointment_id_{one}")) for one in ID_TYPES],
    )


def show_code(visit: Visit) -> flask.Response:
    """GET /appointments/code: the code that the mobile got."""
    form = open_form(visit, BOOKING)
    return _show_code(visit, form) if _is_sent(form) else visit.see_other(DETAILS)


def submit_code(visit: Visit) -> flask.Response:
    """POST /appointments/code: books the held time with the code, or sends another code."""
    form = open_form(visit, BOOKING)
    if not _is_sent(form):
        return visit.see_other(DETAILS)
    if visit.form.get("action") == "resend":
        return _send_code(visit, form, _show_code)
    body = booking_form.booking_body(form, read_input(visit.form, "code"), visit.language)
    try:
        reply = send_once(visit, SERVICE, "/v1/public/appointments", body)
    except ServiceAway:
        return _show_code(visit, form, is_away=True, status=503)
    if reply.is_problem:
        return _show_refusal(visit, form, reply, _show_code)
    booked = reply.document
    keep_form(visit, APPOINTMENT, {"key": booked["key"], "number": booked["appointment_number"]})
    keep_form(visit, BOOKING, {_BOOKED: True})
    return visit.see_other(f"{MINE}?done=booked")


def _is_sent(form: Mapping[str, Any]) -> bool:
    return bool("hold" in form and form.get("typed") and form.get("sent"))


def _show_refusal(
    visit: Visit, form: Mapping[str, Any], reply: Reply, page: _Step
) -> flask.Response:
    """Shows a refusal on the page; the faults of the person's details on the page of the details."""
    if reply.problem_name == _HOLD_OVER:
        return _choose_again(visit, form)
    faults = faults_of_refusal(reply, _INPUT_OF)
    is_of_details = any(one.field in INPUTS for one in faults.all)
    show = _show_details if is_of_details else page
    return show(visit, form, faults=faults, status=reply.status)


def _show_code(
    visit: Visit,
    form: Mapping[str, Any],
    *,
    faults: Faults = NO_FAULTS,
    is_away: bool = False,
    status: int = 200,
) -> flask.Response:
    return render_step(
        visit,
        "appointment_code.html",
        CODE,
        status=status,
        faults=faults,
        is_away=is_away,
        hold=form["hold"],
        sent=form["sent"],
    )
