"""Papers that a kind of request asks for: recorded as they're handed in, missing ones warned of."""

from datetime import date, timedelta
from typing import Any

import pytest

from chassis.core.refusals import IllegalTransition, InvalidFields
from permits import catalogue, queries
from permits.api.requests import missing_warnings, papers_view
from permits.commands import attach_files, submit_request
from permits.commands.attach_files import HandedInPaper

Desk = Any
REPORT = "survey-report"


def hand_in(desk: Desk, request: Any, code: str = REPORT, **more: Any) -> Any:
    brought = HandedInPaper(code=code, **{"reference": "ملف 331، ورقة 3", **more})
    return attach_files.hand_in(desk.work, request.request_id, brought)


def take_back(desk: Desk, request: Any, code: str = REPORT) -> Any:
    return attach_files.take_back(
        desk.work,
        request.request_id,
        code=code,
        reason="لقطعة أخرى",
    )


def told(desk: Desk, request: Any, action: str) -> list[Any]:
    rows = queries.history_of_request(desk.session, desk.officer, request.request_id)
    return [row.details for row in rows if row.action == action]


def refused(call: Any, *args: Any, **named: Any) -> list[tuple[str, str]]:
    with pytest.raises(InvalidFields) as refusal:
        call(*args, **named)
    return [(one.field, one.code) for one in refusal.value.faults]


def test_a_paper_is_recorded_with_the_day_the_place_and_the_person(desk: Desk) -> None:
    request = desk.submit()
    version = request.version

    hand_in(desk, request, on=date(2026, 11, 20))

    [paper] = papers_view(request)["papers"]
    assert (paper["code"], paper["reference"]) == (REPORT, "ملف 331، ورقة 3")
    assert (paper["handed_in_on"], paper["handed_in_on_hijri"]) == ("2026-11-20", "1448/06/10")
    assert paper["recorded_by"] == {"subject": "p_officer", "name": "موظف تجربة"}
    assert told(desk, request, "hand_in_paper") == [
        {"papers.survey-report": [None, "ملف 331، ورقة 3"]}
    ]
    assert request.version == version


def test_each_missing_paper_is_a_warning_until_it_is_handed_in(desk: Desk) -> None:
    request = desk.submit()
    needed = [one["code"] for one in catalogue.papers_of("new")]
    before = [one["field"] for one in missing_warnings(request)]

    hand_in(desk, request)

    assert before == [f"papers.{code}" for code in needed]
    assert [one["field"] for one in missing_warnings(request)] == before[1:]
    shown = papers_view(request)["documents_needed"]
    assert [one["handed_in"] for one in shown] == [True, *(False for _ in needed[1:])]


def test_a_paper_recorded_again_takes_the_place_of_the_first(desk: Desk) -> None:
    request = hand_in(desk, desk.submit())

    hand_in(desk, request, reference="ملف 332")

    assert [one.reference for one in request.papers] == ["ملف 332"]
    assert told(desk, request, "hand_in_paper")[-1] == {
        "papers.survey-report": ["ملف 331، ورقة 3", "ملف 332"]
    }
    assert refused(hand_in, desk, request, reference="ملف 332") == [("body", "no-change")]


def test_a_paper_that_goes_back_is_missing_again(desk: Desk) -> None:
    request = hand_in(desk, desk.submit())

    take_back(desk, request)

    assert papers_view(request)["papers"] == []
    assert told(desk, request, "take_back_paper") == [
        {"papers.survey-report": ["ملف 331، ورقة 3", None]}
    ]
    assert refused(take_back, desk, request) == [("code", "paper-not-handed-in")]


def test_a_paper_of_another_kind_and_one_of_tomorrow_are_refused(desk: Desk) -> None:
    tomorrow = desk.now.date() + timedelta(days=1)

    assert refused(hand_in, desk, desk.submit(), code="empty-building", on=tomorrow) == [
        ("code", "paper-not-needed"),
        ("handed_in_on", "future-date"),
    ]


def test_nothing_is_handed_in_after_the_end(desk: Desk) -> None:
    request = desk.take(desk.submit(), "cancel_request")

    with pytest.raises(IllegalTransition):
        hand_in(desk, request)
    with pytest.raises(IllegalTransition):
        take_back(desk, request)
    assert missing_warnings(request) == []


def test_the_history_of_the_approval_names_what_was_missing(desk: Desk) -> None:
    without, request = desk.approved(), desk.submit()
    for paper in catalogue.papers_of("new"):
        hand_in(desk, request, paper["code"])
    desk.take(request, "send_to_office", "send_to_technical_review", "pass_technical_review")
    desk.take(request, "approve")

    words = [paper["ar"] for paper in catalogue.papers_of("new")]
    assert told(desk, without, "approve") == [{"papers_missing": [None, "، ".join(words)]}]
    assert told(desk, request, "approve") == [None]


def test_a_paper_stays_when_the_kind_changes(desk: Desk) -> None:
    request = hand_in(desk, desk.submit())

    submit_request.edit(
        desk.work,
        request.request_id,
        {"kind": "restoration"},
    )

    shown = papers_view(request)
    assert [one["code"] for one in shown["papers"]] == [REPORT]
    assert [one["handed_in"] for one in shown["documents_needed"]] == [False]


def test_a_paper_has_the_same_words_with_every_kind() -> None:
    words: dict[str, set[tuple[str, str]]] = {}
    for kind in catalogue.kinds():
        for one in catalogue.papers_of(kind):
            words.setdefault(one["code"], set()).add((one["ar"], one["en"]))

    assert {code for code, found in words.items() if len(found) > 1} == set()
