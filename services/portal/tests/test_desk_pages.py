"""The desk for reports: the inbox, a report, and the actions on it."""

import re

import pytest
from reports_shown import (
    PHOTO_ID,
    REPORT,
    REPORT_ID,
    page,
    report,
    report_replies,
    words,
)

from portal.domain.tasks import CALLS, TREATMENT
from portal.outside.services import FileReply, Reply

INBOX, SHOWN = "/desk/reports", f"/desk/reports/{REPORT_ID}"
REFER, REFERRED = f"{SHOWN}/actions/refer", f"{REPORT}/refer"
TYPED = {"key": "k-1", "version": "7", "department": "drainage", "note": "مجرى أمطار"}
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def answering(reports):
    reports.replies |= report_replies()
    reports.replies[REFERRED] = Reply(200, report(version=8))


def problem(slug, status, **more):
    return Reply(status, {"type": f"urn:qatif:problem/{slug}", "title": slug, **more})


# The inbox


@pytest.mark.parametrize(
    ("view", "asked"),
    [
        ("open", {"open": "true", "order": "due"}),
        ("mine", {"mine": "true", "open": "true", "order": "due"}),
        ("unassigned", {"unassigned": "true", "order": "due"}),
        ("overdue", {"overdue": "true", "order": "due"}),
    ],
)
def test_a_view_is_what_the_service_answers_to_this_person(officer, reports, view, asked):
    shown = officer.get(f"{INBOX}?view={view}&department=roads").text

    narrowed = {"department": "roads", "limit": 20, "with_counts": "true"}
    assert ("/v1/reports", {**asked, **narrowed}) in reports.asked
    assert f'href="{SHOWN}"' in shown
    assert 'value="roads" selected' in shown
    assert f'href="/desk/reports?view={view}&amp;department=roads" aria-current="page"' in shown


def test_an_answer_of_the_reporter_is_marked_in_the_list_and_on_the_report(officer, reports):
    reports.replies |= report_replies(answered=True)

    for address in (INBOX, SHOWN):
        assert "وصل جواب المبلّغ" in officer.get(address).text


def test_each_view_says_how_many_reports_it_has(officer, reports):
    reports.replies["/v1/reports"] = Reply(200, page(report(), open=1041, mine=7))

    shown = officer.get(f"{INBOX}?department=roads").text

    assert 'المفتوحة&nbsp;<bdi dir="ltr">1041</bdi></a>' in shown
    assert 'بلاغاتي&nbsp;<bdi dir="ltr">7</bdi></a>' in shown


def test_reports_are_narrowed_by_type_place_and_days_and_the_tabs_keep_them(officer, reports):
    chosen = "category=pothole&place=سيهات|النسيم&filed_from=1448/06/01&filed_to=1448/06/14"

    plain, more = officer.get(INBOX).text, officer.get(f"{INBOX}?more=yes").text
    shown = officer.get(f"{INBOX}?{chosen}").text

    asked = reports.asked[-1][1]
    assert (asked["category"], asked["town"], asked["district"]) == ("pothole", "سيهات", "النسيم")
    assert (asked["filed_from"], asked["filed_to"]) == ("1448/06/01", "2026-11-25")
    assert 'value="pothole" selected' in shown
    assert "view=mine&amp;category=pothole&amp;place=" in shown
    assert ('name="category"' in plain, 'name="category"' in more) == (False, True)


def test_a_refused_filter_leads_to_its_input(officer, reports):
    faults = [{"field": "department", "detail": "لا توجد إدارة بهذا الرمز"}]
    reports.replies["/v1/reports"] = Reply(400, {"title": "x", "errors": faults})

    shown = officer.get(f"{INBOX}?department=roads").text

    assert 'href="#department"' in shown


@pytest.mark.parametrize("typed", ["غدا", "12/2026", "2026-11"])
def test_a_day_that_is_none_is_said_at_its_input_and_asked_nowhere(officer, reports, typed):
    before = len(reports.asked)

    answer = officer.get(f"{INBOX}?department=roads&filed_from={typed}")

    assert answer.status_code == 400
    assert 'id="filed_from-fault"' in answer.text
    assert f'value="{typed}"' in answer.text
    assert 'view=mine&amp;department=roads"' in answer.text
    assert len(reports.asked) == before


def test_the_next_page_keeps_view_and_filters(officer, reports):
    reports.replies["/v1/reports"] = Reply(200, page(report(), cursor="c2"))

    shown = officer.get(f"{INBOX}?view=overdue&department=roads").text

    assert 'href="/desk/reports?view=overdue&amp;department=roads&amp;cursor=c2"' in shown
    officer.get(f"{INBOX}?view=overdue&department=roads&cursor=c2")
    assert "c2" in [asked.get("cursor") for _, asked in reports.asked]


@pytest.mark.parametrize(
    ("due_at", "chip"),
    [
        ("2020-01-01T08:00:00Z", "متأخر"),
        ("2200-01-01T08:00:00Z", "في الموعد"),
        (None, "المدة متوقفة"),
    ],
)
def test_a_row_says_how_its_service_time_stands(officer, reports, due_at, chip):
    row = report(due_at=due_at, due_on=due_at and due_at[:10])
    reports.replies["/v1/reports"] = Reply(200, page(row))

    assert f">{chip}</span>" in officer.get(INBOX).text


