"""Attacks on the way to the national login and back: forged tokens, foreign states, injected codes, mixed-up kinds."""

import time
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import pytest
from sqlalchemy import text

from chassis.access.quotas import Policy
from chassis.testing import Holder
from identity.commands.citizens import begin_journey

from .citizens import ASKED, FATIMA, HASAN, Citizen, query_of
from .oauth_clients import CITIZENS_CALLBACK, ISSUER, PASSWORD

CALLBACK = f"{ISSUER}/national-login/callback"


def now():
    return int(time.time())


def is_nobody(session, page):
    """Nobody was signed in and no code was given."""
    return "Location" not in page.headers and not session.scalar(
        text("SELECT count(*) FROM sign_in_session WHERE citizen_id IS NOT NULL")
    )


# ------------------------------------------------------------------------------------------ the ID token

WRONG = {
    "another issuer": {"claims": {"iss": "https://mallory.example"}},
    "no issuer": {"claims": {"iss": None}},
    "another audience": {"claims": {"aud": "another-service"}},
    "a second audience": {"claims": {"aud": ["qatif-identity", "another-service"]}},
    "a second audience with our name as the party": {
        "claims": {"aud": ["qatif-identity", "another-service"], "azp": "qatif-identity"}
    },
    "another party": {"claims": {"azp": "another-service"}},
    "expired": {"claims": {"exp": now() - 60}},
    "no end": {"claims": {"exp": None}},
    "of an earlier hour": {"claims": {"iat": now() - 3600, "auth_time": now()}},
    "of tomorrow": {"claims": {"iat": now() + 86_400}},
    "another nonce": {"claims": {"nonce": "0" * 43}},
    "no nonce": {"claims": {"nonce": None}},
    "an older authentication": {"claims": {"auth_time": now() - 600}},
    "no time of authentication": {"claims": {"auth_time": None}},
    "a low assurance": {"claims": {"acr": "low"}},
    "no assurance": {"claims": {"acr": None}},
    "a list of assurances": {"claims": {"acr": ["high"]}},
    "no person": {"claims": {"sub": None}},
    "no number": {"claims": {"national_id": None}},
    "a wrong number": {"claims": {"national_id": "1000000017"}},
    "a number of an establishment": {"claims": {"national_id": "7000000005"}},
    "a number that is none": {"claims": {"national_id": 1000000016}},
    "no name": {"claims": {"name": None}},
    "an endless name": {"claims": {"name": "ا" * 500}},
    "another algorithm": {"header": {"alg": "RS256"}},
    "another key under the same id": {"other_key": True},
    "an unknown key": {"header": {"kid": "mallory"}},
    "no key named": {"header": {"kid": None}},
    "an access token": {"header": {"typ": "at+jwt"}},
    "a key of its own": {"header": {"jku": "https://mallory.example/jwks.json"}},
    "no ID token": {"answer": {"access_token": "x", "token_type": "Bearer"}},
    "no token but a text": {"answer": {"access_token": "x", "token_type": "Bearer", "id_token": "a.b.c"}},
    "a number for a token": {"answer": {"access_token": "x", "token_type": "Bearer", "id_token": 5}},
    "a hash of another access token": {"claims": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}},
}  # fmt: skip


@pytest.mark.parametrize("fault", WRONG)
def test_a_wrong_id_token_signs_nobody_in(fatima, national, session, fault):
    callback = fatima.approve(fatima.leave())
    national.fail(**WRONG[fault])

    page = fatima.come_back(callback)

    assert page.status_code == 403
    assert "لم نتمكن من التحقق" in page.text
    assert is_nobody(session, page)


# ------------------------------------------------------------------------------------------ state and code


def test_a_callback_counts_once(fatima, oauth, session):
    callback = fatima.approve(fatima.leave())
    assert "code" in oauth.returned(fatima.come_back(callback))

    again = fatima.come_back(callback)

    assert again.status_code == 400
    assert "Location" not in again.headers


def test_after_a_refusal_a_second_callback_with_a_code_signs_nobody_in(fatima, national):
    refused = fatima.approve(fatima.leave(), "refuse")
    state = query_of(refused)["state"]
    assert fatima.come_back(refused).status_code == 403

    assert fatima.come_back(f"{CALLBACK}?state={state}&code=x").status_code == 400


def test_a_callback_in_another_browser_signs_nobody_in(fatima, oauth, national, session):
    """Login CSRF: the attacker has the victim's browser come back from his own sign-in."""
    attacker = Citizen(oauth, HASAN)
    callback = attacker.approve(attacker.leave())
    fatima.page()  # a victim with a cookie and a sign-in of her own
    for browser in (fatima.browser, oauth.browser()):
        page = browser.get(callback)

        assert page.status_code == 400
        assert is_nobody(session, page)
    assert "code" in oauth.returned(attacker.come_back(callback))  # unspent by the attempts


