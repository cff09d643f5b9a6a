"""The releases of current that wait for the company, the most urgent work first."""

from typing import Any

import flask

from chassis.core import contracts
from pages.forms import NO_FAULTS, Faults, by_field, place_faults
from pages.site import Visit
from portal.api import views
from portal.api.asking import ask
from portal.api.listing import NO_LINKS, page_links
from portal.outside.services import ServiceAway

_ROWS = 20


def show_waiting(visit: Visit) -> flask.Response:
    """GET /sec/releases: all work, or the work that the address names."""
    asked = {name: one for name in ("waits_for", "cursor") if (one := visit.query.get(name, ""))}
    try:
        reply = ask(visit, "/v1/waiting-releases", {"limit": _ROWS, **asked})
    except ServiceAway:
        return _show(visit, asked, is_away=True, status=503)
    if reply.is_problem:
        faults = place_faults(reply.document, by_field(("waits_for",)))
        return _show(visit, asked, faults=faults, status=reply.status)
    page = reply.document
    return _show(
        visit,
        asked,
        rows=[views.waiting_row(one, visit.language) for one in page["items"]],
        as_of=page["as_of"],
        **page_links(visit, page),
    )


def _show(
    visit: Visit,
    asked: dict[str, str],
    *,
    faults: Faults = NO_FAULTS,
    status: int = 200,
    **page: Any,
) -> flask.Response:
    titles = contracts.openapi("partner-gateway")["components"]["schemas"]["CompanyWork"]
    works = [(code, words[visit.language]) for code, words in titles["x-titles"].items()]
    shown = {
        "rows": None,
        "as_of": None,
        **NO_LINKS,
        "is_away": False,
    }
    return visit.render(
        "sec_releases.html",
        status=status,
        faults=faults,
        works=works,
        chosen=asked.get("waits_for", ""),
        **{**shown, **page},
    )
