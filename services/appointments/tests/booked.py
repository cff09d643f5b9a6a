"""Departments and appointments of the tests, made through the commands."""

from datetime import UTC, datetime, timedelta
from typing import Any

from appointments.commands import booking, schedule
from appointments.commands.booking import HoldKey
from appointments.domain.actors import VISITOR
from appointments.domain.appointments import BookingLimits
from appointments.domain.persons import parse_person
from appointments.models import Appointment, Department
from appointments.sample import sample_plan
from chassis.data.unit_of_work import UnitOfWork
from chassis.events.contacts import contacts_of
from saudi.days import legal_day

MARK = "(بيانات تجريبية)"
NOW = datetime(2026, 11, 25, 7, 0, tzinfo=UTC)  # a Wednesday, 10:00 in Riyadh
TOMORROW = datetime(2026, 11, 26, 6, 15, tzinfo=UTC)  # Thursday, 09:15 in Riyadh
SUNDAY = datetime(2026, 11, 29, 6, 15, tzinfo=UTC)
LIMITS = BookingLimits(open_appointments=3, no_shows=3, no_show_days=90, with_no_shows=1)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MOBILE = "0500000001"


def make_department(
    session: Any,
    officer: Any,
    municipality: str = "saihat",
    *,
    now: datetime = NOW,
    code: str = "customer-service",
    **changes: Any,
) -> Department:
    work = UnitOfWork(session, officer, now)
    row = schedule.add_department(work, municipality=municipality, code=code)
    session.flush()
    plan = {**sample_plan(), **changes}
    schedule.set_plan(work, row.department_id, valid_from=legal_day(now), plan=plan, preview=False)
    return row


def book_slot(
    session: Any, department: Department, at: datetime, *, now: datetime = NOW, **changes: Any
) -> tuple[Appointment, str]:
    """Returns the appointment and its key."""
    service, device = changes.pop("service", "inquiry"), changes.pop("device", "device-of-a-person")
    work = UnitOfWork(session, VISITOR, now)
    seat = booking.hold_slot(work, department.department_id, service, at, device_key=device)
    session.flush()
    body = {"name": f"علي آل تجربة {MARK}", "mobile": MOBILE, **changes}
    key = HoldKey(seat.seat_id, device)
    return booking.book(work, key, parse_person(body), limits=LIMITS)


def open_contacts(session: Any, row: Any) -> list[Any]:
    """Returns the contacts of an event, opened."""
    data = row.envelope["data"]
    return contacts_of(session).open(row.aggregate_id, data["contacts"])
