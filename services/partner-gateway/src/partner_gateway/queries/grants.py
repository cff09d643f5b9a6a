"""The grants of an organisation, as `identity` published them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from partner_gateway.domain import Grant
from partner_gateway.models import PartnerGrant


def grants_of(session: Session, organisation: str) -> list[Grant]:
    """The grants of an organisation, the newest first."""
    rows = session.scalars(
        select(PartnerGrant)
        .where(PartnerGrant.organisation == organisation)
        .order_by(PartnerGrant.valid_from.desc())
    ).all()
    return [_grant(row) for row in rows]


def grant_in_force(grants: Sequence[Grant], now: datetime) -> Grant | None:
    """The grant in force, else the newest grant, else None."""
    return next((grant for grant in grants if grant.in_force(now)), grants[0] if grants else None)


def grant_of(session: Session, organisation: str, now: datetime) -> Grant | None:
    """The organisation's grant in force, its newest one otherwise, or None: as the database has it at this moment."""
    return grant_in_force(grants_of(session, organisation), now)


def _grant(row: PartnerGrant) -> Grant:
    return Grant(
        organisation=row.organisation,
        purposes=frozenset(row.purposes),
        query_kinds=frozenset(row.query_kinds),
        entry_kinds=frozenset(row.entry_kinds),
        widest_span_days=row.widest_span_days,
        fields=frozenset(row.fields),
        rows_per_day=row.rows_per_day,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        active=row.status == "active",
    )
