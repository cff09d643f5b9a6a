"""Files of a citizen's transaction: sent to the service with the form in which they are chosen, and fetched again."""

from uuid import UUID

import flask

from pages.site import Visit
from portal.api.files import chosen_file, name_of, post_upload, send_file_of
from portal.domain.transaction_forms import read_documents
from portal.outside.services import Reply

_UPLOADS = "/v1/my/transaction-attachments"


def attach_file(
    visit: Visit, documents: list[dict[str, str]]
) -> tuple[list[dict[str, str]], Reply | None]:
    """Sends the file that the form has chosen. Returns the documents of the form with it, and the refusal of the
    service, or that no file is chosen. Raises ServiceAway and TokenRefused."""
    file = chosen_file("file")
    if file is None:
        fault = {"field": "file", "detail": visit.text("my_transaction_no_file")}
        return documents, Reply(400, {"errors": [fault]})
    reply = post_upload(visit, _UPLOADS, file)
    if reply.is_problem:
        return documents, reply
    sent = {
        "attachment_id": str(reply.document["attachment_id"]),
        "paper": visit.form.get("paper", ""),
        "name": name_of(file),
    }
    return [*documents, sent], None


def documents_of(visit: Visit) -> list[dict[str, str]]:
    """Returns the files that the form has, without the one that its button removes."""
    removed = visit.form.get("action", "").partition("remove:")[2]
    found = read_documents(visit.form.getlist("document"))
    return [one for one in found if one["attachment_id"] != removed]


def send_document(visit: Visit, transaction_id: UUID, attachment_id: UUID) -> flask.Response:
    """GET /my/transactions/{id}/documents/{id}: a file of the transaction."""
    path = f"/v1/my/transactions/{transaction_id}/attachments/{attachment_id}"
    return send_file_of(visit, path, f"document-{attachment_id}")


def send_letter(visit: Visit, transaction_id: UUID, letter_id: UUID) -> flask.Response:
    """GET /my/transactions/{id}/letters/{id}: a signed letter to the applicant."""
    path = f"/v1/my/transactions/{transaction_id}/letters/{letter_id}/document"
    return send_file_of(visit, path, f"letter-{letter_id}")
