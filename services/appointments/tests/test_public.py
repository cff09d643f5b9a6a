"""People without an account, over HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import event

from appointments import limits, queries
from appointments.models import Appointment, SignedDocument
from chassis.access.quotas import Policy

from .booked import MOBILE, NOW, make_department, open_contacts

DEVICE = "device-of-a-person"


def hold_of(api: Any, department: Any, at: str, device: str = DEVICE) -> Any:
    slot = {"department_id": department.department_id, "service": "inquiry", "starts_at": at}
    return api.send("hold_slot", {**slot, "device_key": device})


def hold_with_mobile(api: Any, department: Any, at: str, device: str = DEVICE) -> dict[str, str]:
    """Holds a slot. Returns what asks for the code of the hold."""
    hold = hold_of(api, department, at, device).json()
    key = {"hold_id": hold["hold_id"], "device_key": device}
    return {**key, "mobile": MOBILE, "name": "علي آل تجربة"}


def test_departments_and_free_slots_are_open_to_everybody(
    api: Any, open_department: Any, free: Any
) -> None:
    (shown,) = api.ask("list_public_departments", query={"municipality": "saihat"})["items"]
    query = {"department_id": shown["department_id"], "service": "inquiry", "days": 3}
    slots = api.ask("list_free_slots", query=query)["items"]

    assert [one["service"] for one in shown["services"]] == ["inquiry", "engineer"]
    assert free[0] in [one["starts_at"] for one in slots]
    assert {one["free"] for one in slots} == {2}


def test_one_department_is_asked_for_alone(
    api: Any, session: Any, officer: Any, open_department: Any
) -> None:
    other = make_department(session, officer, "tarout", now=datetime.now(UTC))

    def ids(**query: str) -> set[str]:
        items = api.ask("list_public_departments", query=query)["items"]
        return {one["department_id"] for one in items}

    assert ids(department_id=other.department_id) == {other.department_id}
    assert ids() == {other.department_id, open_department.department_id}


def test_all_timetables_are_read_by_one_statement(session: Any, officer: Any) -> None:
    costs = []
    for code in ("customer-service", "engineering"):
        make_department(session, officer, code=code)
        with counted(session) as statements:
            found = queries.departments_with_services(session, NOW)
        costs.append((len(found), len(statements)))

    assert costs == [(1, 1), (2, 1)]


@contextmanager
def counted(session: Any) -> Iterator[list[str]]:
    """Collects the statements of the block."""
    found: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        found.append(statement)

    connection = session.connection()
    event.listen(connection, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(connection, "before_cursor_execute", note)


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "1343/01/01", "1500/12/30"])
def test_the_ends_of_the_calendar_have_an_answer(api: Any, open_department: Any, day: str) -> None:
    query = {"department_id": open_department.department_id, "service": "inquiry", "from_day": day}

    api.ask("list_free_slots", query=query)
    assert api.ask("list_appointments", query={"day": day})["items"] == []


def test_a_person_books_with_a_code_and_opens_the_appointment_by_its_key(
    api: Any, booked: Any
) -> None:
    made = booked()

    shown = api.ask("show_appointment", {"key": made["key"]})

    assert shown["appointment_number"] == made["appointment_number"]
    assert shown["status"] == "confirmed"


def test_a_booking_that_is_sent_twice_is_one_appointment_with_one_answer(
    api: Any, open_department: Any, free: Any, codes: Any, session: Any
) -> None:
    key = hold_with_mobile(api, open_department, free[0])
    api.ask("request_booking_code", key)
    body = {**key, "code": codes()[-1][1]}
    twice = {"idempotency_key": "01937c5e-8f00-7a11-8c2e-0000000000c1"}

    first = api.send("book_appointment", body, **twice)
    again = api.send("book_appointment", body, **twice)
    other = api.refused("book_appointment", {**body, "name": "سارة آل تجربة"}, **twice)

    assert (first.status_code, again.json()) == (201, first.json())
    assert again.headers["Idempotency-Replayed"] == "true"
    assert other == (422, "idempotency-key-used")
    assert session.query(Appointment).count() == 1


def test_a_wrong_code_uses_up_a_try_and_no_idempotency_key(
    api: Any, open_department: Any, free: Any, codes: Any
) -> None:
    key = hold_with_mobile(api, open_department, free[0])
    api.ask("request_booking_code", key)
    right = codes()[-1][1]
    body = {**key, "code": f"{(int(right) + 1) % 1_000_000:06}"}
    twice = {"idempotency_key": "01937c5e-8f00-7a11-8c2e-0000000000c2"}

    wrong = api.refused("book_appointment", body, **twice)
    booked = api.ask("book_appointment", {**body, "code": right}, **twice)

    assert wrong == (422, "code-not-right")
    assert booked["status"] == "confirmed"


def test_a_taken_slot_is_a_clean_conflict_with_the_next_free_slots(
    api: Any, open_department: Any, free: Any
) -> None:
    for number in range(2):
        assert (
            hold_of(api, open_department, free[0], f"device-of-number-{number}").status_code == 201
        )

    answer = hold_of(api, open_department, free[0], "device-of-number-three")

    assert answer.status_code == 409
    assert answer.json()["type"].endswith("/slot-taken")
    assert answer.json()["next_slots"] == free[1:4]


def test_a_full_slot_is_refused_before_a_transaction_begins(
    api: Any, open_department: Any, free: Any, database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(2):
        hold_of(api, open_department, free[0], f"device-of-number-{number}")
    monkeypatch.setattr(database, "transaction", None)

    answer = hold_of(api, open_department, free[0], "device-of-number-three")

    assert (answer.status_code, answer.json()["next_slots"]) == (409, free[1:4])


def test_a_hold_takes_one_connection_at_a_time(
    api: Any, open_department: Any, free: Any, database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken, together = [], []

    def noted(name: str) -> Any:
        opening = getattr(database, name)

        @contextmanager
        def opened() -> Iterator[Any]:
            together.append([*taken, name])
            taken.append(name)
            with opening() as found:
                yield found
            taken.remove(name)

        return opened

    for name in ("driver_connection", "transaction"):
        monkeypatch.setattr(database, name, noted(name))

    answer = hold_of(api, open_department, free[0])

    assert answer.status_code == 201
    assert together[-2:] == [["driver_connection"], ["transaction"]]


def test_a_browser_that_asks_again_for_the_last_place_keeps_it(
    api: Any, open_department: Any, free: Any
) -> None:
    for number in range(2):
        hold_of(api, open_department, free[0], f"device-of-number-{number}")

    again = hold_of(api, open_department, free[0], "device-of-number-1")

    assert again.status_code == 201


def test_a_wrong_code_counts_and_the_fifth_ends_the_code(
    api: Any, open_department: Any, free: Any, codes: Any
) -> None:
    key = hold_with_mobile(api, open_department, free[0])
    api.ask("request_booking_code", key)
    right = codes()[-1][1]
    wrong = f"{(int(right) + 1) % 1_000_000:06}"
    body = {**key, "code": wrong}

    tries = [api.refused("book_appointment", body) for _ in range(5)]

    assert tries == [(422, "code-not-right")] * 5
    assert api.refused("book_appointment", {**body, "code": right}) == (409, "code-over")


def test_a_code_proves_its_own_mobile_and_its_own_hold_only(
    api: Any, open_department: Any, free: Any, codes: Any
) -> None:
    key = hold_with_mobile(api, open_department, free[0], "device-of-number-one")
    second = hold_of(api, open_department, free[1], "device-of-number-two").json()
    api.ask("request_booking_code", key)
    body = {**key, "code": codes()[-1][1]}

    other_mobile = api.refused("book_appointment", {**body, "mobile": "0500000009"})
    other = {"hold_id": second["hold_id"], "device_key": "device-of-number-two"}

    assert other_mobile == (409, "code-over")
    assert api.refused("book_appointment", {**body, **other}) == (409, "code-over")


def test_no_code_is_sent_before_the_name_is_said(
    api: Any, open_department: Any, free: Any, codes: Any
) -> None:
    key = hold_with_mobile(api, open_department, free[0])
    del key["name"]

    refused = api.send("request_booking_code", key)

    assert [(one["field"], one["code"]) for one in refused.json()["errors"]] == [
        ("name", "required")
    ]
    assert codes() == []


def test_no_code_is_sent_without_a_hold(api: Any, codes: Any) -> None:
    body = {
        "hold_id": "0195ff10-4d00-7b22-9d3f-0000000000b1",
        "device_key": DEVICE,
        "mobile": MOBILE,
        "name": "علي آل تجربة",
    }

    assert api.refused("request_booking_code", body) == (409, "hold-over")
    assert codes() == []


def test_requests_without_a_hold_do_not_lock_a_mobile_out(
    api: Any, open_department: Any, free: Any
) -> None:
    key = hold_with_mobile(api, open_department, free[0])
    nothing = {**key, "hold_id": "0195ff10-4d00-7b22-9d3f-0000000000b1"}

    for _ in range(11):
        api.refused("request_booking_code", nothing)

    api.ask("request_booking_code", key)


def test_a_mobile_gets_one_code_a_minute(api: Any, open_department: Any, free: Any) -> None:
    key = hold_with_mobile(api, open_department, free[0])
    api.ask("request_booking_code", key)

    assert api.refused("request_booking_code", key) == (429, "too-many-requests")


def test_the_answer_is_the_same_whether_or_not_there_is_such_an_appointment(
    api: Any, booked: Any, codes: Any, forget_limits: Any, outbox_rows: Any
) -> None:
    made = booked()
    forget_limits()
    number = made["appointment_number"]

    known = api.send("request_key_code", {"appointment_number": number, "mobile": MOBILE})
    other = {"appointment_number": number, "mobile": "0500000009"}
    unknown = api.send("request_key_code", other)

    assert (known.status_code, unknown.status_code) == (202, 202)
    assert known.json().keys() == unknown.json().keys()
    assert [role for role, _ in codes()[-2:]] == ["holder", "nobody"]
    digits = codes()[-1][1]
    assert api.refused("issue_key", {**other, "code": digits}) == (404, "not-found")


def test_a_code_opens_the_appointment_of_a_person_who_lost_the_link(
    api: Any, booked: Any, codes: Any, forget_limits: Any
) -> None:
    made = booked()
    forget_limits()
    who = {"appointment_number": made["appointment_number"], "mobile": MOBILE}
    api.ask("request_key_code", who)

    key = api.ask("issue_key", {**who, "code": codes()[-1][1]})["key"]

    assert api.ask("cancel_appointment", {"key": key})["status"] == "cancelled"


def test_a_new_link_ends_the_links_that_somebody_else_has(
    api: Any,
    booked: Any,
    codes: Any,
    client: Any,
    forget_limits: Any,
    outbox_rows: Any,
    session: Any,
) -> None:
    made = booked()
    forget_limits()
    who = {"appointment_number": made["appointment_number"], "mobile": MOBILE}
    api.ask("request_key_code", who)

    key = api.ask("issue_key", {**who, "code": codes()[-1][1]})["key"]

    leaked = made["key"]
    assert client.get(f"/a/{leaked}").status_code == 404
    assert client.post(f"/a/{leaked}", data={"action": "cancel"}).status_code == 404
    assert api.refused("cancel_appointment", {"key": leaked}) == (404, "not-found")
    event = outbox_rows()[-1]
    assert event.type.endswith(".link_replaced.v1")
    (contact,) = open_contacts(session, event)
    assert {key, leaked}.isdisjoint({contact.token})
    assert client.get(f"/a/{contact.token}").status_code == 200
    assert api.ask("show_appointment", {"key": key})["status"] == "confirmed"


def test_a_wrong_code_ends_no_link(
    api: Any, booked: Any, codes: Any, forget_limits: Any, outbox_rows: Any
) -> None:
    made = booked()
    forget_limits()
    who = {"appointment_number": made["appointment_number"], "mobile": MOBILE}
    api.ask("request_key_code", who)
    before = len(outbox_rows())
    wrong = f"{(int(codes()[-1][1]) + 1) % 1_000_000:06}"

    assert api.refused("issue_key", {**who, "code": wrong}) == (422, "code-not-right")

    assert len(outbox_rows()) == before
    assert api.ask("show_appointment", {"key": made["key"]})["status"] == "confirmed"


def test_the_links_of_an_appointment_that_is_over_end_without_a_text(
    api: Any, booked: Any, codes: Any, forget_limits: Any, outbox_rows: Any
) -> None:
    made = booked()
    api.ask("cancel_appointment", {"key": made["key"]})
    forget_limits()
    who = {"appointment_number": made["appointment_number"], "mobile": MOBILE}
    api.ask("request_key_code", who)
    before = len(outbox_rows())

    key = api.ask("issue_key", {**who, "code": codes()[-1][1]})["key"]

    assert len(outbox_rows()) == before
    assert api.refused("show_appointment", {"key": made["key"]}) == (404, "not-found")
    assert api.ask("show_appointment", {"key": key})["status"] == "cancelled"


def test_no_code_stands_in_plain_text_anywhere(
    api: Any, booked: Any, codes: Any, outbox_rows: Any, session: Any, caplog: Any, capsys: Any
) -> None:
    booked()
    (_, digits) = codes()[-1]
    events = str([row.envelope for row in outbox_rows()])
    output = capsys.readouterr()

    assert digits not in events
    assert digits not in caplog.text + output.out + output.err


def test_a_person_moves_waits_and_prints(api: Any, booked: Any, free: Any) -> None:
    made = booked(at=40)
    key = {"key": made["key"]}

    moved = api.ask("move_appointment", {**key, "starts_at": free[50]})
    waits = api.ask("join_waiting_list", key)
    left = api.ask("leave_waiting_list", key)
    ticket = api.send("print_ticket", key)

    assert moved["starts_at"] == free[50]
    assert (waits["waits"], left["waits"]) == (True, False)
    assert ticket.content.startswith(b"%PDF")
    assert api.refused("accept_offer", key) == (409, "nothing-offered")


def test_a_move_from_an_older_page_moves_nothing(api: Any, booked: Any, free: Any) -> None:
    made = booked(at=0)
    key, seen = {"key": made["key"]}, {"moved_from": made["starts_at"]}
    api.ask("move_appointment", {**key, **seen, "starts_at": free[9]})

    again = api.ask("move_appointment", {**key, **seen, "starts_at": free[9]})
    older = api.refused("move_appointment", {**key, **seen, "starts_at": free[5]})

    assert again["starts_at"] == free[9]
    assert older == (409, "appointment-changed")
    assert api.ask("show_appointment", key)["starts_at"] == free[9]


def test_a_cancellation_from_an_older_page_cancels_nothing(
    api: Any, booked: Any, free: Any
) -> None:
    made = booked(at=0)
    key = {"key": made["key"]}
    api.ask("move_appointment", {**key, "starts_at": free[9]})

    older = api.refused("cancel_appointment", {**key, "starts_at": made["starts_at"]})
    now = api.ask("cancel_appointment", {**key, "starts_at": free[9]})

    assert older == (409, "appointment-changed")
    assert now["status"] == "cancelled"


def test_nobody_prints_a_ticket_of_what_an_officer_has_yet_to_confirm(
    api: Any, booked: Any
) -> None:
    made = booked(service="engineer")

    refused = api.refused("print_ticket", {"key": made["key"]})

    assert made["status"] == "requested"
    assert refused == (409, "illegal-transition")


def test_a_key_that_is_unknown_opens_nothing(api: Any) -> None:
    for operation in (
        "show_appointment",
        "cancel_appointment",
        "print_ticket",
        "download_calendar",
    ):
        assert api.refused(operation, {"key": "unknown-key"}) == (404, "not-found")


def test_a_ticket_verifies_until_its_appointment_is_cancelled(
    api: Any, booked: Any, session: Any
) -> None:
    made = booked()
    api.send("print_ticket", {"key": made["key"]})
    (document,) = session.query(SignedDocument).all()

    before = api.ask("verify_document_code", {"code": document.code})
    api.ask("cancel_appointment", {"key": made["key"]})
    after = api.ask("verify_document_code", {"code": document.code})

    looked_up = api.ask("look_up_document", document_id=before["document"]["document_id"])
    labels = [row["label"]["en"] for row in looked_up["also_printed"]]
    assert (before["valid"], after["valid"], after["reason"]) == (True, False, "cancelled")
    assert labels == ["Municipality", "Department", "Service", "Time"]
    assert before["document"]["initials"] is None


def test_every_wrong_field_is_named_at_once(api: Any, open_department: Any, free: Any) -> None:
    hold = hold_of(api, open_department, free[0]).json()
    body = {
        "hold_id": hold["hold_id"],
        "device_key": DEVICE,
        "mobile": "0511111111",
        "code": "123456",
        "name": "12",
        "id_type": "national_id",
        "id_number": "1000000009",
    }

    answer = api.send("book_appointment", body)

    assert answer.status_code == 400
    assert {one["field"] for one in answer.json()["errors"]} == {"name", "id_number"}


def test_fields_that_the_schema_refuses_hide_no_wrong_field_of_the_rules(api: Any) -> None:
    body = {
        "hold_id": "0195ff10-4d00-7b22-9d3f-0000000000b1",
        "device_key": "short",
        "mobile": "12",
        "code": "12345",
        "name": "12",
        "id_number": "1000000009",
        "language": "fr",
    }

    booking = api.send("book_appointment", body)
    reason = {"ar": " . ", "en": ""}
    closure = api.send("add_closure", {"municipality": "Saihat", "reason": reason})

    assert {one["field"] for one in booking.json()["errors"]} == {
        *("device_key", "mobile", "code", "language"),
        *("name", "id_type"),
    }
    assert {one["field"] for one in closure.json()["errors"]} == {
        *("municipality", "starts_at", "ends_at"),
        *("reason.ar", "reason.en"),
    }


def test_a_department_and_a_closure_name_every_wrong_field_at_once(
    api: Any, open_department: Any
) -> None:
    blank = {"ar": " . ", "en": "؟"}
    span = {"starts_at": "2090-01-01T06:00:00Z", "ends_at": "2090-01-01T05:00:00Z"}

    department = api.send("add_department", {"municipality": "nowhere", "code": "nowhere"})
    closure = api.send("add_closure", {"municipality": "saihat", **span, "reason": blank})

    assert {one["field"] for one in department.json()["errors"]} == {"municipality", "code"}
    assert {one["field"] for one in closure.json()["errors"]} == {
        *("ends_at", "reason.ar", "reason.en")
    }


def test_an_officer_looks_at_a_limited_number_of_people(
    api: Any, booked: Any, session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked()
    (row,) = session.query(Appointment).all()
    one_an_hour = Policy("reveals-of-caller", 1, 3_600)
    monkeypatch.setattr(limits, "reveals_of_caller", lambda _: one_an_hour)
    look = {"body": {"reason": "الاتصال لتأكيد الموعد"}, "appointment_id": row.appointment_id}

    api.ask("reveal_person", **look)

    assert api.refused("reveal_person", **look) == (429, "too-many-requests")
    (shown,) = [
        one["note"]
        for one in api.ask("get_appointment_history", appointment_id=row.appointment_id)["items"]
        if one["action"] == "reveal"
    ]
    assert shown == "الاتصال لتأكيد الموعد"


@pytest.mark.parametrize("unknown", [{"note": 7}, {"reference": True}])
def test_a_field_of_another_operation_is_named_whatever_its_value(api: Any, unknown: Any) -> None:
    response = api.send("request_booking_code", unknown)

    assert response.status_code == 400
    assert {one["field"] for one in response.json()["errors"]} >= set(unknown)
