"""The inbox of reports, and the search by number and by mobile. What is shown is what the service answers to the
person's own token."""

from collections.abc import Mapping
from functools import cache, partial
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

import flask

from chassis.core.refusals import Fault, InvalidFields
from chassis.core.times import rfc3339
from chassis.http.problems import as_problem
from pages.forms import NO_FAULTS, Faults, FieldFault, by_field, place_faults
from pages.site import Visit
from portal.api import saved_forms
from portal.api.asking import ask, post
from portal.api.desk.reports.views import choices, report_row
from portal.api.desk.work_lists import NO_COUNTS, show_work_list
from portal.api.listing import NO_LINKS, page_query
from portal.catalogue import places, report_groups
from portal.domain import report_inbox, tasks
from portal.domain.inputs import read_inputs
from portal.outside.services import Reply, ServiceAway

PATH, SEARCH = "/desk/reports", "/desk/search"
_REPORTS, _BY_MOBILE = "/v1/reports", "/v1/report-searches"
_TYPED = ("number", "mobile", "note")
# Beside what was typed: the reports that were found, and when.
_FOUND, _FOUND_AT = "found", "found_at"


def show_inbox(visit: Visit) -> flask.Response:
    """GET /desk/reports: the view and the filters that the address names."""
    view, filters = (
        report_inbox.view_of(visit.query),
        report_inbox.filters_of(visit.query, _listed_places()),
    )
    if unread := report_inbox.unread_days(visit.query):
        refusal = InvalidFields([Fault(name, "date-format") for name in unread])
        named = as_problem(refusal).document(visit.language)
        faults = place_faults(named, by_field(report_inbox.INPUTS))
        return _render_inbox(visit, view, filters, unread=unread, faults=faults, status=400)
    query = report_inbox.inbox_query(view, filters)
    return show_work_list(
        visit,
        _REPORTS,
        page_query(visit, report_inbox.PAGE_ROWS, query),
        partial(_render_inbox, visit, view, filters),
        row_of=lambda report: report_row(report, visit.language, visit.now),
        inputs=report_inbox.INPUTS,
        parts=["counts"],
    )


def _render_inbox(
    visit: Visit,
    view: str,
    filters: Mapping[str, str],
    *,
    unread: Mapping[str, str] = MappingProxyType({}),
    counts: Mapping[str, int] = NO_COUNTS,
    faults: Faults = NO_FAULTS,
    status: int = 200,
    **page: Any,
) -> flask.Response:
    views = [
        (name, f"{PATH}?{urlencode({'view': name, **filters})}", counts.get(name))
        for name in report_inbox.VIEWS
    ]
    lists = {
        "department": choices("departments", visit.language),
        "municipality": choices("municipalities", visit.language),
        "priority": [(name, visit.text(f"desk_priority_{name}")) for name in ("urgent", "normal")],
    }
    empty = {"rows": None, **NO_LINKS, "is_away": False}
    return visit.render(
        "desk_inbox.html",
        status=status,
        faults=faults,
        view=view,
        views=views,
        lists=lists,
        groups=_long_lists() if _shows_more(visit, filters) else {},
        days=report_inbox.DAYS,
        more_address=visit.address_with(more="yes", cursor=None),
        chosen={**dict.fromkeys(report_inbox.FILTERS, ""), **filters, **unread},
        may_refer=tasks.REFER in visit.known.caller.scopes,
        **{**empty, **page},
    )


def _shows_more(visit: Visit, filters: Mapping[str, str]) -> bool:
    """Returns whether the page has the long lists: their two hundred choices would be most of the page."""
    return "more" in visit.query or not filters.keys().isdisjoint(_long_lists())


@cache
def _long_lists() -> Mapping[str, Any]:
    """Returns the types of reports under their headings, and the districts under their towns."""
    kinds = [
        (one.words, [(kind.code, kind.words) for kind in one.kinds]) for one in report_groups()
    ]
    return {"category": kinds, report_inbox.PLACE: places()}


@cache
def _listed_places() -> frozenset[str]:
    return frozenset(code for _, choices in places() for code, _ in choices)


def submit_search(visit: Visit) -> flask.Response:
    """POST /desk/search: keeps what was typed, and leads to a page whose address names neither number nor person."""
    key = saved_forms.save(visit, SEARCH, read_inputs(visit.form, _TYPED))
    return visit.see_other(f"{SEARCH}?form={key}")


def show_search(visit: Visit) -> flask.Response:
    """GET /desk/search: the form, the report of a number, or the reports of a mobile. A form is searched once: the
    service writes each search by mobile into the histories of the reports, and a page is fetched again by Back or by
    the other language."""
    kept = saved_forms.read(visit, SEARCH) or {}
    typed = {name: kept.get(name, "") for name in _TYPED}
    if _FOUND in kept:
        return _show_found(visit, typed, kept)
    if not (typed["number"] or typed["mobile"]):
        nothing = FieldFault("number", visit.text("desk_search_nothing"))
        is_sent = bool(kept)
        faults = Faults([nothing] if is_sent else [])
        return _render_search(visit, typed, faults=faults, status=400 if is_sent else 200)
    number = report_inbox.report_number(typed["number"])
    if typed["number"] and number is None:
        fault = FieldFault("number", visit.text("desk_report_number_wrong"))
        return _render_search(visit, typed, faults=Faults([fault]), status=400)
    try:
        reply = _find(visit, number, typed)
    except ServiceAway:
        return _render_search(visit, typed, is_away=True, status=503)
    if reply.is_problem:
        faults = place_faults(reply.document, by_field(("mobile", "number")))
        return _render_search(visit, typed, faults=faults, status=reply.status)
    found = {_FOUND: reply.document["items"], _FOUND_AT: rfc3339(visit.now)}
    if number is None:
        saved_forms.add_found(visit, found)
    elif found[_FOUND]:
        return visit.see_other(f"{PATH}/{found[_FOUND][0]['report_id']}")
    return _show_found(visit, typed, found)


def _find(visit: Visit, number: str | None, typed: Mapping[str, str]) -> Reply:
    """Asks for the report of a number, or for the reports of a mobile, whose histories then name the person."""
    if number is not None:
        return ask(visit, _REPORTS, {"number": number})
    body = {name: typed[name] for name in ("mobile", "note") if typed[name]}
    return post(visit, _BY_MOBILE, body)


def _show_found(visit: Visit, typed: Mapping[str, str], found: Mapping[str, Any]) -> flask.Response:
    rows = [report_row(one, visit.language, visit.now) for one in found[_FOUND]]
    return _render_search(visit, typed, rows=rows, found_at=found[_FOUND_AT])


def _render_search(
    visit: Visit,
    typed: Mapping[str, str],
    *,
    faults: Faults = NO_FAULTS,
    status: int = 200,
    **page: Any,
) -> flask.Response:
    empty = {"rows": None, "found_at": None, "is_away": False}
    return visit.render(
        "desk_search.html",
        may_refer=False,
        status=status,
        faults=faults,
        typed=typed,
        **{**empty, **page},
    )
