"""What a process shares in memory: the recorder, the limits, and values that were read a moment ago."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Generic, TypeVar

from sqlalchemy.orm import Session

from chassis.core.outgoing import Outgoing
from chassis.core.times import rfc3339
from chassis.data.db import Database
from chassis.fast.quotas import BatchedQuotas
from partner_gateway.domain.grants import Grant
from partner_gateway.feed.reading import Feed
from partner_gateway.limits import Exports, Limits
from partner_gateway.queries.licences import Decisions
from partner_gateway.queries.partners import grant_in_force, grants_of
from partner_gateway.queries.permits import PERMITS_TOPIC, Permits, as_of
from partner_gateway.record.chain import Recorder
from partner_gateway.settings import Settings

Value = TypeVar("Value")


class Cached(Generic[Value]):
    """Keeps what `read(session, key)` returned for at most `seconds`."""

    def __init__(
        self, database: Database, read: Callable[[Session, str], Value], seconds: float
    ) -> None:
        self._database = database
        self._read = read
        self._seconds = seconds
        self._entries: dict[str, tuple[float, Value]] = {}

    def get(self, key: str) -> Value:
        """Raises OperationalError when the value is too old and can't be read."""
        now = time.monotonic()
        entry = self._entries.get(key)
        if entry is None or now - entry[0] > self._seconds:
            with self._database.separate_statements() as session:
                entry = (now, self._read(session, key))
            self._entries[key] = entry
        return entry[1]


class Resources:
    """Made once per process, after the fork."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.recorder = Recorder(database)
        self.limits = Limits(settings, BatchedQuotas(database))
        self.permits = Permits(database, settings)
        self.feed = Feed(database, settings.documents, settings.feed_cursors)
        self.outgoing = Outgoing(settings)
        self.database = database
        self.decisions = Decisions(database)
        self.exports = Exports(max(1, settings.threads // 4))
        self._grants = Cached(database, grants_of, settings.grant_seconds)
        self._as_of = Cached(database, as_of, settings.as_of_seconds)

    def grant(self, organisation: str, now: datetime) -> Grant | None:
        """Returns the organisation's grant in force, else its newest grant, else None."""
        return grant_in_force(self._grants.get(organisation), now)

    def as_of(self, topic: str = PERMITS_TOPIC) -> datetime | None:
        """Returns the time up to which the read model of a topic is complete."""
        return self._as_of.get(topic)

    def shown_as_of(self, topic: str) -> str | None:
        """Returns that time as answers show it."""
        moment = self.as_of(topic)
        return rfc3339(moment) if moment else None
