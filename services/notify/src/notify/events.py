"""What is published: what may be said of a message, built from its record. Neither number nor text is in it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chassis.core.cloudevents import Event


def message_event(happened: str, record: Mapping[str, Any], version: int, now: datetime) -> Event:
    """`happened` is the past participle of a type of the topic notify.message."""
    return Event(
        type=f"sa.gov.qatif.notify.message.{happened}.v1",
        topic="notify.message",
        aggregate_type="message",
        aggregate_id=record["message_id"],
        version=version,
        data=dict(record),
        time=now,
    )
