"""Payment notices of the bill system. The bill system signs the raw body with a shared key; the signature is checked
before the body is read."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import structlog

from chassis.access.auth import Caller
from chassis.core.refusals import InvalidFields
from chassis.data.sealing import Keyring
from chassis.http.problems import Problem
from payments.commands import notices
from payments.commands.notices import PaymentNotice
from payments.context import Call
from payments.domain import signatures
from saudi.days import RIYADH
from saudi.money import parse_riyals

SIGNATURE = "signature"  # the contract's scheme

Body = Mapping[str, Any]
log = structlog.get_logger(__name__)


def authenticate_bill_system(call: Call, presented: str | None, body: bytes) -> Caller:
    """Returns the bill system as caller, with the number of its key and the time of its signature. Raises Problem for
    an invalid signature; only the log gives the reason."""
    keys = Keyring.parse(call.settings.notice_key).keys
    try:
        signature = signatures.check(presented or "", body, keys=keys, now=call.now)
    except signatures.NotSigned as error:
        log.warning("notice.not_signed", reason=error.fault.value)
        headers = {"WWW-Authenticate": 'Signature realm="payment-notices"'}
        raise Problem("unauthorized", headers=headers) from None
    return Caller.with_key(
        "bill-system",
        organisation="bill-system",
        attributes={"key": str(signature.key), "time": str(signature.time)},
    )


def take_payment_notice(call: Call, body: Body) -> tuple[None, int]:
    signature = call.actor.attributes
    amount = parse_riyals(body["amount"])
    if amount == 0:
        raise InvalidFields.of("amount", "positive")
    notice = PaymentNotice(
        notice_id=body["notice_id"],
        bill_number=body["bill_number"],
        reference=body["reference"],
        payment=body["payment"],
        amount_halalas=amount,
        paid_at=_parse_time(body["paid_at"]),
        key_number=int(signature["key"]),
        signed_at=datetime.fromtimestamp(int(signature["time"]), UTC),
        digest=_digest(body),
    )
    notices.take_notice(call.work, notice)
    return None, 204


def _parse_time(text: str) -> datetime:
    """Raises InvalidFields for a time outside the calendar, in UTC or in Riyadh."""
    try:
        moment = datetime.fromisoformat(text.upper()).astimezone(UTC)
        moment.astimezone(RIYADH)
        return moment
    except (ValueError, OverflowError):
        raise InvalidFields.of("paid_at", "invalid") from None


def _digest(body: Body) -> bytes:
    """Returns SHA-256 of the content with sorted names: a repeated notice may have its names in another order."""
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).digest()
