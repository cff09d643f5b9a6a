"""Tables of the service.

The database guarantees that a bill is settled once and whole: a payment that settles a bill refers to the bill with its
amount, has the same amount itself, and is the only settling payment of the bill. Payers, contacts and accounts for
refunds are sealed.
"""

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import UUID
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from chassis.core.times import rfc3339
from chassis.data.aggregates import Aggregate
from chassis.data.columns import TYPES, Documents, Halalas, Id, Key
from chassis.data.db import new_metadata
from chassis.data.sealed import BlindKey, Sealed


class Base(DeclarativeBase):
    metadata = new_metadata()
    type_annotation_map: ClassVar[dict[Any, Any]] = TYPES


class Bill(Aggregate, Base):
    """The bill of an invoice. `task`: what the worker does at the bill system, since `task_since`, next at `due_at`;
    `unsure`: the bill system may have the bill; `ending`: the status of a given-up bill once the bill system has
    cancelled the bill. `payer` is {name, id_type, id_number}, `payer_key` the keyed hash of its number, `contacts` a
    list of {role, language, mobile, confirmed}."""

    __tablename__ = "bill"
    __table_args__ = (
        UniqueConstraint("invoice_id"),
        UniqueConstraint("bill_number"),
        UniqueConstraint("bill_id", "amount_halalas"),
        CheckConstraint("amount_halalas > 0", name="amount"),
        Index(None, "created_at", "bill_id"),
        Index(None, "municipality", "created_at", "bill_id"),
        Index(None, "status", "created_at", "bill_id"),
        Index(None, "payer_key", "created_at"),
        Index(None, "subject_number", "created_at"),
        Index("ix_bill_due", "due_at", postgresql_where=text("task IS NOT NULL")),
        Index(
            "ix_bill_unnoticed",
            "paid_there_at",
            postgresql_where=text("status = 'registered' AND paid_there_at IS NOT NULL"),
        ),
        Index(
            "ix_bill_full",
            "ended_at",
            postgresql_where=text("payer IS NOT NULL OR contacts IS NOT NULL"),
        ),
    )
    aggregate_type: ClassVar[str] = "bill"

    bill_id: Mapped[Key]
    invoice_id: Mapped[Id]
    invoice_version: Mapped[int]
    service: Mapped[str]
    subject_type: Mapped[str]
    subject_id: Mapped[str]
    subject_number: Mapped[str | None]
    municipality: Mapped[str]
    amount_halalas: Mapped[Halalas]
    lines: Mapped[Documents]
    due_on: Mapped[date]
    payer: Mapped[dict[str, Any] | None] = mapped_column(Sealed("bill.payer"), deferred=True)
    payer_key: Mapped[str | None] = mapped_column(BlindKey(of="payer_number", inside="payer"))
    contacts: Mapped[list[dict[str, Any]] | None] = mapped_column(
        Sealed("bill.contacts"), deferred=True
    )
    status: Mapped[str]
    task: Mapped[str | None]
    task_since: Mapped[datetime | None]
    ending: Mapped[str | None]
    unsure: Mapped[bool]
    attempts: Mapped[int]
    due_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    biller_code: Mapped[str | None]
    bill_number: Mapped[str | None]
    created_at: Mapped[datetime]
    registered_at: Mapped[datetime | None]
    paid_there_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    @property
    def payer_number(self) -> str | None:
        """Returns the payer's ID number or unified number; None once the payer is emptied."""
        return self.payer["id_number"] if self.payer else None

    @property
    def payer_name(self) -> str:
        """Returns the payer's name; an empty text once the payer is emptied."""
        return self.payer["name"] if self.payer else ""

    def subject(self) -> dict[str, Any]:
        return {
            "type": self.subject_type,
            "id": self.subject_id,
            "number": self.subject_number,
        }

    def record(self) -> dict[str, Any]:
        """Returns the public part of the row as plain JSON values, without payer and contacts."""
        return {
            "bill_id": self.bill_id,
            "invoice_id": self.invoice_id,
            "service": self.service,
            "subject": self.subject(),
            "municipality": self.municipality,
            "biller_code": self.biller_code,
            "bill_number": self.bill_number,
            "amount_halalas": self.amount_halalas,
            "currency": "SAR",
            "due_on": self.due_on.isoformat(),
            "status": self.status,
            "reason": self.reason,
            "registered_at": _moment(self.registered_at),
            "ended_at": _moment(self.ended_at),
        }


