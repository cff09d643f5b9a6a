"""The reports that everybody may read: a list, one report, and a released photo."""

import re
from typing import Any
from uuid import UUID

import flask

from chassis.http.problems import Problem
from pages.forms import NO_FAULTS, by_field, place_faults
from pages.marks import tone_of_state
from pages.site import Visit
from portal import catalogue
from portal.api.asking import ServiceProblem
from portal.api.listing import NO_LINKS, page_links
from portal.api.public.report_sending import reports_of, visitor_of
from portal.domain.inputs import read_inputs
from portal.domain.report_form import PLACE_MARK
from portal.outside.services import Reply, ServiceAway

PAGE_ROWS = 10
_OPEN = {"open": "true", "ended": "false"}
_NUMBER = re.compile("1[0-9]{9,12}")


def show_list(visit: Visit) -> flask.Response:
    """GET /reports: public reports, newest first, by type, place and state."""
    typed = read_inputs(visit.query, ("category", "place", "state"))
    reply = _ask_list(visit, typed)
    faults = (
        place_faults(reply.document, by_field(_INPUTS)) if reply and reply.is_problem else NO_FAULTS
    )
    answer = reply.document if reply and not reply.is_problem else {}
    status = 503 if reply is None else reply.status
    return visit.render(
        "reports.html",
        status=status,
        typed=typed,
        faults=faults,
        is_away=reply is None,
        items=answer.get("items"),
        tone=tone_of_state,
        kinds=[
            (one.words, [(kind.code, kind.words) for kind in one.kinds if kind.public])
            for one in catalogue.report_groups()
            if any(kind.public for kind in one.kinds)
        ],
        places=catalogue.places(),
        **(page_links(visit, answer) if answer else NO_LINKS),
    )


_INPUTS = {"category": "category", "town": "place", "district": "place"}


def _ask_list(visit: Visit, typed: dict[str, str]) -> Reply | None:
    """Returns the answer of `reports`; None while `reports` is away."""
    town, _, district = typed["place"].partition(PLACE_MARK)
    wanted: dict[str, Any] = {
        "category": typed["category"],
        "town": town,
        "district": district,
        "open": _OPEN.get(typed["state"], ""),
        "cursor": visit.query.get("cursor", ""),
    }
    query = {name: text for name, text in wanted.items() if text}
    try:
        return reports_of(visit).list_public(visitor_of(visit), {**query, "limit": PAGE_ROWS})
    except ServiceAway:
        return None


def show_report(visit: Visit, number: str) -> flask.Response:
    """GET /reports/{number}: one report. A report of another type counts as not found."""
    if not _NUMBER.fullmatch(number):
        raise Problem("not-found")
    try:
        reply = reports_of(visit).get_public(visitor_of(visit), number)
    except ServiceAway:
        raise Problem("service-away") from None
    if reply.is_problem:
        raise ServiceProblem(reply)
    return visit.render("public_report.html", report=reply.document, tone=tone_of_state)


def show_photo(visit: Visit, photo_id: UUID) -> flask.Response:
    """GET /reports/photos/{id}: a photo that an officer released."""
    try:
        picture = reports_of(visit).get_photo(visitor_of(visit), str(photo_id))
    except ServiceAway:
        raise Problem("service-away") from None
    if picture is None:
        raise Problem("not-found")
    return visit.send_picture(picture.content, picture.media_type)
