"""Tables of the service.

A `Seat` is a place at a counter for a span of time, taken by a hold, an offer or an appointment. No two seats of one
place overlap, by the exclusion constraint `ex_seat_lane`: the database itself refuses a double booking. The constraint
lays the minutes of each place, its `lane`, one behind the other on one line of numbers, so that two seats overlap on
the line exactly if they overlap at one place. A seat without `appointment_id` ends by itself at `held_until`.
`device_key`: the keyed hash of the key of the browser that holds the seat. `offered_to`: the appointment whose person
is offered the seat.

The person of an appointment is one sealed document; `mobile_key` is the keyed hash of the mobile, by which a person's
appointments are counted. Nothing empties the journal, so the journal holds no text that people wrote: an officer's
words stand in `officer_note`, sealed, until retention deletes them.

`change_until`: until then the person changes or cancels. `affected_since`: a change of the municipality keeps the
department from serving the appointment. `waits_since`: the person waits for an earlier day. `offered_starts_at`: the
slot that was offered last; the offer is open until `offer_until`.
"""

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    Sequence,
    SmallInteger,
    TextClause,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from appointments.domain.appointments import Status, clock_text, shown_status_of
from appointments.domain.schedule import Place, Span, WantedSlot
from chassis.core.times import rfc3339
from chassis.data.aggregates import Aggregate
from chassis.data.columns import TYPES, Document, Id, Key
from chassis.data.db import new_metadata
from chassis.data.sealed import BlindKey, Sealed
from documents.issuing.register import VALID, Register
from documents.issuing.tables import KeptDocument, KeptKey
from documents.revocations import State


class Base(DeclarativeBase):
    metadata = new_metadata()
    type_annotation_map: ClassVar[dict[Any, Any]] = TYPES


def _is_set(column: str) -> TextClause:
    return text(f"{column} IS NOT NULL")


# Minutes since 2020; a lane has room for 255 years of them.
_MINUTE = "lane * 134217728 + (extract(epoch FROM {0} - '2020-01-01 00:00:00+00'::timestamptz) / 60)::bigint"
LINE = f"int8range({_MINUTE.format('starts_at')}, {_MINUTE.format('ends_at')})"
NUMBERS = Sequence("appointment_number", metadata=Base.metadata)


class Department(Aggregate, Base):
    """A department at a branch that serves people by appointment. `code`: of the municipality's list of departments."""

    __tablename__ = "department"
    __table_args__ = (
        Index(None, "municipality", "department_id"),
        UniqueConstraint("municipality", "code"),
    )
    aggregate_type: ClassVar[str] = "department"

    department_id: Mapped[Key]
    serial: Mapped[int] = mapped_column(Identity(always=True))
    municipality: Mapped[str]
    code: Mapped[str]
    added_at: Mapped[datetime]

    def lane_of(self, place: Place) -> int:
        """Returns the lane of a place at a counter of this department."""
        return self.serial * 10_000 + place.counter * 100 + place.place


class DepartmentPlan(Base):
    """A plan of a department, from a day on; `valid_until`: None until further notice. None is ever changed."""

    __tablename__ = "department_plan"
    __table_args__ = (Index(None, "department_id", "valid_from", "set_at"),)

    plan_id: Mapped[Key]
    department_id: Mapped[Id] = mapped_column(ForeignKey("department.department_id"))
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    plan: Mapped[Document]
    set_at: Mapped[datetime]
    set_by: Mapped[str]


