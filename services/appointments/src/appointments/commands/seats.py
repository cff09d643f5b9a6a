"""Seats: a place at a counter for a slot. The database's exclusion constraint decides who gets a seat."""

import random
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
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
from appointments.domain.schedule import Place, Span, Timetable
from appointments.models import Department, Seat
from appointments.slots import (
    FreeSlot,
    next_free_slots,
    overlapping,
    planned_service,
    timetable_of,
)
from chassis.core.ids import new_id
from chassis.core.times import rfc3339
from chassis.data.deadlines import set_deadline
from saudi.days import legal_day

SLOT = "slot"  # the aggregate type of a freed slot's deadline


def require_bookable_slot(
    session: Session, department: Department, service: str, starts_at: datetime, now: datetime
) -> tuple[Timetable, Span]:
    """Returns the timetable of a department and its slot of the service at a moment. Raises SlotNotBookable."""
    require_near(starts_at, now)
    day = legal_day(starts_at)
    timetable = timetable_of(session, department.department_id, now)
    require_bookable(planned_service(timetable, service, day), starts_at, now)
    slot = next(
        (one for one in timetable.slots_on(day, service) if one.starts_at == starts_at), None
    )
    if slot is None:
        raise SlotNotBookable("no-slot")
    return timetable, slot


def claim_seat(
    session: Session,
    department: Department,
    timetable: Timetable,
    service: str,
    slot: Span,
    *,
    now: datetime,
    **holder: Any,
) -> Seat:
    """Takes a free seat of the slot. `holder`: the columns that say who has the seat. Raises SlotTaken.

    Each place is tried by an insert that the exclusion constraint lets through or not. An insert beside another
    transaction's waits for that transaction's end; no seat is looked up first and taken later."""
    values = {
        "department_id": department.department_id,
        "service": service,
        "starts_at": slot.starts_at,
        "ends_at": slot.ends_at,
        **holder,
    }
    for place in _free_places(session, department.department_id, timetable, service, slot, now):
        lane = department.lane_of(place)
        if (seat := _insert_seat(session, place, {**values, "lane": lane})) is not None:
            return seat
    following = next_free_slots(
        session, department.department_id, timetable, service, after=slot.starts_at, now=now
    )
    raise taken_slot(following)


def taken_slot(following: Sequence[FreeSlot]) -> SlotTaken:
    """Returns the refusal that names the next free slots."""
    return SlotTaken(rfc3339(one.span.starts_at) for one in following)


def _free_places(
    session: Session,
    department_id: str,
    timetable: Timetable,
    service: str,
    slot: Span,
    now: datetime,
) -> Iterable[Place]:
    """Returns the places that look free, in any order, so that people who come at once try different places."""
    in_slot = (Seat.department_id == department_id, *overlapping(slot))
    rows = session.execute(select(Seat.counter, Seat.place, Seat.held_until).where(*in_slot)).all()
    if any(until is not None and until <= now for *_, until in rows):
        _drop_expired(session, department_id, slot, now)
    taken = {
        Place(counter, place) for counter, place, until in rows if until is None or until > now
    }
    free = [
        one for one in timetable.places_on(legal_day(slot.starts_at), service) if one not in taken
    ]
    return random.sample(free, len(free))


def _drop_expired(session: Session, department_id: str, slot: Span, now: datetime) -> None:
    """Deletes the holds of the slot that are over. A hold that is being booked at this moment isn't over."""
    statement = delete(Seat).where(
        Seat.department_id == department_id,
        *overlapping(slot),
        Seat.held_until <= now,
    )
    session.execute(statement.execution_options(synchronize_session=False))


def _insert_seat(session: Session, place: Place, values: Mapping[str, Any]) -> Seat | None:
    statement = (
        insert(Seat)
        .values(seat_id=new_id(), counter=place.counter, place=place.place, **values)
        .on_conflict_do_nothing()
        .returning(Seat)
    )
    return session.scalars(statement).one_or_none()


def free_seat(session: Session, seat: Seat | None, now: datetime) -> None:
    """Deletes a seat, and plans the offer of its slot to the people who wait for an earlier day. None needs nothing."""
    if seat is None:
        return
    session.delete(seat)
    session.flush()
    plan_offer(session, seat.department_id, seat.service, seat.span.starts_at, now)


def plan_offer(
    session: Session, department_id: str, service: str, starts_at: datetime, now: datetime
) -> None:
    """Sets the deadline at which a freed slot is offered: at once by day, else in the morning."""
    at = offer_time(now)
    if at < starts_at:
        set_deadline(session, SLOT, slot_id(department_id, service, starts_at), FREED, at)


def slot_id(department_id: str, service: str, starts_at: datetime) -> str:
    """Returns the id under which a slot has its deadline."""
    return f"{department_id}|{service}|{rfc3339(starts_at)}"


def parse_slot_id(text: str) -> tuple[str, str, datetime]:
    """Returns department, service and beginning of a slot."""
    department_id, service, starts_at = text.split("|")
    return department_id, service, datetime.fromisoformat(starts_at)


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
