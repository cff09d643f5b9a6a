"""Finding appointments by a key, a number, a mobile or a department: for queries and commands alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from appointments.domain.appointments import AHEAD, Status
from appointments.models import Appointment, AppointmentKey, Seat
from chassis.core.link_tokens import hash_token
from chassis.core.refusals import NotFound
from chassis.data.sealed import keys_of


def appointment_id_of_key(session: Session, token: str, now: datetime) -> str:
    """Returns the id of the appointment that a key opens. Raises NotFound for an unknown and for an old key."""
    found = session.get(AppointmentKey, hash_token(token))
    if found is None or now > found.expires_at:
        raise NotFound
    return found.appointment_id


def appointment_of_key(session: Session, token: str, now: datetime) -> Appointment:
    """Returns the appointment that a key opens. Raises NotFound."""
    return session.get_one(Appointment, appointment_id_of_key(session, token, now))


def find_by_number(session: Session, number: str, mobile: str) -> Appointment | None:
    """Returns the appointment of a number and the mobile that booked it."""
    which = (
        Appointment.appointment_number == number,
        Appointment.mobile_key.in_(keys_of(session).index.keys(mobile)),
    )
    return session.scalars(select(Appointment).where(*which)).one_or_none()


@dataclass(frozen=True)
class MobileHistory:
    """What limits further appointments of a mobile: how many lie ahead, and when the missed ones began."""

    ahead: int
    missed: Sequence[datetime]


def history_of_mobile(session: Session, mobile: str) -> MobileHistory:
    """Returns the mobile's appointments that lie ahead or were missed."""
    rows = session.execute(
        select(Appointment.status, Appointment.starts_at).where(
            Appointment.mobile_key.in_(keys_of(session).index.keys(mobile)),
            Appointment.status.in_((*AHEAD, Status.NO_SHOW)),
        )
    ).all()
    missed = [starts_at for status, starts_at in rows if status == Status.NO_SHOW]
    return MobileHistory(len(rows) - len(missed), missed)


def ahead_with_seats(
    session: Session, department_id: str, now: datetime
) -> Sequence[tuple[Appointment, Seat | None]]:
    """Returns the open appointments of a department that haven't begun, each with its seat."""
    statement = (
        select(Appointment, Seat)
        .outerjoin(Seat, Seat.appointment_id == Appointment.appointment_id)
        .where(
            Appointment.department_id == department_id,
            Appointment.status.in_(AHEAD),
            Appointment.starts_at > now,
        )
        .order_by(Appointment.starts_at, Appointment.appointment_id)
    )
    return session.execute(statement).all()
