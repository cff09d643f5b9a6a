"""What several connections do to each other, with real commits: a slot takes its capacity, a mobile its limit."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import delete, select, text

from appointments.commands import booking, schedule, seats
from appointments.commands.booking import HoldKey
from appointments.domain.actors import VISITOR
from appointments.domain.appointments import SlotTaken, TooManyOpen
from appointments.domain.persons import parse_person
from appointments.models import Appointment, Department, Seat
from appointments.sample import sample_plan
from chassis.core.refusals import InvalidFields, Refusal
from chassis.data.unit_of_work import UnitOfWork

from .booked import LIMITS, MARK, MINUTE, NOW, SUNDAY, make_department

CLIENTS = 24
PLACES = 3


@pytest.fixture
def committed(real_database: Any, officer: Any) -> Iterator[str]:
    """The id of a department with three places for an inquiry, really committed."""
    counters = [{"counter": 1, "places": PLACES, "services": ["inquiry", "engineer"]}]
    with real_database.transaction() as session:
        department_id = make_department(session, officer, counters=counters).department_id
    yield department_id
    with real_database.transaction() as session:
        tables = ("seat", "appointment_key", "appointment", "department_plan", "department")
        session.execute(text(f"TRUNCATE {', '.join(tables)}, outbox, deadline CASCADE"))


def at_once(count: int, command: Callable[[int], Any]) -> list[Any]:
    """Runs a command in many threads that start together. Returns each one's answer or refusal."""
    start = Barrier(count)

    def run(number: int) -> Any:
        start.wait()
        try:
            return command(number)
        except Refusal as refusal:
            return refusal

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def hold(database: Any, department_id: str, device: str, at: Any = SUNDAY) -> str:
    with database.transaction() as session:
        work = UnitOfWork(session, VISITOR, NOW)
        seat = booking.hold_slot(work, department_id, "inquiry", at, device_key=device)
        return str(seat.seat_id)


def book(database: Any, hold_id: str, device: str, mobile: str) -> str:
    with database.transaction() as session:
        who = parse_person({"name": f"علي آل تجربة {MARK}", "mobile": mobile})
        key = HoldKey(hold_id, device)
        row, _ = booking.book(UnitOfWork(session, VISITOR, NOW), key, who, limits=LIMITS)
        return str(row.appointment_id)


def test_a_slot_takes_exactly_its_capacity(real_database: Any, committed: str) -> None:
    answers = at_once(CLIENTS, lambda number: hold(real_database, committed, f"device-{number:04}"))

    held = [one for one in answers if isinstance(one, str)]
    taken = [one for one in answers if isinstance(one, SlotTaken)]
    assert (len(held), len(taken)) == (PLACES, CLIENTS - PLACES)
    assert all(len(one.members["next_slots"]) == 3 for one in taken)


def test_the_constraint_refuses_a_double_booking_even_if_the_code_looks_past_it(
    real_database: Any, committed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The code's own look at the free places is only a hint: here it says that every place is free."""

    def every_place(_session: Any, slot: Any, _now: Any) -> Any:
        return slot.places

    monkeypatch.setattr(seats, "_free_places", every_place)

    answers = at_once(CLIENTS, lambda number: hold(real_database, committed, f"device-{number:04}"))

    assert sum(isinstance(one, str) for one in answers) == PLACES
    with real_database.transaction() as session:
        lanes = session.scalars(select(Seat.lane)).all()
        assert len(lanes) == len(set(lanes)) == PLACES


def test_one_browser_has_one_hold_however_often_it_asks(real_database: Any, committed: str) -> None:
    answers = at_once(8, lambda number: hold(real_database, committed, "the-same-device"))

    assert all(isinstance(one, str) for one in answers)
    with real_database.transaction() as session:
        assert len(session.scalars(select(Seat)).all()) == 1


def test_a_branch_has_a_department_once_however_many_officers_add_it(
    real_database: Any, committed: str, officer: Any
) -> None:
    def add(_number: int) -> str:
        with real_database.transaction() as session:
            work = UnitOfWork(session, officer, NOW)
            row = schedule.add_department(work, municipality="saihat", code="engineering")
            return str(row.department_id)

    answers = at_once(8, add)

    assert sum(isinstance(one, str) for one in answers) == 1
    refused = [one for one in answers if isinstance(one, InvalidFields)]
    assert [str(one) for one in refused] == ["code: department-exists"] * 7


def test_one_mobile_has_its_limit_however_many_browsers_it_uses(
    real_database: Any, committed: str
) -> None:
    devices = [f"device-{number:04}" for number in range(8)]
    holds = [
        hold(real_database, committed, device, SUNDAY + 15 * place * MINUTE)
        for place, device in enumerate(devices)
    ]

    answers = at_once(
        8, lambda number: book(real_database, holds[number], devices[number], "0500000001")
    )

    booked = [one for one in answers if isinstance(one, str)]
    assert len(booked) == LIMITS.open_appointments
    assert sum(isinstance(one, TooManyOpen) for one in answers) == 8 - len(booked)


def test_a_booking_and_a_change_of_plan_at_once_orphan_nothing(
    real_database: Any, committed: str, officer: Any
) -> None:
    """Either the booking sees the new plan and is refused, or the change sees the booking and marks it."""
    devices = [f"device-{number:04}" for number in range(6)]
    holds = [
        hold(real_database, committed, device, SUNDAY + 15 * place * MINUTE)
        for place, device in enumerate(devices)
    ]

    def change(number: int) -> Any:
        if number < len(holds):
            mobile = f"05000000{number:02}"
            return book(real_database, holds[number], devices[number], mobile)
        with real_database.transaction() as session:
            work = UnitOfWork(session, officer, NOW)
            plan = {**sample_plan(), "hours": []}
            schedule.set_plan(work, committed, valid_from=NOW.date(), plan=plan, preview=False)
        return None

    answers = at_once(len(holds) + 1, change)

    with real_database.transaction() as session:
        assert session.get(Department, committed) is not None
        rows = session.scalars(select(Appointment)).all()
        assert len(rows) == sum(isinstance(one, str) for one in answers)
        assert all(row.affected_since is not None for row in rows)
        session.execute(delete(Seat).where(Seat.appointment_id.is_(None)))
