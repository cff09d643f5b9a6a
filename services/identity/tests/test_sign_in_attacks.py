"""Attacks on the pages and on the people who use them: names that look alike, other people's forms, odd headers."""

import pytest

from .oauth_clients import PASSWORD

EVIL = "evil.example"


# ------------------------------------------------------------------------------------------ sign-in


READ_AS_SARA = ["SARA", " sara ", "Sara\u00a0", "\u017fara"]  # the last one begins with a long s
NOT_SARA = ["ｓａｒａ", "s\u0430ra", "sara\u200b", "sara\u0301", "sa\u00adra"]


def test_however_a_name_is_spelled_its_failures_count_together(oauth):
    for number in range(5):
        oauth.sign_in(READ_AS_SARA[number % len(READ_AS_SARA)], "not the password")

    assert oauth.sign_in("sara").status_code == 403


@pytest.mark.parametrize("name", NOT_SARA)
def test_a_name_that_only_looks_alike_signs_nobody_in(oauth, name):
    assert oauth.sign_in(name).status_code == 403


def test_a_forged_forwarded_address_stops_only_its_sender(oauth):
    attacker, victim = oauth.browser(), oauth.browser()
    attacker.headers["X-Forwarded-For"] = "198.51.100.7, 203.0.113.9"  # the last is our proxy's
    victim.headers["X-Forwarded-For"] = "198.51.100.7"
    for _ in range(6):
        oauth.sign_in("sara", "not the password", browser=attacker)
    attacker.headers["X-Forwarded-For"] = "198.51.100.8, 203.0.113.9"

    assert oauth.sign_in("sara", browser=attacker).status_code == 403
    assert oauth.sign_in("sara", browser=victim).status_code == 303


def test_a_signed_out_session_is_over_though_its_cookie_is_kept(oauth):
    browser, thief = oauth.browser(), oauth.browser()
    oauth.sign_in(browser=browser)
    thief.cookies.set("__Host-identity", browser.cookies["__Host-identity"])
    form = oauth.form_of(browser.get("/sign-out"))

    assert browser.post("/sign-out", data=form).status_code == 200

    assert "password" in thief.get("/authorize", params=oauth.reference()).text


def pages(oauth):
    """Every page that a person may see, by its name."""
    browser = oauth.browser()
    found = {"sign-in": browser.get("/authorize", params=oauth.reference())}
    found["failed"] = oauth.sign_in("sara", "not the password")
    found["forged"] = browser.post("/authorize", data=oauth.reference())
    found["error"] = browser.get("/authorize", params={"client_id": "x", "request_uri": "y"})
    oauth.sign_in(browser=browser)
    found["consent"] = browser.get("/authorize", params=oauth.reference(scope="gateway.status"))
    found["not allowed"] = browser.get(
        "/authorize", params=oauth.reference(scope="building-permits.search")
    )
    found["sign-out"] = browser.get("/sign-out")
    found["sign-out, forged"] = browser.post("/sign-out", data={})
    found["signed out"] = browser.post("/sign-out", data=oauth.form_of(found["sign-out"]))
    return found


def test_no_page_can_be_framed_kept_or_read_by_another_site(oauth):
    for name, page in pages(oauth).items():
        assert "text/html" in page.headers["Content-Type"], name
        assert page.headers["X-Frame-Options"] == "DENY", name
        assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"], name
        assert page.headers["Cache-Control"] == "no-store", name
        assert page.headers["Referrer-Policy"] == "no-referrer", name
        assert page.headers["X-Content-Type-Options"] == "nosniff", name
        assert not [
            header for header in page.headers if header.lower().startswith("access-control")
        ], name


@pytest.mark.parametrize("action", ["continue", "cancel", "other-account", "sign-in"])
def test_no_button_of_the_consent_page_can_be_pressed_by_another_site(oauth, action):
    browser, other = oauth.browser(), oauth.browser()
    oauth.sign_in(browser=browser)
    reference = oauth.reference(scope="gateway.status")
    page = browser.get("/authorize", params=reference)
    foreign = oauth.form_of(other.get("/authorize", params=oauth.reference()))["csrf_token"]
    for token in ("", foreign, oauth.form_of(page)["csrf_token"][:-1]):
        form = {
            **reference,
            "csrf_token": token,
            "action": action,
            "username": "sara",
            "password": PASSWORD,
        }

        answer = browser.post("/authorize", data=form)

        assert answer.status_code == 403
        assert "Location" not in answer.headers
    form = {**oauth.form_of(page), "action": "continue"}
    assert "code" in oauth.returned(browser.post("/authorize", data=form))


def test_another_site_signs_nobody_out(oauth):
    browser, other = oauth.browser(), oauth.browser()
    oauth.sign_in(browser=browser)
    foreign = oauth.form_of(other.get("/authorize", params=oauth.reference()))["csrf_token"]

    assert browser.post("/sign-out", data={"csrf_token": foreign}).status_code == 403
    assert browser.get("/sign-out?csrf_token=" + foreign).status_code == 400

    assert "code" in oauth.returned(browser.get("/authorize", params=oauth.reference()))


# ------------------------------------------------------------------------------------------ around the requests

NAMED = (
    *("Host", "X-Forwarded-Host", "X-Forwarded-Server", "X-Original-Host", "X-Host", "Forwarded"),
    *("X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Prefix", "X-Script-Name", "Origin", "Referer"),
)  # fmt: skip


@pytest.mark.parametrize("header", NAMED)
def test_no_answer_repeats_an_address_that_the_caller_named(oauth, header):
    named = {header: f"host={EVIL}" if header == "Forwarded" else EVIL}
    browser = oauth.browser()
    browser.headers.update(named)
    asked = [
        browser.get("/.well-known/oauth-authorization-server"),
        browser.get("/authorize", params=oauth.reference()),
        oauth.push(headers=named),
        oauth.sign_in(browser=browser),
        *(browser.get(path) for path in ("/sign-out", "/docs", "/openapi.json", "/v1/people", "/nothing", "//")),
    ]  # fmt: skip

    for answer in asked:
        assert EVIL not in answer.text + str(answer.headers).lower()
        assert answer.status_code < 500


@pytest.mark.parametrize("header", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
def test_no_header_makes_another_method_of_a_request(oauth, header):
    browser = oauth.browser()
    oauth.sign_in(browser=browser)

    assert browser.get("/sign-out", headers={header: "POST"}).status_code == 200

    assert "code" in oauth.returned(browser.get("/authorize", params=oauth.reference()))
