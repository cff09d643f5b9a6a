"""The 940 operator files a report for a caller: the type first, then its questions, then the number to read out."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import flask

from chassis.core import contracts
from pages.forms import NO_FAULTS, Faults, FieldFault, faults_of_problem
from pages.site import Visit
from portal import queries
from portal.api.asking import service_of, token_of
from portal.api.desk_views import report_types
from portal.commands import sessions
from portal.domain.report_call import INPUT_OF_FIELD, input_of, new_report, read_call
from portal.domain.sessions import is_worn_out
from portal.outside.services import Reply, ServiceAway, TokenRefused

PATH = "/desk/calls"
Questions = Sequence[Mapping[str, Any]]


def show_form(visit: Visit) -> flask.Response:
    """GET /desk/calls: the choice of a type; with `?category=` its form, in which a kept form is filled in again."""
    category = visit.query.get("category", "")
    if category not in report_types():
        return visit.render("desk_call_types.html", types=type_choices(visit.language))
    kept = None
    if key := visit.query.get("form"):
        with visit.process.database.transaction() as session:
            kept = queries.saved_form(session, visit.known.session_id, key)
    blank = {"key": str(uuid4()), "category": category}
    typed = read_call(kept or blank, report_types()[category]["fields"])
    return _show(visit, typed, was_kept=kept is not None)


def submit_form(visit: Visit) -> flask.Response:
    """POST /desk/calls: files the report once, and shows what the operator reads out. The answer has no address: the
    code to inquire with is told once."""
    category = visit.form.get("category", "")
    questions: Questions = report_types().get(category, {}).get("fields", ())
    typed = read_call(visit.form, questions)
    if is_worn_out(visit.known.caller.expires_at, visit.now):
        return _keep_and_renew(visit, typed)
    body = new_report(typed, questions)
    try:
        reply = service_of(visit).post(token_of(visit), "/v1/reports", visit.language, body)
    except TokenRefused:
        return _keep_and_renew(visit, typed)
    except ServiceAway:
        return _show(visit, typed, is_away=True, status=503)
    if reply.is_problem:
        return _show(visit, typed, faults=_faults_of(reply), status=reply.status)
    return visit.render("desk_call_filed.html", report=reply.document)


def _keep_and_renew(visit: Visit, typed: dict[str, str]) -> flask.Response:
    with visit.process.database.transaction() as session:
        key = sessions.save_form(session, visit.known.session_id, typed, visit.now)
    return visit.see_other(f"{PATH}?{urlencode({'category': typed['category'], 'form': key})}")


def _faults_of(reply: Reply) -> Faults:
    errors = reply.document.get("errors", ())
    if not errors:
        return faults_of_problem(reply.document, INPUT_OF_FIELD)
    return Faults(FieldFault(input_of(one["field"]), str(one["detail"])) for one in errors)


def _show(
    visit: Visit,
    typed: Mapping[str, str],
    *,
    faults: Faults = NO_FAULTS,
    status: int = 200,
    **notices: Any,
) -> flask.Response:
    chosen = report_types().get(typed["category"])
    return visit.render(
        "desk_call.html",
        status=status,
        faults=faults,
        typed=typed,
        kind=chosen[visit.language] if chosen else typed["category"],
        questions=_shown_questions(chosen["fields"] if chosen else (), visit.language),
        towns=town_choices(visit.language),
        languages=[("ar", "العربية"), ("en", "English")],
        **{"is_away": False, "was_kept": False, **notices},
    )


def _shown_questions(questions: Questions, language: str) -> list[dict[str, Any]]:
    return [
        {
            "code": one["code"],
            "label": one[language],
            "required": one["required"],
            "choices": [(value["key"], value[language]) for value in one.get("values", ())],
        }
        for one in questions
    ]


@cache
def type_choices(language: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """Returns the types beneath their groups."""
    found: dict[str, list[tuple[str, str]]] = {}
    for code, one in report_types().items():
        found.setdefault(one["group"][language], []).append((code, one[language]))
    return list(found.items())


@cache
def town_choices(language: str) -> list[tuple[str, str]]:
    """Returns the towns. The service knows them by their Arabic names."""
    towns = contracts.read("reference/places.yaml")["towns"]
    return [(one["ar"], one[language]) for one in towns]
