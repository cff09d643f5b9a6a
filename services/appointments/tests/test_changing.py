"""Confirmation, another time, cancellation, the visit and the end of the day, through the commands."""

from datetime import UTC
from typing import Any

import pytest

from appointments.api.views import display_view
from appointments.chores import DEADLINES
from appointments.commands import changing, retention, visits, waiting
from appointments.commands.seats import seat_of
from appointments.domain.actors import RETENTION, VISITOR
from appointments.domain.appointments import (
    NotPossibleNow,
    SlotTaken,
    TooLateToChange,
)
from appointments.models import Appointment, AppointmentKey, OfficerNote
from appointments.queries import present_people
from chassis.core.refusals import IllegalTransition, InvalidFields, NotFound
from chassis.data.aggregates import history
from chassis.data.deadlines import pending
from chassis.data.unit_of_work import UnitOfWork

from .booked import DAY, HOUR, MINUTE, NOW, SUNDAY, book_slot, open_contacts

NEXT_MORNING = (SUNDAY + DAY).replace(hour=5, minute=0)  # 08:00 in Riyadh


@pytest.fixture
def at(session: Any, officer: Any) -> Any:
    """`at(moment)` → the officer's unit of work, `at(moment, VISITOR)` the person's."""
    return lambda moment=NOW, actor=officer: UnitOfWork(session, actor, moment)


def written_notes(session: Any) -> list[str]:
    """Returns what officers wrote about any appointment."""
    return [one.text for one in session.query(OfficerNote)]


def test_an_officer_confirms_after_the_call_and_the_person_is_told(
    session: Any, book: Any, at: Any, outbox_rows: Any
) -> None:
    row = book(SUNDAY.replace(minute=0), service="engineer")

    changing.confirm(at(), row.appointment_id, note="أكد حضوره")

    assert row.status == "confirmed"
    assert outbox_rows()[-1].type.endswith(".confirmed.v1")
    assert open_contacts(session, outbox_rows()[-1])[0].token


def test_nothing_is_confirmed_after_it_began(book: Any, at: Any) -> None:
    row = book(SUNDAY.replace(minute=0), service="engineer")

    with pytest.raises(NotPossibleNow, match="appointment-begun"):
        changing.confirm(at(row.starts_at + MINUTE), row.appointment_id)

    assert row.status == "requested"


def test_a_confirmed_appointment_is_not_confirmed_again(book: Any, at: Any) -> None:
    row = book()

    with pytest.raises(IllegalTransition):
        changing.confirm(at(), row.appointment_id)


def test_a_move_frees_the_old_slot_in_the_same_transaction(
    session: Any, book: Any, at: Any
) -> None:
    row = book()

    changing.move(at(NOW, VISITOR), row.appointment_id, SUNDAY + DAY, by_person=True)

    seat = seat_of(session, row.appointment_id)
    assert seat is not None
    assert seat.span.starts_at == row.starts_at == SUNDAY + DAY
    assert pending(session, "appointment", row.appointment_id)["day-end"].astimezone(UTC) == (
        SUNDAY + 2 * DAY
    ).replace(hour=5, minute=0)


def test_a_move_to_a_taken_slot_is_refused(
    session: Any, department: Any, book: Any, at: Any
) -> None:
    row = book()
    for number in (2, 3):
        other = {"device": f"device-number-{number}", "mobile": f"050000000{number}"}
        book_slot(session, department, SUNDAY + DAY, **other)

    with pytest.raises(SlotTaken):
        changing.move(at(NOW, VISITOR), row.appointment_id, SUNDAY + DAY, by_person=True)


def test_a_move_to_the_time_that_the_appointment_has_changes_nothing_and_sends_no_text(
    session: Any, book: Any, at: Any, outbox_rows: Any
) -> None:
    row = book()
    waiting.wait_for_earlier_day(at(NOW, VISITOR), row.appointment_id)
    seat, version, before = seat_of(session, row.appointment_id), row.version, len(outbox_rows())

    changing.move(at(NOW, VISITOR), row.appointment_id, row.starts_at, by_person=True)

    assert (row.version, len(outbox_rows())) == (version, before)
    assert row.waits_since is not None
    assert seat_of(session, row.appointment_id) == seat


