"""Violations over HTTP: who may do what, as a matrix; what is shown; and what a person without an account learns."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis.core import contracts
from chassis.data.unit_of_work import UnitOfWork
from chassis.http.schemas import compile_schema
from licences.commands.violations.deadlines import end_correction, note_overdue
from licences.commands.violations.decide import cancel_violation
from licences.commands.violations.observe import note_correction, warn_offender
from licences.models import Violation

from .conftest import CLERK, INSPECTOR, OFFENDER, OFFICER, Case

CONTRACT = contracts.openapi("licences")
OPERATIONS = {
    operation["operationId"]: (verb, path, operation)
    for path, item in CONTRACT["paths"].items()
    for verb, operation in item.items()
    if verb != "parameters" and "violations" in operation.get("tags", ())
}
EXAMPLES = {name: one["value"] for name, one in CONTRACT["components"]["examples"].items()}
READ, RECORD, DECIDE = "violations.read", "violations.record", "violations.decide"
# The promise, written out a second time on purpose.
SCOPE = {
    READ: {
        *("list_violation_items", "list_violations", "get_violation", "get_violation_history"),
        *("list_violation_files", "get_violation_file"),
    },
    RECORD: {
        *("upload_violation_attachment", "record_violation", "warn_violation", "correct_violation"),
        *("confirm_violation", "notify_violation", "bill_violation", "object_to_violation"),
        "close_violation",
    },
    DECIDE: {
        *("decide_objection", "sue_violation", "judge_violation", "cancel_violation"),
        "close_violation_place",
    },
}
NOBODYS = "0195ff10-4d00-7b22-9d3f-0000000000ff"
Send = Callable[..., httpx.Response]


@pytest.fixture
def send(client: httpx.Client, token: Callable[..., dict[str, str]]) -> Send:
    """Sends an operation by its id, with the example of its body or another body."""

    def of(
        name: str,
        *scopes: str,
        body: Any = None,
        query: Any = None,
        path: Any = None,
        **claims: Any,
    ) -> httpx.Response:
        verb, url, operation = OPERATIONS[name]
        url = url.format(**{"violation_id": NOBODYS, "attachment_id": NOBODYS, **(path or {})})
        sent = body if body is not None else example_of(operation)
        response = client.request(
            verb, url, json=sent, params=query, headers=token(*scopes, **claims)
        )
        check(operation, response)
        return response

    return of


def example_of(operation: dict[str, Any]) -> Any:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return None
    return EXAMPLES[content["schema"]["$ref"].rsplit("/", 1)[-1]]


def check(operation: dict[str, Any], response: httpx.Response) -> None:
    """Checks that the contract declares the answer."""
    declared = operation["responses"][str(response.status_code)]
    content = declared.get("content", {}).get("application/json")
    if content and response.status_code < 300:
        schemas = CONTRACT["components"]["schemas"]
        compile_schema({**content["schema"], "components": {"schemas": schemas}}).validate(
            response.json()
        )


def test_the_matrix_names_every_operation() -> None:
    assert set().union(*SCOPE.values()) == set(OPERATIONS)


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("scope", [READ, RECORD, DECIDE, "licence-applications.read"])
def test_an_operation_opens_for_its_scope_and_no_other(send: Send, name: str, scope: str) -> None:
    if name == "upload_violation_attachment":
        return  # a form: its scope is the contract's, as the next test says
    status = send(name, scope).status_code

    assert (status == 403) == (name not in SCOPE.get(scope, ())), status


def test_the_contract_asks_each_operation_for_the_scope_that_was_promised() -> None:
    asked = {
        name: [scope for need in operation["security"] for scope in need["oauth2"]]
        for name, (_, _, operation) in OPERATIONS.items()
    }

    assert asked == {name: [scope] for scope, names in SCOPE.items() for name in names}


@pytest.mark.parametrize("name", sorted(set(OPERATIONS) - {"upload_violation_attachment"}))
def test_another_branchs_violation_and_a_missing_one_look_the_same(
    send: Send, case: Callable[[], Case], name: str
) -> None:
    if "{violation_id}" not in OPERATIONS[name][1]:
        return
    one = case().observed().row
    stranger = {"municipality": "saihat"}

    theirs = send(name, READ, RECORD, DECIDE, path={"violation_id": one.violation_id}, **stranger)
    missing = send(name, READ, RECORD, DECIDE, **stranger)

    assert theirs.status_code == missing.status_code == 404
    assert theirs.json() == missing.json()


def test_a_branch_lists_its_own_and_the_governorate_all(
    send: Send, case: Callable[[], Case]
) -> None:
    one = case().observed().row

    def is_listed(municipality: str) -> bool:
        items = send("list_violations", READ, municipality=municipality).json()["items"]
        return one.violation_id in [item["violation_id"] for item in items]

    assert (is_listed("qatif"), is_listed("saihat")) == (True, False)
    assert send(
        "list_violations", READ, query={"municipality": "qatif"}, municipality="saihat"
    ).status_code == 400  # fmt: skip


def test_a_journey_over_http_ends_with_a_reduced_fine(send: Send) -> None:
    inspector, officer = {"sub": "p_inspector"}, {"sub": "p_officer"}
    made = send("record_violation", RECORD, **inspector)
    assert made.status_code == 201, made.text
    path = {"violation_id": made.json()["violation_id"]}

    for name in ("confirm_violation", "notify_violation", "object_to_violation"):
        assert send(name, RECORD, path=path, **inspector).status_code == 200, name
    refused = send("decide_objection", DECIDE, path=path, **inspector)
    decided = send("decide_objection", DECIDE, path=path, **officer)

    assert refused.json()["type"].endswith("another-person-decides")
    assert decided.json()["fine"]["amount"] == "100.00"
    assert decided.json()["status_title"] == {"ar": "مخفضة", "en": "Reduced"}
    history = send("get_violation_history", READ, path=path).json()["items"]
    assert [entry["action"] for entry in history] == [
        "observe", "confirm", "notify", "object", "reduce",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "changes",
    [
        {"item": "9999"},
        {"amount": 500},
        {"offender": {"kind": "establishment", "name": "س", "id_number": "123"}},
        {"offender": {"kind": "person", "name": "بيانات تجريبية", "id_type": "unified_number"}},
        {"offender": {"kind": "licence", "licence_no": "144801000001"}},
        {"town": "لا توجد"},
        {"municipality": "nowhere"},
    ],
)
def test_a_wrong_violation_is_refused_field_by_field(send: Send, changes: dict[str, Any]) -> None:
    body = {**EXAMPLES["NewViolation"], **changes}

    answer = send("record_violation", RECORD, body=body)

    assert answer.status_code == 400, answer.text
    assert answer.json()["errors"]


def test_an_inspector_reads_the_fine_before_the_record_and_is_offered_no_record_before_a_warning(
    send: Send, case: Callable[[], Case]
) -> None:
    row = case().observed(item="1004").row

    shown = send("get_violation", READ, path={"violation_id": row.violation_id}).json()

    assert shown["staff_actions"] == ["warn", "cancel"]
    assert shown["fine"] is None
    assert shown["expected_fine"]["amount"] == "200.00"


@pytest.mark.parametrize("name", ["cancel_violation", "decide_objection"])
def test_what_a_person_is_not_offered_is_refused_to_this_person_too(
    send: Send, case: Callable[[], Case], name: str
) -> None:
    path = {"violation_id": case().notified().objected(CLERK).row.violation_id}
    clerk = {"path": path, "sub": CLERK.subject}

    shown = send("get_violation", READ, **clerk).json()
    refused = send(name, DECIDE, **clerk)

    assert shown["staff_actions"] == []
    assert refused.json()["type"].endswith("another-person-decides")


def test_a_violation_with_a_record_has_a_fine_and_none_to_expect(
    send: Send, case: Callable[[], Case]
) -> None:
    row = case().confirmed().row

    shown = send("get_violation", READ, path={"violation_id": row.violation_id}).json()

    assert (shown["fine"]["amount"], shown["expected_fine"]) == ("200.00", None)


def test_the_text_for_the_offender_is_no_note_for_colleagues(
    send: Send, case: Callable[[], Case]
) -> None:
    row = case().confirmed().row

    shown = send("get_violation", READ, path={"violation_id": row.violation_id}).json()

    assert (shown["findings"], shown["note"]) == ("ما زالت قائمة", "رصد")


def test_a_person_is_shown_masked(send: Send, case: Callable[[], Case]) -> None:
    person = {
        "kind": "person",
        "name": "بيانات تجريبية",
        "id_type": "national_id",
        "id_number": "1000000008",
    }
    row = case().observed(offender=person).row

    shown = send("get_violation", READ, path={"violation_id": row.violation_id})

    assert shown.json()["offender"]["id_number"] == "10******08"
    assert "1000000008" not in shown.text


def test_the_table_says_what_each_item_costs_in_the_callers_municipality(send: Send) -> None:
    def span(municipality: str) -> tuple[str, str]:
        items = send("list_violation_items", READ, municipality=municipality).json()["items"]
        [one] = [item for item in items if item["code"] == "5001"]
        return one["fine_from"], one["fine_to"]

    assert span("saihat") == ("150.00", "1200.00")
    assert span("umm-al-hamam") == ("50.00", "400.00")


def test_the_governorates_inspector_reads_a_span_that_holds_every_municipality(
    send: Send,
) -> None:
    """The governorate's inspector records violations in each branch, whose classes differ."""
    items = send("list_violation_items", READ, municipality="qatif").json()["items"]
    [one] = [item for item in items if item["code"] == "1001"]

    assert (one["fine_from"], one["fine_to"]) == ("2500.00", "80000.00")


