"""What is refused over HTTP, and how: the field named, the reason in Arabic and English."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

TODAY = date.today()  # noqa: DTZ011 - only a day near now is needed


NOBODY = "01937c5e-8f00-7a11-8c2e-000000000000"


def test_the_gate_answers_with_its_reason_in_both_languages(
    api: Any, permit: dict[str, Any]
) -> None:
    at = {"permit_id": permit["permit_id"]}

    arabic = api.send("issue_completion_certificate", api.completion, **at)
    english = api.send("issue_completion_certificate", api.completion, language="en", **at)

    assert arabic.status_code == english.status_code == 409
    assert arabic.json()["code"] == english.json()["code"] == "insulation-missing"
    assert arabic.json()["title"] == "لا تصدر شهادة إتمام البناء"
    assert arabic.json()["detail"] == "لا توجد شهادة عزل حراري للرخصة."
    assert english.json()["title"] == "The completion certificate is refused"


def test_a_step_out_of_turn_says_where_the_request_stands(
    api: Any, application: Callable[..., dict[str, Any]]
) -> None:
    row = api.ask("submit_permit_request", application())

    refused = api.send("approve_permit_request", request_id=row["request_id"])

    assert refused.status_code == 409
    assert refused.json()["code"] == "draft"
    assert refused.json()["detail"] == "الطلب مسودة."


def test_a_second_submission_is_a_conflict(
    api: Any, application: Callable[..., dict[str, Any]]
) -> None:
    body = application()
    api.ask("submit_permit_request", body)

    again = api.send("submit_permit_request", body)

    assert again.status_code == 409
    assert again.json()["type"].endswith("/already-submitted")
    assert body["request_number"] in again.json()["detail"]


OWNER = {"name": "مالك", "owner_type": "individual", "id_type": "national_id"}


WRONG_APPLICATIONS = [
    (
        {"owners": [{**OWNER, "id_number": "1012345671"}]},
        {"owners.0.id_number": "check-digit"},
    ),
    (
        {"owners": [{**OWNER, "id_number": "1012345672", "mobile": "0138552222"}]},
        {"owners.0.mobile": "mobile"},
    ),
    ({"owners": []}, {"owners": "too-few"}),
    ({"civil_id": "1"}, {"civil_id": "unknown"}),
    ({"land__elevation": 3}, {"land.elevation": "unknown"}),
    ({"land__town": "رأس تنورة"}, {"land.town": "enum"}),
    (
        {"land__latitude": 50.0012, "land__longitude": 26.5639},
        {"land.latitude": "coordinates-swapped"},
    ),
    ({"land__area_m2": 10.123}, {"land.area_m2": "decimals"}),
    ({"land__plan_number": "1" * 21}, {"land.plan_number": "too-long"}),
    ({"kind": "renewal"}, {"previous_permit_id": "required"}),
    (
        {"kind": "renewal", "previous_permit_id": NOBODY},
        {"previous_permit_id": "permit-unknown"},
    ),
    ({"municipality": "ras-tanura"}, {"municipality": "enum"}),
    ({"insulation_pledge": "yes"}, {"insulation_pledge": "type"}),
]


def test_a_wrong_application_names_the_field(
    api: Any, application: Callable[..., dict[str, Any]], subtests: pytest.Subtests
) -> None:
    for changes, faults in WRONG_APPLICATIONS:
        with subtests.test(str(faults)):
            assert api.faults("submit_permit_request", application(**changes)) == faults


def test_field_errors_speak_the_callers_language(
    api: Any, application: Callable[..., dict[str, Any]]
) -> None:
    body = application(owners=[{**OWNER, "id_number": "1012345671"}])

    arabic = api.send("submit_permit_request", body).json()
    english = api.send("submit_permit_request", body, language="en").json()

    assert arabic["title"] == "الطلب غير صحيح"
    assert arabic["errors"][0]["detail"] == "رقم الهوية غير صحيح (رقم التحقق)"
    assert english["errors"][0]["detail"] == "The check digit of the civil ID is wrong"


WRONG_SEARCHES: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({"issued_from": "2024-02-30"}, {"issued_from": "date"}),
    ({"issued_from": "24/11/2026"}, {"issued_from": "date"}),
    ({"issued_from": "2026-11-02", "issued_to": "2026-11-01"}, {"issued_to": "before-start"}),
    ({"owner": "1"}, {"owner": "unknown"}),
    ({"limit": 201}, {"limit": "maximum"}),
    ({"limit": "x"}, {"limit": "type"}),
    ({"cursor": "abc.def"}, {"cursor": "other-filter"}),
    ({"status": "open"}, {"status": "enum"}),
]


def test_a_wrong_search_names_the_parameter(api: Any, subtests: pytest.Subtests) -> None:
    for query, faults in WRONG_SEARCHES:
        with subtests.test(str(query)):
            assert api.faults("find_permits", query=query) == faults


WRONG_INVOICES = [
    ({"amount": "0.00"}, {"amount": "positive"}),
    ({"amount": "12"}, {"amount": "pattern"}),
    ({"due_on": "2024-02-30"}, {"due_on": "date"}),
    ({"due_on": "2024-02-29"}, {"due_on": "past-date"}),
]


def test_a_wrong_invoice_names_the_field(api: Any, desk: Any, subtests: pytest.Subtests) -> None:
    request_id = desk.approved().request_id
    desk.session.flush()  # the operation has a session of its own
    invoice = {"invoice_number": "1", "amount": "9.00", "due_on": str(TODAY + timedelta(days=9))}

    for change, faults in WRONG_INVOICES:
        with subtests.test(str(change)):
            body = {**invoice, **change}
            assert api.faults("request_payment", body, request_id=request_id) == faults


WRONG_MOMENTS = {
    "2024-01-01": "format",
    "2024-01-01T10:00:00": "format",
    "2016-12-31T23:59:60Z": "format",
    "2124-01-01T10:00:00Z": "future-date",
}


def test_a_wrong_moment_of_payment_is_named(api: Any, desk: Any, subtests: pytest.Subtests) -> None:
    request_id = desk.billed().request_id
    desk.session.flush()  # the operation has a session of its own

    for moment, code in WRONG_MOMENTS.items():
        with subtests.test(moment):
            body = {"receipt_number": "1", "amount": "1621.50", "paid_at": moment}
            assert api.faults("record_payment", body, request_id=request_id) == {"paid_at": code}


def test_an_insulation_certificate_does_not_end_before_it_begins(
    api: Any, permit: dict[str, Any]
) -> None:
    opened = api.ask("open_insulation_certificate", permit_id=permit["permit_id"])
    at = {"certificate_id": opened["certificate_id"]}
    for stage in ("walls", "roof", "windows"):
        api.ask("record_insulation_inspection", api.visit(stage), **at)

    yesterday = {"valid_until": str(TODAY - timedelta(days=2))}
    assert api.faults("issue_insulation_certificate", yesterday, **at) == {
        "valid_until": "before-start"
    }
    tomorrow = {**api.visit("walls"), "inspected_on": str(TODAY + timedelta(days=2))}
    assert api.faults("record_insulation_inspection", tomorrow, **at) == {
        "inspected_on": "future-date"
    }


PARAMETERS = {"request_id": NOBODY, "permit_id": NOBODY, "certificate_id": NOBODY}


def test_nothing_is_answered_without_a_token_or_its_scope(
    api: Any, token: Callable[..., dict[str, str]], subtests: pytest.Subtests
) -> None:
    for operation_id in api.operations:
        with subtests.test(operation_id):
            anonymous = api.send(operation_id, headers={}, **PARAMETERS)
            stranger = api.send(operation_id, headers=token("permits.unheard"), **PARAMETERS)
            assert (anonymous.status_code, stranger.status_code) == (401, 403)


def test_what_is_not_there_is_not_found(api: Any, subtests: pytest.Subtests) -> None:
    for operation_id, (_, path, operation) in api.operations.items():
        if "{" not in path:
            continue
        content = operation.get("requestBody", {}).get("content", {})
        body = content.get("application/json", {}).get("example")
        with subtests.test(operation_id):
            assert api.send(operation_id, body, **PARAMETERS).status_code == 404


def test_an_officer_of_another_branch_finds_nothing(api: Any, permit: dict[str, Any]) -> None:
    api.claims = {"municipality": "safwa"}

    assert api.send("get_permit", permit_id=permit["permit_id"]).status_code == 404
    found = api.ask("find_permits", query={"permit_number": permit["permit_number"]})
    assert permit["permit_id"] not in {item["permit_id"] for item in found["items"]}
    assert api.faults("find_permits", query={"municipality": "anak"}) == {
        "municipality": "other-municipality"
    }


def test_who_stands_for_no_municipality_finds_nothing(api: Any, permit: dict[str, Any]) -> None:
    api.claims = {"municipality": None}

    assert api.send("get_permit", permit_id=permit["permit_id"]).status_code == 404
    assert api.ask("find_permits")["items"] == []
    assert api.ask("list_permit_requests")["items"] == []
