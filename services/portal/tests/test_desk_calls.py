"""The operator files a report for a caller, and the month table."""

from datetime import UTC, datetime

import pytest
from reports_shown import REPORT_ID, report, words
from sqlalchemy import select

from pages.origins import csrf_token
from portal.domain.areas import DESK
from portal.domain.tasks import CALLS, STATISTICS
from portal.models import SavedForm
from portal.outside.services import FileReply, Reply, ServiceAway, TokenRefused
from saudi.days import legal_day

CALL, FILED = "/desk/calls", "/v1/reports"
KEY = "0195ff10-4d00-7b22-9d3f-0000000000aa"
TYPED = {
    "key": KEY,
    "category": "pothole",
    "description": "حفرة أمام المدرسة",
    "town": "سيهات",
    "landmark": "المدرسة الثانية",
    "mobile": "0500000001",
    "language": "ar",
}
MONTH = "/v1/statistics/monthly"


@pytest.fixture
def operator(browser):
    """The browser of somebody who answers calls."""
    browser.sign_in(CALLS)
    return browser


@pytest.fixture
def statistician(browser):
    """The browser of somebody who counts reports."""
    browser.sign_in(STATISTICS)
    return browser


def test_a_report_is_filed_for_a_caller_under_the_key_of_its_form(operator, reports):
    filed = report(inquiry_code="48210937", earlier_numbers=["1448104200"])
    reports.replies[FILED] = Reply(201, filed)

    shown = operator.post(CALL, TYPED).text

    body = {
        "submission_id": KEY,
        "channel": "call",
        "category": "pothole",
        "description": "حفرة أمام المدرسة",
        "location": {"town": "سيهات", "landmark": "المدرسة الثانية"},
        "language": "ar",
        "reporter": {"mobile": "0500000001"},
    }
    assert reports.asked == [(FILED, body)]
    assert "1448104233" in shown
    assert "48210937" in shown
    assert "1448104200" in shown
    assert f'href="/desk/reports/{REPORT_ID}"' in shown


def test_the_type_comes_first_and_brings_its_questions(operator):
    assert f'href="{CALL}?category=container-request"' in operator.get(CALL).text

    shown = operator.get(f"{CALL}?category=container-request").text

    assert 'name="extra-houses"' in shown
    assert "عدد المنازل المستفيدة" in shown


def test_an_answer_to_a_question_of_the_type_is_sent_with_it(operator, reports):
    reports.replies[FILED] = Reply(201, report())

    operator.post(CALL, {**TYPED, "category": "container-request", "extra-houses": "12"})

    assert reports.asked[0][1]["extra"] == {"houses": "12"}


def test_a_moment_is_chosen_and_sent_as_a_moment_in_riyadh(operator, reports):
    reports.replies[FILED] = Reply(201, report())
    shown = operator.get(f"{CALL}?category=spoiled-food").text

    operator.post(CALL, {**TYPED, "category": "spoiled-food", "extra-seen_at": "2026-11-29T10:00"})

    assert 'name="extra-seen_at" type="datetime-local"' in shown
    assert reports.asked[0][1]["extra"] == {"seen_at": "2026-11-29T10:00:00+03:00"}


def test_several_answers_to_a_question_are_chosen_sent_and_kept(operator, reports):
    reports.replies[FILED] = Reply(400, {"type": "x/invalid-request", "errors": []})

    shown = operator.post(
        CALL, {**TYPED, "category": "facade-poor", "extra-seen": ["paint", "cables"]}
    ).text

    assert reports.asked[0][1]["extra"] == {"seen": ["paint", "cables"]}
    assert 'type="checkbox" name="extra-seen" value="paint" checked' in shown
    assert 'type="checkbox" name="extra-seen" value="units">' in shown


def test_every_fault_leads_to_its_input_and_nothing_typed_is_lost(operator, reports):
    errors = [
        {"field": "location.town", "detail": "بلدة؟"},
        {"field": "reporter.mobile", "detail": "جوال؟"},
        {"field": "extra.houses", "detail": "كم؟"},
    ]
    reports.replies[FILED] = Reply(400, {"type": "x/invalid-request", "errors": errors})

    shown = operator.post(CALL, {**TYPED, "category": "container-request"}).text

    for name, said in (("town", "بلدة؟"), ("mobile", "جوال؟"), ("extra-houses", "كم؟")):
        assert f'<a href="#{name}">' in shown
        assert f": {said}</a>" in shown
        assert f'id="{name}"' in shown
    assert "حفرة أمام المدرسة</textarea>" in shown
    assert f'name="key" value="{KEY}"' in shown


