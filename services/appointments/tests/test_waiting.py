"""The waiting list: a freed slot is offered for 30 minutes, by day only, and nothing is booked by itself."""

from datetime import datetime
from typing import Any

import pytest

from appointments.commands import changing, waiting
from appointments.commands.seats import (
    seat_of,
)
from appointments.domain.actors import WAITING_LIST
from appointments.domain.appointments import (
    AppointmentChanged,
    NothingOffered,
    NotPossibleNow,
)
from appointments.models import Appointment
from chassis.data.unit_of_work import UnitOfWork

from .booked import DAY, HOUR, MINUTE, NOW, SUNDAY, TOMORROW, open_contacts
from .offered import as_person, offer, offers_due

EVENING = NOW.replace(hour=18)  # 21:00 in Riyadh
MORNING = (NOW + DAY).replace(hour=5)  # 08:00 in Riyadh


def test_a_cancelled_slot_is_offered_at_once_by_day(session: Any, book: Any) -> None:
    row = book(TOMORROW)

    changing.cancel(as_person(session), row.appointment_id)

    assert offers_due(session) == [("2026-11-26T06:15:00Z", NOW)]


def test_at_night_the_offer_waits_for_the_morning(session: Any, book: Any) -> None:
    row = book(SUNDAY)

    changing.cancel(as_person(session, EVENING), row.appointment_id)

    assert offers_due(session) == [("2026-11-29T06:15:00Z", MORNING)]


def test_a_late_deadline_does_not_wake_anybody(session: Any, waiter: Any, outbox_rows: Any) -> None:
    before = len(outbox_rows())

    offer(session, waiter, SUNDAY, EVENING)

    assert len(outbox_rows()) == before
    assert [at for _, at in offers_due(session)] == [MORNING]


def test_the_person_who_waits_longest_is_offered_the_slot_and_keeps_the_old_one(
    session: Any, book: Any, waiter: Any, outbox_rows: Any
) -> None:
    second = book(SUNDAY + DAY, mobile="0500000003", device="device-of-second")
    waiting.wait_for_earlier_day(as_person(session, NOW + MINUTE), second.appointment_id)

    offer(session, waiter, TOMORROW, NOW + 2 * MINUTE)

    event = outbox_rows()[-1]
    assert event.type.endswith(".offered.v1")
    assert event.aggregate_id == waiter.appointment_id
    assert event.envelope["data"]["offer"] == {
        "starts_at": "2026-11-26T06:15:00Z",
        "day": "2026-11-26",
        "time": "09:15",
        "until": "2026-11-25T07:32:00Z",
        "until_time": "10:32",
    }
    assert open_contacts(session, event)[0].token
    assert waiter.starts_at == SUNDAY + DAY
    assert seat_of(session, waiter.appointment_id).span.starts_at == SUNDAY + DAY


def test_an_accepted_offer_moves_the_appointment_and_offers_the_old_slot(
    session: Any, waiter: Any
) -> None:
    offer(session, waiter, TOMORROW)

    waiting.accept_offer(as_person(session, NOW + 29 * MINUTE), waiter.appointment_id)

    assert waiter.starts_at == TOMORROW
    assert (waiter.waits_since, waiter.offer_until) == (None, None)
    assert seat_of(session, waiter.appointment_id).span.starts_at == TOMORROW
    assert ("2026-11-30T06:15:00Z", NOW + 29 * MINUTE) in offers_due(session)


def test_an_offer_that_is_accepted_twice_moves_the_appointment_once(
    session: Any, waiter: Any, outbox_rows: Any
) -> None:
    offer(session, waiter, TOMORROW)
    waiting.accept_offer(as_person(session), waiter.appointment_id, seen=TOMORROW)
    before = len(outbox_rows())

    waiting.accept_offer(as_person(session), waiter.appointment_id, seen=TOMORROW)

    assert waiter.starts_at == TOMORROW
    assert len(outbox_rows()) == before


