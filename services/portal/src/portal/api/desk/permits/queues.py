"""The lists of work: requests, occupancy certificates, releases of current and appeals that wait. What is shown is what
the service answers to the person's own token."""

from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import urlencode

import flask

from chassis.http.problems import Problem
from pages.forms import NO_FAULTS, Faults
from pages.site import Visit
from portal.api.desk.permits.rows import row_of
from portal.api.desk.permits.views import PATH, Words
from portal.api.desk.work_lists import NO_COUNTS, show_work_list
from portal.api.listing import NO_LINKS, page_query
from portal.catalogue import branch_choices
from portal.domain.permit_queues import PAGE_ROWS, QUEUES, Queue, branch_of, queue_query, view_of
from portal.domain.work_counts import count_of


def show_queue(visit: Visit, queue: str) -> flask.Response:
    """GET /desk/permits/queues/{queue}: the view and the branch that the address names."""
    if queue not in QUEUES:
        raise Problem("not-found")
    chosen = QUEUES[queue]
    view, branch = view_of(chosen, visit.query), branch_of(visit.query)
    words = Words(visit)
    return show_work_list(
        visit,
        chosen.path,
        page_query(visit, PAGE_ROWS, queue_query(chosen, view, branch)),
        partial(_render, visit, chosen, view, branch),
        row_of=lambda one: row_of(chosen.kind, one, words),
        inputs=("municipality",),
        parts=["counts"] if chosen.is_counted else [],
    )


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
    path = f"{PATH}/queues/{queue.name}"
    filters = {"municipality": branch} if branch else {}
    empty = {"rows": None, **NO_LINKS, "is_away": False}
    return visit.render(
        "desk_permit_queue.html",
        status=status,
        faults=faults,
        queue=queue,
        path=path,
        view=view,
        branch=branch,
        views=[
            (name, f"{path}?{urlencode({'view': name, **filters})}", count_of(asked, counts))
            for name, asked in queue.views.items()
        ],
        queues=[(name, f"{PATH}/queues/{name}") for name in QUEUES],
        branches=branch_choices(visit.language),
        **{**empty, **page},
    )
