"""A citizen's reports: filed from the public pages while signed in, and listed."""

import pytest
from reporting import enter, step, submit

from chassis.core import contracts
from portal.domain.areas import MY
from portal.domain.tasks import MY_PERMITS, MY_REPORTS
from portal.outside.services import Reply, TokenRefused

MINE, PAGE = "/v1/my/reports", "/my/reports"
LISTED = contracts.openapi("reports")["components"]["examples"]["MyReportPage"]["value"]
REPORT = LISTED["items"][0]


@pytest.fixture
def reporter(browser, reports):
    """The browser of a citizen who signed in for reports."""
    reports.replies[MINE] = Reply(200, {**LISTED, "next_cursor": "c2"})
    assert browser.sign_in(MY_REPORTS).headers["location"] == PAGE
    return browser


def filed_as_mine(browser):
    return step(browser, "/report/review", {"mine": "yes"})


def test_the_list_says_what_happens_next(reporter):
    shown = reporter.get(PAGE).text

    assert REPORT["report_number"] in shown
    assert REPORT["next"]["ar"] in shown
    assert f'href="{PAGE}?cursor=c2"' in shown


def test_without_reports_the_page_says_how_others_are_found(reporter, reports):
    reports.replies[MINE] = Reply(200, {"items": [], "next_cursor": None})

    assert "لا تظهر هنا البلاغات التي قُدمت دون دخول" in reporter.get(PAGE).text


def test_while_reports_is_away_nobody_reads_that_there_is_nothing(reporter, reports):
    reports.replies[MINE] = None

    answer = reporter.get(PAGE)

    assert answer.status_code == 503
    assert "لا بلاغات" not in answer.text


ANSWER = f"{PAGE}/{REPORT['report_number']}/answer"
ANSWERED = f"{MINE}/{REPORT['report_number']}/answer"


@pytest.fixture
def asked(reporter, reports):
    """The browser of a citizen of whom the municipality has asked something."""
    waiting = {
        **REPORT,
        "status": "waiting_reporter",
        "question": "أين يقع العمود؟",
        "question_id": 17,
    }
    reports.replies |= {
        MINE: Reply(200, {"items": [waiting], "next_cursor": None}),
        f"{MINE}/{REPORT['report_number']}": Reply(200, waiting),
        ANSWERED: Reply(200, REPORT),
    }
    return reporter


def test_a_question_is_answered_from_the_list_once_for_its_form(asked, reports):
    listed, shown = asked.get(PAGE).text, asked.get(ANSWER).text
    answer = asked.post(ANSWER, {"text": "أمام المدرسة", "question_id": "17", "key": "k-1"})

    assert f'href="{ANSWER}"' in listed
    assert "أين يقع العمود؟" in shown
    assert 'name="question_id" value="17"' in shown
    assert (ANSWERED, {"text": "أمام المدرسة", "question_id": 17}) in reports.asked
    assert reports.keys == ["k-1"]
    assert answer.headers["location"] == f"{PAGE}?done=my_report_answer"
    assert "وصل جوابكم" in asked.get(answer.headers["location"]).text


def test_a_newer_question_is_shown_with_the_typed_answer(asked, reports):
    changed = {"type": "urn:qatif:problem/question-changed", "title": "سؤال آخر"}
    newer = {**REPORT, "question": "ما لون العمود؟", "question_id": 18}
    reports.replies |= {
        ANSWERED: Reply(409, changed),
        f"{MINE}/{REPORT['report_number']}": Reply(200, newer),
    }

    answer = asked.post(ANSWER, {"text": "أمام المدرسة", "question_id": "17", "key": "k-1"})

    assert answer.status_code == 409
    assert "سؤال آخر" in answer.text
    assert "ما لون العمود؟" in answer.text
    assert "أمام المدرسة</textarea>" in answer.text
    assert 'name="question_id" value="18"' in answer.text


def test_a_question_about_an_old_report_is_answered_too(asked, reports):
    reports.replies[MINE] = Reply(200, {"items": [], "next_cursor": "c2"})

    assert "أين يقع العمود؟" in asked.get(ANSWER).text


