"""The 940 operator files a report for a caller: the type first, then its questions, then the number to read out."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import flask

from pages.forms import NO_FAULTS, Faults, place_faults
from pages.site import Visit
from portal import catalogue
from portal.api import saved_forms
from portal.api.asking import post
from portal.commands import sent_reports
from portal.domain.report_call import blank_call, input_of, new_report, read_call
from portal.domain.report_form import SUBMISSION_USED, Question
from portal.outside.services import Reply, ServiceAway, TokenRefused

PATH = "/desk/calls"


def show_form(visit: Visit) -> flask.Response:
    """GET /desk/calls: the choice of a type; with `?category=` its form, in which a kept form is filled in again."""
    category = visit.query.get("category", "")
    if category not in catalogue.report_kinds():
        return visit.render("desk_call_types.html", groups=catalogue.report_groups())
    kept = saved_forms.restore(visit) or {}
    blank = blank_call(str(uuid4()), category, _questions_of(category))
    known = {name: kept[name] for name in blank if name in kept}
    return _show(visit, {**blank, **known, "category": category}, was_kept=bool(kept))


def submit_form(visit: Visit) -> flask.Response:
    """POST /desk/calls: files the report once, and shows what the operator reads out. The answer has no address: the
    code to inquire with is told once."""
    questions = _questions_of(visit.form.get("category", ""))
    typed = read_call(visit.form.getlist, questions)
    address = f"{PATH}?{urlencode({'category': typed['category']})}"
    if saved_forms.is_token_worn_out(visit):
        return saved_forms.save_and_renew(visit, address, typed)
    try:
        reply, was_changed = _file_once(visit, new_report(typed, questions))
    except TokenRefused:
        return saved_forms.save_and_renew(visit, address, typed)
    except ServiceAway:
        return _show(visit, typed, is_away=True, status=503)
    if reply.is_problem:
        return _show(
            visit, typed, faults=place_faults(reply.document, input_of), status=reply.status
        )
    return visit.render("desk_call_filed.html", report=reply.document, was_changed=was_changed)


def _file_once(visit: Visit, body: Mapping[str, Any]) -> tuple[Reply, bool]:
    """Files the report, once for each form. Returns the answer, and whether the operator has changed the form since the
    body that was filed.

    The first body of a form is kept until its outcome is known, which only a refusal of the first try tells: a later
    try may be refused although the first one arrived. Where the operator changed a word meanwhile, the first body is
    sent again, and its report is the answer. Raises ServiceAway and TokenRefused.
    """
    first, is_first_try = _keep_first_body(visit, body)
    try:
        reply = _send(visit, body)
    except TokenRefused:
        if is_first_try:
            _forget_body(visit, body)
        raise
    if is_first_try and reply.is_problem:
        _forget_body(visit, body)
    was_changed = reply.problem_name == SUBMISSION_USED and first != body
    return (_send(visit, first) if was_changed else reply), was_changed


def _keep_first_body(visit: Visit, body: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
    with visit.process.database.transaction() as session:
        return sent_reports.keep_first_body(session, visit.known, body, visit.now)


def _send(visit: Visit, body: Mapping[str, Any]) -> Reply:
    return post(visit, "/v1/reports", body)


def _forget_body(visit: Visit, body: Mapping[str, Any]) -> None:
    with visit.process.database.transaction() as session:
        sent_reports.forget_body(session, visit.known, body)


def _show(
    visit: Visit,
    typed: Mapping[str, Any],
    *,
    faults: Faults = NO_FAULTS,
    status: int = 200,
    **notices: Any,
) -> flask.Response:
    kind = catalogue.report_kinds().get(typed["category"])
    return visit.render(
        "desk_call.html",
        status=status,
        faults=faults,
        typed=typed,
        kind=kind.words.in_language(visit.language) if kind else typed["category"],
        questions=_questions_of(typed["category"]),
        worded=lambda choices: [(key, one.in_language(visit.language)) for key, one in choices],
        towns=[(town.ar, town.in_language(visit.language)) for town, _ in catalogue.places()],
        languages=[("ar", "العربية"), ("en", "English")],
        **{"is_away": False, "was_kept": False, **notices},
    )


def _questions_of(category: str) -> Sequence[Question]:
    kind = catalogue.report_kinds().get(category)
    return kind.questions if kind else ()
