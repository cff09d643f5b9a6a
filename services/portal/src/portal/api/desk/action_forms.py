"""The form of an action on a thing of a service: shown, sent with the person's token, kept while a token is renewed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import flask

from chassis.core import contracts
from chassis.http.problems import Problem
from pages.forms import NO_FAULTS, Faults, faults_of_problem
from pages.origins import local_path
from pages.site import Visit
from portal import queries
from portal.api import areas
from portal.api.asking import ServiceProblem, ask, service_of, token_of
from portal.commands import sessions
from portal.domain.desk_actions import DeskAction, body_of, read_action
from portal.domain.sessions import is_worn_out
from portal.outside.services import Reply, ServiceAway, TokenRefused

Thing = Mapping[str, Any]


@dataclass(frozen=True)
class ActedThing:
    """A kind of thing on which staff act. `path` is the page's, `service_path` the service's; `texts` begins the names
    of the words. `facts` returns what the form shows of the thing, `lists` the lists of codes for the fields."""

    path: str
    service_path: str
    texts: str
    actions: Mapping[str, DeskAction]
    facts: Callable[[Visit, Thing], list[tuple[str, Any]]]
    lists: Callable[[Visit, Thing], Mapping[str, list[tuple[str, str]]]]


def show_action(visit: Visit, kind: ActedThing, thing_id: UUID, action: str) -> flask.Response:
    """GET …/actions/{action}: the form; what waited for a new token is filled in again."""
    chosen = _require_action(visit, kind, action)
    kept = _kept_form(visit)
    blank = {"key": str(uuid4()), "back": visit.query.get("back", "")}
    typed = read_action(chosen, kept or blank)
    try:
        return _show(visit, kind, thing_id, chosen, typed, was_kept=bool(kept))
    except TokenRefused:
        return areas.end_session(visit, visit.known)


def _require_action(visit: Visit, kind: ActedThing, name: str) -> DeskAction:
    """Returns the action. Raises Problem for an unknown action, and for one for which the person lacks the scope."""
    if name not in kind.actions:
        raise Problem("not-found")
    action = kind.actions[name]
    if action.scopes and visit.known.scopes.isdisjoint(action.scopes):
        titles = [contracts.scope_title(one) for one in action.scopes]
        raise Problem("forbidden", params={"scopes": titles})
    return action


def _kept_form(visit: Visit) -> Mapping[str, str]:
    with visit.process.database.transaction() as session:
        key = visit.query.get("form", "")
        return queries.saved_form(session, visit.known.session_id, key) or {}


def submit_action(visit: Visit, kind: ActedThing, thing_id: UUID, action: str) -> flask.Response:
    """POST …/actions/{action}: carries the action out, and leads back to where the person came from."""
    chosen = _require_action(visit, kind, action)
    typed = read_action(chosen, visit.form)
    if is_worn_out(visit.known.caller.expires_at, visit.now):
        return _keep_and_renew(visit, kind, thing_id, chosen, typed)
    try:
        reply = _carry_out(visit, kind, thing_id, chosen, typed)
        if reply.is_problem:
            return _show_refusal(visit, kind, thing_id, chosen, typed, reply)
    except TokenRefused:
        return _keep_and_renew(visit, kind, thing_id, chosen, typed)
    except ServiceAway:
        return _render(visit, kind, thing_id, chosen, typed, thing=None, status=503)
    own = f"{kind.path}/{thing_id}"
    if chosen.shows_answer:
        return visit.render(f"{kind.texts}_{action}.html", back=own, answer=reply.document)
    after = kind.path if chosen.leads_to_list else own
    back = local_path(typed["back"], kind.path) or after
    return visit.see_other(f"{back}{'&' if '?' in back else '?'}done={action}")


def _carry_out(
    visit: Visit, kind: ActedThing, thing_id: UUID, action: DeskAction, typed: Mapping[str, str]
) -> Reply:
    return service_of(visit).post(
        token_of(visit),
        f"{kind.service_path}/{thing_id}/{action.path}",
        visit.language,
        body_of(action, typed),
        once=(typed["key"] or None) if action.is_keyed else None,
    )


def _keep_and_renew(
    visit: Visit, kind: ActedThing, thing_id: UUID, action: DeskAction, typed: Mapping[str, str]
) -> flask.Response:
    """Keeps what was typed while a new token is fetched: the form's page fills it in again."""
    with visit.process.database.transaction() as session:
        key = sessions.save_form(session, visit.known.session_id, typed, visit.now)
    return visit.see_other(f"{kind.path}/{thing_id}/actions/{action.name}?form={key}")


def _show_refusal(
    visit: Visit,
    kind: ActedThing,
    thing_id: UUID,
    action: DeskAction,
    typed: Mapping[str, str],
    reply: Reply,
) -> flask.Response:
    """Shows why nothing was changed, beside the thing as it is now. Raises TokenRefused."""
    if reply.status == 404:
        raise ServiceProblem(reply)
    inputs = {field.name: field.name for field in action.fields}
    faults = faults_of_problem(reply.document, inputs)
    return _show(visit, kind, thing_id, action, typed, faults=faults, status=reply.status)


def _show(
    visit: Visit,
    kind: ActedThing,
    thing_id: UUID,
    action: DeskAction,
    typed: Mapping[str, str],
    **notices: Any,
) -> flask.Response:
    """Shows the form with the thing as it is now. Raises TokenRefused."""
    try:
        found = ask(visit, f"{kind.service_path}/{thing_id}")
    except ServiceAway:
        return _render(
            visit, kind, thing_id, action, typed, thing=None, **{**notices, "status": 503}
        )
    if found.is_problem:
        raise ServiceProblem(found)
    return _render(visit, kind, thing_id, action, typed, thing=found.document, **notices)


def _render(
    visit: Visit,
    kind: ActedThing,
    thing_id: UUID,
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
        typed=typed,
        facts=kind.facts(visit, thing) if thing else [],
        lists=kind.lists(visit, thing) if thing else {},
        is_away=thing is None,
        was_kept=was_kept,
    )
