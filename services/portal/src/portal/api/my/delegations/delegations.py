"""The establishments for which a citizen acts, and the people whom the citizen named to act for them.

An establishment is named in no address: its page is found by one of the citizen's delegations.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import flask

from chassis.http.problems import Problem
from pages.marks import arabic, code, day
from pages.site import Visit
from portal.api.asking import answer_of, answer_or_problem, post
from portal.api.entry_forms import EntryForm, Surroundings, show_form, submit_form
from portal.api.listing import NO_LINKS, done_of, page_links, page_query
from portal.domain import delegation_form
from portal.domain.areas import MY
from portal.domain.entry_form import body_of
from portal.outside.services import Reply, ServiceAway

PATH = "/my/delegations"
NEW, CLAIM = f"{PATH}/new", f"{PATH}/claim"
OWN, _ESTABLISHMENTS = "/v1/my/delegations", "/v1/my/establishments"
_ROWS, _MOST = 50, 200
_DONE = ("delegation_new", "delegation_claim", "delegation_end", "delegation_end_other")
_TONES = {"active": "success", "ended": "neutral", "expired": "neutral"}
Document = Mapping[str, Any]


def show_delegations(visit: Visit) -> flask.Response:
    """GET /my/delegations: the establishments for which the citizen acts, and the delegates whom the citizen named."""
    try:
        page = answer_of(visit, OWN, page_query(visit, _ROWS))
    except ServiceAway:
        return visit.render("my_delegations.html", status=503, found=None, done=None, **NO_LINKS)
    return visit.render(
        "my_delegations.html",
        found=delegation_form.by_relation(page["items"]),
        tones=_TONES,
        owned=delegation_form.owned_establishments(page["items"]),
        done=done_of(visit, _DONE),
        **page_links(visit, page),
    )


def show_claim(visit: Visit) -> flask.Response:
    """GET /my/delegations/claim."""
    return show_form(visit, _claim(visit))


def submit_claim(visit: Visit) -> flask.Response:
    """POST /my/delegations/claim: asks the commercial register whether the citizen owns the establishment. A new
    sign-in follows, which asks nothing: the tokens of the present one don't name the establishment."""
    return submit_form(visit, _claim(visit))


def _claim(visit: Visit) -> EntryForm:
    fields, claimed = delegation_form.CLAIM, f"{PATH}?done=delegation_claim"
    return EntryForm(
        name="delegation_claim",
        address=CLAIM,
        back=PATH,
        fields=fields,
        look=Surroundings,
        send=lambda typed: post(visit, _ESTABLISHMENTS, body_of(fields, typed)),
        target=lambda _: f"{MY.sign_in_for(visit.known.task)}?{urlencode({'to': claimed})}",
    )


def show_new(visit: Visit) -> flask.Response:
    """GET /my/delegations/new."""
    return show_form(visit, _new(visit))


def submit_new(visit: Visit) -> flask.Response:
    """POST /my/delegations/new: names a delegate until a day."""
    return submit_form(visit, _new(visit))


def _new(visit: Visit) -> EntryForm:
    fields = delegation_form.DELEGATE

    def look() -> Surroundings:
        """Begins with the establishment of somebody who has only one."""
        mine = answer_or_problem(visit, OWN, {"limit": _MOST})["items"]
        owned = delegation_form.owned_establishments(mine)
        return Surroundings(blank={"unified_number": owned[0]} if len(owned) == 1 else {})

    return EntryForm(
        name="delegation_new",
        address=NEW,
        back=PATH,
        fields=fields,
        look=look,
        send=lambda typed: post(visit, OWN, body_of(fields, typed)),
        target=lambda _: f"{PATH}?done=delegation_new",
    )


def show_end(visit: Visit, delegation_id: UUID) -> flask.Response:
    """GET /my/delegations/{id}/end: the question whether to end a delegation."""
    return show_form(visit, _end(visit, delegation_id))