def inquire(client: httpx.Client, number: str, offender: str) -> httpx.Response:
    return client.post(
        "/v1/public/violation-inquiries",
        json={"violation_no": number, "offender_number": offender},
    )


@pytest.fixture
def event_names(case: Callable[[], Case]) -> Violation:
    return case().notified().billed().row


def test_who_knows_both_numbers_learns_what_it_costs_and_nobody_else_does(
    client: httpx.Client, event_names: Violation
) -> None:
    answer = inquire(client, event_names.violation_no, "٧٠٠٠٠٠٠٠٠٥")

    assert answer.status_code == 200, answer.text
    assert answer.json()["amount"] == "200.00"
    assert answer.json()["bill"]["bill_number"] == "4482000017"
    assert OFFENDER["name"] not in answer.text


def test_a_wrong_offender_and_a_missing_number_have_one_answer(
    client: httpx.Client, event_names: Violation
) -> None:
    wrong = inquire(client, event_names.violation_no, "7000000013")
    missing = inquire(client, "1448999999", "7000000005")

    assert (wrong.status_code, wrong.json()) == (404, missing.json())
    assert wrong.json()["type"].endswith("violation-not-matched")


def test_whichever_number_is_wrong_the_same_is_asked(
    client: httpx.Client, event_names: Violation, database: Any
) -> None:
    """The service runs equal statements, so the time says nothing."""
    from sqlalchemy import event

    def statements(number: str, offender: str) -> list[str]:
        seen: list[str] = []

        def note(_c: Any, _u: Any, statement: str, *_: Any) -> None:
            seen.append(statement)

        event.listen(database.engine, "before_cursor_execute", note)
        try:
            inquire(client, number, offender)
        finally:
            event.remove(database.engine, "before_cursor_execute", note)
        return [one for one in seen if "violation" in one]

    wrong = statements(event_names.violation_no, "7000000013")
    missing = statements("1448999999", "7000000005")

    assert wrong == missing
    assert len(wrong) == 1


