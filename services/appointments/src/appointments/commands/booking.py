"""A booking: a person holds a slot for ten minutes, proves a mobile by a one-time code, and has an appointment; or an
officer books for a person who telephones."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from appointments.catalogue import departments
from appointments.commands.recording import plan_day_end, record_with_link, share_department
from appointments.commands.seats import claim_seat, require_bookable_slot, taken_slot
from appointments.domain.actors import require_reach
from appointments.domain.appointments import (
    HOLD_LENGTH,
    Action,
    BookingLimits,
    HoldOver,
    SlotNotBookable,
    Status,
)
from appointments.domain.persons import Person
from appointments.domain.schedule import PlannedService, WantedSlot
from appointments.lookups import history_of_mobile
from appointments.models import NUMBERS, Appointment, Department, Seat
from appointments.slots import planned_service, slots_instead_of_full, timetable_of
from chassis.core.ids import new_id
from chassis.core.refusals import NotFound
from chassis.data.advisory import one_at_a_time
from chassis.data.db import Database
from chassis.data.sealed import keys_of
from chassis.data.sealing import BlindIndex
from chassis.data.unit_of_work import UnitOfWork
from saudi.days import hijri_year, legal_day

SERIAL_DIGITS = 7


@dataclass(frozen=True)
class HoldKey:
    """What a browser shows for its hold: the hold's id, and the key that the browser made."""

    hold_id: str
    device_key: str


def hold_slot_unless_full(
    database: Database,
    index: BlindIndex,
    open_work: Callable[[], UnitOfWork],
    wanted: WantedSlot,
    *,
    device_key: str,
    now: datetime,
) -> Seat:
    """Holds a seat as `hold_slot` does, and raises what it raises. Refuses a full slot before the transaction begins:
    most people of a crowd want a full slot, and cost one statement that locks nothing. Its connection is back in the
    pool when `open_work` takes one."""
    device = _hash_device(index, device_key)
    with database.driver_connection() as connection:
        following = slots_instead_of_full(connection, wanted, device=device, now=now)
    if following is not None:
        raise taken_slot(following)
    return hold_slot(open_work(), *wanted, device_key=device_key)


def hold_slot(
    work: UnitOfWork, department_id: str, service: str, starts_at: datetime, *, device_key: str
) -> Seat:
    """Holds a seat of the slot for ten minutes. A browser has one hold: that of another slot ends, and that of the same
    slot goes on, because people press a button twice. Raises NotFound, SlotNotBookable, SlotTaken."""
    session = work.session
    device = _hash_device(keys_of(session).index, device_key)
    one_at_a_time(session, "hold", device)
    department = share_department(session, department_id)
    slot = require_bookable_slot(session, department, service, starts_at, work.now)
    own = session.scalars(select(Seat).where(Seat.device_key == device)).one_or_none()
    if own is not None and own.holds(WantedSlot(department_id, service, starts_at), work.now):
        return own
    session.execute(delete(Seat).where(Seat.device_key == device))
    until = work.now + HOLD_LENGTH
    return claim_seat(session, slot, now=work.now, held_until=until, device_key=device)


def release_hold(work: UnitOfWork, key: HoldKey) -> None:
    """Ends a hold. A hold that is over or unknown needs nothing."""
    work.session.execute(delete(Seat).where(_is_hold_of(work.session, key)))


def require_hold(session: Session, key: HoldKey, now: datetime) -> Seat:
    """Returns the seat of a hold, locked. Raises HoldOver for a hold that has ended, and for another browser's."""
    held = select(Seat).where(_is_hold_of(session, key), Seat.held_until > now).with_for_update()
    seat = session.scalars(held.execution_options(populate_existing=True)).one_or_none()
    if seat is None:
        raise HoldOver
    return seat


def _is_hold_of(session: Session, key: HoldKey) -> ColumnElement[bool]:
    device = _hash_device(keys_of(session).index, key.device_key)
    return (Seat.seat_id == key.hold_id) & (Seat.device_key == device)


def _hash_device(index: BlindIndex, device_key: str) -> str:
    return index.key(f"device|{device_key}")