def test_without_a_question_there_is_no_form(reporter, reports):
    reports.replies[f"{MINE}/{REPORT['report_number']}"] = Reply(200, REPORT)

    assert f'href="{ANSWER}"' not in reporter.get(PAGE).text
    assert reporter.get(ANSWER).status_code == 404
    assert reporter.get(f"{PAGE}/x/answer").status_code == 404


def test_a_citizen_who_is_signed_in_files_a_report_among_the_own_ones(
    reporter, reports, public_reports
):
    enter(reporter)
    reports.replies[MINE] = Reply(201, REPORT)
    review = reporter.get("/report/review").text

    answer = filed_as_mine(reporter)

    assert 'name="mine" value="yes" checked>' in review
    assert answer.headers["location"] == "/report/filed"
    assert REPORT["report_number"] in reporter.get("/report/filed").text
    assert [path for path, body in reports.asked if isinstance(body, dict)] == [MINE]
    assert public_reports.filed == {}


def test_the_form_begins_with_what_is_known_of_the_citizen_and_leads_to_the_reports(
    reporter, reports
):
    reports.replies["/v1/my/report-start"] = Reply(
        200, {"name": "علي آل تجربة", "mobile": "+966500000001"}
    )
    step(reporter, "/report/kind", {"category": "pothole"})
    begun = reporter.get("/report/details").text
    enter(reporter, name="زينب آل تجربة", mobile="")
    typed = reporter.get("/report/details").text
    submit(reporter)

    assert 'name="name" type="text" value="علي آل تجربة"' in begun
    assert 'name="mobile" type="text" value="050 000 0001"' in begun
    assert 'value="زينب آل تجربة"' in typed
    assert "علي آل تجربة" not in typed.partition("<main")[2]
    assert f'href="{PAGE}"' in reporter.get("/report/filed").text


def test_the_form_stands_without_what_is_known_of_the_citizen(reporter, reports):
    reports.replies["/v1/my/report-start"] = Reply(503, {})
    step(reporter, "/report/kind", {"category": "pothole"})

    shown = reporter.get("/report/details")

    assert shown.status_code == 200
    assert 'name="name" type="text" value=""' in shown.text


def test_who_takes_the_tick_away_files_as_everybody(reporter, reports, public_reports):
    enter(reporter)

    submit(reporter)

    assert len(public_reports.filed) == 1
    assert reports.asked == []


@pytest.mark.parametrize("task", [None, MY_PERMITS])
def test_without_a_sign_in_for_reports_nothing_is_offered(browser, public_reports, task):
    if task is not None:
        browser.sign_in(task)
    enter(browser)

    assert 'name="mine"' not in browser.get("/report/review").text


def test_a_refused_token_files_nothing_and_says_so(reporter, reports, public_reports, monkeypatch):
    enter(reporter)

    def refuse(*_, **__):
        raise TokenRefused

    monkeypatch.setattr(reports, "post", refuse)
    refused = filed_as_mine(reporter)

    assert refused.status_code == 403
    assert "لم يُرسل البلاغ بعد" in refused.text
    assert 'name="mine"' not in refused.text
    assert public_reports.filed == {}
    assert submit(reporter).headers["location"] == "/report/filed"
    assert len(public_reports.filed) == 1


def test_a_session_that_ended_while_the_page_was_open_files_nothing_by_itself(
    reporter, public_reports
):
    enter(reporter)
    del reporter.cookies[MY.cookie]

    assert "لم يُرسل البلاغ بعد" in filed_as_mine(reporter).text
    assert public_reports.filed == {}


def test_a_lost_answer_keeps_the_choice_and_the_same_submission(reporter, reports):
    enter(reporter)
    reports.replies[MINE] = None
    away = filed_as_mine(reporter)
    reports.replies[MINE] = Reply(201, REPORT)
    filed_as_mine(reporter)

    first, again = (body["submission_id"] for path, body in reports.asked if path == MINE)
    assert away.status_code == 503
    assert 'name="mine" value="yes" checked' in away.text
    assert first == again
