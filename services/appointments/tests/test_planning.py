"""A change of hours or a closure orphans no booking."""

from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import select

from appointments.api.views import public_view
from appointments.commands import changing, schedule, visits
from appointments.commands.seats import seat_of
from appointments.commands.tickets import make_ticket
from appointments.domain.actors import VISITOR
from appointments.domain.appointments import NotPossibleNow, TooLateToChange
from appointments.lookups import history_of_mobile
from appointments.models import Closure, Department, DepartmentPlan
from appointments.queries import AppointmentSearch, list_appointments
from appointments.sample import sample_plan
from chassis.core.refusals import InvalidFields, NotFound
from chassis.data.paging import PageRequest
from chassis.data.unit_of_work import UnitOfWork

from .booked import DAY, HOUR, MINUTE, NOW, SUNDAY, TOMORROW, make_department, open_contacts

TODAY = NOW.date()
SHORTER = [
    {
        "weekdays": ["sunday", "monday", "tuesday", "wednesday", "thursday"],
        "opens": "10:00",
        "closes": "14:00",
    }
]

SIGNING: Any = None  # nothing is signed


@pytest.fixture
def set_plan(session: Any, officer: Any, department: Department) -> Any:
    def change(
        *,
        now: datetime = NOW,
        day: date = TODAY,
        until: date | None = None,
        preview: bool = False,
        **changes: Any,
    ) -> Any:
        work = UnitOfWork(session, officer, now)
        plan = {**sample_plan(), **changes}
        return schedule.set_plan(
            work,
            department.department_id,
            valid_from=day,
            valid_until=until,
            plan=plan,
            preview=preview,
        )

    return change


@pytest.fixture
def close(session: Any, officer: Any, department: Department) -> Any:
    def shut(
        *,
        whole_branch: bool = False,
        preview: bool = False,
        day: datetime = SUNDAY,
        now: datetime = NOW,
    ) -> Any:
        new = {
            "municipality": "saihat",
            "department_id": None if whole_branch else department.department_id,
            "starts_at": day - HOUR,
            "ends_at": day + 8 * HOUR,
            "reason": {"ar": "صيانة", "en": "Maintenance"},
        }
        return schedule.close(UnitOfWork(session, officer, now), new, preview=preview)

    return shut


@pytest.mark.parametrize("preview", [True, False])
def test_a_plan_of_one_day_affects_nobody_later(
    book: Any, set_plan: Any, outbox_rows: Any, preview: bool
) -> None:
    before, on_the_day, after = book(TOMORROW), book(SUNDAY), book(SUNDAY + DAY)
    published = len(outbox_rows())

    affected = set_plan(hours=SHORTER, day=SUNDAY.date(), until=SUNDAY.date(), preview=preview)

    assert affected == [on_the_day]
    assert (before.is_affected, after.is_affected) == (False, False)
    assert len(outbox_rows()) == published + (0 if preview else 1)


def test_a_last_day_before_the_first_is_refused(set_plan: Any) -> None:
    with pytest.raises(InvalidFields, match="valid_until"):
        set_plan(day=SUNDAY.date(), until=TODAY)


def test_the_affected_are_listed_marked_and_told_with_a_link(
    session: Any, book: Any, set_plan: Any, outbox_rows: Any
) -> None:
    early, late = book(SUNDAY), book(SUNDAY + 2 * HOUR)

    affected = set_plan(hours=SHORTER)

    assert [row.appointment_id for row in affected] == [early.appointment_id]
    assert early.affected_since == NOW
    assert late.affected_since is None
    event = outbox_rows()[-1]
    assert event.type.endswith(".affected.v1")
    assert open_contacts(session, event)[0].token


def test_a_cancelled_appointment_is_affected_no_more(
    session: Any, officer: Any, book: Any, set_plan: Any
) -> None:
    early, other = book(SUNDAY), book(SUNDAY, mobile="0500000003", device="device-of-other")
    set_plan(hours=SHORTER)
    work = UnitOfWork(session, officer, NOW)
    changing.cancel_for_municipality(work, early.appointment_id, reason="أُغلق الشباك")

    page = PageRequest(limit=50, cursor=None, organisation="qatif", secret=b"")
    found = list_appointments(work, AppointmentSearch(affected=True), page)
    assert list_appointments(work, AppointmentSearch(affected=False), page).rows == []
    assert [row.appointment_number for row in found.rows] == [other.appointment_number]


def test_people_read_of_an_affected_appointment_that_it_cannot_be_kept(
    book: Any, set_plan: Any, outbox_rows: Any
) -> None:
    row = book(SUNDAY)

    set_plan(hours=SHORTER)

    assert (row.status, public_view(row)["status_title"]["en"]) == ("confirmed", "Cannot be kept")
    inquiry = outbox_rows()[-1].envelope["data"]["inquiry"]
    assert (inquiry["status"], inquiry["next_step"]) == ("affected", "applicant")