def book(
    work: UnitOfWork, key: HoldKey, person: Person, *, limits: BookingLimits
) -> tuple[Appointment, str]:
    """Makes an appointment of a hold for a person whose mobile is proved. Returns it with the token that opens it.
    Publishes `booked`. Raises HoldOver, SlotNotBookable, TooManyOpen."""
    session = work.session
    # The department is locked before the seat.
    named = select(Seat.department_id).where(Seat.seat_id == key.hold_id)
    try:
        department = share_department(session, named.scalar_subquery())
    except NotFound:
        raise HoldOver from None
    seat = require_hold(session, key, work.now)
    planned = require_served(session, seat, work.now)
    require_room(session, person.mobile, limits, work.now)
    status = Status.REQUESTED if planned.needs_confirmation else Status.CONFIRMED
    row = _new_appointment(work, department, planned, seat, person, status=status)
    return row, _store_booking(work, row, seat)


def book_by_telephone(
    work: UnitOfWork, wanted: WantedSlot, person: Person, *, limits: BookingLimits
) -> Appointment:
    """Makes an appointment for a person who telephones, in the branch of the officer. The call confirms the
    appointment. Publishes `booked`. Raises NotFound, SlotNotBookable, SlotTaken, TooManyOpen."""
    session = work.session
    department = share_department(session, wanted.department_id)
    require_reach(work.actor, department.municipality)
    slot = require_bookable_slot(session, department, wanted.service, wanted.starts_at, work.now)
    require_room(session, person.mobile, limits, work.now)
    seat = claim_seat(session, slot, now=work.now, held_until=work.now + HOLD_LENGTH)
    row = _new_appointment(work, department, slot.service, seat, person, status=Status.CONFIRMED)
    row.confirmed_at = work.now
    _store_booking(work, row, seat)
    return row


def _store_booking(work: UnitOfWork, row: Appointment, seat: Seat) -> str:
    """Stores a new appointment with its seat and the deadline of its day. Returns the token that opens it."""
    session = work.session
    session.add(row)
    token = record_with_link(work, row, Action.BOOK, "booked")
    seat.appointment_id, seat.held_until, seat.device_key = row.appointment_id, None, None
    plan_day_end(session, row)
    return token


def require_served(session: Session, seat: Seat, now: datetime) -> PlannedService:
    """Returns the service of a seat by the plan of now, which may have changed since the seat was held or offered.
    Raises SlotNotBookable, also for a seat whose time has begun."""
    if seat.starts_at <= now:
        raise SlotNotBookable("too-soon")
    timetable = timetable_of(session, seat.department_id, now)
    if not timetable.can_serve(seat.service, seat.span, seat.at):
        raise SlotNotBookable("no-slot")
    return planned_service(timetable, seat.service, legal_day(seat.starts_at))


def require_room(session: Session, mobile: str, limits: BookingLimits, now: datetime) -> None:
    """Raises TooManyOpen when the mobile has as many open appointments as allowed. Bookings of one mobile wait for each
    other, so that two at once don't both pass."""
    one_at_a_time(session, "appointments-of-mobile", mobile)
    ahead, missed = history_of_mobile(session, mobile)
    limits.require_room(ahead, missed, now)


def _new_appointment(
    work: UnitOfWork,
    department: Department,
    planned: PlannedService,
    seat: Seat,
    person: Person,
    *,
    status: Status,
) -> Appointment:
    title = departments()[department.code]
    return Appointment(
        appointment_id=new_id(),
        appointment_number=_draw_number(work),
        municipality=department.municipality,
        department_id=department.department_id,
        department_ar=title.ar,
        department_en=title.en,
        service=planned.code,
        service_ar=planned.title.ar,
        service_en=planned.title.en,
        needs_confirmation=planned.needs_confirmation,
        status=status,
        language=person.language,
        person=person.record(),
        mobile_key=person.mobile,
        booked_at=work.now,
        **slot_columns(seat, planned),
    )


def slot_columns(seat: Seat, planned: PlannedService) -> Mapping[str, Any]:
    """Returns the columns of an appointment that follow from its seat."""
    change_until = seat.starts_at - timedelta(minutes=planned.cancel_minutes)
    return {"counter": seat.counter, **seat.span._asdict(), "change_until": change_until}


def _draw_number(work: UnitOfWork) -> str:
    """Returns a number of plain digits: the Hijri year's last two, and a serial of seven. A sequence gives the serial,
    so bookings don't wait for each other; a number may be missing."""
    serial: int = work.session.scalar(NUMBERS.next_value()) or 0
    return f"{hijri_year(legal_day(work.now)) % 100:02}{serial:0{SERIAL_DIGITS}d}"
