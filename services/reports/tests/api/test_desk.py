"""What a desk needs of the service: the lists by due day, the actions that are offered, changes that nobody loses."""

from typing import Any

import pytest

from chassis.core import contracts
from reports.domain.offered_actions import SCOPES, offered_actions
from reports.domain.reports import Course, Status

EVERY_SCOPE = frozenset(SCOPES.values())


def ids(page: dict[str, Any]) -> list[str]:
    return [one["report_id"] for one in page["items"]]


# The lists


def test_reports_without_a_department_are_listed_until_they_are_referred(
    api: Any, light: dict[str, Any]
) -> None:
    at = {"report_id": light["report_id"]}
    assert ids(api.ask("list_reports", query={"unassigned": True})) == []

    api.ask("return_report", {"reason": "ليس لنا"}, **at)

    assert ids(api.ask("list_reports", query={"unassigned": True})) == [light["report_id"]]
    assert ids(api.ask("list_reports", query={"unassigned": False})) == []


LISTS = {
    "open": {"open": True, "order": "due"}, "mine": {"open": True, "mine": True, "order": "due"},
    "unassigned": {"unassigned": True, "order": "due"}, "overdue": {"overdue": True, "order": "due"},
    "answered": {"answered": True},
    **{one: {"status": one} for one in ("waiting_reporter", "waiting_external", "resolved")},
}  # fmt: skip


@pytest.mark.parametrize(
    "narrowed", [{}, {"priority": "urgent"}, {"municipality": "saihat"}, {"category": "lighting"}]
)
@pytest.mark.parametrize("who", [None, "department"])
def test_each_count_is_the_length_of_its_list(
    api: Any, new_report: Any, who: str | None, narrowed: dict[str, str]
) -> None:
    filed = [api.ask("file_report", new_report(), who="portal") for _ in range(5)]
    taken = api.ask("file_report", new_report(category="light-out"), who="portal")
    api.ask("ask_reporter", {"question": "أين؟"}, report_id=filed[0]["report_id"])
    api.ask("return_report", {"reason": "ليس لنا"}, report_id=filed[1]["report_id"])
    api.ask("reject_report", {"reason": "طريق خاص"}, report_id=filed[2]["report_id"])
    api.ask("start_report", report_id=taken["report_id"])
    asked_by = {"who": who} if who else {}

    counts = api.ask("list_reports", query={**narrowed, "with_counts": True}, **asked_by)["counts"]

    lists = {
        name: len(
            ids(api.ask("list_reports", query={**asked, **narrowed, "limit": 200}, **asked_by))
        )
        for name, asked in LISTS.items()
    }
    assert counts == lists


def test_the_counts_tell_the_lists_apart(api: Any, new_report: Any) -> None:
    waiting, returned, _ = (
        api.ask("file_report", new_report(), who="portal")["report_id"] for _ in range(3)
    )
    api.ask("ask_reporter", {"question": "أين؟"}, report_id=waiting)
    api.ask("return_report", {"reason": "ليس لنا"}, report_id=returned)

    counts = api.ask("list_reports", query={"with_counts": True, "mine": True})["counts"]

    assert counts["open"] == 2  # the third one waits for its reporter
    assert counts["unassigned"] == counts["waiting_reporter"] == 1


def test_the_most_urgent_report_comes_first_and_one_whose_clock_stands_still_is_left_out(
    api: Any, new_report: Any
) -> None:
    kinds = ("pothole", "light-out", "street-dark")
    filed = {one: api.ask("file_report", new_report(category=one), who="portal") for one in kinds}
    waiting = api.ask("file_report", new_report(category="light-out"), who="portal")
    api.ask("ask_reporter", {"question": "أين؟"}, report_id=waiting["report_id"])

    first = api.ask("list_reports", query={"order": "due", "limit": 2})
    second = api.ask(
        "list_reports", query={"order": "due", "limit": 2, "cursor": first["next_cursor"]}
    )

    by_due = sorted(filed.values(), key=lambda one: one["due_at"])
    assert ids(first) + ids(second) == [one["report_id"] for one in by_due]
    assert second["next_cursor"] is None


def test_a_cursor_of_one_order_is_of_no_use_in_the_other(api: Any, new_report: Any) -> None:
    for _ in range(2):
        api.ask("file_report", new_report(), who="portal")
    cursor = api.ask("list_reports", query={"order": "due", "limit": 1})["next_cursor"]

    refused = api.refused("list_reports", query={"limit": 1, "cursor": cursor})

    assert refused == (400, "invalid-request")


# The actions that are offered


def test_an_action_needs_the_scope_of_its_operation() -> None:
    paths = contracts.openapi("reports")["paths"]
    declared = {
        path.rpartition("/")[2].replace("-", "_"): item["post"]["security"][0]["oauth2"]
        for path, item in paths.items()
        if path.startswith("/v1/reports/{report_id}/") and "post" in item
    }

    for action, scope in SCOPES.items():
        assert declared[action.value.replace("link_external", "link")] == [scope], action


