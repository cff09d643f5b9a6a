"""What a provider's answer means. Its body is judged, never the HTTP status alone: gateways refuse with 200, and a
proxy before them answers in HTML.

Two styles: `form`, as Unifonic answers, and `bearer`, as Taqnyat does. An answer in neither's words is *unknown*.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from notify.domain.messages import State
from notify.domain.sending import NUMBER_REFUSED, Outcome, Result

TOO_MANY = 429
# Codes of a number that no provider will ever take.
_NUMBERS = frozenset(("er-10", "er-11"))
_FATES = {
    "queued": Outcome.ACCEPTED,
    "sent": Outcome.ACCEPTED,
    "accepted": Outcome.ACCEPTED,
    "submitted": Outcome.ACCEPTED,
    "delivered": Outcome.DELIVERED,
    "failed": Outcome.FAILED,
    "rejected": Outcome.FAILED,
    "undelivered": Outcome.FAILED,
}
_UNKNOWN_MESSAGE = "er-18"
_SAID = {
    Outcome.ACCEPTED: State.ACCEPTED,
    Outcome.DELIVERED: State.DELIVERED,
    Outcome.FAILED: State.FAILED,
}


@dataclass(frozen=True)
class Answer:
    """An answer as it came."""

    status: int
    body: bytes


def form_sent(answer: Answer) -> Result:
    """`{"success": true, "errorCode": "ER-00", "data": {"MessageID": …}}`."""
    document, otherwise = _document(answer)
    if document is None:
        return otherwise
    if _truth(document.get("success")) is True:
        return Result(Outcome.ACCEPTED, None, _text(_inner(document).get("MessageID")))
    if _truth(document.get("success")) is False:
        return _refused(_code(document.get("errorCode"), "refused"))
    return Result(Outcome.UNKNOWN, "no-verdict")


def bearer_sent(answer: Answer) -> Result:
    """`{"statusCode": 201, "messageId": …, "accepted": [966…], "rejected": []}`."""
    document, otherwise = _document(answer)
    if document is None:
        return otherwise
    status = document.get("statusCode")
    if not isinstance(status, int):
        return Result(Outcome.UNKNOWN, "no-verdict")
    if status in {200, 201}:
        if document.get("rejected") and not document.get("accepted"):
            return Result(Outcome.NOT_SENT, NUMBER_REFUSED)
        return Result(Outcome.ACCEPTED, None, _text(document.get("messageId")))
    if status >= 500:
        return Result(Outcome.UNKNOWN, f"status-{status}")
    return _refused(f"status-{status}")


def form_asked(answer: Answer) -> Result:
    """`{"success": true, "data": {"Status": "Sent"}}`; `ER-18` for a reference that it doesn't know."""
    document, otherwise = _document(answer)
    if document is None:
        return otherwise
    if _code(document.get("errorCode"), "") == _UNKNOWN_MESSAGE:
        return Result(Outcome.ABSENT)
    data = _inner(document)
    return _fate(data.get("Status"), _text(data.get("MessageID")))


def bearer_asked(answer: Answer) -> Result:
    """`{"statusCode": 200, "status": "sent"}`; `statusCode` 404 for a reference that it doesn't know."""
    document, otherwise = _document(answer)
    if document is None:
        return otherwise
    if document.get("statusCode") == 404:
        return Result(Outcome.ABSENT)
    return _fate(document.get("status"), _text(document.get("messageId")))


def presence(answer: Answer) -> Result:
    """Whether a probe was answered by the gateway itself, in JSON and not with a fault of its own: ACCEPTED."""
    document, otherwise = _document(answer)
    if document is None or answer.status >= 500:
        return otherwise
    return Result(Outcome.ACCEPTED)


@dataclass(frozen=True)
class Told:
    """A receipt: the reference that we gave, the provider's word for the fate, its time as it writes it, and its own id
    of what it took."""

    reference: str
    status: str
    at: str | None
    provider_reference: str | None


def receipt(body: Mapping[str, Any]) -> Told | None:
    """A receipt in either provider's words; None when it names no reference or no status."""
    reference = _first(body, "CorrelationID", "reference")
    status = _first(body, "Status", "status")
    if reference is None or status is None:
        return None
    own = _text(body.get("MessageID", body.get("messageId")))
    return Told(reference, status.lower(), _first(body, "Timestamp", "time"), own)


def said(status: str) -> State | None:
    """The state that the status of a receipt stands for; None for a word that isn't known."""
    fate = _FATES.get(status.lower())
    return _SAID[fate] if fate is not None else None


def _document(answer: Answer) -> tuple[Mapping[str, Any] | None, Result]:
    """The JSON object, else what the lack of one means."""
    if answer.status == TOO_MANY:
        return None, Result(Outcome.NOT_SENT, "too-many", line_failed=True)
    try:
        document = json.loads(answer.body)
    except (ValueError, RecursionError):
        document = None
    if isinstance(document, dict):
        return document, Result(Outcome.UNKNOWN)
    word = "not-json" if answer.body.strip() else "no-body"
    return None, Result(Outcome.UNKNOWN, f"{word}-{answer.status}")


def _refused(detail: str) -> Result:
    return Result(Outcome.NOT_SENT, NUMBER_REFUSED if detail in _NUMBERS else detail)


def _fate(status: Any, reference: str | None) -> Result:
    fate = _FATES.get(status.lower()) if isinstance(status, str) else None
    if fate is None:
        return Result(Outcome.UNKNOWN, "no-verdict")
    return Result(fate, "rejected" if fate is Outcome.FAILED else None, reference)


def _inner(document: Mapping[str, Any]) -> Mapping[str, Any]:
    data = document.get("data")
    return data if isinstance(data, dict) else {}


def _truth(value: Any) -> bool | None:
    return {"true": True, "false": False}.get(str(value).lower())


def _text(value: Any) -> str | None:
    return str(value)[:100] if isinstance(value, str | int) else None


def _code(value: Any, otherwise: str) -> str:
    """A provider's code as one of ours: lower case, letters, digits and hyphens, at most 40."""
    signs = str(value).lower() if isinstance(value, str | int) else ""
    kept = "".join(sign for sign in signs if sign.isascii() and (sign.isalnum() or sign == "-"))
    return kept[:40] or otherwise


def _first(body: Mapping[str, Any], *names: str) -> str | None:
    return next((body[name] for name in names if isinstance(body.get(name), str)), None)
