"""What providers report of messages that they took."""

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from chassis.core.refusals import InvalidFields
from chassis.http.problems import Problem
from notify.commands import receipts
from notify.context import Call
from notify.domain import answers
from notify.outside import receipt_keys

Body = Mapping[str, Any]


def take_receipt(
    call: Call, provider: str, body: Body, x_receipt_token: str | None = None
) -> tuple[None, int]:
    expected = receipt_keys(call.settings)[provider]
    if not hmac.compare_digest((x_receipt_token or "").encode(), expected.encode()):
        raise Problem("unauthorized", headers={"WWW-Authenticate": 'Receipt realm="receipts"'})
    told = answers.receipt(body)
    if told is None:
        raise InvalidFields.of("reference", "required")
    receipts.record_receipt(
        call.session,
        provider,
        told,
        said_at=_moment(told.at),
        patience=timedelta(seconds=call.settings.patience_seconds),
        now=call.now,
    )
    return None, 204


def _moment(text: str | None) -> datetime | None:
    """The provider's own time, where it's one; nothing depends on it."""
    try:
        moment = datetime.fromisoformat(text) if text else None
        return moment.astimezone(UTC) if moment is not None and moment.tzinfo else None
    except (ValueError, OverflowError):  # also a time whose UTC is before year 1 or after 9999
        return None
