"""private_key_jwt: one way in, one answer to everything else."""

import time
from typing import NamedTuple

import pytest
from joserfc.jwk import ECKey, OctKey, RSAKey

from .oauth_clients import WITHOUT

REFUSED = {"error": "invalid_client", "error_description": "Client authentication failed."}
STRANGER = ECKey.generate_key("P-256", {"kid": "gateway-1"})
RSA = RSAKey.generate_key(2048, {"kid": "gateway-1"})
# {"alg": "none", "kid": "gateway-1"}.{"sub": "gateway", "iss": "gateway"}
UNSIGNED = (
    "eyJhbGciOiJub25lIiwia2lkIjoiZ2F0ZXdheS0xIn0.eyJzdWIiOiJnYXRld2F5IiwiaXNzIjoiZ2F0ZXdheSJ9."
)


class FromNow(NamedTuple):
    """Seconds from the moment at which a test runs: the whole suite takes longer than an assertion lives."""

    seconds: int


def at_once(claims):
    """The claims, with those that are named from now in seconds of the epoch."""
    now = int(time.time())
    return {
        name: now + value.seconds if isinstance(value, FromNow) else value
        for name, value in claims.items()
    }


def ask(oauth, **form):
    return oauth.http.post(
        "/token", data={"grant_type": "client_credentials", "scope": "gateway.status", **form}
    )


def assert_refused(answer):
    assert answer.status_code == 401
    assert answer.json() == REFUSED
    assert "WWW-Authenticate" in answer.headers


def test_each_kind_of_key_authenticates(oauth):
    assert ask(oauth, **oauth.authenticated("gateway")).status_code == 200
    assert oauth.machine_token(client_id="tarout-feed").status_code == 200


def test_an_rsa_key_authenticates_with_ps256(oauth):
    answer = ask(oauth, **oauth.authenticated("portal"))

    assert answer.json()["error"] == "unauthorized_client"  # authenticated, and it's a staff client


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
def test_eddsa_is_taken_under_its_old_name_as_well(oauth):
    assert (
        oauth.machine_token(
            **oauth.authenticated("tarout-feed", header={"alg": "EdDSA"})
        ).status_code
        == 200
    )


@pytest.mark.parametrize("changes", [{"header": {"kid": WITHOUT}}, {"iat": None}])
def test_kid_and_iat_are_optional_for_a_client_with_one_key(oauth, changes):
    form = oauth.authenticated("gateway", **changes)

    assert ask(oauth, **form).status_code == 200
    assert_refused(ask(oauth, **form))


def test_an_assertion_with_a_kid_and_one_without_share_their_jti(oauth):
    named = oauth.authenticated("gateway", jti="one")
    unnamed = oauth.authenticated("gateway", jti="one", header={"kid": WITHOUT})

    assert ask(oauth, **named).status_code == 200
    assert_refused(ask(oauth, **unnamed))


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": ["https://issuer.test"]},
        {"aud": ["https://issuer.test", "https://evil.test"]},
        {"aud": "https://issuer.test/token"},
        {"exp": FromNow(315_360_000)},
        {"exp": FromNow(-30), "iat": FromNow(-80)},
        {"iat": FromNow(86_400), "exp": FromNow(86_430)},
        {"iat": None, "exp": FromNow(600)},
        {"iat": None, "exp": FromNow(-30)},
        {"iat": None, "nbf": FromNow(600)},
        {"iat": None, "exp": None},
        {"iat": None, "aud": ["https://issuer.test"]},
        {"jti": None},
        {"iss": "portal"},
        {"sub": "portal"},
        {"iss": "nobody-here", "sub": "nobody-here"},
        {"sub": None},
        {"sub": 7, "iss": 7},
        {"sub": "gate\x00way", "iss": "gate\x00way"},
        {"header": {"typ": "at+jwt"}},
        {"header": {"kid": "other"}},
        {"header": {"kid": ""}},
        {"header": {"kid": WITHOUT}, "key": STRANGER},
        {"header": {"kid": WITHOUT}, "iss": "electricity-desk", "sub": "electricity-desk"},
        {"key": STRANGER},
        {"key": RSA, "header": {"alg": "RS256"}},
        {"key": RSA},
        {"key": OctKey.import_key(b"a shared secret of enough bytes!", {"kid": "gateway-1"})},
    ],
)
def test_unknown_clients_and_bad_assertions_get_the_same_answer(oauth, changes):
    assert_refused(ask(oauth, **oauth.authenticated("gateway", **at_once(changes))))


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"client_id": "gateway"},
        {"client_id": "gateway", "client_secret": "x"},
        {"client_assertion": "a.b.c"},
        {
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:saml2-bearer",
            "client_assertion": "a",
        },
        {
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": "a.b",
        },
        {
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": UNSIGNED,
        },
        {
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": "e30.W10.x",
        },
    ],
)
def test_a_malformed_assertion_gets_that_answer_too(oauth, form):
    assert_refused(ask(oauth, **form))