def test_the_actions_of_a_report_are_those_that_the_caller_may_take_now(
    api: Any, light: dict[str, Any]
) -> None:
    at = {"report_id": light["report_id"]}

    def offered(who: str) -> list[str]:
        found: list[str] = api.ask("get_report", who=who, **at)["actions"]
        return found

    assert offered("department") == ["return", "start", "resolve"]
    assert offered("operator") == []
    assert "refer" in offered("report_officer")
    api.ask("resolve_report", {"text": "استُبدل المصباح"}, **at)
    assert offered("report_officer") == ["return", "close", "correct"]
    api.ask("close_report", **at)
    assert offered("operator") == ["rate"]
    assert "reopen" in offered("report_officer")


@pytest.mark.parametrize("status", list(Status))
def test_who_has_no_scope_is_offered_nothing(status: Status) -> None:
    assert offered_actions(Course(status), frozenset()) == []


def test_a_report_that_no_reopening_is_left_for_offers_none() -> None:
    assert "reopen" not in offered_actions(Course(Status.CLOSED), EVERY_SCOPE)


def test_a_question_before_the_referral_is_not_skipped_by_starting() -> None:
    asked = Course(Status.WAITING_REPORTER, asked_in=Status.NEW)

    assert "start" not in offered_actions(asked, EVERY_SCOPE)


# Changes


def test_a_change_of_the_version_that_was_read_is_made(api: Any, light: dict[str, Any]) -> None:
    read = {"If-Match": f'"{light["version"]}"'}

    started = api.send("start_report", report_id=light["report_id"], sent=read).json()

    assert started["version"] == light["version"] + 1


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("refer_report", {"department": "lighting"}),
        ("return_report", {"reason": "ليس لنا"}),
        ("start_report", None),
        ("ask_reporter", {"question": "أين؟"}),
        ("link_report", {"body": "electricity"}),
        ("resolve_report", {"text": "استُبدل"}),
        ("reject_report", {"reason": "طريق خاص"}),
        ("correct_report", {"category": "street-dark"}),
    ],
)
def test_somebody_who_was_slower_changes_nothing(
    api: Any, light: dict[str, Any], operation: str, body: Any
) -> None:
    at = {"report_id": light["report_id"]}
    read = {"If-Match": f'"{light["version"]}"'}
    faster = api.ask("start_report", {"note": "سبقني"}, **at)

    refused = api.refused(operation, body, sent=read, **at)

    assert refused == (409, "report-changed")
    assert api.ask("get_report", **at).items() >= faster.items()
    assert len(api.ask("get_report_history", **at)["items"]) == 2


def test_a_duplicate_is_marked_in_the_version_that_was_read_only(
    api: Any, light: dict[str, Any], new_report: Any
) -> None:
    again = api.ask("file_report", new_report(category="light-out"), who="portal")
    at, body = {"report_id": again["report_id"]}, {"main_report_id": light["report_id"]}

    refused = api.refused("mark_duplicate", body, sent={"If-Match": '"7"'}, **at)

    assert refused == (409, "report-changed")
    assert api.ask("get_report", report_id=light["report_id"])["version"] == light["version"]
    marked = api.send("mark_duplicate", body, sent={"If-Match": '"1"'}, **at).json()
    assert marked["status"] == "duplicate"


@pytest.mark.parametrize("sent", ["1", '"x"', "*", '""'])
def test_a_version_that_is_no_number_in_quotes_is_a_fault(
    api: Any, light: dict[str, Any], sent: str
) -> None:
    at = {"report_id": light["report_id"]}

    assert api.refused("start_report", sent={"If-Match": sent}, **at) == (400, "invalid-request")


def test_a_change_that_is_sent_twice_with_one_key_is_made_once(
    api: Any, light: dict[str, Any]
) -> None:
    at, sent = {"report_id": light["report_id"]}, {"Idempotency-Key": "k-1", "If-Match": '"1"'}

    first = api.send("start_report", {"note": "أبدأ"}, sent=sent, **at)
    second = api.send("start_report", {"note": "أبدأ"}, sent=sent, **at)

    assert second.json() == first.json()
    assert second.headers["Idempotency-Replayed"] == "true"
    assert len(api.ask("get_report_history", **at)["items"]) == 2


def test_a_note_that_is_sent_twice_with_one_key_is_added_once(
    api: Any, light: dict[str, Any]
) -> None:
    at, sent = {"report_id": light["report_id"]}, {"Idempotency-Key": "k-2"}

    for _ in range(2):
        assert api.send("add_note", {"text": "خلف المدرسة"}, sent=sent, **at).status_code == 201

    assert len(api.ask("list_remarks", **at)["items"]) == 1


def test_a_key_with_another_body_is_refused(api: Any, light: dict[str, Any]) -> None:
    at, sent = {"report_id": light["report_id"]}, {"Idempotency-Key": "k-3"}
    api.send("start_report", {"note": "أبدأ"}, sent=sent, **at)

    refused = api.refused("start_report", {"note": "غيره"}, sent=sent, **at)

    assert refused == (422, "idempotency-key-used")


def test_a_refused_change_uses_up_no_key(api: Any, light: dict[str, Any]) -> None:
    at, key = {"report_id": light["report_id"]}, {"Idempotency-Key": "k-4"}
    assert api.refused("start_report", sent={**key, "If-Match": '"9"'}, **at)[0] == 409

    started = api.send("start_report", sent={**key, "If-Match": '"1"'}, **at)

    assert started.json()["status"] == "in_progress"
