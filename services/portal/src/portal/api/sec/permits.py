"""The dispatcher's pages: search, results, and a permit with the verdict on giving current."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import flask
from markupsafe import Markup

from chassis.core import contracts
from pages import marks
from pages.forms import NO_FAULTS, Faults, FieldFault, by_field, place_faults
from pages.site import Visit
from portal import catalogue
from portal.api import saved_forms, views
from portal.api.asking import answer_or_problem, ask, ask_for_permits
from portal.api.listing import note_way_back
from portal.domain import permit_search
from portal.domain.tasks import INSPECT, SEARCH
from portal.outside.services import Reply, ServiceAway, TokenRefused

PATH = "/sec/permits"
# What the part of the page with results has before a search.
_NO_RESULTS: Mapping[str, Any] = {
    "rows": (), "absence": None, "as_of": None, "next_address": None, "first_address": None, "csv": None, "xlsx": None,
}  # fmt: skip


@dataclass(frozen=True)
class AskedSearch:
    """The search of a page's address. `key` is what the address has instead of a search with a person's number."""

    inputs: Mapping[str, str]
    key: str | None = None

    def address(self, path: str = PATH, **more: str) -> str:
        """Returns the address of the search, for a page or for a file."""
        query = {"search": self.key} if self.key else dict(self.inputs)
        return f"{path}?{urlencode({**query, **more})}"


def submit_search(visit: Visit) -> flask.Response:
    """POST /sec/permits: leads to the page of the search, whose address names no person."""
    search = permit_search.read_search(visit.form)
    if permit_search.selects_nothing(search):
        fault = FieldFault("permit_number", visit.text("selects_nothing"))
        return _show_form(visit, AskedSearch(search), faults=Faults([fault]), status=400)
    if faults := _misplaced_numbers(visit, search):
        return _show_form(visit, AskedSearch(search), faults=faults, status=400)
    if permit_search.may_stand_in_address(search):
        return visit.see_other(AskedSearch(search).address())
    key = saved_forms.save(visit, PATH, search)
    return visit.see_other(AskedSearch(search, key).address())


def show_search(visit: Visit) -> flask.Response:
    """GET /sec/permits: the form, and the results of the search that the address names."""
    asked = asked_search(visit)
    if asked is None:
        fault = FieldFault("", visit.text("search_gone"))
        return _show_form(visit, AskedSearch({}), faults=Faults([fault]), status=404)
    if not asked.inputs:
        return _show_form(visit, asked)
    if faults := _misplaced_numbers(visit, asked.inputs):
        return _show_form(
            visit, asked, faults=faults, status=400, toggle=_toggle_without_search(visit)
        )
    try:
        reply = ask_for_permits(
            visit, asked.inputs, limit=permit_search.PAGE_ROWS, cursor=visit.query.get("cursor")
        )
    except ServiceAway:
        return _show_form(visit, asked, is_away=True, status=503)
    if reply.is_problem:
        faults = place_faults(reply.document, by_field(permit_search.INPUT_OF_FIELD))
        return _show_form(visit, asked, faults=faults, status=reply.status)
    return _show_results(visit, asked, reply)


def _misplaced_numbers(visit: Visit, search: Mapping[str, str]) -> Faults:
    """Returns a fault for each filter into which a person's number was typed."""
    said = visit.text("misplaced_number")
    return Faults(FieldFault(name, said) for name in permit_search.misplaced_numbers(search))


def _toggle_without_search(visit: Visit) -> str:
    """Returns the way to the other language that doesn't repeat the address."""
    return f"{PATH}?lang={'en' if visit.language == 'ar' else 'ar'}"


def asked_search(visit: Visit) -> AskedSearch | None:
    """Returns the search of the address, or None where it names a search of another session or of none."""
    key = visit.query.get("search")
    if key is None:
        inputs = permit_search.read_search(visit.query)
        return AskedSearch({name: inputs[name] for name in permit_search.FILTERS if name in inputs})
    found = saved_forms.read_by_id(visit, PATH, key)
    return None if found is None else AskedSearch(found, key)


def show_permit(visit: Visit, permit_id: UUID) -> flask.Response:
    """GET /sec/permits/{id}: the verdict on giving current first, then what it rests on."""
    found = answer_or_problem(visit, f"/v1/building-permits/{permit_id}")
    permit = views.whole_permit(found["item"])
    return visit.render(
        "sec_permit.html",
        permit=permit,
        as_of=found["as_of"],
        back=visit.known.last_search or PATH,
        municipality=catalogue.branch_name(permit.get("municipality"), visit.language),
        view=views.PermitView(permit, found["item"].keys(), visit.language),
        may_inspect=INSPECT in visit.known.caller.scopes,
        printed_at=visit.now,
        printed_by=_name_of(visit),
    )


def _name_of(visit: Visit) -> Markup:
    """Returns the name of the person; the code of a person without a name."""
    person = visit.known.person or {}
    subject = visit.known.caller.subject
    return marks.arabic(person["name"]) if person.get("name") else marks.code(subject)


def _show_results(visit: Visit, asked: AskedSearch, reply: Reply) -> flask.Response:
    page = reply.document
    address = asked.address()
    note_way_back(visit)
    following = page["next_cursor"]
    return _show_form(
        visit,
        asked,
        rows=[views.result_row(one, visit.language) for one in page["items"]],
        absence=page.get("absence"),
        as_of=page["as_of"],
        next_address=asked.address(cursor=following) if following else None,
        first_address=address if visit.query.get("cursor") else None,
        csv=asked.address(f"{PATH}.csv"),
        xlsx=asked.address(f"{PATH}.xlsx"),
    )


def _show_form(
    visit: Visit,
    asked: AskedSearch,
    *,
    faults: Faults = NO_FAULTS,
    status: int = 200,
    **results: Any,
) -> flask.Response:
    may_search = SEARCH in visit.known.caller.scopes
    is_away = results.pop("is_away", False)
    purposes = None if is_away or not may_search else _purposes(visit)
    return visit.render(
        "sec_search.html",
        status=status,
        faults=faults,
        typed={name: asked.inputs.get(name, "") for name in permit_search.INPUTS},
        may_search=may_search,
        is_away=is_away or (may_search and purposes is None),
        purposes=purposes or _known_purpose(asked.inputs),
        kinds=_choices("Kind", visit.language),
        statuses=_choices("Status", visit.language),
        has_results="rows" in results,
        **{**_NO_RESULTS, **results},
    )


def _purposes(visit: Visit) -> list[tuple[str, str]] | None:
    """Returns the purposes of the grant with their words; None while the gateway is away."""
    try:
        reply = ask(visit, "/v1/grant")
    except (ServiceAway, TokenRefused):
        return None
    if reply.is_problem:
        return []
    granted = reply.document["purposes"]
    return [(one["purpose"], one["title"][visit.language]) for one in granted if one["searches"]]


def _known_purpose(typed: Mapping[str, str]) -> list[tuple[str, str]]:
    """Keeps the purpose that was chosen while the gateway can't say its words."""
    return [(typed["purpose"], typed["purpose"])] if "purpose" in typed else []


@cache
def _choices(schema: str, language: str) -> list[tuple[str, str]]:
    """Returns the codes of an enum of the gateway's contract, with their words."""
    titles = contracts.openapi("partner-gateway")["components"]["schemas"][schema]["x-titles"]
    return [(code, title[language]) for code, title in titles.items()]
