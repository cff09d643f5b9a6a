"""A citizen who is signed in files reports and reads them; nobody else's are among them."""

from typing import Any

import pytest
from sqlalchemy import update

from chassis.access.quotas import Policy
from chassis.core.ids import new_id
from reports import limits
from reports.commands.recording import reporter_of
from reports.models import Report


@pytest.fixture
def body(new_report: Any) -> dict[str, Any]:
    """The body of a report by a citizen."""
    return {**new_report(), "channel": "web", "submission_id": new_id()}


def numbers(api: Any, **who: Any) -> list[str]:
    found = api.ask("list_my_reports", **{"who": "citizen", **who})["items"]
    return [one["report_number"] for one in found]


def test_what_a_citizen_filed_is_among_the_citizens_reports(api: Any, body: Any) -> None:
    filed = api.ask("file_my_report", body, who="citizen")

    found = api.ask("list_my_reports", who="citizen")

    assert filed.pop("mobile_confirmed") is False
    assert found == {"items": [filed], "next_cursor": None}
    assert filed["status_title"]["en"] == "Referred to the competent department"


def test_a_report_begins_with_name_and_mobile_of_the_national_login(api: Any) -> None:
    known = api.ask("begin_my_report", who="citizen")

    assert known["mobile"] == "+966500000016"
    assert known["name"]


def test_nothing_of_others_is_among_them(api: Any, body: Any, client: Any) -> None:
    api.ask("file_my_report", body, who="citizen")
    client.post("/v1/public/reports", json={**body, "submission_id": new_id()})

    assert numbers(api, claims={"sub": "p_other"}) == []
    assert len(numbers(api)) == 1


def test_a_mobile_proves_nothing(api: Any, body: Any, client: Any) -> None:
    """A report that was filed without a sign-in stays out, although it names the mobile of the citizen."""
    filed = client.post("/v1/public/reports", json=body)

    assert filed.status_code == 201
    assert numbers(api) == []


def test_a_submission_is_filed_once_with_and_without_a_sign_in(
    api: Any, body: Any, client: Any
) -> None:
    first = api.ask("file_my_report", body, who="citizen")["report_number"]

    again = api.ask("file_my_report", body, who="citizen")["report_number"]
    without = client.post("/v1/public/reports", json=body).json()["report_number"]
    by_another = api.ask("file_my_report", body, who="citizen", claims={"sub": "p_other"})

    assert {again, without, by_another["report_number"]} == {first}
    assert numbers(api, claims={"sub": "p_other"}) == []


def test_officers_read_no_name_and_no_subject_of_the_citizen(
    api: Any, body: Any, session: Any
) -> None:
    api.ask("file_my_report", body, who="citizen")
    row = session.query(Report).one()

    history = api.ask("get_report_history", report_id=row.report_id)
    shown = api.ask("get_report", report_id=row.report_id)

    assert row.filed_by == "p_citizen"
    assert "p_citizen" not in str(history) + str(shown)
    assert not (row.reporter or {}).get("confirmed")


@pytest.mark.parametrize(("mobile", "is_confirmed"), [("0500000016", True), ("0500000001", False)])
def test_only_the_mobile_of_the_national_login_counts_as_confirmed(
    api: Any, body: Any, session: Any, mobile: str, is_confirmed: bool
) -> None:
    reporter = {**body["reporter"], "mobile": mobile}

    filed = api.ask("file_my_report", {**body, "reporter": reporter}, who="citizen")

    assert filed["mobile_confirmed"] == is_confirmed
    row = session.query(Report).one()
    (contact,) = reporter_of(row)
    assert contact.confirmed == is_confirmed


@pytest.mark.parametrize(("mobile", "status"), [("0500000016", 201), ("0500000001", 429)])
def test_strangers_use_up_no_limit_of_the_mobile_that_the_login_has_checked(
    api: Any, body: Any, client: Any, settings: Any, mobile: str, status: int
) -> None:
    named = {**body, "reporter": {**body["reporter"], "mobile": mobile}}
    for _ in range(settings.public_reports_per_mobile):
        client.post("/v1/public/reports", json={**named, "submission_id": new_id()})

    assert (
        client.post("/v1/public/reports", json={**named, "submission_id": new_id()}).status_code
        == 429
    )
    assert api.send("file_my_report", named, who="citizen").status_code == status


