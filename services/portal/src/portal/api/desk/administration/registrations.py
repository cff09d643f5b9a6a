"""The lists of the register, and one registration with what it may do and its history."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import flask

from chassis.http.problems import Problem
from pages.site import Visit
from portal.api.asking import answer_of, answer_or_problem, ask
from portal.api.desk.administration import factors, views
from portal.api.listing import NO_LINKS, done_of, page_links, page_query
from portal.domain.administration import KINDS, RegisterKind, kinds_for, offered_actions
from portal.domain.tasks import ADMINISTER
from portal.outside.services import ServiceAway

_ROWS = 50
_ID_SIGNS = 60


def base_of(visit: Visit) -> str:
    """Returns the address of the register in the person's area."""
    return f"{visit.known.area.path}/administration"


def address_of(visit: Visit, kind: RegisterKind, thing_id: str) -> str:
    """Returns the page of a registration."""
    return f"{base_of(visit)}/{kind.name}/{thing_id}"


def require_kind(visit: Visit, name: str) -> RegisterKind:
    """Returns the kind, if the person sees its list. Raises Problem."""
    if name not in kinds_for(visit.known.scopes):
        raise Problem("not-found")
    return KINDS[name]


def require_thing(visit: Visit, name: str, thing_id: str) -> RegisterKind:
    """Returns the kind of a registration with a page of its own. Raises Problem, also for an id that can't be one:
    the id becomes a part of the service's address."""
    kind = require_kind(visit, name)
    is_id = thing_id.replace("-", "").replace("_", "").isalnum() and thing_id.isascii()
    if not kind.has_pages or not is_id or len(thing_id) > _ID_SIGNS:
        raise Problem("not-found")
    return kind


def own_organisation(visit: Visit) -> str:
    """Returns the organisation that the address names, or else the person's own."""
    named = visit.query.get("organisation", "")
    is_code = named.replace("-", "").isalnum() and named.isascii()
    own: str = visit.known.caller.organisation
    return named if is_code and ADMINISTER in visit.known.scopes else own


def show_list(visit: Visit, kind: str) -> flask.Response:
    """GET <area>/administration/{kind}: people and applications of the person's organisation, or of the one that the
    address names; grants, organisations and revocations as identity lists them."""
    found = require_kind(visit, kind)
    try:
        organisation = _filter_of(visit, found)
        filters = {"organisation": organisation["code"]} if organisation else {}
        if _is_without_factor(visit, found):
            filters["has_second_factor"] = "false"
        page = answer_of(visit, found.path, page_query(visit, _ROWS, filters))
    except ServiceAway:
        return _render_list(visit, found, None, None, status=503)
    return _render_list(visit, found, page, organisation)


def _is_without_factor(visit: Visit, kind: RegisterKind) -> bool:
    """Returns whether the address asks for the people without a second factor only."""
    return kind.name == "people" and visit.query.get("factor") == "none"


def _filter_of(visit: Visit, kind: RegisterKind) -> Mapping[str, Any] | None:
    """Returns the organisation to which a list is narrowed. Raises Problem, ServiceAway
    and TokenRefused."""
    if not kind.has_filter or (kind.name == "grants" and "organisation" not in visit.query):
        return None
    found: Mapping[str, Any] = answer_of(visit, f"/v1/organisations/{own_organisation(visit)}")
    return found


def _render_list(
    visit: Visit,
    kind: RegisterKind,
    page: Mapping[str, Any] | None,
    organisation: Mapping[str, Any] | None,
    status: int = 200,
) -> flask.Response:
    base, scopes = base_of(visit), visit.known.scopes
    ending = f"?{urlencode({'organisation': organisation['code']})}" if organisation else ""
    tabs = [(one, visit.text(f"register_{one}"), f"{base}/{one}") for one in kinds_for(scopes)]
    may_create = not scopes.isdisjoint(kind.creators)
    return visit.render(
        "register_list.html",
        status=status,
        kind=kind,
        register_path=base,
        tabs=tabs,
        organisation=organisation,
        factor_links=_factor_links(visit, f"{base}/{kind.name}", organisation)
        if kind.name == "people"
        else [],
        is_without_factor=_is_without_factor(visit, kind),
        heads=[visit.text(f"register_{name}") for name in views.COLUMNS[kind.name]],
        rows=[views.row_of(kind, one, visit) for one in page["items"]] if page else None,
        new_address=f"{base}/new/{kind.name}{ending}" if may_create else None,
        **(page_links(visit, page) if page else NO_LINKS),
    )


def _factor_links(
    visit: Visit, address: str, organisation: Mapping[str, Any] | None
) -> list[tuple[str, str, str]]:
    """Returns the two views of the list of people: everybody, and the people without a second factor."""
    of = {"organisation": organisation["code"]} if organisation else {}
    without = {**of, "factor": "none"}
    return [
        ("all", visit.text("register_factor_all"), f"{address}?{urlencode(of)}"),
        ("none", visit.text("register_without_factor"), f"{address}?{urlencode(without)}"),
    ]


def show_thing(visit: Visit, kind: str, thing_id: str) -> flask.Response:
    """GET <area>/administration/{kind}/{id}: facts, what it may do in words, the actions, the history."""
    found = require_thing(visit, kind, thing_id)
    path = f"{found.path}/{thing_id}"
    thing = answer_or_problem(visit, path)
    history = _history_of(visit, path)
    entries = views.history_of(history, visit) if history is not None else None
    state = factors.factors_of(visit, path) if kind == "people" else None
    known = [f"{kind}_{name}" for name in (*found.actions, "new")]
    return visit.render(
        "register_thing.html",
        kind=found,
        register_path=base_of(visit),
        address=address_of(visit, found, thing_id),
        title=views.title_of(kind, thing, visit),
        facts=views.facts_of(kind, thing, visit),
        scopes=views.scope_groups(thing["scopes"], visit) if "scopes" in thing else None,
        actions=offered_actions(found, thing, visit.known.scopes),
        history=entries,
        factors=state and factors.show_factors(visit, thing, state, entries or ()),
        is_organisation=kind == "organisations",
        like_address=_like_address(visit, found, thing, thing_id),
        thing_id=thing_id,
        done=done_of(visit, known),
    )


def _like_address(
    visit: Visit, kind: RegisterKind, thing: Mapping[str, Any], thing_id: str
) -> str | None:
    """Returns where a person with the same rights is registered, if the reader may do that."""
    if kind.name != "people" or visit.known.scopes.isdisjoint(kind.creators):
        return None
    query = {"organisation": thing["organisation"], "like": thing_id}
    return f"{base_of(visit)}/new/people?{urlencode(query)}"


def _history_of(visit: Visit, path: str) -> list[Mapping[str, Any]] | None:
    """Returns the history, or None while it can't be had: the registration is shown without it. Raises
    TokenRefused."""
    try:
        reply = ask(visit, f"{path}/history")
    except ServiceAway:
        return None
    return None if reply.is_problem else list(reply.document["items"])
