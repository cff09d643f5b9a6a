"""Carries out an operation once for each Idempotency-Key of a caller, where its contract asks for that header.

The parameter is the whole declaration: `$ref: 'common.yaml#/components/parameters/IdempotencyKey'`. Validation refuses
a request without it, and the operation itself never sees it. `OptionalIdempotencyKey` serves operations whose callers
are older than the parameter: a request without a key is carried out each time.
"""

import inspect
import json
from collections.abc import Awaitable, Callable
from typing import Any

from chassis.call import Call
from chassis.core import contracts
from chassis.data import idempotency
from chassis.data.idempotency import Answer, KeyedRequest

HEADER = "Idempotency-Key"
ARGUMENT = "idempotency_key"
# Marks an answer that was given before.
REPLAYED = "Idempotency-Replayed"
CarryOut = Callable[[], Awaitable[Answer]]
OnReplayed = Callable[[Call[Any, Any], str], object]


def operations(service: str) -> frozenset[str]:
    """Returns the operations of a contract that are carried out once for each key."""
    return frozenset(
        item[method]["operationId"]
        for item in contracts.openapi(service)["paths"].values()
        for method in contracts.METHODS
        if method in item and _asks_for_key(service, item, item[method])
    )


def _asks_for_key(service: str, item: dict[str, Any], operation: dict[str, Any]) -> bool:
    shared = contracts.openapi(service)["components"].get("parameters", {})
    listed = [*item.get("parameters", ()), *operation.get("parameters", ())]
    declared = [shared[one["$ref"].rsplit("/", 1)[1]] if "$ref" in one else one for one in listed]
    return any(one["in"] == "header" and one["name"] == HEADER for one in declared)


async def carry_out_once(
    call: Call[Any, Any],
    arguments: dict[str, Any],
    carry_out: CarryOut,
    on_replayed: OnReplayed | None,
) -> Answer:
    """Returns the operation's answer, or the answer that was kept for this key. Removes the key from the arguments.

    Only a success is kept: after a refusal the same key may be sent again. Raises KeyInUse, KeyUsed.
    """
    key = arguments.pop(ARGUMENT, None)
    if key is None:
        return await carry_out()
    keyed = KeyedRequest(
        _owner_of(call), key.strip('"'), request_text(call.operation_id, arguments)
    )
    if (kept := idempotency.begin(call.session, keyed, call.now)) is not None:
        if on_replayed is not None:
            noted = on_replayed(call, call.operation_id)
            if inspect.isawaitable(noted):
                await noted
        return Answer(kept.status, {**kept.headers, REPLAYED: "true"}, kept.body)
    answer = await carry_out()
    if answer.status < 400:
        idempotency.keep(call.session, keyed, answer, call.now)
    return answer


def _owner_of(call: Call[Any, Any]) -> tuple[str, ...]:
    """Returns the names of the caller, to whom the key belongs. People without an account share one owner: an address
    changes between a request and its repetition, and a random key is nobody else's."""
    caller = call.caller
    return (caller.organisation, caller.client_id, caller.subject) if caller else ("public",)


def request_text(operation_id: str, arguments: dict[str, Any]) -> bytes:
    """Returns the operation, its path and its body as one text, to compare a repeated request with the first one.

    White space doesn't count, nor do other headers: a preference to wait changes nothing that is carried out.
    """
    asked = {name: value for name, value in arguments.items() if name not in _PREFERENCES}
    return json.dumps([operation_id, asked], sort_keys=True, default=_to_text).encode()


_PREFERENCES = frozenset({"prefer"})


def _to_text(value: Any) -> Any:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
