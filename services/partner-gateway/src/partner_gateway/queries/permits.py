"""Pages of permits: the SELECT of a page, and stored documents, opened and joined unchanged.

This is the hot path: a page is one prepared statement without a transaction of its own, in one round trip with those
of the other requests in hand. Each combination of filters is compiled to SQL once."""

import json
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache, partial
from typing import Any

from psycopg.pq.abc import PGresult
from sqlalchemy import (
    Select,
    String,
    Text,
    bindparam,
    case,
    func,
    literal_column,
    select,
    text,
    true,
    tuple_,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import ColumnElement

from chassis.core.contracts import topics
from chassis.core.states import words
from chassis.data.db import Database
from chassis.fast.batching import Loader
from chassis.fast.pipeline import Pipeline, Statement, day, parameter
from partner_gateway.domain import connection, permit_documents, permit_queries
from partner_gateway.domain.grants import Grant
from partner_gateway.domain.permit_documents import document_context, granted_fields
from partner_gateway.domain.permit_queries import STATUSES, Query
from partner_gateway.models import BuildingFacts, BuildingPermit
from partner_gateway.settings import Settings

PERMITS_TOPIC = "permits.permit"
CERTIFICATES_TOPIC, RELEASES_TOPIC = "permits.certificate", "permits.release"
# All topics from which an answer is made: a request says why a number has no permit, a bill stands at an application.
_TOPICS_OF_ANSWERS = {
    PERMITS_TOPIC: (PERMITS_TOPIC, CERTIFICATES_TOPIC, RELEASES_TOPIC, "permits.request"),
    "licences.application": ("licences.application", "payments.bill"),
}
_AS_OF = text(
    "SELECT count(*), min(complete_until) FROM consumer_progress WHERE topic = ANY(:topics)"
)


def as_of(session: Session, topic: str = PERMITS_TOPIC) -> datetime | None:
    """Returns the time up to which every published event of every partition is in the read model; None until then."""
    read = _TOPICS_OF_ANSWERS.get(topic, (topic,))
    partitions, complete = session.execute(_AS_OF, {"topics": list(read)}).one()
    wanted = sum(topics()[one]["partitions"] for one in read)
    moment: datetime | None = complete if partitions >= wanted else None
    return moment


_CONTEXT = document_context("").encode()
_HEADS = {
    status.encode(): f'{{"status":"{status}","status_title":{json.dumps(titles, ensure_ascii=False)},'.encode()
    for status, titles in STATUSES.items()
}
_NOTHING = permit_documents.text_of(permit_documents.NOTHING).encode()
# The verdict on connecting, by a permit's status that isn't in force.
_VERDICTS = {
    status.encode(): permit_documents.text_of_verdict(connection.verdict_of_status(status))
    for status in STATUSES
    if status not in connection.STANDING
}
# Whether a permit has the number, and its newest request, one that goes on before those that ended.
_ABSENCE_OF_NUMBER = """
SELECT EXISTS (SELECT 1 FROM building_permit WHERE permit_number = $1 OR request_key = $1)::text, (
    SELECT state::text FROM permit_request WHERE request_key = $1
    ORDER BY (state ->> 'ended_on') IS NULL DESC, request_id DESC LIMIT 1)
"""


@dataclass(frozen=True)
class Position:
    """The last row of a page, in the order (issued_on, permit_id)."""

    issued_on: date
    permit_id: str

    def __str__(self) -> str:
        return f"{self.issued_on.isoformat()}{self.permit_id}"

    @classmethod
    def parse(cls, position: str) -> "Position":
        return cls(date.fromisoformat(position[:10]), position[10:])


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
        """Returns at most `limit` permits, newest issue date first. Reads one more row, to know whether there's a
        next page."""
        statement = page_statement(query, after=after, limit=limit, today=today)
        return self._page(await self._results.load(statement), limit, today)

    async def absence(self, number: str) -> dict[str, Any]:
        """Returns why the number of a permit or of a request has no answer."""
        result = await self._results.load(Statement(_ABSENCE_OF_NUMBER, (parameter(number),)))
        request = result.get_value(0, 1)
        return permit_queries.explain_absence(
            is_known=result.get_value(0, 0) == b"true",
            request=json.loads(request) if request else None,
        )

    def _page(self, result: PGresult, limit: int, today: date) -> Page:
        count, value = min(result.ntuples, limit), result.get_value
        ids = [value(row, 0) or b"" for row in range(count)]
        sealed = [value(row, 3) or b"" for row in range(count)]
        parts: list[bytes] = []
        for row, document in enumerate(self._opened(ids, sealed)):
            until = value(row, 5)
            facts = value(row, 4), None if until is None else day(until)
            parts += (b",", *document_parts(today, value(row, 2) or b"", *facts, document))
        more = result.ntuples > limit
        return Page(
            documents=b"".join(parts[1:]),
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


def document_parts(
    today: date, status: bytes, facts: bytes | None, until: date | None, document: bytes
) -> tuple[bytes, bytes, bytes]:
    """Returns a permit's document in three parts: the status of the day, the facts of the building, and what is stored.
    `facts` holds through the day `until`."""
    return _HEADS[status], _facts_on(today, status, facts, until), document[1:]


def _facts_on(today: date, status: bytes, facts: bytes | None, until: date | None) -> bytes:
    """Returns what is known of the permit's building, as it is today, and whether current may be given to a permit of
    that status."""
    shown = _NOTHING if facts is None else _fresh_facts(today, facts, until)
    if status not in _VERDICTS:
        return shown
    return permit_documents.text_without_verdict(shown) + _VERDICTS[status]


def _fresh_facts(today: date, facts: bytes, until: date | None) -> bytes:
    if until is None or today <= until:
        return facts
    return permit_documents.text_of(
        permit_documents.on_day(permit_documents.blocks_of(facts), today, words)
    ).encode()


def shown_documents(page: Page, grant: Grant, all_fields: frozenset[str]) -> bytes:
    """Returns the page's documents within the grant's fields. With a grant of all fields they're sent unchanged."""
    if all_fields <= grant.fields:
        return page.documents
    shown = (granted_fields(one, grant.fields) for one in json.loads(b"[%b]" % page.documents))
    return b",".join(json.dumps(one, ensure_ascii=False).encode() for one in shown)


SELECTING = (
    *("issued_from", "issued_to", "plan_key", "permit_number", "request_key", "permit_id"),
    "civil_id_keys",
)
NARROWING = ("town_key", "district_key", "municipality", "kind", "plot_key", "status")
# Filters that select few permits whatever their value, the fewest first.
FEWEST = ("request_key", "permit_number", "civil_id_keys")
_DIALECT = PGDialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]


def page_statement(query: Query, *, after: Position | None, limit: int, today: date) -> Statement:
    """Returns the SELECT of a page and one row more: permit_id as text, issued_on, status, sealed document, and the
    building's facts with the day up to which they're fresh."""
    sql, names = _compile_page(*shape_of(query, after))
    values = values_of(query, after=after, limit=limit, today=today)
    return Statement(sql, tuple(_parameter(values[name]) for name in names))


def shape_of(query: Query, after: Position | None) -> tuple[frozenset[str], bool, bool]:
    """Returns what the SELECT depends on: the filters that select, whether others narrow, whether a cursor is given."""
    asked = vars(query)
    selecting = frozenset(name for name in SELECTING if asked[name] is not None)
    return selecting, any(asked[name] is not None for name in NARROWING), after is not None


def values_of(query: Query, *, after: Position | None, limit: int, today: date) -> dict[str, Any]:
    """Returns the values of the SELECT's parameters by name."""
    values = {**vars(query), "today": today, "page": limit + 1}
    if after is not None:
        values |= {"after_day": after.issued_on, "after_id": after.permit_id}
    return values


def _parameter(value: Any) -> bytes | None:
    return None if value is None else parameter(value)


@lru_cache(maxsize=1024)
def _compile_page(
    filters: frozenset[str], narrowed: bool, after: bool
) -> tuple[str, Sequence[str]]:
    """Returns the SQL with $1, $2, … and the name of each parameter."""
    compiled = select_page(filters, narrowed, after).compile(dialect=_DIALECT)
    return str(compiled), tuple(compiled.positiontup or ())


def select_page(filters: frozenset[str], narrowed: bool, after: bool) -> Select[Any]:
    """Finds the page first and looks up the facts of its rows afterwards.

    The planner guesses how many rows a bound parameter selects, and guesses far too many: asked for the facts of all
    of them, it would hash the whole of `building_facts` for each page. The lateral subquery with OFFSET 0 is a fence
    that leaves it nothing but one lookup by the primary key for each row of the page.
    """
    page = _page_rows(filters, narrowed, after).subquery("page")
    facts = (
        select(BuildingFacts.document, BuildingFacts.fresh_until)
        .where(BuildingFacts.building_id == page.c.building)
        .offset(literal_column("0"))
        .lateral("facts")
    )
    return (
        select(
            sql_cast(page.c.permit_id, Text), page.c.issued_on, page.c.status,
            page.c.document, facts.c.document.label("facts"), facts.c.fresh_until,
        )
        .select_from(page.outerjoin(facts, true()))
        .order_by(page.c.issued_on.desc(), page.c.permit_id.desc())
    )  # fmt: skip


def _page_rows(filters: frozenset[str], narrowed: bool, after: bool) -> Select[Any]:
    few = next((name for name in FEWEST if name in filters), None)
    source, filters = _permits(few), filters - {few}
    if after:
        # A cursor ends before `issued_to` does. With both the index is walked from the upper bound down to the cursor:
        # of two bounds on one side PostgreSQL begins with the first that isn't a row comparison.
        filters -= {"issued_to"}
    statement = (
        select(
            source.c.permit_id, source.c.issued_on, effective_status(source), source.c.document,
            building_id(source).label("building"),
        )
        .where(*_conditions(source, filters))
        .order_by(source.c.issued_on.desc(), source.c.permit_id.desc())
        .limit(bindparam("page"))
    )  # fmt: skip
    if narrowed:
        statement = statement.where(*_narrowing(source))
    return statement.where(_after_position(source)) if after else statement


def _permits(few: str | None) -> Any:
    """Returns the permits that the filter `few` selects, as a subquery, or the whole table.

    OFFSET 0 is a fence here too: the planner would rather walk the dates of all permits until it has found enough of
    an owner's, or those of a plan until it has found a number.
    """
    permits: Any = BuildingPermit.__table__
    if few is None:
        return permits
    selected = select(permits).where(*_conditions(permits, frozenset({few})))
    return selected.offset(literal_column("0")).subquery("selected")


def building_id(source: Any) -> ColumnElement[Any]:
    """Returns a permit's building; a row from before there were buildings has its own."""
    return func.coalesce(source.c.building_id, source.c.permit_id)


def _after_position(source: Any) -> ColumnElement[bool]:
    """Returns the condition for rows behind the position (`after_day`, `after_id`)."""
    order, end = tuple_(source.c.issued_on, source.c.permit_id), ("after_day", "after_id")
    position = (
        sql_cast(bindparam(name), column.type) for name, column in zip(end, order, strict=True)
    )
    return order < tuple_(*position)


def effective_status(source: Any) -> ColumnElement[str]:
    """Returns a permit's status on the day `today`: expired is computed from the dates, never kept (domain 2.6)."""
    expired = (source.c.status == literal_column("'valid'")) & (
        source.c.expires_on < bindparam("today")
    )
    return case((expired, literal_column("'expired'", String)), else_=source.c.status).label(
        "status"
    )


def _conditions(source: Any, filters: frozenset[str]) -> list[ColumnElement[bool]]:
    equal = ("plan_key", "permit_number", "request_key", "permit_id")
    conditions = [source.c[name] == bindparam(name) for name in equal if name in filters]
    if "civil_id_keys" in filters:
        keys = bindparam("civil_id_keys", type_=ARRAY(Text))
        conditions.append(source.c.owner_keys.overlap(keys))
    if "issued_from" in filters:
        conditions.append(source.c.issued_on >= bindparam("issued_from"))
    if "issued_to" in filters:
        conditions.append(source.c.issued_on < bindparam("issued_to"))
    return conditions


def _narrowing(source: Any) -> list[ColumnElement[bool]]:
    """Returns the conditions of all filters that only narrow; each filter may be null.

    These filters use no index. One statement for all their combinations keeps a connection from preparing thousands.
    """
    equal: dict[str, Callable[[Any], ColumnElement[bool]]] = {
        **{name: partial(operator.eq, source.c[name]) for name in NARROWING[:4]},
        "plot_key": lambda asked: asked == func.any(source.c.plot_keys),
        "status": lambda asked: effective_status(source) == asked,
    }
    conditions: list[ColumnElement[bool]] = []
    for name, holds in equal.items():
        asked = sql_cast(bindparam(name), Text)
        conditions.append(asked.is_(None) | holds(asked))
    return conditions
