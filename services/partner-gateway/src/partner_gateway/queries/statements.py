"""The SELECT of a page of permits: each combination of filters is compiled to SQL once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, String, Text, bindparam, case, literal_column, select, tuple_
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.sql.elements import ColumnElement

from chassis.fast.pipeline import Statement, parameter
from partner_gateway.domain import Query
from partner_gateway.models import BuildingPermit

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
    """The SELECT of a page and one row more: permit_id as text, issued_on, status, sealed document."""
    values = {name: value for name, value in vars(query).items() if value is not None}
    sql, names = _compiled(frozenset(values), after is not None)
    if after is not None:
        values |= {"after_day": after.issued_on, "after_id": after.permit_id}
    values |= {"today": today, "page": limit + 1}
    return Statement(sql, tuple(parameter(values[name]) for name in names))


@lru_cache(maxsize=1024)
def _compiled(filters: frozenset[str], after: bool) -> tuple[str, Sequence[str]]:
    """The SQL with $1, $2, … and the name of each parameter."""
    compiled = _select(filters, after).compile(dialect=_DIALECT)
    return str(compiled), tuple(compiled.positiontup or ())


def _select(filters: frozenset[str], after: bool) -> Select[Any]:
    source: Any = BuildingPermit.__table__
    if "civil_id_keys" in filters:
        # A fence: the planner would rather walk the dates of all permits until it has found enough of this owner's.
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
            source.c.document,
        )
        .where(*_conditions(source, filters))
        .order_by(source.c.issued_on.desc(), source.c.permit_id.desc())
        .limit(bindparam("page"))
    )  # fmt: skip
    return statement.where(_behind(source)) if after else statement


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
    equal = ("plan_key", "town_key", "district_key", "permit_number", "permit_id", "kind")
    conditions = [source.c[name] == bindparam(name) for name in equal if name in filters]
    if "issued_from" in filters:
        conditions.append(source.c.issued_on >= bindparam("issued_from"))
    if "issued_to" in filters:
        conditions.append(source.c.issued_on < bindparam("issued_to"))
    if "status" in filters:
        conditions.append(_status(source) == bindparam("status"))
    return conditions
