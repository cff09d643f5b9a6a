"""The result of an examination: entered once, its answer, and its correction within a day. No page shows a result."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

import flask

from chassis.http.problems import Problem
from pages.forms import NO_FAULTS, Faults, FieldFault, faults_of_problem
from pages.site import Visit
from portal.api import areas
from portal.api.asking import ServiceProblem, answer_or_problem, service_of, token_of
from portal.api.centre import views, workers
from portal.commands import sessions
from portal.domain import examination_form
from portal.domain.sessions import is_worn_out
from portal.outside.services import Reply, ServiceAway, TokenRefused

_WORKER_CHANGED, _ENTERED, _KEY_USED = (
    "worker-changed",
    "examination-entered",
    "idempotency-key-used",
)
# Renders a form again: what was typed, then `faults`, `status` and notices.
_Show = Callable[..., flask.Response]


def submit_result(visit: Visit) -> flask.Response:
    """POST /centre/results: enters the result of the worker whom the page showed, once however often it's sent."""
    typed = examination_form.read_examination(visit.form)
    key = typed["worker"]
    kept = workers.kept_form(visit, key)
    if workers.FOUND not in kept:
        return visit.see_other(workers.WORKERS)
    found = kept[workers.FOUND]

    def show(typed: Mapping[str, str], **page: Any) -> flask.Response:
        return workers.show_result_form(visit, key, found, typed, **page)

    def show_refusal(typed: dict[str, str], reply: Reply) -> flask.Response:
        if reply.problem_name == _WORKER_CHANGED:
            return _show_changed_worker(visit, key, kept, typed, reply)
        return _show_fault(show, typed, reply)

    way_back = f"{workers.WORKERS}?form={key}"
    return _submit(visit, found["number"], typed, way_back, show=show, show_refusal=show_refusal)


def show_entry(visit: Visit, number: str) -> flask.Response:
    """GET /centre/examinations/{number}: whether the centre's last entry about a request was recorded."""
    try:
        entry = answer_or_problem(visit, _path_of(number))
    except TokenRefused:
        return areas.end_session(visit, visit.known)
    return visit.render(
        "centre_entry.html",
        entry=entry,
        row=views.entry_row(entry, visit.language),
        is_correctable=views.is_correctable(entry, visit.now),
    )


def show_correction(visit: Visit, number: str) -> flask.Response:
    """GET /centre/examinations/{number}/correction: the form, with the reason."""
    waiting = workers.take_waiting_form(visit)
    blank = examination_form.read_examination({"key": str(uuid4())})
    return _show_correction_form(visit, number, waiting or blank, was_kept=waiting is not None)


def submit_correction(visit: Visit, number: str) -> flask.Response:
    """POST /centre/examinations/{number}/correction."""
    typed = examination_form.read_examination(visit.form)

    def show(typed: Mapping[str, str], **page: Any) -> flask.Response:
        return _show_correction_form(visit, number, typed, **page)

    def show_refusal(typed: dict[str, str], reply: Reply) -> flask.Response:
        return _show_fault(show, typed, reply)

    way_back = f"{workers.TODAY}/{number}/correction?"
    return _submit(
        visit, number, typed, way_back, show=show, show_refusal=show_refusal, is_correction=True
    )


def _submit(
    visit: Visit,
    number: str,
    typed: dict[str, str],
    way_back: str,
    *,
    show: _Show,
    show_refusal: Callable[[dict[str, str], Reply], flask.Response],
    is_correction: bool = False,
) -> flask.Response:
    """Sends a result, and leads to its answer. `way_back`: where the form is filled in again behind a new token."""
    missing = examination_form.faults_of(typed, is_correction=is_correction)
    if missing:
        faults = Faults(FieldFault(name, visit.text(text)) for name, text in missing)
        differ = any(name == "result_again" for name, _ in missing)
        again = examination_form.without_results(typed) if differ else typed
        return show(again, faults=faults, status=400)
    if is_worn_out(visit.known.caller.expires_at, visit.now):
        return _keep_and_renew(visit, typed, way_back)
    try:
        reply = service_of(visit).put(
            token_of(visit),
            _path_of(number),
            visit.language,
            examination_form.gateway_result(typed),
            once=typed["key"] or None,
        )
        if reply.is_problem:
            return show_refusal(typed, reply)
    except TokenRefused:
        return _keep_and_renew(visit, typed, way_back)
    except ServiceAway:
        return show(typed, is_away=True, status=503)
    return visit.see_other(f"{workers.TODAY}/{number}")


def _keep_and_renew(visit: Visit, typed: dict[str, str], way_back: str) -> flask.Response:
    """Keeps what was typed, sealed, until the next page fills it in again behind a new token."""
    with visit.process.database.transaction() as session:
        key = sessions.save_form(session, visit.known.session_id, typed, visit.now)
    return visit.see_other(f"{way_back}&typed={key}")


def _show_fault(show: _Show, typed: dict[str, str], reply: Reply) -> flask.Response:
    """Shows why nothing was entered. An entry of the centre that's there already is named, with the way to it."""
    if reply.status in (403, 404):
        raise ServiceProblem(reply)
    if reply.problem_name in (_ENTERED, _KEY_USED):
        words = str(reply.document.get("detail") or reply.document.get("title", ""))
        return show({**typed, "key": str(uuid4())}, conflict=words, status=reply.status)
    faults = faults_of_problem(reply.document, examination_form.INPUT_OF_FIELD)
    return show(typed, faults=faults, status=reply.status)


def _show_changed_worker(
    visit: Visit, key: str, kept: Mapping[str, Any], typed: dict[str, str], reply: Reply
) -> flask.Response:
    """Finds the worker anew, and asks for comparison and result again: what was declared has changed. Raises
    TokenRefused and ServiceAway."""
    newer = workers.find_worker(visit, kept)
    if newer.is_problem:
        raise ServiceProblem(newer)
    workers.keep_found(visit, key, newer.document)
    again = {**examination_form.without_results(typed), "compared": "", "key": str(uuid4())}
    words = str(reply.document.get("detail") or reply.document.get("title", ""))
    return workers.show_result_form(
        visit, key, newer.document, again, conflict=words, status=reply.status
    )


def _show_correction_form(
    visit: Visit,
    number: str,
    typed: Mapping[str, str],
    *,
    faults: Faults = NO_FAULTS,
    status: int = 200,
    **notices: Any,
) -> flask.Response:
    empty = {"is_away": False, "was_kept": False, "conflict": None}
    return visit.render(
        "centre_correction.html",
        status=status,
        faults=faults,
        number=number,
        typed=typed,
        action=f"{workers.TODAY}/{number}/correction",
        reasons=views.correction_reasons(visit.language),
        **{**empty, **notices},
    )


def _path_of(number: str) -> str:
    """Returns the gateway's path of a request's result. Raises Problem for a text that is no number."""
    if not number.isdecimal() or not 13 <= len(number) <= 15:
        raise Problem("not-found")
    return f"{workers.ENTRIES}/{number}/result"
