"""From a free slot to an appointment, through the commands."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from appointments.commands import booking
from appointments.commands.booking import HoldKey
from appointments.commands.seats import forget_holds
from appointments.domain.actors import VISITOR
from appointments.domain.appointments import (
    HoldOver,
    SlotNotBookable,
    SlotTaken,
    TooManyOpen,
)
from appointments.domain.persons import parse_person
from appointments.lookups import find_by_number
from appointments.models import Appointment, Department, Seat
from appointments.slots import free_slots
from chassis.data.unit_of_work import UnitOfWork

from .booked import (
    DAY,
    LIMITS,
    MARK,
    MINUTE,
    MOBILE,
    NOW,
    SUNDAY,
    TOMORROW,
    book_slot,
    make_department,
    open_contacts,
)


@pytest.fixture
def hold(session: Any, department: Department) -> Callable[..., Seat]:
    def make(
        at: Any = SUNDAY, *, device: str = "device-one", now: Any = NOW, service: str = "inquiry"
    ) -> Seat:
        work = UnitOfWork(session, VISITOR, now)
        return booking.hold_slot(work, department.department_id, service, at, device_key=device)

    return make


def free_at(session: Any, department: Department, at: Any, now: Any = NOW) -> int:
    days = (at.date(), at.date())
    found = free_slots(session, department.department_id, "inquiry", days=days, now=now)
    return sum(len(one.places) for one in found if one.span.starts_at == at)


def test_a_hold_takes_one_of_the_two_counters(
    session: Any, department: Department, hold: Any
) -> None:
    assert free_at(session, department, SUNDAY) == 2

    seat = hold()

    assert free_at(session, department, SUNDAY) == 1
    assert seat.held_until == NOW + 10 * MINUTE


def test_the_third_person_is_refused_and_reads_the_next_free_slots(hold: Any) -> None:
    hold(device="device-one")
    hold(device="device-two")

    with pytest.raises(SlotTaken) as refused:
        hold(device="device-three")

    following = [f"2026-11-29T{clock}:00Z" for clock in ("06:30", "06:45", "07:00")]
    assert refused.value.members == {"next_slots": following}


def test_a_browser_has_one_hold(session: Any, department: Department, hold: Any) -> None:
    hold(SUNDAY)
    hold(SUNDAY + 15 * MINUTE)

    assert free_at(session, department, SUNDAY) == 2
    assert session.scalar(select(func.count()).select_from(Seat)) == 1


def test_a_second_press_of_the_button_keeps_the_hold(
    session: Any, department: Department, hold: Any
) -> None:
    first = hold()

    second = hold(now=NOW + MINUTE)

    assert (second.seat_id, second.held_until) == (first.seat_id, NOW + 10 * MINUTE)
    assert free_at(session, department, SUNDAY) == 1


def test_a_hold_ends_by_itself_after_ten_minutes(
    session: Any, department: Department, hold: Any
) -> None:
    hold(device="device-one")
    hold(device="device-two")
    later = NOW + 10 * MINUTE

    assert free_at(session, department, SUNDAY, later) == 2
    hold(device="device-three", now=later)  # nothing had to tidy up first


def test_the_chore_deletes_what_has_ended_and_nothing_else(
    session: Any, hold: Any, book: Any
) -> None:
    book(SUNDAY, device="device-of-another")
    hold(device="device-one")

    forget_holds(session, NOW + 9 * MINUTE)
    assert session.scalar(select(func.count()).select_from(Seat)) == 2
    forget_holds(session, NOW + 11 * MINUTE)

    (seat,) = session.scalars(select(Seat)).all()
    assert seat.appointment_id is not None


def test_a_released_hold_is_free_at_once(session: Any, department: Department, hold: Any) -> None:
    seat = hold()

    booking.release_hold(UnitOfWork(session, VISITOR, NOW), HoldKey(seat.seat_id, "another-device"))
    assert free_at(session, department, SUNDAY) == 1
    booking.release_hold(UnitOfWork(session, VISITOR, NOW), HoldKey(seat.seat_id, "device-one"))

    assert free_at(session, department, SUNDAY) == 2


@pytest.mark.parametrize(
    ("at", "code"),
    [
        (NOW + 59 * MINUTE, "too-soon"),
        (NOW - DAY, "too-soon"),
        (SUNDAY + 5 * MINUTE, "no-slot"),
        (TOMORROW + DAY, "no-slot"),  # a Friday
        (SUNDAY + 35 * DAY, "too-far"),
        (SUNDAY.replace(year=9999), "too-far"),
    ],
)
def test_a_moment_without_a_slot_is_refused_with_its_reason(hold: Any, at: Any, code: str) -> None:
    with pytest.raises(SlotNotBookable) as refused:
        hold(at)

    assert refused.value.code == code


def test_a_service_at_one_counter_only_has_one_place(hold: Any) -> None:
    hold(SUNDAY.replace(hour=6, minute=0), service="engineer", device="device-one")

    with pytest.raises(SlotTaken):
        hold(SUNDAY.replace(hour=6, minute=0), service="engineer", device="device-two")


def test_a_long_slot_keeps_its_counter_from_the_short_slots_beneath_it(
    session: Any, department: Department, hold: Any
) -> None:
    hold(
        SUNDAY.replace(hour=6, minute=0), service="engineer", device="device-one"
    )  # 09:00 to 09:30

    assert free_at(session, department, SUNDAY.replace(hour=6, minute=0)) == 1
    assert free_at(session, department, SUNDAY.replace(hour=6, minute=15)) == 1
    assert free_at(session, department, SUNDAY.replace(hour=6, minute=30)) == 2


def test_a_booking_is_numbered_published_and_told_with_a_link(
    session: Any, book: Any, outbox_rows: Any
) -> None:
    row = book(id_type="national_id", id_number="1000000008", note="سؤال عن الرخصة")

    (event,) = outbox_rows()
    data = event.envelope["data"]
    assert row.appointment_number[:2] == "48"
    assert row.appointment_number.isdigit()
    assert (event.type, event.version) == ("sa.gov.qatif.appointments.appointment.booked.v1", 1)
    assert (data["status"], data["day"], data["time"]) == ("confirmed", "2026-11-29", "09:15")
    assert data["inquiry"]["kind"] == "appointment"
    assert [one["by"] for one in data["inquiry"]["match"]] == ["mobile"]
    assert data["inquiry"]["subjects"] == []  # nobody has seen the ID
    (contact,) = open_contacts(session, event)
    assert (contact.role, contact.mobile, contact.confirmed) == ("applicant", "+966500000001", True)
    assert contact.token


def test_no_event_holds_a_name_a_mobile_a_number_or_a_word_of_the_person(
    book: Any, outbox_rows: Any
) -> None:
    book(id_type="national_id", id_number="1000000008", note="سؤال عن الرخصة", reference="44120981")

    text = str([row.envelope for row in outbox_rows()])
    for secret in ("تجربة", "500000001", "1000000008", "سؤال", "44120981"):
        assert secret not in text


def test_a_service_that_asks_for_a_call_is_requested_first(book: Any) -> None:
    row = book(SUNDAY.replace(hour=6, minute=0), service="engineer")

    assert row.status == "requested"


def test_number_and_mobile_find_an_appointment_while_a_key_would_open_it(
    session: Any, book: Any
) -> None:
    number = book(SUNDAY).appointment_number
    last = SUNDAY.replace(hour=20, minute=59) + 2 * DAY  # before midnight in Riyadh

    assert find_by_number(session, number, "+966500000001", last) is not None
    assert find_by_number(session, number, "+966500000001", last + MINUTE) is None


def test_another_browser_does_not_book_the_hold(session: Any, hold: Any) -> None:
    seat = hold()

    with pytest.raises(HoldOver):
        book_hold(session, HoldKey(seat.seat_id, "another-device"))


def test_a_hold_that_is_over_is_not_booked(session: Any, hold: Any) -> None:
    seat = hold()

    with pytest.raises(HoldOver):
        book_hold(session, HoldKey(seat.seat_id, "device-one"), now=NOW + 10 * MINUTE)


def test_a_hold_is_booked_once(session: Any, hold: Any) -> None:
    seat = hold()
    book_hold(session, HoldKey(seat.seat_id, "device-one"))

    with pytest.raises(HoldOver):
        book_hold(session, HoldKey(seat.seat_id, "device-one"))


def test_a_held_time_that_has_begun_is_not_booked(session: Any, hold: Any) -> None:
    seat = hold()
    # A service may be booked until its beginning; a hold of ten minutes then ends after it.
    seat.held_until = SUNDAY + 5 * MINUTE

    with pytest.raises(SlotNotBookable):
        book_hold(session, HoldKey(seat.seat_id, "device-one"), SUNDAY)


def book_hold(session: Any, key: HoldKey, now: Any = NOW) -> Appointment:
    person = parse_person({"name": f"علي آل تجربة {MARK}", "mobile": MOBILE})
    return booking.book(UnitOfWork(session, VISITOR, now), key, person, limits=LIMITS)[0]


def test_the_fourth_open_appointment_of_a_mobile_is_refused(book: Any) -> None:
    for step in range(3):
        book(SUNDAY + 15 * step * MINUTE)

    with pytest.raises(TooManyOpen):
        book(SUNDAY + DAY)
    book(SUNDAY + DAY, mobile="0500000002")


def test_three_no_shows_leave_a_person_one_open_appointment(session: Any, book: Any) -> None:
    for step in range(3):
        row = book(SUNDAY + 15 * step * MINUTE)
        row.status, row.ended_at = "no_show", SUNDAY
        session.flush()
    later = SUNDAY + 2 * DAY

    book(later + DAY, now=later)
    with pytest.raises(TooManyOpen) as refused:
        book(later + DAY + 15 * MINUTE, now=later)

    assert refused.value.code == "no-shows"


def test_a_slot_that_the_plan_dropped_meanwhile_is_not_booked(
    session: Any, officer: Any, department: Department, hold: Any
) -> None:
    from appointments.commands import schedule
    from appointments.sample import sample_plan

    seat = hold()
    plan = {**sample_plan(), "hours": []}
    work = UnitOfWork(session, officer, NOW)
    schedule.set_plan(
        work, department.department_id, valid_from=NOW.date(), plan=plan, preview=False
    )

    with pytest.raises(SlotNotBookable):
        book_hold(session, HoldKey(seat.seat_id, "device-one"))


def test_two_departments_have_counters_of_their_own(
    session: Any, officer: Any, department: Department
) -> None:
    other = make_department(session, officer, "tarout")

    book_slot(session, department, SUNDAY, device="device-of-one")
    book_slot(session, other, SUNDAY, device="device-of-one", mobile="0500000002")

    assert free_at(session, department, SUNDAY) == free_at(session, other, SUNDAY) == 1
