"""Tables of requests: owners, papers, invoices, proposed amounts; and of owners' appeals."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from chassis.data.aggregates import Aggregate
from chassis.data.columns import Document, Id, Key
from chassis.data.sealed import Sealed
from invoicing.tables import NumberedInvoiceTable
from permits.models.base import AgentNamePart, Base, NamePart, Owner, Placed, Represented
from permits.models.permits import Permit
from saudi.days import legal_day


class RequestNamePart(NamePart, Base):
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


class RequestAgentPart(AgentNamePart, Base):
    __tablename__ = "permit_request_agent_part"
    __table_args__ = (Index(None, "part_key"), Index(None, "request_id"))

    request_id: Mapped[Key] = mapped_column(ForeignKey("permit_request.request_id"))


class RequestOwner(Owner, Base):
    __tablename__ = "permit_request_owner"

    __table_args__ = (Index(None, "id_key"),)
    part_model = RequestNamePart

    request_id: Mapped[Key] = mapped_column(ForeignKey("permit_request.request_id"))
    parts: Mapped[list[RequestNamePart]] = relationship(
        order_by=RequestNamePart.place, cascade="all, delete-orphan"
    )


class RequestPaper(Base):
    """`code` is of reference/permit-kinds.yaml; `recorded_by` is subject and name as they were."""

    __tablename__ = "permit_request_paper"

    request_id: Mapped[Key] = mapped_column(
        ForeignKey("permit_request.request_id", name="fk_permit_request_paper_request_id")
    )
    code: Mapped[str] = mapped_column(primary_key=True)
    reference: Mapped[str]
    handed_in_on: Mapped[date]
    recorded_by: Mapped[Document]
    recorded_at: Mapped[datetime]


class Invoice(NumberedInvoiceTable, Base):
    """The price of a request, and what became of its bill. `payer` is sealed; `receipt_number` is of money that was
    recorded by hand, before payments took it."""

    __tablename__ = "invoice"
    __table_args__ = (Index(None, "request_id"),)

    request_id: Mapped[Id] = mapped_column(
        ForeignKey("permit_request.request_id", name="fk_invoice_request_id")
    )
    payer: Mapped[Document | None] = mapped_column(Sealed("invoice.payer"))
    payment_id: Mapped[Id | None]
    receipt_number: Mapped[str | None]


class AmountProposal(Base):
    """An amount that differs from the table, proposed by one person and decided by another; both with subject and
    name at the time."""

    __tablename__ = "amount_proposal"
    __table_args__ = (
        Index(
            "uq_amount_proposal_request_id_standing",
            "request_id",
            unique=True,
            postgresql_where=text("status IN ('proposed', 'agreed')"),
        ),
    )

    proposal_id: Mapped[Key]
    request_id: Mapped[Id] = mapped_column(
        ForeignKey("permit_request.request_id", name="fk_amount_proposal_request_id")
    )
    amount_halalas: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str]
    status: Mapped[str]
    proposed_by: Mapped[Document]
    proposed_at: Mapped[datetime]
    decided_by: Mapped[Document | None]
    decided_at: Mapped[datetime | None]


class PermitRequest(Placed, Represented, Aggregate, Base):
    """A request on its way to a permit. `due_on`: the last day to pay, while it waits for the money.
    `previous_version`: the version of the previous permit that the applicant built on; None without a previous permit,
    and in a request from before migration 0002."""

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
        Index(None, "agent_key"),
        Index(None, "plot_keys", postgresql_using="gin"),
        Index(None, "previous_permit_id"),
        Index(None, "submitted_at", "request_id"),
        Index(None, "municipality", "status", "submitted_at", "request_id"),
        Index(None, "status", "submitted_at", "request_id"),
    )
    aggregate_type = "permit-request"
    agent_part_model = RequestAgentPart

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
    previous_version: Mapped[int | None]
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
    agent_parts: Mapped[list[RequestAgentPart]] = relationship(
        order_by=RequestAgentPart.place, cascade="all, delete-orphan"
    )
    owners: Mapped[list[RequestOwner]] = relationship(
        order_by=RequestOwner.position, cascade="all, delete-orphan"
    )
    papers: Mapped[list[RequestPaper]] = relationship(
        order_by=RequestPaper.code, cascade="all, delete-orphan"
    )
    permit: Mapped[Permit | None] = relationship(
        primaryjoin="PermitRequest.request_id == foreign(Permit.request_id)", viewonly=True
    )
    invoice: Mapped[Invoice | None] = relationship(
        primaryjoin="foreign(PermitRequest.invoice_id) == Invoice.invoice_id", viewonly=True
    )

    def record(self) -> Document:
        """Returns the published columns with the owners, as plain JSON values, without the permit."""
        names = ("request_id", "request_number", "transaction_number", "kind", "municipality")
        days = ("due_on", "decided_on", "ended_on")
        return {
            **{name: getattr(self, name) for name in names},
            **{name: getattr(self, name) for name in ("status", "previous_permit_id", "version")},
            "reason_code": self.reason_code,
            "submitted_on": legal_day(self.submitted_at).isoformat(),
            **{name: day.isoformat() if (day := getattr(self, name)) else None for name in days},
            "owners": [owner.record() for owner in self.owners],
            "representative": self.representative,
        }

    def application(self) -> Document:
        """Returns the application, in the shape that the rules read."""
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


class Appeal(Aggregate, Base):
    """An appeal. `target_id` is the permit, request or certificate that the decision is of, `appealed_at` the moment of
    the decision: both name it. `appealed_by` made it, with subject and name. `appellant` has a name and a capacity."""

    __tablename__ = "appeal"
    __table_args__ = (
        UniqueConstraint("municipality", "appeal_number"),
        Index(
            "uq_appeal_decision",
            *("target_id", "against", "appealed_at"),
            unique=True,
            postgresql_where=text("status <> 'withdrawn'"),
        ),
        Index(None, "permit_id"),
        Index(None, "request_id"),
        Index(None, "decide_by", "appeal_id"),
        Index(None, "status", "decide_by", "appeal_id"),
        Index(None, "municipality", "status", "decide_by", "appeal_id"),
    )
    aggregate_type = "appeal"

    appeal_id: Mapped[Key]
    appeal_number: Mapped[str]
    municipality: Mapped[str]
    against: Mapped[str]
    target_id: Mapped[Id]
    permit_id: Mapped[Id | None] = mapped_column(ForeignKey("permit.permit_id"))
    permit_number: Mapped[str | None]
    request_id: Mapped[Id | None] = mapped_column(ForeignKey("permit_request.request_id"))
    request_number: Mapped[str | None]
    certificate_id: Mapped[Id | None] = mapped_column(ForeignKey("certificate.certificate_id"))
    appealed_at: Mapped[datetime]
    appealed_by: Mapped[Document | None]
    appellant: Mapped[Any] = mapped_column(Sealed("appeal.appellant"))
    grounds: Mapped[Any] = mapped_column(Sealed("appeal.grounds"))
    documents: Mapped[list[Document]]
    noticed_on: Mapped[date]
    filed_on: Mapped[date]
    decide_by: Mapped[date]
    status: Mapped[str]
    reason: Mapped[str | None]
    ended_on: Mapped[date | None]
    ended_by: Mapped[Document | None]

    def record(self) -> Document:
        """Returns the published columns as plain JSON values."""
        names = (
            *("appeal_id", "appeal_number", "against", "permit_id", "permit_number", "request_id"),
            *("request_number", "certificate_id", "municipality", "status", "version"),
        )
        days = ("noticed_on", "filed_on", "decide_by", "ended_on")
        return {
            **{name: getattr(self, name) for name in names},
            **{name: day.isoformat() if (day := getattr(self, name)) else None for name in days},
        }
