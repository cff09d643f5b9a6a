"""A medical centre's entries of today, and the worker who stands before the desk, found by two numbers."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import flask

from pages.forms import NO_FAULTS, Faults, FieldFault, by_field, place_faults
from pages.site import Visit
from portal import queries
from portal.api import saved_forms
from portal.api.asking import answer_or_problem, post
from portal.api.centre import views
from portal.api.listing import page_links, page_query
from portal.commands import sessions
from portal.domain import examination_form
from portal.domain.inputs import read_inputs
from portal.outside.services import Reply, ServiceAway

TODAY, WORKERS = "/centre/examinations", "/centre/workers"
ENTRIES, _SEARCHES = "/v1/health-examinations", "/v1/health-examination-searches"
_TYPED = ("number", "id_number")
_ROWS = 50
# A saved form with the two numbers; a result that waits has the path of its page.
_SEARCH = "examinees"
# Stands beside the two numbers once the worker was found.
FOUND = "found"


def show_today(visit: Visit) -> flask.Response:
    """GET /centre/examinations: the search, and what the centre entered today, without results."""
    page = answer_or_problem(visit, ENTRIES, page_query(visit, _ROWS))
    return visit.render(
        "centre_examinations.html",
        rows=[views.entry_row(one, visit.language) for one in page["items"]],
        typed=dict.fromkeys(_TYPED, ""),
        **page_links(visit, page),
    )


def submit_search(visit: Visit) -> flask.Response:
    """POST /centre/workers: keeps the two numbers, and leads to a page whose address names neither."""
    numbers = read_inputs(visit.form, _TYPED)
    if not any(numbers.values()):
        missing = visit.text("centre_numbers_missing")
        return _show_search(
            visit, numbers, faults=Faults([FieldFault(_TYPED[0], missing)]), status=400
        )
    key = saved_forms.save(visit, _SEARCH, numbers)
    return visit.see_other(f"{WORKERS}?form={key}")


def show_worker(visit: Visit) -> flask.Response:
    """GET /centre/workers: the worker of a search, with the form of the result. A search is asked once, because the
    gateway records and counts each one."""
    key = visit.query.get("form", "")
    kept = read_search(visit, key)
    numbers = {name: kept.get(name, "") for name in _TYPED}
    if FOUND in kept:
        return show_result_form(visit, key, kept[FOUND], _waiting_result(visit, key))
    if not any(numbers.values()):
        return _show_search(visit, numbers)
    try:
        reply = find_worker(visit, numbers)
    except ServiceAway:
        return _show_search(visit, numbers, is_away=True, status=503)
    if reply.status == 404:
        return _show_search(visit, numbers, is_missing=True)
    if reply.is_problem:
        faults = place_faults(reply.document, by_field(_TYPED))
        return _show_search(visit, numbers, faults=faults, status=reply.status)
    keep_found(visit, key, reply.document)
    return show_result_form(visit, key, reply.document, _waiting_result(visit, key))


def read_search(visit: Visit, key: str) -> Mapping[str, Any]:
    """Returns what this session keeps under a key; nothing for another session's key."""
    return saved_forms.read_by_id(visit, _SEARCH, key) or {}


def find_worker(visit: Visit, numbers: Mapping[str, str]) -> Reply:
    """Asks for the worker of the two numbers. Raises ServiceAway and TokenRefused."""
    body = {name: numbers[name] for name in _TYPED}
    return post(visit, _SEARCHES, body)


def keep_found(visit: Visit, key: str, found: Mapping[str, Any]) -> None:
    """Keeps the worker beside the two numbers, so that a fault of the form costs no second search."""
    saved_forms.add_found(visit, {FOUND: dict(found)}, key=key)


def show_result_form(
    visit: Visit,
    key: str,
    found: Mapping[str, Any],
    typed: Mapping[str, str],
    *,
    faults: Faults = NO_FAULTS,
    status: int = 200,
    **notices: Any,
) -> flask.Response:
    """Renders the worker to compare, and the form of the result; or what the centre entered before, instead of it."""
    view = views.WorkerView(found, visit)
    empty = {"is_away": False, "was_kept": False, "conflict": None}
    if typed.get("was_kept"):
        empty["was_kept"] = True
    return visit.render(
        "centre_worker.html",
        status=status,
        faults=faults,
        view=view,
        number=found["number"],
        until=found["until"],
        typed={**typed, "worker": key},
        action="/centre/results",
        reasons=(),
        **{**empty, **notices},
    )


def _waiting_result(visit: Visit, key: str) -> dict[str, str]:
    """Returns the form that waited for a new token, or a blank one. Results are taken out of the portal's rows as they
    are shown."""
    waiting = take_waiting_form(visit)
    return waiting or examination_form.read_examination({"key": str(uuid4()), "worker": key})


def take_waiting_form(visit: Visit) -> dict[str, str] | None:
    """Returns what was typed while the token wore out, once: the portal keeps no result of an examination."""
    key = visit.query.get("typed", "")
    with visit.process.database.transaction() as session:
        kept = queries.saved_form(session, visit.known.session_id, key, visit.path)
        if kept is None:
            return None
        typed = examination_form.read_examination(kept)
        cleared = examination_form.without_results(typed)
        sessions.add_to_form(session, visit.known.session_id, key, cleared)
    return {**typed, "was_kept": "yes"}


def _show_search(
    visit: Visit,
    typed: Mapping[str, str],
    *,
    faults: Faults = NO_FAULTS,
    status: int = 200,
    **notices: Any,
) -> flask.Response:
    empty = {"is_away": False, "is_missing": False}
    return visit.render(
        "centre_search.html", status=status, faults=faults, typed=typed, **{**empty, **notices}
    )
