"""Token exchange (RFC 8693): one sign-in serves several services, and nobody gets more by an exchange than by a new
sign-in."""

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from sqlalchemy import text

from chassis.testing import Holder
from identity.commands.signing_keys import active_key

from .citizens import FATIMA, HASAN, Citizen
from .oauth_clients import CALLBACK, CITIZENS_CALLBACK, VERIFIER

GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"
TOKEN = "https://issuer.test/token"
BOTH = "permits.read reports.read"
NOT_VALID = ("invalid_request", "The subject_token is not valid.")
SESSION_IS_OVER = {
    "idle for an hour": "last_used_at = now() - interval '61 minutes'",
    "ten hours old": "expires_at = now() - interval '1 second'",
    "ended": "ended_at = now()",
}


@dataclass
class Application:
    """An application of the municipality, which signs people in and exchanges their tokens."""

    oauth: Any
    nonce: str
    holder: Holder
    client_id: str = "desk"

    def sign_in(self, scope=BOTH, username="rawan", **changes):
        """Returns the answer of the token endpoint to the code of a sign-in."""
        named = {"client_id": self.client_id, "scope": scope, "dpop_jkt": self.holder.thumbprint}
        return self.redeem(self.oauth.code(username, **named, **changes))

    def redeem(self, code, redirect_uri=CALLBACK):
        return self.ask(
            grant_type="authorization_code",
            code=code,
            redirect_uri=redirect_uri,
            code_verifier=VERIFIER,
        )

    def exchange(self, token, scope="reports.read", **changes):
        """Returns the answer of the token endpoint to an exchange."""
        form = {"grant_type": GRANT, "subject_token": token, "subject_token_type": ACCESS_TOKEN}
        return self.ask(**{**form, "scope": scope, **changes})

    def exchanged(self, token, scope="reports.read", **changes):
        """Returns the claims of the token of an exchange."""
        answer = self.exchange(token, scope, **changes)
        assert answer.status_code == 200, answer.text
        return self.oauth.claims(answer.json()["access_token"])

    def ask(self, **form):
        proof = self.holder.proof("POST", TOKEN, nonce=self.nonce)
        sent = {**form, **self.oauth.authenticated(self.client_id)}
        values = {name: value for name, value in sent.items() if value is not None}
        return self.oauth.http.post("/token", data=values, headers={"DPoP": proof})


@pytest.fixture
def desk(oauth, nonce, holder):
    return Application(oauth, nonce, holder)


@pytest.fixture
def signed_in(desk):
    """The token of a sign-in whose page named scopes of two services."""
    return desk.sign_in().json()["access_token"]


@pytest.fixture
def token_of_officer(token):
    return token("delegations.manage", sub="p_officer", name="موظف (بيانات تجريبية)")


@pytest.fixture
def my_pages(oauth, nonce, holder, national):
    return Application(oauth, nonce, holder, client_id="my-pages")


def citizens_token(my_pages, id_number=FATIMA, scope="my-permits.read my-delegations.write"):
    citizen = Citizen(my_pages.oauth, id_number)
    named = {"client_id": "my-pages", "scope": scope, "dpop_jkt": my_pages.holder.thumbprint}
    code = my_pages.oauth.returned(citizen.sign_in(**named))["code"]
    answer = my_pages.redeem(code, CITIZENS_CALLBACK)
    assert answer.status_code == 200, answer.text
    return answer.json()["access_token"]


def refusal(answer):
    assert answer.status_code == 400, answer.text
    return (answer.json()["error"], answer.json()["error_description"])


def signed(session, settings, claims, *, key=None, algorithm="PS256", **header):
    """Returns claims as a token, signed with our key unless another one is given."""
    key = key or active_key(session, settings, datetime.now(UTC))
    named = {"alg": algorithm, "typ": "at+jwt", "kid": key.kid, **header}
    return jwt.encode(named, claims, key, algorithms=[algorithm])


def set_session(session, sid, change):
    session.execute(text(f"UPDATE sign_in_session SET {change} WHERE sid = :sid"), {"sid": sid})
    session.expire_all()


def test_the_token_of_the_sign_in_is_for_the_first_service_alone(desk):
    answer = desk.sign_in().json()

    claims = desk.oauth.claims(answer["access_token"])
    assert (claims["aud"], claims["scope"]) == ("permits", "permits.read")
    assert answer["scope"] == "permits.read"
    assert "exchanged" not in claims


