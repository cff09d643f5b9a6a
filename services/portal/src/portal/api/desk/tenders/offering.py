"""A tender or a lease on the desk: what is published, what the person may read beside it, and what may be done now."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import flask

from pages.site import Visit
from portal.api.asking import answer_or_problem
from portal.api.desk.tenders.views import history_of, tone_of
from portal.api.listing import done_of
from portal.domain import tender_files
from portal.domain.offerings import former_documents
from portal.domain.tasks import OPEN_BIDS
from portal.domain.tender_desk import (
    ANSWER,
    DISMISS,
    FORMS,
    LEASE_DESK,
    DeskKind,
    may_reply,
    offered_actions,
)

_DRAFTED = "draft"
_FILES = (tender_files.ADD, tender_files.WITHDRAW)


def show_offering(visit: Visit, kind: DeskKind, thing_id: UUID) -> flask.Response:
    """GET /desk/tenders/{id}, GET /desk/leases/{id}: estimate and bids are shown as the service tells them."""
    path, scopes = f"{kind.service_path}/{thing_id}", visit.known.scopes
    offering = answer_or_problem(visit, path)
    questions = answer_or_problem(visit, f"{path}/questions")["items"]
    return visit.render(
        "desk_offering.html",
        kind=kind.public,
        own=f"{kind.path}/{thing_id}",
        offering=offering,
        tone=tone_of(kind, offering["status"]),
        actions=offered_actions(kind, offering, scopes, visit.now),
        forms=FORMS,
        files_at=f"{kind.path}/{thing_id}/files",
        former=former_documents(offering),
        may_file=tender_files.may_change_files(offering, scopes, visit.now),
        questions=sorted(questions, key=_is_settled),
        may_reply=may_reply(offering, scopes),
        shows_buyers=_shows_buyers(visit, kind, offering),
        history=history_of(visit, offering),
        back=_last_list(visit, kind),
        done=done_of(visit, (*kind.actions, *FORMS, _DRAFTED, ANSWER, DISMISS, *_FILES)),
    )


def _last_list(visit: Visit, kind: DeskKind) -> str:
    """Returns the address of the list of this kind, with the filters that the officer used last there."""
    last = visit.known.last_search or ""
    return last if last.partition("?")[0] == kind.path else kind.path


def _is_settled(question: Mapping[str, Any]) -> bool:
    """Returns whether a question was answered or dismissed: the waiting questions stand first."""
    return question["answered_at"] is not None or question["dismissal"] is not None


def _shows_buyers(visit: Visit, kind: DeskKind, offering: Mapping[str, Any]) -> bool:
    """Returns whether the page leads to the buyers of the booklet, of which nobody hears before the opening."""
    is_sold = kind is LEASE_DESK and offering["sells_booklet"]
    return is_sold and offering["bids_count"] is not None and OPEN_BIDS in visit.known.scopes


def show_buyers(visit: Visit, thing_id: UUID) -> flask.Response:
    """GET /desk/leases/{id}/booklets: who bought the booklet, after the opening."""
    path = f"{LEASE_DESK.service_path}/{thing_id}"
    buyers = answer_or_problem(visit, f"{path}/booklets")["items"]
    return visit.render(
        "desk_booklet_buyers.html",
        buyers=buyers,
        offering=answer_or_problem(visit, path),
        own=f"{LEASE_DESK.path}/{thing_id}",
    )
