"""DPoP at the authorization server (RFC 9449): tokens and codes that are bound to a key."""

import time

import pytest
from sqlalchemy import text

from chassis.testing import Holder

TOKEN, PAR = "https://issuer.test/token", "https://issuer.test/par"


@pytest.fixture
def proof(holder, nonce):
    """`proof(…)` → the header of a good proof for the token endpoint, with changes."""
    return lambda url=TOKEN, **changes: {
        "DPoP": holder.proof("POST", url, **{"nonce": nonce, **changes})
    }


def machine(oauth, headers=None, client_id="bound-feed"):
    form = {"grant_type": "client_credentials", "scope": "permits.read"}
    return oauth.http.post(
        "/token", data={**form, **oauth.authenticated(client_id)}, headers=headers
    )


def staff_code(oauth, holder, **changes):
    pushed = {"client_id": "bound-desk", "dpop_jkt": holder.thumbprint, **changes}
    return oauth.code(**pushed)


def redeem(oauth, code, headers, client_id="bound-desk"):
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": oauth.request()["redirect_uri"],
        "code_verifier": "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    }
    return oauth.http.post(
        "/token", data={**form, **oauth.authenticated(client_id)}, headers=headers
    )


def test_a_proof_binds_the_token_to_its_key(oauth, proof, holder):
    answer = machine(oauth, proof())

    assert answer.json()["token_type"] == "DPoP"
    claims = oauth.claims(answer.json()["access_token"])
    assert claims["cnf"] == {"jkt": holder.thumbprint}


def test_a_client_that_is_registered_for_it_gets_no_other_token(oauth):
    answer = machine(oauth)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_dpop_proof")
    assert answer.headers["Cache-Control"] == "no-store"


def test_another_client_may_bind_its_tokens(oauth, proof):
    bound = machine(oauth, proof(), client_id="tarout-feed")
    plain = machine(oauth, client_id="tarout-feed")

    assert bound.json()["token_type"] == "DPoP"
    assert plain.json()["token_type"] == "Bearer"
    assert "cnf" not in oauth.claims(plain.json()["access_token"])


@pytest.mark.parametrize(
    "changes",
    [
        {"htm": "GET"},
        {"url": PAR},
        {"url": "https://evil.test/token"},
        {"iat": int(time.time()) - 120},
        {"header": {"typ": "JWT"}},
        {"jti": None},
    ],
)
def test_a_proof_for_anything_else_gets_no_token(oauth, proof, changes):
    answer = machine(oauth, proof(**changes))

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_dpop_proof")


def test_a_proof_gets_one_token(oauth, proof):
    headers = proof()

    assert machine(oauth, headers).status_code == 200
    assert machine(oauth, headers).json()["error"] == "invalid_dpop_proof"


def test_a_proof_gets_one_token_across_workers(
    oauth, anew, proof, service, settings, database, issuer_key
):
    from chassis.process import Process
    from chassis.run.web import build

    headers = proof()

    assert machine(oauth, headers).status_code == 200
    other_worker = anew(build(Process(service, settings, database)).app)
    assert machine(other_worker, headers).json()["error"] == "invalid_dpop_proof"


@pytest.mark.parametrize("nonce", [None, "made-up"])
def test_a_proof_without_our_nonce_is_told_one_and_the_code_is_not_spent(oauth, holder, nonce):
    code = staff_code(oauth, holder)
    refused = redeem(oauth, code, {"DPoP": holder.proof("POST", TOKEN, nonce=nonce)})
    given = refused.headers["DPoP-Nonce"]

    answer = redeem(oauth, code, {"DPoP": holder.proof("POST", TOKEN, nonce=given)})

    assert (refused.status_code, refused.json()["error"]) == (400, "use_dpop_nonce")
    assert answer.status_code == 200


