"""Reads of the partner gateway: finished documents, opened and joined as they are.

The queries for permits are the hot path: each combination of filters is compiled to SQL once, and runs as a prepared
statement without a transaction, in one round trip with those of the other requests in hand.
"""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Generic, TypeVar

from psycopg.pq.abc import PGresult
from sqlalchemy import (
    BigInteger,
    Select,
    String,
    Text,
    bindparam,
    case,
    func,
    literal_column,
    select,
    text,
    tuple_,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import ColumnElement

from chassis.batching import Loader
from chassis.contracts import topics
from chassis.db import Database
from chassis.pipeline import Pipeline, Statement, day, parameter
from partner_gateway.domain import Grant, Query, document_context, granted_fields
from partner_gateway.kept_pages import KeptPages, Page, Position
from partner_gateway.models import BuildingPermit, PartnerGrant
from partner_gateway.settings import Settings

PERMITS_TOPIC = "permits.permit"
_DIALECT = PGDialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]
_CONTEXT = document_context("").encode()
Value = TypeVar("Value")


class Permits:
    """Queries for permits over one database."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._pipeline = Pipeline(database)
        self._documents = settings.documents
        self._kept = KeptPages(settings.kept_pages_mib)
        self._results: Loader[Statement, PGresult] = Loader(self._run)

    async def page(
        self, query: Query, *, reader: str, after: Position | None, limit: int, today: date
    ) -> Page:
        """At most `limit` permits, newest issue date first. One row more is read to know whether there's more.

        `reader`: an organisation. Pages are kept for each, so that none can tell by the time what another one asks.
        """
        reading, validating = page_statements(query, after=after, limit=limit, today=today)
        kept = self._kept.get(reader, reading)
        if kept is not None:
            holds = await self._results.load(validating)
            if holds.get_value(0, 0) == kept.validator:
                return kept
        page = self._page(await self._results.load(reading), limit)
        self._kept.keep(reader, reading, page)
        return page

    def _page(self, result: PGresult, limit: int) -> Page:
        count, value = min(result.ntuples, limit), result.get_value
        ids = [value(row, 0) or b"" for row in range(count)]
        documents = self._opened(ids, [value(row, 4) or b"" for row in range(count)])
        more = result.ntuples > limit
        return Page(
            documents=b",".join(
                b'{"status":"%b",%b' % (value(row, 2) or b"", document[1:])
                for row, document in enumerate(documents)
            ),
            permit_ids=tuple(one.decode() for one in ids),
            end=Position(day(value(count - 1, 1) or b""), ids[-1].decode()) if more else None,
            validator=b"".join(value(row, 3) or b"" for row in range(result.ntuples)),
        )

    def _opened(self, ids: Sequence[bytes], sealed: Sequence[bytes]) -> list[bytes]:
        return self._documents.unseal_all(sealed, (_CONTEXT + one for one in ids))

    def _run(self, statements: Sequence[Statement]) -> list[PGresult | Exception]:
        try:
            return self._pipeline.run(statements)
        except OperationalError:
            # A connection of the pool that died meanwhile; a read may be tried again.
            return self._pipeline.run(statements)


def page_statements(
    query: Query, *, after: Position | None, limit: int, today: date
) -> tuple[Statement, Statement]:
    """The SELECT of a page and one row more: permit_id as text, issued_on, status, validator, sealed document. And that
    of the page's validator alone."""
    values = {name: value for name, value in vars(query).items() if value is not None}
    compiled = _compiled(frozenset(values), after is not None)
    if after is not None:
        values |= {"after_day": after.issued_on, "after_id": after.permit_id}
    values |= {"today": today, "page": limit + 1}
    reading, validating = (
        Statement(sql, tuple(parameter(values[name]) for name in names)) for sql, names in compiled
    )
    return reading, validating


