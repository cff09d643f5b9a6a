"""A citizen's permits and requests, with what the citizen does now and until when."""

import flask

from pages.site import Visit
from portal.api import areas
from portal.api.asking import answer_or_problem
from portal.api.listing import page_links, page_query
from portal.outside.services import TokenRefused

_ROWS = 20


def show_permits(visit: Visit) -> flask.Response:
    """GET /my/permits."""
    try:
        page = answer_or_problem(visit, "/v1/my/permits", page_query(visit, _ROWS))
    except TokenRefused:
        return areas.end_session(visit, visit.known)
    return visit.render(
        "my_permits.html",
        permits=page["items"],
        **page_links(visit, page),
    )
