"""The reconciliation of each day: our payments beside the bank's lines, and the differences."""

import re
from typing import Any

import flask

from chassis.http.problems import Problem
from pages.forms import NO_FAULTS, Faults, by_field, place_faults
from pages.site import Visit
from portal.api import saved_forms
from portal.api.asking import ServiceProblem, answer_or_problem
from portal.api.desk.payments import views
from portal.api.files import chosen_file, post_upload, send_csv_of
from portal.api.listing import page_links, page_query
from portal.domain import large_forms
from portal.domain.inputs import read_input
from portal.outside.services import ServiceAway
from saudi.days import parse_day
from saudi.malformed import Malformed

PATH, SETTLEMENTS = "/desk/payments/days", large_forms.SETTLEMENTS
_RECONCILIATIONS, _COUNTER = "/v1/reconciliations", "/v1/counter-settlements"
_SOURCES = ("sadad", "counter")
_ROWS = 50
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def show_days(visit: Visit) -> flask.Response:
    """GET /desk/payments/days: the reconciled days, newest first."""
    source = visit.query.get("source", "")
    chosen = source if source in _SOURCES else ""
    filters = {"source": chosen} if chosen else {}
    page = answer_or_problem(visit, _RECONCILIATIONS, page_query(visit, _ROWS, filters))
    return visit.render(
        "desk_days.html",
        rows=[views.day_row(one, visit) for one in page["items"]],
        tabs=[("", visit.text("all"), PATH)]
        + [(one, visit.text(f"money_source_{one}"), f"{PATH}?source={one}") for one in _SOURCES],
        chosen=chosen,
        **page_links(visit, page),
    )


def show_day(visit: Visit, source: str, day: str) -> flask.Response:
    """GET /desk/payments/days/{source}/{day}: a day with its differences."""
    found = answer_or_problem(visit, _path_of(source, day))
    return visit.render(
        "desk_day.html",
        found=found,
        row=views.day_row(found, visit),
        differences=found["found"],
        history=views.history_of(found["history"], visit),
        printed_at=visit.now,
    )


def send_differences(visit: Visit, source: str, day: str) -> flask.Response:
    """GET /desk/payments/days/{source}/{day}.csv: the service's own file, with all differences."""
    path = f"{_path_of(source, day)}/differences.csv"
    return send_csv_of(visit, path, f"differences-{source}-{day}")


def show_settlement(visit: Visit) -> flask.Response:
    """GET /desk/payments/settlements: the form for the bank's file of a day's counters."""
    return _show_settlement(visit, visit.query.get("day", ""), was_kept="lost" in visit.query)


def submit_settlement(visit: Visit) -> flask.Response:
    """POST /desk/payments/settlements: reconciles the day with the file. A day may be sent again. A file that comes
    with a worn-out token is lost, and the page says so."""
    typed = read_input(visit.form, "day")
    file = chosen_file("file")
    try:
        day = parse_day(typed).isoformat()
    except Malformed:
        return _show_settlement(visit, typed, faults=_fault(visit, "day", "money_day_needed"))
    if file is None:
        return _show_settlement(visit, day, faults=_fault(visit, "file", "money_file_needed"))
    if saved_forms.is_token_worn_out(visit):
        return visit.see_other(f"{SETTLEMENTS}?day={day}&lost=file")
    try:
        reply = post_upload(visit, f"{_COUNTER}/{day}", file, media_type="text/csv")
    except ServiceAway:
        return _show_settlement(visit, day, is_away=True, status=503)
    if reply.status in (403, 404):
        raise ServiceProblem(reply)
    if reply.is_problem:
        faults = place_faults(reply.document, by_field(("file", "day")))
        return _show_settlement(visit, day, faults=faults, status=reply.status)
    return visit.see_other(f"{PATH}/counter/{reply.document['day']}")


def _fault(visit: Visit, field: str, text: str) -> Faults:
    document = {"errors": [{"field": field, "detail": visit.text(text)}]}
    return place_faults(document, by_field({field: field}))


def _show_settlement(
    visit: Visit, day: str, *, faults: Faults = NO_FAULTS, status: int | None = None, **notices: Any
) -> flask.Response:
    return visit.render(
        "desk_settlement.html",
        status=status or (400 if faults else 200),
        day_typed=day,
        faults=faults,
        **{"is_away": False, "was_kept": False, **notices},
    )


def _path_of(source: str, day: str) -> str:
    """Returns the service's path of a day. Raises Problem for what is no source and no day."""
    if source not in _SOURCES or not _DAY.fullmatch(day):
        raise Problem("not-found")
    return f"{_RECONCILIATIONS}/{source}/{day}"
