"""The issuer's public keys in the service's own database, for a start while the issuer is away."""

import json
from typing import Any

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from chassis.data.db import Database

# No older than the news of revocations: a revocation of a key stays on its topic for two days.
_READ = text(
    "SELECT keys FROM issuer_keys WHERE jwks_url = :url AND fetched_at > now() - interval '2 days'"
)
_WRITE = text(
    """INSERT INTO issuer_keys (jwks_url, keys, fetched_at) VALUES (:url, CAST(:keys AS jsonb), now())
    ON CONFLICT (jwks_url) DO UPDATE SET keys = excluded.keys, fetched_at = excluded.fetched_at
    WHERE issuer_keys.keys <> excluded.keys OR issuer_keys.fetched_at < now() - interval '1 hour'"""
)

log = structlog.get_logger(__name__)


class KeptKeys:
    """The key set (RFC 7517) that was fetched last. A database that's away causes a log line, no failed request."""

    def __init__(self, database: Database, url: str) -> None:
        self._database = database
        self._url = url

    def read(self) -> Any:
        """Returns the set as it was published; None when there's none of the last two days."""
        try:
            with self._database.transaction() as session:
                found = session.scalar(_READ, {"url": self._url})
        except SQLAlchemyError as error:
            log.warning("auth.kept_keys_away", error=type(error).__name__)
            return None
        return found

    def write(self, keys: dict[str, Any]) -> None:
        """Writes the set if it differs from the kept one, else once an hour."""
        try:
            with self._database.transaction() as session:
                session.execute(_WRITE, {"url": self._url, "keys": json.dumps(keys)})
        except SQLAlchemyError as error:
            log.warning("auth.kept_keys_away", error=type(error).__name__)
