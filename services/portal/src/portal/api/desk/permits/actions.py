"""The actions of the desk for permits: a page with a form for each, sent once, and refused when somebody was faster."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

import flask

from chassis.core import contracts
from chassis.http.problems import Problem
from pages import marks
from pages.forms import NO_FAULTS, Faults, faults_of_problem
from pages.site import Visit
from portal import queries
from portal.api import areas
from portal.api.asking import ServiceProblem, ask, service_of, token_of
from portal.api.desk.permits import views
from portal.api.desk.permits.case_views import MONEY
from portal.api.desk.permits.things import read_thing, require_kind
from portal.api.desk.permits.views import Document, Words, address_of
from portal.commands import sessions
from portal.domain.permit_action_table import ACTIONS
from portal.domain.permit_actions import REVEAL, PermitAction, body_of, read_action, version_of
from portal.domain.sessions import is_worn_out
from portal.outside.services import Reply, ServiceAway, TokenRefused

# The form was carried out before it was sent again with other words, so it needs another key.
_KEY_USED = "idempotency-key-used"
# Refusals of somebody who was slower than a colleague, or than the own first form.
_CONFLICTS = frozenset(("changed-meanwhile", "illegal-transition", _KEY_USED))
_ON_PROPOSALS = frozenset(("agree_to_amount", "refuse_amount"))
_IDS = {"permits": "permit_id", "certificates": "certificate_id", "releases": "release_id"}
# List → its codes. The words stand in the texts.
_CODES = {
    "extents": ("extent", ("partial", "full")),
    "results": ("result", ("pass", "fail")),
    "stages": ("stage", ("walls", "roof", "windows")),
    "occupancy_kinds": ("occupancy", ("final", "temporary")),
    "id_types": ("id_type", ("national_id", "iqama", "border_number", "unified_number")),
}


def show_action(visit: Visit, kind: str, thing_id: UUID, action: str) -> flask.Response:
    """GET …/actions/{action}: the form; what waited for a new token is filled in again."""
    chosen = _require_action(visit, kind, action)
    kept = None
    if key := visit.query.get("form"):
        with visit.process.database.transaction() as session:
            kept = queries.saved_form(session, visit.known.session_id, key)
    form = _Form(visit, kind, thing_id, chosen)
    try:
        thing = read_thing(visit, kind, thing_id)
        blank = {"key": str(uuid4()), "version": str(thing["version"]), **_amount_of(chosen, thing)}
        typed = read_action(chosen, kept or blank)
        return form.show(typed, thing=thing, was_kept=kept is not None)
    except TokenRefused:
        return areas.end_session(visit, visit.known)


def _amount_of(action: PermitAction, thing: Document) -> dict[str, str]:
    """Returns the amount that the form shows, the proposed one or the fee: the service refuses a bill and an agreement
    of an amount that the person hasn't seen."""
    fee = thing.get("fee") or {}
    shown = fee.get("proposal") if action.name in _ON_PROPOSALS else fee
    return {"amount": shown["amount"]} if shown else {}


def submit_action(visit: Visit, kind: str, thing_id: UUID, action: str) -> flask.Response:
    """POST …/actions/{action}: carries the action out once, however often the form is sent, and leads to the thing as
    it is then."""
    chosen = _require_action(visit, kind, action)
    sent = {name: " ".join(visit.form.getlist(name)) for name in visit.form}
    typed = read_action(chosen, sent)
    form = _Form(visit, kind, thing_id, chosen)
    if is_worn_out(visit.known.caller.expires_at, visit.now):
        return form.keep_and_renew(typed)
    try:
        reply = form.carry_out(typed)
        if reply.is_problem:
            return form.show_refusal(typed, reply)
    except TokenRefused:
        return form.keep_and_renew(typed)
    except ServiceAway:
        return form.show(typed, status=503)
    if chosen.name == REVEAL:
        return _show_owners(visit, kind, thing_id, reply.document)
    return visit.see_other(_address_after(form, reply.document))


def _require_action(visit: Visit, kind: str, name: str) -> PermitAction:
    """Returns the action. Raises Problem for an action that there isn't, and without the scope of its operation."""
    require_kind(kind)
    if name not in ACTIONS[kind]:
        raise Problem("not-found")
    action = ACTIONS[kind][name]
    if action.scope not in visit.known.caller.scopes:
        raise Problem("forbidden", params={"scopes": [contracts.scope_title(action.scope)]})
    return action


def _show_owners(
    visit: Visit, kind: str, thing_id: UUID, revealed: Mapping[str, Any]
) -> flask.Response:
    words = Words(visit)
    owners = [views.owner_words(words, one) for one in revealed["owners"]]
    return visit.render(
        "desk_permit_owners.html", address=address_of(kind, str(thing_id)), owners=owners
    )