def test_while_the_service_is_away_the_call_is_not_lost(operator, reports):
    reports.replies[FILED] = None

    answer = operator.post(CALL, TYPED)

    assert answer.status_code == 503
    assert "حفرة أمام المدرسة</textarea>" in answer.text
    assert f'name="key" value="{KEY}"' in answer.text


class FilingService:
    """Files one report for each submission, as `reports` does. `lost`: so many answers get lost; `refused`: so many
    tokens aren't taken."""

    def __init__(self):
        self.filed = {}
        self.lost = 0
        self.refused = 0

    def post(self, _token, _path, _language, body, **_):
        if self.refused:
            self.refused -= 1
            raise TokenRefused
        if not body["description"]:
            errors = [{"field": "description", "detail": "مطلوب"}]
            return Reply(400, {"type": "x/invalid-request", "errors": errors})
        first = self.filed.setdefault(body["submission_id"], body)
        if self.lost:
            self.lost -= 1
            raise ServiceAway("test")
        if first != body:
            return Reply(409, {"type": "urn:qatif:problem/submission-used", "title": "مستخدم"})
        return Reply(201, report(inquiry_code="48210937", earlier_numbers=[]))


@pytest.fixture
def filing(reports, monkeypatch):
    service = FilingService()
    monkeypatch.setattr(reports, "post", service.post)
    return service


def test_after_a_lost_answer_a_changed_word_leads_to_the_report_that_was_filed(operator, filing):
    filing.lost = 1
    operator.post(CALL, TYPED)

    shown = operator.post(CALL, {**TYPED, "description": "حفرة أعمق"})

    assert shown.status_code == 200
    assert "1448104233" in shown.text
    assert "48210937" in shown.text
    assert "لم يُسجل آخر تعديل" in shown.text
    assert [one["description"] for one in filing.filed.values()] == [TYPED["description"]]


def test_the_same_words_sent_again_lead_to_the_report_without_a_warning(operator, filing):
    filing.lost = 1
    operator.post(CALL, TYPED)

    shown = operator.post(CALL, TYPED).text

    assert "48210937" in shown
    assert "لم يُسجل آخر تعديل" not in shown


def test_the_first_body_is_found_again_after_the_answer_to_a_change_got_lost_too(operator, filing):
    filing.lost = 2
    operator.post(CALL, TYPED)
    operator.post(CALL, {**TYPED, "description": "حفرة أعمق"})

    shown = operator.post(CALL, {**TYPED, "description": "حفرة أعمق بكثير"}).text

    assert "48210937" in shown


def test_a_body_that_was_refused_is_not_the_first_one(operator, filing):
    operator.post(CALL, {**TYPED, "description": ""})
    filing.refused = 1
    operator.post(CALL, {**TYPED, "description": "بلا دخول"})
    filing.lost = 1
    operator.post(CALL, TYPED)

    shown = operator.post(CALL, {**TYPED, "description": "حفرة أعمق"}).text

    assert "48210937" in shown


@pytest.mark.parametrize("refusal", ["token", "fault"])
def test_a_refusal_of_a_later_try_does_not_lose_the_first_body(operator, filing, refusal):
    filing.lost = 1
    operator.post(CALL, TYPED)
    if refusal == "token":
        filing.refused = 1
        operator.post(CALL, TYPED)
    else:
        operator.post(CALL, {**TYPED, "description": ""})

    shown = operator.post(CALL, {**TYPED, "description": "حفرة أعمق"}).text

    assert "48210937" in shown


def test_the_body_of_one_session_is_not_found_in_another(operator, other_browser, filing):
    filing.lost = 1
    operator.post(CALL, TYPED)
    other_browser.sign_in(CALLS)

    answer = other_browser.post(CALL, {**TYPED, "description": "حفرة أعمق"})

    assert answer.status_code == 409
    assert "48210937" not in answer.text


