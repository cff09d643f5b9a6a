"""A citizen's permits and requests, with what the citizen does now and until when."""

import flask

from pages.site import Visit
from portal.api import areas
from portal.api.asking import answer_or_problem
from portal.outside.services import TokenRefused

_ROWS = 20


def show_permits(visit: Visit) -> flask.Response:
    """GET /my/permits."""
    cursor = visit.query.get("cursor", "")
    asked = {"limit": _ROWS, **({"cursor": cursor} if cursor else {})}
    try:
        page = answer_or_problem(visit, "/v1/my/permits", asked)
    except TokenRefused:
        return areas.end_session(visit, visit.known)
    following = page["next_cursor"]
    return visit.render(
        "my_permits.html",
        permits=page["items"],
        next_address=visit.address_with(cursor=following) if following else None,
        first_address=visit.address_with(cursor=None) if cursor else None,
    )