@lru_cache(maxsize=1024)
def _compiled(filters: frozenset[str], after: bool) -> list[tuple[str, Sequence[str]]]:
    """The SQL with $1, $2, … of both, and which parameter each of them is."""
    reading = _statement(filters, after)
    of_page = reading.with_only_columns(reading.selected_columns.validator).subquery("page")
    validating = select(func.string_agg(of_page.c.validator, literal_column("''::bytea")))
    both = (one.compile(dialect=_DIALECT) for one in (reading, validating))
    return [(str(one), tuple(one.positiontup or ())) for one in both]


def _statement(filters: frozenset[str], after: bool) -> Select[Any]:
    source: Any = BuildingPermit.__table__
    if "civil_id_keys" in filters:
        # A fence: the planner would rather walk the dates of all permits until it has met enough of this owner's.
        wanted = bindparam("civil_id_keys", type_=ARRAY(Text))
        source = (
            select(source)
            .where(source.c.owner_keys.overlap(wanted))
            .offset(literal_column("0"))
            .subquery("owned")
        )
    if after:
        # A cursor ends before `issued_to` does. With both the index is walked from the upper bound down to the cursor:
        # of two bounds on one side PostgreSQL begins with the first that isn't a row comparison.
        filters -= {"issued_to"}
    statement = (
        select(
            sql_cast(source.c.permit_id, Text), source.c.issued_on, _status(source),
            _validator(source), source.c.document,
        )
        .where(*_conditions(source, filters))
        .order_by(source.c.issued_on.desc(), source.c.permit_id.desc())
        .limit(bindparam("page"))
    )  # fmt: skip
    if not after:
        return statement
    order, end = tuple_(source.c.issued_on, source.c.permit_id), ("after_day", "after_id")
    return statement.where(
        order
        < tuple_(
            *(
                sql_cast(bindparam(name), column.type)
                for name, column in zip(end, order, strict=True)
            )
        )
    )


def _validator(source: Any) -> ColumnElement[bytes]:
    """Which row it is, and since when it's so. A version isn't enough: a rebuild writes the same ones, maybe with more
    in the document. The day, by which a permit expires, is a parameter of the statement."""
    which: ColumnElement[bytes] = func.uuid_send(source.c.permit_id)
    version = func.int8send(sql_cast(source.c.version, BigInteger))
    since = func.timestamptz_send(source.c.projected_at)
    return which.op("||")(version).op("||")(since).label("validator")


def _status(source: Any) -> ColumnElement[str]:
    """Expired is computed from the dates, never kept (domain 2.6)."""
    expired = (source.c.status == literal_column("'valid'")) & (
        source.c.expires_on < bindparam("today")
    )
    return case((expired, literal_column("'expired'", String)), else_=source.c.status).label(
        "status"
    )


def _conditions(source: Any, filters: frozenset[str]) -> list[ColumnElement[bool]]:
    equal = ("plan_key", "town_key", "district_key", "permit_number", "permit_id", "kind")
    conditions = [source.c[name] == bindparam(name) for name in equal if name in filters]
    if "issued_from" in filters:
        conditions.append(source.c.issued_on >= bindparam("issued_from"))
    if "issued_to" in filters:
        conditions.append(source.c.issued_on < bindparam("issued_to"))
    if "status" in filters:
        conditions.append(_status(source) == bindparam("status"))
    return conditions


def shown_documents(page: Page, grant: Grant, all_fields: frozenset[str]) -> bytes:
    """The page's documents within the grant's fields. A grant of all fields costs nothing: they go out as they are."""
    if all_fields <= grant.fields:
        return page.documents
    shown = (granted_fields(one, grant.fields) for one in json.loads(b"[%b]" % page.documents))
    return b",".join(json.dumps(one, ensure_ascii=False).encode() for one in shown)


class Remembered(Generic[Value]):
    """What `read(session, key)` answered, for at most `seconds`."""

    def __init__(
        self, database: Database, read: Callable[[Session, str], Value], seconds: float
    ) -> None:
        self._database = database
        self._read = read
        self._seconds = seconds
        self._known: dict[str, tuple[float, Value]] = {}

    def get(self, key: str) -> Value:
        """Raises OperationalError when it's too old and can't be read."""
        now = time.monotonic()
        known = self._known.get(key)
        if known is None or now - known[0] > self._seconds:
            with self._database.transaction() as session:
                known = (now, self._read(session, key))
            self._known[key] = known
        return known[1]


