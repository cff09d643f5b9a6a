"""The search by what a visitor brings (a number, plan and plot), and the search for an owner, which is recorded."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import flask

from chassis.core.times import rfc3339
from pages.forms import NO_FAULTS, Faults, FieldFault, by_field, place_faults
from pages.site import Visit
from portal.api import saved_forms
from portal.api.asking import ask, post
from portal.api.desk.permits.rows import row_of
from portal.api.desk.permits.views import PATH, Words
from portal.api.listing import note_way_back
from portal.domain import permit_desk_search as rules
from portal.domain.inputs import read_inputs
from portal.domain.permit_search import may_stand_in_address, misplaced_numbers
from portal.domain.tasks import SEARCH_OWNERS
from portal.outside.services import Reply, ServiceAway

OWNERS = f"{PATH}/owners"
_LISTS = {"permits": "/v1/permits", "requests": "/v1/permit-requests"}
_BY_PERSON = "/v1/person-searches"
# Beside what was typed: what was found, and when.
_FOUND, _FOUND_AT = "found", "found_at"


def submit_search(visit: Visit) -> flask.Response:
    """POST /desk/permits: leads to the page of the search, whose address names no person."""
    search = rules.read_search(visit.form)
    if not search:
        fault = FieldFault("permit_number", visit.text("permit_selects_nothing"))
        return _render(visit, search, faults=Faults([fault]), status=400)
    if named := misplaced_numbers(search):
        said = visit.text("permit_misplaced_number")
        faults = Faults(FieldFault(name, said) for name in named)
        return _render(visit, search, faults=faults, status=400)
    if may_stand_in_address(search):
        return visit.see_other(f"{PATH}?{urlencode(search)}")
    key = saved_forms.save(visit, PATH, search)
    return visit.see_other(f"{PATH}?search={key}")


def show_search(visit: Visit) -> flask.Response:
    """GET /desk/permits: the form, and the permits and requests of the search that the address names."""
    search = _search_of(visit)
    if not search:
        return _render(visit, search)
    if misplaced_numbers(search):
        return visit.see_other(PATH)
    replies: dict[str, Reply] = {}
    try:
        for kind, path in _LISTS.items():
            replies[kind] = ask(visit, path, _page_of(visit, kind, search))
    except ServiceAway:
        return _render(visit, search, is_away=True, status=503)
    for reply in replies.values():
        if reply.is_problem:
            faults = place_faults(reply.document, by_field(rules.FILTERS))
            return _render(visit, search, faults=faults, status=reply.status)
    note_way_back(visit)
    return _render(visit, search, lists=_shown_lists(visit, replies))


def _search_of(visit: Visit) -> dict[str, str]:
    """Returns the search of the address; nothing for a search of another session."""
    key = visit.query.get("search")
    if key is None:
        return rules.read_search(visit.query)
    found = saved_forms.read_by_id(visit, PATH, key)
    return rules.read_search(found or {})


def _page_of(visit: Visit, kind: str, filters: Mapping[str, str]) -> dict[str, Any]:
    cursor = visit.query.get(f"{kind}_cursor")
    return {**filters, "limit": rules.PAGE_ROWS, **({"cursor": cursor} if cursor else {})}


def _shown_lists(visit: Visit, replies: Mapping[str, Reply]) -> list[dict[str, Any]]:
    words = Words(visit)
    shown = []
    for kind, reply in replies.items():
        name, following = f"{kind}_cursor", reply.document["next_cursor"]
        rows = [row_of(kind, one, words) for one in reply.document["items"]]
        next_address = visit.address_with(**{name: following}) if following else None
        first = visit.address_with(**{name: None}) if visit.query.get(name) else None
        shown.append(
            {"kind": kind, "rows": rows, "next_address": next_address, "first_address": first}
        )
    return shown


def _render(
    visit: Visit,
    search: Mapping[str, str],
    *,
    faults: Faults = NO_FAULTS,
    status: int = 200,
    **page: Any,
) -> flask.Response:
    empty = {"lists": None, "is_away": False}
    return visit.render(
        "desk_permits.html",
        status=status,
        faults=faults,
        typed={name: search.get(name, "") for name in rules.FILTERS},
        may_search_owners=SEARCH_OWNERS in visit.known.caller.scopes,
        **{**empty, **page},
    )


def submit_owner(visit: Visit) -> flask.Response:
    """POST /desk/permits/owners: keeps what was typed, and leads to a page whose address names no person."""
    key = saved_forms.save(visit, OWNERS, read_inputs(visit.form, rules.PERSONAL))
    return visit.see_other(f"{OWNERS}?form={key}")


def show_owner(visit: Visit) -> flask.Response:
    """GET /desk/permits/owners: the form, or what an owner has. A form is searched once: the service records each
    search with its reason, and a page is fetched again by Back or by the other language."""
    kept = saved_forms.read(visit, OWNERS) or {}
    typed = {name: kept.get(name, "") for name in rules.PERSONAL}
    if _FOUND in kept:
        return _show_found(visit, typed, kept)
    if not any(typed.values()):
        return _render_owner(visit, typed)
    body = rules.owner_search(typed)
    try:
        reply = post(visit, _BY_PERSON, body)
    except ServiceAway:
        return _render_owner(visit, typed, is_away=True, status=503)
    if reply.is_problem:
        faults = place_faults(reply.document, by_field(rules.PERSONAL))
        return _render_owner(visit, typed, faults=faults, status=reply.status)
    found = {_FOUND: dict(reply.document), _FOUND_AT: rfc3339(visit.now)}
    saved_forms.add_found(visit, found)
    note_way_back(visit)
    return _show_found(visit, typed, found)


def _show_found(visit: Visit, typed: Mapping[str, str], found: Mapping[str, Any]) -> flask.Response:
    words, things = Words(visit), found[_FOUND]
    lists = [
        {
            "kind": kind,
            "rows": [row_of(kind, one, words) for one in things[kind]],
            "next_address": None,
            "first_address": None,
        }
        for kind in ("permits", "requests")
    ]
    return _render_owner(
        visit, typed, lists=lists, found_at=found[_FOUND_AT], has_more=things["more"]
    )


def _render_owner(
    visit: Visit,
    typed: Mapping[str, str],
    *,
    faults: Faults = NO_FAULTS,
    status: int = 200,
    **page: Any,
) -> flask.Response:
    empty = {"lists": None, "found_at": None, "has_more": False, "is_away": False}
    return visit.render(
        "desk_permit_owner.html", status=status, faults=faults, typed=typed, **{**empty, **page}
    )
