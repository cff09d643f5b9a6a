"""What a person typed is there again after a sign-in for another task, and for nobody else."""

from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from reports_shown import page, report
from sqlalchemy import select, update

from portal.api import areas
from portal.api.cookies import FORM_COOKIE
from portal.domain.areas import DESK
from portal.domain.tasks import REFERRAL, TREATMENT
from portal.models import SavedForm, WebSession
from portal.outside.services import Reply, TokenRefused

REPORT_ID = "0198b1a2-0000-7000-8000-000000000001"
REFER = f"/desk/reports/{REPORT_ID}/actions/refer"
TYPED = {"key": "k-1", "version": "3", "department": "drainage", "note": "مجرى أمطار"}
WORDS = "مجرى أمطار</textarea>"


def _refuse(*_, **__):
    raise TokenRefused


@pytest.fixture
def saved(browser, reports, monkeypatch):
    """The address of a form that was saved, because `reports` refused the token of its sender and of the page."""
    reports.replies["/v1/reports"] = Reply(200, page())
    reports.replies[f"/v1/reports/{REPORT_ID}"] = Reply(200, report())
    browser.sign_in(REFERRAL)

    with monkeypatch.context() as refusing:
        refusing.setattr(reports, "post", _refuse)
        refusing.setattr(reports, "get", _refuse)
        address = browser.post(REFER, TYPED).headers["location"]
        assert browser.get(address).headers["location"] == f"/desk?to={quote(address, safe='')}"
    return address


def test_what_was_typed_is_there_again_after_a_sign_in_for_another_task(browser, saved):
    answer = browser.sign_in(TREATMENT, to=quote(saved, safe=""))

    assert answer.headers["location"] == saved
    assert WORDS in browser.get(saved).text


def test_a_task_that_is_chosen_with_a_good_token_keeps_what_was_typed_too(browser, saved):
    browser.sign_in(TREATMENT)
    browser.sign_in(REFERRAL)

    assert WORDS in browser.get(saved).text


def test_a_form_waits_while_another_tab_finds_that_the_session_is_void(
    browser, reports, monkeypatch
):
    reports.replies["/v1/reports"] = Reply(200, page())
    reports.replies[f"/v1/reports/{REPORT_ID}"] = Reply(200, report())
    browser.sign_in(REFERRAL)
    with monkeypatch.context() as refusing:
        refusing.setattr(reports, "post", _refuse)
        address = browser.post(REFER, TYPED).headers["location"]
    with monkeypatch.context() as voiding:
        voiding.setattr(areas, "is_void", lambda *_: True)
        assert browser.get("/desk/reports").headers["location"].startswith("/desk?to=")

    browser.sign_in(REFERRAL, to=quote(address, safe=""))

    assert WORDS in browser.get(address).text


def test_another_person_in_the_same_browser_finds_nothing(browser, saved, desk_issuer, session):
    desk_issuer.claims = {"sub": "p_other"}
    browser.sign_in(TREATMENT)

    assert "مجرى أمطار" not in browser.get(saved).text
    assert session.scalars(select(SavedForm.form_id)).all() == []


def test_the_form_secret_of_a_browser_ends_with_its_person(browser, saved, desk_issuer):
    browser.get("/report/kind")
    browser.sign_in(TREATMENT)
    of_the_same = browser.cookies[FORM_COOKIE]
    desk_issuer.claims = {"sub": "p_other"}
    browser.sign_in(TREATMENT)

    assert len(of_the_same) > 40
    assert FORM_COOKIE not in browser.cookies


def test_the_same_person_in_another_browser_finds_nothing(other_browser, saved):
    other_browser.sign_in(TREATMENT)

    assert "مجرى أمطار" not in other_browser.get(saved).text


def test_a_new_sign_in_has_a_secret_of_its_own_and_the_older_cookie_opens_nothing(browser, saved):
    older = browser.cookies[DESK.cookie]
    browser.sign_in(TREATMENT)
    newer = browser.cookies[DESK.cookie]
    browser.cookies[DESK.cookie] = older

    assert newer != older
    assert browser.get("/desk/reports").headers["location"].startswith("/desk?to=")


def test_a_form_goes_with_its_session_when_nobody_comes_back_in_time(browser, saved, session):
    past = datetime.now(UTC) - timedelta(minutes=61)
    session.execute(update(WebSession).values(seen_at=past))
    session.flush()

    browser.sign_in(TREATMENT)

    assert "مجرى أمطار" not in browser.get(saved).text
    assert session.scalars(select(SavedForm.form_id)).all() == []


def test_a_signed_out_person_leaves_nothing_for_the_next_sign_in(browser, saved, session):
    browser.sign_in(TREATMENT)
    browser.post("/desk/sign-out", {})

    browser.sign_in(TREATMENT)

    assert session.scalars(select(SavedForm.form_id)).all() == []