def test_the_kept_body_is_sealed_and_goes_with_the_session(operator, filing, session):
    operator.post(CALL, TYPED)
    stored = session.connection().exec_driver_sql("SELECT content FROM saved_form").scalar_one()

    operator.post("/desk/sign-out", {})

    assert b"0500000001" not in bytes(stored)
    assert session.scalars(select(SavedForm.form_id)).all() == []


def test_a_call_typed_while_the_token_wore_out_waits_for_the_new_one(browser, reports, desk_issuer):
    desk_issuer.claims = {"exp": int(datetime.now(UTC).timestamp()) + 5}
    browser.sign_in(CALLS)
    facade = {**TYPED, "category": "facade-poor", "extra-seen": ["paint", "cables"]}
    kept = browser.post(CALL, facade).headers["location"]
    desk_issuer.claims = {}
    browser.sign_in(CALLS)

    shown = browser.get(kept).text

    assert reports.asked == []
    assert "0500000001" not in kept
    assert "حفرة أمام المدرسة</textarea>" in shown
    assert 'value="0500000001"' in shown
    assert 'name="extra-seen" value="cables" checked' in shown


def test_a_type_that_does_not_exist_is_chosen_anew(operator, reports):
    assert "ما نوع البلاغ؟" in operator.get(f"{CALL}?category=moon").text
    reports.replies[FILED] = Reply(400, {"type": "x/invalid-request", "errors": []})
    assert operator.post(CALL, {**TYPED, "category": "<b>"}).status_code == 400


def test_a_form_of_another_site_files_nothing(operator, reports):
    form = {**TYPED, "csrf_token": csrf_token(operator.cookies[DESK.cookie])}

    assert operator.send(CALL, form, {"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert operator.send(CALL, TYPED, {"Sec-Fetch-Site": "same-origin"}).status_code == 403
    assert reports.asked == []


def test_who_may_not_file_has_no_form(officer, reports):
    assert officer.get(CALL).status_code == 403
    assert officer.post(CALL, TYPED).status_code == 403
    assert reports.asked == []


def row(**changes):
    counts = dict.fromkeys(
        ("received", "treated", "open", "linked_external", "rejected", "duplicates", "overdue"), 0
    )
    titles = {"municipality_title": None, "category_title": None}
    figures = {"median_working_hours": 13.5, "share_in_time": 0.912}
    return {"municipality": None, "category": None, **titles, **counts, **figures, **changes}


def test_the_month_table_begins_with_this_month_of_riyadh(statistician, reports):
    safwa = row(municipality_title=words("بلدية صفوى", "Safwa"), received=1075)
    reports.replies[MONTH] = Reply(200, {"month": "2026-11", "rows": [row(), safwa]})

    shown = statistician.get("/desk/statistics").text

    assert reports.asked == [(MONTH, {"month": f"{legal_day(datetime.now(UTC)):%Y-%m}"})]
    assert "بلدية صفوى" in shown
    assert '<bdi dir="ltr">1,075</bdi>' in shown
    assert '<bdi dir="ltr">91%</bdi>' in shown


def test_the_file_of_a_month_is_the_services_own(statistician, reports):
    reports.replies[f"{MONTH}.csv"] = FileReply("البلدية".encode(), "text/csv; charset=utf-8")

    answer = statistician.get("/desk/statistics.csv?month=1448-06")

    assert answer.text == "البلدية"
    assert answer.headers["content-disposition"] == 'attachment; filename="reports-1448-06.csv"'
    foreign = statistician.get("/desk/statistics.csv", **{"Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == 403


def test_a_month_that_is_none_is_a_fault_of_its_input(statistician, reports):
    errors = [{"field": "month", "detail": "ليس شهرًا"}]
    reports.replies[MONTH] = Reply(400, {"type": "x/invalid-request", "errors": errors})

    shown = statistician.get('/desk/statistics?month="><script>').text

    assert '<a href="#month">' in shown
    assert ": ليس شهرًا</a>" in shown
    assert "<script" not in shown


def test_while_the_service_is_away_the_table_says_so(statistician, reports):
    reports.replies[MONTH] = None

    assert statistician.get("/desk/statistics").status_code == 503
    reports.replies[f"{MONTH}.csv"] = None
    assert statistician.get("/desk/statistics.csv").status_code == 503


def test_the_month_table_is_for_those_who_count(officer):
    assert officer.get("/desk/statistics").status_code == 403
    assert officer.get("/desk/statistics.csv").status_code == 403
