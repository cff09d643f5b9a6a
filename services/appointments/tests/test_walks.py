"""Walks through appointments: however they go, the promises of walking.py hold; and each deliberate bug is caught by
its name, by a story that is fine while the rules hold."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from appointments import lookups
from appointments.commands import booking, changing, schedule, seats, visits, waiting
from appointments.domain.appointments import Status
from appointments.domain.schedule import PlannedService
from appointments.models import Seat
from appointments.slots import planned_service, timetable_of
from chassis.testing_walks import Break, require_broken_promise, switch_off, take_walks
from saudi.days import legal_day

from .booked import NOW, SUNDAY
from .walking import TALLY, Walk, WalkFixtures

ONE, TWO = "device-one", "device-two"


@pytest.fixture
def fixtures(session: Any, database: Any, officer: Any) -> WalkFixtures:
    return WalkFixtures(session, database, officer)


def test_no_order_of_commands_breaks_a_promise(fixtures: WalkFixtures) -> None:
    take_walks(
        partial(Walk, fixtures), TALLY, connection=fixtures.database.session.connection(), few=4
    )


def take(walk: Walk, slot: int, person: int, device: str = ONE) -> None:
    walk.hold(device, slot)
    walk.book(device, person, False)
    walk.every_promise_holds()


def hold_after_the_holds_have_ended(walk: Walk) -> None:
    walk.hold(ONE, 0)
    walk.hold(TWO, 0)
    walk.pass_time(11)
    walk.hold("device-three", 0)
    walk.hold("device-four", 0)


def book_late(walk: Walk) -> None:
    walk.hold(ONE, 2)
    walk.pass_time(11)
    walk.book(ONE, 0, False)


def steal_a_hold(walk: Walk) -> None:
    walk.hold(ONE, 2)
    walk.book(ONE, 0, True)


def cancel_in_time(walk: Walk) -> None:
    take(walk, 2, 0)
    walk.cancel(0)


def cancel_at_the_last_minute(walk: Walk) -> None:
    take(walk, 0, 0)
    walk.now = SUNDAY - timedelta(days=3, minutes=30)
    walk.cancel(0)


def book_a_third_appointment(walk: Walk) -> None:
    take(walk, 0, 0)
    take(walk, 1, 0)
    take(walk, 2, 0)


def telephone_thrice(walk: Walk) -> None:
    for slot in range(3):
        walk.book_by_telephone(slot, 0)


def miss_two_and_book_two(walk: Walk) -> None:
    take(walk, 0, 0)
    take(walk, 1, 0)
    walk.pass_time(1440)
    walk.pass_time(1440)
    take(walk, 2, 0)
    take(walk, 3, 0)


def free_a_slot_at_night(walk: Walk) -> None:
    take(walk, 0, 0)
    take(walk, 2, 1)
    walk.wait(1)
    walk.now = NOW.replace(hour=19)
    walk.cancel(0)
    walk.fire_deadlines()


def free_a_slot_by_day(walk: Walk) -> None:
    take(walk, 0, 0)
    take(walk, 2, 1)
    walk.wait(1)
    walk.cancel(0)
    walk.fire_deadlines()


def accept_too_late(walk: Walk) -> None:
    free_a_slot_by_day(walk)
    walk.now += timedelta(minutes=31)
    walk.accept(1)


def accept_in_time(walk: Walk) -> None:
    free_a_slot_by_day(walk)
    walk.accept(1)


def close_over_a_booking(walk: Walk) -> None:
    take(walk, 2, 0)
    walk.close(2)


def close_and_end_the_day(walk: Walk) -> None:
    take(walk, 0, 0)
    walk.close(0)
    walk.now += timedelta(days=2)
    walk.fire_deadlines()


def lift_again(walk: Walk) -> None:
    close_over_a_booking(walk)
    walk.lift()


def book_what_was_closed(walk: Walk) -> None:
    walk.hold(ONE, 2)
    walk.close(2)
    walk.book(ONE, 0, False)


def check_in_and_go_home(walk: Walk) -> None:
    take(walk, 0, 0)
    walk.now = datetime.fromisoformat("2026-11-26T06:00:00+00:00")
    walk.check_in(0)
    walk.pass_time(1440)


def check_in_a_day_early(walk: Walk) -> None:
    take(walk, 2, 0)
    walk.check_in(0)


STORIES = {
    name: story
    for name, story in globals().items()
    if getattr(story, "__annotations__", {}) == {"walk": Walk, "return": None}
}


@pytest.mark.parametrize("story", STORIES.values(), ids=list(STORIES))
def test_each_story_is_fine_while_the_rules_hold(fixtures: WalkFixtures, story: Any) -> None:
    walk = Walk(fixtures)

    story(walk)

    walk.every_promise_holds()


@dataclass(frozen=True)
class Bug:
    """A rule broken on purpose, and the story that shows the harm."""

    story: Callable[[Walk], None]
    breaks: Break


def any_time_holds(patch: pytest.MonkeyPatch) -> None:
    really = booking.require_hold
    patch.setattr(
        booking,
        "require_hold",
        lambda session, key, now: really(session, key, now - timedelta(days=9)),
    )


def any_device_holds(patch: pytest.MonkeyPatch) -> None:
    really = booking._hash_device
    patch.setattr(
        booking,
        "_hash_device",
        lambda session, key: really(session, ONE if key == "another-device" else key),
    )


def first_time_only(patch: pytest.MonkeyPatch) -> None:
    really, turns = schedule._mark_changes, list[int]()

    def mark(work: Any, department: Any) -> Any:
        turns.append(1)
        return really(work, department) if len(turns) == 1 else []

    patch.setattr(schedule, "_mark_changes", mark)


def forget_the_missed(session: Any, mobile: str) -> tuple[int, list[datetime]]:
    ahead, _ = lookups.history_of_mobile(session, mobile)
    return ahead, []


def last_a_day(_starts_at: datetime, now: datetime) -> datetime:
    return now + timedelta(days=1)


def serve_by_any_plan(session: Any, seat: Seat, now: datetime) -> PlannedService:
    timetable = timetable_of(session, seat.department_id, now)
    return planned_service(timetable, seat.service, legal_day(seat.starts_at))


def offers_at_night(patch: pytest.MonkeyPatch) -> None:
    for module in (seats, waiting):
        patch.setattr(module, "offer_time", lambda now: now)


def books_by_itself(patch: pytest.MonkeyPatch) -> None:
    really = waiting.record_with_link

    def record(work: Any, row: Any, action: Any, happened: str) -> str:
        token = really(work, row, action, happened)
        if happened == "offered":
            waiting.accept_offer(work, row.appointment_id)
        return token

    patch.setattr(waiting, "record_with_link", record)


BUGS = {
    "an ended hold keeps its seat": Bug(
        hold_after_the_holds_have_ended, switch_off(seats, "_drop_expired")
    ),
    "an ended hold is booked": Bug(book_late, any_time_holds),
    "a stolen hold is booked": Bug(steal_a_hold, any_device_holds),
    "a cancelled appointment keeps its seat": Bug(
        cancel_in_time, switch_off(changing, "_free_seats")
    ),
    "a person cancels at the last minute": Bug(
        cancel_at_the_last_minute, switch_off(changing, "require_time_to_change")
    ),
    "a person books without limit": Bug(
        book_a_third_appointment, switch_off(booking, "require_room")
    ),
    "an officer books around the limits": Bug(
        telephone_thrice, switch_off(booking, "require_room")
    ),
    "missed appointments are forgotten": Bug(
        miss_two_and_book_two, switch_off(booking, "history_of_mobile", forget_the_missed)
    ),
    "a freed slot is offered at night": Bug(free_a_slot_at_night, offers_at_night),
    "an offer books by itself": Bug(free_a_slot_by_day, books_by_itself),
    "an offer lasts for a day": Bug(accept_too_late, switch_off(waiting, "offer_end", last_a_day)),
    "a closure forgets the bookings": Bug(
        close_over_a_booking, switch_off(schedule, "_mark_affected")
    ),
    "a closure that is lifted leaves its marks": Bug(lift_again, first_time_only),
    "a hold is booked whatever the plan says": Bug(
        book_what_was_closed, switch_off(booking, "require_served", serve_by_any_plan)
    ),
    "a person who came is a no-show": Bug(
        check_in_and_go_home,
        switch_off(visits, "end_of_day", lambda *_, **__: (Status.NO_SHOW, None)),
    ),
    "a closure makes its people no-shows": Bug(
        close_and_end_the_day,
        switch_off(visits, "end_of_day", lambda *_, **__: (Status.NO_SHOW, None)),
    ),
    "a person checks in days early": Bug(check_in_a_day_early, switch_off(visits, "require_now")),
}
# The promise that each bug breaks.
PROMISES = {
    "an ended hold keeps its seat": "hold: allowed is True",
    "an ended hold is booked": "book: allowed is False",
    "a stolen hold is booked": "book: allowed is False",
    "a cancelled appointment keeps its seat": "a cancelled appointment gives its seat back",
    "a person cancels at the last minute": "cancel: allowed is False",
    "a person books without limit": "book: allowed is False",
    "an officer books around the limits": "book_by_telephone: allowed is False",
    "missed appointments are forgotten": "book: allowed is False",
    "a freed slot is offered at night": "an offer begins by day",
    "an offer books by itself": "nothing is booked by itself",
    "an offer lasts for a day": "an offer has an end",
    "a closure forgets the bookings": "what can't be kept is marked",
    "a closure that is lifted leaves its marks": "what can't be kept is marked",
    "a hold is booked whatever the plan says": "book: allowed is False",
    "a person who came is a no-show": "who came, or was refused, is no no-show",
    "a closure makes its people no-shows": "who came, or was refused, is no no-show",
    "a person checks in days early": "check_in: allowed is False",
}


@pytest.mark.parametrize("name", BUGS)
def test_each_bug_is_caught(
    fixtures: WalkFixtures, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    walk, bug = Walk(fixtures), BUGS[name]

    require_broken_promise(monkeypatch, bug.breaks, PROMISES[name], lambda: tell(bug.story, walk))


def tell(story: Callable[[Walk], None], walk: Walk) -> None:
    story(walk)
    walk.every_promise_holds()