def test_the_resource_chooses_the_service_of_the_first_token(desk):
    claims = desk.oauth.claims(desk.sign_in(resource="reports").json()["access_token"])

    assert (claims["aud"], claims["scope"]) == ("reports", "reports.read")


def test_the_sign_in_page_names_the_scopes_of_every_service(oauth, holder):
    named = {"client_id": "desk", "scope": BOTH, "dpop_jkt": holder.thumbprint}

    page = oauth.browser().get("/authorize", params=oauth.reference(**named)).text

    assert "رخص البناء" in page
    assert "البلاغات" in page


def test_an_exchange_gives_a_token_for_another_service_of_the_same_person_and_session(
    desk, signed_in
):
    answer = desk.exchange(signed_in, resource="reports")

    body, before = answer.json(), desk.oauth.claims(signed_in)
    claims = desk.oauth.claims(body["access_token"])
    assert answer.headers["Cache-Control"] == "no-store"
    assert (body["token_type"], body["issued_token_type"]) == ("DPoP", ACCESS_TOKEN)
    assert (claims["aud"], claims["scope"]) == ("reports", "reports.read")
    same = (
        *("sub", "sid", "auth_time", "amr", "acr", "client_id", "client_kind", "organisation"),
        *("name", "cnf"),
    )
    assert {name: claims[name] for name in same} == {name: before[name] for name in same}
    assert claims["jti"] != before["jti"]
    assert claims["exchanged"] is True


def test_audience_names_the_service_as_resource_does(desk, signed_in):
    assert desk.exchanged(signed_in, audience="reports")["aud"] == "reports"
    named_twice = desk.exchange(signed_in, audience="reports", resource="permits")
    assert refusal(named_twice)[0] == "invalid_target"
    assert refusal(desk.exchange(signed_in, resource="permits"))[0] == "invalid_target"


def test_the_first_services_token_is_renewed_by_an_exchange_too(desk, signed_in):
    assert desk.exchanged(signed_in, "permits.read")["aud"] == "permits"


def test_a_citizens_exchange_keeps_the_level_of_assurance_and_the_sealed_person(my_pages):
    token = citizens_token(my_pages)

    claims = my_pages.exchanged(token, "my-delegations.write")

    before = my_pages.oauth.claims(token)
    assert (before["aud"], claims["aud"]) == ("permits", "identity")
    assert claims["acr"] == before["acr"]
    assert claims["person"]
    assert "organisation" not in claims


def expired(desk, signed_in, session, settings):
    """The token of a sign-in two hours ago, whose session goes on."""
    claims, now = desk.oauth.claims(signed_in), int(time.time())
    old = {"iat": now - 7200, "nbf": now - 7200, "exp": now - 6900}
    set_session(session, claims["sid"], "created_at = now() - interval '3 hours'")
    return signed(session, settings, {**claims, **old})


def test_an_expired_token_is_exchanged_while_the_session_goes_on(
    desk, signed_in, session, settings
):
    now = int(time.time())

    found = desk.exchanged(expired(desk, signed_in, session, settings))

    assert found["exp"] > now
    assert found["auth_time"] < now - 7200


def give_back(desk, token, client_id="desk"):
    form = {"token": token, **desk.oauth.authenticated(client_id)}
    return desk.oauth.http.post("/revoke", data=form)


def test_an_expired_token_that_was_given_back_is_not_exchanged(
    desk, signed_in, session, settings, outbox_rows
):
    token = expired(desk, signed_in, session, settings)

    answers = [give_back(desk, token) for _ in range(2)]

    assert [one.status_code for one in answers] == [200, 200]
    assert refusal(desk.exchange(token)) == NOT_VALID
    given_back = [one for one in outbox_rows() if one.topic == "identity.revocation"]
    assert len(given_back) == 1


@pytest.mark.parametrize("how", ["ten hours old", "ended"])
def test_an_expired_token_of_a_session_that_is_over_is_not_recorded(
    desk, signed_in, session, settings, outbox_rows, how
):
    token = expired(desk, signed_in, session, settings)
    set_session(session, desk.oauth.claims(token)["sid"], SESSION_IS_OVER[how])
    before = len(outbox_rows())

    assert give_back(desk, token).status_code == 200
    assert len(outbox_rows()) == before


