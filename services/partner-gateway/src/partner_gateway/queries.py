"""Reads of the partner gateway: finished documents, joined as they are."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import (
    Date,
    String,
    Text,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    select,
    text,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import ColumnElement

from chassis.contracts import topics
from partner_gateway.cursor import Position
from partner_gateway.domain import Grant, Query, granted_fields
from partner_gateway.models import BuildingPermit, PartnerGrant, RowsServed

PERMITS_TOPIC = "permits.permit"


@dataclass(frozen=True)
class Page:
    """JSON documents of a page, the ids in them, and where it ended when there's more."""

    documents: list[str]
    permit_ids: list[str]
    end: Position | None


def page(
    session: Session, query: Query, *, after: Position | None, limit: int, today: date
) -> Page:
    """At most `limit` permits, newest issue date first. One row more is read to know whether there's more."""
    status = _status(today)
    statement = (
        select(BuildingPermit.permit_id, BuildingPermit.issued_on, status, BuildingPermit.document)
        .where(*_conditions(query, today))
        .order_by(BuildingPermit.issued_on.desc(), BuildingPermit.permit_id.desc())
        .limit(limit + 1)
    )
    if after is not None:
        order = tuple_(BuildingPermit.issued_on, BuildingPermit.permit_id)
        statement = statement.where(
            order
            < tuple_(
                cast(after.issued_on, Date), cast(after.permit_id, BuildingPermit.permit_id.type)
            )
        )
    rows = session.execute(statement).all()
    shown = rows[:limit]
    last = shown[-1] if len(rows) > limit else None
    return Page(
        documents=[f'{{"status":"{row.status}",{row.document[1:]}' for row in shown],
        permit_ids=[row.permit_id for row in shown],
        end=Position(last.issued_on, last.permit_id) if last else None,
    )


def _status(today: date) -> ColumnElement[str]:
    """Expired is computed from the dates, never kept (domain 2.6)."""
    expired = (BuildingPermit.status == "valid") & (BuildingPermit.expires_on < today)
    return case((expired, literal_column("'expired'", String)), else_=BuildingPermit.status).label(
        "status"
    )


def _conditions(query: Query, today: date) -> list[ColumnElement[bool]]:
    columns = {
        "plan_key": BuildingPermit.plan_key,
        "town_key": BuildingPermit.town_key,
        "district_key": BuildingPermit.district_key,
        "permit_number": BuildingPermit.permit_number,
        "permit_id": BuildingPermit.permit_id,
        "kind": BuildingPermit.kind,
    }
    conditions = [
        column == getattr(query, name)
        for name, column in columns.items()
        if getattr(query, name) is not None
    ]
    if query.issued_from is not None:
        conditions.append(BuildingPermit.issued_on >= query.issued_from)
    if query.issued_to is not None:
        conditions.append(BuildingPermit.issued_on < query.issued_to)
    if query.civil_id_key is not None:
        wanted = bindparam("owner", [query.civil_id_key], type_=ARRAY(Text))
        conditions.append(BuildingPermit.owner_keys.contains(wanted))
    if query.status is not None:
        conditions.append(_status(today) == query.status)
    return conditions


def shown_documents(
    documents: Sequence[str], grant: Grant, all_fields: frozenset[str]
) -> list[str]:
    """The documents within the grant's fields. A grant of all fields costs nothing: the bytes go out as they are."""
    if all_fields <= grant.fields:
        return list(documents)
    return [
        json.dumps(granted_fields(json.loads(document), grant.fields), ensure_ascii=False)
        for document in documents
    ]


def grant_of(session: Session, organisation: str, now: datetime) -> Grant | None:
    """The grant in force of an organisation, or its newest one, or None."""
    rows = session.scalars(
        select(PartnerGrant)
        .where(PartnerGrant.organisation == organisation)
        .order_by(PartnerGrant.valid_from.desc())
    ).all()
    grants = [_grant(row) for row in rows]
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


def rows_served(session: Session, organisation: str, day: date) -> int:
    """How many rows the organisation has read on that day."""
    return (
        session.scalar(
            select(func.coalesce(func.sum(RowsServed.rows), 0)).where(
                RowsServed.organisation == organisation, RowsServed.day == day
            )
        )
        or 0
    )


_AS_OF = text("SELECT count(*), min(complete_until) FROM consumer_progress WHERE topic = :topic")


def as_of(session: Session) -> datetime | None:
    """The time up to which every published event of every partition is in the read model; None before that's so."""
    partitions, complete = session.execute(_AS_OF, {"topic": PERMITS_TOPIC}).one()
    moment: datetime | None = (
        complete if partitions >= topics()[PERMITS_TOPIC]["partitions"] else None
    )
    return moment
