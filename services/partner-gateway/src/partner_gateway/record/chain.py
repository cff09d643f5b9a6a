"""The record of who looked: each query is a row, durable before its answer leaves; each commit is a link of a chain.

Every worker has a chain of its own, so that workers don't wait for each other. Requests in hand together share
a commit."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Any, Protocol
from uuid import UUID

from chassis.access.auth import Caller
from chassis.core.ids import new_id
from chassis.data.db import Database
from chassis.fast.batching import Loader
from chassis.fast.pipeline import Pipeline, parameter

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
# The rows are sent as the JSON that is hashed: so the stored columns are the hashed ones, and one parameter costs less
# than sixteen.
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
    """The query's row isn't known to be durable, so the query isn't answered."""

    problem = "audit-unavailable"


class Question(Protocol):
    """A question: its kinds, and its filters as the record keeps them."""

    @property
    def kinds(self) -> Sequence[str]: ...
    def filters(self) -> dict[str, str]: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Access:
    """A query or submission: caller, question, decision, and the ids of the things in the answer: permits,
    applications, licences. `result_count` where the ids aren't listed, as for an export."""

    caller: Caller
    at: datetime
    operation: str
    decision: str
    query: Question | None = None
    purpose: str | None = None
    case_reference: str | None = None
    reason: str | None = None
    permit_ids: Sequence[str] = field(default=())
    result_count: int | None = None

    def row(self) -> str:
        """Returns the row as canonical JSON: an array of the columns as PostgreSQL writes them, times in RFC 3339
        and UTC."""
        caller, filters = self.caller, self.query.filters() if self.query else {}
        civil_id_key = filters.pop("civil_id_key", None)
        count = len(self.permit_ids) if self.result_count is None else self.result_count
        return canonical(
            self.at, caller.organisation, caller.client_id, caller.subject, caller.sid, caller.jti, self.operation,
            self.query.kinds if self.query else [], filters, civil_id_key, self.purpose, self.case_reference,
            self.decision, self.reason, count, self.permit_ids,
        )  # fmt: skip


def canonical(*columns: Any) -> str:
    """Returns the columns of a row as the JSON that is stored and hashed."""
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
    """Returns the hash before a chain's first link."""
    return hashlib.sha256(UUID(chain).bytes).digest()


def link_hash(previous: bytes, row_hashes: Sequence[bytes]) -> bytes:
    """Returns the hash of a link: over the previous link's hash and the rows'."""
    return hashlib.sha256(previous + b"".join(row_hashes)).digest()


class Recorder:
    """Writes one worker's rows. Safe for several threads: one writes at a time, so that each link follows the last."""

    def __init__(self, database: Database) -> None:
        self._pipeline = Pipeline(database)
        self._lock = Lock()
        # After the reads of all requests in hand, so that they share the commit.
        self._loader: Loader[Access, None] = Loader(self._add_all, rank=1)
        self._begin()

    async def add(self, access: Access) -> None:
        """Returns when the row is durable, in one commit with the other requests in hand. Raises Unrecorded."""
        await self._loader.load(access)

    def write(self, access: Access) -> None:
        """Writes the row in a commit of its own, for an operation that has a thread. Raises Unrecorded."""
        self._add_all([access])

    def _add_all(self, accesses: Sequence[Access]) -> list[None]:
        rows = [access.row() for access in accesses]
        try:
            with self._lock:
                self._write(rows)
        except Exception as error:
            raise Unrecorded from error
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
            # The link may be stored all the same: it's never tried twice, and the worker goes on with a new chain.
            self._begin()
            raise
        self._link, self._hash = link, digest
