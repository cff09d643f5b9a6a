"""A request, a permit, a certificate, a release of current or an appeal on the desk: what it is, on what its next step
rests, what happened, and what the person may do now."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

import flask

from chassis.http.problems import Problem
from pages.site import Visit
from portal.api.asking import answer_or_problem
from portal.api.desk.permits import case_views, certificate_views, views
from portal.api.desk.permits.views import Document, ThingView, Words, address_of
from portal.api.files import PDF, send_file_of
from portal.domain.permit_action_table import ACTIONS, is_barred, offered_actions
from portal.domain.tasks import COMPLETE_BUILDINGS


@dataclass(frozen=True)
class ThingKind:
    """A kind of thing: where the service shows it and its history, what is asked beside it, and how it's shown.
    `has_document`: people print it."""

    path: str
    view: Callable[[Visit, Words, Document], ThingView]
    history: str | None = "/history"
    has_document: bool = False


KINDS: Mapping[str, ThingKind] = {
    "requests": ThingKind("/v1/permit-requests/{id}", case_views.request_view),
    "permits": ThingKind("/v1/permits/{id}", case_views.permit_view, has_document=True),
    "certificates": ThingKind(
        "/v1/certificates/{id}", certificate_views.certificate_view, history=None, has_document=True
    ),
    "releases": ThingKind("/v1/electricity-releases/{id}", certificate_views.release_view),
    "appeals": ThingKind("/v1/appeals/{id}", certificate_views.appeal_view),
}


def require_kind(kind: str) -> ThingKind:
    if kind not in KINDS:
        raise Problem("not-found")
    return KINDS[kind]


def read_thing(visit: Visit, kind: str, thing_id: UUID) -> Document:
    """Returns the thing as the service shows it. Raises Problem and TokenRefused."""
    found: Document = answer_or_problem(visit, require_kind(kind).path.format(id=thing_id))
    return found


def show_thing(visit: Visit, kind: str, thing_id: UUID) -> flask.Response:
    """GET /desk/permits/{kind}/{id}."""
    chosen, words = require_kind(kind), Words(visit)
    path = chosen.path.format(id=thing_id)
    thing = read_thing(visit, kind, thing_id)
    view = chosen.view(visit, words, thing)
    history = answer_or_problem(visit, path + chosen.history)["items"] if chosen.history else []
    caller = visit.known.caller
    return visit.render(
        "desk_permit_thing.html",
        kind=kind,
        address=address_of(kind, str(thing_id)),
        view=view,
        warnings=views.warnings_of(thing, words),
        history=views.history_of(history, words),
        actions=[
            (one.name, views.action_text(kind, one))
            for one in offered_actions(kind, thing, caller.scopes, caller.subject)
        ],
        is_completed_by_others=COMPLETE_BUILDINGS in caller.scopes
        and any(is_barred(one, thing, caller.subject) for one in ACTIONS[kind].values()),
        done=_done_of(visit, kind),
        back=visit.known.last_search or "/desk?tasks=all",
        has_document=chosen.has_document and _is_printed(kind, thing),
        printed_at=visit.now,
    )


def _done_of(visit: Visit, kind: str) -> str | None:
    """Returns the name of the text of the action that led here: an action on the thing, or `<kind>.<action>` for an
    action on another thing, which has made this thing."""
    of_kind, _, name = visit.query.get("done", "").rpartition(".")
    acted_on = of_kind or kind
    action = ACTIONS.get(acted_on, {}).get(name)
    return views.action_text(acted_on, action) if action else None


def _is_printed(kind: str, thing: Document) -> bool:
    if kind == "permits":
        return thing["effective_status"] in ("valid", "expired")
    return bool(thing["status"] == "issued")


def send_document(visit: Visit, kind: str, thing_id: UUID) -> flask.Response:
    """GET /desk/permits/{kind}/{id}/document: the signed document to print, with the person's own token."""
    chosen = require_kind(kind)
    if not chosen.has_document:
        raise Problem("not-found")
    path = chosen.path.format(id=thing_id) + "/document"
    return send_file_of(visit, path, f"{kind}-{thing_id}", media_types=(PDF,))