def test_an_older_page_takes_no_other_time_than_it_offered(session: Any, waiter: Any) -> None:
    offer(session, waiter, TOMORROW)

    with pytest.raises(AppointmentChanged):
        waiting.accept_offer(as_person(session), waiter.appointment_id, seen=TOMORROW + HOUR)
    assert waiter.starts_at == SUNDAY + DAY

    waiting.accept_offer(as_person(session), waiter.appointment_id, seen=TOMORROW)
    assert waiter.starts_at == TOMORROW


@pytest.mark.parametrize("step", ["cancel", "move"])
def test_a_person_who_leaves_an_ended_offer_that_a_booking_dropped_gives_it_to_the_next(
    session: Any, book: Any, waiter: Any, step: str
) -> None:
    offer(session, waiter, TOMORROW)
    later = NOW + 31 * MINUTE
    book(TOMORROW, now=later, mobile="0500000004", device="device-number-4")

    if step == "cancel":
        changing.cancel(as_person(session, later), waiter.appointment_id)
    else:
        moved = waiter.starts_at + DAY
        changing.move(as_person(session, later), waiter.appointment_id, moved, by_person=True)

    assert ("2026-11-26T06:15:00Z", later) in offers_due(session)


def test_an_offer_is_over_after_thirty_minutes_and_goes_to_the_next(
    session: Any, book: Any, waiter: Any, outbox_rows: Any
) -> None:
    second = book(SUNDAY + DAY, mobile="0500000003", device="device-of-second")
    waiting.wait_for_earlier_day(as_person(session, NOW + MINUTE), second.appointment_id)
    offer(session, waiter, TOMORROW)
    later = NOW + 30 * MINUTE

    with pytest.raises(NothingOffered):
        waiting.accept_offer(as_person(session, later), waiter.appointment_id)
    waiting.lapse_offer(UnitOfWork(session, WAITING_LIST, later), waiter.appointment_id)
    offer(session, waiter, TOMORROW, later)

    assert waiter.offer_until is None
    assert waiter.waits_since is not None
    assert second.offer_until == later + 30 * MINUTE


def test_the_next_offer_is_planned_also_where_a_booking_dropped_the_ended_one(
    session: Any, book: Any, waiter: Any
) -> None:
    offer(session, waiter, TOMORROW)
    later = NOW + 31 * MINUTE
    book(TOMORROW, now=later, mobile="0500000004", device="device-number-4")

    waiting.lapse_offer(UnitOfWork(session, WAITING_LIST, later), waiter.appointment_id)

    assert ("2026-11-26T06:15:00Z", later) in offers_due(session)


def test_a_lapse_that_fires_early_ends_nothing(session: Any, waiter: Any) -> None:
    offer(session, waiter, TOMORROW)

    waiting.lapse_offer(UnitOfWork(session, WAITING_LIST, NOW + 29 * MINUTE), waiter.appointment_id)

    assert waiter.offer_until == NOW + 30 * MINUTE


def test_a_slot_on_the_same_day_is_no_earlier_day(
    session: Any, waiter: Any, outbox_rows: Any
) -> None:
    offer(session, waiter, SUNDAY + DAY - 15 * MINUTE)

    assert not outbox_rows()[-1].type.endswith(".offered.v1")


def test_a_slot_that_was_booked_meanwhile_is_not_offered(
    session: Any, book: Any, waiter: Any
) -> None:
    for number in (4, 5):
        book(TOMORROW, mobile=f"050000000{number}", device=f"device-number-{number}")

    offer(session, waiter, TOMORROW)

    assert waiter.offer_until is None


def test_an_offered_slot_is_nobody_elses(session: Any, book: Any, waiter: Any) -> None:
    from appointments.domain.appointments import SlotTaken

    booked = book(TOMORROW, mobile="0500000004", device="device-number-4")
    offer(session, waiter, TOMORROW, counter=3 - booked.counter)

    with pytest.raises(SlotTaken):
        book(TOMORROW, mobile="0500000005", device="device-number-5")


