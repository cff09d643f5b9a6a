"""Receipts: what a provider reports about a message that the provider took."""

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from chassis.core.actors import SystemActor
from chassis.core.refusals import InvalidFields
from chassis.data.unit_of_work import UnitOfWork
from chassis.http.problems import Problem
from notify.commands.messages import record_receipt
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
    report = answers.read_receipt(body)
    if report is None:
        raise InvalidFields.of("reference", "required")
    record_receipt(
        UnitOfWork(call.session, SystemActor(provider, "provider"), call.now),
        provider,
        report,
        said_at=_parse_time(report.at),
        patience=timedelta(seconds=call.settings.patience_seconds),
    )
    return None, 204


def _parse_time(text: str | None) -> datetime | None:
    """Returns the provider's time; None for a malformed time, because nothing depends on the time."""
    try:
        moment = datetime.fromisoformat(text) if text else None
        return moment.astimezone(UTC) if moment is not None and moment.tzinfo else None
    except (ValueError, OverflowError):  # also a time whose UTC is before year 1 or after 9999
        return None