def grants_of(session: Session, organisation: str) -> list[Grant]:
    """The grants of an organisation, the newest first."""
    rows = session.scalars(
        select(PartnerGrant)
        .where(PartnerGrant.organisation == organisation)
        .order_by(PartnerGrant.valid_from.desc())
    ).all()
    return [_grant(row) for row in rows]


def grant_in_force(grants: Sequence[Grant], now: datetime) -> Grant | None:
    """The grant in force, or the newest one, or None."""
    return next((grant for grant in grants if grant.in_force(now)), grants[0] if grants else None)


def _grant(row: PartnerGrant) -> Grant:
    return Grant(
        organisation=row.organisation,
        purposes=frozenset(row.purposes),
        query_kinds=frozenset(row.query_kinds),
        widest_span_days=row.widest_span_days,
        fields=frozenset(row.fields),
        rows_per_day=row.rows_per_day,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        active=row.status == "active",
    )


_AS_OF = text("SELECT count(*), min(complete_until) FROM consumer_progress WHERE topic = :topic")


def as_of(session: Session, topic: str = PERMITS_TOPIC) -> datetime | None:
    """The time up to which every published event of every partition is in the read model; None before that's so."""
    partitions, complete = session.execute(_AS_OF, {"topic": topic}).one()
    moment: datetime | None = complete if partitions >= topics()[topic]["partitions"] else None
    return moment


@dataclass(frozen=True, kw_only=True)
class AccessQuery:
    """Which rows of the record. Times aware; `since` belongs to the range, `until` doesn't."""

    since: datetime
    until: datetime
    organisation: str | None = None
    subject: str | None = None
    decision: str | None = None
    permit_id: str | None = None


_ACCESSES = """
SELECT at, chain::text, link, place, organisation, subject, client_id, operation, query_kinds, filters, purpose,
    case_reference, decision, reason, result_count
FROM access_log WHERE at >= :since AND at < :until {conditions}
ORDER BY at DESC, chain DESC, link DESC, place DESC LIMIT :page
"""
_ACCESS_CONDITIONS = {
    "organisation": "AND organisation = :organisation",
    "subject": "AND subject = :subject",
    "decision": "AND decision = :decision",
    "permit_id": "AND permit_ids @> ARRAY[CAST(:permit_id AS uuid)] AND decision = 'allowed'",
}
_AFTER_ACCESS = (
    "AND (at, chain, link, place) < (CAST(:at AS timestamptz), CAST(:chain AS uuid), :link, :place)"
)


def accesses(
    session: Session, query: AccessQuery, *, after: str | None, limit: int
) -> tuple[list[Any], str | None]:
    """Rows of the record, newest first, and where the page ended when there's more."""
    values = {name: value for name, value in vars(query).items() if value is not None}
    conditions = [_ACCESS_CONDITIONS[name] for name in values if name in _ACCESS_CONDITIONS]
    if after is not None:
        conditions.append(_AFTER_ACCESS)
        at, chain, link, place = after.split("/")
        values |= {"at": at, "chain": chain, "link": int(link), "place": int(place)}
    statement = text(_ACCESSES.format(conditions=" ".join(conditions)))
    rows = session.execute(statement, {**values, "page": limit + 1}).all()
    shown = list(rows[:limit])
    if len(rows) <= limit:
        return shown, None
    last = shown[-1]
    return shown, f"{last.at.isoformat()}/{last.chain}/{last.link}/{last.place}"


_SUSPECTS = text(
    """SELECT subject, count(DISTINCT civil_id_key) AS people FROM access_log
    WHERE civil_id_key IS NOT NULL AND at > now() - interval '1 hour'
    GROUP BY subject HAVING count(DISTINCT civil_id_key) > :most"""
)


def suspects(session: Session, most: int) -> list[tuple[str, int]]:
    """Who searched for more than `most` different people within the last hour, and for how many."""
    return [(row.subject, row.people) for row in session.execute(_SUSPECTS, {"most": most})]
