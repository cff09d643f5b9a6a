"""The files of a tender or a lease on the desk: read, added to a draft or by an amendment, and withdrawn."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import flask

from chassis.http.problems import Problem
from pages import marks
from pages.site import Visit
from portal.api.asking import answer_or_problem, ask, post, put
from portal.api.desk.tenders.views import choices_of, facts_of
from portal.api.entry_forms import KEY, EntryForm, Surroundings, show_form, submit_form
from portal.api.files import post_upload, require_id, send_file_of
from portal.domain import tender_files
from portal.domain.desk_actions import version_of
from portal.domain.large_forms import TENDER_FILES
from portal.domain.tender_desk import DESK_KINDS, DeskKind
from portal.domain.tender_forms import DOCUMENT_KINDS
from portal.outside.services import Reply

Typed = Mapping[str, str]
Offering = Mapping[str, Any]
_UPLOADS = "/v1/document-files"
_CONFLICTS = ("offering-changed",)


def send_file(visit: Visit, kind: DeskKind, thing_id: UUID, attachment_id: UUID) -> flask.Response:
    """GET /desk/tenders/{id}/files/{id}: a file, also of a draft."""
    path = f"{kind.service_path}/{thing_id}/files/{attachment_id}"
    return send_file_of(visit, path, f"{kind.name}-{str(attachment_id)[-4:]}")


def show_new(visit: Visit, kind: DeskKind, thing_id: UUID) -> flask.Response:
    """GET /desk/tenders/{id}/files/new."""
    return show_form(visit, _new_form(visit, kind, thing_id, _read_offering(visit, kind, thing_id)))


def submit_new(visit: Visit) -> flask.Response:
    """POST /desk/tender-files: adds a file to the offering that the form names."""
    if (kind := DESK_KINDS.get(visit.form.get("offerings", ""))) is None:
        raise Problem("not-found")
    thing_id = require_id(visit.form.get("thing_id", ""))
    return submit_form(visit, _new_form(visit, kind, thing_id))


def _new_form(
    visit: Visit, kind: DeskKind, thing_id: UUID, offering: Offering | None = None
) -> EntryForm:
    """Returns the form for a further file. `offering`: as it was just read; without it the form was sent."""
    own = f"{kind.path}/{thing_id}"
    begun = visit.form if offering is None else _hidden_values(kind, offering, thing_id)

    def look() -> Surroundings:
        seen = offering or _read_offering(visit, kind, thing_id)
        return Surroundings(
            facts=facts_of(visit, seen),
            lists={"kind": choices_of(visit, "tenders_document", DOCUMENT_KINDS)},
            blank=_hidden_values(kind, seen, thing_id),
        )

    def send(typed: Typed) -> Reply:
        reply = ask(visit, f"{kind.service_path}/{thing_id}")
        if reply.is_problem:
            return reply
        return _send(visit, kind, thing_id, typed, tender_files.files_with(reply.document, typed))

    return EntryForm(
        name="offering_file",
        address=f"{own}/files/new",
        back=own,
        fields=tender_files.add_fields(begun),
        look=look,
        send=send,
        target=lambda _: f"{own}?done={tender_files.ADD}",
        post_to=TENDER_FILES,
        upload=lambda file: post_upload(visit, _UPLOADS, file),
        needs_photo=True,
        conflicts=_CONFLICTS,
    )


def show_withdrawal(
    visit: Visit, kind: DeskKind, thing_id: UUID, attachment_id: UUID
) -> flask.Response:
    """GET /desk/tenders/{id}/files/{id}/withdraw."""
    offering = _read_offering(visit, kind, thing_id)
    return show_form(visit, _withdrawal_form(visit, kind, thing_id, attachment_id, offering))


def submit_withdrawal(
    visit: Visit, kind: DeskKind, thing_id: UUID, attachment_id: UUID
) -> flask.Response:
    """POST /desk/tenders/{id}/files/{id}/withdraw: of what is published the editions before keep the file."""
    return submit_form(visit, _withdrawal_form(visit, kind, thing_id, attachment_id))


def _withdrawal_form(
    visit: Visit,
    kind: DeskKind,
    thing_id: UUID,
    attachment_id: UUID,
    offering: Offering | None = None,
) -> EntryForm:
    """Returns the form that withdraws a file. `offering`: as it was just read; without it the form was sent."""
    own = f"{kind.path}/{thing_id}"
    begun = visit.form if offering is None else _hidden_values(kind, offering, thing_id)

    def look() -> Surroundings:
        seen = offering or _read_offering(visit, kind, thing_id)
        title = _title_of(visit, seen, str(attachment_id))
        return Surroundings(
            facts=[(visit.text("field_offering_file"), title), *facts_of(visit, seen)],
            blank=_hidden_values(kind, seen, thing_id),
        )

    def send(typed: Typed) -> Reply:
        reply = ask(visit, f"{kind.service_path}/{thing_id}")
        if reply.is_problem:
            return reply
        left = tender_files.files_without(reply.document, str(attachment_id))
        return _send(visit, kind, thing_id, typed, left)

    return EntryForm(
        name="offering_withdraw_file",
        address=f"{own}/files/{attachment_id}/withdraw",
        back=own,
        fields=tender_files.withdraw_fields(begun),
        look=look,
        send=send,
        target=lambda _: f"{own}?done={tender_files.WITHDRAW}",
        conflicts=_CONFLICTS,
    )


def _title_of(visit: Visit, offering: Offering, attachment_id: str) -> Any:
    """Returns the title of a file of an offering. Raises Problem."""
    for one in offering["files"]:
        if one["attachment_id"] == attachment_id:
            return marks.sentence(one["title"][visit.language])
    raise Problem("not-found")


def _read_offering(visit: Visit, kind: DeskKind, thing_id: UUID) -> Offering:
    offering: Offering = answer_or_problem(visit, f"{kind.service_path}/{thing_id}")
    return offering


def _hidden_values(kind: DeskKind, offering: Offering, thing_id: UUID) -> dict[str, str]:
    return tender_files.hidden_values(kind.path.rpartition("/")[2], offering, str(thing_id))


def _send(
    visit: Visit,
    kind: DeskKind,
    thing_id: UUID,
    typed: Typed,
    files: Sequence[Mapping[str, Any]],
) -> Reply:
    """Changes the files of a draft; what the form knew as published is amended."""
    path, version = f"{kind.service_path}/{thing_id}", version_of(typed)
    if typed["published"]:
        body = tender_files.amendment_of(typed, files)
        return post(visit, f"{path}/amend", body, once=typed[KEY], version=version)
    return put(visit, f"{path}/files", {"files": list(files)}, once=typed[KEY], version=version)