def test_a_stolen_proof_is_no_way_to_be_a_client(oauth, proof):
    form = {"grant_type": "client_credentials", "scope": "permits.read", "client_id": "bound-feed"}

    assert oauth.http.post("/token", data=form, headers=proof()).status_code == 401


def test_a_code_is_bound_to_the_key_that_was_named_when_it_was_asked_for(oauth, holder, nonce):
    thief = Holder()
    code = staff_code(oauth, holder)

    answer = redeem(oauth, code, {"DPoP": thief.proof("POST", TOKEN, nonce=nonce)})

    assert answer.json()["error"] == "invalid_grant"


def test_an_employee_gets_a_bound_token(oauth, holder, proof):
    answer = redeem(oauth, staff_code(oauth, holder), proof())

    assert answer.json()["token_type"] == "DPoP"
    claims = oauth.claims(answer.json()["access_token"])
    assert claims["cnf"] == {"jkt": holder.thumbprint}
    assert claims["sub"].startswith("p_")


def test_a_proof_at_the_pushed_request_names_the_key_as_well(oauth, holder, proof, nonce):
    client = {"client_id": "bound-desk"}
    by_proof = oauth.push(headers=proof(PAR), **client)
    both = oauth.push(headers=proof(PAR), dpop_jkt=holder.thumbprint, **client)
    other = oauth.push(headers=proof(PAR), dpop_jkt=Holder().thumbprint, **client)
    without = oauth.push(headers={"DPoP": holder.proof("POST", PAR)}, **client)

    assert by_proof.status_code == both.status_code == 201
    assert other.json()["error"] == "invalid_dpop_proof"
    assert without.json()["error"] == "use_dpop_nonce"


def test_a_client_that_is_registered_for_it_names_its_key(oauth):
    answer = oauth.push(client_id="bound-desk")

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_another_client_that_names_a_key_has_to_prove_it(oauth, holder, proof):
    code = oauth.code(dpop_jkt=holder.thumbprint)
    other = oauth.code(dpop_jkt=holder.thumbprint)

    assert redeem(oauth, code, None, "electricity-desk").json()["error"] == "invalid_grant"
    bound = redeem(oauth, other, proof(), "electricity-desk").json()
    assert bound["token_type"] == "DPoP"


def test_introspection_tells_the_binding(oauth, holder, proof):
    token = machine(oauth, proof()).json()["access_token"]

    answer = oauth.introspect(token, "permits-service")

    assert answer["token_type"] == "DPoP"
    assert answer["cnf"] == {"jkt": holder.thumbprint}


def test_binding_a_client_voids_its_tokens_that_are_not_bound(oauth, client, admin):
    token = oauth.staff_token()
    row = client.get("/v1/clients/electricity-desk", headers=admin).json()
    terms = {name: row[name] for name in ("name", "redirect_uris", "scopes", "introspects")}
    path = "/v1/clients/electricity-desk"

    assert client.put(path, json=terms, headers=admin).json()["dpop_bound"] is False
    assert oauth.introspect(token)["active"] is True
    bound = client.put(path, json={**terms, "dpop_bound": True}, headers=admin)
    kept = client.put(path, json=terms, headers=admin)

    assert bound.json()["dpop_bound"] is kept.json()["dpop_bound"] is True
    assert oauth.introspect(token) == {"active": False}


def test_a_proof_at_our_own_endpoints_is_durable(oauth, proof, session):
    """The token endpoint answers after its commit: no `synchronous_commit = off` there."""
    assert machine(oauth, proof()).status_code == 200

    assert session.scalar(text("SHOW synchronous_commit")) == "on"


def test_the_metadata_name_pushed_requests_and_bound_tokens(oauth):
    found = oauth.http.get("/.well-known/oauth-authorization-server").json()

    assert found["pushed_authorization_request_endpoint"] == PAR
    assert found["require_pushed_authorization_requests"] is True
    assert found["dpop_signing_alg_values_supported"] == ["ES256", "PS256", "EdDSA", "Ed25519"]