def test_while_the_service_is_away_the_inbox_does_not_say_that_nothing_waits(officer, reports):
    reports.replies["/v1/reports"] = None

    answer = officer.get(INBOX)

    assert answer.status_code == 503
    assert "خدمة البلاغات غير متاحة الآن" in answer.text
    assert "لا بلاغات في هذه القائمة" not in answer.text


# The search


def test_a_number_leads_to_its_report_from_every_page_of_the_desk(officer, reports):
    for shown in (officer.get(INBOX), officer.get(SHOWN), officer.get(REFER)):
        assert 'action="/desk/search" role="search"' in shown.text

    kept = officer.post("/desk/search", {"number": "١٤٤٨١٠٤٢٣٣"})
    found = officer.get(kept.headers["location"])

    assert "1448104233" not in kept.headers["location"]
    assert ("/v1/reports", {"number": "1448104233"}) in reports.asked
    assert found.headers["location"] == SHOWN


def test_an_identity_number_is_asked_nowhere_and_stands_in_no_address(officer, reports):
    kept = officer.post("/desk/search", {"number": "1000000016"})
    shown = officer.get(kept.headers["location"])

    assert "1000000016" not in kept.headers["location"]
    assert shown.status_code == 400
    assert "ليس رقم بلاغ" in shown.text
    assert reports.asked == []


def test_a_mobile_is_searched_by_a_form_and_stands_in_no_address(officer, reports, session):
    kept = officer.post("/desk/search", {"mobile": "0500000001", "note": "يتصل المبلّغ"})
    shown = officer.get(kept.headers["location"])

    assert "0500000001" not in kept.headers["location"]
    body = {"mobile": "0500000001", "note": "يتصل المبلّغ"}
    assert ("/v1/report-searches", body) in reports.asked
    assert f'href="{SHOWN}"' in shown.text
    stored = session.connection().exec_driver_sql("SELECT content FROM saved_form").scalar_one()
    assert b"0500000001" not in bytes(stored)


def searches_of(reports):
    return [body for path, body in reports.asked if path == "/v1/report-searches"]


def test_a_search_by_mobile_is_recorded_once_however_often_its_page_is_fetched(officer, reports):
    kept = officer.post("/desk/search", {"mobile": "0500000001"}).headers["location"]

    shown = [officer.get(kept).text, officer.get(kept).text, officer.get(f"{kept}&lang=en").text]

    assert len(searches_of(reports)) == 1
    assert all(f'href="{SHOWN}"' in one for one in shown)


def test_nothing_found_is_kept_too(officer, reports):
    reports.replies["/v1/report-searches"] = Reply(200, page())
    kept = officer.post("/desk/search", {"mobile": "0500000001"}).headers["location"]

    shown = [officer.get(kept).text for _ in range(2)]

    assert len(searches_of(reports)) == 1
    assert all("لا يوجد بلاغ" in one for one in shown)


def test_a_search_that_was_not_answered_is_asked_again(officer, reports):
    reports.replies["/v1/report-searches"] = None
    kept = officer.post("/desk/search", {"mobile": "0500000001"}).headers["location"]
    assert officer.get(kept).status_code == 503
    reports.replies |= report_replies()

    assert f'href="{SHOWN}"' in officer.get(kept).text


def test_a_second_search_for_the_same_mobile_is_a_search_of_its_own(officer, reports):
    for _ in range(2):
        officer.get(officer.post("/desk/search", {"mobile": "0500000001"}).headers["location"])

    assert len(searches_of(reports)) == 2


def test_a_search_of_another_session_opens_nothing(officer, other_browser, reports):
    kept = officer.post("/desk/search", {"mobile": "0500000001"}).headers["location"]
    other_browser.sign_in(CALLS)

    shown = other_browser.get(kept)

    assert reports.asked == []
    assert "0500000001" not in shown.text


# A report


def test_a_report_is_shown_in_words_with_its_day_in_both_calendars(officer):
    shown = officer.get(SHOWN).text

    assert "محال" in shown
    assert "1448هـ" in shown
    assert "25 نوفمبر 2026م" in shown
    assert "إدارة الطرق والأرصفة" in shown
    assert '<bdi dir="ltr">+966******001</bdi>' in shown
    assert f'src="{SHOWN}/photos/{PHOTO_ID}"' in shown
    assert "الموقع خلف المدرسة" in shown
    assert "حسب الاختصاص" in shown


def test_only_what_the_service_names_is_offered(officer, reports):
    reports.replies[REPORT] = Reply(200, report(status="resolved", actions=["close", "return"]))

    shown = officer.get(SHOWN).text

    offered = re.findall(rf'href="{SHOWN}/actions/([a-z_]+)"', shown)
    assert offered == ["return", "close", "note", "reveal"]