@pytest.mark.parametrize("state", ["", "state=", "state=x", "state=a&state=b", "state=%00"])
def test_an_unknown_state_leads_nowhere(fatima, national, state):
    fatima.leave()

    page = fatima.come_back(f"{CALLBACK}?code=x&{state}")

    assert page.status_code == 400
    assert "Location" not in page.headers


def test_a_code_of_another_sign_in_is_refused(fatima, oauth, national, session):
    """Code injection: the attacker puts his code, or a stolen one, behind the victim's state."""
    thief = Citizen(oauth, HASAN)
    stolen = query_of(fatima.approve(fatima.leave()))["code"]
    state = query_of(thief.leave())["state"]

    page = thief.come_back(f"{CALLBACK}?state={state}&code={stolen}&iss={national.url}")

    assert page.status_code == 403
    assert is_nobody(session, page)


def test_an_answer_of_another_issuer_is_not_taken(fatima, national, session):
    """Mix-up: the code would be sent to ours, but the answer isn't ours."""
    national.fail(iss="https://mallory.example")

    page = fatima.sign_in()

    assert page.status_code == 403
    assert is_nobody(session, page)


def test_neither_verifier_nor_nonce_can_be_made_of_the_state(settings):
    journey = begin_journey(settings, datetime.now(UTC))
    other = replace(settings, key_encryption_key="B" * 43)

    assert begin_journey(other, datetime.now(UTC)).verifier != journey.verifier
    assert len({journey.state, journey.nonce, journey.verifier}) == 3
    assert not [part for part in (journey.state, journey.nonce) if part in repr(journey)]


@pytest.mark.parametrize(
    "more", ["redirect_uri=https://evil.example", "request_uri=x", "client_id=portal", "lang=en"]
)
def test_the_callback_leads_to_the_applications_address_and_to_no_other(fatima, more):
    answer = fatima.come_back(fatima.approve(fatima.leave()) + "&" + more)

    assert answer.headers["Location"].startswith(CITIZENS_CALLBACK + "?code=")


def test_the_page_does_not_repeat_words_of_the_national_login(fatima, national):
    state = query_of(fatima.leave())["state"]

    page = fatima.come_back(
        f"{CALLBACK}?state={state}&error=%3Cscript%3E&error_description=call+055"
    )

    assert page.status_code == 403
    assert "script" not in page.text
    assert "055" not in page.text


def test_an_answered_request_is_not_answered_again_by_a_second_tab(fatima, oauth, session):
    page = fatima.page()
    first, second = fatima.press(page), fatima.press(page)
    assert "code" in oauth.returned(fatima.come_back(fatima.approve(first)))

    late = fatima.come_back(fatima.approve(second))

    assert late.status_code == 400
    assert "Location" not in late.headers


def test_a_session_has_no_identifier_from_before_the_sign_in(fatima):
    page = fatima.page()
    before = fatima.browser.cookies["__Host-identity"]

    fatima.come_back(fatima.approve(fatima.press(page)))

    assert fatima.browser.cookies["__Host-identity"] != before


def test_another_site_sends_nobody_to_the_national_login(fatima, oauth):
    page = fatima.page()
    form = {**oauth.form_of(page), "csrf_token": "x", "action": "national-login"}

    answer = fatima.browser.post("/authorize", data=form)

    assert answer.status_code == 403
    assert "Location" not in answer.headers


# ------------------------------------------------------------------------------------------ kinds apart


def test_no_password_opens_a_citizens_client_and_no_national_login_an_employees(
    fatima, oauth, national, session
):
    form = {**oauth.form_of(fatima.page()), "username": "amal", "password": PASSWORD}
    answer = fatima.browser.post("/authorize", data=form)
    assert answer.headers["Location"].startswith(national.url)  # whatever was typed

    browser = oauth.browser()
    page = browser.get("/authorize", params=oauth.reference())
    answer = browser.post("/authorize", data={**oauth.form_of(page), "action": "national-login"})

    assert answer.status_code == 403


def test_an_employees_session_is_no_citizens_and_the_other_way_round(fatima, oauth):
    oauth.sign_in(browser=fatima.browser)
    assert "الدخول بالنفاذ الوطني" in fatima.page().text
    fatima.token()

    page = fatima.browser.get("/authorize", params=oauth.reference())

    assert 'name="password"' in page.text