@pytest.mark.parametrize("how", SESSION_IS_OVER)
def test_with_the_session_the_exchange_ends(desk, signed_in, session, how):
    set_session(session, desk.oauth.claims(signed_in)["sid"], SESSION_IS_OVER[how])

    assert refusal(desk.exchange(signed_in)) == NOT_VALID


def test_exchanges_keep_a_session_in_use_and_never_make_it_longer(desk, signed_in, session):
    sid = desk.oauth.claims(signed_in)["sid"]
    ends = text("SELECT expires_at, last_used_at FROM sign_in_session WHERE sid = :sid")
    set_session(session, sid, "last_used_at = now() - interval '50 minutes'")
    before = session.execute(ends, {"sid": sid}).one()

    desk.exchanged(signed_in)
    desk.exchanged(signed_in)

    after = session.execute(ends, {"sid": sid}).one()
    assert after.expires_at == before.expires_at
    assert after.last_used_at > before.last_used_at
    set_session(session, sid, "expires_at = now()")
    assert refusal(desk.exchange(signed_in)) == NOT_VALID


@pytest.mark.parametrize(
    ("kind", "claim"),
    [
        ("token", "jti"),
        ("session", "sid"),
        ("person", "sub"),
        ("client", "client_id"),
        ("organisation", "organisation"),
    ],
)
def test_what_was_revoked_is_not_exchanged(desk, signed_in, client, admin, kind, claim):
    body = {"kind": kind, "value": desk.oauth.claims(signed_in)[claim], "reason": "اختبار"}
    assert client.post("/v1/revocations", json=body, headers=admin).status_code == 201

    assert refusal(desk.exchange(signed_in)) == NOT_VALID


def test_a_reinstated_person_signs_in_anew(desk, signed_in, client, admin):
    person = f"/v1/people/{desk.oauth.claims(signed_in)['sub']}"
    client.post(f"{person}/suspend", json={"reason": "اختبار"}, headers=admin)
    suspended = desk.exchange(signed_in)
    client.post(f"{person}/reinstate", headers=admin)

    assert refusal(suspended) == refusal(desk.exchange(signed_in)) == NOT_VALID


def test_a_suspended_client_exchanges_nothing(desk, signed_in, client, admin):
    client.post("/v1/clients/desk/suspend", json={"reason": "اختبار"}, headers=admin)

    answer = desk.exchange(signed_in)

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_a_suspended_citizen_exchanges_nothing(my_pages, client, admin):
    token = citizens_token(my_pages)
    citizen = f"/v1/citizens/{my_pages.oauth.claims(token)['sub']}"

    client.post(f"{citizen}/suspend", json={"reason": "اختبار"}, headers=admin)

    assert refusal(my_pages.exchange(token, "my-permits.read")) == NOT_VALID


def test_another_client_does_not_exchange_the_token(desk, signed_in):
    thief = replace(desk, client_id="second-desk")

    assert refusal(thief.exchange(signed_in)) == NOT_VALID


def test_a_client_of_another_kind_does_not_exchange_the_token(desk, signed_in, my_pages):
    citizens = citizens_token(my_pages)

    assert refusal(my_pages.exchange(signed_in, "my-permits.read")) == NOT_VALID
    assert refusal(desk.exchange(citizens)) == NOT_VALID


def test_the_holder_of_another_key_does_not_exchange_the_token(desk, signed_in):
    thief = replace(desk, holder=Holder())

    assert refusal(thief.exchange(signed_in)) == NOT_VALID


def test_an_exchange_needs_a_proof_even_of_a_client_that_may_have_plain_tokens(
    oauth, desk, signed_in
):
    form = {"grant_type": GRANT, "subject_token": signed_in, "subject_token_type": ACCESS_TOKEN}
    sent = {**form, "scope": "reports.read", **oauth.authenticated("desk")}

    assert oauth.http.post("/token", data=sent).json()["error"] == "invalid_dpop_proof"


def test_a_token_that_is_bound_to_no_key_is_not_exchanged(oauth, desk):
    plain = oauth.redeem(oauth.code("rawan", client_id="desk", scope=BOTH), "desk").json()

    assert plain["token_type"] == "Bearer"
    assert refusal(desk.exchange(plain["access_token"])) == NOT_VALID


def test_the_token_of_an_exchange_is_not_exchanged_again(desk, signed_in):
    again = desk.exchange(signed_in).json()["access_token"]

    assert refusal(desk.exchange(again, "permits.read")) == NOT_VALID
    assert refusal(desk.exchange(again)) == NOT_VALID