def test_nobody_prints_a_ticket_of_an_affected_appointment(
    session: Any, book: Any, set_plan: Any
) -> None:
    row = book(SUNDAY)
    set_plan(hours=SHORTER)

    with pytest.raises(NotPossibleNow, match="appointment-affected"):
        make_ticket(UnitOfWork(session, VISITOR, NOW), row.appointment_id, SIGNING)


def test_a_plan_of_a_later_day_leaves_the_days_before(book: Any, set_plan: Any) -> None:
    thursday, sunday = book(TOMORROW), book(SUNDAY)

    affected = set_plan(hours=SHORTER, day=SUNDAY.date())

    assert [row.appointment_id for row in affected] == [sunday.appointment_id]
    assert thursday.affected_since is None


def test_a_counter_that_closes_affects_its_own_appointments(book: Any, set_plan: Any) -> None:
    rows = [book(SUNDAY, device=f"device-number-{n}", mobile=f"050000000{n}") for n in (1, 2)]
    (gone,) = [row for row in rows if row.counter == 2]

    affected = set_plan(counters=[{"counter": 1, "places": 1, "services": ["inquiry", "engineer"]}])

    assert [row.appointment_id for row in affected] == [gone.appointment_id]


@pytest.mark.parametrize("preview", [True, False])
def test_an_appointment_whose_place_is_gone_takes_a_free_place_of_its_slot(
    session: Any, book: Any, set_plan: Any, *, preview: bool
) -> None:
    row = book(SUNDAY)
    before, other = row.counter, 3 - row.counter

    counters = [{"counter": other, "places": 1, "services": ["inquiry", "engineer"]}]
    affected = set_plan(counters=counters, preview=preview)

    kept_at = before if preview else other
    assert (list(affected), row.is_affected, row.counter) == ([], False, kept_at)
    assert seat_of(session, row.appointment_id).counter == kept_at


def test_an_appointment_without_a_free_place_in_its_slot_keeps_its_seat_and_is_affected(
    session: Any, book: Any, set_plan: Any
) -> None:
    rows = [book(SUNDAY, device=f"device-number-{n}", mobile=f"050000000{n}") for n in (1, 2)]
    (gone,) = [row for row in rows if row.counter == 2]

    set_plan(counters=[{"counter": 1, "places": 1, "services": ["inquiry", "engineer"]}])

    assert (gone.is_affected, seat_of(session, gone.appointment_id).counter) == (True, 2)


def test_nobody_is_called_to_a_counter_that_the_department_does_not_have(
    book: Any, session: Any, officer: Any
) -> None:
    row = book(SUNDAY)
    visits.check_in(UnitOfWork(session, officer, SUNDAY), row.appointment_id)

    with pytest.raises(InvalidFields, match="counter-unknown"):
        visits.call(UnitOfWork(session, officer, SUNDAY), row.appointment_id, counter=99)


def test_other_lengths_of_slots_affect_nobody(book: Any, set_plan: Any) -> None:
    book(SUNDAY)
    services = [{**one, "minutes": 20} for one in sample_plan()["services"]]

    assert list(set_plan(services=services)) == []


def test_a_preview_lists_and_changes_nothing(
    session: Any, book: Any, set_plan: Any, close: Any, outbox_rows: Any
) -> None:
    row = book(SUNDAY)
    before = len(outbox_rows())

    assert [one.appointment_id for one in set_plan(hours=SHORTER, preview=True)] == [
        row.appointment_id
    ]
    assert [one.appointment_id for one in close(preview=True)[1]] == [row.appointment_id]

    assert row.affected_since is None
    assert len(outbox_rows()) == before
    assert session.query(DepartmentPlan).count() == 1
    assert session.query(Closure).count() == 0


def test_a_preview_lists_what_the_change_itself_will_list(
    book: Any, set_plan: Any, close: Any
) -> None:
    row = book(SUNDAY)
    close()

    previewed, changed = set_plan(hours=SHORTER, preview=True), set_plan(hours=SHORTER)

    assert [one.appointment_id for one in previewed] == [row.appointment_id]
    assert [one.appointment_id for one in changed] == [row.appointment_id]


def test_an_affected_person_chooses_another_time_even_at_the_last_minute(
    session: Any, book: Any, close: Any
) -> None:
    row = book(SUNDAY)
    close()
    late = SUNDAY - MINUTE

    changing.move(
        UnitOfWork(session, VISITOR, late), row.appointment_id, SUNDAY + DAY, by_person=True
    )

    assert row.affected_since is None
    assert row.starts_at == SUNDAY + DAY


