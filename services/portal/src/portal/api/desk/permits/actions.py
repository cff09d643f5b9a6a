"""The actions of the desk for permits: a page with a form for each, sent once, and refused when somebody was faster."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

import flask

from chassis.core import contracts
from chassis.http.problems import Problem
from pages import marks
from pages.forms import NO_FAULTS, Faults, by_field
from pages.site import Visit
from portal.api import saved_forms
from portal.api.asking import answer_of, post
from portal.api.desk.permits import views
from portal.api.desk.permits.case_views import MONEY
from portal.api.desk.permits.things import read_thing, require_kind
from portal.api.desk.permits.views import Document, ThingView, Words, address_of
from portal.api.saved_forms import FormPage
from portal.domain.desk_actions import version_of
from portal.domain.permit_action_table import ACTIONS, is_barred
from portal.domain.permit_actions import REVEAL, PermitAction, body_of, read_action
from portal.domain.tasks import COMPLETE_BUILDINGS
from portal.outside.services import Reply

# Refusals of somebody who was slower than a colleague.
_CONFLICTS = frozenset(("changed-meanwhile", "illegal-transition"))
_INSPECT_INSULATION = "record_inspection_insulation"
# Actions that go through without a paper; the page says which papers are missing.
_DESPITE_PAPERS = frozenset(("approve", "issue"))
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
    kept = saved_forms.restore(visit)
    form = _Form(visit, kind, thing_id, chosen)
    thing = read_thing(visit, kind, thing_id)
    blank = {"key": str(uuid4()), "version": str(thing["version"]), **_amount_of(chosen, thing)}
    typed = read_action(chosen, kept or blank)
    return form.render(typed, thing=thing, was_kept=kept is not None)


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
    answer = saved_forms.send(visit, form.page(), typed, lambda: form.carry_out(typed))
    if isinstance(answer, flask.Response):
        return answer
    if chosen.name == REVEAL:
        return _show_owners(visit, kind, thing_id, answer)
    return visit.see_other(_address_after(form, answer))


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
    return f"{address_of(leads_to, made)}?done={form.kind}.{form.action.name}"


class _Form:
    """The form of an action on a thing."""

    def __init__(self, visit: Visit, kind: str, thing_id: UUID, action: PermitAction) -> None:
        self._visit, self.kind, self._id = visit, kind, str(thing_id)
        self.action = action
        self.thing_address = address_of(kind, self._id)

    @property
    def _shows_amount(self) -> bool:
        return any(one.kind == "seen" for one in self.action.fields)

    def page(self) -> FormPage:
        """Returns the page to which the form belongs."""
        fields = self.action.fields
        inputs = {one.name.partition(".")[0]: one.input for one in reversed(fields)}
        inputs |= {one.name: one.input for one in fields}
        return FormPage(
            address=f"{self.thing_address}/actions/{self.action.name}",
            show=self.show,
            input_of=by_field(inputs),
            saved_at=self.thing_address,
            conflicts=_CONFLICTS,
        )

    def _is_offered(self, thing: Document) -> bool:
        subject = self._visit.known.caller.subject
        return self.action.is_offered(thing) and not is_barred(self.action, thing, subject)

    def _papers_missing(self, view: ThingView | None) -> list[Any]:
        if view is None or self.action.name not in _DESPITE_PAPERS:
            return []
        return [one.words for one in view.gates if not (one.is_met or one.is_binding)]

    def carry_out(self, typed: Mapping[str, str]) -> Reply:
        """Sends the action. Raises ServiceAway and TokenRefused."""
        action = self.action
        return post(
            self._visit,
            action.path.format(id=self._id),
            body_of(action, typed, self._id),
            once=typed["key"] if action.is_keyed else None,
            version=version_of(typed) if action.is_versioned else None,
        )

    def show(
        self,
        typed: dict[str, str],
        *,
        faults: Faults = NO_FAULTS,
        status: int = 200,
        is_away: bool = False,
        conflict: str | None = None,
    ) -> flask.Response:
        """Shows the form again, with the thing as it is now. To a person who was slower than a colleague it says so;
        what was typed stays, and is sent with the version that the page shows now. Raises TokenRefused and
        ServiceAway."""
        if is_away:
            return self.render(typed, status=status)
        thing = answer_of(self._visit, require_kind(self.kind).path.format(id=self._id))
        seen = _amount_of(self.action, thing) if self._shows_amount else {}
        version = {"version": str(thing["version"])} if conflict else {}
        said = None if faults else conflict
        newer = {**typed, **seen, **version}
        return self.render(newer, thing=thing, faults=faults, status=status, conflict=said)

    def render(
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
        view = require_kind(self.kind).view(visit, words, thing) if thing else None
        return visit.render(
            "desk_permit_action.html",
            status=status,
            faults=faults,
            action=self.action,
            title=views.action_text(self.kind, self.action),
            address=self.thing_address,
            typed=typed,
            view=view,
            money=view.sections[MONEY].rows if view and self._shows_amount else [],
            papers_missing=self._papers_missing(view),
            is_away=thing is None,
            bars_completion=self.action.name == _INSPECT_INSULATION
            and COMPLETE_BUILDINGS in visit.known.caller.scopes,
            is_offered=thing is None or self._is_offered(thing),
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
