"""Tables of the service.

Fields that are searched or locked on are columns: numbers, statuses, dates, the plan number in the spelling
that it's compared by, and the district's. Land, building and office are each one JSONB document in the shape of the
contract, because they are read and published as a whole and corrected as a whole; the town is
searched through an index on the document. Owners are rows, in the order of the deed, because a
person is found by his number and his mobile isn't published. Names, numbers and mobiles are sealed;
`id_key` is the keyed hash of a number, and what is searched.

Each command that changes a request, a permit or a certificate publishes one event of it.
"""

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, validates

from chassis.data.aggregates import Aggregate
from chassis.data.columns import TYPES, Document, Id, Key
from chassis.data.db import new_metadata
from chassis.data.sealed import BlindKey, Sealed
from saudi.days import legal_day
from saudi.finding import name_parts, place_keys

if TYPE_CHECKING:
    from permits.models.papers import RequestPaper


class Base(DeclarativeBase):
    metadata = new_metadata()
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        **TYPES,
        list[Any]: JSONB(none_as_null=True),
    }


class _Part:
    """A part of an owner's name, sealed; its keyed hash is what's searched: whole parts, never a piece of one."""

    position: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)
    part: Mapped[str] = mapped_column(Sealed("owner.name_part"))
    part_key: Mapped[str] = mapped_column(BlindKey(of="part"))

    @validates("part")
    def _index(self, _name: str, part: str) -> str:
        self.part_key = part
        return part


class RequestNamePart(_Part, Base):
    __tablename__ = "permit_request_name_part"
    __table_args__ = (
        ForeignKeyConstraint(
            ["request_id", "position"],
            ["permit_request_owner.request_id", "permit_request_owner.position"],
            name="fk_permit_request_name_part_owner",
        ),
        Index(None, "part_key"),
        Index(None, "request_id", "position"),
    )

    request_id: Mapped[Key]


class PermitNamePart(_Part, Base):
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


class _Owner:
    """The columns of an owner, of a request or of a permit."""

    part_model: ClassVar[type[RequestNamePart] | type[PermitNamePart]]

    position: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Sealed("owner.name"))
    owner_type: Mapped[str]
    id_type: Mapped[str]
    id_number: Mapped[str | None] = mapped_column(Sealed("owner.id_number"))
    id_key: Mapped[str | None] = mapped_column(BlindKey(of="id_number"))
    share: Mapped[str | None]
    mobile: Mapped[str | None] = mapped_column(Sealed("owner.mobile"))

    @validates("name")
    def _index_name(self, _name: str, name: str) -> str:
        model = self.part_model
        parts = [model(place=place, part=part) for place, part in enumerate(name_parts(name))]
        setattr(self, "parts", parts)  # noqa: B010 - each owner has a relationship of its own type
        return name

    @validates("id_number")
    def _index(self, _name: str, id_number: str | None) -> str | None:
        self.id_key = id_number
        return id_number

    def record(self) -> Document:
        """The owner as plain JSON values."""
        names = ("name", "owner_type", "id_type", "id_number", "share", "mobile")
        return {name: getattr(self, name) for name in names}


class RequestOwner(_Owner, Base):
    __tablename__ = "permit_request_owner"

    __table_args__ = (Index(None, "id_key"),)
    part_model = RequestNamePart

    request_id: Mapped[Key] = mapped_column(ForeignKey("permit_request.request_id"))
    parts: Mapped[list[RequestNamePart]] = relationship(
        order_by=RequestNamePart.place, cascade="all, delete-orphan"
    )


class PermitOwner(_Owner, Base):
    __tablename__ = "permit_owner"
    __table_args__ = (Index(None, "id_key"),)
    part_model = PermitNamePart

    permit_id: Mapped[Key] = mapped_column(ForeignKey("permit.permit_id"))
    parts: Mapped[list[PermitNamePart]] = relationship(
        order_by=PermitNamePart.place, cascade="all, delete-orphan"
    )


class Invoice(Aggregate, Base):
    """What a request costs, and what became of its bill. Its amount never changes: a wrong invoice is withdrawn, and
    another one requested. `payer` is sealed; `receipt_number` is of money that was recorded by hand, before payments
    took it."""

    __tablename__ = "invoice"
    __table_args__ = (Index(None, "request_id"),)
    aggregate_type = "invoice"

    invoice_id: Mapped[Key]
    request_id: Mapped[Id] = mapped_column(
        ForeignKey("permit_request.request_id", name="fk_invoice_request_id")
    )
    municipality: Mapped[str]
    status: Mapped[str]
    amount_halalas: Mapped[int] = mapped_column(BigInteger)
    lines: Mapped[list[Document]]
    due_on: Mapped[date]
    payer: Mapped[Document | None] = mapped_column(Sealed("invoice.payer"))
    requested_at: Mapped[datetime]
    biller_code: Mapped[str | None]
    bill_number: Mapped[str | None]
    payment_id: Mapped[Id | None]
    receipt_number: Mapped[str | None]
    paid_at: Mapped[datetime | None]
    reason: Mapped[str | None]


