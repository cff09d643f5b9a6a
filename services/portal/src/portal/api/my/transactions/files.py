"""Files of a citizen's transaction, fetched from the service."""

from uuid import UUID

import flask

from pages.site import Visit
from portal.api.files import send_file_of


def send_document(visit: Visit, transaction_id: UUID, attachment_id: UUID) -> flask.Response:
    """GET /my/transactions/{id}/documents/{id}: a file of the transaction."""
    path = f"/v1/my/transactions/{transaction_id}/attachments/{attachment_id}"
    return send_file_of(visit, path, f"document-{attachment_id}")


def send_letter(visit: Visit, transaction_id: UUID, letter_id: UUID) -> flask.Response:
    """GET /my/transactions/{id}/letters/{id}: a signed letter to the applicant."""
    path = f"/v1/my/transactions/{transaction_id}/letters/{letter_id}/document"
    return send_file_of(visit, path, f"letter-{letter_id}")
