"""Systems of the municipality that send via notify: their keys, and the receipts that are posted to them.

A key's text ends in the service's UUID, a hyphen and the key's secret, which is a UUID too. Clients of GOV.UK Notify
take the text apart from its end, and sign each request with the secret. A callback's body is GOV.UK Notify's delivery
receipt.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from chassis.core.refusals import Conflict

_NOT_IN_NAMES = re.compile(r"[^a-z0-9_]+")


class KeyKind(StrEnum):
    """The kinds of keys. A request with a `test` key is answered as usual, and no text is sent."""

    NORMAL = "normal"
    TEST = "test"


class KeyIsWithdrawn(Conflict):
    """The key is withdrawn already."""

    problem = "key-is-withdrawn"


def key_text(name: str, service_id: str, secret: str) -> str:
    """Returns the text of a key, which is shown once: `name-<service>-<secret>`."""
    slug = _NOT_IN_NAMES.sub("_", name.casefold()).strip("_") or "key"
    return f"{slug}-{service_id}-{secret}"


class ApiServiceNameTaken(Conflict):
    """Another system has the name."""

    problem = "api-service-name-taken"


class ApiKeyNameTaken(Conflict):
    """Another key in use of the system has the name."""

    problem = "api-key-name-taken"


class NoCallback(Conflict):
    """The system has no address for receipts."""

    problem = "no-callback"


TOO_MANY_REQUESTS = 429


class CallbackState(StrEnum):
    """The states of a callback. `waiting`: for its next attempt; `refused`: by a final answer."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    REFUSED = "refused"
    GIVEN_UP = "given_up"


def state_after(status: int | None, attempts: int, most_attempts: int) -> CallbackState:
    """Returns the state after an attempt. `status`: None without an answer. An answer of 4xx except 429 is final, and
    so is a redirect, which is never followed."""
    if status is not None and 200 <= status < 300:
        return CallbackState.DELIVERED
    final = status is not None and status < 500 and status != TOO_MANY_REQUESTS
    if final:
        return CallbackState.REFUSED
    return CallbackState.WAITING if attempts < most_attempts else CallbackState.GIVEN_UP


def receipt_body(
    facts: Mapping[str, Any], template_id: str, template_version: int
) -> dict[str, Any]:
    """Returns the body of a receipt, from `notifications.facts`."""
    same = ("id", "reference", "status", "created_at", "completed_at", "sent_at")
    return {
        **{name: facts[name] for name in same},
        "to": facts["phone_number"],
        "notification_type": facts["type"],
        "template_id": template_id,
        "template_version": template_version,
    }