class _Placed:
    """The keys by which a thing is found by its land, as saudi.finding spells them; null in rows of before."""

    plan_key: Mapped[str | None]
    district_key: Mapped[str | None]
    plot_keys: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    deed_key: Mapped[str | None]

    def place(self, land: Document) -> None:
        """Its land, with the keys of it."""
        keys = place_keys(land)
        self.land = land
        self.plan_key = keys.plan if land["plan_number"] else None
        self.district_key, self.plot_keys, self.deed_key = keys.district, keys.plots, keys.deed


class PermitRequest(_Placed, Aggregate, Base):
    """A request on its way to a permit. `due_on`: the last day to pay, while it waits for the money."""

    __tablename__ = "permit_request"
    __table_args__ = (
        Index(
            "uq_permit_request_municipality_request_number",
            *("municipality", "request_number"),
            unique=True,
            postgresql_where=text(
                "status NOT IN ('rejected', 'cancelled_by_applicant', 'expired_unpaid')"
            ),
        ),
        Index("ix_permit_request_lower_request_number", text("lower(request_number)")),
        Index(None, "plan_key"),
        Index(None, "deed_key"),
        Index(None, "plot_keys", postgresql_using="gin"),
        Index(None, "submitted_at", "request_id"),
        Index(None, "municipality", "status", "submitted_at", "request_id"),
        Index(None, "status", "submitted_at", "request_id"),
    )
    aggregate_type = "permit-request"

    request_id: Mapped[Key]
    request_number: Mapped[str]
    transaction_number: Mapped[str | None]
    kind: Mapped[str]
    municipality: Mapped[str]
    status: Mapped[str]
    use_class: Mapped[str]
    previous_permit_id: Mapped[Id | None] = mapped_column(
        ForeignKey("permit.permit_id", use_alter=True)
    )
    representative: Mapped[Document | None] = mapped_column(Sealed("request.representative"))
    land: Mapped[Document]
    building: Mapped[Document]
    engineering_office: Mapped[Document]
    contractor: Mapped[Document | None]
    supervising_office: Mapped[Document | None]
    site: Mapped[Document | None]
    clearances: Mapped[Document | None]
    remarks: Mapped[str | None]
    insulation_pledge: Mapped[bool]
    construction_state: Mapped[str | None]
    warnings: Mapped[list[Document]]
    submitted_at: Mapped[datetime]
    notes: Mapped[str | None]
    reason: Mapped[str | None]
    reason_code: Mapped[str | None]
    invoice_id: Mapped[Id | None]
    due_on: Mapped[date | None]
    decided_on: Mapped[date | None]
    ended_on: Mapped[date | None]
    owners: Mapped[list[RequestOwner]] = relationship(
        order_by=RequestOwner.position, cascade="all, delete-orphan"
    )
    papers: Mapped[list["RequestPaper"]] = relationship(
        order_by="RequestPaper.code", cascade="all, delete-orphan"
    )
    permit: Mapped["Permit | None"] = relationship(
        primaryjoin="PermitRequest.request_id == foreign(Permit.request_id)", viewonly=True
    )
    invoice: Mapped[Invoice | None] = relationship(
        primaryjoin="foreign(PermitRequest.invoice_id) == Invoice.invoice_id", viewonly=True
    )

    def record(self) -> Document:
        """What is published of it, with its owners, as plain JSON values; the permit isn't in it."""
        names = ("request_id", "request_number", "transaction_number", "kind", "municipality")
        days = ("due_on", "decided_on", "ended_on")
        return {
            **{name: getattr(self, name) for name in names},
            **{name: getattr(self, name) for name in ("status", "previous_permit_id", "version")},
            "reason_code": self.reason_code,
            "submitted_on": legal_day(self.submitted_at).isoformat(),
            **{name: day.isoformat() if (day := getattr(self, name)) else None for name in days},
            "owners": [owner.record() for owner in self.owners],
        }

    def application(self) -> Document:
        """The application, in the shape that the rules read."""
        return {
            "kind": self.kind,
            "use_class": self.use_class,
            "previous_permit_id": self.previous_permit_id,
            "owners": [owner.record() for owner in self.owners],
            "representative": self.representative,
            "land": self.land,
            "building": self.building,
            "engineering_office": self.engineering_office,
            "contractor": self.contractor,
            "supervising_office": self.supervising_office,
            "site": self.site,
            "clearances": self.clearances,
            "remarks": self.remarks,
            "insulation_pledge": self.insulation_pledge,
            "construction_state": self.construction_state,
        }


class Permit(_Placed, Aggregate, Base):
    """A permit as a document. `works` is what is built: a renewal has the works of the permit
    before it, and its building. `predecessor` and `successor` are permit_id and permit_number; `coordination` is the
    electricity company's coordination certificate. `works_since` is the first day on which the works were permitted;
    without it, `issued_on`. A permit from before the system (`origin`) has no request, a `source` instead, and is
    `verified` by another person than who entered it."""

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
    cancellation: Mapped[Document | None]
    completion: Mapped[Document | None]
    occupancy: Mapped[Document | None]
    coordination: Mapped[Document | None]
    owners: Mapped[list[PermitOwner]] = relationship(
        order_by=PermitOwner.position, cascade="all, delete-orphan"
    )

    @property
    def since(self) -> date:
        """The first day on which the works were permitted: by this permit, or by the first of those it follows."""
        return self.works_since or self.issued_on

    def record(self) -> Document:
        """The permit as plain JSON values."""
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
        }
