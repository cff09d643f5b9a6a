"""A worn-out token is renewed by exchange, and nobody notices. Where there's no exchange, the browser goes by way of
identity."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from permits_shown import page as permits_page
from reports_shown import page, report

from portal.commands.sessions import ServiceToken, keep_token, resume
from portal.domain.areas import AREAS, DESK, SEC
from portal.domain.tasks import DISPATCH, READ_REPORTS, TREATMENT, Task
from portal.outside.services import NewSignInNeeded, Reply

REPORT_ID = "0198b1a2-0000-7000-8000-000000000001"
REFER = f"/desk/reports/{REPORT_ID}/actions/refer"
TYPED = {"key": "k-1", "version": "3", "department": "drainage", "note": "مجرى أمطار"}


def worn_out():
    return {"exp": int(datetime.now(UTC).timestamp()) + 5}


def tired(browser, issuer, task):
    """Signs in with a token that has five seconds left."""
    issuer.claims = worn_out()
    browser.sign_in(task)
    issuer.claims = {}
    return browser


@pytest.fixture
def tired_officer(browser, desk_issuer, reports):
    reports.replies["/v1/reports"] = Reply(200, page())
    reports.replies[f"/v1/reports/{REPORT_ID}"] = Reply(200, report())
    reports.replies[f"/v1/reports/{REPORT_ID}/refer"] = Reply(200, report())
    return tired(browser, desk_issuer, TREATMENT)


def test_a_page_gets_a_new_token_without_sending_the_browser_away(tired_officer, desk_issuer):
    assert tired_officer.get("/desk/reports").status_code == 200
    assert desk_issuer.exchanges == [("reports", TREATMENT.scope)]


def test_the_new_token_serves_the_next_pages_too(tired_officer, desk_issuer):
    tired_officer.get("/desk/reports")
    tired_officer.get("/desk/reports")

    assert len(desk_issuer.exchanges) == 1


def test_a_form_sent_with_a_worn_out_token_is_carried_out_at_once(tired_officer, reports):
    answer = tired_officer.post(REFER, TYPED)

    assert "done=refer" in answer.headers["location"]
    assert reports.keys == ["k-1"]


def test_once_identity_has_ended_the_session_a_page_goes_there_and_a_form_is_kept(
    tired_officer, desk_issuer, reports
):
    desk_issuer.is_over = True

    leaving = tired_officer.get("/desk/reports").headers["location"]
    kept = tired_officer.post(REFER, TYPED).headers["location"]

    assert leaving.startswith("https://issuer.test/authorize")
    assert kept.startswith(f"{REFER}?form=")
    assert reports.keys == []


def test_while_identity_is_away_a_form_is_kept_and_a_page_says_so(
    tired_officer, desk_issuer, reports
):
    desk_issuer.is_away = True

    kept = tired_officer.post(REFER, TYPED).headers["location"]

    assert tired_officer.get("/desk/reports").status_code == 503
    assert reports.keys == []
    desk_issuer.is_away = False
    assert "مجرى أمطار</textarea>" in tired_officer.get(kept).text


def test_a_form_for_which_a_service_wants_a_younger_sign_in_is_kept_meanwhile(
    tired_officer, desk_issuer, reports
):
    """RFC 9470. The form is filled in again after the sign-in, in the same session of the portal."""
    refer = f"/v1/reports/{REPORT_ID}/refer"
    wishes = {"max_age": "900", "acr_values": "two-factors"}
    reports.replies[refer] = NewSignInNeeded(wishes)

    leaving = tired_officer.post(REFER, TYPED).headers["location"]
    assert leaving.startswith("https://issuer.test/authorize")
    assert desk_issuer.wishes == wishes
    reports.replies[refer] = Reply(200, report())
    back = tired_officer.get(f"/desk/signed-in?code=c&state={leaving.rpartition(':')[2]}")

    assert back.headers["location"].startswith(f"{REFER}?form=")
    assert "مجرى أمطار</textarea>" in tired_officer.get(back.headers["location"]).text


def test_a_page_for_which_a_service_wants_a_younger_sign_in_is_shown_after_it(
    tired_officer, desk_issuer, reports
):
    reports.replies["/v1/reports"] = NewSignInNeeded({"max_age": "900"})

    leaving = tired_officer.get("/desk/reports").headers["location"]
    back = tired_officer.get(f"/desk/signed-in?code=c&state={leaving.rpartition(':')[2]}")

    assert desk_issuer.wishes == {"max_age": "900"}
    assert back.headers["location"] == "/desk/reports"


def test_the_token_of_another_person_is_not_taken(tired_officer, desk_issuer, reports):
    desk_issuer.claims = {"sub": "p_other"}

    answer = tired_officer.get("/desk/reports")

    assert answer.headers["location"].startswith("https://issuer.test/authorize")
    assert reports.asked == []


def test_the_companys_client_may_not_exchange_so_its_pages_go_by_way_of_identity(
    browser, issuer, gateway
):
    gateway.replies["/v1/building-permits"] = Reply(200, permits_page())
    tired(browser, issuer, DISPATCH)

    answer = browser.get("/sec/permits?plan_number=713%2F7")

    assert answer.headers["location"].startswith("https://issuer.test/authorize")
    assert issuer.exchanges == []
    assert [area.name for area in AREAS.values() if not area.exchanges] == [SEC.name]


def test_a_token_that_came_by_exchange_is_sealed(tired_officer, session, desk_issuer):
    tired_officer.get("/desk/reports")

    signed_in = resume(session, DESK, tired_officer.cookies[DESK.cookie], datetime.now(UTC))
    stored = session.connection().exec_driver_sql("SELECT content FROM web_session").scalar_one()
    newer = signed_in.tokens["reports"].token
    assert newer != signed_in.first_token
    assert newer.encode() not in bytes(stored)
    assert newer not in repr(signed_in)


def test_a_task_names_its_scopes_by_service_and_its_own_service_first():
    task = Task("both", "reports", (READ_REPORTS,), "/desk", {"permits": ("permits.read", "x")})

    assert task.scope == "reports.read permits.read x"
    assert task.services == ("reports", "permits")
    assert task.scope_of("permits") == "permits.read x"
    assert task.service_of("permits.read") == "permits"
    assert task.service_of("reports.read") == task.service_of(None) == "reports"


def test_a_token_of_a_sign_in_that_was_renewed_meanwhile_is_not_kept(tired_officer, session):
    cookie = tired_officer.cookies[DESK.cookie]
    before = resume(session, DESK, cookie, datetime.now(UTC))
    older = replace(before, first_token="of the sign-in before")

    keep_token(session, older, "reports", ServiceToken(token="late", caller=before.caller))

    after = resume(session, DESK, cookie, datetime.now(UTC))
    assert after.tokens["reports"].token == before.tokens["reports"].token
