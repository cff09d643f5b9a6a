"""Two areas beside each other: a session, a cookie and a task belong to one of them."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from reports_shown import page

from chassis.access.revocations import keep
from chassis.testing import ISSUER
from portal.commands.sessions import resume
from portal.domain.areas import AREAS, DESK, SEC
from portal.domain.tasks import CALLS, REFERRAL, TREATMENT
from portal.outside.services import Reply


@pytest.fixture(autouse=True)
def answering(gateway, reports):
    reports.replies["/v1/reports"] = Reply(200, page())


def test_the_many_tasks_of_the_desk_stand_under_the_names_of_their_services(other_browser):
    desk, company = (other_browser.get(address).text for address in ("/desk", "/sec"))

    headings = re.findall("<h2>(.*?)</h2>", desk)
    assert headings[:2] == ["البلاغات", "المواعيد"]
    assert len(headings) == len(set(headings)) == len({one.service for one in DESK.tasks.values()})
    assert desk.count('<li class="card">') == len(DESK.tasks)
    assert company.count("<h2>") == len(SEC.tasks)


def test_the_cookie_of_one_area_opens_nothing_in_the_other(dispatcher, other_browser):
    stolen = dispatcher.cookies[SEC.cookie]
    other_browser.cookies |= {SEC.cookie: stolen, DESK.cookie: stolen}

    answer = other_browser.get("/desk/reports")

    assert answer.headers["location"] == "/desk?to=%2Fdesk%2Freports"
    assert other_browser.get("/sec/permits").status_code == 200


def test_the_desks_cookie_opens_nothing_of_the_company(officer, gateway):
    officer.cookies[SEC.cookie] = officer.cookies[DESK.cookie]

    assert officer.get("/sec/permits").headers["location"].startswith("/sec?to=")
    assert gateway.asked == []


def test_a_sign_in_that_began_in_one_area_is_completed_in_no_other(browser):
    leaving = browser.get("/sec/sign-in/dispatch")
    state = leaving.headers["location"].rpartition("urn:")[2]
    browser.cookies[DESK.sign_in_cookie] = browser.cookies[SEC.sign_in_cookie]

    answer = browser.get(f"/desk/signed-in?code=c&state={state}&iss={ISSUER}")

    assert answer.status_code == 403
    assert DESK.cookie not in browser.cookies


def test_a_token_for_another_service_begins_no_session(browser, desk_issuer):
    desk_issuer.claims = {"aud": "partner-gateway"}

    assert browser.sign_in(REFERRAL).status_code == 403
    assert DESK.cookie not in browser.cookies


def test_a_person_of_two_areas_signs_out_of_one_and_stays_in_the_other(dispatcher):
    dispatcher.sign_in(REFERRAL)

    dispatcher.post("/desk/sign-out", {})

    assert dispatcher.get("/desk/reports").status_code == 303
    assert dispatcher.get("/sec/permits").status_code == 200


def test_after_the_sign_out_the_desks_cookie_opens_nothing(officer):
    cookie = officer.cookies[DESK.cookie]

    officer.post("/desk/sign-out", {})
    officer.cookies[DESK.cookie] = cookie

    assert officer.get("/desk/reports").headers["location"].startswith("/desk?to=")


@pytest.mark.parametrize("to", ["/sec/permits", "//evil.example", "/desk/../sec", "/inquiry"])
def test_no_address_leads_out_of_the_area_after_the_sign_in(browser, to):
    answer = browser.sign_in(REFERRAL, to=to)

    assert answer.headers["location"] == REFERRAL.first_page


@pytest.mark.parametrize("kind", ["person", "session", "client", "organisation"])
def test_a_revoked_officers_desk_is_dead(officer, session, app, kind):
    tokens = app.process.resources.access[DESK.name].verifiers["reports"]
    signed_in = resume(session, DESK, officer.cookies[DESK.cookie], datetime.now(UTC))
    soon = datetime.now(UTC) + timedelta(seconds=1)
    revoked = {"kind": kind, "value": dict(signed_in.caller.revocation_names())[kind]}
    keep(session, {**revoked, "not_before": soon, "expires_at": soon + timedelta(minutes=6)})
    session.flush()
    tokens._revocations._view = tokens._revocations._view._replace(read_at=float("-inf"))

    answer = officer.get("/desk/reports")

    assert answer.headers["location"].startswith("/desk?to=")
    assert resume(session, DESK, officer.cookies[DESK.cookie], datetime.now(UTC)) is None


def test_a_task_of_one_area_is_unknown_in_the_other(browser):
    assert browser.get("/desk/sign-in/dispatch").status_code == 404
    assert browser.get("/sec/sign-in/referral").status_code == 404


def test_the_sign_in_asks_for_the_scopes_of_the_task_only(browser, desk_issuer):
    browser.get("/desk/sign-in/treatment")

    assert desk_issuer.scopes == TREATMENT.scope


def test_who_is_signed_in_may_still_choose_another_task(officer):
    assert officer.get("/desk").headers["location"] == REFERRAL.first_page
    shown = officer.get("/desk?tasks=all").text

    for task in DESK.tasks.values():
        assert f'href="/desk/sign-in/{task.name}"' in shown


def test_each_area_has_a_path_and_a_cookie_of_its_own():
    paths = [area.path for area in AREAS.values()]
    cookies = [area.cookie for area in AREAS.values()]

    assert len({*paths, *cookies}) == 2 * len(AREAS)
    assert all(one.startswith("__Host-") for one in cookies)


def test_the_choice_has_what_the_person_may_begin_and_a_page_the_way_to_a_right_given_since(
    browser, desk_issuer
):
    desk_issuer.person["scopes"] = [*REFERRAL.scope.split(), *CALLS.scope.split()]
    browser.sign_in(REFERRAL)

    shown = browser.get("/desk?tasks=all").text
    other = browser.get("/desk/statistics")

    assert re.findall(r"/desk/sign-in/([a-z-]+)", shown) == [
        *(REFERRAL.name, TREATMENT.name, CALLS.name)
    ]
    assert (other.status_code, "/desk/sign-in/" in other.text) == (403, True)


def test_a_page_of_another_task_names_the_tasks_that_have_it_and_leads_back(officer):
    answer = officer.get("/desk/payments?q=1")

    assert answer.status_code == 403
    assert "ليست ضمن مهمتكم الحالية" in answer.text
    assert 'href="/desk/sign-in/cash?to=%2Fdesk%2Fpayments%3Fq%3D1"' in answer.text
    assert "payments.read" not in answer.text


def test_a_form_of_another_task_says_that_nothing_was_sent_and_loses_no_draft(officer, reports):
    answer = officer.post("/desk/calls", {"note": "x"})

    assert answer.status_code == 403
    assert 'href="/desk/sign-in/calls"' in answer.text
    assert "لم يُرسل ما أردتم إرساله الآن، وما حُفظ قبل ذلك باق" in answer.text
    assert "لم يُحفظ" not in answer.text
    assert reports.asked == []
