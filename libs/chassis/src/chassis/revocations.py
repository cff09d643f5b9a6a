"""Which tokens are void before they expire: a local table, fed by the topic `identity.revocation`.

The same topic brings a heartbeat: everything that was revoked before its time has been published before it, in the one
partition. A service that hasn't heard one for a while can't know who is void, and says so instead of guessing.
"""

import time
from collections.abc import Callable
from threading import Lock
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis.db import Database
from chassis.inbox import Received

TOPIC = "identity.revocation"
RECORDED = "sa.gov.qatif.identity.revocation.recorded.v1"
CONFIRMED = "sa.gov.qatif.identity.revocation.confirmed.v1"
# Outbox, Kafka and consumer take a quarter to half a second: with this, two seconds are kept with a second to spare.
REFRESH_SECONDS = 0.5

_RECORD = text(
    """INSERT INTO token_revocation (kind, value, not_before, expires_at)
    VALUES (:kind, :value, :not_before, :expires_at)
    ON CONFLICT (kind, value) DO UPDATE SET
        not_before = greatest(excluded.not_before, token_revocation.not_before),
        expires_at = greatest(excluded.expires_at, token_revocation.expires_at)"""
)
_CONFIRM = text(
    "UPDATE revocation_view SET complete_until = greatest(complete_until, CAST(:complete_until AS timestamptz))"
)
_CURRENT = text(
    "SELECT kind, value, extract(epoch FROM not_before)::float FROM token_revocation WHERE expires_at > now()"
)
_AGE = text("SELECT extract(epoch FROM now() - complete_until)::float FROM revocation_view")
_PURGE = text("DELETE FROM token_revocation WHERE expires_at < now() - interval '1 hour'")


class RevocationsUnknown(Exception):
    """Nothing was heard of revocations for so long that a token in hand may have been void for a while."""

    problem = "unavailable"


def record(session: Session, event: Received) -> None:
    """Handler of a revocation."""
    keys = ("kind", "value", "not_before", "expires_at")
    session.execute(_RECORD, {key: event.data[key] for key in keys})


def confirm(session: Session, event: Received) -> None:
    """Handler of the heartbeat: what was revoked before `complete_until` has been here."""
    session.execute(_CONFIRM, {"complete_until": event.data["complete_until"]})


HANDLERS: dict[str, dict[str, Callable[[Session, Received], None]]] = {
    TOPIC: {RECORDED: record, CONFIRMED: confirm}
}


def purge(session: Session) -> None:
    """Forgets revocations of tokens that have expired by themselves."""
    session.execute(_PURGE)


class _View(NamedTuple):
    read_at: float
    age: float
    not_before: dict[tuple[str, str], float]


class Revocations:
    """The current revocations in memory, at most half a second old. A database that can't be read refuses the request.

    `staleness_seconds`: how long ago the last heartbeat may be; 0 asks for none, for the service that records the
    revocations itself.
    """

    def __init__(self, database: Database, *, staleness_seconds: float = 0.0) -> None:
        self._database = database
        self._staleness = staleness_seconds
        self._lock = Lock()
        self._view = _View(float("-inf"), 0.0, {})

    def is_revoked(self, names: dict[str, str], issued_at: float) -> bool:
        """Whether a token with these names ({"token": jti, "session": sid, "person": sub, …}) issued then is void.

        Raises RevocationsUnknown when that can't be known.
        """
        view = self._current()
        if self._staleness and view.age > self._staleness:
            raise RevocationsUnknown(f"nothing heard for {view.age:.0f} s")
        current = view.not_before
        return bool(current) and any(
            issued_at < current.get((kind, value), float("-inf")) for kind, value in names.items()
        )

    def _current(self) -> _View:
        if time.monotonic() - self._view.read_at > REFRESH_SECONDS:
            with self._lock:
                if time.monotonic() - self._view.read_at > REFRESH_SECONDS:
                    self._view = self._read()
        return self._view

    def _read(self) -> _View:
        began = time.monotonic()
        with self._database.transaction() as session:
            rows = session.execute(_CURRENT).all()
            age = session.scalar(_AGE) if self._staleness else 0.0
        never = float("inf") if age is None else age
        return _View(began, never, {(kind, value): since for kind, value, since in rows})
