"""The counter's day: the appointments in order, and one appointment with its history."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import flask

from chassis.http.problems import Problem
from pages import marks
from pages.forms import NO_FAULTS, Faults, FieldFault, by_field, place_faults
from pages.site import Visit
from portal.api.asking import answer_or_problem, ask
from portal.api.desk.appointments.views import (
    actions_of,
    facts_of,
    history_of,
    row_of,
    state_of,
)
from portal.api.listing import NO_LINKS, done_of, page_links
from portal.domain.counter import (
    AFFECTED,
    FORMS,
    FROM_TODAY,
    PATH,
    STATUS_CHOICES,
    appointment_number,
    day_query,
    read_filters,
)
from portal.domain.tasks import SERVE
from portal.outside.services import ServiceAway

_SERVICE = "/v1/appointments"
_INPUTS = {"day": "day", "department_id": "department", "status": "status"}


def submit_search(visit: Visit) -> flask.Response:
    """POST /desk/appointments: opens the appointment of a number. The number stands in no address: people type identity
    numbers into any field."""
    number = appointment_number(visit.form.get("number", ""))
    try:
        found = ask(visit, _SERVICE, {"number": number}).document.get("items") if number else None
    except ServiceAway:
        raise Problem("service-away") from None
    if found:
        return visit.see_other(f"{PATH}/{found[0]['appointment_id']}")
    fault = FieldFault("number", visit.text("counter_no_number"))
    return show_day(visit, faults=Faults([fault]), status=400)


def show_day(visit: Visit, *, faults: Faults = NO_FAULTS, status: int = 200) -> flask.Response:
    """GET /desk/appointments: the appointments of a day, today without a choice, or of all days from today on."""
    filters = read_filters(visit.query, visit.now)
    query = day_query(filters, visit.query.get("cursor", ""))
    try:
        reply = ask(visit, _SERVICE, query)
        departments = ask(visit, "/v1/departments").document.get("items", ())
    except ServiceAway:
        return _show_day(visit, filters, (), is_away=True, status=503)
    if reply.is_problem:
        faults = place_faults(reply.document, by_field(_INPUTS))
        return _show_day(visit, filters, departments, faults=faults, status=reply.status)
    return _show_day(visit, filters, departments, page=reply.document, faults=faults, status=status)


def _show_day(
    visit: Visit,
    filters: Mapping[str, str],
    departments: Sequence[Mapping[str, Any]],
    *,
    page: Mapping[str, Any] | None = None,
    faults: Faults = NO_FAULTS,
    is_away: bool = False,
    status: int = 200,
) -> flask.Response:
    return visit.render(
        "counter_day.html",
        status=status,
        faults=faults,
        filters=filters,
        is_away=is_away,
        rows=[row_of(visit, one) for one in page["items"]] if page else None,
        day_named=page["items"][0]["day"] if page and page["items"] else None,
        departments=[
            (one["department_id"], _department_words(one, visit.language)) for one in departments
        ],
        is_ahead=filters["view"] == FROM_TODAY,
        states=[(one, visit.words_of("counter_state", one)) for one in STATUS_CHOICES],
        back=visit.address_with(done=None),
        done=done_of(visit, FORMS),
        may_act=SERVE in visit.known.scopes,
        **(page_links(visit, page) if page else NO_LINKS),
    )


def _department_words(department: Mapping[str, Any], language: str) -> str:
    mark = "، " if language == "ar" else ", "
    return f"{department['title'][language]}{mark}{department['municipality_title'][language]}"


def show_appointment(visit: Visit, appointment_id: UUID) -> flask.Response:
    """GET /desk/appointments/{id}."""
    path = f"{_SERVICE}/{appointment_id}"
    appointment = answer_or_problem(visit, path)
    history = answer_or_problem(visit, f"{path}/history")["items"]
    may_act = SERVE in visit.known.scopes
    return visit.render(
        "counter_appointment.html",
        appointment=appointment,
        own=f"{PATH}/{appointment_id}",
        facts=facts_of(visit, appointment),
        state=visit.words_of("counter_state", state_of(appointment)),
        is_affected=state_of(appointment) == AFFECTED,
        tone=marks.tone_of_state(appointment["tone"]),
        history=history_of(visit, history),
        actions=actions_of(appointment) if may_act else [],
        may_act=may_act,
        done=done_of(visit, FORMS),
    )
