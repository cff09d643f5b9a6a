"""The record of who looked: each query is a row, durable before its answer leaves; each commit is a link of a chain.

Every worker has a chain of its own, so that none waits for another one's. Requests that come while a commit is under
way share the next one (chassis.group_commit).
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.auth import Caller
from chassis.batching import Loader
from chassis.db import Database
from chassis.group_commit import GroupCommit, NotWritten
from chassis.ids import new_id
from chassis.pipeline import Pipeline, parameter
from partner_gateway.domain import Query

MOST_ROWS = 64  # in a link
COLUMNS = (
    "at organisation client_id subject sid jti operation query_kinds filters civil_id_key purpose case_reference"
    " decision reason result_count permit_ids"
).split()
_TYPES = {
    "at": "timestamptz",
    "query_kinds": "text[]",
    "filters": "jsonb",
    "result_count": "integer",
    "permit_ids": "uuid[]",
}
_VALUES = ", ".join(f"(row->>{n})::{_TYPES.get(name, 'text')}" for n, name in enumerate(COLUMNS))
# The rows travel as the JSON that is hashed: what's kept is what was hashed, and one parameter costs less than sixteen.
# $1 the chain, $2 the link, $3 how many rows, $4 the hash, $5 the rows.
_ADD = f"""
WITH chain AS (INSERT INTO access_chain (chain) VALUES ($1) ON CONFLICT DO NOTHING),
link AS (INSERT INTO access_link (chain, link, rows, hash) VALUES ($1, $2, $3, $4))
INSERT INTO access_log (chain, link, place, {", ".join(COLUMNS)})
SELECT $1, $2, place - 1, {_VALUES}
FROM unnest($5::text[]::jsonb[]) WITH ORDINALITY AS given (row, place)
"""  # noqa: S608 - of the names above
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Unrecorded(Exception):
    """The query's row isn't known to be durable: it isn't answered."""

    problem = "audit-unavailable"


@dataclass(frozen=True, kw_only=True, slots=True)
class Access:
    """One query: who asked what, how it was decided, and which permits were in the answer."""

    caller: Caller
    at: datetime
    operation: str
    decision: str
    query: Query | None = None
    purpose: str | None = None
    case_reference: str | None = None
    reason: str | None = None
    permit_ids: Sequence[str] = field(default=())

    def row(self) -> str:
        """The row as canonical JSON: an array of the columns as PostgreSQL writes them, times in RFC 3339 and UTC."""
        caller, filters = self.caller, self.query.filters() if self.query else {}
        civil_id_key = filters.pop("civil_id_key", None)
        return canonical(
            self.at, caller.organisation, caller.client_id, caller.subject, caller.sid, caller.jti, self.operation,
            self.query.kinds if self.query else [], filters, civil_id_key, self.purpose, self.case_reference,
            self.decision, self.reason, len(self.permit_ids), self.permit_ids,
        )  # fmt: skip


def canonical(*columns: Any) -> str:
    """The columns of a row as the JSON that is stored and hashed."""
    at, organisation, client_id, subject, sid, jti, operation, kinds, filters, *others, ids = (
        columns
    )
    asked = _encode(dict(sorted(filters.items())))
    return _encode(
        [
            at.isoformat(), organisation, client_id, subject, sid, jti, operation, "{" + ",".join(kinds) + "}",
            asked, *others, "{" + ",".join(ids) + "}",
        ]
    )  # fmt: skip


def row_hash(row: str) -> bytes:
    """SHA-256 of a row's canonical JSON."""
    return hashlib.sha256(row.encode()).digest()


def first_hash(chain: str) -> bytes:
    """What stands before a chain's first link."""
    return hashlib.sha256(UUID(chain).bytes).digest()


def link_hash(previous: bytes, row_hashes: Sequence[bytes]) -> bytes:
    """The hash of a link: of the one before and of its rows."""
    return hashlib.sha256(previous + b"".join(row_hashes)).digest()


class Recorder:
    """Writes one worker's rows."""

    def __init__(self, database: Database) -> None:
        self._pipeline = Pipeline(database)
        self._commits: GroupCommit[str] = GroupCommit(self._write, most=MOST_ROWS)
        # After all that the other requests in hand read, so that they share the commit.
        self._loader: Loader[Access, None] = Loader(self._add_all, rank=1)
        self._begin()

    def add(self, *accesses: Access) -> None:
        """Returns when the rows are durable. Raises Unrecorded."""
        rows = [access.row() for access in accesses]
        try:
            self._commits.add(*rows)
        except NotWritten as error:
            raise Unrecorded from error

    async def add_with_others(self, access: Access) -> None:
        """The same, in one commit with the requests in hand."""
        await self._loader.load(access)

    def _add_all(self, accesses: Sequence[Access]) -> list[None]:
        self.add(*accesses)
        return [None] * len(accesses)

    def _begin(self) -> None:
        self._chain = new_id()
        self._link = 0
        self._hash = first_hash(self._chain)

    def _write(self, rows: Sequence[str]) -> None:
        link, digest = self._link + 1, link_hash(self._hash, [row_hash(row) for row in rows])
        try:
            self._pipeline.run_one(
                _ADD,
                parameter(self._chain),
                parameter(link),
                parameter(len(rows)),
                parameter(digest),
                parameter(rows),
            )
        except BaseException:
            # It may be stored all the same: a link is never tried twice, the worker goes on with a new chain.
            self._begin()
            raise
        self._link, self._hash = link, digest
