"""The matrix of visibility over HTTP: each role asks for each part of the same report."""

from collections.abc import Callable
from typing import Any

import pytest

from reports.domain.actors import Role
from reports.domain.visibility import TABLE, Part, Sight

# What each role reads of a report that it may see: the promise, written out a second time on purpose.
F, M, N = "full", "masked", "none"
PROMISED = {
    #               officer, department, operator, observer, contractor
    "place":       (F, F, F, F, F),
    "description": (F, F, F, F, N),
    "extra":       (F, F, F, F, N),
    "reporter":    (M, M, M, N, N),
    "photos":      (F, F, N, F, F),
    "work_order":  (F, F, N, N, F),
    "treatment":   (F, F, F, F, N),
    "notes":       (F, F, N, N, N),
    "history":     (F, F, F, N, N),
}  # fmt: skip
ROLES = [
    Role.REPORT_OFFICER, Role.DEPARTMENT, Role.OPERATOR, Role.OBSERVER, Role.CONTRACTOR,
]  # fmt: skip
WORDS = "عمود مطفأ أمام منزل علي"
SECRETS = ("علي بن حسن", "0500000001", "+966500000001", "500000001")


def test_the_table_is_the_one_that_was_promised() -> None:
    assert {
        (part.value, role): sight.value
        for part, row in TABLE.items()
        for role, sight in row.items()
    } == {
        (part, role): sight
        for part, row in PROMISED.items()
        for role, sight in zip(ROLES, row, strict=True)
    }


@pytest.fixture
def given(api: Any, new_report: Callable[..., dict[str, Any]]) -> str:
    """A report that the observer filed, in the department of lights, given to the contractor; with a note."""
    body = new_report(category="light-out", channel="observer", description=WORDS)
    report_id: str = api.ask("file_report", body, who="observer")["report_id"]
    work = {"contractor": "al-amal", "work_order": "استبدال المصباح في العمود"}
    api.ask("start_report", work, who="department", report_id=report_id)
    api.ask("add_note", {"text": "يُنسق مع المقاول"}, report_id=report_id)
    return report_id


def looks(api: Any, who: str, report_id: str) -> dict[str, Any]:
    """The report by the operation that the role has for it."""
    operation = {"observer": "get_filed_report", "contractor": "get_work_order"}
    answer = api.ask(operation.get(who, "get_report"), who=who, report_id=report_id)
    return dict(answer)


def seen(api: Any, who: str, part: Part, report_id: str) -> Sight:
    """How a part shows itself to a role."""
    if part in (Part.NOTES, Part.HISTORY):
        operation = "list_remarks" if part is Part.NOTES else "get_report_history"
        status = api.send(operation, who=who, report_id=report_id).status_code
        return Sight.FULL if status == 200 else Sight.NONE
    report = looks(api, who, report_id)
    names = {
        Part.PLACE: "location",
        Part.WORK_ORDER: "text" if who == "contractor" else "work_order",
    }
    value = report.get(names.get(part, part.value))
    if part is Part.REPORTER and value is not None:
        return Sight.FULL if any(secret in str(value) for secret in SECRETS) else Sight.MASKED
    return Sight.NONE if value is None else Sight.FULL


@pytest.mark.parametrize("part", [part for part in Part if part is not Part.PHOTOS])
@pytest.mark.parametrize("role", ROLES)
def test_a_role_sees_of_a_report_what_the_table_says(
    api: Any, given: str, role: Role, part: Part
) -> None:
    assert seen(api, role.value, part, given) is TABLE[part][role]


@pytest.mark.parametrize("role", [Role.OBSERVER, Role.CONTRACTOR])
def test_nothing_of_the_reporter_is_anywhere_in_what_an_outsider_reads(
    api: Any, given: str, role: Role
) -> None:
    lists = {"observer": "list_filed_reports", "contractor": "list_work_orders"}

    answers = [looks(api, role.value, given), api.ask(lists[role.value], who=role.value)]

    assert not [secret for secret in SECRETS if secret in str(answers)]


def test_initials_are_letters_whatever_stands_before_the_name(
    api: Any, new_report: Callable[..., dict[str, Any]]
) -> None:
    body = new_report(category="light-out")
    body["reporter"] = {**body["reporter"], "name": "علي (أبو حسن) - تجربة"}
    report_id = api.ask("file_report", body, who="portal")["report_id"]

    assert looks(api, Role.REPORT_OFFICER.value, report_id)["reporter"]["name"] == "ع. أ. ح. ت."


