"""The lists of work: applications by the officer's last day, and violations. What is shown is what the service answers
to the person's own token: an affiliated municipality's officer sees that municipality's."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from urllib.parse import urlencode

import flask

from pages.forms import NO_FAULTS, Faults, FieldFault
from pages.site import Visit
from portal import catalogue
from portal.api.asking import answer_or_problem
from portal.api.desk.licences.views import Row, application_row, violation_row
from portal.api.desk.work_lists import NO_COUNTS, show_work_list
from portal.api.listing import NO_LINKS, chosen_view, page_query
from portal.domain.licence_desk import (
    APPLICATION_QUEUE,
    APPLICATIONS,
    HELD,
    PAGE_ROWS,
    VIOLATION_QUEUE,
    Queue,
    application_number,
    licence_number,
    queue_filters,
)
from portal.domain.permit_queues import branch_of
from portal.domain.tasks import RECORD_VIOLATIONS
from portal.domain.work_counts import count_of

_OBSERVED = {"view": "observed"}
_ROWS: Mapping[str, Callable[[Visit, Mapping[str, Any]], Row]] = {
    APPLICATION_QUEUE.name: application_row,
    VIOLATION_QUEUE.name: violation_row,
}


def show_applications(visit: Visit) -> flask.Response:
    """GET /desk/licences."""
    return _show_queue(visit, APPLICATION_QUEUE)


def show_violations(visit: Visit) -> flask.Response:
    """GET /desk/licences/violations."""
    return _show_queue(visit, VIOLATION_QUEUE)


def submit_search(visit: Visit) -> flask.Response:
    """POST /desk/licences: leads to the licence or the application of a number. Anything else stands in no address:
    people type identity numbers into any field."""
    typed = visit.form.get("number", "")
    if number := licence_number(typed):
        return visit.see_other(f"{HELD}/{number}")
    asked = application_number(typed)
    if asked is None:
        return _show_fault(visit, "licence_number_wrong")
    found = answer_or_problem(visit, APPLICATION_QUEUE.path, {"application_no": asked})
    if not found["items"]:
        return _show_fault(visit, "licence_number_unknown")
    return visit.see_other(f"{APPLICATIONS}/{found['items'][0]['application_id']}")


def _show_fault(visit: Visit, text: str) -> flask.Response:
    faults = Faults([FieldFault("find", visit.text(text))])
    view = chosen_view({}, APPLICATION_QUEUE.views)
    return _render(visit, APPLICATION_QUEUE, view, "", faults=faults, status=400)


def _show_queue(visit: Visit, queue: Queue) -> flask.Response:
    view, branch = _view_of(visit, queue), branch_of(visit.query)
    return show_work_list(
        visit,
        queue.path,
        page_query(visit, PAGE_ROWS, queue_filters(queue, view, branch)),
        partial(_render, visit, queue, view, branch),
        row_of=partial(_ROWS[queue.name], visit),
        inputs=("municipality",),
        parts=["counts"] if queue.is_counted else [],
    )


def _view_of(visit: Visit, queue: Queue) -> str:
    """Returns the view that the address names. Without a view an inspector begins with what inspectors have seen, and
    an officer with what waits for a decision."""
    records = queue is VIOLATION_QUEUE and RECORD_VIOLATIONS in visit.known.scopes
    is_unsaid = "view" not in visit.query
    return chosen_view(_OBSERVED if records and is_unsaid else visit.query, queue.views)


def _render(
    visit: Visit,
    queue: Queue,
    view: str,
    branch: str,
    *,
    counts: Mapping[str, int] = NO_COUNTS,
    faults: Faults = NO_FAULTS,
    status: int = 200,
    **page: Any,
) -> flask.Response:
    filters = {"municipality": branch} if branch else {}
    empty = {"rows": None, **NO_LINKS, "is_away": False}
    return visit.render(
        "desk_licence_queue.html",
        status=status,
        faults=faults,
        queue=queue,
        view=view,
        branch=branch,
        tabs=[
            (
                name,
                visit.text(f"licence_view_{queue.name}_{name}"),
                f"{queue.address}?{urlencode({'view': name, **filters})}",
            )
            for name in queue.views
        ],
        tab_counts={name: count_of(asked, counts) for name, asked in queue.views.items()},
        branches=catalogue.branch_choices(visit.language),
        **{**empty, **page},
    )
