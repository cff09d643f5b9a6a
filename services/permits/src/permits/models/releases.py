"""Tables of the release of electric current, and of what partners entered."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from chassis.data.aggregates import Aggregate
from chassis.data.columns import Document, Id, Key
from permits.models.base import Base
from saudi.days import legal_day


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
            "uq_release_permit_id_alive",
            "permit_id",
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
        """The release as plain JSON values."""
        names = (
            *("release_id", "release_number", "permit_id", "permit_number", "building_id"),
            *("municipality", "extent", "status", "site_inspection", "approvals", "supply"),
            *("disconnection", "coordination", "reason", "flagged", "flag_reason", "version"),
        )
        return {
            **{name: getattr(self, name) for name in names},
            "submitted_on": legal_day(self.submitted_at).isoformat(),
        }
