"""What the bill system tells of money. Its signature is checked before the body is read (payments.api.credentials)."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from chassis.core.refusals import InvalidFields
from payments.commands import notices
from payments.commands.notices import Told
from payments.context import Call
from saudi.days import RIYADH
from saudi.money import parse_riyals

Body = Mapping[str, Any]


def take_payment_notice(call: Call, body: Body) -> tuple[None, int]:
    signed = call.actor.attributes
    amount = parse_riyals(body["amount"])
    if amount == 0:
        raise InvalidFields.of("amount", "positive")
    told = Told(
        notice_id=body["notice_id"],
        bill_number=body["bill_number"],
        reference=body["reference"],
        payment=body["payment"],
        amount_halalas=amount,
        paid_at=_moment(body["paid_at"]),
        key_number=int(signed["key"]),
        signed_at=datetime.fromtimestamp(int(signed["time"]), UTC),
        digest=_digest(body),
    )
    notices.take(call.work, told)
    return None, 204


def _digest(body: Body) -> bytes:
    """Of what the notice says: the bill system may order the names anew when it sends it again."""
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).digest()


def _moment(text: str) -> datetime:
    """Raises InvalidFields for a time outside the calendar, in UTC or in Riyadh."""
    try:
        moment = datetime.fromisoformat(text.upper()).astimezone(UTC)
        moment.astimezone(RIYADH)
        return moment
    except (ValueError, OverflowError):
        raise InvalidFields.of("paid_at", "invalid") from None
