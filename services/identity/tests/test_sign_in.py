"""The sign-in page: what it says, sessions, forged forms, guessing."""

import re
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from argon2 import PasswordHasher
from sqlalchemy import text

from identity import passwords
from identity.commands import sessions
from identity.sealing import keyed_fingerprint

PASSWORD = "four palms by the sea"
COOKIE = "__Host-identity"


def open_page(oauth, browser, **changes):
    page = browser.get("/authorize", params=oauth.reference(**changes))
    assert page.status_code == 200
    return page


def test_the_page_is_arabic_first_and_says_who_asks_for_what(oauth):
    page = open_page(oauth, oauth.browser()).text

    assert '<html lang="ar" dir="rtl">' in page
    assert "electricity-desk (بيانات تجريبية)" in page
    assert "electricity (بيانات تجريبية)" in page
    assert "الاطلاع على رخص البناء بالتاريخ ورقم المخطط ورقم الرخصة" in page


def test_the_page_is_english_when_asked_and_links_back(oauth):
    page = open_page(oauth, oauth.browser(), lang="en").text

    assert '<html lang="en" dir="ltr">' in page
    assert "Look at building permits by date, plan number and permit number" in page
    assert "lang=ar" in page


@pytest.mark.parametrize(
    ("wanted", "shown"),
    [
        ({"ui_locales": "en"}, "en"),
        ({"ui_locales": "fr-CA en-GB ar"}, "en"),
        ({"ui_locales": "AR-SA en"}, "ar"),
        ({"ui_locales": "fr"}, "ar"),
        ({"ui_locales": "en", "lang": "ar"}, "ar"),
    ],
)
def test_the_page_is_in_the_first_of_the_clients_languages_that_there_is(oauth, wanted, shown):
    assert f'<html lang="{shown}"' in open_page(oauth, oauth.browser(), **wanted).text


@pytest.mark.parametrize(
    ("accepted", "wanted", "shown"),
    [
        ("en-US,en;q=0.9", {}, "en"),
        ("ar,en;q=0.5", {}, "ar"),
        ("fr", {}, "ar"),
        ("en", {"ui_locales": "fr"}, "en"),
        ("en", {"ui_locales": "ar"}, "ar"),
    ],
)
def test_without_a_wish_of_the_client_the_page_is_in_the_browsers_language(
    oauth, accepted, wanted, shown
):
    browser = oauth.browser()
    browser.headers["Accept-Language"] = accepted

    assert f'<html lang="{shown}"' in open_page(oauth, browser, **wanted).text


def test_the_error_page_and_signing_out_are_in_the_browsers_language_too(oauth):
    browser = oauth.browser()
    browser.headers["Accept-Language"] = "en"

    assert '<html lang="en"' in browser.get("/authorize?client_id=nobody").text
    assert '<html lang="en"' in browser.get("/sign-out").text
    assert '<html lang="ar"' in browser.get("/sign-out?lang=ar").text


def test_the_page_runs_no_script_and_may_not_be_framed(oauth):
    page = open_page(oauth, oauth.browser())

    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self' https://desk.electricity.example" in policy
    assert "unsafe" not in policy
    assert page.headers["Cache-Control"] == "no-store"
    assert not re.search(r"<script|<style|\sstyle=|\son[a-z]+=", page.text)


def test_what_the_client_sends_is_shown_as_text(oauth):
    page = open_page(oauth, oauth.browser(), state='"><script>alert(1)</script>')

    assert "<script>" not in page.text


def test_the_cookie_is_for_this_host_over_tls_and_not_for_scripts(oauth):
    cookie = oauth.sign_in().headers["Set-Cookie"]

    assert cookie.startswith(COOKIE + "=")
    for attribute in ("HttpOnly", "Secure", "SameSite=Lax", "Path=/"):
        assert attribute in cookie
    assert "Domain" not in cookie


