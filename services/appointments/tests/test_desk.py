"""What officers do for people who telephone, and the month table, over HTTP."""

from typing import Any

import pytest

from appointments.models import Appointment
from appointments.sample import sample_plan
from chassis.core.ids import new_id

from .booked import MARK, MOBILE, open_contacts

ELSEWHERE = {"organisation_kind": "affiliated_municipality", "municipality": "tarout"}


@pytest.fixture
def caller(open_department: Any, free: list[str]) -> Any:
    """`caller(at=3)` → the booking of a person who telephones and wants the fourth free slot."""

    def booking(*, at: int = 0, **changes: Any) -> dict[str, Any]:
        return {
            "department_id": open_department.department_id,
            "service": "inquiry",
            "starts_at": free[at],
            "name": f"علي آل تجربة {MARK}",
            "mobile": MOBILE,
            **changes,
        }

    return booking


def test_an_officer_books_for_a_person_who_telephones(
    api: Any, caller: Any, session: Any, outbox_rows: Any
) -> None:
    made = api.ask("book_for_person", caller(service="engineer"))

    assert (made["status"], made["mobile"]) == ("confirmed", "+966******001")
    assert made["confirmed_at"] is not None
    event = outbox_rows()[-1]
    assert event.type.endswith(".booked.v1")
    (contact,) = open_contacts(session, event)
    shown = api.ask("show_appointment", {"key": contact.token})
    assert shown["appointment_number"] == made["appointment_number"]
    (entry,) = api.ask("get_appointment_history", appointment_id=made["appointment_id"])["items"]
    assert (entry["action"], entry["subject"]) == ("book", "p_test")


def test_a_call_that_is_sent_twice_is_one_appointment(api: Any, caller: Any, session: Any) -> None:
    twice = {"idempotency_key": "01937c5e-8f00-7a11-8c2e-0000000000c3"}

    first = api.send("book_for_person", caller(), **twice)
    again = api.send("book_for_person", caller(), **twice)

    assert (first.status_code, again.json()) == (201, first.json())
    assert session.query(Appointment).count() == 1


def test_a_call_books_no_taken_slot_and_not_beyond_the_limits_of_the_mobile(
    api: Any, caller: Any, free: list[str]
) -> None:
    for number in range(3):
        api.ask("book_for_person", caller(at=number))
    api.ask("book_for_person", caller(mobile="0500000002"))

    taken = api.send("book_for_person", caller(mobile="0500000003"))

    assert (taken.status_code, taken.json()["next_slots"]) == (409, free[1:4])
    assert api.refused("book_for_person", caller(at=5)) == (409, "too-many-appointments")


def test_an_officer_books_in_the_own_branch_alone(api: Any, caller: Any) -> None:
    assert api.refused("book_for_person", caller(), claims=ELSEWHERE) == (404, "not-found")


def test_a_counter_ends_no_visit_that_another_counter_has_called_meanwhile(
    api: Any, booked: Any, session: Any
) -> None:
    booked()
    row = session.query(Appointment).one()
    which = {"appointment_id": row.appointment_id}
    row.status, row.queue_number = "checked_in", 1
    session.flush()
    read = api.ask("get_appointment", **which)["version"]
    api.ask("call_person", {"counter": 1}, version=read, **which)

    assert api.refused("serve_person", version=read, **which) == (409, "appointment-changed")
    api.ask("serve_person", version=read + 1, **which)


def test_a_button_of_the_counter_that_is_pressed_twice_acts_once(
    api: Any, booked: Any, session: Any, outbox_rows: Any
) -> None:
    booked()
    row = session.query(Appointment).one()
    row.status, row.queue_number = "checked_in", 1
    session.flush()
    press = {"version": row.version, "idempotency_key": new_id()}

    first, again = (
        api.send("call_person", {"counter": 1}, appointment_id=row.appointment_id, **press)
        for _ in range(2)
    )

    assert (first.status_code, again.json()) == (200, first.json())
    assert again.headers["Idempotency-Replayed"] == "true"
    assert [one.type for one in outbox_rows()].count(outbox_rows()[-1].type) == 1


@pytest.mark.parametrize(
    ("step", "body"), [("confirm_appointment", {}), ("cancel_for_municipality", {"reason": "x"})]
)
def test_an_officer_changes_what_the_officer_has_read(
    api: Any, booked: Any, free: Any, step: str, body: dict[str, str]
) -> None:
    made = booked(service="engineer")
    (read,) = api.ask("list_appointments", query={"number": made["appointment_number"]})["items"]
    which = {"appointment_id": read["appointment_id"]}
    api.ask("move_appointment", {"key": made["key"], "starts_at": free[20]})

    older = api.refused(step, body, version=read["version"], **which)
    moved = {"starts_at": free[30], "moved_from": read["starts_at"]}
    moved_elsewhere = api.refused("move_for_person", moved, **which)
    done = api.ask(step, body, version=read["version"] + 1, **which)

    assert older == moved_elsewhere == (409, "appointment-changed")
    assert (done["starts_at"], done["version"]) == (free[20], read["version"] + 2)


def test_the_month_table_counts_what_became_of_the_appointments_of_the_branch(
    api: Any, caller: Any
) -> None:
    rows = [api.ask("book_for_person", caller(at=number)) for number in range(2)]
    which = {"appointment_id": rows[0]["appointment_id"]}
    api.ask("cancel_for_municipality", {"reason": "غياب الموظف"}, **which)
    query = {"month": rows[0]["day"][:7]}

    (row,) = api.ask("get_month_table", query=query)["rows"]
    elsewhere = api.ask("get_month_table", query=query, claims=ELSEWHERE)["rows"]

    counts = {name: count for name, count in row.items() if isinstance(count, int) and count}
    assert counts == {"booked": 2, "confirmed": 1, "cancelled": 1}
    assert row["department"]["en"] == "Customer Service Department"
    assert elsewhere == []


@pytest.mark.parametrize("month", ["2026-13", "1448-00", "9999-12"])
def test_there_is_no_table_of_no_month(api: Any, month: str) -> None:
    assert api.refused("get_month_table", query={"month": month}) == (400, "invalid-request")


def test_a_plan_of_some_days_is_set_and_shown_with_both_calendars(
    api: Any, open_department: Any
) -> None:
    which = {"department_id": open_department.department_id}
    plan = {"plan": sample_plan(), "valid_from": "1448/12/01"}

    reversed_days = api.refused("set_plan", {**plan, "valid_until": "1448/11/29"}, **which)
    api.ask("set_plan", {**plan, "valid_until": "1448/12/07"}, **which)

    assert reversed_days == (400, "invalid-request")
    *_, shown = api.ask("get_department", **which)["plans"]
    assert (shown["valid_from_hijri"], shown["valid_until_hijri"]) == ("1448/12/01", "1448/12/07")