class Closure(Base):
    """A span in which a department is closed, or a whole branch where no department is named."""

    __tablename__ = "closure"
    __table_args__ = (
        Index(None, "municipality", "ends_at", postgresql_where=text("lifted_at IS NULL")),
    )

    closure_id: Mapped[Key]
    municipality: Mapped[str]
    department_id: Mapped[Id | None] = mapped_column(ForeignKey("department.department_id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    reason_ar: Mapped[str]
    reason_en: Mapped[str]
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    lifted_at: Mapped[datetime | None]


class Appointment(Aggregate, Base):
    """An appointment, from its booking to its end."""

    __tablename__ = "appointment"
    __table_args__ = (
        Index(None, "municipality", "starts_at", "appointment_id"),
        Index(None, "department_id", "starts_at", "appointment_id"),
        Index(None, "starts_at", "appointment_id"),
        Index(None, "mobile_key", postgresql_where=_is_set("mobile_key")),
        Index(
            "ix_appointment_waiting",
            *("department_id", "service", "waits_since"),
            postgresql_where=_is_set("waits_since"),
        ),
        Index("ix_appointment_full", "starts_at", postgresql_where=text("emptied_at IS NULL")),
    )
    aggregate_type: ClassVar[str] = "appointment"

    appointment_id: Mapped[Key]
    appointment_number: Mapped[str] = mapped_column(unique=True)
    municipality: Mapped[str]
    department_id: Mapped[Id] = mapped_column(ForeignKey("department.department_id"))
    department_ar: Mapped[str]
    department_en: Mapped[str]
    service: Mapped[str]
    service_ar: Mapped[str]
    service_en: Mapped[str]
    needs_confirmation: Mapped[bool]
    counter: Mapped[int] = mapped_column(SmallInteger)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    change_until: Mapped[datetime]
    status: Mapped[str]
    language: Mapped[str]
    person: Mapped[Any] = mapped_column(Sealed("appointment.person"), nullable=True)
    mobile_key: Mapped[str | None] = mapped_column(BlindKey(of="mobile"))
    booked_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    affected_since: Mapped[datetime | None]
    waits_since: Mapped[datetime | None]
    offered_starts_at: Mapped[datetime | None]
    offer_until: Mapped[datetime | None]
    queue_number: Mapped[int | None]
    checked_in_at: Mapped[datetime | None]
    called_at: Mapped[datetime | None]
    called_to: Mapped[int | None] = mapped_column(SmallInteger)
    ended_at: Mapped[datetime | None]
    cancelled_by: Mapped[str | None]
    reason: Mapped[str | None]
    emptied_at: Mapped[datetime | None]

    @property
    def is_affected(self) -> bool:
        return self.affected_since is not None

    @property
    def cancel_until(self) -> datetime:
        """Returns until when the person cancels: an affected appointment until it begins."""
        return self.starts_at if self.is_affected else self.change_until

    @property
    def shown_status(self) -> str:
        """Returns the key of the words that people read of the state."""
        return shown_status_of(self.status, is_affected=self.is_affected)

    @property
    def mobile(self) -> str | None:
        return self.person["mobile"] if self.person else None

    def record(self) -> dict[str, Any]:
        """Returns the public facts as plain JSON values."""
        moments = ("starts_at", "ends_at", "booked_at")
        return {
            "appointment_id": self.appointment_id,
            "appointment_number": self.appointment_number,
            "municipality": self.municipality,
            "department_id": self.department_id,
            "department": self.department_ar,
            "department_en": self.department_en,
            "service": self.service,
            "service_name": self.service_ar,
            "service_name_en": self.service_en,
            "status": self.status,
            **{name: rfc3339(getattr(self, name)) for name in moments},
            **clock_text(self.starts_at),
            "affected": self.is_affected,
            "waits": self.waits_since is not None,
            "offer": self._offer(),
            "queue_number": self.queue_number,
            "cancelled_by": self.cancelled_by,
        }

    def _offer(self) -> dict[str, Any] | None:
        if self.offer_until is None or self.offered_starts_at is None:
            return None
        return {
            "starts_at": rfc3339(self.offered_starts_at),
            **clock_text(self.offered_starts_at),
            "until": rfc3339(self.offer_until),
            "until_time": clock_text(self.offer_until)["time"],
        }


class Seat(Base):
    """A place at a counter for a span of time."""

    __tablename__ = "seat"
    __table_args__ = (
        ExcludeConstraint((text(LINE), "&&"), name="ex_seat_lane"),
        CheckConstraint("lane % 10000 = counter * 100 + place", name="lane"),
        CheckConstraint("starts_at < ends_at", name="span"),
        Index(None, "department_id", "starts_at"),
        CheckConstraint("(held_until IS NULL) = (appointment_id IS NOT NULL)", name="holder"),
        Index("uq_seat_device", "device_key", unique=True, postgresql_where=_is_set("device_key")),
        Index("uq_seat_offer", "offered_to", unique=True, postgresql_where=_is_set("offered_to")),
        Index("ix_seat_held", "held_until", postgresql_where=_is_set("held_until")),
    )

    seat_id: Mapped[Key]
    department_id: Mapped[Id] = mapped_column(ForeignKey("department.department_id"))
    counter: Mapped[int] = mapped_column(SmallInteger)
    place: Mapped[int] = mapped_column(SmallInteger)
    lane: Mapped[int] = mapped_column(BigInteger)
    service: Mapped[str]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    held_until: Mapped[datetime | None]
    device_key: Mapped[str | None]
    offered_to: Mapped[Id | None] = mapped_column(ForeignKey("appointment.appointment_id"))
    appointment_id: Mapped[Id | None] = mapped_column(
        ForeignKey("appointment.appointment_id"), unique=True
    )

    @property
    def span(self) -> Span:
        return Span(self.starts_at, self.ends_at)

    @property
    def at(self) -> Place:
        return Place(self.counter, self.place)

    def holds(self, slot: WantedSlot, now: datetime) -> bool:
        """Returns whether this is a hold of the slot that isn't over."""
        is_of_slot = (self.department_id, self.service, self.starts_at) == slot
        return is_of_slot and self.held_until is not None and self.held_until > now


class SlotOffer(Base):
    """A slot that was offered to the person of an appointment. No slot is offered to one person twice."""

    __tablename__ = "slot_offer"

    appointment_id: Mapped[Id] = mapped_column(
        ForeignKey("appointment.appointment_id"), primary_key=True
    )
    starts_at: Mapped[datetime] = mapped_column(primary_key=True)
    offered_at: Mapped[datetime]


class OfficerNote(Base):
    """What an officer wrote about an action: a reason or a remark. `at`: the moment of the action in the journal."""

    __tablename__ = "officer_note"

    note_id: Mapped[Key]
    appointment_id: Mapped[Id] = mapped_column(ForeignKey("appointment.appointment_id"), index=True)
    action: Mapped[str]
    at: Mapped[datetime]
    subject: Mapped[str]
    text: Mapped[Any] = mapped_column(Sealed("officer_note.text"))


class AppointmentKey(Base):
    """A key to one appointment, by the hash of its token: of the link in a text, or given for a one-time code."""

    __tablename__ = "appointment_key"

    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    appointment_id: Mapped[Id] = mapped_column(ForeignKey("appointment.appointment_id"), index=True)
    expires_at: Mapped[datetime]


class QueueDay(Base):
    """The last queue number of a department's day."""

    __tablename__ = "queue_day"

    department_id: Mapped[Key] = mapped_column(ForeignKey("department.department_id"))
    day: Mapped[date] = mapped_column(primary_key=True)
    last: Mapped[int]


class SignedDocument(KeptDocument, Base):
    """The ticket of an appointment. It names no person."""

    __table_args__ = (Index(None, "appointment_id", "made_at"), Index(None, "expires_on"))

    appointment_id: Mapped[Id] = mapped_column(ForeignKey("appointment.appointment_id"))
    expires_on: Mapped[date] = mapped_column()


class DocumentKey(KeptKey, Base):
    """A key that signed tickets."""


def ticket_state(status: str) -> str:
    """Returns the state of a ticket; its last day is the appointment's."""
    return Status.CANCELLED.value if status == Status.CANCELLED else VALID


REGISTER = Register(
    documents=SignedDocument,
    keys=DocumentKey,
    of=SignedDocument.appointment_id,
    thing=Appointment.appointment_id,
    facts=(Appointment.status,),
    state_of=ticket_state,
    not_valid=Appointment.status == Status.CANCELLED.value,
    off_line={Status.CANCELLED.value: State.CANCELLED},
)
