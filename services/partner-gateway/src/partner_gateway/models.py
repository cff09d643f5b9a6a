"""Tables of the partner gateway.

`building_permit` holds each permit once as the finished document, sealed and without its status (the day decides it),
beside the columns that are searched and sorted. Owners' ID numbers are in no column: `owner_keys` are keyed hashes.
`access_log` and its links and roots are only ever added to; triggers hold that.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Index, SmallInteger, Text, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from chassis.db import new_metadata

# What a kept page is confirmed by, beside the id, without a visit to the row (queries._validator).
_VALIDATOR = ["version", "projected_at"]


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
    document: Mapped[bytes]
    changed_at: Mapped[datetime]
    projected_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())

    __table_args__ = (
        Index(
            "ix_building_permit_issued", text("issued_on DESC"), text("permit_id DESC"),
            postgresql_include=_VALIDATOR,
        ),
        Index(
            "ix_building_permit_plan", "plan_key", text("issued_on DESC"), text("permit_id DESC"),
            postgresql_include=_VALIDATOR,
        ),
        Index("ix_building_permit_number", "permit_number"),
        Index("ix_building_permit_owner", "owner_keys", postgresql_using="gin"),
    )  # fmt: skip


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


class AccessLog(Base):
    """One row per query, also a denied one, durable before its answer leaves. `place` counts within a link."""

    __tablename__ = "access_log"

    chain: Mapped[str] = mapped_column(UUID(as_uuid=False), primary_key=True)
    link: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    place: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
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

    __table_args__ = (
        Index("ix_access_log_organisation", "organisation", "at"),
        Index("ix_access_log_at", "at", postgresql_using="brin"),
        Index(
            "ix_access_log_civil_id",
            "at",
            "subject",
            "civil_id_key",
            postgresql_where=text("civil_id_key IS NOT NULL"),
        ),
    )


class AccessChain(Base):
    """The chain of one worker's life. `rooted_link`: up to which link a signed root covers it."""

    __tablename__ = "access_chain"

    chain: Mapped[str] = mapped_column(UUID(as_uuid=False), primary_key=True)
    rooted_link: Mapped[int] = mapped_column(BigInteger, server_default="0")


class AccessLink(Base):
    """One commit of rows: `hash = SHA-256(hash of the link before + hashes of the rows, in their places)`."""

    __tablename__ = "access_link"

    chain: Mapped[str] = mapped_column(UUID(as_uuid=False), primary_key=True)
    link: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    rows: Mapped[int] = mapped_column(SmallInteger)
    hash: Mapped[bytes]


class AccessRoot(Base):
    """A signed root over the heads of all chains, as published (events/access-root-signed.v1)."""

    __tablename__ = "access_root"

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    at: Mapped[datetime]
    root: Mapped[dict[str, Any]] = mapped_column(JSONB)


class QuotaUsed(Base):
    """How much of a limit's window all workers took together (chassis.quotas)."""

    __tablename__ = "quota_used"

    policy: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)
    starts_at: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    used: Mapped[int] = mapped_column(BigInteger)