def test_a_session_never_has_an_identifier_from_before_the_sign_in(oauth):
    browser = oauth.browser()
    open_page(oauth, browser)
    before = browser.cookies[COOKIE]

    oauth.sign_in(browser=browser)

    assert browser.cookies[COOKIE] != before


def test_an_identifier_planted_by_somebody_else_never_becomes_a_session(oauth):
    victim, attacker = oauth.browser(), oauth.browser()
    planted = "p" * 43
    victim.cookies.set(COOKIE, planted)
    oauth.sign_in(browser=victim)

    attacker.cookies.set(COOKIE, planted)

    assert (
        attacker.get("/authorize", params=oauth.reference()).status_code == 200
    )  # asked to sign in


@pytest.mark.parametrize("token", [None, "", "x" * 43, "ص"])
def test_a_form_without_our_token_signs_nobody_in(oauth, token):
    browser = oauth.browser()
    form = oauth.form_of(open_page(oauth, browser)) | {"username": "sara", "password": PASSWORD}
    form = {k: v for k, v in {**form, "csrf_token": token}.items() if v is not None}

    answer = browser.post("/authorize", data=form)

    assert answer.status_code == 403
    assert "انتهت صلاحية هذه الصفحة" in answer.text


def test_a_token_of_another_browser_signs_nobody_in(oauth):
    mine, theirs = oauth.browser(), oauth.browser()
    foreign = oauth.form_of(open_page(oauth, theirs))["csrf_token"]
    form = oauth.form_of(open_page(oauth, mine)) | {"username": "sara", "password": PASSWORD}
    form["csrf_token"] = foreign

    assert mine.post("/authorize", data=form).status_code == 403


def test_a_second_request_of_the_same_client_needs_no_page(oauth):
    browser = oauth.browser()
    oauth.sign_in(browser=browser)

    answer = browser.get("/authorize", params=oauth.reference())

    assert "code" in oauth.returned(answer)


def test_new_scopes_are_shown_before_they_are_given(oauth):
    browser = oauth.browser()
    oauth.sign_in(browser=browser)

    page = open_page(oauth, browser, scope="gateway.status")
    assert "الاطلاع على حالة بوابة الشركاء" in page.text
    answer = browser.post("/authorize", data={**oauth.form_of(page), "action": "continue"})

    assert "code" in oauth.returned(answer)


def test_an_account_that_may_not_do_it_reads_whom_to_ask_and_no_call_for_another_account(oauth):
    browser = oauth.browser()
    oauth.sign_in(browser=browser)

    page = open_page(oauth, browser, scope="building-permits.search")

    assert "اطلبوها من مسؤول النظام في جهتكم" in page.text
    assert "ادخلوا بحساب آخر" not in page.text
    assert 'name="password"' in page.text


def test_another_sign_in_ends_the_session_before(oauth):
    browser = oauth.browser()
    token = oauth.staff_token(browser=browser)
    page = open_page(oauth, browser, scope="gateway.status")
    page = browser.post("/authorize", data={**oauth.form_of(page), "action": "other-account"})

    browser.post(
        "/authorize", data={**oauth.form_of(page), "username": "sara", "password": PASSWORD}
    )

    assert oauth.introspect(token) == {"active": False}


def test_signing_out_ends_session_and_tokens(oauth, outbox_rows):
    browser = oauth.browser()
    token = oauth.staff_token(browser=browser)

    page = browser.get("/sign-out")
    assert "sara (بيانات تجريبية)" in page.text
    answer = browser.post("/sign-out", data=oauth.form_of(page))

    assert answer.status_code == 200
    assert oauth.introspect(token) == {"active": False}
    assert outbox_rows()[-1].envelope["data"]["kind"] == "session"
    assert browser.get("/authorize", params=oauth.reference()).status_code == 200  # asked again


def test_nobody_is_signed_out_by_a_foreign_form(oauth):
    browser = oauth.browser()
    token = oauth.staff_token(browser=browser)

    assert browser.post("/sign-out", data={"csrf_token": "x"}).status_code == 403
    assert oauth.introspect(token)["active"] is True