def _address_after(form: "_Form", answer: Mapping[str, Any]) -> str:
    """Returns the page of the thing, or of the new thing that the action has made."""
    leads_to = form.action.leads_to
    if leads_to is None:
        return f"{form.thing_address}?done={form.action.name}"
    made = answer[_IDS.get(leads_to, "appeal_id")]
    return address_of(leads_to, made)


class _Form:
    """The form of an action on a thing."""

    def __init__(self, visit: Visit, kind: str, thing_id: UUID, action: PermitAction) -> None:
        self._visit, self._kind, self._id = visit, kind, str(thing_id)
        self.action = action
        self.thing_address = address_of(kind, self._id)

    @property
    def _shows_amount(self) -> bool:
        return any(one.kind == "seen" for one in self.action.fields)

    def keep_and_renew(self, typed: dict[str, str]) -> flask.Response:
        """Keeps what was typed while a new token is fetched: the form's page fills it in again."""
        visit = self._visit
        with visit.process.database.transaction() as session:
            key = sessions.save_form(session, visit.known.session_id, typed, visit.now)
        return visit.see_other(f"{self.thing_address}/actions/{self.action.name}?form={key}")

    def carry_out(self, typed: Mapping[str, str]) -> Reply:
        """Sends the action. Raises ServiceAway and TokenRefused."""
        action = self.action
        return service_of(self._visit).post(
            token_of(self._visit),
            action.path.format(id=self._id),
            self._visit.language,
            body_of(action, typed, self._id),
            once=(typed["key"] or None) if action.is_keyed else None,
            version=version_of(typed) if action.is_versioned else None,
        )

    def show_refusal(self, typed: dict[str, str], reply: Reply) -> flask.Response:
        """Shows why nothing was changed. To a person who was slower than a colleague it says so, with the present
        state; what was typed stays, and is sent with the version that the page shows now."""
        if reply.status in (403, 404):
            raise ServiceProblem(reply)
        found = ask(self._visit, require_kind(self._kind).path.format(id=self._id))
        if found.is_problem:
            raise ServiceProblem(found)
        thing = found.document
        if self._shows_amount:
            typed = typed | _amount_of(self.action, thing)
        if reply.problem_name not in _CONFLICTS:
            inputs = {one.name.partition(".")[0]: one.input for one in reversed(self.action.fields)}
            faults = faults_of_problem(reply.document, inputs)
            return self.show(typed, thing=thing, faults=faults, status=reply.status)
        key = str(uuid4()) if reply.problem_name == _KEY_USED else typed["key"]
        newer = {**typed, "key": key, "version": str(thing["version"])}
        conflict = str(reply.document.get("detail") or reply.document.get("title", ""))
        return self.show(newer, thing=thing, conflict=conflict, status=reply.status)

    def show(
        self,
        typed: Mapping[str, str],
        *,
        thing: Document | None = None,
        faults: Faults = NO_FAULTS,
        status: int = 200,
        was_kept: bool = False,
        conflict: str | None = None,
    ) -> flask.Response:
        """Renders the form. While the service is away there is no thing, and the form stands alone. Raises
        TokenRefused."""
        visit, words = self._visit, Words(self._visit)
        view = require_kind(self._kind).view(visit, words, thing) if thing else None
        return visit.render(
            "desk_permit_action.html",
            status=status,
            faults=faults,
            action=self.action,
            title=views.action_text(self._kind, self.action),
            address=self.thing_address,
            typed=typed,
            view=view,
            money=view.sections[MONEY].rows if view and self._shows_amount else [],
            is_away=thing is None,
            is_offered=thing is None or self.action.is_offered(thing),
            was_kept=was_kept,
            conflict=conflict,
            lists={one.kind: _choices(one.kind, thing, words) for one in self.action.fields},
        )


def _choices(kind: str, thing: Document | None, words: Words) -> list[tuple[str, Any]] | None:
    """Returns the codes of a field's list with their words. None for a field without a list, and while the service,
    which has the list, is away."""
    if kind in _CODES:
        group, codes = _CODES[kind]
        return [(one, words.choice(group, one)) for one in codes]
    if thing is None:
        return None
    match kind:
        case "papers_needed":
            return [(one["code"], one[words.language]) for one in thing["documents_needed"]]
        case "papers":
            return [(one["code"], words.title(one["title"])) for one in thing["papers"]]
        case "suspensions":
            return [
                (one["suspension_id"], f"{one['body']}: {one['reason']}"[:90])
                for one in thing.get("suspensions") or ()
            ]
        case "owners":
            owners = enumerate(thing["owners"])
            return [(str(place), marks.arabic(one["name"])) for place, one in owners]
    return None
