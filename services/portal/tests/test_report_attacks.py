"""What attackers try on the pages of a report."""

from dataclasses import replace

import pytest
from reporting import (
    DETAILS,
    JPEG,
    OWN,
    PHOTO_ID,
    enter,
    listed,
    refusal,
    send_photos,
    step,
    submit,
)
from sqlalchemy import select

from pages.origins import csrf_token
from portal.api.cookies import FORM_COOKIE
from portal.domain.report_form import MOST_PHOTOS
from portal.models import ReportDraftRow

SCRIPT = '"><script>alert(1)</script>{{7*7}}'
STEPS = ("/report", "/report/kind", "/report/details", "/report/review")


def test_a_script_in_any_field_is_text(browser, public_reports):
    send_photos(browser, (f"{SCRIPT}.jpg", JPEG))
    public_reports.similar = [
        listed(metres=1, description=SCRIPT, landmark=SCRIPT, district=SCRIPT)
    ]
    point = {"latitude": "26.5", "longitude": "50.0"}
    enter(browser, **{**dict.fromkeys(DETAILS, SCRIPT), **point})

    pages = [
        browser.get(one).text
        for one in ("/report", "/report/details", "/report/similar", "/report/review")
    ]

    for shown in pages:
        assert "<script>alert" not in shown
        assert ">49<" not in shown
        assert "&lt;script&gt;" in shown