def test_a_move_to_a_near_slot_that_is_sent_twice_is_a_move(book: Any, at: Any) -> None:
    row = book(SUNDAY + DAY)
    late = at(SUNDAY - 2 * HOUR + MINUTE, VISITOR)
    for _ in range(2):
        changing.move(late, row.appointment_id, SUNDAY, by_person=True)

    assert row.starts_at == SUNDAY
    assert row.change_until < late.now


def test_two_hours_before_the_person_changes_no_more_but_the_officer_does(
    book: Any, at: Any
) -> None:
    row = book()
    late = SUNDAY - 2 * HOUR + MINUTE

    with pytest.raises(TooLateToChange):
        changing.move(at(late, VISITOR), row.appointment_id, SUNDAY + DAY, by_person=True)
    with pytest.raises(TooLateToChange):
        changing.cancel(at(late, VISITOR), row.appointment_id)
    changing.move(at(late), row.appointment_id, SUNDAY + DAY, by_person=False)

    assert row.starts_at == SUNDAY + DAY


def test_a_cancelled_appointment_leaves_its_seat_and_its_deadlines(
    session: Any, book: Any, at: Any, outbox_rows: Any
) -> None:
    row = book()

    changing.cancel(at(NOW, VISITOR), row.appointment_id)

    assert (row.status, row.cancelled_by) == ("cancelled", "person")
    assert seat_of(session, row.appointment_id) is None
    assert pending(session, "appointment", row.appointment_id) == {}
    assert outbox_rows()[-1].envelope["data"]["inquiry"]["next_step"] == "none"


def test_the_municipality_cancels_at_any_time_and_says_why(
    session: Any, book: Any, at: Any
) -> None:
    row = book()

    with pytest.raises(InvalidFields):
        changing.cancel_for_municipality(at(SUNDAY), row.appointment_id, reason=" . ")
    changing.cancel_for_municipality(at(SUNDAY), row.appointment_id, reason="غياب الموظف")

    assert (row.cancelled_by, row.reason) == ("municipality", "غياب الموظف")
    assert written_notes(session) == ["غياب الموظف"]


def test_no_word_of_an_officer_stands_in_the_journal_and_retention_deletes_the_notes(
    session: Any, book: Any, at: Any
) -> None:
    row = book(SUNDAY.replace(minute=0), service="engineer")
    changing.confirm(at(), row.appointment_id, note="أكد حضوره")
    visits.check_in(at(SUNDAY), row.appointment_id)
    visits.call(at(SUNDAY), row.appointment_id, counter=1)
    visits.serve(at(SUNDAY), row.appointment_id, note="سُلم الملف")
    journal = history(session, ("appointment", row.appointment_id))
    written = written_notes(session)

    retention.empty_old(UnitOfWork(session, RETENTION, SUNDAY + 181 * DAY), before=SUNDAY + DAY)

    assert [one.note for one in journal] == [None] * len(journal)
    assert sorted(written) == sorted(["أكد حضوره", "سُلم الملف"])
    assert written_notes(session) == []


def test_the_id_number_finds_the_appointment_only_after_an_officer_has_seen_the_id(
    book: Any, at: Any, outbox_rows: Any
) -> None:
    row = book(id_type="national_id", id_number="1000000008")
    claimed = outbox_rows()[-1].envelope["data"]["inquiry"]["subjects"]

    visits.check_in(at(SUNDAY), row.appointment_id)

    assert claimed == []
    assert len(outbox_rows()[-1].envelope["data"]["inquiry"]["subjects"]) == 1


