"""Keys to an appointment for a person who lost the link of the text, or whose link somebody else has."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import delete

from appointments.commands.recording import issue_token, lock_appointment, record_appointment
from appointments.domain.appointments import AHEAD, PRESENT, Action
from appointments.lookups import find_by_number
from appointments.models import AppointmentKey
from chassis.core.refusals import NotFound
from chassis.data.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class IssuedKey:
    """A key, and the moment at which it ends."""

    key: str = field(repr=False)
    expires_at: datetime


def replace_keys(work: UnitOfWork, number: str, mobile: str, *, lifetime: timedelta) -> IssuedKey:
    """Ends every link and key of the appointment, and returns a key for some minutes. While the appointment isn't over
    its person gets the new link by text. Publishes `link_replaced` then. Raises NotFound."""
    found = find_by_number(work.session, number, mobile)
    if found is None:
        raise NotFound
    row = lock_appointment(work, found.appointment_id)
    work.session.execute(
        delete(AppointmentKey).where(AppointmentKey.appointment_id == row.appointment_id)
    )
    expires_at = work.now + lifetime
    key = issue_token(work.session, row, expires_at)
    if row.status in (*AHEAD, *PRESENT):
        token = issue_token(work.session, row)
        record_appointment(work, row, Action.REPLACE_LINK, "link_replaced", token=token)
    return IssuedKey(key, expires_at)
