"""The table of a year: the municipality's applications by month and state, and the same as a file."""

from typing import Any

import flask

from pages.forms import NO_FAULTS, by_field, place_faults
from pages.site import Visit
from portal.api.affiliated import views
from portal.api.asking import ask
from portal.api.files import send_csv_of
from portal.outside.services import ServiceAway
from saudi.days import hijri_year, legal_day
from saudi.text import fold_digits

PAGE = "/affiliated/months"
_TABLE = "/v1/licence-application-months"


def show_months(visit: Visit) -> flask.Response:
    """GET /affiliated/months: the year of the address, or this Hijri year."""
    year = _year_of(visit)
    page: dict[str, Any] = {"year": year, "table": None, "is_away": False, "faults": NO_FAULTS}
    page["statuses"] = [
        (code, words[visit.language])
        for code, words in views.titles_of("ApplicationStatus").items()
    ]
    try:
        reply = ask(visit, _TABLE, {"year": year})
    except ServiceAway:
        return visit.render("affiliated_months.html", status=503, **page | {"is_away": True})
    if reply.is_problem:
        faults = place_faults(reply.document, by_field(("year",)))
        return visit.render(
            "affiliated_months.html", status=reply.status, **page | {"faults": faults}
        )
    return visit.render("affiliated_months.html", **page | {"table": reply.document})


def send_months(visit: Visit) -> flask.Response:
    """GET /affiliated/months.csv: the gateway's own file."""
    year = _year_of(visit)
    is_year = year.isdecimal() and year.isascii()
    name = f"applications-{year}" if is_year else "applications"
    return send_csv_of(visit, f"{_TABLE}.csv", name, {"year": year})


def _year_of(visit: Visit) -> str:
    typed = fold_digits(visit.query.get("year", "")).strip()[:10]
    return typed or str(hijri_year(legal_day(visit.now)))
