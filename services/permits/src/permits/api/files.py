"""Operations on files: sent, then attached to older permits, papers and appeals, listed, read and removed."""

from collections.abc import Sequence
from typing import Any

from chassis.core import times
from chassis.core.refusals import NotFound
from chassis.files.attachments import Attachment, attachments_of
from chassis.http.uploads import take_upload
from permits import catalogue, queries
from permits.api.views import Body, Created, View
from permits.commands import attach_files
from permits.context import Call
from permits.domain.fields import title_of
from permits.domain.files import Of
from permits.models import AttachedFile
from saudi.branches import own_municipality

FileAnswer = tuple[bytes, int, dict[str, str]]


def upload_permit_attachment(call: Call, body: Body) -> Created:
    if own_municipality(call.actor.attributes) is None:
        raise NotFound
    return _facts(take_upload(call, body["file"])), 201


def list_permit_files(call: Call, permit_id: str) -> View:
    queries.get_permit(call.session, call.actor, permit_id)
    return _files(call, Of.PERMIT, permit_id)


def attach_permit_files(call: Call, permit_id: str, body: Body) -> View:
    return _attach(call, Of.PERMIT, permit_id, body)


def get_permit_file(call: Call, permit_id: str, attachment_id: str) -> FileAnswer:
    return _read(call, Of.PERMIT, permit_id, attachment_id)


def remove_permit_file(call: Call, permit_id: str, attachment_id: str, body: Body) -> View:
    return _remove(call, Of.PERMIT, permit_id, attachment_id, body)


def list_permit_request_files(call: Call, request_id: str) -> View:
    queries.get_request(call.session, call.actor, request_id)
    return _files(call, Of.REQUEST, request_id)


def attach_permit_request_files(call: Call, request_id: str, body: Body) -> View:
    return _attach(call, Of.REQUEST, request_id, body)


def get_permit_request_file(call: Call, request_id: str, attachment_id: str) -> FileAnswer:
    return _read(call, Of.REQUEST, request_id, attachment_id)


def remove_permit_request_file(call: Call, request_id: str, attachment_id: str, body: Body) -> View:
    return _remove(call, Of.REQUEST, request_id, attachment_id, body)


def list_appeal_files(call: Call, appeal_id: str) -> View:
    queries.get_appeal(call.session, call.actor, appeal_id)
    return _files(call, Of.APPEAL, appeal_id)


def attach_appeal_files(call: Call, appeal_id: str, body: Body) -> View:
    return _attach(call, Of.APPEAL, appeal_id, body)


def get_appeal_file(call: Call, appeal_id: str, attachment_id: str) -> FileAnswer:
    return _read(call, Of.APPEAL, appeal_id, attachment_id)


def remove_appeal_file(call: Call, appeal_id: str, attachment_id: str, body: Body) -> View:
    return _remove(call, Of.APPEAL, appeal_id, attachment_id, body)


def _attach(call: Call, of: Of, thing_id: str, body: Body) -> View:
    attach_files.attach(call.work, of, thing_id, body["files"], code=body.get("code"))
    return _files(call, of, thing_id)


def _read(call: Call, of: Of, thing_id: str, attachment_id: str) -> FileAnswer:
    row, name = attach_files.read(call.work, of, thing_id, attachment_id)
    return call.resources.files.answer(row, name=name)


def _remove(call: Call, of: Of, thing_id: str, attachment_id: str, body: Body) -> View:
    attach_files.remove(call.work, of, thing_id, attachment_id, reason=body["reason"])
    return _files(call, of, thing_id)


def _files(call: Call, of: Of, thing_id: str) -> View:
    rows = attach_files.files_of(call.session, of, thing_id)
    found = {one.attachment_id: one for one in attachments_of(call.session, of, [thing_id])}
    return files_view(rows, found)


def files_view(rows: Sequence[AttachedFile], found: dict[str, Attachment]) -> View:
    """Returns the contract's AttachedFiles."""
    return {"items": [_file(row, found[row.attachment_id]) for row in rows]}


def _file(row: AttachedFile, file: Attachment) -> View:
    return {
        **_facts(file),
        "code": row.code,
        "title": _title(row),
        "added_at": times.shown(row.added_at),
        "added_by": row.added_by,
        "verified": row.verified_at is not None,
    }


def _title(row: AttachedFile) -> View:
    if row.code:
        return catalogue.paper_title(row.code)
    arabic, english = title_of(attach_files.PATHS[row.thing_type])
    return {"ar": arabic, "en": english}


def _facts(row: Attachment) -> dict[str, Any]:
    """Returns the contract's UploadedFile."""
    names = ("attachment_id", "media_type", "size", "name")
    return {name: getattr(row, name) for name in names}
