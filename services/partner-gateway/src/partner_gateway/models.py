"""Tables of the partner gateway.

`building_permit` holds each permit once as the finished document (without its status, which depends on the day)
beside the columns that are searched and sorted. Owners' ID numbers are in no column: `owner_keys` are keyed hashes.
`access_log` is only ever added to.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Identity, Index, Text, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from chassis.db import new_metadata


class Base(DeclarativeBase):
    metadata = new_metadata()
    type_annotation_map = {str: Text, datetime: DateTime(timezone=True)}


class BuildingPermit(Base):
    __tablename__ = "building_permit"

    permit_id: Mapped[str] = mapped_column(UUID(as_uuid=False), primary_key=True)
    version: Mapped[int]
    permit_number: Mapped[str]
    issued_on: Mapped[date]
    expires_on: Mapped[date]
    status: Mapped[str]
    kind: Mapped[str]
    plan_key: Mapped[str | None]
    town_key: Mapped[str]
    district_key: Mapped[str]
    owner_keys: Mapped[list[str]] = mapped_column(ARRAY(Text))
    document: Mapped[str]
    changed_at: Mapped[datetime]
    projected_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())

    __table_args__ = (
        Index("ix_building_permit_issued", text("issued_on DESC"), text("permit_id DESC")),
        Index(
            "ix_building_permit_plan", "plan_key", text("issued_on DESC"), text("permit_id DESC")
        ),
        Index("ix_building_permit_number", "permit_number"),
        Index("ix_building_permit_owner", "owner_keys", postgresql_using="gin"),
    )


class PartnerGrant(Base):
    """The newest state of each grant whose audience is the gateway."""

    __tablename__ = "partner_grant"

    grant_id: Mapped[str] = mapped_column(UUID(as_uuid=False), primary_key=True)
    version: Mapped[int]
    organisation: Mapped[str] = mapped_column(index=True)
    purposes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    query_kinds: Mapped[list[str]] = mapped_column(ARRAY(Text))
    widest_span_days: Mapped[int | None]
    fields: Mapped[list[str]] = mapped_column(ARRAY(Text))
    rows_per_day: Mapped[int]
    valid_from: Mapped[datetime]
    valid_until: Mapped[datetime]
    status: Mapped[str]


class RowsServed(Base):
    """Rows that an organisation read on a day (Riyadh)."""

    __tablename__ = "rows_served"

    organisation: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    rows: Mapped[int]


class AccessLog(Base):
    """One row per query, also a denied one, written in the transaction of its answer."""

    __tablename__ = "access_log"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    at: Mapped[datetime]
    organisation: Mapped[str]
    client_id: Mapped[str]
    subject: Mapped[str]
    sid: Mapped[str | None]
    jti: Mapped[str]
    operation: Mapped[str]
    query_kinds: Mapped[list[str]] = mapped_column(ARRAY(Text))
    filters: Mapped[dict[str, Any]] = mapped_column(JSONB)
    civil_id_key: Mapped[str | None]
    purpose: Mapped[str | None]
    case_reference: Mapped[str | None]
    decision: Mapped[str]
    reason: Mapped[str | None]
    result_count: Mapped[int]
    permit_ids: Mapped[list[str]] = mapped_column(ARRAY(UUID(as_uuid=False)))

    __table_args__ = (Index("ix_access_log_organisation", "organisation", "at"),)


class AccessLogUnchained(Base):
    """Rows that wait for their link of the chain; emptied by the work process."""

    __tablename__ = "access_log_unchained"

    log_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)


class AccessChain(Base):
    """The hash chain over the record: `hash = SHA-256(previous hash + canonical row)`, in the order of linking."""

    __tablename__ = "access_chain"

    position: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    log_id: Mapped[int] = mapped_column(BigInteger, unique=True)
    hash: Mapped[bytes]
