"""The treatment of a report, recorded with a photo from a telephone."""

import pytest
from reports_shown import PHOTO_ID, REPORT, REPORT_ID, report, report_replies

from portal.domain.tasks import TREATMENT
from portal.outside.services import Reply

PATH, FORM = "/desk/treatments", f"/desk/reports/{REPORT_ID}/actions/resolve"
SENT, RESOLVED = f"{REPORT}/attachments", f"{REPORT}/resolve"
TYPED = {"report_id": REPORT_ID, "key": "k-1", "version": "7", "text": "رُدمت الحفرة"}
PHOTO = b"\xff\xd8" + b"x" * 1_000_000


@pytest.fixture(autouse=True)
def answering(reports):
    reports.replies |= report_replies()
    reports.replies[SENT] = Reply(201, {"attachment_id": PHOTO_ID})
    reports.replies[RESOLVED] = Reply(200, report(version=8))


@pytest.fixture
def worker(browser):
    """The browser of somebody in a department."""
    browser.sign_in(TREATMENT)
    return browser


def test_a_treatment_is_recorded_with_a_photo_of_a_telephones_size(worker, reports):
    answer = worker.post_photo(PATH, TYPED, PHOTO)

    assert answer.headers["location"] == f"/desk/reports/{REPORT_ID}?done=resolve"
    body = {"text": "رُدمت الحفرة", "after_photos": [PHOTO_ID]}
    assert reports.asked == [(SENT, ("after.jpg", PHOTO, "image/jpeg")), (RESOLVED, body)]
    assert (reports.keys, reports.versions) == (["k-1"], [7])


def test_a_photo_is_attached_before_the_treatment_is_recorded(worker, reports):
    shown = worker.post_photo(PATH, {**TYPED, "attach": "yes"}, PHOTO).text

    assert RESOLVED not in [path for path, _ in reports.asked]
    assert f'name="after_photos" value="{PHOTO_ID}"' in shown
    assert "أُرفقت صورة واحدة." in shown
    assert "رُدمت الحفرة</textarea>" in shown


def test_a_fault_elsewhere_loses_neither_photo_nor_text(worker, reports):
    errors = [{"field": "text", "detail": "مطلوب"}]
    reports.replies[RESOLVED] = Reply(400, {"type": "x/invalid-request", "errors": errors})

    shown = worker.post_photo(PATH, TYPED, PHOTO).text

    assert f'name="after_photos" value="{PHOTO_ID}"' in shown
    assert '<a href="#text">مطلوب</a>' in shown
    assert "رُدمت الحفرة</textarea>" in shown


def test_a_file_that_is_no_photo_is_a_fault_of_its_input(worker, reports):
    errors = [{"field": "file", "detail": "ليست صورة"}]
    reports.replies[SENT] = Reply(400, {"type": "x/invalid-request", "errors": errors})

    shown = worker.post_photo(PATH, TYPED, b"%!PS").text

    assert '<a href="#photo">ليست صورة</a>' in shown
    assert 'id="photo"' in shown
    assert "رُدمت الحفرة</textarea>" in shown


def test_a_missing_after_photo_is_said_in_the_services_words(worker, reports):
    missing = {"type": "x/after-photo-missing", "title": "صورة بعد المعالجة مطلوبة"}
    reports.replies[RESOLVED] = Reply(409, missing)

    answer = worker.post(PATH, TYPED)

    assert answer.status_code == 409
    assert "صورة بعد المعالجة مطلوبة" in answer.text


def test_while_the_service_is_away_the_text_is_not_lost(worker, reports):
    reports.replies = dict.fromkeys(reports.replies)

    answer = worker.post_photo(PATH, TYPED, PHOTO)

    assert answer.status_code == 503
    assert "رُدمت الحفرة</textarea>" in answer.text


@pytest.mark.parametrize("report_id", ["", "x", "../../v1/people"])
def test_a_form_of_no_report_is_no_page(worker, reports, report_id):
    assert worker.post(PATH, {**TYPED, "report_id": report_id}).status_code == 404
    assert reports.asked == []


def test_the_form_of_the_treatment_takes_a_photo(worker):
    shown = worker.get(FORM).text

    assert 'action="/desk/treatments" enctype="multipart/form-data"' in shown
    assert 'type="file"' in shown