@pytest.mark.parametrize(
    ("client_id", "scope"),
    [
        ("citizens", "identity.admin"),
        ("citizens", "my-delegations.write identity.admin"),
        ("portal", "my-delegations.write"),
    ],
)
def test_no_client_asks_for_the_scopes_of_another_kind(oauth, client_id, scope):
    place = CITIZENS_CALLBACK if client_id == "citizens" else "https://portal.example/callback"

    answer = oauth.push(client_id=client_id, scope=scope, redirect_uri=place)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")


def test_a_citizens_client_gets_no_token_without_a_citizen(oauth):
    answer = oauth.machine_token("my-delegations.write", "citizens")

    assert answer.status_code == 400
    assert "access_token" not in answer.json()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"organisation": "electricity"}, "client-of-citizens"),
        ({"organisation": "tarout"}, "client-of-citizens"),
        ({"scopes": ["permits.read"]}, "scope-client-kind"),
        ({"redirect_uris": []}, "redirect-uri-required"),
        ({"attributes": {"departments": "cleaning"}}, "attributes-unexpected"),
        ({"kind": "staff"}, "scope-client-kind"),
    ],
    ids=str,
)
def test_only_the_municipality_has_clients_for_citizens(client, admin, changes, code, oauth):
    body = {
        "client_id": "new-portal",
        "kind": "citizen",
        "organisation": "qatif",
        "name": {"ar": "بوابة (بيانات تجريبية)", "en": "Portal"},
        "jwks": {"keys": [Holder().jwk | {"kid": "k1"}]},
        "redirect_uris": [CITIZENS_CALLBACK],
        "scopes": ["my-delegations.write"],
        **changes,
    }

    answer = client.post("/v1/clients", json=body, headers=admin)

    assert code in [error["code"] for error in answer.json()["errors"]]


def test_no_person_of_the_register_holds_a_citizens_scope(client, admin, oauth):
    person = client.get("/v1/people?organisation=qatif", headers=admin).json()["items"][0]
    body = {
        "display_name": "x (بيانات تجريبية)", "role": "officer", "scopes": ["my-delegations.write"]
    }  # fmt: skip

    answer = client.put(f"/v1/people/{person['person_id']}", json=body, headers=admin)

    assert answer.json()["errors"][0]["code"] == "scope-client-kind"


def test_a_bound_client_of_citizens_gets_bound_tokens_only(oauth, national):
    asked = {**ASKED, "client_id": "bound-citizens"}

    assert oauth.push(**asked).json()["error"] == "invalid_request"
    assert oauth.push(**asked, dpop_jkt=Holder().thumbprint).status_code == 201


def test_the_municipality_suspended_ends_its_citizens_tokens_too(
    fatima, client, other_admin, outbox_rows
):
    """Their tokens name no organisation, so that of their client is what voids them."""
    fatima.token()

    client.post("/v1/organisations/qatif/suspend", json={"reason": "تجربة"}, headers=other_admin)

    told = [row.envelope["data"] for row in outbox_rows() if row.topic == "identity.revocation"]
    assert {("organisation", "qatif"), ("client", "citizens")} <= {
        (one["kind"], one["value"]) for one in told
    }


def test_a_citizens_tokens_are_voided_by_the_subject(fatima, oauth, client, admin):
    token = fatima.token()
    subject = oauth.claims(token)["sub"]

    client.post(
        "/v1/revocations",
        json={"kind": "person", "value": subject, "reason": "بلاغ"},
        headers=admin,
    )

    assert oauth.introspect(token) == {"active": False}
    assert fatima.page().status_code == 200  # and the session is over


# ------------------------------------------------------------------------------------------ limits and traces


def test_the_sign_ins_of_an_address_are_limited(fatima, oauth, monkeypatch):
    few = partial(Policy, "few", 2)
    monkeypatch.setattr(
        "identity.api.national_login.Policy", lambda _name, _most, *more, **step: few(*more, **step)
    )
    page = fatima.page()
    for _ in range(2):
        fatima.press(page)
    form = {**oauth.form_of(page), "action": "national-login"}

    answer = fatima.browser.post("/authorize", data=form)

    assert answer.status_code == 429
    assert "محاولات كثيرة" in answer.text
    assert int(answer.headers["Retry-After"]) > 0


def test_no_log_line_of_a_sign_in_names_the_person(fatima, capsys):
    fatima.sign_in("refuse")
    fatima.token()

    said = capsys.readouterr()

    assert not [part for part in (FATIMA, "فاطمة", "500000016") if part in said.out + said.err]
