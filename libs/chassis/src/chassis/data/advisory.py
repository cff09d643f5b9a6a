"""Locks on things that have no row yet, or no single one."""

import hashlib

from sqlalchemy import text
from sqlalchemy.orm import Session

_LOCK = text("SELECT pg_advisory_xact_lock(:key)")


def one_at_a_time(session: Session, what: str, key: str) -> None:
    """Whoever does the same with the same `key` at the same moment waits here until the transaction ends. The database
    is told a hash alone, so the key may be a person's number."""
    digest = hashlib.sha256(f"{what}/{key}".encode()).digest()
    session.execute(_LOCK, {"key": int.from_bytes(digest[:8], signed=True)})