def test_http_basic_is_refused(oauth):
    answer = oauth.http.post(
        "/token",
        data={"grant_type": "client_credentials", "scope": "gateway.status"},
        auth=("gateway", "x"),
    )

    assert_refused(answer)


def test_two_ways_at_once_are_an_invalid_request(oauth):
    form = {
        "grant_type": "client_credentials",
        "scope": "gateway.status",
        **oauth.authenticated("gateway"),
    }

    basic = oauth.http.post("/token", data=form, auth=("gateway", "x"))
    secret = oauth.http.post("/token", data={**form, "client_secret": "x"})

    assert basic.json()["error"] == secret.json()["error"] == "invalid_request"


def test_the_client_id_beside_an_assertion_has_to_be_the_same(oauth):
    assert ask(oauth, client_id="gateway", **oauth.authenticated("gateway")).status_code == 200
    assert_refused(ask(oauth, client_id="portal", **oauth.authenticated("gateway")))


def test_an_assertion_counts_once(oauth):
    form = oauth.authenticated("gateway")

    assert ask(oauth, **form).status_code == 200
    assert_refused(ask(oauth, **form))


def test_an_assertion_counts_once_across_workers_and_endpoints(
    oauth, anew, service, settings, database, issuer_key
):
    from chassis.process import Process
    from chassis.run.web import build

    other_worker = anew(build(Process(service, settings, database)).app)
    form = oauth.authenticated("gateway")

    assert ask(oauth, **form).status_code == 200
    assert_refused(ask(other_worker, **form))
    assert_refused(oauth.http.post("/introspect", data={"token": "x", **form}))


def test_the_same_jti_of_two_clients_is_no_replay(oauth):
    assert ask(oauth, **oauth.authenticated("gateway", jti="one")).status_code == 200
    assert oauth.machine_token(**oauth.authenticated("tarout-feed", jti="one")).status_code == 200


def test_two_keys_stand_side_by_side_while_they_are_changed(oauth, client, admin):
    old = client.get("/v1/clients/gateway", headers=admin).json()["jwks"]["keys"]
    new = ECKey.generate_key("P-256", {"kid": "gateway-2"})
    path = "/v1/clients/gateway/keys"

    client.put(path, json={"keys": [*old, new.as_dict(private=False)]}, headers=admin)
    assert ask(oauth, **oauth.authenticated("gateway")).status_code == 200
    assert ask(oauth, **oauth.authenticated("gateway", key=new)).status_code == 200
    assert_refused(ask(oauth, **oauth.authenticated("gateway", header={"kid": WITHOUT})))
    assert_refused(ask(oauth, **oauth.authenticated("gateway", key=new, header={"kid": WITHOUT})))

    client.put(path, json={"keys": [new.as_dict(private=False)]}, headers=admin)
    assert_refused(ask(oauth, **oauth.authenticated("gateway")))
    assert ask(oauth, **oauth.authenticated("gateway", key=new)).status_code == 200


def test_a_key_that_is_taken_away_voids_the_clients_tokens_and_an_added_one_does_not(
    oauth, client, admin
):
    path = "/v1/clients/tarout-feed/keys"
    old = client.get("/v1/clients/tarout-feed", headers=admin).json()["jwks"]["keys"]
    new = ECKey.generate_key("P-256", {"kid": "tarout-feed-2"}).as_dict(private=False)
    token = oauth.machine_token("gateway.status").json()["access_token"]

    client.put(path, json={"keys": [*old, new]}, headers=admin)
    added = oauth.introspect(token)
    client.put(path, json={"keys": [new]}, headers=admin)
    taken_away = oauth.introspect(token)

    assert (added["active"], taken_away["active"]) == (True, False)