def test_a_scope_that_the_page_did_not_name_is_not_given(desk):
    token = desk.sign_in("permits.read").json()["access_token"]

    assert refusal(desk.exchange(token))[0] == "invalid_scope"
    assert refusal(desk.exchange(token, "permit-requests.write"))[0] == "invalid_scope"


def test_what_the_page_named_in_another_session_does_not_count(desk, signed_in):
    second = desk.sign_in("permits.read").json()["access_token"]

    assert desk.exchanged(signed_in)["scope"] == "reports.read"
    assert refusal(desk.exchange(second))[0] == "invalid_scope"


def test_what_the_page_named_for_another_client_does_not_count(desk, oauth):
    browser = oauth.browser()
    second = replace(desk, client_id="second-desk")
    second.sign_in(browser=browser)
    named = {"client_id": "desk", "scope": "permits.read", "dpop_jkt": desk.holder.thumbprint}
    page = browser.get("/authorize", params=oauth.reference(**named))
    sent = browser.post("/authorize", data={**oauth.form_of(page), "action": "continue"})
    token = desk.redeem(oauth.returned(sent)["code"]).json()["access_token"]

    assert refusal(desk.exchange(token))[0] == "invalid_scope"


def test_a_scope_that_the_person_lost_is_not_given(desk, signed_in, client, admin):
    path = f"/v1/people/{desk.oauth.claims(signed_in)['sub']}"
    row = client.get(path, headers=admin).json()
    terms = {name: row[name] for name in ("display_name", "role")}

    client.put(path, json={**terms, "scopes": ["permits.read"]}, headers=admin)

    assert refusal(desk.exchange(signed_in)) == NOT_VALID
    assert refusal(desk.exchange(signed_in, "permits.read")) == NOT_VALID


def test_the_persons_rights_are_read_anew(desk, signed_in, session):
    session.execute(text("UPDATE person SET scopes = '{permits.read}' WHERE username = 'rawan'"))
    session.expire_all()

    assert refusal(desk.exchange(signed_in))[0] == "invalid_scope"
    assert desk.exchanged(signed_in, "permits.read")["scope"] == "permits.read"


def test_a_scope_that_the_client_lost_is_not_given(desk, signed_in, client, admin):
    row = client.get("/v1/clients/desk", headers=admin).json()
    terms = {name: row[name] for name in ("name", "redirect_uris", "introspects")}

    client.put("/v1/clients/desk", json={**terms, "scopes": ["permits.read"]}, headers=admin)

    assert refusal(desk.exchange(signed_in))[0] == "invalid_scope"


def test_a_service_that_the_client_does_not_list_any_more_is_no_target(
    desk, signed_in, client, admin
):
    row = client.get("/v1/clients/desk", headers=admin).json()
    terms = {name: row[name] for name in ("name", "redirect_uris", "introspects", "scopes")}

    client.put("/v1/clients/desk", json={**terms, "exchange_audiences": ["permits"]}, headers=admin)

    assert refusal(desk.exchange(signed_in))[0] == "invalid_target"
    assert refusal(desk.exchange(signed_in, "permits.read")) == NOT_VALID


def test_no_sign_in_names_scopes_of_a_service_that_the_client_does_not_list(oauth, holder):
    asked = {"client_id": "desk", "dpop_jkt": holder.thumbprint}

    unlisted = oauth.push(scope="permits.read identity.admin", **asked)
    without = oauth.push(
        client_id="portal",
        redirect_uri="https://portal.example/callback",
        scope="permits.read identity.admin",
    )

    assert unlisted.json()["error"] == without.json()["error"] == "invalid_scope"


def test_a_service_that_the_client_does_not_list_is_no_target(desk, signed_in):
    assert refusal(desk.exchange(signed_in, "identity.admin"))[0] == "invalid_target"


def test_scopes_of_two_services_never_share_an_exchanged_token(desk, signed_in):
    assert refusal(desk.exchange(signed_in, BOTH))[0] == "invalid_scope"
    assert refusal(desk.exchange(signed_in, None))[0] == "invalid_scope"


