"""The record of searches for owners and of looks at their numbers."""

from typing import Any

import flask

from pages.forms import NO_FAULTS, Faults, by_field, place_faults
from pages.site import Visit
from portal.api.asking import ask
from portal.api.listing import NO_LINKS, page_links, page_query
from portal.catalogue import branches
from portal.domain.inputs import read_inputs
from portal.outside.services import ServiceAway

_LOOKS = "/v1/person-searches"
_FILTERS = ("since", "until", "kind")
KINDS = ("id", "name", "reveal", "file", "disclosure")
PAGE_ROWS = 50


def show_looks(visit: Visit) -> flask.Response:
    """GET /desk/permits/looks: who searched, when and why, newest first; never for whom."""
    typed = {name: text[:20] for name, text in read_inputs(visit.query, _FILTERS).items()}
    asked = {name: text for name, text in typed.items() if text}
    try:
        reply = ask(visit, _LOOKS, page_query(visit, PAGE_ROWS, asked))
    except ServiceAway:
        return _render(visit, typed, is_away=True, status=503)
    if reply.is_problem:
        faults = place_faults(reply.document, by_field(_FILTERS))
        return _render(visit, typed, faults=faults, status=reply.status)
    return _render(
        visit,
        typed,
        rows=reply.document["items"],
        **page_links(visit, reply.document),
    )


def _render(
    visit: Visit,
    typed: dict[str, str],
    *,
    faults: Faults = NO_FAULTS,
    status: int = 200,
    **page: Any,
) -> flask.Response:
    empty = {"rows": None, **NO_LINKS, "is_away": False}
    return visit.render(
        "desk_permit_looks.html",
        status=status,
        faults=faults,
        typed=typed,
        kinds=[(one, visit.text(f"permit_look_{one}")) for one in KINDS],
        branches=branches(),
        **{**empty, **page},
    )
