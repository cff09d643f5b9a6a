"""What the operations of one web worker share in memory."""

from datetime import datetime

from chassis.db import Database
from chassis.quotas import Quotas
from partner_gateway import queries
from partner_gateway.domain import Grant
from partner_gateway.limits import Limits
from partner_gateway.record import Recorder
from partner_gateway.settings import Settings


class Parts:
    """Made once per worker, after the fork."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.recorder = Recorder(database)
        self.limits = Limits(settings, Quotas(database))
        self.permits = queries.Permits(database, settings)
        self._grants = queries.Remembered(database, queries.grants_of, settings.grant_seconds)
        self._as_of = queries.Remembered(database, queries.as_of, settings.as_of_seconds)

    def grant(self, organisation: str, now: datetime) -> Grant | None:
        """The organisation's grant in force, its newest one otherwise, or None."""
        return queries.grant_in_force(self._grants.get(organisation), now)

    def as_of(self) -> datetime | None:
        """The time up to which the read model is complete."""
        return self._as_of.get(queries.PERMITS_TOPIC)
