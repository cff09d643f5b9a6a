"""Two moves at once on one department, slot or appointment: for each state in which one of them is possible, in both
orders, the second started while the first holds its locks.

`make pairs SERVICE=appointments` plays them all."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from appointments.commands import booking, changing, schedule, visits, waiting
from appointments.commands.booking import HoldKey
from appointments.commands.seats import FreedSeat
from appointments.domain.actors import DAY_END, VISITOR, WAITING_LIST
from appointments.domain.persons import parse_person
from appointments.domain.schedule import Place, WantedSlot
from appointments.sample import sample_plan
from chassis.core.ids import new_id
from chassis.data import migrations
from chassis.data.db import Database
from chassis.data.unit_of_work import UnitOfWork
from chassis.process import Process
from chassis.testing_pairs import Act, Stage, State, pairs_of
from saudi.days import legal_day

from .booked import DAY, LIMITS, MARK, MINUTE, MOBILE, NOW, SUNDAY, make_department
from .conftest import Person

OFFICERS = (Person("p_one"), Person("p_other"))
DEVICE = "device-of-a-person"
EARLIER = SUNDAY
LATER = SUNDAY + DAY - 15 * MINUTE  # 09:00 in Riyadh, where slots of both services begin
BEGUN = NOW - 15 * MINUTE  # on the day of the plays
ONE_PLACE = [{"counter": 1, "places": 1, "services": ["inquiry", "engineer"]}]


@dataclass
class Made:
    """What a state made; an id that the state doesn't make is one that nobody knows."""

    department: str
    hold: str
    appointment: str
    closure: str


def visitor(work: UnitOfWork) -> UnitOfWork:
    return work.acting_as(VISITOR)


def hold_at(work: UnitOfWork, made: Made, at: Any, device: str) -> Any:
    return booking.hold_slot(visitor(work), made.department, "inquiry", at, device_key=device)


def book(work: UnitOfWork, made: Made, mobile: str = MOBILE) -> Any:
    who = parse_person({"name": f"علي آل تجربة {MARK}", "mobile": mobile})
    return booking.book(visitor(work), HoldKey(made.hold, DEVICE), who, limits=LIMITS)[0]


def telephone(work: UnitOfWork, made: Made) -> Any:
    who = parse_person({"name": f"علي آل تجربة {MARK}", "mobile": "0500000007"})
    wanted = WantedSlot(made.department, "inquiry", EARLIER)
    return booking.book_by_telephone(work, wanted, who, limits=LIMITS)


def release(work: UnitOfWork, made: Made) -> None:
    booking.release_hold(visitor(work), HoldKey(made.hold, DEVICE))


def close(work: UnitOfWork, made: Made) -> Any:
    """Closes the department on the day of the earlier slot."""
    new = {
        "municipality": "saihat",
        "department_id": made.department,
        "starts_at": EARLIER - timedelta(hours=2),
        "ends_at": EARLIER + timedelta(hours=2),
        "reason": {"ar": "صيانة", "en": "Maintenance"},
    }
    return schedule.close(work, new, preview=False)[0]


def change_plan(work: UnitOfWork, made: Made) -> Any:
    """Sets a plan that serves nobody on Sundays."""
    hours = [{"weekdays": ["monday", "wednesday"], "opens": "08:00", "closes": "14:00"}]
    plan = {**sample_plan(), "counters": ONE_PLACE, "hours": hours}
    day = legal_day(work.now)
    return schedule.set_plan(work, made.department, valid_from=day, plan=plan, preview=False)


def offer(work: UnitOfWork, made: Made) -> None:
    """The clock offers the earlier slot to the person who waits."""
    freed = FreedSeat(WantedSlot(made.department, "inquiry", EARLIER), Place(1, 1))
    waiting.offer_freed_seat(work.acting_as(WAITING_LIST), str(freed))


