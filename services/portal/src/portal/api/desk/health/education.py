"""The desk of health education finds a request, records that the worker passed a course, and voids a pass."""

from collections.abc import Mapping
from functools import cache, partial
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import flask

from chassis.core import contracts
from chassis.http.problems import Problem
from pages.forms import NO_FAULTS, Faults, FieldFault, by_field, place_faults
from pages.marks import arabic, code, day
from pages.site import Visit
from portal.api.asking import answer_or_problem, ask, post
from portal.api.entry_forms import KEY, Choices, EntryForm, Surroundings, show_form, submit_form
from portal.api.listing import NO_LINKS, chosen_view, done_of, page_links, page_query
from portal.api.my.health.requests import TONES
from portal.domain import health_form
from portal.domain.entry_form import body_of
from portal.domain.inputs import read_input
from portal.domain.languages import LANGUAGES
from portal.domain.tasks import ENTER_EDUCATION
from portal.outside.services import ServiceAway
from saudi.text import fold_digits

PATH, _REQUESTS = "/desk/health", "/v1/health-certificate-requests"
_ROWS = 50
_SHORTEST, _LONGEST = 13, 15  # digits of a request's number
_STATES = (
    *("awaiting_education", "awaiting_payment", "awaiting_examination"),
    *("issued", "not_issued"),
)


def show_requests(visit: Visit) -> flask.Response:
    """GET /desk/health: the request of a number, or the requests of a state, newest first."""
    number = visit.query.get("number", "")
    chosen = chosen_view(visit.query, _STATES, name="status")
    wanted = {"number": number} if number else {"status": chosen}
    try:
        reply = ask(visit, _REQUESTS, page_query(visit, _ROWS, wanted))
    except ServiceAway:
        return _render_list(visit, number, chosen, is_away=True, status=503)
    if reply.is_problem:
        faults = place_faults(reply.document, by_field(("number",)))
        return _render_list(visit, number, chosen, faults=faults, status=reply.status)
    return _render_list(
        visit,
        number,
        chosen,
        rows=reply.document["items"],
        **page_links(visit, reply.document),
    )


def submit_search(visit: Visit) -> flask.Response:
    """POST /desk/health: leads to the request of a number. People type identity numbers into any field, so only what
    can be the number of a request comes into an address."""
    number = fold_digits(read_input(visit.form, "number"))
    if not (number.isdecimal() and _SHORTEST <= len(number) <= _LONGEST):
        faults = Faults([FieldFault("number", visit.text("education_number_wrong"))])
        return _render_list(visit, number, _STATES[0], faults=faults, status=400)
    return visit.see_other(f"{PATH}?{urlencode({'number': number})}")


def _render_list(
    visit: Visit,
    number: str,
    chosen: str,
    *,
    faults: Faults = NO_FAULTS,
    status: int = 200,
    **page: Any,
) -> flask.Response:
    empty = {"rows": None, **NO_LINKS, "is_away": False}
    return visit.render(
        "desk_health.html",
        status=status,
        faults=faults,
        number=number,
        tones=TONES,
        tabs=[
            (one, _state_words(one, visit.language), f"{PATH}?{urlencode({'status': one})}")
            for one in _STATES
        ],
        chosen="" if number else chosen,
        **{**empty, **page},
    )


@cache
def _state_words(status: str, language: str) -> str:
    states = contracts.read("reference/states.yaml")["health_certificate_request"]
    return str(states[status][language])


def show_request(visit: Visit, request_id: UUID) -> flask.Response:
    """GET /desk/health/requests/{id}."""
    path = f"{_REQUESTS}/{request_id}"
    request = answer_or_problem(visit, path)
    conditions = answer_or_problem(visit, f"{path}/conditions")["items"]
    done = done_of(visit, ("education_enter", "education_void"))
    lacks_course = any(
        one["code"] == "education" and one["satisfied"] is False for one in conditions
    )
    return visit.render(
        "desk_health_request.html",
        request=request,
        tone=TONES.get(request["status"], "neutral"),
        facts=_facts(visit, request),
        conditions=conditions,
        may_enter=ENTER_EDUCATION in visit.known.caller.scopes,
        done=done,
        course=_course_words(request["profession"]["code"], visit.language),
        is_of_no_avail=done == "education_enter" and lacks_course,
    )


def show_pass(visit: Visit, request_id: UUID, change: str) -> flask.Response:
    """GET /desk/health/requests/{id}/education/{change}."""
    return show_form(visit, _pass(visit, request_id, change))


def submit_pass(visit: Visit, request_id: UUID, change: str) -> flask.Response:
    """POST /desk/health/requests/{id}/education/{change}."""
    return submit_form(visit, _pass(visit, request_id, change))


def _pass(visit: Visit, request_id: UUID, change: str) -> EntryForm:
    """Returns the form of a passed course, or of passes that are void. Raises Problem for another word."""
    if change not in health_form.EDUCATION:
        raise Problem("not-found")
    fields, language = health_form.EDUCATION[change], visit.language
    path, page = f"{_REQUESTS}/{request_id}", f"{PATH}/requests/{request_id}"
    service_path = f"{path}/education" + ("/void" if change == "void" else "")
    lists = {
        "course": _courses(language),
        "language": [(one, str(visit.text(f"health_language_{one}"))) for one in LANGUAGES],
        "reason": [
            (one, str(visit.text(f"education_reason_{one}")))
            for one in ("false-pass", "entered-in-error")
        ],
    }
    return EntryForm(
        name=f"education_{change}",
        address=f"{page}/education/{change}",
        back=page,
        fields=fields,
        look=partial(_look, visit, path, lists),
        send=lambda typed: post(visit, service_path, body_of(fields, typed), once=typed[KEY]),
        target=lambda _: f"{page}?done=education_{change}",
    )


def _look(visit: Visit, path: str, lists: Mapping[str, Choices]) -> Surroundings:
    """Returns the request around the form, which begins with the course that the profession requires."""
    request = answer_or_problem(visit, path)
    course = _course_of(request["profession"]["code"])
    blank = {"course": course} if course else {}
    return Surroundings(facts=_facts(visit, request), lists=lists, blank=blank)


@cache
def _course_of(profession: str) -> str | None:
    """Returns the course that a profession requires, as the list of professions says; None for no course."""
    listed = contracts.read("reference/health-professions.yaml")["professions"]
    return next((one["course"] for one in listed if one["code"] == profession), None)


def _course_words(profession: str, language: str) -> str | None:
    return dict(_courses(language)).get(_course_of(profession) or "")


@cache
def _courses(language: str) -> list[tuple[str, str]]:
    listed = contracts.read("reference/health-professions.yaml")["courses"]
    return [(one["code"], one[language]) for one in listed]


def _facts(visit: Visit, request: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Returns a request in rows. The worker's numbers are masked by the service."""
    text, worker = visit.text, request["worker"] or {}
    name = worker.get("name") or {}
    return [
        (text("health_request_no"), code(request["request_no"])),
        (text("field_profession"), request["profession"][visit.language]),
        (text("centre_name_ar"), arabic(name["ar"]) if name.get("ar") else None),
        (text("centre_name_en"), code(name["en"]) if name.get("en") else None),
        (text("field_id_number"), code(worker["id_number"]) if worker else None),
        (text("centre_birth_date"), day(worker["birth_date"], visit.language) if worker else None),
        (text("my_until"), day(request["due_on"], visit.language)),
    ]
