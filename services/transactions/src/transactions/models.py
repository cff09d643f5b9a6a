"""Tables of the service.

What people write is sealed: subject, applicant, the texts of movements, letters. Retention empties the sealed columns.
The journal is never emptied, so the journal holds no text; the texts of moves stand in `movement`.

`departments`: all that have or had the transaction, in the order in which they got it; the last is not always the
present one. `referred_by`: the department or the registry that referred it last, null since the entry.
`step_due_on`: by when the present department means to be done with its step. `waited_days`: the working days in which
the applicant completed.
"""

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from chassis.core.times import rfc3339
from chassis.data.aggregates import Aggregate
from chassis.data.columns import TYPES, Document, Documents, Id, Key
from chassis.data.db import new_metadata
from chassis.data.sealed import BlindKey, Sealed
from documents.issuing.register import VALID, Register
from documents.issuing.tables import KeptDocument, KeptKey
from documents.revocations import State

ISSUED, CANCELLED = "issued", "cancelled"  # states of a letter
_OPEN = text("ended_at IS NULL")


class Base(DeclarativeBase):
    metadata = new_metadata()
    type_annotation_map: ClassVar[dict[Any, Any]] = {**TYPES, list[str]: ARRAY(Text())}


class Transaction(Aggregate, Base):
    """A transaction, from its entry to its filing or withdrawal."""

    __tablename__ = "transaction"
    __table_args__ = (
        UniqueConstraint("number"),
        Index(None, "entered_at", "transaction_id"),
        Index(None, "municipality", "entered_at", "transaction_id"),
        Index(
            None, "applicant_key", "entered_at", postgresql_where=text("applicant_key IS NOT NULL")
        ),
        Index("ix_transaction_open", "department", "due_on", postgresql_where=_OPEN),
        Index("ix_transaction_departments", "departments", postgresql_using="gin"),
        Index(
            "ix_transaction_full",
            "ended_at",
            postgresql_where=text("ended_at IS NOT NULL AND emptied_at IS NULL"),
        ),
        Index(
            "ix_transaction_unfiled",
            "decided_at",
            postgresql_where=text("decided_at IS NOT NULL AND ended_at IS NULL"),
        ),
    )
    aggregate_type: ClassVar[str] = "transaction"

    transaction_id: Mapped[Key]
    number: Mapped[str]
    municipality: Mapped[str]
    kind: Mapped[str]
    channel: Mapped[str]
    status: Mapped[str]
    confidential: Mapped[bool]
    department: Mapped[str]
    departments: Mapped[list[str]]
    referred_by: Mapped[str | None]
    referred_at: Mapped[datetime]
    step_due_on: Mapped[date]
    subject: Mapped[Any] = mapped_column(Sealed("transaction.subject"), nullable=True)
    applicant: Mapped[Any] = mapped_column(Sealed("transaction.applicant"), nullable=True)
    applicant_key: Mapped[str | None] = mapped_column(BlindKey(of="applicant_number"))
    incoming: Mapped[Any] = mapped_column(Sealed("transaction.incoming"), nullable=True)
    concerns: Mapped[Documents]
    missing: Mapped[list[str]]
    entered_at: Mapped[datetime]
    entered_on: Mapped[date]
    working_days: Mapped[int]
    answer_days: Mapped[int]
    waited_days: Mapped[int]
    due_on: Mapped[date]
    returned_on: Mapped[date | None]
    answer_until: Mapped[date | None]
    decided_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    in_time: Mapped[bool | None]
    ended_at: Mapped[datetime | None]
    reason_code: Mapped[str | None]
    emptied_at: Mapped[datetime | None]

    @property
    def applicant_number(self) -> str | None:
        """The identity or unified number of the applicant; None of a body, and once emptied."""
        return (self.applicant or {}).get("number")

    def record(self) -> Document:
        """Returns the published facts as plain JSON values. A confidential transaction publishes neither kind nor
        department nor what it concerns."""
        hidden = self.confidential
        return {
            **{name: getattr(self, name) for name in _AS_THEY_ARE},
            "kind": None if hidden else self.kind,
            "department": None if hidden else self.department,
            "concerns": [] if hidden else list(self.concerns),
            "entered_on": self.entered_on.isoformat(),
            "due_on": self.due_on.isoformat(),
            "answer_until": _iso(self.answer_until),
            "decided_at": rfc3339(self.decided_at) if self.decided_at else None,
            "ended_at": rfc3339(self.ended_at) if self.ended_at else None,
        }