ACTS: Mapping[str, Act] = {
    "hold": lambda work, made: hold_at(work, made, EARLIER, f"device-of-{work.actor.subject}"),
    "hold another slot": lambda work, made: hold_at(work, made, LATER, DEVICE),
    "release": release,
    "book": book,
    "book by telephone": telephone,
    "confirm": lambda work, made: changing.confirm(work, made.appointment),
    "move": lambda work, made: changing.move(
        visitor(work), made.appointment, LATER + 60 * MINUTE, by_person=True
    ),
    "cancel": lambda work, made: changing.cancel(visitor(work), made.appointment),
    "cancel for the municipality": lambda work, made: changing.cancel_for_municipality(
        work, made.appointment, reason="تعذر الاستقبال"
    ),
    "reveal": lambda work, made: changing.reveal_person(work, made.appointment, reason="للاتصال"),
    "wait": lambda work, made: waiting.wait_for_earlier_day(visitor(work), made.appointment),
    "stop waiting": lambda work, made: waiting.stop_waiting(visitor(work), made.appointment),
    "offer": offer,
    "accept": lambda work, made: waiting.accept_offer(visitor(work), made.appointment),
    "close": close,
    "lift the closure": lambda work, made: schedule.lift_closure(work, made.closure),
    "change the plan": change_plan,
    "check in": lambda work, made: visits.check_in(work, made.appointment),
    "call": lambda work, made: visits.call(work, made.appointment, counter=1),
    "serve": lambda work, made: visits.serve(work, made.appointment),
    "miss": lambda work, made: visits.miss(work, made.appointment),
    "end the day": lambda work, made: visits.end_day(work.acting_as(DAY_END), made.appointment),
}
SLOT_ACTS = ("hold", "book by telephone", "close", "change the plan")
CHANGES = ("move", "cancel", "cancel for the municipality", "reveal")


def department(*before: str, at: Any = None, service: str = "inquiry") -> Callable[[Any], Made]:
    """`department("wait", at=LATER)` makes a department of one place, with an appointment at the moment that was booked
    a day ago and put on the waiting list. `before`: the acts that were carried out."""

    def make(session: Any) -> Made:
        # The lane of a seat follows from the serial, and two plays have to have it in common.
        session.execute(text("ALTER TABLE department ALTER COLUMN serial RESTART WITH 1"))
        work = UnitOfWork(session, OFFICERS[0], NOW - DAY)
        row = make_department(session, OFFICERS[0], now=work.now, counters=ONE_PLACE)
        made = Made(row.department_id, new_id(), new_id(), new_id())
        session.flush()
        if at is not None:
            units = visitor(work), row.department_id, service, at
            made.hold = booking.hold_slot(*units, device_key=DEVICE).seat_id
            session.flush()
            made.appointment = book(work, made).appointment_id
        for name in before:
            done = ACTS[name](UnitOfWork(session, OFFICERS[0], NOW), made)
            session.flush()
            if name == "hold":
                made.hold = done.seat_id
            if name == "close":
                made.closure = done.closure_id
        return made

    return make


def held(session: Any) -> Made:
    """A department whose earlier slot a browser holds."""
    made = department()(session)
    made.hold = hold_at(UnitOfWork(session, OFFICERS[0], NOW), made, EARLIER, DEVICE).seat_id
    session.flush()
    return made


STATES: Mapping[str, State] = {
    "a free slot": State(department(), SLOT_ACTS, ("book",)),
    "a held slot": State(
        held, ("book", "release", "hold another slot", "close", "change the plan"), SLOT_ACTS[:2]
    ),
    "confirmed": State(
        department(at=LATER), (*CHANGES, "wait", "close", "change the plan", "hold"), ("confirm",)
    ),
    "to be confirmed": State(
        department(at=LATER, service="engineer"), ("confirm", *CHANGES, "wait"), ("check in",)
    ),
    "affected": State(
        department("close", at=EARLIER),
        ("lift the closure", *CHANGES, "change the plan"),
        ("confirm", "hold"),
    ),
    "waiting, with a free slot": State(
        department("wait", at=LATER),
        ("offer", "stop waiting", *CHANGES, "hold", "book by telephone", "close"),
        ("accept",),
    ),
    "offered": State(
        department("wait", "offer", at=LATER),
        ("accept", "stop waiting", *CHANGES, "close", "change the plan"),
        ("hold", "book by telephone"),
    ),
    "on its day": State(
        department(at=BEGUN), ("check in", "miss", "cancel for the municipality"), ("serve",)
    ),
    "checked in": State(department("check in", at=BEGUN), ("call",), ("check in", "cancel")),
    "called": State(department("check in", "call", at=BEGUN), ("call", "serve", "miss"), CHANGES),
}


@pytest.fixture(scope="module")
def stage(service: Any, settings: Any, postgres_server: Any, database_url: str) -> Iterator[Stage]:
    url = postgres_server.copied_database(
        service.package, lambda url: migrations.upgrade(service.package, url)
    )
    with closing(Process(service, settings, Database(url))) as process:
        yield Stage(process.database, OFFICERS, NOW)


@pytest.mark.parametrize(("state", "one", "other"), pairs_of(STATES))
def test_two_at_once_come_to_what_one_after_the_other_comes_to(
    stage: Stage, state: str, one: str, other: str
) -> None:
    stage.require_serial_result(STATES[state], (one, ACTS[one]), (other, ACTS[other]))
