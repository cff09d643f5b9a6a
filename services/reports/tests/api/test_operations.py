"""The operations over HTTP: a report's life, the lists, the tables, the refusals."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import update

from reports.models import Report
from saudi.days import legal_day


def ids(page: dict[str, Any]) -> list[str]:
    return [one["report_id"] for one in page["items"]]


def test_the_number_of_a_post_is_found_and_acted_on_by_the_next_request(
    api: Any, light: dict[str, Any]
) -> None:
    listed = api.ask("list_reports", query={"number": light["report_number"]})

    assert ids(listed) == [light["report_id"]]
    assert api.ask("start_report", report_id=light["report_id"])["status"] == "in_progress"


def test_a_whole_life_over_http(api: Any, light: dict[str, Any]) -> None:
    at = {"report_id": light["report_id"]}
    steps = [
        ("refer_report", {"department": "lighting"}, "assigned"),
        ("start_report", None, "in_progress"),
        ("ask_reporter", {"question": "أين العمود؟"}, "waiting_reporter"),
        ("record_answer", {"text": "عند المسجد"}, "in_progress"),
        ("link_report", {"body": "electricity", "reference": "SE1"}, "waiting_external"),
        ("start_report", {"note": "أنجزت الشركة عملها"}, "in_progress"),
        ("resolve_report", {"text": "استُبدل المصباح"}, "resolved"),
        ("close_report", None, "closed"),
        ("rate_report", {"stars": 5}, "closed"),
        ("reopen_report", {"reason": "انطفأ مرة أخرى"}, "assigned"),
        ("return_report", {"reason": "ليس لنا"}, "classified"),
        ("correct_report", {"category": "street-dark"}, "classified"),
        ("reject_report", {"reason": "طريق خاص"}, "rejected"),
    ]

    for operation, body, status in steps:
        assert api.ask(operation, body, **at)["status"] == status, operation

    history = api.ask("get_report_history", **at)["items"]
    assert [one["action"] for one in history][:3] == ["file", "refer", "start"]
    assert [one["version"] for one in history] == list(range(1, len(steps) + 2))
    kinds = [one["kind"] for one in api.ask("list_remarks", **at)["items"]]
    assert kinds == ["question", "answer", "reopening"]


def test_an_officer_reads_whether_the_next_closing_is_for_good(
    api: Any, light: dict[str, Any], session: Any
) -> None:
    at = {"report_id": light["report_id"]}

    before = api.ask("get_report", **at)["closes_for_good"]
    session.execute(update(Report).values(reopen_count=2))
    after = api.ask("get_report", **at)["closes_for_good"]

    assert (before, after) == (False, True)


def test_a_duplicate_over_http(api: Any, light: dict[str, Any], new_report: Any) -> None:
    again = api.ask("file_report", new_report(category="light-out"), who="portal")
    at = {"report_id": again["report_id"]}

    near = api.ask("list_possible_duplicates", **at)["items"]
    assert [(one["report_id"], one["metres"]) for one in near] == [(light["report_id"], 0)]

    marked = api.ask("mark_duplicate", {"main_report_id": light["report_id"]}, **at)
    assert marked["main_number"] == light["report_number"]
    assert api.ask("split_report", **at)["status"] == "assigned"


def test_a_contractor_says_that_the_work_is_done_and_the_department_records_it(
    api: Any, light: dict[str, Any]
) -> None:
    at = {"report_id": light["report_id"]}
    order = {"contractor": "al-amal", "work_order": "استبدال المصباح"}
    api.ask("start_report", order, who="department", **at)

    done = api.ask("complete_work_order", {"text": "تم"}, who="contractor", **at)

    assert done["kind"] == "work"
    treated = api.ask("resolve_report", {"text": "استُبدل"}, who="department", **at)
    assert treated["status"] == "resolved"
    again = api.refused("complete_work_order", {"text": "تم"}, who="contractor", **at)
    assert again == (409, "illegal-transition")


def test_a_contractor_without_a_work_order_is_refused(api: Any, light: dict[str, Any]) -> None:
    refused = api.refused("start_report", {"contractor": "al-amal"}, report_id=light["report_id"])

    assert refused == (400, "invalid-request")


def test_the_filters_of_the_list_combine(api: Any, light: dict[str, Any], new_report: Any) -> None:
    pothole = api.ask("file_report", new_report(location={"town": "صفوى"}), who="portal")
    api.ask("start_report", report_id=pothole["report_id"])

    def found(**query: Any) -> list[str]:
        return ids(api.ask("list_reports", query=query))

    assert found(status="assigned") == [light["report_id"]]
    assert found(department="roads") == [pothole["report_id"]]
    assert found(category="lighting") == [light["report_id"]]
    assert found(category="pothole", municipality="safwa") == [pothole["report_id"]]
    assert found(municipality="safwa", department="lighting") == []
    assert found(mine=True) == [pothole["report_id"]]
    assert found(open=False) == []
    assert found(overdue=True) == []


def test_an_unknown_category_of_the_list_is_a_field_at_fault(api: Any) -> None:
    response = api.send("list_reports", query={"category": "moon"})

    assert [one["field"] for one in response.json()["errors"]] == ["category"]


def test_the_list_goes_on_behind_its_cursor_newest_first(api: Any, new_report: Any) -> None:
    filed = [api.ask("file_report", new_report(), who="portal")["report_id"] for _ in range(3)]

    first = api.ask("list_reports", query={"limit": 2})
    second = api.ask("list_reports", query={"limit": 2, "cursor": first["next_cursor"]})

    assert ids(first) + ids(second) == filed[::-1]
    assert second["next_cursor"] is None


def test_a_cursor_is_of_no_use_to_somebody_with_another_reach(api: Any, new_report: Any) -> None:
    for _ in range(2):
        api.ask("file_report", new_report(category="light-out"), who="portal")
    cursor = api.ask("list_reports", query={"limit": 1})["next_cursor"]

    refused = api.refused("list_reports", who="department", query={"limit": 1, "cursor": cursor})

    assert refused == (400, "invalid-request")


def test_the_same_submission_is_answered_with_the_same_report(api: Any, new_report: Any) -> None:
    body = new_report(submission_id="0195ff10-4d00-7b22-9d3f-0000000000aa")

    first, again = (api.ask("file_report", body, who="portal") for _ in range(2))

    assert again == first
    other = api.refused("file_report", {**body, "description": "أخرى"}, who="portal")
    assert other == (409, "submission-used")


@pytest.mark.parametrize(
    ("operation", "body", "problem"),
    [
        ("close_report", None, "illegal-transition"),
        ("split_report", None, "illegal-transition"),
        ("rate_report", {"stars": 3}, "rating-too-early"),
        ("record_answer", {"text": "x"}, "illegal-transition"),
        ("reopen_report", {"reason": "x"}, "illegal-transition"),
    ],
)
def test_what_the_status_does_not_allow_is_a_conflict(
    api: Any, light: dict[str, Any], operation: str, body: Any, problem: str
) -> None:
    assert api.refused(operation, body, report_id=light["report_id"]) == (409, problem)


def test_a_report_that_is_not_there_is_not_found(api: Any) -> None:
    missing = {"report_id": "0195ff10-4d00-7b22-9d3f-000000009999"}

    for operation, body in (
        ("get_report", None),
        ("refer_report", None),
        ("mark_duplicate", {"main_report_id": missing["report_id"]}),
        ("split_report", None),
        ("get_report_history", None),
        ("reveal_reporter", {"reason": "x"}),
        ("list_possible_duplicates", None),
    ):
        assert api.refused(operation, body, **missing)[0] == 404, operation


def test_the_category_tree_is_there_to_choose_from(api: Any) -> None:
    tree = api.ask("list_report_categories", who="operator")

    pothole = next(one for one in tree["categories"] if one["code"] == "pothole")
    assert pothole["service_time"] == {"clock": "working", "hours": None, "days": 7}
    assert {"national-water", "electricity"} <= {one["code"] for one in tree["outside_bodies"]}


@pytest.mark.usefixtures("light")
def test_the_monthly_table_is_json_and_csv(api: Any) -> None:
    query = {"month": f"{legal_day(datetime.now(UTC)):%Y-%m}", "level": "type"}

    table = api.ask("get_monthly_table", who="statistician", query=query)
    csv = api.send("get_monthly_csv", who="statistician", query=query)

    (lights,) = [one for one in table["rows"] if one["category"] == "light-out"]
    assert (lights["received"], lights["open"]) == (1, 1)
    assert csv.content.startswith("\ufeffالبلدية".encode())
    assert csv.headers["content-disposition"].startswith("attachment")
    assert csv.headers["x-content-type-options"] == "nosniff"


def test_a_month_that_is_none_is_a_field_at_fault(api: Any) -> None:
    response = api.send("get_monthly_table", who="statistician", query={"month": "2026-13"})

    assert [one["field"] for one in response.json()["errors"]] == ["month"]


def test_a_duty_officer_is_named_and_his_mobile_masked(api: Any) -> None:
    named = api.ask(
        "set_duty_officer", {"mobile": "٠٥٠٠٠٠٠٠٠٩"}, who="administrator", department="drainage"
    )

    (row,) = named["items"]
    assert (row["department"], row["mobile"]) == ("drainage", "+966******009")
    again = api.ask(
        "set_duty_officer", {"mobile": "0500000008"}, who="administrator", department="drainage"
    )
    assert len(again["items"]) == 1
    unknown = api.refused(
        "set_duty_officer", {"mobile": "0500000008"}, who="administrator", department="moon"
    )
    assert unknown[0] == 404


def test_the_answer_says_when_an_alert_reaches_nobody(api: Any, new_report: Any) -> None:
    plain = api.ask("file_report", new_report(), who="portal")
    nobody = api.ask("file_report", new_report(category="sewage"), who="portal")
    duty = {"mobile": "0500000009", "language": "ar"}
    api.ask("set_duty_officer", duty, who="administrator", department="safety")
    somebody = api.ask("file_report", new_report(category="sewage"), who="portal")

    told = [one["duty_officer_told"] for one in (plain, nobody, somebody)]
    assert told == [None, False, True]


def test_report_officers_read_who_is_on_duty(api: Any) -> None:
    duty = {"mobile": "0500000009", "language": "ar"}
    api.ask("set_duty_officer", duty, who="administrator", department="safety")

    (found,) = api.ask("list_duty_officers")["items"]

    assert (found["department"], "0500000009" in str(found)) == ("safety", False)


def test_the_list_is_narrowed_by_town_channel_priority_and_days(api: Any, new_report: Any) -> None:
    safwa = api.ask("file_report", new_report(location={"town": "صفوى"}), who="portal")
    sewage = api.ask("file_report", new_report(category="sewage", channel="web"), who="portal")

    def found(**query: str) -> list[str]:
        return ids(api.ask("list_reports", query=query))

    assert found(town="صفوي") == [safwa["report_id"]]
    assert found(priority="urgent") == found(channel="web") == [sewage["report_id"]]
    assert len(found(filed_from="1448/01/01", filed_to="9999-12-31")) == 2
    assert found(filed_to="0001-01-01") == []
    assert api.refused("list_reports", query={"town": "الرياض"}) == (400, "invalid-request")
    swapped = {"filed_from": "1448/06/14", "filed_to": "1448/06/01"}
    assert api.refused("list_reports", query=swapped) == (400, "invalid-request")


def test_reports_are_found_by_a_mobile_and_their_history_says_who_looked(
    api: Any, light: dict[str, Any], new_report: Any
) -> None:
    other = {"name": "بيانات تجريبية", "mobile": "0500000077"}
    api.ask("file_report", new_report(reporter=other), who="portal")

    found = api.ask("search_reports", {"mobile": "050 000 0001", "note": "اتصل"}, who="operator")

    assert ids(found) == [light["report_id"]]
    last = api.ask("get_report_history", report_id=light["report_id"])["items"][-1]
    assert (last["action"], last["note"], last["subject"]) == (
        "find_by_mobile",
        "اتصل",
        "p_operator",
    )
    assert api.refused("search_reports", {"mobile": "123456789"}) == (400, "invalid-request")
    branch = {"municipality": "safwa"}
    assert ids(api.ask("search_reports", {"mobile": "0500000001"}, claims=branch)) == []
