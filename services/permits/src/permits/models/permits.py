"""Tables of permits and their owners."""

from datetime import date

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from chassis.data.aggregates import Aggregate
from chassis.data.columns import Document, Documents, Id, Key
from chassis.data.sealed import Sealed
from permits.models.base import AgentNamePart, Base, NamePart, Owner, Placed, Represented


class PermitNamePart(NamePart, Base):
    __tablename__ = "permit_name_part"
    __table_args__ = (
        ForeignKeyConstraint(
            ["permit_id", "position"],
            ["permit_owner.permit_id", "permit_owner.position"],
            name="fk_permit_name_part_owner",
        ),
        Index(None, "part_key"),
        Index(None, "permit_id", "position"),
    )

    permit_id: Mapped[Key]


class PermitAgentPart(AgentNamePart, Base):
    __tablename__ = "permit_agent_part"
    __table_args__ = (Index(None, "part_key"), Index(None, "permit_id"))

    permit_id: Mapped[Key] = mapped_column(ForeignKey("permit.permit_id"))


class PermitOwner(Owner, Base):
    __tablename__ = "permit_owner"
    __table_args__ = (Index(None, "id_key"),)
    part_model = PermitNamePart

    permit_id: Mapped[Key] = mapped_column(ForeignKey("permit.permit_id"))
    parts: Mapped[list[PermitNamePart]] = relationship(
        order_by=PermitNamePart.place, cascade="all, delete-orphan"
    )


class Permit(Placed, Represented, Aggregate, Base):
    """A permit as a document. `works` is what is built: a renewal has the works of the permit before it, and its
    building. `predecessor` and `successor` are permit_id and permit_number; `coordination` is the electricity company's
    coordination certificate. `works_since` is the first day on which the works were permitted; without it, `issued_on`.
    `suspensions` stand together, the oldest first; `suspension` is the newest. A permit from before the system
    (`origin`) has no request, a `source` instead, and is `verified` by another person than who entered it."""

    __tablename__ = "permit"
    __table_args__ = (
        UniqueConstraint("municipality", "origin", "permit_number"),
        UniqueConstraint("request_id"),
        Index(None, "issued_on", "permit_id"),
        Index(None, "municipality", "issued_on", "permit_id"),
        Index(None, "plan_key", "issued_on", "permit_id"),
        Index("ix_permit_lower_permit_number", text("lower(permit_number)")),
        Index("ix_permit_lower_request_number", text("lower(request_number)")),
        Index(None, "deed_key"),
        Index(None, "agent_key"),
        Index(None, "plot_keys", postgresql_using="gin"),
        Index(None, "previous_permit_id"),
        Index(
            "ix_permit_town_district_key_issued_on_permit_id",
            text("(land ->> 'town')"),
            "district_key",
            "issued_on",
            "permit_id",
        ),
    )
    aggregate_type = "permit"
    agent_part_model = PermitAgentPart

    permit_id: Mapped[Key]
    permit_number: Mapped[str]
    year_hijri: Mapped[int]
    municipality: Mapped[str]
    kind: Mapped[str]
    works: Mapped[str]
    use_class: Mapped[str]
    status: Mapped[str]
    issued_on: Mapped[date]
    expires_on: Mapped[date]
    works_since: Mapped[date | None]
    previous_permit_id: Mapped[Id | None] = mapped_column(ForeignKey("permit.permit_id"))
    building_id: Mapped[Id | None]
    predecessor: Mapped[Document | None]
    successor: Mapped[Document | None]
    request_id: Mapped[Id | None] = mapped_column(ForeignKey("permit_request.request_id"))
    request_number: Mapped[str | None]
    origin: Mapped[str]
    verified: Mapped[bool]
    source: Mapped[Document | None]
    transaction_number: Mapped[str | None]
    land: Mapped[Document]
    building: Mapped[Document]
    engineering_office: Mapped[Document]
    representative: Mapped[Document | None] = mapped_column(Sealed("permit.representative"))
    contractor: Mapped[Document | None]
    supervising_office: Mapped[Document | None]
    site: Mapped[Document | None]
    clearances: Mapped[Document | None]
    remarks: Mapped[str | None]
    insulation_pledge: Mapped[bool]
    suspension: Mapped[Document | None]
    suspensions: Mapped[Documents] = mapped_column(server_default=text("'[]'"))
    cancellation: Mapped[Document | None]
    completion: Mapped[Document | None]
    occupancy: Mapped[Document | None]
    coordination: Mapped[Document | None]
    agent_parts: Mapped[list[PermitAgentPart]] = relationship(
        order_by=PermitAgentPart.place, cascade="all, delete-orphan"
    )
    owners: Mapped[list[PermitOwner]] = relationship(
        order_by=PermitOwner.position, cascade="all, delete-orphan"
    )

    @property
    def since(self) -> date:
        """Returns the first day on which the works were permitted: by this permit, or by the first permit that it
        follows."""
        return self.works_since or self.issued_on

    @property
    def grounds(self) -> Documents:
        """Returns the suspensions that stand. A suspension from before they had ids stands alone."""
        return self.suspensions or ([self.suspension] if self.suspension else [])

    def set_grounds(self, grounds: Documents) -> None:
        """Keeps the suspensions that stand."""
        shown = ("reason", "body", "since")
        newest = grounds[-1] if grounds else None
        self.suspensions = list(grounds)
        self.suspension = {name: newest[name] for name in shown} if newest else None

    def record(self) -> Document:
        """Returns the permit as plain JSON values."""
        names = (
            *(
                "permit_id",
                "permit_number",
                "year_hijri",
                "municipality",
                "kind",
                "works",
                "use_class",
            ),
            *("status", "previous_permit_id", "predecessor", "successor"),
            *("request_id", "request_number", "origin", "verified", "source"),
            *("transaction_number", "land", "building", "engineering_office"),
            *("representative", "contractor", "supervising_office"),
            *("site", "clearances", "remarks"),
            *("insulation_pledge", "suspension", "cancellation", "completion", "occupancy"),
            "version",
        )
        return {
            **{name: getattr(self, name) for name in names},
            "building_id": self.building_id or self.permit_id,
            "issued_on": self.issued_on.isoformat(),
            "expires_on": self.expires_on.isoformat(),
            "owners": [owner.record() for owner in self.owners],
            "suspensions": self.grounds,
        }
