"""The place of a report, chosen on the map."""

import flask

from pages.site import Visit
from portal.api.place_maps import MapPage, choose_point
from portal.api.place_maps import show_map as show_map_page
from portal.api.public.forms import keep_cookie
from portal.api.public.report_filing import DETAILS, PLACE, change_draft
from portal.domain import report_form

_MAP = MapPage(address=PLACE, back=DETAILS, texts="report_map")


def show_map(visit: Visit) -> flask.Response:
    """GET /report/place."""
    return keep_cookie(visit, show_map_page(visit, _MAP))


def submit_point(visit: Visit) -> flask.Response:
    """POST /report/place: shows the part that was clicked, or takes the point into the report."""
    chosen = choose_point(visit, _MAP)
    if isinstance(chosen, flask.Response):
        return keep_cookie(visit, chosen)
    typed = dict(zip(("latitude", "longitude"), chosen, strict=True))
    change_draft(visit, report_form.enter_details(typed))
    return visit.see_other(DETAILS)