class Attempt(Base):
    """A call of the bill system about a bill. The row is committed before the call."""

    __tablename__ = "attempt"

    bill_id: Mapped[str] = mapped_column(
        UUID(as_uuid=False), ForeignKey("bill.bill_id"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True)
    call: Mapped[str]
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    detail: Mapped[str | None]

    def record(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "call": self.call,
            "began_at": _moment(self.began_at),
            "ended_at": _moment(self.ended_at),
            "outcome": self.outcome,
            "detail": self.detail,
        }


class Payment(Aggregate, Base):
    """Money that arrived. `bill_id`: the payment's bill, if known; `settled_at` is set when the payment settles the
    bill. `reference`: the number of the bill system or of the counter's receipt, unique within the source.
    `refund_since`: when the service of the invoice, or two people, first wanted the refund, or when the bank returned
    its transfer. `transfer`: the bank's number of the last transfer. `paid_at`: the notice's time; `paid_on`: the day
    with which the payment is reconciled. `account_iban` and `account_holder`: the account that the payer gave for a
    refund, until people have decided. A constraint refuses another refund of money whose transfer wasn't
    returned."""

    __tablename__ = "payment"
    __table_args__ = (
        UniqueConstraint("source", "reference"),
        # The settling payment refers to the bill together with the bill's amount.
        ForeignKeyConstraint(
            ["bill_id", "settled_halalas"],
            ["bill.bill_id", "bill.amount_halalas"],
            name="fk_payment_settles",
        ),
        CheckConstraint(
            "(settled_at IS NULL) = (settled_halalas IS NULL)"
            " AND (settled_at IS NULL OR bill_id IS NOT NULL)",
            name="settled",
        ),
        CheckConstraint("settled_halalas = amount_halalas", name="whole"),
        CheckConstraint("amount_halalas > 0", name="amount"),
        CheckConstraint(
            "transfer IS NULL OR status = 'refunded'"
            " OR (status = 'refunding' AND transfer_returned_at IS NOT NULL)",
            name="transfer",
        ),
        Index(
            "uq_payment_settles",
            "bill_id",
            unique=True,
            postgresql_where=text("settled_at IS NOT NULL"),
        ),
        Index(None, "received_at", "payment_id"),
        Index(None, "status", "received_at", "payment_id"),
        Index(None, "municipality", "received_at", "payment_id"),
        Index(None, "source", "paid_on"),
        Index(None, "bill_id"),
        Index(
            "ix_payment_unknown",
            "bill_number",
            postgresql_where=text("bill_id IS NULL"),
        ),
        Index(
            "ix_payment_refund",
            "refund_since",
            postgresql_where=text(
                "status = 'refunding' OR refund_wanted IS NOT NULL"
                " OR transfer_returned_at IS NOT NULL"
            ),
        ),
    )
    aggregate_type: ClassVar[str] = "payment"

    payment_id: Mapped[Key]
    bill_id: Mapped[str | None] = mapped_column(UUID(as_uuid=False), ForeignKey("bill.bill_id"))
    settled_halalas: Mapped[int | None] = mapped_column(BigInteger)
    source: Mapped[str]
    reference: Mapped[str]
    bill_number: Mapped[str | None]
    municipality: Mapped[str | None]
    amount_halalas: Mapped[Halalas]
    status: Mapped[str]
    reason: Mapped[str | None]
    method: Mapped[str | None]
    paid_at: Mapped[datetime]
    paid_on: Mapped[date]
    received_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    refund_wanted: Mapped[str | None]
    refund_since: Mapped[datetime | None]
    transfer: Mapped[str | None]
    transfer_returned_at: Mapped[datetime | None]
    account_iban: Mapped[str | None] = mapped_column(Sealed("payment.account_iban"))
    account_holder: Mapped[str | None] = mapped_column(Sealed("payment.account_holder"))
    account_given_at: Mapped[datetime | None]
    account_given_by: Mapped[str | None]
    ended_at: Mapped[datetime | None]

    @property
    def is_returned(self) -> bool:
        """Returns whether the bank has returned the transfer of the refund."""
        return self.transfer_returned_at is not None

    def forget_account(self) -> None:
        """Empties the account that the payer gave."""
        self.account_iban = self.account_holder = None
        self.account_given_at = self.account_given_by = None

    def record(self) -> dict[str, Any]:
        """Returns the row as plain JSON values, without fields of its bill."""
        return {
            "payment_id": self.payment_id,
            "bill_id": self.bill_id,
            "amount_halalas": self.amount_halalas,
            "currency": "SAR",
            "channel": self.source,
            "status": self.status,
            "reason": self.reason,
            "paid_at": _moment(self.paid_at),
            "settled_at": _moment(self.settled_at),
            "ended_at": _moment(self.ended_at),
        }


class Notice(Base):
    """A payment notice that the bill system signed, stored once. `digest`: SHA-256 of its JSON with sorted names, not
    of the raw body."""

    __tablename__ = "notice"
    __table_args__ = (
        Index(None, "payment_id"),
        Index(None, "paid_on"),
    )

    notice_id: Mapped[str] = mapped_column(primary_key=True)
    key_number: Mapped[int]
    signed_at: Mapped[datetime]
    received_at: Mapped[datetime]
    digest: Mapped[bytes]
    payment_id: Mapped[str] = mapped_column(UUID(as_uuid=False), ForeignKey("payment.payment_id"))
    reference: Mapped[str]
    bill_number: Mapped[str]
    amount_halalas: Mapped[Halalas]
    paid_on: Mapped[date]


class Decision(Base):
    """A decision about a payment, which one person proposes and another decides. `iban` and `holder`: the account of a
    refund; `account_given_by`: who gave it on line, None at a counter. A constraint refuses a decision by the
    proposer."""

    __tablename__ = "decision"
    __table_args__ = (
        CheckConstraint("decided_by <> proposed_by", name="second_person"),
        CheckConstraint("(decided_by IS NULL) = (status = 'proposed')", name="decided"),
        Index(
            "uq_decision_open",
            "payment_id",
            unique=True,
            postgresql_where=text("status = 'proposed'"),
        ),
        Index(None, "status", "proposed_at", "decision_id"),
        Index(None, "payment_id"),
        Index("ix_decision_account", "payment_id", postgresql_where=text("iban IS NOT NULL")),
    )

    decision_id: Mapped[Key]
    payment_id: Mapped[str] = mapped_column(UUID(as_uuid=False), ForeignKey("payment.payment_id"))
    kind: Mapped[str]
    bill_id: Mapped[str | None] = mapped_column(UUID(as_uuid=False), ForeignKey("bill.bill_id"))
    iban: Mapped[str | None] = mapped_column(Sealed("decision.iban"))
    holder: Mapped[str | None] = mapped_column(Sealed("decision.holder"))
    account_given_by: Mapped[str | None]
    reason: Mapped[str]
    status: Mapped[str]
    proposed_by: Mapped[str]
    proposed_by_name: Mapped[str | None]
    proposed_at: Mapped[datetime]
    decided_by: Mapped[str | None]
    decided_by_name: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    note: Mapped[str | None]


class SettlementLine(Base):
    """A line of the bank's settlement of a day, as the bank sent it. `line_id` is the bank's."""

    __tablename__ = "settlement_line"
    __table_args__ = (Index(None, "source", "reference"),)

    source: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    line_id: Mapped[str] = mapped_column(primary_key=True)
    reference: Mapped[str]
    bill_number: Mapped[str | None]
    amount_halalas: Mapped[Halalas]


class Reconciliation(Aggregate, Base):
    """The last reconciliation of a day and source. Amounts are sums of all lines and of all payments of the day. `told`
    counts dismissed payments too, so that a further payment of the day shows."""

    __tablename__ = "reconciliation"
    aggregate_type: ClassVar[str] = "reconciliation"

    source: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    lines: Mapped[int]
    lines_halalas: Mapped[Halalas]
    payments: Mapped[int]
    payments_halalas: Mapped[Halalas]
    told: Mapped[int]
    matched: Mapped[int]
    differences: Mapped[int]

    @property
    def aggregate_id(self) -> str:
        return f"{self.source}/{self.day}"

    def record(self) -> dict[str, Any]:
        """Returns the journal's details, because the next reconciliation of the day replaces the row."""
        names = ("lines", "lines_halalas", "payments", "payments_halalas", "matched")
        return {name: getattr(self, name) for name in (*names, "differences")}


class Difference(Base):
    """A difference between the bank's lines and a payment."""

    __tablename__ = "difference"
    __table_args__ = (
        ForeignKeyConstraint(
            ["source", "day"],
            ["reconciliation.source", "reconciliation.day"],
            ondelete="CASCADE",
        ),
        Index(None, "source", "day"),
    )

    difference_id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    source: Mapped[str]
    day: Mapped[date]
    kind: Mapped[str]
    reference: Mapped[str]
    bill_number: Mapped[str | None]
    line_halalas: Mapped[int | None] = mapped_column(BigInteger)
    payment_halalas: Mapped[int | None] = mapped_column(BigInteger)
    payment_id: Mapped[str | None] = mapped_column(UUID(as_uuid=False))


def _moment(at: datetime | None) -> str | None:
    return rfc3339(at) if at else None
