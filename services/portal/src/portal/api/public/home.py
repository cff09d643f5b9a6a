"""The portal's first page: the municipality's services, and the ways into the portal."""

import flask

from pages.marks import code
from pages.site import Visit
from portal import catalogue


def show_home(visit: Visit) -> flask.Response:
    """GET /."""
    figures = {name: code(value) for name, value in catalogue.service_figures().items()}
    return visit.render("home.html", services=catalogue.SERVICES, figures=figures)
