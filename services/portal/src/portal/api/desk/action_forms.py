"""The form of an action on a thing of a service: shown, sent with the person's token, kept while a token is renewed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import flask

from chassis.core import contracts
from chassis.http.problems import Problem
from pages.forms import NO_FAULTS, Faults
from pages.origins import local_path
from pages.site import Visit
from portal.api import saved_forms
from portal.api.asking import answer_of, post
from portal.api.saved_forms import FormPage
from portal.domain.desk_actions import DeskAction, body_of, read_action, version_of
from portal.domain.entry_form import input_of
from portal.outside.services import Reply, ServiceAway

Thing = Mapping[str, Any]


@dataclass(frozen=True)
class ActedThing:
    """A kind of thing on which staff act. `path` is the page's, `service_path` the service's; `texts` begins the names
    of the words. `facts` returns what the form shows of the thing, `lists` the lists of codes for the fields,
    `begins_with` what its fields begin with. `shown_with`: action → the template that shows, of the thing as `version`,
    what the action is about."""

    path: str
    service_path: str
    texts: str
    actions: Mapping[str, DeskAction]
    facts: Callable[[Visit, Thing], list[tuple[str, Any]]]
    lists: Callable[[Visit, Thing], Mapping[str, list[tuple[str, str]]]]
    begins_with: Callable[[Visit], Mapping[str, str]] = lambda _visit: {}
    shown_with: Mapping[str, str] = field(default_factory=dict)


def show_action(
    visit: Visit, kind: ActedThing, thing_id: UUID | str, action: str
) -> flask.Response:
    """GET …/actions/{action}: the form; what waited for a new token is filled in again."""
    chosen = _require_action(visit, kind, action)
    kept = saved_forms.restore(visit)
    blank = {"key": str(uuid4()), "back": visit.query.get("back", ""), **kind.begins_with(visit)}
    typed = read_action(chosen, kept or blank)
    return _show(visit, kind, thing_id, chosen, typed, was_kept=bool(kept))


def _require_action(visit: Visit, kind: ActedThing, name: str) -> DeskAction:
    """Returns the action. Raises Problem for an unknown action, and for one for which the person lacks the scope."""
    if name not in kind.actions:
        raise Problem("not-found")
    action = kind.actions[name]
    if action.scopes and visit.known.scopes.isdisjoint(action.scopes):
        titles = [contracts.scope_title(one) for one in action.scopes]
        raise Problem("forbidden", params={"scopes": titles})
    return action


def submit_action(
    visit: Visit, kind: ActedThing, thing_id: UUID | str, action: str
) -> flask.Response:
    """POST …/actions/{action}: carries the action out, and leads back to where the person came from."""
    chosen = _require_action(visit, kind, action)
    typed = read_action(chosen, visit.form)
    own = f"{kind.path}/{thing_id}"
    page = FormPage(
        address=f"{own}/actions/{action}",
        show=partial(_show, visit, kind, thing_id, chosen),
        input_of=partial(input_of, fields=chosen.fields),
        saved_at=own,
        missing=(404,),
    )
    answer = saved_forms.send(
        visit, page, typed, lambda: _carry_out(visit, kind, thing_id, chosen, typed)
    )
    if isinstance(answer, flask.Response):
        return answer
    if chosen.shows_answer:
        return visit.render(f"{kind.texts}_{action}.html", back=own, answer=answer)
    after = kind.path if chosen.leads_to_list else own
    back = local_path(typed["back"], kind.path) or after
    return visit.see_other(f"{back}{'&' if '?' in back else '?'}done={action}")


def _carry_out(
    visit: Visit,
    kind: ActedThing,
    thing_id: UUID | str,
    action: DeskAction,
    typed: Mapping[str, str],
) -> Reply:
    return post(
        visit,
        f"{kind.service_path}/{thing_id}/{action.path}",
        body_of(action, typed),
        once=typed["key"],
        version=version_of(typed) if action.is_versioned else None,
    )


def _show(
    visit: Visit,
    kind: ActedThing,
    thing_id: UUID | str,
    action: DeskAction,
    typed: Mapping[str, str],
    is_away: bool = False,
    **notices: Any,
) -> flask.Response:
    """Shows the form with the thing as it is now; while the service is away it stands alone. Raises TokenRefused."""
    try:
        thing = None if is_away else answer_of(visit, f"{kind.service_path}/{thing_id}")
    except ServiceAway:
        thing, notices = None, {**notices, "status": 503}
    return _render(visit, kind, thing_id, action, typed, thing=thing, **notices)


def _render(
    visit: Visit,
    kind: ActedThing,
    thing_id: UUID | str,
    action: DeskAction,
    typed: Mapping[str, str],
    *,
    thing: Thing | None,
    faults: Faults = NO_FAULTS,
    status: int = 200,
    was_kept: bool = False,
) -> flask.Response:
    return visit.render(
        "desk_form.html",
        status=status,
        faults=faults,
        kind=kind,
        thing_id=thing_id,
        action=action,
        typed={
            **typed,
            **({"version": str(thing["version"])} if thing and action.is_versioned else {}),
        },
        facts=kind.facts(visit, thing) if thing else [],
        thing=thing,
        shown_with=kind.shown_with.get(action.name) if thing else None,
        lists=kind.lists(visit, thing) if thing else {},
        is_away=thing is None,
        was_kept=was_kept,
    )