def test_who_may_not_write_notes_or_see_the_reporter_is_offered_neither(browser, reports):
    reports.replies[REPORT] = Reply(200, report(reporter=None, actions=["answer"]))
    reports.replies[f"{REPORT}/remarks"] = problem("not-found", 404)
    reports.replies[f"{REPORT}/photos"] = problem("not-found", 404)
    browser.sign_in(CALLS)

    shown = browser.get(SHOWN).text

    assert re.findall(rf'href="{SHOWN}/actions/([a-z_]+)"', shown) == ["answer"]
    assert ">المبلّغ</h2>" not in shown


def test_a_contractor_never_sees_the_reporter(browser, reports, desk_issuer):
    hidden = {"reporter": None, "description": None, "extra": None, "treatment": None}
    reports.replies[REPORT] = Reply(200, report(**hidden, actions=[]))
    reports.replies[f"{REPORT}/history"] = problem("not-found", 404)
    reports.replies[f"{REPORT}/remarks"] = problem("not-found", 404)
    desk_issuer.claims = {"contractor": "al-amal"}
    browser.sign_in(TREATMENT)

    shown = browser.get(SHOWN).text

    assert "+966" not in shown
    assert "ما كتبه المبلّغ" not in shown
    assert "/actions/reveal" not in shown


def test_another_municipalitys_report_is_not_found(officer, reports):
    reports.replies[REPORT] = problem("not-found", 404)

    assert officer.get(SHOWN).status_code == 404
    assert officer.get(REFER).status_code == 404
    reports.replies[REFERRED] = problem("not-found", 404)
    assert officer.post(REFER, TYPED).status_code == 404


def test_while_the_service_is_away_the_report_says_so(officer, reports):
    reports.replies[REPORT] = None

    assert officer.get(SHOWN).status_code == 503


def test_a_photo_comes_through_the_portal_and_is_kept_nowhere(officer):
    answer = officer.get(f"{SHOWN}/photos/{PHOTO_ID}")

    assert answer.content == b"jpg"
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["cache-control"] == "no-store"
    assert (
        officer.get(f"{SHOWN}/photos/{PHOTO_ID}", **{"Sec-Fetch-Site": "cross-site"}).status_code
        == 403
    )


def test_a_file_that_is_no_photo_is_not_passed_on(officer, reports):
    reports.replies[f"{REPORT}/photos/{PHOTO_ID}"] = FileReply(SCRIPT.encode(), "text/html")

    answer = officer.get(f"{SHOWN}/photos/{PHOTO_ID}")

    assert answer.status_code == 404
    assert SCRIPT not in answer.text


def test_stored_script_is_text_in_every_free_field(officer, reports):
    location = {
        "town": SCRIPT, "district": SCRIPT, "landmark": SCRIPT, "latitude": 26.4, "longitude": 50.0,
    }  # fmt: skip
    external = {"body": "traffic", "body_title": words(SCRIPT, SCRIPT), "reference": SCRIPT}
    treatment = {
        "assignee": SCRIPT, "question": SCRIPT, "external": external, "resolution": SCRIPT, "reason": SCRIPT,
    }  # fmt: skip
    reporter = {
        "name": SCRIPT, "mobile": SCRIPT, "callback": SCRIPT, "mobile_confirmed": True, "language": "ar",
    }  # fmt: skip
    poisoned = report(
        description=SCRIPT, town=SCRIPT, district=SCRIPT, location=location, treatment=treatment,
        reporter=reporter, department=SCRIPT, work_order={"contractor": SCRIPT, "text": SCRIPT},
    )  # fmt: skip
    entry = {
        "at": "2026-11-25T08:00:00Z", "action": SCRIPT, "action_title": words(SCRIPT, SCRIPT), "version": 2,
        "note": SCRIPT, "details": {"department": SCRIPT}, "subject": SCRIPT, "name": SCRIPT, "client_id": SCRIPT,
        "organisation": SCRIPT,
    }  # fmt: skip
    remark = {"kind": "note", "text": SCRIPT, "at": "2026-11-25T08:00:00Z", "name": SCRIPT}
    reports.replies |= {
        "/v1/reports": Reply(200, page(poisoned)),
        REPORT: Reply(200, poisoned),
        f"{REPORT}/history": Reply(200, {"items": [entry]}),
        f"{REPORT}/remarks": Reply(200, {"items": [remark]}),
        REFERRED: problem("invalid-request", 400, detail=SCRIPT),
    }

    answers = [
        officer.get(INBOX),
        officer.get(SHOWN),
        officer.get(REFER),
        officer.post(REFER, {**TYPED, "note": SCRIPT}),
    ]

    assert [one.status_code for one in answers] == [200, 200, 200, 400]
    assert all("<script" not in one.text for one in answers)
    assert all("&lt;script&gt;" in one.text for one in answers)


def test_the_answers_to_a_types_questions_are_shown_in_words(officer, reports):
    rubble = report(category="construction-rubble", extra={"volume": "truck", "other": SCRIPT})
    reports.replies[REPORT] = Reply(200, rubble)

    shown = officer.get(SHOWN).text

    assert "حجم المخلفات" in shown
    assert "حمولة شاحنة" in shown
    assert "<script" not in shown
