"""Tables of what is certified and released on a building: certificates with inspections, releases of current, and
partners' entries."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from chassis.data.aggregates import Aggregate
from chassis.data.columns import Document, Id, Key
from chassis.data.sealed import Sealed
from permits.models.base import Base
from saudi.days import legal_day


class Inspection(Base):
    """An inspector's visit. domain.insulation decides which visit of a stage counts. `entry_id`: of the partner's
    entry; rows without `entered_at` are older than partners' entries. The name of a partner's inspector is emptied
    in time (commands.retention)."""

    __tablename__ = "inspection"
    __table_args__ = (
        Index(None, "certificate_id"),
        UniqueConstraint("entry_id"),
        Index(
            "ix_inspection_with_name",
            "inspected_on",
            postgresql_where=text("entry_id IS NOT NULL AND inspector <> ''"),
        ),
    )

    inspection_id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    certificate_id: Mapped[Id] = mapped_column(ForeignKey("certificate.certificate_id"))
    stage: Mapped[str]
    result: Mapped[str]
    inspected_on: Mapped[date]
    inspector: Mapped[str]
    materials: Mapped[str | None]
    u_value: Mapped[float | None]
    defects: Mapped[list[Any] | None]
    entry_id: Mapped[Id | None]
    entered_at: Mapped[datetime | None]

    def record(self) -> Document:
        """Returns the visit as plain JSON values."""
        names = ("stage", "result", "inspector", "materials", "u_value")
        return {
            **{name: getattr(self, name) for name in names},
            "inspected_on": self.inspected_on.isoformat(),
            "defects": self.defects or [],
            "by": "partner" if self.entry_id else "municipality",
        }


class Certificate(Aggregate, Base):
    """A certificate of a permit: insulation, completion or occupancy. `occupancy` holds what only an
    occupancy certificate has; the owner's address, which it has to bear, is sealed beside it.

    `inspected_on` is the final inspection of a completion; `refusals` and `defects` are of one that was refused.
    `stages` are the visits that count, each with what's odd about it. `partner` is the company whose number it has,
    `numbered_at` since when there's one to issue it with. `counts_from`: what was entered before doesn't count any
    more, nor, with `counts_visits_from`, a visit before that day. `ended_on` is missing where it ended before there was
    such a column."""

    __tablename__ = "certificate"
    __table_args__ = (
        UniqueConstraint("kind", "municipality", "certificate_number"),
        Index(None, "permit_id", "opened_at", "certificate_id"),
        Index(None, "insulation_certificate_id"),
        Index(
            "ix_certificate_occupancy_pending",
            *("municipality", "opened_at", "certificate_id"),
            postgresql_where=text("kind = 'occupancy' AND status = 'pending'"),
        ),
        Index(None, "partner_certificate_number"),
        Index(
            "uq_certificate_partner_number",
            *("partner", text("upper(partner_certificate_number)")),
            unique=True,
            postgresql_where=text("status = 'pending' OR issued_on IS NOT NULL"),
        ),
    )
    aggregate_type = "certificate"

    certificate_id: Mapped[Key]
    kind: Mapped[str]
    permit_id: Mapped[Id] = mapped_column(ForeignKey("permit.permit_id"))
    permit_number: Mapped[str]
    municipality: Mapped[str]
    status: Mapped[str]
    certificate_number: Mapped[str | None]
    issued_on: Mapped[date | None]
    valid_until: Mapped[date | None]
    insulation_certificate_id: Mapped[Id | None] = mapped_column(
        ForeignKey("certificate.certificate_id")
    )
    inspected_on: Mapped[date | None]
    inspector: Mapped[str | None]
    reason: Mapped[str | None]
    flagged: Mapped[bool]
    flag_reason: Mapped[str | None]
    flagged_on: Mapped[date | None]
    opened_at: Mapped[datetime]
    occupancy: Mapped[Document | None]
    owner_address: Mapped[str | None] = mapped_column(Sealed("certificate.owner_address"))
    ended_on: Mapped[date | None]
    partner: Mapped[str | None]
    partner_certificate_number: Mapped[str | None]
    numbered_at: Mapped[datetime | None]
    counts_from: Mapped[datetime | None]
    counts_visits_from: Mapped[date | None]
    stages: Mapped[list[Document] | None]
    defects: Mapped[list[Any] | None]
    refusals: Mapped[list[Any] | None]
    inspections: Mapped[list[Inspection]] = relationship(
        order_by=Inspection.inspection_id, cascade="all, delete-orphan"
    )

    def record(self) -> Document:
        """Returns the certificate as plain JSON values, with the latest result of each stage."""
        names = (
            *("certificate_id", "kind", "permit_id", "permit_number", "municipality", "status"),
            *("certificate_number", "insulation_certificate_id", "inspector", "reason"),
            *("flagged", "flag_reason", "occupancy", "partner_certificate_number", "version"),
        )
        days = ("issued_on", "valid_until", "inspected_on", "ended_on", "flagged_on")
        return {
            **{name: getattr(self, name) for name in names},
            **{name: day.isoformat() if (day := getattr(self, name)) else None for name in days},
            "opened_on": legal_day(self.opened_at).isoformat(),
            "stages": self._recorded_stages() if self.stages is None else self.stages,
            "defects": self.defects or [],
            "refusals": self.refusals or [],
        }

    def _recorded_stages(self) -> list[Document]:
        """Returns the latest row of each stage, for a certificate without entries since the column `stages` exists."""
        latest = {visit.stage: {**visit.record(), "warnings": []} for visit in self.inspections}
        return [latest[stage] for stage in ("walls", "roof", "windows") if stage in latest]


class PartnerEntry(Base):
    """An entry of a partner that was answered: the same one a second time changes nothing. `source` is its topic
    without the owner; `reason` and `effects` are codes of contracts/reference/entry-reasons.yaml."""

    __tablename__ = "partner_entry"
    __table_args__ = (Index(None, "permit_id", "entered_at"),)

    entry_id: Mapped[Key]
    source: Mapped[str]
    kind: Mapped[str]
    partner: Mapped[str]
    permit_id: Mapped[Id | None]
    outcome: Mapped[str]
    reason: Mapped[str | None]
    effects: Mapped[list[Any]]
    entered_at: Mapped[datetime]
    decided_at: Mapped[datetime]


class Release(Aggregate, Base):
    """A release of current for a building. `permit_id` is the permit that the building has today. `approvals`, `supply`
    and `disconnection` are what was decided and done (domain.releases.Course); status and flag follow from it."""

    __tablename__ = "release"
    __table_args__ = (
        UniqueConstraint("municipality", "release_number"),
        Index(
            "uq_release_building_id_alive",
            "building_id",
            unique=True,
            postgresql_where=text("status NOT IN ('refused', 'cancelled')"),
        ),
        Index(None, "building_id", "submitted_at"),
        Index(None, "permit_id"),
        Index(None, "municipality", "status", "submitted_at", "release_id"),
        Index(None, "status", "submitted_at", "release_id"),
        Index(None, "submitted_at", "release_id"),
    )
    aggregate_type = "release"

    release_id: Mapped[Key]
    release_number: Mapped[str]
    permit_id: Mapped[Id] = mapped_column(ForeignKey("permit.permit_id"))
    permit_number: Mapped[str]
    building_id: Mapped[Id]
    municipality: Mapped[str]
    extent: Mapped[str]
    status: Mapped[str]
    submitted_at: Mapped[datetime]
    site_inspection: Mapped[Document | None]
    approvals: Mapped[list[Document]]
    supply: Mapped[Document]
    disconnection: Mapped[Document | None]
    coordination: Mapped[Document | None]
    reason: Mapped[str | None]
    flagged: Mapped[bool]
    flag_reason: Mapped[str | None]

    def record(self) -> Document:
        """Returns the release as plain JSON values."""
        names = (
            *("release_id", "release_number", "permit_id", "permit_number", "building_id"),
            *("municipality", "extent", "status", "site_inspection", "approvals", "supply"),
            *("disconnection", "coordination", "reason", "flagged", "flag_reason", "version"),
        )
        return {
            **{name: getattr(self, name) for name in names},
            "submitted_on": legal_day(self.submitted_at).isoformat(),
        }
