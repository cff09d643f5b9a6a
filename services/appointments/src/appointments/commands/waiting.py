"""The waiting list: a person with an appointment waits for an earlier day. A slot that comes free is offered to one
person by SMS, for 30 minutes at most and by day only. Nothing is booked by itself: the person accepts."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import aliased

from appointments.commands import seats
from appointments.commands.changing import take_seat
from appointments.commands.recording import (
    LAPSE,
    lock_appointment,
    lock_with_department,
    record_appointment,
    record_with_link,
    share_department,
)
from appointments.domain.appointments import (
    AHEAD,
    LIFE,
    OFFERS_A_DAY,
    Action,
    NothingOffered,
    SlotNotBookable,
    SlotTaken,
    offer_end,
    offer_time,
    require_now,
    require_unmoved,
)
from appointments.domain.schedule import WantedSlot
from appointments.models import Appointment, SlotOffer
from chassis.data.deadlines import drop_deadline, set_deadline
from chassis.data.unit_of_work import UnitOfWork
from saudi.days import legal_day, midnight, midnight_after


def wait_for_earlier_day(work: UnitOfWork, appointment_id: str) -> Appointment:
    """Puts the person on the waiting list; a second time changes nothing. Publishes `waiting`. Raises NotFound,
    IllegalTransition, NotPossibleNow."""
    row = lock_appointment(work, appointment_id)
    row.status = LIFE.after(Action.WAIT, row.status)
    require_now(Action.WAIT, row, work.now)
    if row.waits_since is not None:
        return row
    row.waits_since = work.now
    return record_appointment(work, row, Action.WAIT, "waiting")


def stop_waiting(work: UnitOfWork, appointment_id: str) -> Appointment:
    """Takes the person off the waiting list, and ends an open offer. Publishes `waiting_ended`. Raises NotFound,
    IllegalTransition."""
    row = lock_appointment(work, appointment_id)
    row.status = LIFE.after(Action.STOP_WAITING, row.status)
    if row.waits_since is None:
        return row
    row.waits_since = None
    seats.end_offer(work.session, row, work.now)
    drop_deadline(work.session, Appointment.aggregate_type, row.appointment_id, LAPSE)
    return record_appointment(work, row, Action.STOP_WAITING, "waiting_ended")


def offer_freed_seat(work: UnitOfWork, freed_seat: str) -> None:
    """Offers a seat that came free to the person who waits longest, if the seat is still free. At night the offer waits
    for the morning. `freed_seat`: a FreedSeat as text. Publishes `offered`."""
    freed = seats.FreedSeat.parse(freed_seat)
    slot = freed.slot
    if offer_time(work.now) > work.now:
        seats.plan_offer(work.session, freed, work.now)
        return
    department = share_department(work.session, slot.department_id)
    try:
        free = seats.require_bookable_slot(
            work.session, department, slot.service, slot.starts_at, work.now
        )
    except SlotNotBookable:
        return
    if freed.place not in free.places:
        return
    row = _lock_first_waiting(work, slot)
    if row is None:
        _offer_later(work, freed)
        return
    until = offer_end(slot.starts_at, work.now)
    only, key = replace(free, places=[freed.place]), row.appointment_id
    try:
        seats.claim_seat(work.session, only, now=work.now, held_until=until, offered_to=key)
    except SlotTaken:
        seats.plan_offer_after_hold(work.session, freed, free, work.now)
        return
    row.offered_starts_at, row.offer_until = slot.starts_at, until
    offer = SlotOffer(appointment_id=key, starts_at=slot.starts_at, offered_at=work.now)
    work.session.add(offer)
    set_deadline(work.session, Appointment.aggregate_type, key, LAPSE, until)
    record_with_link(work, row, Action.OFFER, "offered")


def _lock_first_waiting(work: UnitOfWork, slot: WantedSlot) -> Appointment | None:
    """Returns the appointment of the person who waits longest for a day before their own, locked. An appointment has
    one offer at a time."""
    statement = (
        select(Appointment.appointment_id)
        .where(*_may_be_offered(work, slot), Appointment.offer_until.is_(None))
        .order_by(Appointment.waits_since, Appointment.appointment_id)
    )
    for appointment_id in work.session.scalars(statement).all():
        row = work.lock(Appointment, appointment_id)
        is_earlier = legal_day(slot.starts_at) < legal_day(row.starts_at)
        if is_earlier and row.waits_since is not None and row.offer_until is None:
            return row
    return None


def _may_be_offered(work: UnitOfWork, slot: WantedSlot) -> Sequence[ColumnElement[bool]]:
    """Returns the conditions on the appointments whose person waits for the slot. A person isn't offered one slot
    twice, nor more than three slots a day: else two people would be woken in turn for a slot that neither takes."""
    other = aliased(Appointment)
    offers = (
        select(func.count())
        .select_from(SlotOffer)
        .join(other, other.appointment_id == SlotOffer.appointment_id)
        .where(other.mobile_key == Appointment.mobile_key)
    )
    of_slot = offers.where(
        SlotOffer.starts_at == slot.starts_at,
        other.department_id == slot.department_id,
        other.service == slot.service,
    )
    of_today = offers.where(SlotOffer.offered_at >= midnight(legal_day(work.now)))
    return (
        Appointment.department_id == slot.department_id,
        Appointment.service == slot.service,
        Appointment.waits_since.is_not(None),
        Appointment.status.in_(AHEAD),
        Appointment.starts_at >= midnight_after(legal_day(slot.starts_at)),
        of_slot.scalar_subquery() == 0,
        of_today.scalar_subquery() < OFFERS_A_DAY,
    )


def _offer_later(work: UnitOfWork, freed: seats.FreedSeat) -> None:
    """Plans the offer again for a minute after the first open offer of somebody who waits for the slot ends."""
    first_end = select(func.min(Appointment.offer_until))
    ends = work.session.scalar(first_end.where(*_may_be_offered(work, freed.slot)))
    if ends is not None:
        seats.plan_offer(work.session, freed, max(ends, work.now) + timedelta(minutes=1))


def accept_offer(
    work: UnitOfWork, appointment_id: str, *, seen: datetime | None = None
) -> Appointment:
    """Moves the appointment to the offered slot. `seen`: the time that the page offered; a second press finds the
    appointment there, and changes nothing. Publishes `moved`. Raises NotFound, IllegalTransition, NothingOffered,
    AppointmentChanged."""
    _, row = lock_with_department(work, appointment_id)
    row.status = LIFE.after(Action.MOVE, row.status)
    offered = seats.offered_seat_of(work.session, row.appointment_id)
    if offered is None or offered.held_until is None or offered.held_until <= work.now:
        if row.starts_at == seen:
            return row
        raise NothingOffered
    require_unmoved(offered.starts_at, seen)
    seats.free_seat(work.session, seats.seat_of(work.session, row.appointment_id), work.now)
    offered.offered_to, offered.held_until = None, None
    offered.appointment_id = row.appointment_id
    drop_deadline(work.session, Appointment.aggregate_type, row.appointment_id, LAPSE)
    return take_seat(work, row, offered)


def lapse_offer(work: UnitOfWork, appointment_id: str) -> None:
    """Ends an offer whose time is over, for the next who waits. Publishes `offer_lapsed`. An offer that was accepted or
    isn't over needs nothing."""
    row = lock_appointment(work, appointment_id)
    if row.offer_until is None or row.offer_until > work.now:
        return
    seats.end_offer(work.session, row, work.now)
    record_appointment(work, row, Action.LAPSE, "offer_lapsed")
