"""Seats: a place at a counter for a slot. The database's exclusion constraint decides who gets a seat."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from appointments.commands.recording import FREED
from appointments.domain.appointments import (
    SlotNotBookable,
    SlotTaken,
    offer_time,
    require_bookable,
    require_near,
)
from appointments.domain.schedule import Place, PlannedService, Span, WantedSlot
from appointments.models import Appointment, Department, Seat
from appointments.slots import FreeSlot, next_free_slots, planned_service, timetable_of
from chassis.core.ids import new_id
from chassis.core.times import rfc3339
from chassis.data.deadlines import set_deadline
from saudi.days import legal_day

SLOT = "slot"  # the aggregate type of a freed slot's deadline


@dataclass(frozen=True)
class BookableSlot:
    """A slot of a department's service that may be booked, and the places that serve it."""

    department: Department
    service: PlannedService
    span: Span
    places: Sequence[Place]

    @property
    def wanted(self) -> WantedSlot:
        return WantedSlot(self.department.department_id, self.service.code, self.span.starts_at)


def require_bookable_slot(
    session: Session, department: Department, service: str, starts_at: datetime, now: datetime
) -> BookableSlot:
    """Returns the slot of a department's service at a moment. Raises SlotNotBookable."""
    require_near(starts_at, now)
    day = legal_day(starts_at)
    timetable = timetable_of(session, department.department_id, now)
    planned = planned_service(timetable, service, day)
    require_bookable(planned, starts_at, now)
    for span in timetable.slots_on(day, service):
        if span.starts_at == starts_at:
            return BookableSlot(department, planned, span, timetable.places_on(day, service))
    raise SlotNotBookable("no-slot")


def claim_seat(session: Session, slot: BookableSlot, *, now: datetime, **holder: Any) -> Seat:
    """Takes a free seat of the slot. `holder`: the columns that say who has the seat. Raises SlotTaken.

    Each place is tried by an insert that the exclusion constraint lets through or not. An insert beside another
    transaction's waits for that transaction's end; no seat is looked up first and taken later."""
    department, service = slot.department, slot.service.code
    for place in _free_places(session, slot, now):
        statement = (
            insert(Seat)
            .values(
                seat_id=new_id(),
                department_id=department.department_id,
                lane=department.lane_of(place),
                service=service,
                **place._asdict(),
                **slot.span._asdict(),
                **holder,
            )
            .on_conflict_do_nothing()
            .returning(Seat)
        )
        if (seat := session.scalars(statement).one_or_none()) is not None:
            return seat
    raise taken_slot(next_free_slots(session, slot.wanted, now))


def taken_slot(following: Sequence[FreeSlot]) -> SlotTaken:
    """Returns the refusal that names the next free slots."""
    return SlotTaken(rfc3339(one.span.starts_at) for one in following)


def _free_places(session: Session, slot: BookableSlot, now: datetime) -> Iterable[Place]:
    """Returns the places that look free, in any order, so that people who come at once try different places."""
    in_slot = _during(slot)
    rows = session.execute(select(Seat.counter, Seat.place, Seat.held_until).where(*in_slot)).all()
    if any(until is not None and until <= now for *_, until in rows):
        _drop_expired(session, in_slot, now)
    taken = {
        Place(counter, place) for counter, place, until in rows if until is None or until > now
    }
    free = [one for one in slot.places if one not in taken]
    return random.sample(free, len(free))


def _during(slot: BookableSlot) -> tuple[ColumnElement[bool], ...]:
    """Returns the conditions on the seats that overlap the slot."""
    return (
        Seat.department_id == slot.department.department_id,
        Seat.starts_at < slot.span.ends_at,
        Seat.ends_at > slot.span.starts_at,
    )


def _drop_expired(session: Session, in_slot: Sequence[ColumnElement[bool]], now: datetime) -> None:
    """Deletes the holds of the slot that are over. A hold that is being booked at this moment isn't over."""
    statement = delete(Seat).where(*in_slot, Seat.held_until <= now)
    session.execute(statement.execution_options(synchronize_session=False))


def free_seat(session: Session, seat: Seat | None, now: datetime) -> None:
    """Deletes a seat, and plans the offer of its slot to the people who wait for an earlier day. None needs nothing."""
    if seat is None:
        return
    session.delete(seat)
    session.flush()
    plan_offer(session, WantedSlot(seat.department_id, seat.service, seat.starts_at), now)


def plan_offer(session: Session, freed: WantedSlot, now: datetime) -> None:
    """Sets the deadline at which a freed slot is offered: at once by day, else in the morning."""
    at = offer_time(now)
    if at < freed.starts_at:
        set_deadline(session, SLOT, slot_id(*freed), FREED, at)


def plan_offer_after_hold(session: Session, slot: BookableSlot, now: datetime) -> None:
    """Sets the deadline at which a freed slot is offered after all: the end of the first browser's hold on it. A hold
    may end without a booking."""
    held = Seat.held_until > now, Seat.offered_to.is_(None)
    ends = session.scalar(select(func.min(Seat.held_until)).where(*_during(slot), *held))
    if ends is not None:
        plan_offer(session, slot.wanted, ends)


def end_offer(session: Session, row: Appointment, now: datetime) -> None:
    """Ends an offer to an appointment's person, and plans the next one. The seat of an offer that is over may be gone:
    a person who takes a seat drops what has expired."""
    was_open, row.offer_until = row.offer_until is not None, None
    seat = offered_seat_of(session, row.appointment_id)
    free_seat(session, seat, now)
    if seat is None and was_open and row.offered_starts_at is not None:
        offered = WantedSlot(row.department_id, row.service, row.offered_starts_at)
        plan_offer(session, offered, now)


def slot_id(department_id: str, service: str, starts_at: datetime) -> str:
    """Returns the id under which a slot has its deadline."""
    return f"{department_id}|{service}|{rfc3339(starts_at)}"


def parse_slot_id(text: str) -> WantedSlot:
    department_id, service, starts_at = text.split("|")
    return WantedSlot(department_id, service, datetime.fromisoformat(starts_at))


def seat_of(session: Session, appointment_id: str) -> Seat | None:
    """Returns the seat of an appointment."""
    return session.scalars(select(Seat).where(Seat.appointment_id == appointment_id)).one_or_none()


def offered_seat_of(session: Session, appointment_id: str) -> Seat | None:
    """Returns the seat that is offered to an appointment's person, locked."""
    statement = select(Seat).where(Seat.offered_to == appointment_id).with_for_update()
    return session.scalars(statement.execution_options(populate_existing=True)).one_or_none()


def forget_holds(session: Session, before: datetime) -> None:
    """Deletes the holds of browsers that ended before a moment. An offer is ended by its deadline."""
    which = Seat.held_until < before, Seat.offered_to.is_(None)
    session.execute(delete(Seat).where(*which))