def test_tries_with_one_number_are_counted_whether_it_exists_or_not(
    client: httpx.Client, event_names: Violation
) -> None:
    for number in (event_names.violation_no, "1448999999"):
        answers = [inquire(client, number, "7000000013").status_code for _ in range(11)]

        assert answers == [404] * 10 + [429]


def test_a_persons_number_typed_for_the_violations_is_counted_by_its_hash(
    client: httpx.Client, event_names: Violation, session: Session
) -> None:
    inquire(client, "1000000012", "1000000012")

    subjects = session.scalars(text("SELECT subject FROM quota_used")).all()
    assert subjects
    assert not [one for one in subjects if "1000000012" in one]


def test_who_decides_is_told_who_recorded(case: Callable[[], Case], send: Send) -> None:
    one = case().notified().objected().decided("uphold")

    shown = send("get_violation", READ, path={"violation_id": one.row.violation_id}).json()

    assert shown["objection"]["outcome"] == "uphold"
    assert shown["objection"]["decision_reasons"] == "بعد المراجعة"
    assert OFFICER.subject not in str(shown)


def test_an_offender_who_was_not_told_yet_learns_nothing_by_number(
    client: httpx.Client, case: Callable[[], Case]
) -> None:
    """Numbers follow each other, and an inspector may still correct the observation."""
    seen, taken_back = case().observed(), case().confirmed()
    taken_back.do(cancel_violation, OFFICER, reason="منشأة أخرى")
    missing = inquire(client, "1448999999", "7000000005").json()

    for one in (seen, taken_back):
        answer = inquire(client, one.row.violation_no, "7000000005")

        assert (answer.status_code, answer.json()) == (404, missing)


def test_nothing_is_late_about_a_violation_that_has_ended(
    send: Send, case: Callable[[], Case]
) -> None:
    objected, warned = case().notified().objected(), case().observed("3001")
    warned.do(warn_offender, INSPECTOR)
    later = warned.days(16).now
    for one, by_itself in ((objected, note_overdue), (warned, end_correction)):
        by_itself(UnitOfWork(one.session, INSPECTOR, later), one.row)

    late = {objected.row.violation_id, warned.row.violation_id}

    def listed(overdue: str) -> set[str]:
        items = send("list_violations", READ, query={"overdue": overdue}).json()["items"]
        return {item["violation_id"] for item in items} & late

    assert (listed("true"), listed("false")) == (late, set())
    objected.do(cancel_violation, OFFICER, reason="منشأة أخرى")
    warned.do(note_correction, INSPECTOR, note="صححت")
    assert (listed("true"), listed("false")) == (set(), late)
    path = {"violation_id": objected.row.violation_id}
    objection = send("get_violation", READ, path=path).json()["objection"]
    assert (objection["outcome"], objection["decided_at"] is None) == ("cancel", False)