def test_a_session_ends_after_an_idle_hour_and_after_a_shift(oauth, session):
    browser = oauth.browser()
    oauth.sign_in(browser=browser)
    cookie, now = browser.cookies[COOKIE], datetime.now(UTC)

    assert sessions.resume_employee(session, cookie, now + timedelta(minutes=59))
    assert sessions.resume_employee(session, cookie, now + timedelta(minutes=120)) is None
    session.execute(text("UPDATE sign_in_session SET last_used_at = expires_at"))
    session.expire_all()
    assert sessions.resume_employee(session, cookie, now + timedelta(hours=10, minutes=1)) is None


def words_of(answer):
    """The page without what differs by design: token, reference and the name that was typed."""
    return re.sub(r"value=\"[^\"]*\"|request_uri%3A[\w-]+", "", answer.text)


def test_unknown_wrong_suspended_and_blocked_look_the_same(oauth, client, admin):
    wrong = oauth.sign_in("sara", "not the password")
    unknown = oauth.sign_in("nobody", "not the password")
    strange = oauth.sign_in("no\u202ebody ☃" * 3, "x")
    person = client.get("/v1/people?organisation=electricity", headers=admin).json()["items"][0]
    client.post(f"/v1/people/{person['person_id']}/suspend", json={"reason": "test"}, headers=admin)
    suspended = oauth.sign_in("sara")

    assert wrong.status_code == 403
    for other in (unknown, strange, suspended):
        assert other.status_code == 403
        assert words_of(other) == words_of(wrong)
    for _ in range(5):
        blocked = oauth.sign_in("walid", "not the password", client_id="water-desk", **WATER)
    blocked = oauth.sign_in("walid", client_id="water-desk", **WATER)
    assert blocked.status_code == 403


@pytest.mark.parametrize(
    "changes",
    [
        [("PUT", "password", {"password": "five palms by the sea"})],
        [("POST", "suspend", {"reason": "test"})],
        [("POST", "suspend", {"reason": "test"}), ("POST", "reinstate", None)],
    ],
)
def test_a_sign_in_under_way_ends_with_the_password_and_with_the_right_to_act(
    oauth, client, other_admin, sara, monkeypatch, changes
):
    """The administrator's requests come between the comparison of the password and the session."""
    really_right = passwords.is_right

    def changed_meanwhile(password, stored):
        for method, change, body in changes:
            place = f"/v1/people/{sara.person_id}/{change}"
            answer = client.request(method, place, json=body, headers=other_admin)
            assert answer.status_code == 200, answer.text
        return really_right(password, stored)

    browser = oauth.browser()
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(passwords, "is_right", changed_meanwhile)
        refused = oauth.sign_in("sara", browser=browser)

    page = open_page(oauth, browser)
    assert refused.status_code == 403
    assert 'name="password"' in page.text


def test_the_slower_of_two_sign_ins_at_once_reads_to_try_again_whatever_the_password(
    oauth, session, monkeypatch
):
    monkeypatch.setattr("identity.commands.sessions.try_pair", lambda *_names: False)

    right, wrong = oauth.sign_in("sara"), oauth.sign_in("sara", "not the password")

    assert "أعيدوا كتابة كلمة المرور" in right.text
    assert "كلمة المرور غير صحيحة" not in right.text
    assert (right.status_code, words_of(right)) == (wrong.status_code, words_of(wrong))
    assert session.scalar(text("SELECT count(*) FROM failed_sign_in")) == 0


WATER = {"redirect_uri": "https://desk.water.example/callback"}


def test_five_wrong_passwords_stop_the_address_and_not_the_account(oauth):
    for _ in range(5):
        assert oauth.sign_in("sara", "not the password").status_code == 403

    assert oauth.sign_in("sara").status_code == 403  # right, but not from here
    elsewhere = oauth.browser()
    elsewhere.headers["X-Forwarded-For"] = "198.51.100.7"
    assert oauth.sign_in("sara", browser=elsewhere).status_code == 303


