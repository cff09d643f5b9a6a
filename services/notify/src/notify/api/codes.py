"""Operations on one-time codes, for other services of the house: their tokens alone hold `codes.send`."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from chassis.core.refusals import InvalidFields
from chassis.core.times import rfc3339
from chassis.data.sealed import keys_of
from chassis.http.address import source_of
from chassis.http.problems import Problem
from notify.commands import codes as commands
from notify.context import Call
from notify.domain.codes import Verdict
from notify.limits import take_a_code, take_a_try
from saudi.malformed import Malformed
from saudi.mobiles import parse_mobile
from saudi.text import compact

NO_ADDRESS, EXAMPLE = "unknown", "203.0.113.7"
Body = Mapping[str, Any]
View = dict[str, Any]


def send_code(call: Call, body: Body) -> tuple[View, int]:
    holder = _holder(call, body)
    take_a_code(call, keys_of(call.session).index.key(holder.mobile), _address(body))
    code = commands.send_code(
        call.session,
        holder,
        language=body.get("language", "ar"),
        seconds=call.settings.code_seconds,
        caps=call.settings.caps,
        now=call.now,
    )
    again = call.now + timedelta(seconds=call.settings.code_again_seconds)
    return {"expires_at": rfc3339(code.expires_at), "resend_after": rfc3339(again)}, 201


def _address(body: Body) -> str | None:
    """The address as all limits count it: an IPv6 network, not each of its addresses. Raises InvalidFields."""
    if body.get("address") is None:
        return None
    source = source_of(body["address"], "", 0)
    if source == NO_ADDRESS:
        raise InvalidFields.of("address", "format", example=EXAMPLE)
    return source


def check_code(call: Call, body: Body) -> View | Problem:
    """A wrong code is answered by a Problem that's returned, since the try has to be written."""
    holder = _holder(call, body)
    take_a_try(call, keys_of(call.session).index.key(holder.mobile))
    verdict, left = commands.check_code(
        call.session,
        holder,
        compact(body["code"]),
        most_tries=call.settings.code_tries,
        now=call.now,
    )
    if verdict is Verdict.RIGHT:
        return {"confirmed_at": rfc3339(call.now)}
    if verdict is Verdict.WRONG:
        return Problem("code-not-right", params={"left": left})
    return Problem("code-over")


def _holder(call: Call, body: Body) -> commands.Holder:
    try:
        mobile = parse_mobile(body["mobile"])
    except Malformed as error:
        raise InvalidFields.of("mobile", error.code) from None
    return commands.Holder(call.actor.client_id, body["purpose"], mobile)
