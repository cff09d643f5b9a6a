"""The lists of work: requests, occupancy certificates, releases of current and appeals that wait. What is shown is what
the service answers to the person's own token."""

from typing import Any
from urllib.parse import urlencode

import flask

from chassis.http.problems import Problem
from pages.forms import NO_FAULTS, Faults, by_field, place_faults
from pages.site import Visit
from portal.api.asking import ask
from portal.api.desk.permits.rows import row_of
from portal.api.desk.permits.views import PATH, Words
from portal.api.listing import NO_LINKS, page_links, page_query
from portal.catalogue import branches
from portal.commands import sessions
from portal.domain.permit_queues import PAGE_ROWS, QUEUES, Queue, branch_of, queue_query, view_of
from portal.outside.services import ServiceAway


def show_queue(visit: Visit, queue: str) -> flask.Response:
    """GET /desk/permits/queues/{queue}: the view and the branch that the address names."""
    if queue not in QUEUES:
        raise Problem("not-found")
    chosen = QUEUES[queue]
    view, branch = view_of(chosen, visit.query), branch_of(visit.query)
    asked = page_query(visit, PAGE_ROWS, queue_query(chosen, view, branch))
    try:
        reply = ask(visit, chosen.path, asked)
    except ServiceAway:
        return _render(visit, chosen, view, branch, is_away=True, status=503)
    if reply.is_problem:
        faults = place_faults(reply.document, by_field(("municipality",)))
        return _render(visit, chosen, view, branch, faults=faults, status=reply.status)
    with visit.process.database.transaction() as session:
        sessions.note_search(session, visit.known.session_id, visit.address)
    words = Words(visit)
    return _render(
        visit,
        chosen,
        view,
        branch,
        rows=[row_of(chosen.kind, one, words) for one in reply.document["items"]],
        **page_links(visit, reply.document),
    )


def _render(
    visit: Visit,
    queue: Queue,
    view: str,
    branch: str,
    *,
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
        views=[(name, f"{path}?{urlencode({'view': name, **filters})}") for name in queue.views],
        queues=[(name, f"{PATH}/queues/{name}") for name in QUEUES],
        branches=[(code, names[visit.language]) for code, names in branches().items()],
        **{**empty, **page},
    )