def test_a_closure_makes_nobody_a_no_show(
    session: Any, officer: Any, book: Any, close: Any
) -> None:
    row = book(SUNDAY)
    close()

    with pytest.raises(NotPossibleNow, match="appointment-affected"):
        visits.miss(UnitOfWork(session, officer, SUNDAY + MINUTE), row.appointment_id)
    visits.end_day(UnitOfWork(session, officer, SUNDAY + DAY), row.appointment_id)

    assert (row.status, row.cancelled_by) == ("cancelled", "day_end")
    assert history_of_mobile(session, "+966500000001") == (0, [])


def test_a_closure_in_the_middle_of_a_slot_makes_nobody_a_no_show(
    session: Any, officer: Any, book: Any, close: Any
) -> None:
    row = book(SUNDAY)
    now = SUNDAY + MINUTE

    _, affected = close(now=now)

    assert [one.appointment_id for one in affected] == [row.appointment_id]
    with pytest.raises(NotPossibleNow, match="appointment-affected"):
        visits.miss(UnitOfWork(session, officer, now), row.appointment_id)


def test_an_affected_request_is_not_confirmed(
    session: Any, officer: Any, book: Any, close: Any
) -> None:
    row = book(SUNDAY.replace(minute=0), service="engineer")
    close()

    with pytest.raises(NotPossibleNow, match="appointment-affected"):
        changing.confirm(UnitOfWork(session, officer, NOW), row.appointment_id)

    assert row.status == "requested"


def test_an_affected_person_cancels_until_the_appointment_begins(
    session: Any, book: Any, close: Any
) -> None:
    first, second = book(SUNDAY), book(SUNDAY + HOUR, mobile="0500000002")
    close()

    with pytest.raises(TooLateToChange):
        changing.cancel(UnitOfWork(session, VISITOR, SUNDAY + MINUTE), first.appointment_id)
    changing.cancel(UnitOfWork(session, VISITOR, SUNDAY + MINUTE), second.appointment_id)

    assert (first.status, second.status) == ("confirmed", "cancelled")


def test_a_whole_branch_closes_with_all_its_departments(
    session: Any, officer: Any, department: Department, book: Any, close: Any
) -> None:
    from .booked import book_slot

    other = make_department(session, officer, code="engineering")
    here = book(SUNDAY)
    there, _ = book_slot(session, other, SUNDAY, device="device-of-another", mobile="0500000002")

    _, affected = close(whole_branch=True)

    assert {row.appointment_id for row in affected} == {here.appointment_id, there.appointment_id}


def test_a_lifted_closure_keeps_the_appointments_again(
    session: Any, officer: Any, book: Any, close: Any, outbox_rows: Any
) -> None:
    row = book(SUNDAY)
    closure, _ = close()

    schedule.lift_closure(UnitOfWork(session, officer, NOW + HOUR), closure.closure_id)

    assert row.affected_since is None
    published = outbox_rows()
    assert published[-1].type.endswith(".kept.v1")
    assert open_contacts(session, published[-1])[0].token

    again = schedule.lift_closure(UnitOfWork(session, officer, NOW + 2 * HOUR), closure.closure_id)
    assert again.lifted_at == NOW + HOUR
    assert len(outbox_rows()) == len(published)


def test_a_second_change_tells_nobody_twice(
    book: Any, set_plan: Any, close: Any, outbox_rows: Any
) -> None:
    book(SUNDAY)
    set_plan(hours=SHORTER)
    told_once = len(outbox_rows())

    close()

    assert len(outbox_rows()) == told_once


def test_a_plan_does_not_begin_in_the_past(set_plan: Any) -> None:
    with pytest.raises(InvalidFields, match="valid_from"):
        set_plan(day=(NOW - DAY).date())


def test_an_officer_of_another_branch_plans_nothing_here(
    session: Any, person: Any, department: Department, close: Any
) -> None:
    tarout = UnitOfWork(session, person(attributes={"municipality": "tarout"}), NOW)
    closure, _ = close()
    of_branch, _ = close(whole_branch=True)

    with pytest.raises(NotFound):
        schedule.set_plan(
            tarout,
            department.department_id,
            valid_from=NOW.date(),
            plan=sample_plan(),
            preview=True,
        )
    with pytest.raises(NotFound):
        schedule.lift_closure(tarout, closure.closure_id)
    with pytest.raises(NotFound):
        schedule.lift_closure(tarout, of_branch.closure_id)
    with pytest.raises(InvalidFields, match="municipality"):
        schedule.add_department(tarout, municipality="saihat", code="customer-service")


def test_one_closure_stands_however_often_it_is_sent(session: Any, book: Any, close: Any) -> None:
    row = book(SUNDAY)

    (first, _), (second, affected) = close(), close()

    assert first.closure_id == second.closure_id
    assert [one.appointment_id for one in affected] == [row.appointment_id]
    assert len(session.scalars(select(Closure)).all()) == 1
