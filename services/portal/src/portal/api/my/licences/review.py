"""The review of a draft: everything once more, what is still missing, the fee, and the sending."""

import json
from collections.abc import Sequence
from hashlib import sha256
from uuid import UUID

import flask

from pages.forms import NO_FAULTS, Faults, place_faults
from pages.site import Visit
from portal.api import saved_forms
from portal.api.asking import post
from portal.api.my.licences import forms
from portal.api.my.licences.asking import (
    APPLICATIONS,
    DRAFTS,
    OVERVIEW,
    Document,
    list_activities,
)
from portal.api.my.licences.drafts import (
    MINE_ASKED,
    address_of_step,
    faults_of_draft,
    find_draft,
    on_their_steps,
    typed_of_draft,
)
from portal.api.public.activities import FEE
from portal.api.public.asking import read_publicly
from portal.domain import licence_form
from portal.domain.licence_form import Typed, input_of_fault
from portal.domain.licence_papers import unwritten_papers
from portal.outside.services import ServiceAway


def show_review(visit: Visit, draft_id: UUID) -> flask.Response:
    """GET /my/licences/drafts/{id}/review."""
    return _show_review(visit, draft_id)


def submit_application(visit: Visit, draft_id: UUID) -> flask.Response:
    """POST /my/licences/drafts/{id}/review: sends the application. The draft is the key, so it's sent once. A draft
    that somebody changed since the review is shown again: who sends an application has read it."""
    if saved_forms.is_token_worn_out(visit):
        return visit.see_other(f"{DRAFTS}/{draft_id}/review")
    draft = find_draft(visit, draft_id)
    if draft is None:
        return visit.see_other(f"{OVERVIEW}?done=gone")
    if visit.form.get("seen") != _digest_of(draft):
        return _show_review(visit, draft_id, is_changed=True, status=409)
    typed = typed_of_draft(draft)
    again = f"&again={typed['again']}" if typed["again"] else ""
    try:
        reply = post(
            visit,
            f"{MINE_ASKED}?draft={draft_id}{again}",
            licence_form.application_of(typed),
            once=str(draft_id),
        )
    except ServiceAway:
        return _show_review(visit, draft_id, is_away=True, status=503)
    if not reply.is_problem:
        return visit.see_other(f"{APPLICATIONS}/{reply.document['application_id']}?done=sent")
    if reply.status in (403, 404):
        return visit.see_other(f"{OVERVIEW}?done=gone")
    named = place_faults(reply.document, input_of_fault).all
    found = forms.explain_point(visit, typed, forms.explain_own_name(visit, typed, named))
    placed = on_their_steps(visit, draft_id, [one for one in found if one.field])
    faults = Faults([*placed, *(one for one in found if not one.field)])
    return _show_review(visit, draft_id, faults=faults, status=reply.status)


def _digest_of(draft: Document) -> str:
    """Returns what tells a draft, with its files, from the draft after a change."""
    content = [draft["form"], draft["establishment"], draft["files"]]
    return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _show_review(
    visit: Visit,
    draft_id: UUID,
    *,
    faults: Faults = NO_FAULTS,
    is_away: bool = False,
    is_changed: bool = False,
    status: int = 200,
) -> flask.Response:
    """Renders the review. While something is missing it has no button that sends. While the service is away the page
    says so without the draft, and its button sends again."""
    draft = None if is_away else find_draft(visit, draft_id)
    if draft is None and not is_away:
        return visit.see_other(f"{OVERVIEW}?done=gone")
    typed = typed_of_draft(draft) if draft is not None else None
    missing = faults_of_draft(visit, typed) if typed and not faults else ()
    lacking = forms.explain_point(visit, typed, missing) if typed else ()
    activities = (list_activities(visit) or ()) if typed else ()
    return visit.render(
        "my_licence_review.html",
        status=status,
        faults=faults,
        missing=on_their_steps(visit, draft_id, lacking),
        unwritten=_unwritten_papers(visit, draft_id, typed, activities) if typed else (),
        is_away=is_away,
        is_changed=is_changed,
        seen=_digest_of(draft) if draft is not None else visit.form.get("seen", ""),
        draft=draft,
        steps=_steps_of(visit, typed, activities) if typed else (),
        estimate=estimate_of(visit, typed) if typed else None,
        draft_id=draft_id,
        address=f"{DRAFTS}/{draft_id}",
    )


def _unwritten_papers(
    visit: Visit, draft_id: UUID, typed: Typed, activities: Sequence[Document]
) -> list[tuple[str, str]]:
    """Returns what the applicant has to write down before a licence is issued, and the way to its input. An application
    without a number may be sent, and waits."""
    return [
        (
            paper[visit.language],
            f"{address_of_step(draft_id, licence_form.step_of_input(name))}#{name}",
        )
        for name, paper in unwritten_papers(typed, activities)
    ]


Part = tuple[str, list[tuple[str, str]]]


def _steps_of(
    visit: Visit, typed: Typed, activities: Sequence[Document]
) -> list[tuple[str, list[Part]]]:
    """Returns the steps with those parts that have something in them."""
    parts = dict(_parts_of(visit, typed, activities))
    return [
        (step, [(name, parts[name]) for name in sections if name in parts])
        for step, sections in licence_form.STEPS.items()
    ]


def _parts_of(visit: Visit, typed: Typed, activities: Sequence[Document]) -> list[Part]:
    """Returns the parts of the form that have something in them: labels, and what was typed or chosen."""
    filled = {
        name: [one for one in licence_form.inputs_of_part(name) if typed[one]]
        for name in licence_form.SECTIONS
    }
    names = {one["code"]: one[visit.language] for one in activities}
    return [
        (name, forms.rows_of(visit, inputs, typed, names))
        for name, inputs in filled.items()
        if inputs
    ]


def estimate_of(visit: Visit, typed: Typed) -> Document | None:
    """Returns what the licence costs today and which papers it needs; None while that can't be told."""
    question = licence_form.fee_question(typed)
    if question is None:
        return None
    try:
        reply = read_publicly(visit, "licences", FEE, question)
    except ServiceAway:
        return None
    document: Document = reply.document
    return None if reply.is_problem else document