def test_a_contractor_finds_the_place_without_the_citizens_number(
    api: Any, new_report: Callable[..., dict[str, Any]]
) -> None:
    body = new_report(category="light-out", channel="observer")
    body["location"] = {**body["location"], "landmark": "خلف المدرسة، هاتفي 050.000.0001"}
    report_id = api.ask("file_report", body, who="observer")["report_id"]
    work = {"contractor": "al-amal", "work_order": "استبدال المصباح"}
    api.ask("start_report", work, who="department", report_id=report_id)

    shown = looks(api, "contractor", report_id)["location"]["landmark"]

    assert shown == "خلف المدرسة، هاتفي …"


def test_a_contractor_reads_nothing_that_the_citizen_wrote(api: Any, given: str) -> None:
    assert WORDS not in str(looks(api, "contractor", given))


@pytest.mark.parametrize(
    ("who", "operation"),
    [
        ("observer", "get_report"),
        ("observer", "list_reports"),
        ("contractor", "get_report"),
        ("contractor", "list_reports"),
        ("contractor", "get_report_history"),
        ("operator", "reveal_reporter"),
        ("department", "reveal_reporter"),
        ("department", "refer_report"),
        ("operator", "resolve_report"),
        ("operator", "get_monthly_table"),
        ("report_officer", "set_duty_officer"),
    ],
)
def test_a_role_without_the_scope_is_refused(
    api: Any, given: str, who: str, operation: str
) -> None:
    bodies = {
        "reveal_reporter": {"reason": "x"},
        "resolve_report": {"text": "x"},
        "set_duty_officer": {"mobile": "0500000009"},
    }
    query = {"month": "2026-11"} if "monthly" in operation else None
    path = {} if "list" in operation or query else {"report_id": given, "department": "lighting"}

    refused = api.refused(operation, bodies.get(operation), who=who, query=query, **path)

    assert refused == (403, "forbidden")


def test_a_department_sees_its_own_reports_only(
    api: Any, light: dict[str, Any], new_report: Any
) -> None:
    pothole = api.ask("file_report", new_report(), who="portal")["report_id"]

    listed = api.ask("list_reports", who="department")["items"]

    assert [one["report_id"] for one in listed] == [light["report_id"]]
    assert api.refused("get_report", who="department", report_id=pothole)[0] == 404
    assert api.refused("start_report", who="department", report_id=pothole)[0] == 404


def test_somebody_without_a_department_sees_none(api: Any, light: dict[str, Any]) -> None:
    nowhere = {"departments": None}

    assert api.ask("list_reports", who="department", claims=nowhere)["items"] == []
    refused = api.refused(
        "get_report", who="department", claims=nowhere, report_id=light["report_id"]
    )
    assert refused[0] == 404


def test_another_contractor_sees_nothing(api: Any, given: str) -> None:
    other = {"contractor": "al-noor"}

    assert api.ask("list_work_orders", who="contractor", claims=other)["items"] == []
    refused = api.refused("get_work_order", who="contractor", claims=other, report_id=given)
    assert refused[0] == 404


def test_a_contractor_s_other_scopes_show_him_no_more(api: Any, given: str) -> None:
    officer_of_a_contractor = {"contractor": "al-amal"}

    report = api.ask("get_report", claims=officer_of_a_contractor, report_id=given)

    assert (report["reporter"], report["description"]) == (None, None)


def test_another_observer_does_not_see_what_this_one_filed(api: Any, given: str) -> None:
    other = {"sub": "p_other"}

    assert api.ask("list_filed_reports", who="observer", claims=other)["items"] == []
    refused = api.refused("get_filed_report", who="observer", claims=other, report_id=given)
    assert refused[0] == 404


def test_an_affiliated_municipality_sees_its_own_branch(
    api: Any, light: dict[str, Any], new_report: Any
) -> None:
    there = api.ask("file_report", new_report(location={"town": "صفوى"}), who="portal")
    safwa = {"municipality": "safwa", "organisation": "safwa"}

    listed = api.ask("list_reports", claims=safwa)["items"]

    assert [one["report_id"] for one in listed] == [there["report_id"]]
    assert api.refused("get_report", claims=safwa, report_id=light["report_id"])[0] == 404


def test_the_reporter_is_revealed_for_a_reason_that_is_recorded(
    api: Any, light: dict[str, Any]
) -> None:
    report_id = light["report_id"]

    shown = api.ask("reveal_reporter", {"reason": "اتصال لتحديد الموقع"}, report_id=report_id)

    assert shown["mobile"] == "+966500000001"
    last = api.ask("get_report_history", report_id=report_id)["items"][-1]
    assert (last["action"], last["note"], last["subject"]) == (
        "reveal",
        "اتصال لتحديد الموقع",
        "p_officer",
    )


def test_without_a_reason_nobody_is_revealed(api: Any, light: dict[str, Any]) -> None:
    refused = api.refused("reveal_reporter", {"reason": "  "}, report_id=light["report_id"])

    assert refused == (400, "invalid-request")