def test_names_tried_in_turn_stop_the_address_as_well(oauth, session):
    session.execute(
        text(
            "INSERT INTO failed_sign_in (username_hash, source, failed_at)"
            " SELECT sha256(n::text::bytea), '127.0.0.1', now() FROM generate_series(1, 50) n"
        )
    )
    session.commit()

    assert oauth.sign_in("sara").status_code == 403


def test_half_a_minute_after_five_failures_a_try_counts(oauth, session):
    for _ in range(5):
        oauth.sign_in("sara", "not the password")
    assert oauth.sign_in("sara").status_code == 403
    session.execute(text("UPDATE failed_sign_in SET failed_at = failed_at - interval '30 s'"))
    session.commit()

    assert oauth.sign_in("sara").status_code == 303


def test_trying_too_early_makes_nobody_wait_longer(oauth, session):
    for _ in range(8):
        oauth.sign_in("sara", "not the password")

    assert session.scalar(text("SELECT count(*) FROM failed_sign_in")) == 5


def test_the_failures_of_a_name_count_for_a_day(oauth, session):
    for _ in range(5):
        oauth.sign_in("sara", "not the password")
    session.execute(text("UPDATE failed_sign_in SET failed_at = failed_at - interval '23 hours'"))
    session.commit()
    oauth.sign_in("sara", "not the password")

    assert oauth.sign_in("sara").status_code == 403  # the sixth: a minute from now


def test_a_success_forgets_the_failures_before_it(oauth, session):
    for _ in range(4):
        oauth.sign_in("sara", "not the password")

    assert oauth.sign_in("sara").status_code == 303
    assert session.scalar(text("SELECT count(*) FROM failed_sign_in")) == 0


def test_a_typed_username_is_not_stored(oauth, session):
    oauth.sign_in("my secret pass phrase", "sara")

    rows = session.scalar(text("SELECT json_agg(f)::text FROM failed_sign_in f"))
    assert "username_hash" in rows
    assert "secret" not in rows


def test_a_typed_username_cannot_be_found_by_trying_every_number(oauth, session):
    """Ten digits are tried in minutes: a reader of the table must lack the key to try them with."""
    oauth.sign_in("1000000008", "not the password")

    [kept] = session.scalars(text("SELECT username_hash FROM failed_sign_in"))

    assert bytes(kept) != sha256(b"1000000008").digest()
    assert bytes(kept) == keyed_fingerprint("1000000008", "sign-in", [bytes(32)])


@pytest.mark.parametrize("case", ["wrong", "unknown", "blocked", "suspended"])
def test_every_refusal_costs_one_check_of_a_password(
    session, settings, register, monkeypatch, case
):
    checked = []

    class Spy(PasswordHasher):
        def verify(self, password_hash, password):
            checked.append(password_hash)
            return super().verify(password_hash, password)

    monkeypatch.setattr(passwords, "_HASHER", Spy(time_cost=2, memory_cost=19_456, parallelism=1))
    now = datetime.now(UTC)
    if case == "blocked":
        session.execute(
            text(
                "INSERT INTO failed_sign_in (username_hash, source, failed_at)"
                " SELECT :name, '192.0.2.5', now() FROM generate_series(1, 5)"
            ),
            {"name": keyed_fingerprint("sara", "sign-in", settings.encryption_keys())},
        )
    if case == "suspended":
        session.execute(text("UPDATE person SET status = 'suspended'"))
    username = "nobody" if case == "unknown" else "sara"
    password = "not it" if case == "wrong" else PASSWORD

    refused = sessions.sign_in(
        session, settings, username=username, password=password, source="192.0.2.5", now=now
    )

    assert refused is None
    assert len(checked) == 1
    assert checked[0].startswith("$argon2id$v=19$m=19456,t=2,p=1$")
