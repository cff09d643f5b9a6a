"""Files of a citizen's transaction: sent to the service with the form in which they are chosen, and fetched again."""

from uuid import UUID

import flask

from pages.site import Visit
from portal.api.asking import service_of, token_of
from portal.api.files import send_file_of
from portal.domain.transaction_forms import read_documents
from portal.outside.services import Reply

_UPLOADS = "/v1/my/transaction-attachments"
_LONGEST_NAME = 120


def attach_file(
    visit: Visit, documents: list[dict[str, str]]
) -> tuple[list[dict[str, str]], Reply | None]:
    """Sends the file that the form has chosen, if any. Returns the documents of the form with it, and the refusal of
    the service. Raises ServiceAway and TokenRefused."""
    file = flask.request.files.get("file")
    if file is None or not file.filename:
        return documents, None
    name = " ".join(file.filename.split())[:_LONGEST_NAME]
    content = (name, file.read(), file.mimetype)
    reply = service_of(visit).post_file(token_of(visit), _UPLOADS, visit.language, content)
    if reply.is_problem:
        return documents, reply
    sent = {
        "attachment_id": str(reply.document["attachment_id"]),
        "paper": visit.form.get("paper", ""),
        "name": name,
    }
    return [*documents, sent], None


def documents_of(visit: Visit) -> list[dict[str, str]]:
    """Returns the files that the form has, without the one that its button removes."""
    removed = visit.form.get("action", "").partition("remove:")[2]
    found = read_documents(visit.form.getlist("document"))
    return [one for one in found if one["attachment_id"] != removed]


def has_file(visit: Visit) -> bool:
    """Returns whether a file was chosen in the form."""
    file = flask.request.files.get("file")
    return file is not None and bool(file.filename)


def send_document(visit: Visit, transaction_id: UUID, attachment_id: UUID) -> flask.Response:
    """GET /my/transactions/{id}/documents/{id}: a file of the transaction."""
    path = f"/v1/my/transactions/{transaction_id}/attachments/{attachment_id}"
    return send_file_of(visit, path, f"document-{attachment_id}")


def send_letter(visit: Visit, transaction_id: UUID, letter_id: UUID) -> flask.Response:
    """GET /my/transactions/{id}/letters/{id}: a signed letter to the applicant."""
    path = f"/v1/my/transactions/{transaction_id}/letters/{letter_id}/document"
    return send_file_of(visit, path, f"letter-{letter_id}")
