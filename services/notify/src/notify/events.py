"""Builds the events of messages from their records. An event holds neither number nor text."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chassis.core.cloudevents import Event


def message_event(happened: str, record: Mapping[str, Any], version: int, now: datetime) -> Event:
    """Builds an event of notify.message. `happened`: the verb of its type."""
    return Event(
        type=f"sa.gov.qatif.notify.message.{happened}.v1",
        topic="notify.message",
        aggregate_type="message",
        aggregate_id=record["message_id"],
        version=version,
        data=dict(record),
        time=now,
    )