def submit_end(visit: Visit, delegation_id: UUID) -> flask.Response:
    """POST /my/delegations/{id}/end."""
    return submit_form(visit, _end(visit, delegation_id))


def _end(visit: Visit, delegation_id: UUID) -> EntryForm:
    fields = delegation_form.END
    return EntryForm(
        name="delegation_end",
        address=f"{PATH}/{delegation_id}/end",
        back=PATH,
        fields=fields,
        look=lambda: Surroundings(
            facts=facts_of(_find_own_delegation(visit, delegation_id), visit)
        ),
        send=lambda typed: post(visit, f"{OWN}/{delegation_id}/end", body_of(fields, typed)),
        target=lambda _: f"{PATH}?done=delegation_end",
    )


def _find_own_delegation(visit: Visit, delegation_id: UUID) -> Document:
    """Returns one of the citizen's delegations. Raises Problem and TokenRefused."""
    query: dict[str, Any] = {"limit": _MOST}
    while True:
        page = answer_or_problem(visit, OWN, query)
        for one in page["items"]:
            if one["delegation_id"] == str(delegation_id):
                found: Document = one
                return found
        if not page["next_cursor"]:
            raise Problem("not-found")
        query["cursor"] = page["next_cursor"]


def show_establishment(visit: Visit, delegation_id: UUID) -> flask.Response:
    """GET /my/delegations/{id}/establishment: every delegation of the establishment, whoever made it, for an owner whom
    the commercial register names."""
    number = _find_own_delegation(visit, delegation_id)["unified_number"]
    query = page_query(visit, _ROWS)
    page = answer_or_problem(visit, f"{_ESTABLISHMENTS}/{number}/delegations", query)
    return visit.render(
        "my_establishment.html",
        number=number,
        delegations=page["items"],
        tones=_TONES,
        address=f"{PATH}/{delegation_id}/establishment",
        done=done_of(visit, _DONE),
        **page_links(visit, page),
    )


def show_end_other(visit: Visit, delegation_id: UUID, ended_id: UUID) -> flask.Response:
    """GET /my/delegations/{id}/establishment/{id}/end."""
    return show_form(visit, _end_other(visit, delegation_id, ended_id))


def submit_end_other(visit: Visit, delegation_id: UUID, ended_id: UUID) -> flask.Response:
    """POST /my/delegations/{id}/establishment/{id}/end: the owner ends a delegation that somebody else made."""
    return submit_form(visit, _end_other(visit, delegation_id, ended_id))


def _end_other(visit: Visit, delegation_id: UUID, ended_id: UUID) -> EntryForm:
    fields = delegation_form.END
    page = f"{PATH}/{delegation_id}/establishment"

    def look() -> Surroundings:
        number = _find_own_delegation(visit, delegation_id)["unified_number"]
        return Surroundings(facts=[(visit.text("delegation_establishment"), code(number))])

    def send(typed: Mapping[str, str]) -> Reply:
        number = _find_own_delegation(visit, delegation_id)["unified_number"]
        path = f"{_ESTABLISHMENTS}/{number}/delegations/{ended_id}/end"
        return post(visit, path, body_of(fields, typed))

    return EntryForm(
        name="delegation_end_other",
        address=f"{page}/{ended_id}/end",
        back=page,
        fields=fields,
        look=look,
        send=send,
        target=lambda _: f"{page}?done=delegation_end_other",
    )


def facts_of(delegation: Document, visit: Visit) -> list[tuple[str, Any]]:
    """Returns a delegation as rows of words and value."""
    delegate, text = delegation["delegate"], visit.text
    is_held = delegation["relation"] == delegation_form.HELD
    name = delegate["name"]
    return [
        (text("delegation_establishment"), code(delegation["unified_number"])),
        (text("delegation_delegate"), arabic(name) if name and not is_held else None),
        (text("delegation_id_number"), None if is_held else code(delegate["id_number"])),
        (text("delegation_basis"), visit.words_of("delegation_basis", delegation["basis"])),
        (text("delegation_last_day"), day(delegation["last_day"], visit.language)),
    ]
