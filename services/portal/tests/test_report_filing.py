"""Somebody without an account files a report in a browser."""

from datetime import UTC, datetime, timedelta

import pytest
from reporting import (
    DETAILS,
    JPEG,
    NUMBER,
    PHOTO_ID,
    enter,
    listed,
    refusal,
    send_photos,
    step,
    submit,
)
from sqlalchemy import func, select, text, update

from chassis.core.vouched_addresses import HEADER, vouched_address
from portal.commands import report_drafts
from portal.commands.report_drafts import Browser, drop_old_drafts
from portal.domain import report_form
from portal.domain.report_form import ReportDraft
from portal.models import ReportDraftRow
from portal.outside.public_reports import PublicReports
from portal.outside.public_services import PageVisitor
from portal.outside.services import Reply


def to(answer, address):
    assert (answer.status_code, answer.headers.get("location")) == (303, address), answer.text


def test_a_report_is_filed_from_photo_to_number(browser, public_reports):
    to(send_photos(browser, ("hole.jpg", JPEG)), "/report/kind")
    to(enter(browser), "/report/review")
    review = browser.get("/report/review").text
    to(submit(browser), "/report/filed")
    shown = browser.get("/report/filed").text

    assert "لا نرسل إلى جوال لم يؤكده صاحبه" in shown
    (body,) = public_reports.filed.values()
    assert body["category"] == "pothole"
    assert body["location"] == {
        "town": "سيهات",
        "district": "النسيم",
        "landmark": "مدرسة",
        "latitude": 26.4834,
        "longitude": 50.0468,
    }
    assert body["reporter"] == {"name": DETAILS["name"], "mobile": "0500000001"}
    assert [one["upload_key"] for one in body["photos"]] == ["k" * 22]
    assert "بلدية سيهات" in review
    assert DETAILS["description"] in review
    assert NUMBER in shown
    assert "ستباشر الإدارة المختصة البلاغ." in shown
    assert 'href="/inquiry?kind=report"' in shown


def test_a_photo_may_be_left_out(browser, public_reports):
    to(step(browser, "/report"), "/report/kind")
    enter(browser)
    submit(browser)

    assert [one["photos"] for one in public_reports.filed.values()] == [[]]


def test_no_address_and_no_page_behind_the_filing_has_the_person(browser, public_reports):
    enter(browser)
    submit(browser)

    shown = browser.get("/report/filed").text + browser.get("/report").text

    assert DETAILS["name"] not in shown
    assert DETAILS["mobile"] not in shown


def test_the_other_language_keeps_what_was_typed(browser):
    enter(browser, description="شيء مكتوب")

    shown = browser.get("/report/details?lang=en").text

    assert "Details of the report" in shown
    assert "شيء مكتوب" in shown


def test_a_second_press_of_the_button_files_nothing_more(browser, public_reports):
    enter(browser)

    to(submit(browser), "/report/filed")
    to(submit(browser), "/report/filed")

    assert len(public_reports.filed) == 1


def test_an_answer_that_was_lost_leads_to_the_same_report(browser, public_reports):
    enter(browser)
    public_reports.lost = {"file"}
    lost = submit(browser)
    public_reports.lost = set()

    to(submit(browser), "/report/filed")

    assert lost.status_code == 503
    assert "لن يُسجل إلا بلاغ واحد" in lost.text
    assert DETAILS["description"] in lost.text
    assert len(public_reports.filed) == 1


def test_a_draft_that_changed_behind_a_lost_answer_leads_to_the_report_that_arrived(
    browser, public_reports
):
    enter(browser, description="كما أُرسل أولًا")
    public_reports.lost = {"file"}
    submit(browser)
    public_reports.lost = set()
    enter(browser, description="بعد التعديل")

    to(submit(browser), "/report/filed")

    assert [one["description"] for one in public_reports.filed.values()] == ["كما أُرسل أولًا"]
    assert NUMBER in browser.get("/report/filed").text


def test_what_never_arrived_is_filed_as_it_was_changed(browser, public_reports):
    enter(browser)
    public_reports.away = {"file"}
    submit(browser)
    public_reports.away = set()
    enter(browser, description="بعد التعديل")

    to(submit(browser), "/report/filed")

    assert [one["description"] for one in public_reports.filed.values()] == ["بعد التعديل"]


