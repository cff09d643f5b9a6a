"""The record of the company's queries, for its auditor."""

import re
from datetime import timedelta
from typing import Any

import flask

from chassis.core.times import rfc3339
from chassis.http import texts
from chassis.http.problems import Problem
from pages.forms import NO_FAULTS, Faults, FieldFault, by_field, place_faults
from pages.site import Visit
from portal.api.asking import ask
from portal.api.listing import NO_LINKS, page_links
from portal.domain.inputs import read_inputs
from portal.outside.services import ServiceAway
from saudi import Malformed
from saudi.days import midnight, midnight_after, parse_day

_ROWS = 25
_FORM = ("from_day", "to_day", "decision", "subject")
# The code of an employee, which a row links to; a number of a person is asked nowhere.
_SUBJECT = re.compile(r"[A-Za-z][A-Za-z0-9_-]{1,63}")
_DECISIONS = ("allowed", "denied")


def show_accesses(visit: Visit) -> flask.Response:
    """GET /sec/access-log: newest first; the last 31 days unless the address names others."""
    typed = read_inputs(visit.query, _FORM)
    if not _SUBJECT.fullmatch(typed["subject"]):
        typed["subject"] = ""
    query, faults = _query(visit, typed)
    if faults:
        return _show(visit, typed, faults=faults, status=400)
    try:
        reply = ask(visit, "/v1/access-log", query)
    except ServiceAway:
        raise Problem("service-away") from None
    if reply.is_problem:
        fields = {"since": "from_day", "until": "to_day", "decision": "decision"}
        return _show(
            visit, typed, faults=place_faults(reply.document, by_field(fields)), status=reply.status
        )
    page = reply.document
    return _show(
        visit,
        typed,
        rows=page["items"],
        **page_links(visit, page),
    )


def _query(visit: Visit, typed: dict[str, str]) -> tuple[dict[str, Any], Faults]:
    """Returns the gateway's query: whole days in Riyadh, the last one included."""
    query: dict[str, Any] = {"limit": _ROWS}
    faults = []
    bounds = (("from_day", "since", midnight), ("to_day", "until", midnight_after))
    for name, field, moment in bounds:
        if typed[name]:
            try:
                query[field] = rfc3339(moment(parse_day(typed[name])))
            except Malformed as error:
                faults.append(FieldFault(name, _fault_of_day(visit, error)))
            except OverflowError:
                faults.append(FieldFault(name, visit.text("day_unreadable")))
    if "since" in query and "until" not in query:
        query["until"] = rfc3339(visit.now + timedelta(seconds=1))
    if typed["subject"]:
        query["subject"] = typed["subject"]
    for name in ("decision", "cursor"):
        if one := visit.query.get(name, ""):
            query[name] = one
    return query, Faults(faults)


def _show(
    visit: Visit,
    typed: dict[str, str],
    *,
    faults: Faults = NO_FAULTS,
    status: int = 200,
    **page: Any,
) -> flask.Response:
    shown = {"rows": None, **NO_LINKS, **page}
    return visit.render(
        "sec_access_log.html",
        status=status,
        faults=faults,
        typed=typed,
        nothing=_nothing_of(typed),
        own=visit.known.caller.subject,
        **shown,
    )


def _nothing_of(typed: dict[str, str]) -> str:
    """Returns the name of the text that says of which queries there are none."""
    if typed["subject"]:
        return "no_accesses_subject_words"
    chosen = typed["decision"]
    return f"no_accesses_{chosen}_words" if chosen in _DECISIONS else "no_accesses_words"


def _fault_of_day(visit: Visit, error: Malformed) -> str:
    """Returns what is wrong with a day; for a month that lacks the day, its last day."""
    if error.code == "no-such-day" and error.params.get("last"):
        return texts.fault_text(error.code, error.params, visit.language)
    return visit.text("day_unreadable")
