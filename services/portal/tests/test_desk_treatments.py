"""The treatment of a report, recorded with a photo from a telephone."""

import random
from datetime import UTC, datetime

import pytest
from reports_shown import PHOTO_ID, REPORT, REPORT_ID, report, report_replies

from portal.domain.tasks import TREATMENT
from portal.outside.services import Reply, TokenRefused

PATH, FORM = "/desk/treatments", f"/desk/reports/{REPORT_ID}/actions/resolve"
SENT, RESOLVED = f"{REPORT}/attachments", f"{REPORT}/resolve"
TYPED = {"report_id": REPORT_ID, "key": "k-1", "version": "7", "text": "رُدمت الحفرة"}
# Bytes as a photo has them: line breaks stand at any place, also where a form is read in pieces.
PHOTO = b"\xff\xd8" + random.Random(7).randbytes(3_000_000)


@pytest.fixture(autouse=True)
def answering(reports):
    reports.replies |= report_replies()
    reports.replies[SENT] = Reply(201, {"attachment_id": PHOTO_ID})
    reports.replies[RESOLVED] = Reply(200, report(version=8))


def refuse(*_args, **_options):
    raise TokenRefused


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
    assert '<a href="#text">' in shown
    assert ": مطلوب</a>" in shown
    assert "رُدمت الحفرة</textarea>" in shown


def test_a_file_that_is_no_photo_is_a_fault_of_its_input(worker, reports):
    errors = [{"field": "file", "detail": "ليست صورة"}]
    reports.replies[SENT] = Reply(400, {"type": "x/invalid-request", "errors": errors})

    shown = worker.post_photo(PATH, TYPED, b"%!PS").text

    assert '<a href="#photo">' in shown
    assert ": ليست صورة</a>" in shown
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


LOST = "ولم يصل الملف؛ أرفقوه من جديد ثم أرسلوا."


@pytest.fixture
def tired_worker(browser, desk_issuer):
    """The browser of somebody in a department, with a worn-out token that identity doesn't exchange any more."""
    desk_issuer.claims = {"exp": int(datetime.now(UTC).timestamp()) + 5}
    browser.sign_in(TREATMENT)
    desk_issuer.claims, desk_issuer.is_over = {}, True
    return browser


def test_a_photo_that_a_worn_out_token_cannot_send_is_asked_for_again(tired_worker, reports):
    kept = tired_worker.post_photo(PATH, TYPED, PHOTO).headers["location"]
    tired_worker.sign_in(TREATMENT)

    shown = tired_worker.get(kept).text

    assert SENT not in [path for path, _ in reports.asked]
    assert LOST in shown
    assert "رُدمت الحفرة</textarea>" in shown


def test_without_a_photo_a_worn_out_token_loses_none(tired_worker):
    kept = tired_worker.post(PATH, TYPED).headers["location"]
    tired_worker.sign_in(TREATMENT)

    shown = tired_worker.get(kept).text

    assert "جددنا دخولكم وحفظنا ما كتبتموه؛" in shown
    assert LOST not in shown


def test_a_photo_whose_token_is_refused_is_asked_for_again(worker, reports, monkeypatch):
    monkeypatch.setattr(reports, "post_file", refuse)

    kept = worker.post_photo(PATH, TYPED, PHOTO).headers["location"]

    assert LOST in worker.get(kept).text


def test_a_photo_that_was_sent_stays_when_the_token_is_refused_afterwards(
    worker, reports, monkeypatch
):
    monkeypatch.setattr(reports, "post", refuse)

    kept = worker.post_photo(PATH, TYPED, PHOTO).headers["location"]
    shown = worker.get(kept).text

    assert f'name="after_photos" value="{PHOTO_ID}"' in shown
    assert LOST not in shown


def test_an_attached_photo_stays_when_the_service_goes_away_afterwards(worker, reports):
    reports.replies[REPORT] = None

    answer = worker.post_photo(PATH, {**TYPED, "attach": "yes"}, PHOTO)

    assert answer.status_code == 503
    assert f'name="after_photos" value="{PHOTO_ID}"' in answer.text
    assert "رُدمت الحفرة</textarea>" in answer.text


@pytest.mark.parametrize("report_id", ["", "x", "../../v1/people"])
def test_a_form_of_no_report_is_no_page(worker, reports, report_id):
    assert worker.post(PATH, {**TYPED, "report_id": report_id}).status_code == 404
    assert reports.asked == []


def test_the_form_of_the_treatment_takes_a_photo(worker):
    shown = worker.get(FORM).text

    assert 'action="/desk/treatments" enctype="multipart/form-data"' in shown
    assert 'type="file"' in shown
