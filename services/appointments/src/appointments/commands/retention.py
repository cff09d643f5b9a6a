"""Retention: who came is emptied some months after the day. The appointment stays, because the statistics count it."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete

from appointments.commands.recording import record_appointment
from appointments.domain.appointments import Action
from appointments.models import Appointment, AppointmentKey, OfficerNote, SlotOffer
from chassis.data.retention import Retention
from chassis.data.unit_of_work import UnitOfWork


def empty_old(work: UnitOfWork, *, before: datetime) -> int:
    """Empties one batch of the appointments whose slot began before a moment. Publishes `emptied` for each."""
    is_over = (Appointment.starts_at < before) & Appointment.ended_at.is_not(None)
    due = is_over & Appointment.emptied_at.is_(None)
    return Retention(Appointment, due, _empty, order_by=Appointment.starts_at).run(work)


def _empty(work: UnitOfWork, row: Appointment) -> None:
    row.person = row.mobile_key = row.reason = None
    row.emptied_at = work.now
    tables: list[Any] = [AppointmentKey, OfficerNote, SlotOffer]
    for table in tables:
        work.session.execute(delete(table).where(table.appointment_id == row.appointment_id))
    record_appointment(work, row, Action.EMPTY, "emptied")
