"""Operations on one-time codes, for other services: only their tokens hold the scope `codes.send`."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from chassis.core.codes import Verdict
from chassis.core.refusals import InvalidFields, read_field
from chassis.core.times import rfc3339
from chassis.data.sealed import keys_of
from chassis.http.address import source_of
from chassis.http.codes import refuse_code
from chassis.http.problems import Problem
from chassis.one_time_codes import CodeHolder
from notify.commands import codes as commands
from notify.context import Call
from notify.limits import charge_code, charge_try
from saudi.mobiles import parse_mobile
from saudi.text import compact

NO_ADDRESS, EXAMPLE = "unknown", "203.0.113.7"
Body = Mapping[str, Any]
View = dict[str, Any]


def send_code(call: Call, body: Body) -> tuple[View, int]:
    holder = _holder_of(call, body)
    charge_code(call, keys_of(call.session).index.key(holder.mobile), _parse_address(body))
    expires_at = commands.send_code(
        call.session,
        holder,
        language=body.get("language", "ar"),
        seconds=call.settings.code_seconds,
        caps=call.settings.caps,
        now=call.now,
    )
    resend_after = call.now + timedelta(seconds=call.settings.code_again_seconds)
    return {"expires_at": rfc3339(expires_at), "resend_after": rfc3339(resend_after)}, 201


def _parse_address(body: Body) -> str | None:
    """Returns the address as every limit counts it: an IPv6 address counts as its network. Raises InvalidFields."""
    if body.get("address") is None:
        return None
    source = source_of(body["address"], "", 0)
    if source == NO_ADDRESS:
        raise InvalidFields.of("address", "format", example=EXAMPLE)
    return source


def check_code(call: Call, body: Body) -> View | Problem:
    """Returns a Problem for a wrong code. A raised Problem would roll the count of tries back."""
    holder = _holder_of(call, body)
    charge_try(call, keys_of(call.session).index.key(holder.mobile))
    attempt = commands.check_code(
        call.session,
        holder,
        compact(body["code"]),
        most_tries=call.settings.code_tries,
        caps=call.settings.caps,
        now=call.now,
    )
    if attempt.verdict is Verdict.RIGHT:
        return {"confirmed_at": rfc3339(call.now)}
    return refuse_code(attempt)


def _holder_of(call: Call, body: Body) -> CodeHolder:
    mobile = read_field("mobile", parse_mobile, body["mobile"])
    return commands.holder_of(call.actor.client_id, body["purpose"], mobile)
