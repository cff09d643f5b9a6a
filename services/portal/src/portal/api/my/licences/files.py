"""The files of a draft, which can be taken out again, and of an application."""

from typing import Any
from uuid import UUID

import flask

from pages.forms import NO_FAULTS, Faults, FieldFault, place_faults
from pages.site import Visit
from portal.api import saved_forms
from portal.api.asking import ServiceProblem, post
from portal.api.files import require_id
from portal.api.my.licences.asking import APPLICATIONS, DRAFTS, OVERVIEW, send_files
from portal.api.my.licences.drafts import (
    DRAFTS_ASKED,
    MINE_ASKED,
    delete,
    find_draft,
    typed_of_draft,
)
from portal.api.my.licences.overview import done_at_licences, render_application
from portal.api.my.licences.review import estimate_of
from portal.outside.services import ServiceAway, TokenRefused


def show_files(visit: Visit, draft_id: UUID) -> flask.Response:
    """GET /my/licences/drafts/{id}/files: the papers that the activity needs, and the files."""
    return _show_files(visit, draft_id)


def _show_files(
    visit: Visit, draft_id: UUID, *, faults: Faults = NO_FAULTS, status: int = 200
) -> flask.Response:
    draft = find_draft(visit, draft_id)
    if draft is None:
        return visit.see_other(f"{OVERVIEW}?done=gone")
    return visit.render(
        "my_licence_files.html",
        status=status,
        faults=faults,
        done=done_at_licences(visit),
        draft=draft,
        estimate=estimate_of(visit, typed_of_draft(draft)),
        address=f"{DRAFTS}/{draft_id}",
    )


def submit_files(visit: Visit) -> flask.Response:
    """POST /my/licences/files: sends files, and gives them to the draft or the application that the form names. The
    path names neither, because it takes more bytes than other forms."""
    owner, owner_id = visit.form.get("owner", ""), require_id(visit.form.get("id", ""))
    address = f"{DRAFTS}/{owner_id}/files" if owner == "draft" else f"{APPLICATIONS}/{owner_id}"
    if saved_forms.is_token_worn_out(visit):
        return visit.see_other(f"{address}?done=lost")
    try:
        ids, faults = send_files(visit)
        faults = [*faults, *(_attach(visit, owner, owner_id, ids) if ids else ())]
    except TokenRefused:
        return visit.see_other(f"{address}?done=lost")
    except ServiceAway:
        faults = [FieldFault("files", visit.text("my_licence_files_away"))]
    if not faults:
        return visit.see_other(f"{address}?done=attached" if ids else address)
    show = _show_files if owner == "draft" else render_application
    return show(visit, owner_id, faults=Faults(faults), status=400)


def _attach(visit: Visit, owner: str, owner_id: UUID, ids: Any) -> tuple[FieldFault, ...]:
    """Gives files to their owner. Returns why they weren't taken."""
    asked = DRAFTS_ASKED if owner == "draft" else MINE_ASKED
    reply = post(visit, f"{asked}/{owner_id}/files", {"files": list(ids)})
    if reply.status in (403, 404):
        raise ServiceProblem(reply)
    return place_faults(reply.document, lambda _: "files").all if reply.is_problem else ()


def remove_file(visit: Visit, draft_id: UUID, attachment_id: UUID) -> flask.Response:
    """POST /my/licences/drafts/{id}/files/{id}/removal: takes a file out of the draft."""
    path = f"{DRAFTS_ASKED}/{draft_id}/files/{attachment_id}"
    return delete(visit, path, f"{DRAFTS}/{draft_id}/files?done=removed")
