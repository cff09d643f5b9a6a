"""One-time codes of people without an account: a code proves the mobile of a booking, or opens an appointment.

A wrong code raises nothing: its try has to be committed, so a command returns the attempt.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import delete

from appointments.commands import booking
from appointments.commands.booking import HoldKey
from appointments.commands.recording import add_key, lock_appointment, record_with_link
from appointments.domain.appointments import AHEAD, PRESENT, Action, BookingLimits
from appointments.domain.persons import Person
from appointments.lookups import find_by_number
from appointments.models import Appointment, AppointmentKey
from chassis.core.codes import Verdict
from chassis.core.link_tokens import new_token
from chassis.core.refusals import NotFound
from chassis.data.unit_of_work import UnitOfWork
from chassis.one_time_codes import Attempt, CodeDesk, CodeHolder, SentCode

BOOKING, KEY = "booking", "appointment"  # the purposes of codes


@dataclass(frozen=True)
class IssuedKey:
    """A key that opens an appointment until a moment."""

    key: str = field(repr=False)
    expires_at: datetime


def send_booking_code(
    work: UnitOfWork, desk: CodeDesk, key: HoldKey, mobile: str, *, language: str
) -> SentCode:
    """Sends a code to a mobile for a hold. Everybody with a hold gets a code, so the answer tells nothing. A request
    without a hold doesn't count for the mobile: else anybody could keep its holder from booking. Raises HoldOver,
    LimitReached."""
    booking.require_hold(work.session, key, work.now)
    holder = CodeHolder(BOOKING, key.hold_id, mobile)
    return desk.send(holder, reaches=True, language=language, now=work.now)


def book_with_code(
    work: UnitOfWork,
    desk: CodeDesk,
    key: HoldKey,
    person: Person,
    *,
    digits: str,
    limits: BookingLimits,
) -> tuple[Appointment, str] | Attempt:
    """Books the held slot for the mobile that the code proves. Returns the appointment with the token that opens it.
    Raises HoldOver, SlotNotBookable, TooManyOpen, LimitReached."""
    attempt = desk.check(CodeHolder(BOOKING, key.hold_id, person.mobile), digits, work.now)
    if attempt.verdict is not Verdict.RIGHT:
        return attempt
    return booking.book(work, key, person, limits=limits)


def send_key_code(
    work: UnitOfWork, desk: CodeDesk, number: str, mobile: str, *, language: str
) -> SentCode:
    """Sends a code to the mobile of an appointment. A wrong number or mobile has the same answer after the same work,
    and no text. Raises LimitReached."""
    reaches = find_by_number(work.session, number, mobile, work.now) is not None
    holder = CodeHolder(KEY, number, mobile)
    return desk.send(holder, reaches=reaches, language=language, now=work.now)


def replace_keys_with_code(
    work: UnitOfWork, desk: CodeDesk, number: str, mobile: str, *, digits: str, lifetime: timedelta
) -> IssuedKey | Attempt:
    """Ends every link and key of the appointment for a person who proves its mobile, and returns a key for some
    minutes. While the appointment isn't over its person gets the new link by text. Publishes `link_replaced` then.
    Raises NotFound, LimitReached."""
    attempt = desk.check(CodeHolder(KEY, number, mobile), digits, work.now)
    if attempt.verdict is not Verdict.RIGHT:
        return attempt
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
    return IssuedKey(token, until)
