"""What is refused over HTTP, and how: the field named, the reason in Arabic and English."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from saudi.days import legal_day

TODAY = legal_day(datetime.now(UTC))


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


def test_what_rests_on_a_permit_out_of_force_is_refused_with_its_status(
    api: Any, permit: dict[str, Any]
) -> None:
    at = {"permit_id": permit["permit_id"]}
    operation = api.operations["request_occupancy_certificate"][2]
    asked = operation["requestBody"]["content"]["application/json"]["example"]
    suspended = {"reason": "ملاحظات السلامة", "body": "الدفاع المدني"}
    api.ask("suspend_permit", suspended, **at)

    occupancy = api.send("request_occupancy_certificate", asked, **at)
    completion = api.send("issue_completion_certificate", api.completion, **at)

    for refused in (occupancy, completion):
        assert (refused.status_code, refused.json()["code"]) == (409, "permit-not-valid")
        assert "حالتها: موقوفة" in refused.json()["detail"]


def test_a_wrong_id_of_the_permit_before_is_told_once(
    api: Any, application: Callable[..., dict[str, Any]]
) -> None:
    body = application(kind="renewal", previous_permit_id="1448/1")

    told = api.send("submit_permit_request", body).json()["errors"]

    assert [one["field"] for one in told] == ["previous_permit_id"]


def test_a_step_out_of_turn_says_where_the_request_stands(
    api: Any, application: Callable[..., dict[str, Any]]
) -> None:
    row = api.ask("submit_permit_request", application())

    refused = api.send("approve_permit_request", request_id=row["request_id"])

    assert refused.status_code == 409
    assert refused.json()["code"] == "draft"
    assert refused.json()["detail"] == (
        "الطلب مسودة. الإجراءات الممكنة الآن: إحالة إلى المكتب الهندسي، تعديل بيانات الطلب، إلغاء."
    )


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


DEED = {"type": "legacy", "number": "331", "date_hijri": "12/8/1374", "ink": "blue"}
WRONG_APPLICATIONS = [
    (
        {"owners": [{**OWNER, "id_number": "1012345671"}]},
        {"owners.0.id_number": "check-digit"},
    ),
    (
        {"owners": [{**OWNER, "id_number": "1012345672", "mobile": "0138552222"}]},
        {"owners.0.mobile": "mobile"},
    ),
    ({"owners": [{**OWNER, "id_number": "10000000080"}]}, {"owners.0.id_number": "length"}),
    ({"owners": [{**OWNER, "id_number": "1000000008", "name": "123"}]}, {"owners.0.name": "name"}),
    ({"request_number": "1448-22"}, {"request_number": "pattern"}),
    (
        {"land__deed": {"type": "legacy", "number": "331", "date_hijri": "12/8/74"}},
        {"land.deed.date_hijri": "date-format"},
    ),
    ({"owners": []}, {"owners": "too-few"}),
    ({"civil_id": "1"}, {"civil_id": "unknown"}),
    ({"land__elevation": 3}, {"land.elevation": "unknown"}),
    ({"owners.x.y": 1}, {"owners.x.y": "unknown"}),
    ({"owners.99.z": 1}, {"owners.99.z": "unknown"}),
    (
        {"owners.0.name": 1, "land.town.x": 1},
        {"owners.0.name": "unknown", "land.town.x": "unknown"},
    ),
    (
        {"owners": [{**OWNER, "id_number": "1000000008", "eyes": 2}], "land__deed": DEED},
        {"owners.0.eyes": "unknown", "land.deed.ink": "unknown"},
    ),
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


def test_faults_of_form_and_of_rules_are_told_together(
    api: Any, application: Callable[..., dict[str, Any]]
) -> None:
    body = application(
        owners=[{**OWNER, "id_number": "1012345671"}, {"name": "مالك", "id_type": "iqama"}],
        land__latitude=50.0012,
        land__longitude=26.5639,
    )
    del body["land"]["district"]

    assert api.faults("submit_permit_request", body) == {
        "land.district": "required",
        "land.latitude": "coordinates-swapped",
        "owners.0.id_number": "check-digit",
        "owners.1.owner_type": "required",
    }


def test_a_correction_without_a_reason_is_told_once(api: Any, permit: dict[str, Any]) -> None:
    at = {"permit_id": permit["permit_id"]}

    assert api.faults("amend_permit", {}, **at) == {"reason": "required"}
    assert api.faults("amend_permit", {"reason": "تصحيح"}, **at) == {"body": "too-few-fields"}


FORMS = {
    "amount": ("1234567890", "صيغة القيمة غير صحيحة؛ اكتبوها هكذا: \u20661621.50\u2069"),
    "due_on": ("24 November", "اكتبوا التاريخ هكذا: 1448/06/14"),
}


def test_a_wrong_form_is_told_with_an_example(
    api: Any, desk: Any, subtests: pytest.Subtests
) -> None:
    request_id = desk.approved().request_id
    desk.session.flush()  # the operation has a session of its own
    invoice = {"amount": "744.60", "due_on": str(TODAY + timedelta(days=9))}

    for name, (value, detail) in FORMS.items():
        with subtests.test(name):
            answer = api.send("request_payment", {**invoice, name: value}, request_id=request_id)
            assert [one["detail"] for one in answer.json()["errors"]] == [detail]


def test_a_missing_right_is_named(api: Any, token: Callable[..., dict[str, str]]) -> None:
    refused = api.send("find_permits", headers=token("permits.issue")).json()

    assert "permits.read" in refused["detail"]
    assert "الاطلاع على" in refused["detail"]


def test_field_errors_speak_the_callers_language(
    api: Any, application: Callable[..., dict[str, Any]]
) -> None:
    body = application(owners=[{**OWNER, "id_number": "1012345671"}])

    arabic = api.send("submit_permit_request", body).json()
    english = api.send("submit_permit_request", body, language="en").json()

    assert arabic["title"] == "البيانات غير صحيحة"
    assert arabic["errors"][0]["detail"] == "رقم الهوية غير صحيح؛ راجعوا أرقامه"
    assert (
        english["errors"][0]["detail"]
        == "The check digit of the civil ID is wrong; check its digits"
    )


def test_a_number_of_wrong_length_is_told_how_many_digits_it_has(
    api: Any, application: Callable[..., dict[str, Any]], subtests: pytest.Subtests
) -> None:
    wanted = "عدد الأرقام غير صحيح؛ المطلوب \u2066{}\u2069".format
    deed = {"type": "electronic", "number": "91230400567"}
    for number in ("100000000", "10000000080"):
        with subtests.test(number):
            body = application(owners=[{**OWNER, "id_number": number}], land__deed=deed)
            told = api.send("submit_permit_request", body).json()["errors"]
            assert {one["field"]: one["detail"] for one in told} == {
                "owners.0.id_number": wanted(10),
                "land.deed.number": wanted(12),
            }


def test_a_number_of_wrong_length_is_told_so_beside_a_missing_field(
    api: Any, application: Callable[..., dict[str, Any]]
) -> None:
    body = application(owners=[{**OWNER, "id_number": "100000000"}])
    del body["land"]["district"]

    told = api.send("submit_permit_request", body, language="en").json()["errors"]

    details = {one["field"]: one["detail"] for one in told}
    assert details["owners.0.id_number"] == "The number of digits is wrong; it has 10"


WRONG_SEARCHES: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({"issued_from": "2024-02-30"}, {"issued_from": "no-such-day"}),
    ({"issued_from": "1447/02/30"}, {"issued_from": "no-such-day"}),
    ({"issued_from": "1300/01/01"}, {"issued_from": "outside-calendar"}),
    ({"issued_from": "24 November"}, {"issued_from": "date-format"}),
    ({"issued_from": "2026-11-02", "issued_to": "2026-11-01"}, {"issued_to": "before-start"}),
    ({"owner": "1"}, {"owner": "unknown"}),
    ({"limit": 201}, {"limit": "maximum"}),
    ({"limit": "x"}, {"limit": "type"}),
    ({"cursor": "abc.def"}, {"cursor": "cursor"}),
    ({"status": "open"}, {"status": "enum"}),
]


def test_a_wrong_search_names_the_parameter(api: Any, subtests: pytest.Subtests) -> None:
    for query, faults in WRONG_SEARCHES:
        with subtests.test(str(query)):
            assert api.faults("find_permits", query=query) == faults


def test_a_wrong_status_is_told_the_others_by_their_titles(api: Any) -> None:
    query = {"status": "open"}

    arabic, english = (
        api.send("find_permits", query=query, language=language).json()["errors"][0]["detail"]
        for language in ("ar", "en")
    )

    assert "سارية (\u2066valid\u2069)، منتهية (\u2066expired\u2069)" in arabic
    assert "Valid (valid), Expired (expired)" in english


def test_a_day_that_never_was_is_told_the_last_of_its_month(api: Any) -> None:
    query = {"issued_from": "1447/02/30"}

    (told,) = api.send("find_permits", query=query).json()["errors"]

    assert told["detail"].endswith("آخر يوم فيه \u20661447/02/29\u2069")


WRONG_INVOICES = [
    ({"amount": "0.00"}, {"amount": "other-amount"}),
    ({"amount": "1621.50"}, {"amount": "other-amount"}),
    ({"amount": "12.345"}, {"amount": "decimals"}),
    ({"amount": "1234567890"}, {"amount": "pattern"}),
    ({"amount": "1234,567"}, {"amount": "number"}),
    ({"due_on": "2024-02-30"}, {"due_on": "no-such-day"}),
    ({"due_on": "2024-02-29"}, {"due_on": "past-date"}),
]


def test_a_wrong_invoice_names_the_field(api: Any, desk: Any, subtests: pytest.Subtests) -> None:
    request_id = desk.approved().request_id
    desk.session.flush()  # the operation has a session of its own
    invoice = {"amount": "744.60", "due_on": str(TODAY + timedelta(days=9))}

    for change, faults in WRONG_INVOICES:
        with subtests.test(str(change)):
            body = {**invoice, **change}
            assert api.faults("request_payment", body, request_id=request_id) == faults


def test_a_bill_needs_somebody_with_a_number_to_pay_it(api: Any, desk: Any) -> None:
    waqf = [{"name": "وقف تجربة (بيانات تجريبية)", "owner_type": "waqf", "id_type": "none"}]
    at = {"request_id": desk.approved(owners=waqf).request_id}
    desk.session.flush()  # the operation has a session of its own
    payer = {"name": "ناظر", "id_type": "national_id", "id_number": "1000000009"}

    nobody = api.send("request_payment", {"amount": "744.60"}, **at)
    wrong = api.faults("request_payment", {"amount": "744.60", "payer": payer}, **at)
    named = {**payer, "id_number": "1000000008"}
    billed = api.ask("request_payment", {"amount": "744.60", "payer": named}, **at)

    assert nobody.json()["type"].endswith("/payer-missing")
    assert wrong == {"payer.id_number": "check-digit"}
    assert billed["status"] == "awaiting_payment"


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


IDS = (
    *("request_id", "permit_id", "certificate_id", "release_id", "appeal_id", "import_id"),
    "attachment_id",
)
PARAMETERS = {**dict.fromkeys(IDS, NOBODY), "row_number": "1"}


def test_nothing_is_answered_without_a_token_or_its_scope(
    api: Any, token: Callable[..., dict[str, str]], subtests: pytest.Subtests
) -> None:
    for operation_id in api.guarded:
        with subtests.test(operation_id):
            anonymous = api.send(operation_id, headers={}, **PARAMETERS)
            stranger = api.send(operation_id, headers=token("permits.unheard"), **PARAMETERS)
            assert (anonymous.status_code, stranger.status_code) == (401, 403)


def test_an_unknown_id_is_not_found(api: Any, subtests: pytest.Subtests) -> None:
    for operation_id, (_, path, operation) in api.guarded.items():
        if "{" not in path:
            continue
        content = operation.get("requestBody", {}).get("content", {})
        body = content.get("application/json", {}).get("example")
        file = {"file": b"permit_number\n1445/331\n"} if "multipart/form-data" in content else None
        with subtests.test(operation_id):
            assert api.send(operation_id, body, files=file, **PARAMETERS).status_code == 404


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


SOMETHING = "0195ff10-4d00-7b22-9d3f-0000000009ff"
SEEN = {"inspected_on": str(TODAY)}
REFUSED = {**SEEN, "reason": "ملاحظات السلامة", "defects": ["درج بلا درابزين"]}
INSPECTIONS = [
    ("issue_completion_certificate", {"permit_id": SOMETHING}, SEEN),
    ("refuse_completion", {"permit_id": SOMETHING}, REFUSED),
    (
        *("record_insulation_inspection", {"certificate_id": SOMETHING}),
        {**SEEN, "stage": "walls", "result": "pass"},
    ),
    (
        *("record_occupancy_inspection", {"certificate_id": SOMETHING}),
        {**SEEN, "result": "pass"},
    ),
    ("record_site_inspection", {"release_id": SOMETHING}, {**SEEN, "result": "pass"}),
]


@pytest.mark.parametrize("inspector", ["1000000008", "٠٥٠١٢٣٤٥٦٧", "م. تجربة 1000000008", "م 12"])
def test_an_id_number_or_a_telephone_is_no_inspectors_name(
    api: Any, subtests: pytest.Subtests, inspector: str
) -> None:
    for operation, place, body in INSPECTIONS:
        with subtests.test(operation):
            found = api.faults(operation, {**body, "inspector": inspector}, **place)
            assert found == {"inspector": "name"}
