"""The portal's first page."""

import flask

from pages.site import Visit


def show_home(visit: Visit) -> flask.Response:
    """GET /."""
    return visit.render("home.html")
