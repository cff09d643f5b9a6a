"""The result of an examination: entered once, its answer, and its correction within a day. No page shows a result."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from uuid import uuid4

import flask

from chassis.http.problems import Problem
from pages.forms import NO_FAULTS, Faults, FieldFault, by_field
from pages.site import Visit
from portal.api import saved_forms
from portal.api.asking import ServiceProblem, answer_or_problem, put
from portal.api.centre import views, workers
from portal.api.saved_forms import FormPage, ShowForm
from portal.domain import examination_form
from portal.outside.services import Reply

_WORKER_CHANGED, _ENTERED = "worker-changed", "examination-entered"


def submit_result(visit: Visit) -> flask.Response:
    """POST /centre/results: enters the result of the worker whom the page showed, once however often it's sent."""
    typed = examination_form.read_examination(visit.form)
    key = typed["worker"]
    kept = workers.read_search(visit, key)
    if workers.FOUND not in kept:
        return visit.see_other(workers.WORKERS)
    found = kept[workers.FOUND]

    page = FormPage(
        address=f"{workers.WORKERS}?form={key}",
        show=_show_again(partial(workers.show_result_form, visit, key, found)),
        input_of=by_field(examination_form.INPUT_OF_FIELD),
        saved_at=f"{workers.TODAY}/{found['number']}",
        conflicts=(_ENTERED,),
        refusals={_WORKER_CHANGED: partial(_show_changed_worker, visit, key, kept)},
        waits_as="typed",
    )
    return _submit(visit, page, found["number"], typed)


def show_entry(visit: Visit, number: str) -> flask.Response:
    """GET /centre/examinations/{number}: whether the centre's last entry about a request was recorded."""
    entry = answer_or_problem(visit, _path_of(number))
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

    page = FormPage(
        address=visit.path,
        show=_show_again(partial(_show_correction_form, visit, number)),
        input_of=by_field(examination_form.INPUT_OF_FIELD),
        saved_at=f"{workers.TODAY}/{number}",
        conflicts=(_ENTERED,),
        waits_as="typed",
    )
    return _submit(visit, page, number, typed, is_correction=True)


def _show_again(show: Callable[..., flask.Response]) -> ShowForm:
    """Returns how a form is shown again: with another key, where an entry of the centre is there already."""

    def again(
        typed: dict[str, Any],
        *,
        faults: Faults = NO_FAULTS,
        conflict: str | None = None,
        **page: Any,
    ) -> flask.Response:
        newer = {**typed, "key": str(uuid4())} if conflict else typed
        return show(newer, faults=faults, conflict=None if faults else conflict, **page)

    return again


def _submit(
    visit: Visit,
    page: FormPage,
    number: str,
    typed: dict[str, str],
    *,
    is_correction: bool = False,
) -> flask.Response:
    """Sends a result, and leads to its answer."""
    missing = examination_form.faults_of(typed, is_correction=is_correction)
    if missing:
        faults = Faults(FieldFault(name, visit.text(text)) for name, text in missing)
        differ = any(name == "result_again" for name, _ in missing)
        again = examination_form.without_results(typed) if differ else typed
        return page.show(again, faults=faults, status=400)
    answer = saved_forms.send(visit, page, typed, lambda: _put_result(visit, number, typed))
    if isinstance(answer, flask.Response):
        return answer
    return visit.see_other(f"{workers.TODAY}/{number}")


def _put_result(visit: Visit, number: str, typed: Mapping[str, str]) -> Reply:
    return put(
        visit,
        _path_of(number),
        examination_form.gateway_result(typed),
        once=typed["key"],
    )


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
    return workers.show_result_form(
        visit, key, newer.document, again, conflict=saved_forms.words_of(reply), status=reply.status
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