def test_a_citizen_files_only_so_often_with_the_mobile_of_the_login(
    api: Any, body: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(limits, "filings_of_citizen", lambda _settings: Policy("few", 2, 3_600))
    own = {**body, "reporter": {**body["reporter"], "mobile": "0500000016"}}

    statuses = [
        api.send("file_my_report", {**own, "submission_id": new_id()}, who="citizen").status_code
        for _ in range(3)
    ]

    assert statuses == [201, 201, 429]


def test_the_mobile_of_the_login_proves_nothing_to_somebody_without_a_sign_in(
    body: Any, client: Any, session: Any
) -> None:
    reporter = {**body["reporter"], "mobile": "0500000016"}

    client.post("/v1/public/reports", json={**body, "reporter": reporter})

    (contact,) = reporter_of(session.query(Report).one())
    assert not contact.confirmed


def test_a_report_whose_data_was_emptied_is_not_among_them(
    api: Any, body: Any, session: Any, now: Any
) -> None:
    api.ask("file_my_report", body, who="citizen")
    session.execute(update(Report).values(emptied_at=now))

    assert numbers(api) == []


def test_pages_lead_through_the_list_and_a_cursor_is_its_owners(api: Any, body: Any) -> None:
    made = [
        api.ask("file_my_report", {**body, "submission_id": new_id()}, who="citizen")[
            "report_number"
        ]
        for _ in range(3)
    ]

    first = api.ask("list_my_reports", who="citizen", query={"limit": 2})
    following = {"limit": 2, "cursor": first["next_cursor"]}

    assert len(first["items"]) == 2
    assert numbers(api, query=following) == made[:1]
    stolen = api.refused(
        "list_my_reports", who="citizen", query=following, claims={"sub": "p_other"}
    )
    assert stolen[0] == 400


@pytest.mark.parametrize("who", ["report_officer", "operator", "observer", "contractor", "portal"])
def test_staff_and_machines_have_no_reports_of_their_own_here(
    api: Any, body: Any, who: str
) -> None:
    assert api.refused("list_my_reports", who=who)[0] == 403
    assert api.refused("file_my_report", body, who=who)[0] == 403


def test_a_fault_is_named_as_without_an_account(api: Any, body: Any) -> None:
    answer = api.send("file_my_report", {**body, "description": " . "}, who="citizen")

    assert answer.status_code == 400
    assert [one["field"] for one in answer.json()["errors"]] == ["description"]


@pytest.fixture
def asked(api: Any, body: Any, session: Any) -> str:
    """The number of a citizen's report about which the municipality has asked something."""
    filed = api.ask("file_my_report", body, who="citizen")
    row = session.query(Report).one()
    api.ask("ask_reporter", {"question": "أين يقع العمود؟"}, report_id=row.report_id)
    return str(filed["report_number"])


def test_a_citizen_answers_the_question_on_line_once(api: Any, asked: str, session: Any) -> None:
    question = api.ask("list_my_reports", who="citizen")["items"][0]["question"]

    answered = api.ask(
        "answer_my_report", {"text": "أمام المدرسة"}, who="citizen", report_number=asked
    )
    again = api.send(
        "answer_my_report", {"text": "خلف المدرسة"}, who="citizen", report_number=asked
    )

    assert question == "أين يقع العمود؟"
    assert answered["status"] == "assigned"
    assert again.status_code == 409


def test_the_desk_sees_an_answer_until_somebody_acts(api: Any, asked: str, session: Any) -> None:
    report_id = session.query(Report).one().report_id

    def marks() -> list[bool]:
        listed = api.ask("list_reports")["items"]
        new, others = (
            api.ask("list_reports", query={"answered": one})["items"] for one in ("true", "false")
        )
        assert [one["answered"] for one in (*new, *others)] == [listed[0]["answered"]]
        assert len(new) == listed[0]["answered"]
        counts = api.ask("list_reports", query={"with_counts": True})["counts"]
        assert counts["answered"] == len(new)
        found = api.ask("search_reports", {"mobile": "0500000001"})["items"]
        read = api.ask("get_report", report_id=report_id)
        return [one["answered"] for one in (*listed, *found, read)]

    waiting = marks()
    api.ask("answer_my_report", {"text": "أمام المدرسة"}, who="citizen", report_number=asked)
    answered = marks()
    api.ask("refer_report", report_id=report_id)

    assert (waiting, answered, marks()) == ([False] * 3, [True] * 3, [False] * 3)


def test_an_answer_goes_to_no_newer_question(api: Any, asked: str, session: Any) -> None:
    report_id = session.query(Report).one().report_id
    read = api.ask("get_my_report", who="citizen", report_number=asked)
    api.ask("start_report", report_id=report_id)
    api.ask("ask_reporter", {"question": "ما لون العمود؟"}, report_id=report_id)
    of_citizen = {"who": "citizen", "report_number": asked}

    late = {"text": "أمام المدرسة", "question_id": read["question_id"]}
    assert api.refused("answer_my_report", late, **of_citizen) == (409, "question-changed")
    session.expire_all()
    newest = api.ask("get_my_report", **of_citizen)
    assert (newest["status"], newest["question"]) == ("waiting_reporter", "ما لون العمود؟")

    answer = {"text": "رمادي", "question_id": newest["question_id"]}
    assert api.ask("answer_my_report", answer, **of_citizen)["status"] == "in_progress"
    assert api.ask("get_my_report", **of_citizen)["question_id"] is None


def test_a_citizen_reads_one_own_report_and_nobody_else_s(api: Any, asked: str) -> None:
    read = api.ask("get_my_report", who="citizen", report_number=asked)
    listed = api.ask("list_my_reports", who="citizen")["items"]
    other = {"sub": "p_other"}

    assert [{**one, "question_id": read["question_id"]} for one in listed] == [read]
    assert read["question"] == "أين يقع العمود؟"
    assert api.refused("get_my_report", who="citizen", claims=other, report_number=asked)[0] == 404
    assert api.refused("get_my_report", report_number=asked)[0] == 403


def test_nobody_answers_for_another_citizen(api: Any, asked: str, session: Any) -> None:
    refused = api.send(
        "answer_my_report",
        {"text": "x"},
        who="citizen",
        claims={"sub": "p_other"},
        report_number=asked,
    )

    assert refused.status_code == 404
    assert session.query(Report).one().status == "waiting_reporter"
