"""Seats: a place at a counter for a slot. The database's exclusion constraint decides who gets a seat."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, delete, select
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
from appointments.slots import Slot, next_free_slots, planned_service, timetable_of
from chassis.core.ids import new_id
from chassis.core.times import rfc3339
from chassis.data.deadlines import set_deadline
from saudi.days import legal_day

SEAT = "seat"  # the aggregate type of a freed seat's deadline


class FreedSeat(NamedTuple):
    """A place that came free in a slot. As text it names the deadline at which the place is offered."""

    slot: WantedSlot
    place: Place

    def __str__(self) -> str:
        department_id, service, starts_at = self.slot
        return "|".join((department_id, service, rfc3339(starts_at), *map(str, self.place)))

    @classmethod
    def parse(cls, text: str) -> "FreedSeat":
        department_id, service, starts_at, *place = text.split("|")
        slot = WantedSlot(department_id, service, datetime.fromisoformat(starts_at))
        return cls(slot, Place(*map(int, place)))


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
    """Takes a free seat of the slot. `holder`: the columns that say who has the seat. Raises SlotTaken."""
    seat = take_free_seat(session, slot, now=now, **holder)
    if seat is None:
        raise taken_slot(next_free_slots(session, slot.wanted, now))
    return seat


def take_free_seat(
    session: Session, slot: BookableSlot, *, now: datetime, **holder: Any
) -> Seat | None:
    """Takes a free seat of the slot, as `claim_seat` does. Returns None if every seat is taken.

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
    return None


def taken_slot(following: Sequence[Slot]) -> SlotTaken:
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
    """Deletes the holds and offers of the slot that are over, and plans the next offer of an offered seat. A hold that
    is being booked at this moment isn't over."""
    dropped = delete(Seat).where(*in_slot, Seat.held_until <= now)
    facts = (Seat.department_id, Seat.service, Seat.starts_at, Seat.counter, Seat.place)
    statement = dropped.returning(*facts, Seat.offered_to)
    rows = session.execute(statement.execution_options(synchronize_session=False)).all()
    for department_id, service, starts_at, counter, place, offered_to in rows:
        if offered_to is not None:
            slot = WantedSlot(department_id, service, starts_at)
            plan_offer(session, FreedSeat(slot, Place(counter, place)), now)


def free_seat(session: Session, seat: Seat | None, now: datetime) -> None:
    """Deletes a seat, and plans its offer to the people who wait for an earlier day. None needs nothing."""
    if seat is None:
        return
    session.delete(seat)
    session.flush()
    slot = WantedSlot(seat.department_id, seat.service, seat.starts_at)
    plan_offer(session, FreedSeat(slot, seat.at), now)


def plan_offer(session: Session, freed: FreedSeat, now: datetime) -> None:
    """Sets the deadline at which a freed seat is offered: at once by day, else in the morning."""
    at = offer_time(now)
    if at < freed.slot.starts_at:
        set_deadline(session, SEAT, str(freed), FREED, at)


def plan_offer_after_hold(
    session: Session, freed: FreedSeat, slot: BookableSlot, now: datetime
) -> None:
    """Sets the deadline at which a freed seat is offered after all: the end of the first browser's hold on its place.
    A hold may end without a booking. A hold that ended at this moment has its offer at once."""
    lane = slot.department.lane_of(freed.place)
    statement = select(Seat.held_until, Seat.offered_to).where(*_during(slot), Seat.lane == lane)
    taken = session.execute(statement).all()
    holds = [until for until, offered_to in taken if until is not None and offered_to is None]
    if holds or not taken:
        plan_offer(session, freed, max(min(holds, default=now), now))


def end_offer(session: Session, row: Appointment, now: datetime) -> None:
    """Ends an offer to an appointment's person, and plans the next one of its seat."""
    row.offer_until = None
    free_seat(session, offered_seat_of(session, row.appointment_id), now)


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
