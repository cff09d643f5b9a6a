"""The SELECT of a page of permits: each combination of filters is compiled to SQL once."""

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache, partial
from typing import Any

from sqlalchemy import (
    Select,
    String,
    Text,
    bindparam,
    case,
    func,
    literal_column,
    select,
    true,
    tuple_,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.sql.elements import ColumnElement

from chassis.fast.pipeline import Statement, parameter
from partner_gateway.domain import Query
from partner_gateway.models import BuildingFacts, BuildingPermit

SELECTING = (
    *("issued_from", "issued_to", "plan_key", "permit_number", "request_key", "permit_id"),
    "civil_id_keys",
)
NARROWING = ("town_key", "district_key", "municipality", "kind", "plot_key", "status")
# Filters that select few permits whatever their value, the fewest first.
FEWEST = ("request_key", "permit_number", "civil_id_keys")
_DIALECT = PGDialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]


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


def page_statement(query: Query, *, after: Position | None, limit: int, today: date) -> Statement:
    """The SELECT of a page and one row more: permit_id as text, issued_on, status, sealed document, and the building's
    facts with the day up to which they're fresh."""
    asked = vars(query)
    selecting = frozenset(name for name in SELECTING if asked[name] is not None)
    narrowed = any(asked[name] is not None for name in NARROWING)
    sql, names = _compiled(selecting, narrowed, after is not None)
    values = {**asked, "today": today, "page": limit + 1}
    if after is not None:
        values |= {"after_day": after.issued_on, "after_id": after.permit_id}
    return Statement(sql, tuple(_parameter(values[name]) for name in names))


def _parameter(value: Any) -> bytes | None:
    return None if value is None else parameter(value)


@lru_cache(maxsize=1024)
def _compiled(filters: frozenset[str], narrowed: bool, after: bool) -> tuple[str, Sequence[str]]:
    """The SQL with $1, $2, … and the name of each parameter."""
    compiled = _select(filters, narrowed, after).compile(dialect=_DIALECT)
    return str(compiled), tuple(compiled.positiontup or ())


def _select(filters: frozenset[str], narrowed: bool, after: bool) -> Select[Any]:
    """Finds the page first and looks up the facts of its rows afterwards.

    The planner guesses how many rows a bound parameter selects, and guesses far too many: asked for the facts of all
    of them, it would hash the whole of `building_facts` for each page. The lateral subquery with OFFSET 0 is a fence
    that leaves it nothing but one lookup by the primary key for each row of the page.
    """
    page = _page(filters, narrowed, after).subquery("page")
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


def _page(filters: frozenset[str], narrowed: bool, after: bool) -> Select[Any]:
    few = next((name for name in FEWEST if name in filters), None)
    source, filters = _permits(few), filters - {few}
    if after:
        # A cursor ends before `issued_to` does. With both the index is walked from the upper bound down to the cursor:
        # of two bounds on one side PostgreSQL begins with the first that isn't a row comparison.
        filters -= {"issued_to"}
    statement = (
        select(
            source.c.permit_id, source.c.issued_on, _status(source), source.c.document,
            _building(source).label("building"),
        )
        .where(*_conditions(source, filters))
        .order_by(source.c.issued_on.desc(), source.c.permit_id.desc())
        .limit(bindparam("page"))
    )  # fmt: skip
    if narrowed:
        statement = statement.where(*_narrowing(source))
    return statement.where(_behind(source)) if after else statement


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


def _building(source: Any) -> ColumnElement[Any]:
    """Each permit's building; a row of before there were any has its own."""
    return func.coalesce(source.c.building_id, source.c.permit_id)


def _behind(source: Any) -> ColumnElement[bool]:
    """The rows behind the position (`after_day`, `after_id`)."""
    order, end = tuple_(source.c.issued_on, source.c.permit_id), ("after_day", "after_id")
    position = (
        sql_cast(bindparam(name), column.type) for name, column in zip(end, order, strict=True)
    )
    return order < tuple_(*position)


def _status(source: Any) -> ColumnElement[str]:
    """Expired is computed from the dates, never kept (domain 2.6)."""
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
    """All filters that only narrow, each of which may be null: they serve no index, and one statement for all of their
    combinations keeps a connection from preparing thousands."""
    equal: dict[str, Callable[[Any], ColumnElement[bool]]] = {
        **{name: partial(operator.eq, source.c[name]) for name in NARROWING[:4]},
        "plot_key": lambda asked: asked == func.any(source.c.plot_keys),
        "status": lambda asked: _status(source) == asked,
    }
    conditions: list[ColumnElement[bool]] = []
    for name, holds in equal.items():
        asked = sql_cast(bindparam(name), Text)
        conditions.append(asked.is_(None) | holds(asked))
    return conditions
