"""What the company may ask, and what is left of its limits."""

import flask

from pages.site import Visit
from portal.api.asking import answer_or_problem
from portal.domain.tasks import READ


def show_grant(visit: Visit) -> flask.Response:
    """GET /sec/grant."""
    limits = answer_or_problem(visit, "/v1/quota")["limits"]
    may_read = READ in visit.known.caller.scopes
    granted = answer_or_problem(visit, "/v1/grant") if may_read else None
    return visit.render("sec_grant.html", limits=limits, grant=granted)
