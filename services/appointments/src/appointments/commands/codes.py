"""One-time codes of people without an account: a code proves the mobile of a booking, or opens an appointment."""

from datetime import datetime, timedelta

from sqlalchemy import delete

from appointments.commands import booking
from appointments.commands.booking import HoldKey
from appointments.commands.recording import add_key, lock_appointment, record_with_link
from appointments.domain.appointments import AHEAD, PRESENT, Action
from appointments.lookups import find_by_number
from appointments.models import AppointmentKey
from chassis.core.link_tokens import new_token
from chassis.core.refusals import NotFound
from chassis.data.unit_of_work import UnitOfWork
from chassis.one_time_codes import CodeDesk, CodeHolder, SentCode

BOOKING, KEY = "booking", "appointment"  # the purposes of codes


def send_booking_code(
    work: UnitOfWork, desk: CodeDesk, key: HoldKey, mobile: str, *, language: str
) -> SentCode:
    """Sends a code to a mobile for a hold. Everybody with a hold gets a code, so the answer tells nothing. A request
    without a hold doesn't count for the mobile: else anybody could keep its holder from booking. Raises HoldOver,
    LimitReached."""
    booking.require_hold(work.session, key, work.now)
    holder = CodeHolder(BOOKING, key.hold_id, mobile)
    return desk.send(holder, reaches=True, language=language, now=work.now)


def send_key_code(
    work: UnitOfWork, desk: CodeDesk, number: str, mobile: str, *, language: str
) -> SentCode:
    """Sends a code to the mobile of an appointment. A wrong number or mobile has the same answer after the same work,
    and no text. Raises LimitReached."""
    reaches = find_by_number(work.session, number, mobile, work.now) is not None
    holder = CodeHolder(KEY, number, mobile, is_guessed=True)
    return desk.send(holder, reaches=reaches, language=language, now=work.now)


def replace_keys(
    work: UnitOfWork, number: str, mobile: str, *, lifetime: timedelta
) -> tuple[str, datetime]:
    """Ends every link and key of the appointment for a person who proved its mobile by a code. Returns a key, and when
    it ends. While the appointment isn't over its person gets the new link by text, by `link_replaced`. Raises
    NotFound."""
    found = find_by_number(work.session, number, mobile, work.now)
    if found is None:
        raise NotFound
    row = lock_appointment(work, found.appointment_id)
    of_appointment = AppointmentKey.appointment_id == row.appointment_id
    work.session.execute(delete(AppointmentKey).where(of_appointment))
    token = new_token()
    until = add_key(work.session, row, token, work.now + lifetime)
    if row.status in (*AHEAD, *PRESENT):
        record_with_link(work, row, Action.REPLACE_LINK, "link_replaced")
    return token, until
