"""Tables of permits, of their buildings' certificates and releases, and of requests for permits.

`building_permit` holds each permit once as the finished document, sealed and without its status (the day decides it),
beside the columns that are searched and sorted. Owners' ID numbers are in no column: `owner_keys` are keyed hashes, and
`owners_mark` is a keyed hash of all that's known of the owners, by which a correction is noticed."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    Index,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID
from sqlalchemy.orm import Mapped, mapped_column

from partner_gateway.models.base import Base


class BuildingPermit(Base):
    __tablename__ = "building_permit"

    permit_id: Mapped[str] = mapped_column(UUID(as_uuid=False), primary_key=True)
    version: Mapped[int]
    permit_number: Mapped[str]
    issued_on: Mapped[date]
    expires_on: Mapped[date]
    status: Mapped[str]
    kind: Mapped[str]
    building_id: Mapped[str | None] = mapped_column(UUID(as_uuid=False))
    municipality: Mapped[str | None]
    request_key: Mapped[str | None]
    plot_keys: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    plan_key: Mapped[str | None]
    town_key: Mapped[str]
    district_key: Mapped[str]
    owner_keys: Mapped[list[str]] = mapped_column(ARRAY(Text))
    owners_mark: Mapped[str | None]
    document: Mapped[bytes]
    changed_at: Mapped[datetime]
    projected_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())

    __table_args__ = (
        Index("ix_building_permit_issued", text("issued_on DESC"), text("permit_id DESC")),
        Index(
            "ix_building_permit_plan", "plan_key", text("issued_on DESC"), text("permit_id DESC")
        ),
        Index("ix_building_permit_number", "permit_number"),
        Index("ix_building_permit_request", "request_key"),
        Index("ix_building_permit_owner", "owner_keys", postgresql_using="gin"),
    )  # fmt: skip


class BuildingCertificate(Base):
    """The newest state of a permit's certificate, without the contacts that it's told to."""

    __tablename__ = "building_certificate"

    certificate_id: Mapped[str] = mapped_column(UUID(as_uuid=False), primary_key=True)
    version: Mapped[int]
    building_id: Mapped[str] = mapped_column(UUID(as_uuid=False), index=True)
    state: Mapped[dict[str, Any]] = mapped_column(JSONB)
    changed_at: Mapped[datetime]


class BuildingRelease(Base):
    """The newest state of a release of electric current, without the contacts that it's told to.

    `waits_for`: the company's next work, None where nothing waits for the company (`domain.company_work`).
    """

    __tablename__ = "building_release"

    release_id: Mapped[str] = mapped_column(UUID(as_uuid=False), primary_key=True)
    version: Mapped[int]
    building_id: Mapped[str] = mapped_column(UUID(as_uuid=False), index=True)
    state: Mapped[dict[str, Any]] = mapped_column(JSONB)
    changed_at: Mapped[datetime]
    waits_for: Mapped[str | None]
    waits_since: Mapped[date | None]

    __table_args__ = (
        Index(
            "ix_building_release_waiting", "waits_for", "waits_since", "release_id",
            postgresql_where=text("waits_for IS NOT NULL"),
        ),
    )  # fmt: skip


class BuildingFacts(Base):
    """The facts that follow from a building's certificates and releases, as the middle part of a permit's document.

    The document is rendered anew whenever a certificate or release changes. `fresh_until` is the last day on which the
    document holds, None where no day ends it.
    """

    __tablename__ = "building_facts"

    building_id: Mapped[str] = mapped_column(UUID(as_uuid=False), primary_key=True)
    document: Mapped[str]
    fresh_until: Mapped[date | None]


class PermitRequest(Base):
    """The newest state of a request for a permit: why a number has no permit."""

    __tablename__ = "permit_request"

    request_id: Mapped[str] = mapped_column(UUID(as_uuid=False), primary_key=True)
    version: Mapped[int]
    request_key: Mapped[str] = mapped_column(index=True)
    state: Mapped[dict[str, Any]] = mapped_column(JSONB)
    changed_at: Mapped[datetime]