def test_behind_a_filed_report_a_new_one_begins(browser, public_reports):
    enter(browser)
    submit(browser)
    enter(browser, description="أخرى")
    submit(browser)

    assert len(public_reports.filed) == 2


def test_a_photo_is_sent_once_however_often_the_form_is_sent(browser, public_reports):
    for _ in range(2):
        send_photos(browser, ("hole.jpg", JPEG), action="add")

    assert len(public_reports.uploaded) == 1
    assert browser.get("/report").text.count("hole.jpg") == 2  # its name, and of its button


def test_a_file_that_is_no_picture_is_told_what_this_step_takes(browser, public_reports):
    detail = "أرسلوا صورة JPEG أو PNG أو ملف PDF"
    errors = [{"field": "file", "code": "file-type", "detail": detail}]
    public_reports.refusals["upload"] = Reply(400, {"errors": errors})

    shown = send_photos(browser, ("a.docx", b"PK")).text

    assert "ليس صورة" in shown
    assert detail not in shown


def test_a_photo_can_be_removed(browser, public_reports):
    send_photos(browser, ("hole.jpg", JPEG), action="add")
    to(step(browser, "/report", {"action": f"remove:{PHOTO_ID}"}), "/report")
    enter(browser)
    submit(browser)

    assert "hole.jpg" not in browser.get("/report").text
    assert [one["photos"] for one in public_reports.filed.values()] == [[]]


def test_a_photos_position_is_proposed_and_can_be_cleared(browser, public_reports):
    public_reports.position = {"latitude": 26.4834, "longitude": 50.0468}
    send_photos(browser, ("hole.jpg", JPEG))
    step(browser, "/report/kind", {"category": "pothole"})

    proposed = browser.get("/report/details").text
    step(browser, "/report/details", {**DETAILS, "latitude": "", "longitude": ""})
    cleared = browser.get("/report/details").text

    assert 'value="26.483400"' in proposed
    assert "من صورتكم" in proposed
    assert 'value="26.483400"' not in cleared
    assert "latitude" not in public_reports.previewed[-1]["location"]


def test_similar_reports_are_shown_before_the_review(browser, public_reports):
    public_reports.similar = [
        listed(metres=40, photo=PHOTO_ID, description="حفرة كبيرة"),
        listed("1448000002", metres=None),
    ]

    to(enter(browser), "/report/similar")
    shown = browser.get("/report/similar").text

    assert f'src="/reports/photos/{PHOTO_ID}"' in shown
    assert "حفرة كبيرة" in shown
    assert 'href="/reports/1448000001"' in shown
    assert 'href="/report/review"' in shown
    assert browser.get(f"/reports/photos/{PHOTO_ID}").content == JPEG


def test_every_fault_of_the_reports_stands_beside_its_field_and_in_the_summary(
    browser, public_reports
):
    public_reports.refusals["preview"] = refusal(
        ("reporter.mobile", "رقم الجوال غير صحيح"),
        ("location.town", "لا توجد بلدة"),
        ("extra.depth", "قيمة أخرى"),
    )

    answer = enter(browser, latitude="here")

    assert answer.status_code == 400
    assert answer.text.count("<title>خطأ:") == 1
    for name in ("mobile", "place", "extra-depth", "latitude"):
        assert f'href="#{name}"' in answer.text
        assert f'id="{name}-fault"' in answer.text
    assert DETAILS["description"] in answer.text


def test_a_refusal_of_the_filing_leads_back_to_the_fields(browser, public_reports):
    enter(browser)
    public_reports.refusals["file"] = refusal(("reporter.mobile", "رقم الجوال غير صحيح"))

    answer = submit(browser)

    assert answer.status_code == 400
    assert 'href="#mobile"' in answer.text
    assert "<h1>تفاصيل البلاغ</h1>" in answer.text


def test_a_limit_is_said_in_the_reports_own_words(browser, public_reports):
    enter(browser)
    public_reports.refusals["file"] = refusal(slug="too-many-requests", status=429)

    answer = submit(browser)

    assert answer.status_code == 429
    assert "فسرها" in answer.text
    assert DETAILS["description"] in answer.text


@pytest.mark.parametrize("away", ["preview", "upload"])
def test_without_the_reports_no_typed_word_is_lost(browser, public_reports, away):
    public_reports.away = {away}

    answers = [send_photos(browser, ("hole.jpg", JPEG)), enter(browser)]

    (refused,) = [one for one in answers if one.status_code == 503]
    assert "خدمة البلاغات غير متاحة الآن" in refused.text
    assert DETAILS["description"] in browser.get("/report/details").text


