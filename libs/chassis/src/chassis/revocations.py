"""Which tokens are void before they expire: a local table, fed by the topic `identity.revocation`."""

import time
from collections.abc import Callable
from threading import Lock

from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis.db import Database
from chassis.inbox import Received

TOPIC = "identity.revocation"
RECORDED = "sa.gov.qatif.identity.revocation.recorded.v1"
REFRESH_SECONDS = 1.0

_RECORD = text(
    """INSERT INTO token_revocation (kind, value, not_before, expires_at)
    VALUES (:kind, :value, :not_before, :expires_at)
    ON CONFLICT (kind, value) DO UPDATE SET
        not_before = greatest(excluded.not_before, token_revocation.not_before),
        expires_at = greatest(excluded.expires_at, token_revocation.expires_at)"""
)
_CURRENT = text(
    "SELECT kind, value, extract(epoch FROM not_before)::float FROM token_revocation WHERE expires_at > now()"
)
_PURGE = text("DELETE FROM token_revocation WHERE expires_at < now() - interval '1 hour'")


def record(session: Session, event: Received) -> None:
    """Handler of `identity.revocation`."""
    keys = ("kind", "value", "not_before", "expires_at")
    session.execute(_RECORD, {key: event.data[key] for key in keys})


HANDLERS: dict[str, dict[str, Callable[[Session, Received], None]]] = {TOPIC: {RECORDED: record}}


def purge(session: Session) -> None:
    """Forgets revocations of tokens that have expired by themselves."""
    session.execute(_PURGE)


class Revocations:
    """The current revocations in memory, at most a second old. A database that can't be read refuses the request."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = Lock()
        self._read_at = float("-inf")
        self._not_before: dict[tuple[str, str], float] = {}

    def is_revoked(self, names: dict[str, str], issued_at: float) -> bool:
        """Whether a token with these names ({"token": jti, "session": sid, "person": sub, …}) issued then is void."""
        current = self._current()
        return bool(current) and any(
            issued_at < current.get((kind, value), float("-inf")) for kind, value in names.items()
        )

    def _current(self) -> dict[tuple[str, str], float]:
        if time.monotonic() - self._read_at > REFRESH_SECONDS:
            with self._lock:
                if time.monotonic() - self._read_at > REFRESH_SECONDS:
                    began = time.monotonic()
                    with self._database.transaction() as session:
                        rows = session.execute(_CURRENT).all()
                    self._not_before = {(kind, value): since for kind, value, since in rows}
                    self._read_at = began
        return self._not_before
