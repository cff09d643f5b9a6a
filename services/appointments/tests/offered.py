"""The waiting list of the tests: who acts, and the deadlines of seats that came free."""

from datetime import datetime
from typing import Any

from sqlalchemy import text

from appointments.commands import waiting
from appointments.commands.seats import FreedSeat
from appointments.domain.actors import VISITOR, WAITING_LIST
from appointments.domain.schedule import Place, WantedSlot
from appointments.models import Appointment
from chassis.data.unit_of_work import UnitOfWork

from .booked import NOW

FREED_DUE = text("SELECT aggregate_id, due_at FROM deadline WHERE kind = 'freed'")


def as_person(session: Any, now: datetime = NOW) -> UnitOfWork:
    return UnitOfWork(session, VISITOR, now)


def offer(
    session: Any, row: Appointment, at: datetime, now: datetime = NOW, *, counter: int = 1
) -> None:
    """Fires the deadline of a seat that came free."""
    work = UnitOfWork(session, WAITING_LIST, now)
    freed = FreedSeat(WantedSlot(row.department_id, row.service, at), Place(counter, 1))
    waiting.offer_freed_seat(work, str(freed))


def offers_due(session: Any) -> list[tuple[str, datetime]]:
    rows = session.execute(FREED_DUE)
    return [(one.aggregate_id.split("|")[2], one.due_at) for one in rows]