def test_who_stops_waiting_is_offered_nothing(session: Any, waiter: Any) -> None:
    waiting.stop_waiting(as_person(session), waiter.appointment_id)

    offer(session, waiter, TOMORROW)

    assert waiter.offer_until is None


def test_nobody_waits_on_the_day_itself(session: Any, book: Any) -> None:
    row = book(TOMORROW)

    with pytest.raises(NotPossibleNow, match="waiting-not-possible"):
        waiting.wait_for_earlier_day(as_person(session, TOMORROW - HOUR), row.appointment_id)


def test_a_cancelled_waiter_gives_the_offer_to_the_next(session: Any, waiter: Any) -> None:
    offer(session, waiter, TOMORROW)

    changing.cancel(as_person(session, NOW + MINUTE), waiter.appointment_id)

    assert ("2026-11-26T06:15:00Z", NOW + MINUTE) in offers_due(session)
    with pytest.raises(Exception, match="illegal-transition"):
        waiting.accept_offer(as_person(session, NOW + MINUTE), waiter.appointment_id)


def lapse(session: Any, row: Appointment, now: datetime) -> None:
    waiting.lapse_offer(UnitOfWork(session, WAITING_LIST, now), row.appointment_id)


def test_two_who_wait_are_each_offered_a_slot_once(session: Any, book: Any, waiter: Any) -> None:
    second = book(SUNDAY + DAY, mobile="0500000003", device="device-of-second")
    waiting.wait_for_earlier_day(as_person(session, NOW + MINUTE), second.appointment_id)
    offer(session, waiter, SUNDAY)
    lapse(session, waiter, NOW + HOUR)
    offer(session, waiter, TOMORROW, NOW + HOUR)
    lapse(session, waiter, NOW + 2 * HOUR)

    offer(session, waiter, SUNDAY, NOW + 2 * HOUR)
    first_again = waiter.offer_until
    lapse(session, second, NOW + 3 * HOUR)
    offer(session, waiter, SUNDAY, NOW + 3 * HOUR)

    assert first_again is None
    assert second.offered_starts_at == SUNDAY
    assert (waiter.offer_until, second.offer_until) == (None, None)


def test_a_slot_that_a_person_let_lapse_is_not_offered_for_another_appointment_of_the_person(
    session: Any, book: Any, waiter: Any
) -> None:
    other = book(SUNDAY + DAY, mobile="0500000002", device="device-of-second")
    waiting.wait_for_earlier_day(as_person(session, NOW + MINUTE), other.appointment_id)
    offer(session, waiter, TOMORROW)
    lapse(session, waiter, NOW + HOUR)

    offer(session, waiter, TOMORROW, NOW + HOUR)

    assert (waiter.offer_until, other.offer_until) == (None, None)


def test_a_person_is_offered_three_slots_a_day_at_the_most(session: Any, waiter: Any) -> None:
    now = NOW
    for number in range(4):
        offer(session, waiter, SUNDAY + number * 15 * MINUTE, now)
        offered, now = waiter.offer_until, now + HOUR
        lapse(session, waiter, now)
    offer(session, waiter, SUNDAY + 3 * 15 * MINUTE, MORNING)

    assert offered is None
    assert waiter.offer_until == MORNING + 30 * MINUTE


def test_a_slot_whose_only_waiter_has_an_offer_is_offered_after_that_offer(
    session: Any, waiter: Any
) -> None:
    offer(session, waiter, SUNDAY)

    offer(session, waiter, TOMORROW, NOW + MINUTE)
    due = ("2026-11-26T06:15:00Z", NOW + 31 * MINUTE)
    planned = offers_due(session)
    lapse(session, waiter, NOW + 30 * MINUTE)
    offer(session, waiter, TOMORROW, NOW + 31 * MINUTE)

    assert due in planned
    assert waiter.offered_starts_at == TOMORROW
    assert waiter.offer_until == NOW + 61 * MINUTE
