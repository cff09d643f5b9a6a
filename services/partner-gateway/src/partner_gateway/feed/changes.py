"""A change joins the feed in the transaction that projects it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from chassis.core.times import rfc3339
from chassis.data.wakeup import Channel
from partner_gateway.models import FeedEvent

APPENDED = Channel("feed")  # wakes the sequencer: changes without a place
PLACED = Channel("placed")  # wakes those who wait for changes
TO_POST = Channel("webhooks")  # wakes the poster of webhooks: changes with a place, and challenges

# Of the table: an insert of mapped objects costs several times as much.
_TABLE: Any = FeedEvent.__table__
_APPEND = postgresql.insert(_TABLE).on_conflict_do_nothing(index_elements=["event_id"]).inline()


@dataclass(frozen=True, kw_only=True)
class Change:
    """A change of a thing, as its audiences are told.

    `event_id` is the event's own; `subject` is the thing's id, a UUID, `sequence` its version and `number` its number
    as printed, None before it has one; `path` is where this service shows its present state. `data` holds what the
    audiences may see, and nothing else: it's kept sealed. `about`: the thing that the record names to those who ask who
    looked, where it isn't the subject.
    """

    event_id: str
    type: str
    source: str
    audiences: Collection[str]
    subject: str
    number: str | None
    path: str
    sequence: int
    time: datetime
    data: dict[str, Any]
    about: str | None = None

    def document(self, public_url: str) -> dict[str, Any]:
        """Returns the CloudEvent that readers get."""
        return {
            "specversion": "1.0",
            "id": self.event_id,
            "source": self.source,
            "type": self.type,
            "subject": self.subject,
            "time": rfc3339(self.time),
            "datacontenttype": "application/json",
            "sequence": str(self.sequence),
            "number": self.number,
            "link": public_url + self.path,
            "data": self.data,
        }


def append(session: Session, change: Change, *, public_url: str) -> None:
    """Adds the change to this transaction; an event that's in the feed already is left as it is. Its place comes after
    the commit (partner_gateway.feed.sequencer)."""
    append_all(session, [change], public_url=public_url)


def append_all(session: Session, changes: Sequence[Change], *, public_url: str) -> None:
    """Adds several changes to this transaction, in their order."""
    if changes:
        session.execute(_APPEND, [_row(one, public_url) for one in changes])
        APPENDED.wake_after_commit(session)


def _row(change: Change, public_url: str) -> dict[str, Any]:
    return {
        "event_id": change.event_id,
        "audiences": sorted(set(change.audiences)),
        "type": change.type,
        "subject": change.subject,
        "about": change.about,
        "number": change.number,
        "path": change.path,
        "at": change.time,
        "document": change.document(public_url),
    }
