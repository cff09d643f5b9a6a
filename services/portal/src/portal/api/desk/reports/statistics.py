"""The month table of reports, as the service counts it, and the same as a file."""

import re
from typing import Any

import flask

from pages.forms import NO_FAULTS, by_field, place_faults
from pages.site import Visit
from portal.api.asking import ask
from portal.api.files import send_csv_of
from portal.domain.inputs import read_input
from portal.outside.services import ServiceAway
from saudi.days import legal_day
from saudi.text import fold_digits

TABLE, FILE = "/v1/statistics/monthly", "/v1/statistics/monthly.csv"
_MONTH = re.compile(r"[0-9]{4}[-/][0-9]{2}")


def show_month(visit: Visit) -> flask.Response:
    """GET /desk/statistics: the month of the address, or this month."""
    month = _month_of(visit)
    page: dict[str, Any] = {"month": month, "rows": None, "is_away": False, "faults": NO_FAULTS}
    try:
        reply = ask(visit, TABLE, {"month": month})
    except ServiceAway:
        return visit.render("desk_statistics.html", status=503, **page | {"is_away": True})
    if reply.is_problem:
        faults = place_faults(reply.document, by_field(("month",)))
        return visit.render(
            "desk_statistics.html", status=reply.status, **page | {"faults": faults}
        )
    return visit.render("desk_statistics.html", **page | {"rows": reply.document["rows"]})


def send_month(visit: Visit) -> flask.Response:
    """GET /desk/statistics.csv: the service's own file."""
    month = _month_of(visit)
    name = f"reports-{month.replace('/', '-')}" if _MONTH.fullmatch(month) else "reports"
    return send_csv_of(visit, FILE, name, {"month": month})


def _month_of(visit: Visit) -> str:
    typed = fold_digits(read_input(visit.query, "month"))[:20]
    return typed or f"{legal_day(visit.now):%Y-%m}"
