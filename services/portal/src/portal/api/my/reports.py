"""The reports that a citizen filed while signed in: their state, and what happens next."""

import flask

from pages.marks import tone_of_state
from pages.site import Visit
from portal.api.asking import answer_or_problem
from portal.api.listing import page_links, page_query

PATH, SERVICE = "/my/reports", "/v1/my/reports"
_ROWS = 20


def show_reports(visit: Visit) -> flask.Response:
    """GET /my/reports: newest first."""
    page = answer_or_problem(visit, SERVICE, page_query(visit, _ROWS))
    return visit.render(
        "my_reports.html", reports=page["items"], tone=tone_of_state, **page_links(visit, page)
    )