_AS_THEY_ARE = (
    *("transaction_id", "number", "municipality", "channel", "status", "confidential", "outcome"),
    *("reason_code", "version"),
)


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


class Movement(Base):
    """A move of a transaction, or a note on it, as its history shows it. `text`: what the officer or the applicant
    wrote; `shown`: the applicant reads the text. `due_on`: by when the department that got it means to be done."""

    __tablename__ = "movement"
    __table_args__ = (Index(None, "transaction_id", "movement_id"),)

    movement_id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    transaction_id: Mapped[Id] = mapped_column(ForeignKey("transaction.transaction_id"))
    action: Mapped[str]
    status: Mapped[str]
    from_department: Mapped[str | None]
    to_department: Mapped[str | None]
    due_on: Mapped[date | None]
    text: Mapped[Any] = mapped_column(Sealed("movement.text"), nullable=True)
    shown: Mapped[bool]
    at: Mapped[datetime]
    subject: Mapped[str]
    name: Mapped[str | None]


class Paper(Base):
    """A document of a transaction: a claimed attachment. `paper`: which paper of the kind it is, null for any other."""

    __tablename__ = "paper"
    __table_args__ = (Index(None, "transaction_id", "position"),)

    attachment_id: Mapped[Key]
    transaction_id: Mapped[Id] = mapped_column(ForeignKey("transaction.transaction_id"))
    position: Mapped[int]
    paper: Mapped[str | None]
    added_at: Mapped[datetime]


class Letter(Base):
    """An outgoing letter: numbered, signed by an officer, issued as a signed document. `to_applicant`: the applicant
    reads it; otherwise `recipient` is another body. A cancelled letter's document no longer counts."""

    __tablename__ = "letter"
    __table_args__ = (UniqueConstraint("letter_no"), Index(None, "transaction_id", "issued_at"))

    letter_id: Mapped[Key]
    letter_no: Mapped[str]
    transaction_id: Mapped[Id] = mapped_column(ForeignKey("transaction.transaction_id"))
    municipality: Mapped[str]
    department: Mapped[str]
    status: Mapped[str]
    to_applicant: Mapped[bool]
    recipient: Mapped[Any] = mapped_column(Sealed("letter.recipient"), nullable=True)
    subject: Mapped[Any] = mapped_column(Sealed("letter.subject"), nullable=True)
    body: Mapped[Any] = mapped_column(Sealed("letter.body"), nullable=True)
    signed_by: Mapped[str]
    issued_at: Mapped[datetime]
    issued_on: Mapped[date]
    cancelled_at: Mapped[datetime | None]


class SignedDocument(KeptDocument, Base):
    """A signed document of a letter. A letter has no last day."""

    __table_args__ = (Index(None, "letter_id", "made_at"),)

    letter_id: Mapped[Id] = mapped_column(ForeignKey("letter.letter_id"))


class DocumentKey(KeptKey, Base):
    """A key that signed documents of letters."""


def _state_of(status: str) -> str:
    return VALID if status == ISSUED else CANCELLED


REGISTER = Register(
    documents=SignedDocument,
    keys=DocumentKey,
    of=SignedDocument.letter_id,
    thing=Letter.letter_id,
    facts=(Letter.status,),
    state_of=_state_of,
    not_valid=Letter.status != ISSUED,
    off_line={CANCELLED: State.CANCELLED},
)
