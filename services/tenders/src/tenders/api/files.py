"""Operations on files: sent, then named by a draft or an amendment, read by officers and, once published, by all."""

from typing import Any

from chassis.files.attachments import Attachment, attachment_of
from chassis.http.if_match import in_version_read
from chassis.http.uploads import take_upload
from tenders import queries
from tenders.api.views import Body, Created, View, offering_view
from tenders.commands import files
from tenders.context import Call
from tenders.domain.offerings import OfferingChanged
from tenders.models import Lease, Offering, Tender

FileAnswer = tuple[bytes, int, dict[str, str]]
_in_version_read = in_version_read(OfferingChanged)


def upload_document_file(call: Call, body: Body) -> Created:
    row = take_upload(call, body["file"])
    names = ("attachment_id", "media_type", "size", "name")
    return {name: getattr(row, name) for name in names}, 201


@_in_version_read
def set_tender_files(call: Call, tender_id: str, body: Body) -> View:
    return offering_view(call, files.set_draft_files(call.work, Tender, tender_id, body["files"]))


@_in_version_read
def set_lease_files(call: Call, lease_id: str, body: Body) -> View:
    return offering_view(call, files.set_draft_files(call.work, Lease, lease_id, body["files"]))


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
