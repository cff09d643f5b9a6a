"""The month table of reports, as the service counts it, and the same as a file."""

import re
from typing import Any

import flask

from chassis.http.problems import Problem
from pages.forms import NO_FAULTS, faults_of_problem
from pages.site import Visit
from portal.api.asking import ServiceProblem, ask, service_of, token_of
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
        faults = faults_of_problem(reply.document, {"month": "month"})
        return visit.render(
            "desk_statistics.html", status=reply.status, **page | {"faults": faults}
        )
    return visit.render("desk_statistics.html", **page | {"rows": reply.document["rows"]})


def send_month(visit: Visit) -> flask.Response:
    """GET /desk/statistics.csv: the service's own file."""
    month = _month_of(visit)
    try:
        file = service_of(visit).get_file(token_of(visit), FILE, visit.language, {"month": month})
    except ServiceAway:
        raise Problem("service-away") from None
    if file.problem is not None:
        raise ServiceProblem(file.problem)
    name = f"reports-{month.replace('/', '-')}.csv" if _MONTH.fullmatch(month) else "reports.csv"
    return visit.send_file(file.content, name, "text/csv; charset=utf-8")


def _month_of(visit: Visit) -> str:
    typed = fold_digits(visit.query.get("month", "")).strip()[:20]
    return typed or f"{legal_day(visit.now):%Y-%m}"
