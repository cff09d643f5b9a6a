"""The reports that a citizen filed while signed in: their state, what happens next, and the answer to a question."""

import re
from collections.abc import Mapping
from typing import Any

import flask

from chassis.http.problems import Problem
from pages.marks import arabic, code, tone_of_state
from pages.site import Visit
from portal.api.asking import answer_or_problem, post
from portal.api.entry_forms import KEY, EntryForm, Surroundings, show_form, submit_form
from portal.api.listing import done_of, page_links, page_query
from portal.domain.entry_form import EntryField, body_of
from portal.domain.inputs import read_whole_number

PATH, SERVICE = "/my/reports", "/v1/my/reports"
_ROWS = 20
_DONE = ("my_report_answer",)
_ANSWER = (EntryField("text", "text", 2_000), EntryField("question_id", "hidden"))
_NUMBER = re.compile(r"1[0-9]{9,12}")


def show_reports(visit: Visit) -> flask.Response:
    """GET /my/reports: newest first."""
    page = answer_or_problem(visit, SERVICE, page_query(visit, _ROWS))
    return visit.render(
        "my_reports.html",
        reports=page["items"],
        tone=tone_of_state,
        done=done_of(visit, _DONE),
        **page_links(visit, page),
    )


def show_answer(visit: Visit, number: str) -> flask.Response:
    """GET /my/reports/{number}/answer: the question, and the form."""
    return show_form(visit, _answer(visit, number))


def submit_answer(visit: Visit, number: str) -> flask.Response:
    """POST /my/reports/{number}/answer: sends the answer, once for each form."""
    return submit_form(visit, _answer(visit, number))


def _answer(visit: Visit, number: str) -> EntryForm:
    if not _NUMBER.fullmatch(number):
        raise Problem("not-found")

    def look() -> Surroundings:
        report = _find(visit, number)
        facts = [
            (visit.text("report_number"), code(number)),
            (visit.text("my_report_question"), arabic(report["question"])),
        ]
        return Surroundings(facts=facts, blank={"question_id": str(report["question_id"])})

    return EntryForm(
        name="my_report_answer",
        address=f"{PATH}/{number}/answer",
        back=PATH,
        fields=_ANSWER,
        look=look,
        send=lambda typed: post(
            visit, f"{SERVICE}/{number}/answer", _body_of(typed), once=typed[KEY]
        ),
        conflicts=("question-changed",),
        target=lambda _: f"{PATH}?done=my_report_answer",
    )


def _body_of(typed: Mapping[str, str]) -> dict[str, Any]:
    """Returns the answer with the question that the form has shown. A form that names no question answers none."""
    asked = read_whole_number(typed["question_id"], most_digits=15)
    return {**body_of(_ANSWER, typed), "question_id": asked or 0}


def _find(visit: Visit, number: str) -> Mapping[str, Any]:
    """Returns the report with the question that waits. Raises Problem where none waits any more."""
    report: Mapping[str, Any] = answer_or_problem(visit, f"{SERVICE}/{number}")
    if not report["question"]:
        raise Problem("not-found")
    return report
