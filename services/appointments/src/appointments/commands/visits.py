"""The day of the appointment: checked in, called, served, or missed."""

from sqlalchemy.dialects.postgresql import insert

from appointments.commands.recording import lock_appointment, record_appointment
from appointments.domain.appointments import (
    ENDED,
    LIFE,
    Action,
    Status,
    day_end,
    end_of_day,
    require_now,
)
from appointments.models import Appointment, QueueDay
from appointments.slots import timetable_of
from chassis.core.refusals import InvalidFields
from chassis.data.unit_of_work import UnitOfWork
from saudi.days import legal_day


def check_in(work: UnitOfWork, appointment_id: str) -> Appointment:
    """Notes that the person is here, and gives the person a number of the day's queue. Publishes `checked_in`. Raises
    NotFound, IllegalTransition, NotPossibleNow."""
    row = lock_appointment(work, appointment_id)
    row.status = LIFE.after(Action.CHECK_IN, row.status)
    require_now(Action.CHECK_IN, row, work.now)
    row.checked_in_at, row.queue_number = work.now, _draw_queue_number(work, row)
    return record_appointment(work, row, Action.CHECK_IN, "checked_in")


def _draw_queue_number(work: UnitOfWork, row: Appointment) -> int:
    statement = insert(QueueDay).values(
        department_id=row.department_id, day=legal_day(row.starts_at), last=1
    )
    drawn = statement.on_conflict_do_update(
        index_elements=["department_id", "day"], set_={"last": QueueDay.last + 1}
    ).returning(QueueDay.last)
    return work.session.execute(drawn).scalar_one()


def call(work: UnitOfWork, appointment_id: str, *, counter: int) -> Appointment:
    """Calls the person to a counter; a person who doesn't come is called again. Publishes `called`. Raises NotFound,
    IllegalTransition, and InvalidFields for a counter that the department doesn't have that day."""
    row = lock_appointment(work, appointment_id)
    row.status = LIFE.after(Action.CALL, row.status)
    timetable = timetable_of(work.session, row.department_id, work.now)
    if counter not in timetable.counters_on(legal_day(row.starts_at)):
        raise InvalidFields.of("counter", "counter-unknown")
    row.called_at, row.called_to = work.now, counter
    return record_appointment(work, row, Action.CALL, "called")


def serve(work: UnitOfWork, appointment_id: str, *, note: str | None = None) -> Appointment:
    """Ends the appointment of a person who was served. Publishes `served`. Raises NotFound, IllegalTransition."""
    row = lock_appointment(work, appointment_id)
    row.status = LIFE.after(Action.SERVE, row.status)
    row.ended_at = work.now
    return record_appointment(work, row, Action.SERVE, "served", note=note)


def miss(work: UnitOfWork, appointment_id: str) -> Appointment:
    """Notes that the person didn't come: nobody answered the call, or the slot is over. Publishes `missed`. Raises
    NotFound, IllegalTransition, NotPossibleNow."""
    row = lock_appointment(work, appointment_id)
    after = LIFE.after(Action.MISS, row.status)
    require_now(Action.MISS, row, work.now)
    row.status, row.ended_at = after, work.now
    return record_appointment(work, row, Action.MISS, "missed")


def end_day(work: UnitOfWork, appointment_id: str) -> None:
    """Ends an appointment that is still open when its day is over. Publishes `missed` or `cancelled`."""
    row = lock_appointment(work, appointment_id)
    if row.status in ENDED or work.now < day_end(row.starts_at):
        return
    row.status, row.cancelled_by = end_of_day(row.status, is_affected=row.is_affected)
    row.ended_at = work.now
    happened = "missed" if row.status == Status.NO_SHOW else "cancelled"
    record_appointment(work, row, Action.END_DAY, happened)