@pytest.mark.parametrize("client_id", ["portal", "electricity-desk", "tarout-feed", "citizens"])
def test_a_client_that_is_not_registered_for_exchanges_exchanges_nothing(
    desk, signed_in, client_id
):
    other = replace(desk, client_id=client_id)

    assert refusal(other.exchange(signed_in))[0] == "unauthorized_client"


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://evil.test"},
        {"sid": "made-up"},
        {"client_kind": "citizen"},
    ],
)
def test_claims_that_do_not_fit_together_are_refused_although_our_key_signed_them(
    desk, signed_in, session, settings, changes
):
    claims = {**desk.oauth.claims(signed_in), **changes}
    kept = {name: value for name, value in claims.items() if value is not None}

    assert refusal(desk.exchange(signed(session, settings, kept))) == NOT_VALID


def test_the_session_of_one_person_gives_no_token_of_another(desk, signed_in, session, settings):
    other = session.scalar(text("SELECT person_id FROM person WHERE username = 'tariq'"))
    claims = {**desk.oauth.claims(signed_in), "sub": other}

    assert refusal(desk.exchange(signed(session, settings, claims))) == NOT_VALID


def test_a_token_of_another_key_algorithm_or_type_is_refused(desk, signed_in, session, settings):
    claims, ours = desk.oauth.claims(signed_in), active_key(session, settings, datetime.now(UTC))
    foreign = RSAKey.generate_key(2048, {"kid": ours.kid})
    secret = OctKey.import_key("k" * 43, {"kid": ours.kid})
    sent = [
        signed(session, settings, claims, key=foreign),
        signed(session, settings, claims, algorithm="RS256"),
        signed(session, settings, claims, key=secret, algorithm="HS256"),
        signed(session, settings, claims, typ="JWT"),
        signed_in[:-6] + "AAAAAA",
        "no-signed_in",
    ]

    assert [refusal(desk.exchange(one)) for one in sent] == [NOT_VALID] * len(sent)


@pytest.mark.parametrize(
    "changes",
    [
        {"subject_token": None},
        {"subject_token_type": "urn:ietf:params:oauth:token-type:jwt"},
        {"requested_token_type": "urn:ietf:params:oauth:token-type:refresh_token"},
        {"actor_token": "t", "actor_token_type": ACCESS_TOKEN},
    ],
)
def test_an_exchange_of_anything_else_is_an_invalid_request(desk, signed_in, changes):
    assert refusal(desk.exchange(signed_in, **changes))[0] == "invalid_request"


def test_the_establishments_are_those_of_the_moment(my_pages, client, token_of_officer):
    before = citizens_token(my_pages, HASAN)
    body = {
        "delegate": {"id_number": HASAN},
        "unified_number": "7000000005",
        "until": (datetime.now(UTC) + timedelta(days=90)).isoformat(),
        "proof": "تفويض مصدق 4471 (بيانات تجريبية)",
    }
    made = client.post("/v1/delegations", json=body, headers=token_of_officer).json()
    named = my_pages.exchanged(before, "my-permits.read")
    path = f"/v1/delegations/{made['delegation_id']}/end"
    client.post(path, json={"reason": "انتهى العمل"}, headers=token_of_officer)

    assert named["acts_for"] == "7000000005"
    assert "acts_for" not in my_pages.exchanged(before, "my-permits.read")


def test_the_token_with_an_ended_delegation_still_opens_the_session(
    my_pages, client, token_of_officer
):
    body = {
        "delegate": {"id_number": HASAN},
        "unified_number": "7000000005",
        "until": (datetime.now(UTC) + timedelta(days=90)).isoformat(),
        "proof": "تفويض مصدق 4471 (بيانات تجريبية)",
    }
    made = client.post("/v1/delegations", json=body, headers=token_of_officer).json()
    carries = citizens_token(my_pages, HASAN)
    path = f"/v1/delegations/{made['delegation_id']}/end"
    client.post(path, json={"reason": "انتهى العمل"}, headers=token_of_officer)

    assert my_pages.oauth.claims(carries)["acts_for"] == "7000000005"
    assert "acts_for" not in my_pages.exchanged(carries, "my-permits.read")


def test_a_citizens_name_stands_beside_the_token_and_not_in_it(my_pages):
    citizen = Citizen(my_pages.oauth, FATIMA)
    named = {"scope": "my-permits.read", "dpop_jkt": my_pages.holder.thumbprint}
    code = my_pages.oauth.returned(citizen.sign_in(client_id="my-pages", **named))["code"]

    answer = my_pages.redeem(code, CITIZENS_CALLBACK).json()

    assert answer["citizen"]["name"]
    assert "person" not in answer
    assert answer["citizen"]["name"] not in str(my_pages.oauth.claims(answer["access_token"]))
