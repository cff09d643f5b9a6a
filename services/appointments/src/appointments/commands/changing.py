"""What happens to an appointment before its day: confirmation by telephone, another time, cancellation."""

from datetime import datetime

from appointments.commands import seats
from appointments.commands.booking import require_served, slot_columns
from appointments.commands.recording import (
    keep_note,
    lock_appointment,
    lock_with_department,
    plan_day_end,
    record_appointment,
    record_with_link,
)
from appointments.commands.tickets import content_of
from appointments.domain.appointments import (
    LIFE,
    Action,
    CancelledBy,
    require_now,
    require_time_to_change,
    require_unmoved,
)
from appointments.models import REGISTER, Appointment, Seat
from chassis.core.refusals import NotFound, not_blank
from chassis.data.deadlines import drop_deadlines
from chassis.data.unit_of_work import UnitOfWork
from documents.issuing.keeping import replace_changed
from saudi.days import legal_day


def confirm(work: UnitOfWork, appointment_id: str, *, note: str | None = None) -> Appointment:
    """Confirms an appointment after the officer's telephone call, until it begins. Publishes `confirmed`. Raises
    NotFound, IllegalTransition, NotPossibleNow."""
    row = lock_appointment(work, appointment_id)
    after = LIFE.after(Action.CONFIRM, row.status)
    require_now(Action.CONFIRM, row, work.now)
    row.status = after
    row.confirmed_at = work.now
    record_with_link(work, row, Action.CONFIRM, "confirmed", note=note)
    return row


def reveal_person(work: UnitOfWork, appointment_id: str, *, reason: str) -> Appointment:
    """Returns the appointment to an officer who has to see mobile and ID number, and journals the look with its reason.
    Raises NotFound, also once the person is emptied: retention doesn't come back for a reason."""
    row = lock_appointment(work, appointment_id)
    if row.person is None:
        raise NotFound
    work.record_action(row, Action.REVEAL)
    keep_note(work, row, Action.REVEAL, reason)
    return row


def move(
    work: UnitOfWork,
    appointment_id: str,
    starts_at: datetime,
    *,
    by_person: bool,
    seen: datetime | None = None,
) -> Appointment:
    """Moves an appointment to another slot of its service; the old seat is free in the same transaction. Publishes
    `moved`. A person moves in time, unless the municipality's own change affected the appointment. A move to the time
    that the appointment has changes nothing, and sends no text: the person keeps the offer of an earlier time. `seen`:
    the time that the appointment had on the page. Raises NotFound, IllegalTransition, TooLateToChange,
    AppointmentChanged, SlotNotBookable, SlotTaken."""
    department, row = lock_with_department(work, appointment_id)
    row.status = LIFE.after(Action.MOVE, row.status)
    if starts_at == row.starts_at and not row.is_affected:
        return row
    if by_person and not row.is_affected:
        require_time_to_change(row.change_until, work.now)
    require_unmoved(row.starts_at, seen)
    slot = seats.require_bookable_slot(work.session, department, row.service, starts_at, work.now)
    _free_seats(work, row)
    seat = seats.claim_seat(work.session, slot, now=work.now, appointment_id=row.appointment_id)
    return take_seat(work, row, seat)


def take_seat(work: UnitOfWork, row: Appointment, seat: Seat) -> Appointment:
    """Gives the appointment the times of its new seat, and publishes `moved`."""
    planned = require_served(work.session, seat, work.now)
    earlier = legal_day(row.starts_at)
    for name, value in slot_columns(seat, planned).items():
        setattr(row, name, value)
    row.affected_since = row.waits_since = row.offer_until = None
    plan_day_end(work.session, row)
    replace_changed(work.session, REGISTER, row.appointment_id, content_of(row), now=work.now)
    record_with_link(work, row, Action.MOVE, "moved", details={"from_day": earlier.isoformat()})
    return row


def cancel(work: UnitOfWork, appointment_id: str, *, seen: datetime | None = None) -> Appointment:
    """Cancels an appointment for its person, in time; an affected one until it begins. `seen`: the time that the
    appointment had on the page. Publishes `cancelled`. Raises NotFound, IllegalTransition, AppointmentChanged,
    TooLateToChange."""
    _, row = lock_with_department(work, appointment_id)
    LIFE.after(Action.CANCEL, row.status)
    require_unmoved(row.starts_at, seen)
    require_time_to_change(row.cancel_until, work.now)
    return _cancel(work, row, CancelledBy.PERSON)


def cancel_for_municipality(work: UnitOfWork, appointment_id: str, *, reason: str) -> Appointment:
    """Cancels an appointment for a reason of the municipality, at any time. Publishes `cancelled`. Raises NotFound,
    IllegalTransition, InvalidFields."""
    reason = not_blank(reason, "reason")
    _, row = lock_with_department(work, appointment_id)
    return _cancel(work, row, CancelledBy.MUNICIPALITY, reason)


def _cancel(
    work: UnitOfWork, row: Appointment, by: CancelledBy, reason: str | None = None
) -> Appointment:
    row.status = LIFE.after(Action.CANCEL, row.status)
    row.ended_at, row.cancelled_by, row.reason = work.now, by, reason
    _free_seats(work, row)
    drop_deadlines(work.session, Appointment.aggregate_type, row.appointment_id)
    return record_appointment(work, row, Action.CANCEL, "cancelled", note=reason)


def _free_seats(work: UnitOfWork, row: Appointment) -> None:
    """Frees the appointment's seat, and ends an offer to the person."""
    seats.free_seat(work.session, seats.seat_of(work.session, row.appointment_id), work.now)
    seats.end_offer(work.session, row, work.now)
