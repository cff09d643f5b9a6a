"""Finding appointments by a key, a number or a mobile: for queries and commands alike."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from appointments.domain.appointments import AHEAD, Status
from appointments.models import Appointment, AppointmentKey
from chassis.core.link_tokens import hash_token
from chassis.core.refusals import NotFound
from chassis.data.sealed import keys_of
from saudi.days import legal_day, midnight

# A key opens an appointment for two days more: a text about an appointment may come the day after it.
KEY_DAYS = timedelta(days=2)


def appointment_of_key(session: Session, token: str, now: datetime) -> Appointment:
    """Returns the appointment that a key opens. Raises NotFound for an unknown and for an old key."""
    found = session.get(AppointmentKey, hash_token(token))
    if found is None or now > found.expires_at:
        raise NotFound
    return session.get_one(Appointment, found.appointment_id)


def find_by_number(session: Session, number: str, mobile: str, now: datetime) -> Appointment | None:
    """Returns the appointment of a number and the mobile that booked it, while a key opens it."""
    which = (
        Appointment.appointment_number == number,
        Appointment.starts_at >= midnight(legal_day(now) - KEY_DAYS),
        Appointment.mobile_key.in_(keys_of(session).index.keys(mobile)),
    )
    return session.scalars(select(Appointment).where(*which)).one_or_none()


def history_of_mobile(session: Session, mobile: str) -> tuple[int, Sequence[datetime]]:
    """Returns how many appointments of a mobile lie ahead, and when the missed ones began."""
    rows = session.execute(
        select(Appointment.status, Appointment.starts_at).where(
            Appointment.mobile_key.in_(keys_of(session).index.keys(mobile)),
            Appointment.status.in_((*AHEAD, Status.NO_SHOW)),
        )
    ).all()
    missed = [starts_at for status, starts_at in rows if status == Status.NO_SHOW]
    return len(rows) - len(missed), missed
