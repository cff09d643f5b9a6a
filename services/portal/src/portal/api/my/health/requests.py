"""A worker's requests for health certificates: what to do now, the bill, the examination; and the certificates."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import flask

from chassis.http.problems import Problem
from pages.site import Visit
from portal.api.asking import answer_if_shown, answer_or_problem
from portal.api.files import PDF, PHOTOS, send_file_of
from portal.api.listing import page_links, page_query
from portal.catalogue import nationalities

PATH = "/my/health"
REQUESTS, CERTIFICATES = "/v1/my/health-certificate-requests", "/v1/my/health-certificates"
_ROWS = 20
TONES = {
    "awaiting_education": "warning", "awaiting_payment": "warning", "awaiting_examination": "warning",
    "issued": "success", "not_issued": "error",
    "valid": "success", "expired": "error", "cancelled": "error", "revoked": "error",
}  # fmt: skip
# Bills that nobody can pay any more.
_ENDED_BILLS = ("ended", "withdrawn")


def show_health(visit: Visit) -> flask.Response:
    """GET /my/health: certificates and requests, each with pages of its own."""
    certificates = answer_or_problem(visit, CERTIFICATES, _query(visit, "certificates"))
    requests = answer_or_problem(visit, REQUESTS, _query(visit, "requests"))
    return visit.render(
        "my_health.html",
        certificates=[_toned(one) for one in certificates["items"]],
        requests=[_toned(one) for one in requests["items"]],
        more_certificates=_next(visit, "certificates", certificates),
        more_requests=_next(visit, "requests", requests),
        is_first=not any(visit.query.get(name) for name in ("certificates", "requests")),
        done=_done(visit),
    )


def _query(visit: Visit, name: str) -> dict[str, Any]:
    return page_query(visit, _ROWS, name=name)


def _next(visit: Visit, name: str, page: Mapping[str, Any]) -> str | None:
    address: str | None = page_links(visit, page, name=name)["next_address"]
    return address


def _toned(thing: Mapping[str, Any]) -> dict[str, Any]:
    return {**thing, "tone": TONES.get(thing["status"], "neutral")}


def _done(visit: Visit) -> str | None:
    """Returns the name of the form that was just carried out."""
    name = visit.query.get("done", "")
    known = (
        "health_apply",
        "health_centre",
        "health_bill",
        "health_withdraw",
        "health_renewal",
        "health_cancel",
    )
    return name if name in known else None


def show_request(visit: Visit, request_id: UUID) -> flask.Response:
    """GET /my/health/requests/{id}."""
    path = f"{REQUESTS}/{request_id}"
    request = answer_or_problem(visit, path)
    conditions = answer_or_problem(visit, f"{path}/conditions")["items"]
    bill = _part_of(visit, f"{path}/bill")
    examination = _part_of(visit, f"{path}/examination")
    is_open = request["status"].startswith("awaiting_")
    worker = request["worker"] or {}
    nationality = worker.get("nationality", "")
    return visit.render(
        "my_health_request.html",
        request=_toned(request),
        worker=worker,
        nationality=nationalities().get(nationality, {}).get(visit.language, nationality),
        conditions=conditions,
        bill=bill,
        bill_status=_bill_status(bill, is_open=is_open),
        examination=examination if examination and examination["result"] else None,
        end_reason=examination["end_reason"] if examination else None,
        is_open=is_open,
        done=_done(visit),
    )


def _part_of(visit: Visit, path: str) -> Mapping[str, Any] | None:
    """Returns a part of a request; None for a part that isn't there, or that the person doesn't see. Raises
    TokenRefused, and Problem while the service is away."""
    part: Mapping[str, Any] | None = answer_if_shown(visit, path, hidden=(403, 404))
    return part


def _bill_status(bill: Mapping[str, Any] | None, *, is_open: bool) -> str | None:
    """Returns what the person makes of a bill: `numbered` bills are paid, a bill without a number waits for it. An
    unpaid bill of a request that ended is cancelled: nobody asks for another."""
    if bill is None:
        return None
    if not is_open and bill["status"] in ("requested", *_ENDED_BILLS):
        return "cancelled"
    if bill["status"] == "requested":
        return "numbered" if bill["bill_number"] else "waiting"
    return "ended" if bill["status"] in _ENDED_BILLS else str(bill["status"])


def send_certificate(visit: Visit, certificate_no: str) -> flask.Response:
    """GET /my/health/certificates/{number}.pdf: the signed document, fetched with the person's own token."""
    number = require_number(certificate_no)
    path = f"{CERTIFICATES}/{number}/document"
    return send_file_of(visit, path, f"health-certificate-{number}", media_types=(PDF,))


def send_photo(visit: Visit, request_id: UUID) -> flask.Response:
    """GET /my/health/requests/{id}/photo: the worker's photo, fetched with the person's own token."""
    return send_file_of(visit, f"{REQUESTS}/{request_id}/photo", "photo", media_types=PHOTOS)


def require_number(text: str) -> str:
    """Returns a certificate's number. Raises Problem for a text that can't be one, so that no path is made of it."""
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise Problem("not-found")
    return text
