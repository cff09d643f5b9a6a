"""Operations on files: officers send and read them, and everybody reads published ones. offerings.py sets a draft's."""

from typing import Any

from chassis.files.attachments import Attachment, attachment_of
from chassis.http.uploads import take_upload
from tenders import queries
from tenders.api.views import Body, Created
from tenders.context import Call
from tenders.models import Lease, Offering, Tender

FileAnswer = tuple[bytes, int, dict[str, str]]


def upload_document_file(call: Call, body: Body) -> Created:
    row = take_upload(call, body["file"])
    names = ("attachment_id", "media_type", "size", "name")
    return {name: getattr(row, name) for name in names}, 201


def get_tender_file(call: Call, tender_id: str, attachment_id: str) -> FileAnswer:
    return _read_file(call, Tender, tender_id, attachment_id)


def get_lease_file(call: Call, lease_id: str, attachment_id: str) -> FileAnswer:
    return _read_file(call, Lease, lease_id, attachment_id)


def _read_file(call: Call, model: Any, offering_id: str, attachment_id: str) -> FileAnswer:
    row: Offering = queries.get_offering(call.session, model, call.actor, offering_id)
    owner = {"owner_type": row.aggregate_type, "owner_id": row.aggregate_id}
    return _answer(call, row, attachment_of(call.session, attachment_id, **owner))


def get_public_file(call: Call, attachment_id: str) -> FileAnswer:
    row, file = queries.published_file(call.session, attachment_id)
    content, status, headers = _answer(call, row, file)
    return content, status, {**headers, "Cache-Control": "public, max-age=300"}


def _answer(call: Call, row: Offering, file: Attachment) -> FileAnswer:
    """Returns the file under a neutral name: the original name may be that of a person."""
    name = f"{row.number or 'draft'}-{file.attachment_id[-4:]}"
    return call.resources.files.answer(file, name=name)