@pytest.mark.parametrize("kind", ["construction-rubble", "facade-poor", "container-request"])
def test_the_questions_of_a_kind_are_asked(browser, kind):
    step(browser, "/report/kind", {"category": kind})

    assert 'name="extra-' in browser.get("/report/details").text


def test_danger_leads_to_the_telephone(browser):
    step(browser, "/report/kind", {"category": "exposed-cable"})

    assert "بلاغ عاجل" in browser.get("/report/details").text


@pytest.mark.parametrize(
    ("path", "first"),
    [
        ("/report/details", "/report/kind"),
        ("/report/review", "/report/details"),
        ("/report/similar", "/report/details"),
        ("/report/filed", "/report"),
    ],
)
def test_a_step_that_is_not_due_leads_to_the_step_before(browser, path, first):
    browser.get("/report")

    to(browser.get(path), first)


def test_only_the_page_with_the_position_has_a_script_and_it_is_ours(browser):
    step(browser, "/report/kind", {"category": "pothole"})

    answer = browser.get("/report/details")

    assert "script-src 'self';" in answer.headers["content-security-policy"]
    assert answer.text.count("<script") == 1
    assert '<script src="/assets/position.js" defer></script>' in answer.text
    assert "script" not in browser.get("/report").headers["content-security-policy"]


def test_the_home_page_leads_to_a_report_first(browser):
    shown = browser.get("/").text.partition('<ul class="cards">')[2]

    assert shown.index('href="/report"') < shown.index('href="/inquiry"')


def test_a_draft_is_sealed_and_ends_after_two_hours(browser, session, public_reports):
    enter(browser)
    raw = session.scalar(text("SELECT content FROM report_draft"))
    assert DETAILS["name"].encode() not in raw
    assert DETAILS["mobile"].encode() not in raw

    now = datetime.now(UTC)
    session.execute(update(ReportDraftRow).values(saved_at=now - timedelta(hours=2, seconds=1)))

    assert DETAILS["name"] not in browser.get("/report/review").text
    drop_old_drafts(session, now)
    assert session.scalar(select(func.count()).select_from(ReportDraftRow)) == 0


def test_the_reports_are_told_for_whom_the_page_asks(browser, public_reports, move):
    move("203.0.113.7")
    enter(browser)
    move("203.0.113.8")
    submit(browser)

    assert public_reports.visitors == [
        PageVisitor("203.0.113.7", "ar"),
        PageVisitor("203.0.113.8", "ar"),
    ]


def test_the_portal_vouches_for_the_address_of_each_visitor(settings, monkeypatch):
    from dataclasses import replace

    client = PublicReports(replace(settings, vouching_key="v" * 42 + "M"))
    sent = []
    monkeypatch.setattr(client, "_http", _Recorder(sent))

    for address in ("203.0.113.7", "203.0.113.8"):
        client.get_public(PageVisitor(address, "ar"), NUMBER)

    key = client._key
    told = [vouched_address(one[HEADER], key, datetime.now(UTC)) for one in sent]
    assert told == ["203.0.113.7", "203.0.113.8"]


class _Recorder:
    """A transport that keeps the headers, and answers an empty document."""

    status = 200

    def __init__(self, sent):
        self._sent = sent

    def request(self, _method, _path, *, headers, **_content):
        self._sent.append(headers)
        return self

    def json(self):
        return {}


def test_a_report_that_was_filed_after_its_session_is_shown_to_no_other_citizen(session):
    now, citizen, neighbour = datetime.now(UTC), Browser("b", "p_citizen"), Browser("b", "p_other")
    report_drafts.change_draft(session, citizen, report_form.choose_kind("pothole"), now)

    report_drafts.change_draft(
        session,
        Browser("b"),
        lambda draft: ReportDraft(
            submission_id=draft.submission_id, filed={"number": "1448000001"}
        ),
        now,
        begins=False,
    )

    assert report_drafts.open_draft(session, neighbour, now).filed is None
    assert report_drafts.open_draft(session, citizen, now).filed is not None


def test_a_draft_of_nothing_is_empty():
    assert ReportDraft(submission_id="x").is_empty