@pytest.mark.parametrize("path", STEPS)
@pytest.mark.parametrize(
    "headers", [{}, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_a_form_of_another_site_changes_nothing(browser, public_reports, session, path, headers):
    browser.get("/report")
    form = {"csrf_token": csrf_token(browser.cookies[FORM_COOKIE]), "category": "pothole"}

    answer = browser.send(path, form, headers)

    assert answer.status_code == 403
    assert session.scalar(select(ReportDraftRow)) is None
    assert public_reports.filed == {}


@pytest.mark.parametrize("path", STEPS)
def test_a_form_without_this_browsers_token_changes_nothing(browser, other_browser, session, path):
    browser.get("/report")
    other_browser.get("/report")
    foreign = csrf_token(other_browser.cookies[FORM_COOKIE])

    statuses = [
        browser.send(path, {"csrf_token": token, "category": "pothole"}, OWN).status_code
        for token in ("", "x" * 43, foreign)
    ]

    assert statuses == [403] * 3
    assert session.scalar(select(ReportDraftRow)) is None


def test_another_browser_neither_sees_nor_sends_a_draft(browser, other_browser, public_reports):
    enter(browser)
    other_browser.get("/report")

    shown = [other_browser.get(one) for one in ("/report/details", "/report/review", "/report")]
    sent = submit(other_browser)

    assert DETAILS["name"] not in "".join(one.text for one in shown)
    assert sent.headers["location"] == "/report/details"
    assert public_reports.filed == {}


def test_a_form_that_is_replayed_from_another_browser_files_nothing(
    browser, other_browser, public_reports
):
    enter(browser)
    token = csrf_token(browser.cookies[FORM_COOKIE])
    other_browser.get("/report")

    answer = other_browser.send("/report/review", {"csrf_token": token}, OWN)

    assert answer.status_code == 403
    assert public_reports.filed == {}


@pytest.mark.parametrize("content", [b"", b"MZ\x90", b"<svg onload=alert(1)>", b"%PDF-1.7"])
def test_a_file_that_is_no_photo_is_refused_beside_its_field(browser, public_reports, content):
    answer = send_photos(browser, ("photo.jpg", content), ("good.jpg", JPEG))

    assert answer.status_code == 400
    assert 'href="#photos"' in answer.text
    assert "photo.jpg" in answer.text
    assert len(public_reports.uploaded) == 1
    assert "good.jpg" in browser.get("/report").text


def test_a_body_that_is_too_large_is_refused(browser):
    answer = send_photos(browser, ("photo.jpg", JPEG + b"x" * 23_000_000))

    assert answer.status_code == 413
    assert answer.headers["content-type"] == "text/html; charset=utf-8"


def test_a_large_body_is_taken_by_the_form_with_photos_only(browser):
    answer = step(browser, "/report/details", {"description": "x" * 300_000})

    assert answer.status_code == 413


def test_a_kind_that_does_not_exist_is_not_chosen(browser, session):
    assert step(browser, "/report/kind", {"category": "<dreams>"}).status_code == 404
    assert session.scalar(select(ReportDraftRow)) is None


def test_nobody_takes_a_photo_of_another_draft(browser, other_browser, public_reports):
    send_photos(browser, ("hole.jpg", JPEG))
    step(other_browser, "/report", {"action": f"remove:{PHOTO_ID}"})

    assert "hole.jpg" in browser.get("/report").text
    assert "hole.jpg" not in other_browser.get("/report").text


@pytest.fixture
def two_steps(app, monkeypatch):
    """An address takes two steps an hour."""
    few = replace(app.process.settings, report_steps_per_address=2)
    monkeypatch.setitem(vars(app.process), "settings", few)


def test_one_address_takes_so_many_steps_an_hour_and_another_goes_on(browser, move, two_steps):
    move("203.0.113.7")
    one = [step(browser, "/report/kind", {"category": "pothole"}).status_code for _ in range(3)]
    move("203.0.113.8")

    assert one == [303, 303, 429]
    assert step(browser, "/report/kind", {"category": "pothole"}).status_code == 303


@pytest.mark.parametrize("action", ["remove:x", "discard", "add", ""])
def test_every_action_of_the_first_step_is_charged(browser, two_steps, action):
    statuses = [step(browser, "/report", {"action": action}).status_code for _ in range(3)]

    assert statuses == [303, 303, 429]


@pytest.mark.parametrize("action", ["remove:x", "discard"])
def test_a_self_made_cookie_with_nothing_to_remove_keeps_no_draft(browser, session, action):
    browser.cookies[FORM_COOKIE] = "x" * 43

    assert step(browser, "/report", {"action": action}).status_code == 303
    assert session.scalar(select(ReportDraftRow)) is None


def test_one_form_uploads_no_more_photos_than_a_report_takes(browser, public_reports):
    photos = [(f"{n}.jpg", JPEG + bytes([n])) for n in range(30)]

    answer = send_photos(browser, *photos)

    assert answer.status_code == 400
    assert "لم تُرسل الصور الزائدة" in answer.text
    assert len(public_reports.uploaded) == MOST_PHOTOS


def test_photos_that_the_draft_has_are_not_too_many(browser, public_reports):
    photos = [(f"{n}.jpg", JPEG + bytes([n])) for n in range(MOST_PHOTOS)]

    statuses = [send_photos(browser, *photos).status_code for _ in range(2)]

    assert statuses == [303, 303]
    assert len(public_reports.uploaded) == MOST_PHOTOS


def test_a_limit_of_the_uploads_ends_the_uploading(browser, public_reports):
    public_reports.refusals["upload"] = refusal(slug="too-many-requests", status=429)

    answer = send_photos(browser, *[(f"{n}.jpg", JPEG + bytes([n])) for n in range(5)])

    assert answer.status_code == 400
    assert "0.jpg" in answer.text
    assert len(public_reports.visitors) == 1


def test_the_cookie_of_the_forms_is_bound_to_this_site(browser, client):
    line = client.get("/report").headers["set-cookie"]

    assert line.startswith(f"{FORM_COOKIE}=")
    for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert part in line
    assert "Domain" not in line


class UnreadPhotos:
    """The bytes of a client that sends slowly: nobody may wait for them."""

    def read(self, _size):
        raise AssertionError("the photos were read")


@pytest.fixture
def send_slowly(app):
    """`send_slowly(path, cookie)` → the status of a form that announces ten megabytes."""

    def send(path, cookie):
        named = {f"HTTP_{name.upper().replace('-', '_')}": text for name, text in OWN.items()}
        asked = {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": path,
            "CONTENT_TYPE": "multipart/form-data; boundary=b",
            "CONTENT_LENGTH": "10000000",
            "HTTP_COOKIE": cookie,
            "REMOTE_ADDR": "203.0.113.7",
            "SERVER_NAME": "services.example",
            "SERVER_PORT": "443",
            "wsgi.url_scheme": "https",
            "wsgi.input": UnreadPhotos(),
            **named,
        }
        (answer,) = app.wsgi.answer([asked])
        return int(answer.status[:3])

    return send


def test_nobody_waits_for_photos_of_a_browser_without_a_secret(send_slowly):
    assert send_slowly("/report", "") == 403
    assert send_slowly("/desk/treatments", "") == 303


def test_nobody_waits_for_photos_of_an_address_at_its_limit(browser, move, two_steps, send_slowly):
    move("203.0.113.7")
    for _ in range(2):
        step(browser, "/report/kind", {"category": "pothole"})

    assert send_slowly("/report", f"{FORM_COOKIE}={'x' * 43}") == 429
