"""Operations on photos and papers. An upload precedes the action that claims it."""

from typing import Any

from chassis.core.times import rfc3339
from chassis.files.attachments import (
    Attachment,
    StoredFile,
    attachment_of,
    attachments_of,
    uploader_of,
)
from chassis.http.uploads import charge_upload
from reports import queries
from reports.api.edge import Body, Created, View
from reports.commands import photos
from reports.context import Call
from reports.domain.actors import role_of
from reports.domain.visibility import Part, may_see, require_sight
from reports.models import Photo, Report

FileAnswer = tuple[bytes, int, dict[str, str]]


def upload_attachment(call: Call, body: Body) -> Created:
    """Stores an upload for a new report."""
    return _add_upload(call, _keep_file(call, body))


def upload_report_attachment(call: Call, report_id: str, body: Body) -> Created:
    """Stores an upload for the treatment of a report within the caller's reach. Keeps the file first, so that no
    transaction waits for the check of a paper."""
    kept = _keep_file(call, body)
    queries.get_report(call.session, call.actor, report_id)
    return _add_upload(call, kept)


def _keep_file(call: Call, body: Body) -> StoredFile:
    charge_upload(call)
    return call.resources.files.keep(body["file"])


def _add_upload(call: Call, kept: StoredFile) -> Created:
    uploader = uploader_of(call.actor)
    row = call.resources.files.add(call.session, kept, uploader=uploader, now=call.now)
    return upload_view(row), 201


def upload_work_order_attachment(call: Call, report_id: str, body: Body) -> Created:
    return upload_report_attachment(call, report_id, body)


def list_photos(call: Call, report_id: str) -> View:
    require_sight(role_of(call.actor), Part.PHOTOS)
    queries.get_report(call.session, call.actor, report_id)
    files = {
        one.attachment_id: one for one in attachments_of(call.session, photos.OWNER, [report_id])
    }
    names = may_see(role_of(call.actor), Part.REPORTER)
    found = queries.photos_of(call.session, report_id)
    return {"items": [photo_view(one, files[one.attachment_id], names=names) for one in found]}


def get_photo(call: Call, report_id: str, attachment_id: str) -> FileAnswer:
    require_sight(role_of(call.actor), Part.PHOTOS)
    row = queries.get_report(call.session, call.actor, report_id)
    return _answer_file(call, row, attachment_id)


def get_filed_photo(call: Call, report_id: str, attachment_id: str) -> FileAnswer:
    row = queries.get_filed(call.session, call.actor, report_id)
    return _answer_file(call, row, attachment_id)


def get_work_order_photo(call: Call, report_id: str, attachment_id: str) -> FileAnswer:
    return get_photo(call, report_id, attachment_id)


def get_public_photo(call: Call, attachment_id: str) -> FileAnswer:
    """Answers Open311's `media_url`."""
    photo = queries.released_photo(call.session, attachment_id)
    row = call.session.get_one(Report, photo.report_id)
    content, status, headers = _answer_file(call, row, attachment_id)
    return content, status, {**headers, "Cache-Control": "public, max-age=300"}


def release_photo(call: Call, report_id: str, attachment_id: str) -> View:
    photo = photos.release(call.work, report_id, attachment_id)
    return _photo_view(call, photo)


def withdraw_photo(call: Call, report_id: str, attachment_id: str) -> View:
    photo = photos.withdraw(call.work, report_id, attachment_id)
    return _photo_view(call, photo)


def _answer_file(call: Call, row: Report, attachment_id: str) -> FileAnswer:
    """Returns the file under a neutral name, because the original name may be the name of a person."""
    found = attachment_of(
        call.session, attachment_id, owner_type=photos.OWNER, owner_id=row.report_id
    )
    return call.resources.files.answer(
        found, name=f"{row.report_number}-{found.attachment_id[-4:]}"
    )


def _photo_view(call: Call, photo: Photo) -> View:
    file = attachment_of(
        call.session, photo.attachment_id, owner_type=photos.OWNER, owner_id=photo.report_id
    )
    return photo_view(photo, file, names=True)


def upload_view(row: Attachment) -> View:
    """Returns the contract's Upload. `position`: the place in the metadata of the picture, which a form can propose."""
    position = row.position
    return {
        **_file_facts(row),
        "name": row.name,
        "position": {"latitude": position[0], "longitude": position[1]} if position else None,
    }


def photo_view(photo: Photo, file: Attachment, *, names: bool) -> View:
    """Returns the contract's Photo. `names`: the caller may read the original name."""
    return {
        **_file_facts(file),
        "kind": photo.kind,
        "name": file.name if names else None,
        "added_at": rfc3339(photo.added_at),
        "released_at": rfc3339(photo.released_at) if photo.released_at else None,
    }


def _file_facts(row: Attachment) -> dict[str, Any]:
    names = ("attachment_id", "media_type", "size", "width", "height")
    return {name: getattr(row, name) for name in names}
