"""The chain over the record of queries: linked behind the writers, so that none waits for another."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

GENESIS = bytes(32)
_LOCK = text("SELECT pg_try_advisory_xact_lock(0x4143)")
_LAST = text("SELECT position, hash FROM access_chain ORDER BY position DESC LIMIT 1")
_WAITING = text(
    "SELECT l.* FROM access_log_unchained u JOIN access_log l ON l.id = u.log_id ORDER BY l.id LIMIT 5000"
)
_LINK = text("INSERT INTO access_chain (position, log_id, hash) VALUES (:position, :log_id, :hash)")
_LINKED = text("DELETE FROM access_log_unchained WHERE log_id = ANY(:ids)")
_CHAIN = text(
    """SELECT c.position AS chain_position, c.log_id AS chain_log_id, c.hash AS chain_hash, l.* FROM access_chain c
    LEFT JOIN access_log l ON l.id = c.log_id ORDER BY c.position"""
)
_UNLINKED = text(
    """SELECT count(*) FROM access_log l WHERE NOT EXISTS (SELECT 1 FROM access_chain c WHERE c.log_id = l.id)
    AND NOT EXISTS (SELECT 1 FROM access_log_unchained u WHERE u.log_id = l.id)"""
)


def link(session: Session) -> int:
    """Links the rows that wait, in one process at a time; answers how many."""
    if not session.scalar(_LOCK):
        return 0
    rows = session.execute(_WAITING).all()
    last = session.execute(_LAST).one_or_none()
    position, previous = (last.position, bytes(last.hash)) if last else (0, GENESIS)
    links = []
    for row in rows:
        position, previous = position + 1, link_hash(previous, row)
        links.append({"position": position, "log_id": row.id, "hash": previous})
    if links:
        session.execute(_LINK, links)
        session.execute(_LINKED, {"ids": [row.id for row in rows]})
    return len(links)


def link_hash(previous: bytes, row: Row[Any]) -> bytes:
    """SHA-256 of the link before and the row as canonical JSON."""
    skipped = {"chain_position", "chain_log_id", "chain_hash"}
    fields = {name: value for name, value in row._mapping.items() if name not in skipped}
    canonical = json.dumps(fields, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(previous + canonical.encode()).digest()


def verify(session: Session) -> Iterator[str]:
    """Says each thing that's wrong with the record: a changed, missing, swapped or unlinked row."""
    expected, previous = 1, GENESIS
    for row in session.execute(_CHAIN.execution_options(yield_per=10_000)):
        if row.chain_position != expected:
            yield f"link {expected} is missing"
            expected = row.chain_position
        if row.id is None:
            yield f"row {row.chain_log_id} is missing (link {expected})"
        elif link_hash(previous, row) != bytes(row.chain_hash):
            yield f"row {row.id} or link {expected} was changed"
        previous = bytes(row.chain_hash)
        expected += 1
    unlinked = session.scalar(_UNLINKED)
    if unlinked:
        yield f"{unlinked} rows have no link and don't wait for one"
