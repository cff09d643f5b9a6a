"""Sign-in, the session's cookie, its ends, and the attacks on them."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from urllib.parse import quote

import pytest
import requests
from permits_shown import page
from sqlalchemy import select, update

from chassis.access.quotas import Policy
from chassis.access.revocations import keep
from chassis.core import contracts
from chassis.testing import ISSUER
from portal.api import sign_in_pages
from portal.commands.sessions import resume
from portal.domain.areas import DESK, SEC
from portal.domain.tasks import AUDIT, DISPATCH
from portal.models import PendingSignIn, SavedForm, WebSession
from portal.outside.issuer import Issuer, IssuerAway
from portal.outside.services import Reply, TokenRefused

PERMITS = "/v1/building-permits"
COOKIE, SIGN_IN_COOKIE = SEC.cookie, SEC.sign_in_cookie


@pytest.mark.parametrize(("query", "language"), [("", "ar"), ("?lang=en", "en")])
def test_the_pages_of_the_sign_in_are_in_the_language_of_the_site(browser, issuer, query, language):
    browser.get(f"/sec/sign-in/{AUDIT.name}{query}")

    assert issuer.language == language


def test_the_sign_in_asks_for_the_scopes_of_the_task_only(browser, issuer):
    browser.get("/sec/sign-in/audit")

    assert issuer.scopes == AUDIT.scope


def test_who_signs_in_returns_to_the_page_that_was_asked_for(browser):
    answer = browser.sign_in(to="/sec/grant")

    assert answer.headers["location"] == "/sec/grant"


def test_who_has_signed_in_meanwhile_reaches_the_page_that_was_asked_for(dispatcher):
    wanted, elsewhere = (
        dispatcher.get(f"/sec?to={quote(to, safe='')}") for to in ("/sec/grant", "//evil.example")
    )

    assert wanted.headers["location"] == "/sec/grant"
    assert elsewhere.headers["location"] == DISPATCH.first_page


@pytest.mark.parametrize(
    "to",
    [
        "//evil.example",
        "https://evil.example/sec",
        "/sec/..//evil.example",
        "/sec/%2e%2e/my/sign-in/my-page",
        "/sec/..",
        "%5C%5Cevil.example",
        "/",
    ],
)
def test_no_address_leads_out_of_the_site_after_the_sign_in(browser, to):
    answer = browser.sign_in(to=to)

    assert answer.headers["location"] == DISPATCH.first_page


def test_the_cookie_is_for_this_host_alone_and_no_script_sees_it(browser):
    answer = browser.sign_in()

    line = next(
        one for one in answer.headers.get_list("set-cookie") if one.startswith(f"{COOKIE}=")
    )
    assert COOKIE.startswith("__Host-")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(line.split("; "))
    assert "Domain" not in line


def test_the_tables_hold_no_cookie_and_no_readable_token(dispatcher, session):
    row = session.execute(select(WebSession.session_id, WebSession.__table__.c.content)).one()

    assert dispatcher.cookies[COOKIE] not in str(row)
    stored = session.connection().exec_driver_sql("SELECT content FROM web_session").scalar_one()
    assert b"eyJ" not in bytes(stored)


def test_a_session_that_an_attacker_planted_is_never_taken_over(browser, session):
    planted = "A" * 43
    browser.cookies[COOKIE] = planted

    browser.sign_in()

    assert browser.cookies[COOKIE] != planted
    assert session.scalar(select(WebSession.session_id)) is not None


def test_a_second_sign_in_gets_a_cookie_of_its_own_and_ends_the_first_session(browser, issuer):
    browser.sign_in()
    first = browser.cookies[COOKIE]
    issuer.claims = {"sub": "p_other"}
    browser.sign_in()

    assert browser.cookies[COOKIE] != first
    browser.cookies[COOKIE] = first
    assert browser.get("/sec/permits").headers["location"].startswith("/sec?to=")


def test_an_answer_of_the_issuer_is_used_once(browser):
    leaving = browser.get("/sec/sign-in/dispatch")
    state = leaving.headers["location"].rpartition("urn:")[2]
    back = f"/sec/signed-in?code=c&state={state}&iss={ISSUER}"

    assert browser.get(back).status_code == 303
    assert browser.get(back).status_code == 403


@pytest.mark.parametrize("cookie", ["", "B" * 43])
def test_the_answer_to_another_browsers_sign_in_is_refused(browser, cookie):
    leaving = browser.get("/sec/sign-in/dispatch")
    state = leaving.headers["location"].rpartition("urn:")[2]
    browser.cookies[SIGN_IN_COOKIE] = cookie

    answer = browser.get(f"/sec/signed-in?code=c&state={state}&iss={ISSUER}")

    assert answer.status_code == 403
    assert COOKIE not in browser.cookies


def test_a_sign_in_that_takes_too_long_begins_anew(browser, session):
    leaving = browser.get("/sec/sign-in/dispatch")
    state = leaving.headers["location"].rpartition("urn:")[2]
    session.execute(
        update(PendingSignIn).values(started_at=datetime.now(UTC) - timedelta(minutes=11))
    )
    session.flush()

    assert browser.get(f"/sec/signed-in?code=c&state={state}&iss={ISSUER}").status_code == 403


def test_an_address_begins_only_so_many_sign_ins(browser, monkeypatch):
    monkeypatch.setattr(sign_in_pages, "_SIGN_INS", Policy("sign-ins", 2, 60))

    answers = [browser.get("/sec/sign-in/dispatch").status_code for _ in range(3)]

    assert answers == [303, 303, 429]


def test_while_the_issuer_is_away_a_page_says_so(browser, issuer):
    issuer.is_away = True

    answer = browser.get("/sec/sign-in/dispatch")

    assert answer.status_code == 503
    assert "خدمة تسجيل الدخول غير متاحة" in answer.text


@pytest.mark.parametrize(
    "changes",
    [{"seen_at": timedelta(minutes=61)}, {"signed_in_at": timedelta(hours=10, minutes=1)}],
)
def test_a_session_ends_by_itself(dispatcher, session, changes):
    past = {name: datetime.now(UTC) - age for name, age in changes.items()}
    session.execute(update(WebSession).values(**past))
    session.flush()

    answer = dispatcher.get("/sec/permits")

    assert answer.headers["location"].startswith("/sec?to=")


@pytest.mark.parametrize("kind", ["person", "session", "client", "organisation"])
def test_a_revoked_persons_page_is_dead(dispatcher, session, app, kind, issuer):
    tokens = app.process.resources.access[SEC.name].verifiers["partner-gateway"]
    signed_in = resume(session, SEC, dispatcher.cookies[COOKIE], datetime.now(UTC))
    names = dict(signed_in.caller.revocation_names())
    soon = datetime.now(UTC) + timedelta(seconds=1)
    keep(
        session,
        {
            "kind": kind,
            "value": names[kind],
            "not_before": soon,
            "expires_at": soon + timedelta(minutes=6),
        },
    )
    session.flush()
    tokens._revocations._view = tokens._revocations._view._replace(read_at=float("-inf"))

    answer = dispatcher.get("/sec/permits")

    assert answer.headers["location"].startswith("/sec?to=")
    assert resume(session, SEC, dispatcher.cookies[COOKIE], datetime.now(UTC)) is None
    assert session.scalars(select(WebSession)).one().content["tokens"] == {}


def test_one_press_ends_both_sessions_and_the_cookie_opens_nothing(dispatcher, session, issuer):
    cookie = dispatcher.cookies[COOKIE]
    first_token = session.scalars(select(WebSession)).one().content["first_token"]

    answer = dispatcher.post("/sec/sign-out", {})

    assert issuer.ended == [first_token]
    assert answer.headers["location"] == "/sec?signed-out"
    assert "انتهى دخولكم هنا" in dispatcher.get("/sec?signed-out").text
    assert COOKIE not in dispatcher.cookies
    dispatcher.cookies[COOKIE] = cookie
    assert dispatcher.get("/sec/permits").headers["location"].startswith("/sec?to=")


@pytest.mark.parametrize("status", [400, 401, 503])
def test_a_session_that_identity_did_not_end_is_said(monkeypatch, status):
    issuer = Issuer(ISSUER, client_id="portal", client_key="k" * 42 + "M", redirect_uri="")
    answer = requests.Response()
    answer.status_code = status
    monkeypatch.setattr(issuer, "_client", SimpleNamespace(auth=None))
    monkeypatch.setattr(issuer, "_http", SimpleNamespace(post=lambda *_, **__: answer))

    with pytest.raises(IssuerAway):
        issuer.end_session("a token")


@pytest.mark.parametrize("has_ended", [True, False])
def test_whether_identity_ended_a_session_is_as_identity_says(monkeypatch, has_ended):
    issuer = Issuer(ISSUER, client_id="portal", client_key="k" * 42 + "M", redirect_uri="")
    answer = SimpleNamespace(raise_for_status=lambda: None, json=lambda: {"ended": has_ended})
    monkeypatch.setattr(issuer, "_client", SimpleNamespace(auth=None))
    monkeypatch.setattr(issuer, "_http", SimpleNamespace(post=lambda *_, **__: answer))

    assert issuer.end_session("a token") is has_ended


@pytest.mark.parametrize("why", ["is_away", "is_over"])
def test_where_identity_ended_nothing_its_own_page_does(dispatcher, session, issuer, why):
    setattr(issuer, why, True)

    answer = dispatcher.post("/sec/sign-out", {})

    assert answer.headers["location"] == f"{ISSUER}/sign-out?lang=ar"
    assert session.scalars(select(WebSession)).all() == []


def test_the_sign_out_takes_saved_searches_with_it(dispatcher, session, gateway):
    gateway.replies["/v1/building-permit-searches"] = Reply(200, page())
    dispatcher.post("/sec/permits", {"owner_number": "1000000008"})
    dispatcher.post("/sec/sign-out", {})

    assert session.scalars(select(SavedForm.form_id)).all() == []


def test_a_worn_out_token_is_renewed_and_the_person_returns_to_the_page(
    dispatcher, issuer, gateway
):
    gateway.replies[PERMITS] = Reply(200, page())
    issuer.claims = {"exp": int(datetime.now(UTC).timestamp()) + 5}
    dispatcher.sign_in(to="/sec/permits")
    cookie, issuer.claims = dispatcher.cookies[COOKIE], {}

    leaving = dispatcher.get("/sec/permits?plan_number=713%2F7")
    state = leaving.headers["location"].rpartition("urn:")[2]
    back = dispatcher.get(f"/sec/signed-in?code=c&state={state}&iss={ISSUER}")

    assert back.headers["location"] == "/sec/permits?plan_number=713%2F7"
    assert dispatcher.cookies[COOKIE] == cookie
    assert dispatcher.get(back.headers["location"]).status_code == 200


@pytest.fixture
def refused(dispatcher, gateway, monkeypatch):
    """A browser whose token the gateway refuses."""

    def refuse(*_):
        raise TokenRefused

    monkeypatch.setattr(gateway, "get", refuse)
    return dispatcher


def test_a_token_that_the_service_refuses_ends_the_session_and_leads_back_to_the_page(
    refused, session
):
    answer = refused.get("/sec/grant")

    assert answer.headers["location"] == "/sec?to=%2Fsec%2Fgrant"
    assert resume(session, SEC, refused.cookies[COOKIE], datetime.now(UTC)) is None
    stored = session.scalars(select(WebSession)).one()
    assert not stored.content["tokens"]
    assert not stored.content["first_token"]


def test_a_form_sent_with_a_worn_out_token_is_not_lost(dispatcher, issuer):
    issuer.claims = {"exp": int(datetime.now(UTC).timestamp()) + 5}
    dispatcher.sign_in()

    answer = dispatcher.post("/sec/permits", {"plan_number": "713/7"})

    assert answer.headers["location"] == "/sec/permits?plan_number=713%2F7"


def test_another_person_at_the_renewal_gets_a_session_of_his_own(dispatcher, issuer):
    cookie = dispatcher.cookies[COOKIE]
    issuer.claims = {"sub": "p_other", "name": "آخر (بيانات تجريبية)"}

    dispatcher.sign_in()

    assert dispatcher.cookies[COOKIE] != cookie


def test_a_page_of_another_task_is_refused_and_leads_to_that_task(dispatcher):
    answer = dispatcher.get("/sec/access-log")

    assert answer.status_code == 403
    assert "ليست ضمن مهمتكم الحالية" in answer.text
    assert "/sec/sign-in/audit" in answer.text


def test_a_task_that_the_person_does_not_hold_is_said_so(browser):
    leaving = browser.get("/desk/sign-in/referral")
    state = leaving.headers["location"].rpartition("urn:")[2]

    answer = browser.get(f"/desk/signed-in?error=access_denied&state={state}&iss={ISSUER}")

    assert answer.status_code == 403
    assert "ليست هذه المهمة من صلاحياتكم" in answer.text
    assert 'href="/desk?tasks=all"' in answer.text
    assert "مسؤول النظام في جهتكم" in answer.text
    assert DESK.cookie not in browser.cookies


@pytest.mark.parametrize("address", ["//%5B", "http://%5B::"])
def test_a_return_to_what_is_no_address_is_left_out(browser, address):
    assert browser.get(f"/my?to={address}").status_code == 200


def test_a_person_who_cancels_the_sign_in_reads_nothing_of_rights(browser):
    leaving = browser.get("/desk/sign-in/referral")
    state = leaving.headers["location"].rpartition("urn:")[2]
    sign_in = contracts.openapi("identity")["paths"]["/authorize"]["get"]
    denials = sign_in["responses"]["303"]["x-error-descriptions"]
    said = quote(denials["cancelled"])

    answer = browser.get(
        f"/desk/signed-in?error=access_denied&error_description={said}&state={state}&iss={ISSUER}"
    )

    assert answer.status_code == 403
    assert "ألغيتم تسجيل الدخول" in answer.text
    assert "صلاحيات" not in answer.text


def test_a_citizens_page_of_another_task_signs_in_for_that_task(citizen):
    answer = citizen.get("/my/transactions")

    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"{ISSUER}/authorize")


def test_the_choice_of_another_task_stands_within_the_session(citizen):
    shown = citizen.get("/my?tasks=all").text

    assert 'action="/my/sign-out"' in shown
    assert "أنتم مسجلون الدخول" in shown


def test_a_link_of_another_site_signs_nobody_in_for_another_task(citizen):
    answer = citizen.get("/my/transactions", **{"Sec-Fetch-Site": "cross-site"})

    assert answer.headers["location"] == "/my?tasks"


def test_a_page_to_which_another_site_leads_is_opened_once_more_without_its_content(dispatcher):
    shown = dispatcher.get("/sec/permits?plan_number=3", **{"Sec-Fetch-Site": "cross-site"})
    again = dispatcher.get("/sec/permits?plan_number=3", **{"Sec-Fetch-Site": "same-origin"})

    assert shown.headers["refresh"] == "0; url=/sec/permits?plan_number=3"
    assert "تسجيل الخروج" not in shown.text
    assert "تسجيل الخروج" in again.text


def test_the_choice_of_a_task_to_which_another_site_leads_names_nobody_at_first(citizen):
    shown = citizen.get("/my?tasks=all", **{"Sec-Fetch-Site": "cross-site"})

    assert shown.headers["refresh"] == "0; url=/my?tasks=all"
    assert "تسجيل الخروج" not in shown.text


def test_a_picture_of_another_site_begins_no_sign_in(browser, monkeypatch):
    monkeypatch.setattr(sign_in_pages, "_SIGN_INS", Policy("sign-ins", 1, 60))

    picture = browser.get("/sec/sign-in/audit", **{"Sec-Fetch-Dest": "image"})
    visit = browser.get("/sec/sign-in/audit", **{"Sec-Fetch-Dest": "document"})

    assert (picture.status_code, visit.status_code) == (404, 303)


def test_a_link_of_another_site_changes_no_open_session(dispatcher):
    cookie = dispatcher.cookies[COOKIE]

    answer = dispatcher.get("/sec/sign-in/audit", **{"Sec-Fetch-Site": "cross-site"})

    assert answer.headers["location"] == "/sec?tasks"
    assert dispatcher.cookies[COOKIE] == cookie