def test_a_visit_goes_from_check_in_to_served(
    session: Any, book: Any, officer: Any, at: Any
) -> None:
    first, second = book(), book(SUNDAY + 15 * MINUTE, mobile="0500000002")
    now = SUNDAY - 10 * MINUTE

    for row in (second, first):
        visits.check_in(at(now), row.appointment_id)
    visits.call(at(now), second.appointment_id, counter=2)

    assert (second.queue_number, first.queue_number) == (1, 2)
    display = display_view(present_people(session, officer, first.department_id, SUNDAY.date()))
    assert display == {"called": [{"queue_number": 1, "counter": 2}], "waiting": 1}
    visits.serve(at(SUNDAY), second.appointment_id)
    assert second.status == "served"


def test_nobody_checks_in_the_day_before(book: Any, at: Any) -> None:
    row = book()

    with pytest.raises(NotPossibleNow, match="check-in-not-now"):
        visits.check_in(at(SUNDAY - DAY), row.appointment_id)


def test_nobody_has_missed_what_has_not_begun(book: Any, at: Any) -> None:
    row = book()

    with pytest.raises(NotPossibleNow, match="appointment-not-begun"):
        visits.miss(at(SUNDAY - MINUTE), row.appointment_id)
    visits.miss(at(SUNDAY + 10 * MINUTE), row.appointment_id)

    assert row.status == "no_show"


@pytest.mark.parametrize(
    ("steps", "status", "by"),
    [
        ([], "no_show", None),
        ([visits.check_in], "cancelled", "day_end"),
    ],
)
def test_the_end_of_the_day_ends_what_is_open(
    context: Any, book: Any, at: Any, steps: Any, status: str, by: str | None
) -> None:
    row = book()
    for step in steps:
        step(at(SUNDAY), row.appointment_id)

    visits.end_day(at(NEXT_MORNING - MINUTE), row.appointment_id)
    assert row.ended_at is None
    visits.end_day(at(SUNDAY + DAY), row.appointment_id)
    visits.end_day(at(SUNDAY + DAY), row.appointment_id)

    assert (row.status, row.cancelled_by) == (status, by)
    assert "day-end" in DEADLINES


def test_an_unconfirmed_request_ends_without_blame(book: Any, at: Any) -> None:
    row = book(SUNDAY.replace(minute=0), service="engineer")

    visits.end_day(at(SUNDAY + DAY), row.appointment_id)

    assert (row.status, row.cancelled_by) == ("cancelled", "day_end")


def test_an_officer_of_another_branch_finds_nothing(session: Any, book: Any, person: Any) -> None:
    row = book()
    tarout = person(attributes={"municipality": "tarout"})
    work = UnitOfWork(session, tarout, SUNDAY)

    for command in (visits.check_in, visits.miss, visits.serve, changing.confirm):
        with pytest.raises(NotFound):
            command(work, row.appointment_id)


def test_retention_empties_who_came_and_keeps_what_is_counted(
    session: Any, book: Any, at: Any, outbox_rows: Any
) -> None:
    row = book(id_type="national_id", id_number="1000000008")
    visits.end_day(at(SUNDAY + DAY), row.appointment_id)
    work = UnitOfWork(session, RETENTION, SUNDAY + 181 * DAY)

    assert retention.empty_old(work, before=SUNDAY - DAY) == 0
    assert retention.empty_old(work, before=SUNDAY + DAY) == 1
    assert retention.empty_old(work, before=SUNDAY + DAY) == 0

    session.refresh(row)
    assert (row.person, row.mobile_key, row.status) == (None, None, "no_show")
    data = outbox_rows()[-1].envelope["data"]
    assert (data["contacts"], data["inquiry"]["match"], data["inquiry"]["subjects"]) == ([], [], [])
    assert session.query(AppointmentKey).count() == 0
    assert session.query(Appointment).count() == 1


def test_nobody_is_shown_and_no_reason_is_kept_once_the_person_is_emptied(
    session: Any, book: Any, at: Any
) -> None:
    row = book()
    visits.end_day(at(SUNDAY + DAY), row.appointment_id)
    later = SUNDAY + 181 * DAY
    retention.empty_old(UnitOfWork(session, RETENTION, later), before=SUNDAY + DAY)

    with pytest.raises(NotFound):
        changing.reveal_person(at(later), row.appointment_id, reason="الاتصال به")

    assert written_notes(session) == []
