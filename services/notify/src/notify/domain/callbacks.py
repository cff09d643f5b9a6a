"""Callbacks to the systems that send by us: what is said of a message, and when it's said again.

The body is GOV.UK Notify's delivery receipt.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

TOO_MANY_REQUESTS = 429


class State(StrEnum):
    """`waiting` for its next attempt, `delivered`, `refused` by an answer that will not change, `given_up`."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    REFUSED = "refused"
    GIVEN_UP = "given_up"


def state_after(status: int | None, attempts: int, most_attempts: int) -> State:
    """The state after an attempt; `status` is None when no answer came. An answer of 4xx is final, but for 429; so is
    a redirect, which is never followed."""
    if status is not None and 200 <= status < 300:
        return State.DELIVERED
    final = status is not None and status < 500 and status != TOO_MANY_REQUESTS
    if final:
        return State.REFUSED
    return State.WAITING if attempts < most_attempts else State.GIVEN_UP


def next_attempt(now: datetime, seconds: float) -> datetime:
    """When a callback that failed is said again."""
    return now + timedelta(seconds=seconds)


def receipt(facts: Mapping[str, Any], template_id: str, template_version: int) -> dict[str, Any]:
    """The body, of what the API tells of a message."""
    same = ("id", "reference", "status", "created_at", "completed_at", "sent_at")
    return {
        **{name: facts[name] for name in same},
        "to": facts["phone_number"],
        "notification_type": facts["type"],
        "template_id": template_id,
        "template_version": template_version,
    }
