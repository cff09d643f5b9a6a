"""`appointments sample`: departments, and appointments that say «بيانات تجريبية», made through the service's own
commands."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import click
from sqlalchemy import func, select

from appointments.commands import booking, schedule
from appointments.commands.booking import HoldKey
from appointments.domain.actors import VISITOR, service_as
from appointments.domain.persons import parse_person
from appointments.models import Department
from appointments.resources import Resources
from appointments.settings import Settings
from appointments.slots import free_slots
from chassis.core.context import Context
from chassis.data.unit_of_work import UnitOfWork
from chassis.process import Process, pass_process
from saudi.days import legal_day, midnight

OFFICER = service_as("sample-data")
MARK = "(بيانات تجريبية)"
WEEK = ["sunday", "monday", "tuesday", "wednesday", "thursday"]
DEPARTMENTS = (
    ("qatif", "engineering"),
    ("qatif", "customer-service"),
    ("saihat", "customer-service"),
    ("tarout", "customer-service"),
)
AHEAD_DAYS = 20
# This department is open day and night, so that somebody comes today whenever the sample is made.
ALWAYS_OPEN = ("qatif", "customer-service")
_DAY_AND_NIGHT = [{"weekdays": [*WEEK, "friday", "saturday"], "opens": "00:00", "closes": "23:45"}]
_EARLIER = timedelta(hours=2)  # so that the first appointments have begun


def sample_plan() -> dict[str, Any]:
    """Returns a plan in the shape of the contract's `Plan`: two services at two counters."""
    return {
        "hours": [{"weekdays": WEEK, "opens": "08:00", "closes": "14:00"}],
        "ramadan_hours": [{"weekdays": WEEK, "opens": "10:00", "closes": "14:30"}],
        "breaks": [{"opens": "12:00", "closes": "12:30"}],
        "counters": [
            {"counter": 1, "places": 1, "services": ["inquiry", "engineer"]},
            {"counter": 2, "places": 1, "services": ["inquiry"]},
        ],
        "services": [
            _service("inquiry", "استفسار عن معاملة", "Inquiry about a transaction", 15),
            _service("engineer", "مقابلة مهندس الرخص", "Meeting the permits engineer", 30)
            | {"needs_confirmation": True},
        ],
    }


def _service(code: str, arabic: str, english: str, minutes: int) -> dict[str, Any]:
    return {
        "service": code,
        "title": {"ar": arabic, "en": english},
        "minutes": minutes,
        "lead_minutes": 60,
        "horizon_days": 30,
        "cancel_minutes": 120,
        "needs_confirmation": False,
    }


@click.command("sample", help="Fill an empty database with rows that say «بيانات تجريبية».")
@click.option("--count", default=40, show_default=True, help="How many appointments.")
@pass_process
def command(process: Process[Settings, Resources], count: int) -> None:
    """Refuses a database that holds a row: sample data don't belong among real ones."""
    with process.transaction() as context:
        if context.session.scalar(select(func.count()).select_from(Department)):
            raise click.ClickException("there are rows already: this is for an empty database")
        work = UnitOfWork.of(context, OFFICER)
        departments = [_add_department(work, *one) for one in DEPARTMENTS]
        context.session.flush()
        made = sum(_book(context, one, -(-count // len(departments))) for one in departments)
    click.echo(f"{len(departments)} departments, {made} appointments")


def _add_department(work: UnitOfWork, municipality: str, code: str) -> Department:
    row = schedule.add_department(work, municipality=municipality, code=code)
    work.session.flush()
    today, plan = legal_day(work.now), sample_plan()
    if (municipality, code) == ALWAYS_OPEN:
        plan |= {"hours": _DAY_AND_NIGHT, "ramadan_hours": _DAY_AND_NIGHT, "breaks": []}
    schedule.set_plan(work, row.department_id, valid_from=today, plan=plan, preview=False)
    return row


def _book(context: Context[Settings, Resources], department: Department, count: int) -> int:
    """Books every third slot, each for a mobile of its own. Returns how many."""
    session, key = context.session, department.department_id
    is_open = (department.municipality, department.code) == ALWAYS_OPEN
    earlier_today = max(context.now - _EARLIER, midnight(legal_day(context.now)))
    work = UnitOfWork(session, VISITOR, earlier_today if is_open else context.now)
    today = legal_day(work.now)
    days = (today, today + timedelta(days=AHEAD_DAYS))
    free = free_slots(session, key, "inquiry", days=days, now=work.now)[: count * 3 : 3]
    for number, slot in enumerate(free, start=1):
        device = f"sample-{key}-{number}"
        starts_at = slot.span.starts_at
        seat = booking.hold_slot(work, key, "inquiry", starts_at, device_key=device)
        session.flush()
        hold, person = HoldKey(seat.seat_id, device), parse_person(_person(department, number))
        booking.book(work, hold, person, limits=context.settings.booking_limits)
    return len(free)


def _person(department: Department, number: int) -> Mapping[str, Any]:
    place = [one[0] for one in DEPARTMENTS].index(department.municipality)
    return {
        "name": f"علي آل تجربة {MARK}",
        "mobile": f"050000{place * 1_000 + number:04}",
        "language": "en" if number % 5 == 0 else "ar",
        "note": f"استفسار {MARK}",
    }
