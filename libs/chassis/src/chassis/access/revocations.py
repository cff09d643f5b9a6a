"""Which tokens are void before they expire: a local table, fed by the topic `identity.revocation`.

The same topic brings a heartbeat: everything that was revoked before its time has been published before it, in the one
partition. A service without a recent heartbeat can't know which tokens are void, and refuses them instead of guessing.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from threading import Lock
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis.core.cloudevents import Received
from chassis.core.context import Context
from chassis.core.refusals import Refusal
from chassis.data.db import Database

TOPIC = "identity.revocation"
RECORDED = "sa.gov.qatif.identity.revocation.recorded.v1"
CONFIRMED = "sa.gov.qatif.identity.revocation.confirmed.v1"
# The kind of a revocation that names a signing key. It's for good: a thief signs with any `iat`.
KEY = "key"
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
_SINCE = text(
    """SELECT EXISTS (SELECT FROM token_revocation JOIN unnest(CAST(:kinds AS text[]), CAST(:values AS text[]))
        AS named (kind, value) USING (kind, value)
    WHERE expires_at > now() AND not_before > to_timestamp(:issued_at))"""
)
_EVER_SINCE = text(
    """SELECT EXISTS (SELECT FROM token_revocation JOIN unnest(CAST(:kinds AS text[]), CAST(:values AS text[]))
        AS named (kind, value) USING (kind, value)
    WHERE not_before > :since)"""
)
_AGE = text("SELECT extract(epoch FROM now() - complete_until)::float FROM revocation_view")
_PURGE = text("DELETE FROM token_revocation WHERE expires_at < now() - interval '1 hour'")


class RevocationsUnknown(Exception):
    """The last heartbeat is so old that a token may have been void for a while."""

    problem = "unavailable"


class RevokedSince(Refusal):
    """The token was let in, and a transaction that is over has revoked it since."""

    problem = "unauthorized"


def record(context: Context[Any, Any], event: Received) -> None:
    """Handler of a revocation."""
    keep(context.session, event.data)


def keep(session: Session, revocation: Mapping[str, Any]) -> None:
    """Voids what a revocation names: `kind`, `value`, `not_before`, `expires_at`."""
    keys = ("kind", "value", "not_before", "expires_at")
    session.execute(_RECORD, {key: revocation[key] for key in keys})


def confirm(context: Context[Any, Any], event: Received) -> None:
    """Handler of the heartbeat: all that was revoked before `complete_until` has arrived."""
    context.session.execute(_CONFIRM, {"complete_until": event.data["complete_until"]})


HANDLERS: dict[str, dict[str, Callable[[Context[Any, Any], Received], None]]] = {
    TOPIC: {RECORDED: record, CONFIRMED: confirm}
}


def require_current(session: Session, names: Iterable[tuple[str, str]], issued_at: float) -> None:
    """The same as `Revocations.is_revoked`, of what is committed at this moment: for a command with an effect that
    outlives its token. Raises RevokedSince."""
    kinds, values = zip(*names, strict=True)
    asked = {"kinds": [*kinds], "values": [*values], "issued_at": issued_at}
    if session.scalar(_SINCE, asked):
        raise RevokedSince


def was_revoked_since(session: Session, names: Iterable[tuple[str, str]], since: datetime) -> bool:
    """Returns whether one of the names was revoked after `since`, for work that goes on after its token has expired. A
    revocation is known for an hour after the last token that it voids has expired: ask within an hour."""
    kinds, values = zip(*names, strict=True)
    asked = {"kinds": [*kinds], "values": [*values], "since": since}
    return bool(session.scalar(_EVER_SINCE, asked))


def purge(session: Session) -> None:
    """Forgets revocations of tokens that have expired by themselves."""
    session.execute(_PURGE)


class _View(NamedTuple):
    read_at: float
    age: float
    not_before: dict[tuple[str, str], float]
    keys: frozenset[str] = frozenset()


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

    def is_revoked(self, names: Iterable[tuple[str, str]], issued_at: float) -> bool:
        """Returns whether a token with these names (("token", jti), ("person", sub), ("key", kid), …) issued then is
        void.

        Raises RevocationsUnknown without a recent heartbeat.
        """
        view = self._current()
        if self._is_stale(view):
            raise RevocationsUnknown(f"nothing heard for {view.age:.0f} s")
        current = view.not_before
        return bool(current) and any(issued_at < current.get(name, float("-inf")) for name in names)

    def are_stale(self) -> bool:
        """Returns whether the last heartbeat is older than `staleness_seconds`."""
        return self._is_stale(self._current())

    def _is_stale(self, view: _View) -> bool:
        return bool(self._staleness) and view.age > self._staleness

    @property
    def keys(self) -> frozenset[str]:
        """Returns the ids of the signing keys that were revoked, as `is_revoked` saw them last."""
        return self._view.keys

    def _current(self) -> _View:
        if time.monotonic() - self._view.read_at > REFRESH_SECONDS:
            with self._lock:
                if time.monotonic() - self._view.read_at > REFRESH_SECONDS:
                    self._view = self._read()
        return self._view

    def _read(self) -> _View:
        began = time.monotonic()
        with self._database.separate_statements() as session:
            rows = session.execute(_CURRENT).all()
            age = session.scalar(_AGE) if self._staleness else 0.0
        never = float("inf") if age is None else age
        keys = frozenset(value for kind, value, _ in rows if kind == KEY)
        return _View(began, never, {(kind, value): since for kind, value, since in rows}, keys)
