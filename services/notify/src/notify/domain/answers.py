"""The meaning of a provider's answer. The body decides, never the HTTP status alone: gateways refuse with 200, and a
proxy answers in HTML.

There are two styles: `form`, as Unifonic answers, and `bearer`, as Taqnyat answers. Any other answer is *unknown*.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from notify.domain.messages import State
from notify.domain.sending import NUMBER_REFUSED, Outcome, Result

TOO_MANY = 429
# Codes for a number that no provider will ever take.
_NUMBERS = frozenset(("er-10", "er-11"))
_OUTCOME_OF = {
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
_STATE_OF = {
    Outcome.ACCEPTED: State.ACCEPTED,
    Outcome.DELIVERED: State.DELIVERED,
    Outcome.FAILED: State.FAILED,
}


@dataclass(frozen=True)
class Answer:
    """An HTTP answer."""

    status: int
    body: bytes


def form_sent(answer: Answer) -> Result:
    """`{"success": true, "errorCode": "ER-00", "data": {"MessageID": …}}`."""
    document, otherwise = _parse_object(answer)
    if document is None:
        return otherwise
    if _parse_bool(document.get("success")) is True:
        return Result(Outcome.ACCEPTED, None, _text(_data_of(document).get("MessageID")))
    if _parse_bool(document.get("success")) is False:
        return _refusal(_normal_code(document.get("errorCode"), "refused"))
    return Result(Outcome.UNKNOWN, "no-verdict")


def bearer_sent(answer: Answer) -> Result:
    """`{"statusCode": 201, "messageId": …, "accepted": [966…], "rejected": []}`."""
    document, otherwise = _parse_object(answer)
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
    return _refusal(f"status-{status}")


def form_queried(answer: Answer) -> Result:
    """`{"success": true, "data": {"Status": "Sent"}}`; `ER-18` for an unknown reference."""
    document, otherwise = _parse_object(answer)
    if document is None:
        return otherwise
    if _normal_code(document.get("errorCode"), "") == _UNKNOWN_MESSAGE:
        return Result(Outcome.ABSENT)
    data = _data_of(document)
    return _result_of_status(data.get("Status"), _text(data.get("MessageID")))


def bearer_queried(answer: Answer) -> Result:
    """`{"statusCode": 200, "status": "sent"}`; `statusCode` 404 for an unknown reference."""
    document, otherwise = _parse_object(answer)
    if document is None:
        return otherwise
    if document.get("statusCode") == 404:
        return Result(Outcome.ABSENT)
    return _result_of_status(document.get("status"), _text(document.get("messageId")))


def presence(answer: Answer) -> Result:
    """Returns ACCEPTED when the gateway itself has answered a probe: in JSON, and without a fault of its own."""
    document, otherwise = _parse_object(answer)
    if document is None or answer.status >= 500:
        return otherwise
    return Result(Outcome.ACCEPTED)


@dataclass(frozen=True)
class ProviderReport:
    """A receipt: our reference, the provider's word for the outcome, the provider's time, and the provider's id of the
    message."""

    reference: str
    status: str
    at: str | None
    provider_reference: str | None


def read_receipt(body: Mapping[str, Any]) -> ProviderReport | None:
    """Returns a receipt in either style; None without a reference or a status."""
    reference = _first_text(body, "CorrelationID", "reference")
    status = _first_text(body, "Status", "status")
    if reference is None or status is None:
        return None
    own = _text(body.get("MessageID", body.get("messageId")))
    return ProviderReport(reference, status.lower(), _first_text(body, "Timestamp", "time"), own)


def state_of(status: str) -> State | None:
    """Returns the state for the status of a receipt; None for an unknown word."""
    outcome = _OUTCOME_OF.get(status.lower())
    return _STATE_OF[outcome] if outcome is not None else None


def _parse_object(answer: Answer) -> tuple[Mapping[str, Any] | None, Result]:
    """Returns the JSON object, and the result that applies without a JSON object."""
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


def _refusal(detail: str) -> Result:
    return Result(Outcome.NOT_SENT, NUMBER_REFUSED if detail in _NUMBERS else detail)


def _result_of_status(status: Any, reference: str | None) -> Result:
    outcome = _OUTCOME_OF.get(status.lower()) if isinstance(status, str) else None
    if outcome is None:
        return Result(Outcome.UNKNOWN, "no-verdict")
    return Result(outcome, "rejected" if outcome is Outcome.FAILED else None, reference)


def _data_of(document: Mapping[str, Any]) -> Mapping[str, Any]:
    data = document.get("data")
    return data if isinstance(data, dict) else {}


def _parse_bool(value: Any) -> bool | None:
    return {"true": True, "false": False}.get(str(value).lower())


def _text(value: Any) -> str | None:
    return str(value)[:100] if isinstance(value, str | int) else None


def _normal_code(value: Any, otherwise: str) -> str:
    """Returns a provider's code in the form of our codes: lower case, letters, digits and hyphens, at most 40."""
    signs = str(value).lower() if isinstance(value, str | int) else ""
    kept = "".join(sign for sign in signs if sign.isascii() and (sign.isalnum() or sign == "-"))
    return kept[:40] or otherwise


def _first_text(body: Mapping[str, Any], *names: str) -> str | None:
    return next((body[name] for name in names if isinstance(body.get(name), str)), None)
