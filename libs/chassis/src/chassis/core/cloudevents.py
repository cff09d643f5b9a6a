"""`Event`, to be published, and `Received`, from a topic: CloudEvents 1.0 as plain records."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Event:
    """What happened to an aggregate, with its whole public state in `data`.

    `version` is the aggregate's version after the change, and the event's `sequence`.
    """

    type: str
    topic: str
    aggregate_type: str
    aggregate_id: str
    version: int
    data: dict[str, Any]
    time: datetime


@dataclass(frozen=True, kw_only=True)
class Received:
    """An event as a handler gets it. `sequence` is the aggregate's version, `subject` its id."""

    id: str
    type: str
    subject: str
    sequence: int
    time: datetime
    data: dict[str, Any]
