"""Seats of one slot that come free beside each other, beside holds of browsers and beside bookings."""

from typing import Any

import pytest

from appointments.commands import booking, changing, waiting
from appointments.commands.seats import FreedSeat, plan_offer_after_hold, require_bookable_slot
from appointments.domain.actors import WAITING_LIST
from appointments.domain.appointments import HOLD_LENGTH
from appointments.models import Appointment
from chassis.data.unit_of_work import UnitOfWork

from .booked import DAY, MINUTE, NOW, SUNDAY, TOMORROW
from .offered import FREED_DUE, as_person, offer, offers_due


def test_a_freed_seat_that_a_browser_holds_is_offered_when_the_hold_ends(
    session: Any, waiter: Any
) -> None:
    slot = (waiter.department_id, waiter.service, TOMORROW)
    held = [
        booking.hold_slot(
            as_person(session, NOW + number * MINUTE), *slot, device_key=f"device-number-{number}"
        )
        for number in (1, 2)
    ]

    offer(session, waiter, TOMORROW, NOW + 3 * MINUTE, counter=held[0].counter)

    first_end = NOW + MINUTE + HOLD_LENGTH
    assert ("2026-11-26T06:15:00Z", first_end) in offers_due(session)
    assert waiter.offer_until is None
    offer(session, waiter, TOMORROW, first_end, counter=held[0].counter)
    assert waiter.offered_starts_at == TOMORROW


def test_a_freed_seat_whose_hold_ends_at_this_moment_is_offered_again_at_once(
    session: Any, department: Any
) -> None:
    slot = require_bookable_slot(session, department, "inquiry", TOMORROW, NOW)

    plan_offer_after_hold(session, FreedSeat(slot.wanted, slot.places[0]), slot, NOW)

    assert offers_due(session) == [("2026-11-26T06:15:00Z", NOW)]


def test_a_hold_that_begins_within_the_freed_slot_counts_too(session: Any, book: Any) -> None:
    early, within = TOMORROW.replace(minute=0), TOMORROW
    late = book(SUNDAY.replace(minute=0) + DAY, service="engineer", device="device-of-waiter")
    waiting.wait_for_earlier_day(as_person(session), late.appointment_id)
    for number in (1, 2):
        slot = (late.department_id, "inquiry", within)
        booking.hold_slot(as_person(session), *slot, device_key=f"device-number-{number}")

    offer(session, late, early)

    assert late.offer_until is None
    assert ("2026-11-26T06:00:00Z", NOW + HOLD_LENGTH) in offers_due(session)


@pytest.fixture
def second_waiter(session: Any, book: Any) -> Appointment:
    """Another person who waits, after `waiter`."""
    row: Appointment = book(SUNDAY + DAY, mobile="0500000003", device="device-of-second")
    waiting.wait_for_earlier_day(as_person(session, NOW + MINUTE), row.appointment_id)
    return row


def test_each_freed_seat_of_a_slot_is_offered_to_one_person(
    session: Any, book: Any, waiter: Any, second_waiter: Any
) -> None:
    leaving = [
        book(TOMORROW, mobile=f"050000000{number}", device=f"device-number-{number}")
        for number in (5, 6)
    ]

    for row in leaving:
        changing.cancel(as_person(session), row.appointment_id)
    due = [one.aggregate_id for one in session.execute(FREED_DUE)]
    for one in due:
        waiting.offer_freed_seat(UnitOfWork(session, WAITING_LIST, NOW), one)

    assert len(due) == 2
    assert waiter.offered_starts_at == second_waiter.offered_starts_at == TOMORROW


def test_a_seat_that_nobody_freed_stays_for_those_who_book(
    session: Any, book: Any, waiter: Any, second_waiter: Any
) -> None:
    leaving = book(TOMORROW, mobile="0500000005", device="device-number-5")
    changing.cancel(as_person(session), leaving.appointment_id)

    for one in session.execute(FREED_DUE).all():
        for _ in range(2):
            waiting.offer_freed_seat(UnitOfWork(session, WAITING_LIST, NOW), one.aggregate_id)

    assert waiter.offered_starts_at == TOMORROW
    assert second_waiter.offered_starts_at is None


def test_a_freed_seat_that_somebody_booked_at_night_is_offered_to_nobody(
    session: Any, book: Any, waiter: Any
) -> None:
    at_night = [
        book(TOMORROW, mobile=f"050000000{number}", device=f"device-number-{number}")
        for number in (5, 6)
    ]
    changing.cancel(as_person(session), at_night[0].appointment_id)
    book(TOMORROW, mobile="0500000007", device="device-number-7")
    changing.cancel(as_person(session), at_night[1].appointment_id)

    offer(session, waiter, TOMORROW, counter=at_night[0].counter)

    assert waiter.offered_starts_at is None


def test_a_held_seat_is_not_forgotten_when_another_seat_of_its_slot_comes_free(
    session: Any, waiter: Any, second_waiter: Any
) -> None:
    slot = (waiter.department_id, waiter.service, TOMORROW)
    held = booking.hold_slot(as_person(session), *slot, device_key="device-number-1")
    other = 3 - held.counter

    for counter in (held.counter, other):
        offer(session, waiter, TOMORROW, NOW + MINUTE, counter=counter)

    assert waiter.offered_starts_at == TOMORROW
    assert second_waiter.offered_starts_at is None
    assert offers_due(session) == [("2026-11-26T06:15:00Z", NOW + HOLD_LENGTH)]
