"""What a person reads when an answer of `reports` was lost, a try refused, or a second tab was at work meanwhile."""

import pytest
from reporting import NUMBER, enter, refusal, step, submit

FIRST, LATER = "كما أُرسل أولًا", "بعد التعديل"
UNSENT = "تعديل لم يُرسل"
LIMITED = refusal(slug="too-many-requests", status=429)
FAULTY = refusal(("reporter.mobile", "رقم الجوال غير صحيح"))


def descriptions(public_reports):
    return [one["description"] for one in public_reports.filed.values()]


@pytest.mark.parametrize("second", [LIMITED, FAULTY])
def test_a_refused_second_try_forgets_no_report_that_arrived(browser, public_reports, second):
    enter(browser, description=FIRST)
    public_reports.lost = {"file"}
    submit(browser)
    public_reports.lost = set()
    public_reports.refusals["file"] = second
    refused = submit(browser)
    del public_reports.refusals["file"]
    enter(browser, description=LATER)

    third = submit(browser)

    assert refused.status_code == second.status
    assert (third.status_code, third.headers["location"]) == (303, "/report/filed")
    assert descriptions(public_reports) == [FIRST]
    assert NUMBER in browser.get("/report/filed").text


def test_a_limit_tells_nothing_of_a_first_try_either(browser, public_reports):
    enter(browser, description=FIRST)
    public_reports.meanwhile = lambda: public_reports.refusals.update(file=LIMITED)
    submit(browser)
    del public_reports.refusals["file"]
    enter(browser, description=LATER)

    submit(browser)

    assert descriptions(public_reports) == [FIRST]
    assert NUMBER in browser.get("/report/filed").text


@pytest.mark.parametrize("refused", [LIMITED, FAULTY])
def test_behind_a_refusal_the_report_is_filed_as_it_was_changed(browser, public_reports, refused):
    enter(browser, description=FIRST)
    public_reports.refusals["file"] = refused
    submit(browser)
    del public_reports.refusals["file"]
    enter(browser, description=LATER)

    submit(browser)

    assert descriptions(public_reports) == [LATER]
    assert UNSENT not in browser.get("/report/filed").text


def test_a_change_behind_a_lost_answer_is_said_not_to_be_in_the_report(browser, public_reports):
    enter(browser, description=FIRST)
    public_reports.lost = {"file"}
    submit(browser)
    public_reports.lost = set()
    enter(browser, description=LATER)

    submit(browser)

    assert UNSENT in browser.get("/report/filed").text


def test_a_change_in_a_second_tab_is_said_not_to_be_in_the_report(browser, public_reports):
    enter(browser, description=FIRST)
    public_reports.meanwhile = lambda: enter(browser, description=LATER)

    submit(browser)
    shown = browser.get("/report/filed").text

    assert descriptions(public_reports) == [FIRST]
    assert NUMBER in shown
    assert UNSENT in shown


def test_a_report_that_was_sent_as_it_stands_says_nothing_of_changes(browser):
    enter(browser)

    submit(browser)

    assert UNSENT not in browser.get("/report/filed").text


def test_a_new_report_in_a_second_tab_outlives_the_filing_of_the_first(browser, public_reports):
    def begin_anew():
        step(browser, "/report", {"action": "discard"})
        enter(browser, description=LATER)

    enter(browser, description=FIRST)
    public_reports.meanwhile = begin_anew

    answer = submit(browser)

    assert answer.status_code == 200
    assert NUMBER in answer.text
    assert LATER in browser.get("/report/details").text
    submit(browser)
    assert descriptions(public_reports) == [FIRST, LATER]
