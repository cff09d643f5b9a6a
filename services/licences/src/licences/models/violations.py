"""Violations, the objections to them, and the invoices for their fines.

The offender is one sealed document. `offender_key` is the keyed hash of the offender's number, by which earlier
violations are found and inquiries are answered. `base_halalas`, `size_percent` and `factor` say how the amount came
about. Texts that people wrote are sealed, and emptied with the offender.
"""

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import ColumnElement, ForeignKey, Index, UniqueConstraint, or_, text
from sqlalchemy.dialects.postgresql import DOUBLE_PRECISION
from sqlalchemy.orm import Mapped, mapped_column

from chassis.core.times import rfc3339
from chassis.data.aggregates import Aggregate
from chassis.data.columns import Document, Halalas, Id, Key
from chassis.data.sealed import BlindKey, Sealed
from invoicing.tables import InvoiceTable
from licences.models.base import Base

UNPAID_FINAL = text("final AND paid_at IS NULL AND ended_at IS NULL")


class Violation(Aggregate, Base):
    """A violation. `item`: a code of contracts/reference/violations.yaml. `until`: the last day to object or to sue.
    `seen_again_from`: the time to correct is over, an inspector is to look again. `bill`: how the fine is paid.
    `closed_licence_id`: the licence whose place was closed; the shop may have moved since the observation. `findings`:
    what the record says, and `judgment_reasons`: why a court decided so, which the offender reads; `note` is for
    colleagues."""

    __tablename__ = "violation"
    __table_args__ = (
        UniqueConstraint("violation_no"),
        Index(None, "observed_at", "violation_id"),
        Index(None, "municipality", "observed_at", "violation_id"),
        Index(None, "offender_key", "item", "observed_at"),
        Index(None, "licence_no", postgresql_where=text("licence_no IS NOT NULL")),
        Index("ix_violation_final_offender", "offender_key", postgresql_where=UNPAID_FINAL),
        Index("ix_violation_final_licence", "licence_no", postgresql_where=UNPAID_FINAL),
        Index(
            "ix_violation_full",
            "ended_at",
            postgresql_where=text("ended_at IS NOT NULL AND emptied_at IS NULL"),
        ),
    )
    aggregate_type: ClassVar[str] = "violation"

    violation_id: Mapped[Key]
    violation_no: Mapped[str]
    item: Mapped[str]
    group_code: Mapped[str]
    grave: Mapped[bool]
    municipality: Mapped[str]
    town: Mapped[str | None]
    district: Mapped[str | None]
    latitude: Mapped[float | None] = mapped_column(DOUBLE_PRECISION)
    longitude: Mapped[float | None] = mapped_column(DOUBLE_PRECISION)
    status: Mapped[str]
    offender_kind: Mapped[str]
    offender: Mapped[Any] = mapped_column(Sealed("violation.offender"), nullable=True)
    offender_key: Mapped[str | None] = mapped_column(BlindKey(of="offender_number"))
    establishment: Mapped[str | None]
    size: Mapped[str | None]
    licence_id: Mapped[Id | None]
    licence_no: Mapped[str | None]
    note: Mapped[Any] = mapped_column(Sealed("violation.note"), nullable=True)
    findings: Mapped[Any] = mapped_column(Sealed("violation.findings"), nullable=True)
    repetition: Mapped[int | None]
    municipality_class: Mapped[int | None]
    base_halalas: Mapped[Halalas | None]
    size_percent: Mapped[int | None]
    factor: Mapped[int | None]
    cap_halalas: Mapped[Halalas | None]
    reduced_to_percent: Mapped[int | None]
    amount_halalas: Mapped[Halalas | None]
    observed_at: Mapped[datetime]
    correct_until: Mapped[date | None]
    seen_again_from: Mapped[date | None]
    confirmed_at: Mapped[datetime | None]
    notified_at: Mapped[datetime | None]
    until: Mapped[date | None]
    final: Mapped[bool]
    judged: Mapped[bool]
    court_case: Mapped[str | None]
    judgment_reasons: Mapped[Any] = mapped_column(
        Sealed("violation.judgment_reasons"), nullable=True
    )
    invoice_id: Mapped[Id | None]
    bill: Mapped[Document | None]
    paid_at: Mapped[datetime | None]
    place_closed_at: Mapped[datetime | None]
    seal_number: Mapped[str | None]
    closed_licence_id: Mapped[Id | None]
    recorded_by: Mapped[str]
    confirmed_by: Mapped[str | None]
    updated_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    emptied_at: Mapped[datetime | None]

    @property
    def offender_number(self) -> str | None:
        """Returns the offender's identity or unified number, ten digits."""
        return (self.offender or {}).get("id_number")

    @property
    def was_told(self) -> bool:
        """Returns whether the offender has heard of the violation: was warned or notified once."""
        return self.correct_until is not None or self.notified_at is not None

    @classmethod
    def told_ones(cls) -> ColumnElement[bool]:
        """Selects the violations of which their offenders have heard."""
        return or_(cls.correct_until.is_not(None), cls.notified_at.is_not(None))

    def record(self) -> Document:
        """Returns what is published, as plain JSON values, without the item's words and the objection."""
        moments = ("observed_at", "notified_at", "paid_at")
        return {
            **{name: getattr(self, name) for name in _PLAIN},
            **{name: rfc3339(at) if (at := getattr(self, name)) else None for name in moments},
            "offender": self.offender_kind,
            "correct_until": self.correct_until.isoformat() if self.correct_until else None,
            "object_until": self.until.isoformat() if self.until else None,
            "fine": self._fine(),
            "place_closed": self.place_closed_at is not None,
        }

    def _fine(self) -> Document | None:
        if self.base_halalas is None:
            return None
        names = ("base_halalas", "size_percent", "factor", "reduced_to_percent")
        return {name: getattr(self, name) for name in names}


_PLAIN = (
    *("violation_id", "violation_no", "item", "group_code", "grave", "municipality", "status"),
    *("establishment", "licence_no", "repetition", "amount_halalas", "final", "bill", "version"),
)


class Objection(Base):
    """The objection to a violation, at most one: after its decision there are the courts."""

    __tablename__ = "objection"

    violation_id: Mapped[Key] = mapped_column(
        ForeignKey("violation.violation_id", name="fk_objection_violation_id")
    )
    channel: Mapped[str]
    reasons: Mapped[Any] = mapped_column(Sealed("objection.reasons"), nullable=True)
    filed_at: Mapped[datetime]
    filed_by: Mapped[str]
    decide_until: Mapped[date]
    overdue: Mapped[bool]
    outcome: Mapped[str | None]
    decision_reasons: Mapped[Any] = mapped_column(
        Sealed("objection.decision_reasons"), nullable=True
    )
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]


class FineInvoice(InvoiceTable, Base):
    """The invoice for a fine. `payer`: the offender. `bill`: the numbers under which people pay."""

    __tablename__ = "fine_invoice"
    __table_args__ = (Index(None, "violation_id"),)

    violation_id: Mapped[Id] = mapped_column(
        ForeignKey("violation.violation_id", name="fk_fine_invoice_violation_id")
    )
    violation_no: Mapped[str]
    payer: Mapped[Any] = mapped_column(Sealed("fine_invoice.payer"), nullable=True)
    bill: Mapped[Document | None]

    def set_bill_number(self, biller_code: str | None, bill_number: str | None) -> None:
        """Keeps the numbers under which people pay, once."""
        if self.bill is None:
            self.bill = {"biller_code": biller_code, "bill_number": bill_number}
