"""A citizen's permits and requests, with what the citizen does now and until when."""

import flask

from pages.site import Visit
from portal.api.asking import answer_or_problem
from portal.api.listing import page_links, page_query

_ROWS = 20


def show_permits(visit: Visit) -> flask.Response:
    """GET /my/permits."""
    page = answer_or_problem(visit, "/v1/my/permits", page_query(visit, _ROWS))
    return visit.render(
        "my_permits.html",
        permits=page["items"],
        **page_links(visit, page),
    )
