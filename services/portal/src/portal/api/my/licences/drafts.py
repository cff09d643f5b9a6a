"""A draft of an application at `licences`, which keeps it sealed: read, looked through, dropped."""

from collections.abc import Sequence
from uuid import UUID

import flask

from chassis.http.problems import Problem
from pages.forms import FieldFault, place_faults
from pages.site import Visit
from portal.api import saved_forms
from portal.api.asking import ServiceProblem, answer_if_shown, post, service_of, token_of
from portal.api.my.licences import forms
from portal.api.my.licences.asking import DRAFTS, OVERVIEW, Document
from portal.domain import licence_form
from portal.domain.licence_form import Typed, input_of_fault
from portal.outside.services import ServiceAway

# Paths at `licences`.
DRAFTS_ASKED, MINE_ASKED = "/v1/my/licence-drafts", "/v1/my/licence-applications"
_CHECK = "/v1/my/licence-application-check"


def find_draft(visit: Visit, draft_id: UUID) -> Document | None:
    """Returns the draft; None once it was sent or dropped. Raises Problem and TokenRefused."""
    draft: Document | None = answer_if_shown(visit, f"{DRAFTS_ASKED}/{draft_id}", hidden=(404,))
    return draft


def typed_of_draft(draft: Document) -> Typed:
    """Returns what was typed so far, and in which version of the draft."""
    return {**licence_form.read_draft(draft["form"]), "key": "", "version": str(draft["version"])}


def faults_of_draft(visit: Visit, typed: Typed) -> Sequence[FieldFault]:
    """Returns what `licences` would say of the application today, each fault at its input. Returns nothing while
    `licences` is away: the sending says the same."""
    try:
        reply = post(visit, _CHECK, licence_form.application_of(typed))
    except ServiceAway:
        return ()
    if not reply.is_problem:
        return ()
    placed = [one for one in place_faults(reply.document, input_of_fault).all if one.field]
    return forms.explain_own_name(visit, typed, placed)


def on_their_steps(
    visit: Visit, draft_id: UUID, faults: Sequence[FieldFault]
) -> Sequence[FieldFault]:
    """Returns the faults as a page without the inputs names them: in the order of the form, behind the label, with the
    way to the input."""
    return [
        FieldFault(
            "",
            f"{forms.label_of(visit, one.field)}{visit.text('my_licence_colon')} {one.text}",
            f"{address_of_step(draft_id, licence_form.step_of_input(one.field))}?check#{one.field}",
        )
        for one in sorted(faults, key=lambda one: licence_form.place_in_form(one.field))
    ]


def address_of_step(draft_id: UUID | str, step: str) -> str:
    """Returns the page of a step of the form."""
    return f"{DRAFTS}/{draft_id}/steps/{step}"


def drop_draft(visit: Visit, draft_id: UUID) -> flask.Response:
    """POST /my/licences/drafts/{id}/drop: removes a draft with its files."""
    return delete(visit, f"{DRAFTS_ASKED}/{draft_id}", f"{OVERVIEW}?done=dropped")


def delete(visit: Visit, path: str, behind: str) -> flask.Response:
    """Deletes something of a draft, and leads on. What is gone already counts as deleted. With a worn-out token nothing
    is deleted, and the page says so: there it is renewed."""
    if saved_forms.is_token_worn_out(visit):
        return visit.see_other(f"{behind.partition('?')[0]}?done=not_done")
    try:
        reply = service_of(visit).delete(token_of(visit), path, visit.language)
    except ServiceAway:
        raise Problem("service-away") from None
    if reply.is_problem and reply.status != 404:
        raise ServiceProblem(reply)
    return visit.see_other(behind)
