"""Pages of permits: stored documents, opened and joined unchanged.

The hot path: a page is one prepared statement without a transaction of its own, in one round trip with those of the
other requests in hand.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from psycopg.pq.abc import PGresult
from sqlalchemy.exc import OperationalError

from chassis.data.db import Database
from chassis.fast.batching import Loader
from chassis.fast.pipeline import Pipeline, Statement, day, parameter
from partner_gateway.domain import (
    Grant,
    Query,
    absences,
    buildings,
    document_context,
    granted_fields,
)
from partner_gateway.domain.words import STATUSES
from partner_gateway.queries.statements import Position, page_statement
from partner_gateway.settings import Settings
from partner_gateway.views import words

_CONTEXT = document_context("").encode()
_HEADS = {
    status.encode(): f'{{"status":"{status}","status_title":{json.dumps(titles, ensure_ascii=False)},'.encode()
    for status, titles in STATUSES.items()
}
_NOTHING = buildings.text_of(buildings.NOTHING).encode()
# Whether a permit has the number, and its newest request, one that goes on before those that ended.
_ABSENT = """
SELECT EXISTS (SELECT 1 FROM building_permit WHERE permit_number = $1 OR request_key = $1)::text, (
    SELECT state::text FROM permit_request WHERE request_key = $1
    ORDER BY (state ->> 'ended_on') IS NULL DESC, request_id DESC LIMIT 1)
"""


@dataclass(frozen=True)
class Page:
    """JSON documents of a page, joined by commas; their ids; the page's end if there are more."""

    documents: bytes
    permit_ids: tuple[str, ...]
    end: Position | None


class Permits:
    """Queries for permits over one database."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._pipeline = Pipeline(database)
        self._sealer = settings.documents
        self._results: Loader[Statement, PGresult] = Loader(self._run)

    async def page(self, query: Query, *, after: Position | None, limit: int, today: date) -> Page:
        """At most `limit` permits, newest issue date first. Reads one more row, to know whether there's a next page."""
        statement = page_statement(query, after=after, limit=limit, today=today)
        return self._page(await self._results.load(statement), limit, today)

    async def absence(self, number: str) -> dict[str, Any]:
        """Why the number of a permit or of a request has no answer."""
        result = await self._results.load(Statement(_ABSENT, (parameter(number),)))
        request = result.get_value(0, 1)
        return absences.absence(
            is_known=result.get_value(0, 0) == b"true",
            request=json.loads(request) if request else None,
        )

    def _page(self, result: PGresult, limit: int, today: date) -> Page:
        count, value = min(result.ntuples, limit), result.get_value
        ids = [value(row, 0) or b"" for row in range(count)]
        documents = self._opened(ids, [value(row, 3) or b"" for row in range(count)])
        more = result.ntuples > limit
        return Page(
            documents=b",".join(
                b"%b%b%b"
                % (_HEADS[value(row, 2) or b""], _building(result, row, today), document[1:])
                for row, document in enumerate(documents)
            ),
            permit_ids=tuple(one.decode() for one in ids),
            end=Position(day(value(count - 1, 1) or b""), ids[-1].decode()) if more else None,
        )

    def _opened(self, ids: Sequence[bytes], sealed: Sequence[bytes]) -> list[bytes]:
        return self._sealer.unseal_all(sealed, (_CONTEXT + one for one in ids))

    def _run(self, statements: Sequence[Statement]) -> list[PGresult | Exception]:
        try:
            return self._pipeline.run(statements)
        except OperationalError:
            # A connection of the pool had died; a read may be tried again.
            return self._pipeline.run(statements)


def _building(result: PGresult, row: int, today: date) -> bytes:
    """The middle of a document: what is known of the permit's building, as it is today."""
    facts, until = result.get_value(row, 4), result.get_value(row, 5)
    if facts is None:
        return _NOTHING
    if until is None or today <= day(until):
        return facts
    return buildings.text_of(buildings.on_day(buildings.blocks_of(facts), today, words)).encode()


def shown_documents(page: Page, grant: Grant, all_fields: frozenset[str]) -> bytes:
    """The page's documents within the grant's fields. With a grant of all fields they're sent unchanged."""
    if all_fields <= grant.fields:
        return page.documents
    shown = (granted_fields(one, grant.fields) for one in json.loads(b"[%b]" % page.documents))
    return b",".join(json.dumps(one, ensure_ascii=False).encode() for one in shown)
