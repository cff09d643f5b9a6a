"""Which tokens open the door (RFC 9068, RFC 8725)."""

import base64
import hashlib
import hmac
import json
import time

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey
from joserfc.jws import JWSRegistry
from joserfc.registry import HeaderParameter
from sqlalchemy import text

from chassis.core.ids import new_id

DAY = 86_400


def status(client, headers):
    return client.get("/v1/things", headers=headers).status_code


def test_a_valid_token_with_the_scope_opens(client, token):
    assert status(client, token("things.read")) == 200


def test_no_token_is_answered_with_a_bare_challenge(client):
    response = client.get("/v1/things")

    assert response.status_code == 401
    assert response.headers["www-authenticate"].startswith("Bearer, DPoP ")
    assert "error" not in response.headers["www-authenticate"]


@pytest.mark.parametrize("scopes", [(), ("things.write",), ("things.reading",), ("things",)])
def test_a_missing_scope_is_forbidden_and_named_but_the_callers_are_not_echoed(
    client, token, scopes
):
    response = client.get("/v1/things", headers=token(*scopes))

    assert response.status_code == 403
    assert 'scope="things.read"' in response.headers["www-authenticate"]
    assert "things.write" not in response.text


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.test"},
        {"aud": "another"},
        {"aud": ["sample", "another"]},
        {"exp": int(time.time()) - 60},
        {"exp": None},
        {"exp": "soon"},
        {"iat": int(time.time()) + DAY},
        {"nbf": int(time.time()) + DAY},
        {"cnf": {"jkt": "x"}},
        {"sub": None},
        {"client_id": None},
        {"scope": None},
        {"organisation": None},
    ],
)
def test_a_token_with_a_wrong_claim_is_refused(client, token, claims):
    assert status(client, token("things.read", **claims)) == 401


@pytest.mark.parametrize(
    "header",
    [
        {"typ": "JWT"},
        {"typ": None},
        {"alg": "RS256"},
        {"kid": "unknown"},
        {"kid": None},
        {"jku": "https://evil.test/jwks"},
        {"x5u": "https://evil.test/x"},
        {"crit": ["x"], "x": "1"},
    ],
)
def test_a_token_with_a_wrong_header_is_refused(client, issuer_key, header):
    now = int(time.time())
    protected = {"alg": "PS256", "typ": "at+jwt", "kid": "test", **header}
    protected = {name: value for name, value in protected.items() if value is not None}
    claims = {
        "iss": "https://issuer.test", "aud": "sample", "sub": "p", "client_id": "c", "scope": "things.read",
        "organisation": "o", "organisation_kind": "partner", "iat": now, "exp": now + 300, "jti": new_id(),
    }  # fmt: skip
    names = {
        "x": HeaderParameter("x", "str"),
        "jku": HeaderParameter("", "str"),
        "x5u": HeaderParameter("", "str"),
    }
    registry = JWSRegistry(names, algorithms=["PS256", "RS256"], strict_check_header=False)
    signed = jwt.encode(
        protected, claims, issuer_key, algorithms=["PS256", "RS256"], registry=registry
    )

    assert status(client, {"Authorization": f"Bearer {signed}"}) == 401


def signed_with_the_public_key(key, header, claims):
    def part(document):
        return base64.urlsafe_b64encode(json.dumps(document).encode()).rstrip(b"=")

    signed = part(header) + b"." + part(claims)
    mac = hmac.new(key.as_pem(private=False), signed, hashlib.sha256).digest()
    return (signed + b"." + base64.urlsafe_b64encode(mac).rstrip(b"=")).decode()


def test_a_token_of_another_key_or_keyed_with_the_public_key_is_refused(client, token, issuer_key):
    claims = {"iss": "https://issuer.test", "aud": "sample", "exp": int(time.time()) + 300}
    header = {"typ": "at+jwt", "kid": "test"}
    stranger = RSAKey.generate_key(2048, {"kid": "test"})

    foreign = jwt.encode({**header, "alg": "PS256"}, claims, stranger, algorithms=["PS256"])
    confused = signed_with_the_public_key(issuer_key, {**header, "alg": "HS256"}, claims)

    assert status(client, {"Authorization": f"Bearer {foreign}"}) == 401
    assert status(client, {"Authorization": f"Bearer {confused}"}) == 401


@pytest.mark.parametrize(
    "value",
    [
        "Bearer",
        "Bearer  ",
        "Basic abc",
        "Bearer a.b",
        "Bearer a.b.c",
        "Bearer " + "x" * 9000,
        "bearer ..",
        "Bearer e30.e30.",
    ],
)
def test_a_malformed_token_is_refused(client, value):
    response = client.get("/v1/things", headers={"Authorization": value})

    assert response.status_code == 401
    assert "error=" in response.headers["www-authenticate"]


def test_a_token_of_a_revoked_key_is_refused_whenever_it_was_issued(app, client, token, session):
    seen = token("things.read")
    assert status(client, seen) == 200

    session.execute(
        text("INSERT INTO token_revocation VALUES ('key', 'test', '9999-12-30Z', '9999-12-30Z')")
    )
    session.commit()
    app.verifier._revocations._view = app.verifier._revocations._view._replace(
        read_at=float("-inf")
    )

    assert status(client, seen) == 401
    assert status(client, token("things.read", iat=int(time.time()) + 5)) == 401
    # Neither does a set that still holds the key bring it back.
    assert [key.kid for key in app.verifier._jwks._keys.keys] == []


@pytest.mark.parametrize("kind", ["token", "session", "person", "client", "organisation"])
def test_a_revoked_token_is_refused_though_it_was_seen_before(app, client, token, session, kind):
    names = {
        "jti": new_id(),
        "sid": new_id(),
        "sub": "p_1",
        "client_id": "c_1",
        "organisation": "o_1",
    }
    value = dict(
        zip(["token", "session", "person", "client", "organisation"], names.values(), strict=True)
    )[kind]
    headers = token("things.read", **names)
    assert status(client, headers) == 200

    session.execute(
        text(
            "INSERT INTO token_revocation VALUES (:kind, :value, now() + interval '1 s', now() + interval '1 h')"
        ),
        {"kind": kind, "value": value},
    )
    session.commit()
    app.verifier._revocations._view = app.verifier._revocations._view._replace(
        read_at=float("-inf")
    )

    assert status(client, headers) == 401


def test_a_caller_has_the_persons_name_and_the_issuers_other_claims_and_shows_no_name(app, token):
    header = token(name="سارة (بيانات تجريبية)", branch="east", auth_time=1)

    caller = app.verifier.verify(header["Authorization"].removeprefix("Bearer "))

    assert caller.name == "سارة (بيانات تجريبية)"
    assert caller.attributes["branch"] == "east"
    assert not {"auth_time", "name", "sub", "iss"} & set(caller.attributes)
    assert "سارة" not in repr(caller)


CITIZEN = {"client_kind": "citizen", "organisation": None, "organisation_kind": None}


def caller_of(app, header):
    return app.verifier.verify(header["Authorization"].removeprefix("Bearer "))


def test_a_citizen_belongs_to_no_organisation_and_is_told_apart_by_the_kind(app, token):
    caller = caller_of(app, token(**CITIZEN))

    assert (caller.kind, caller.organisation, caller.organisation_kind) == ("citizen", "", "")
    assert "organisation" not in dict(caller.revocation_names())


@pytest.mark.parametrize(
    "claims",
    [
        {**CITIZEN, "organisation": "qatif"},
        {**CITIZEN, "organisation": ""},
        {**CITIZEN, "organisation_kind": "municipality"},
        {"organisation": None},
        {"client_kind": "staff", "organisation": None},
        {"client_kind": "machine", "organisation": None, "organisation_kind": None},
        {"client_kind": "key"},
        {"client_kind": "Citizen"},
        {"client_kind": ["citizen"]},
        {"client_kind": ""},
    ],
    ids=str,
)
def test_nobody_but_a_citizen_comes_without_an_organisation_and_no_citizen_with_one(
    client, token, claims
):
    assert status(client, token("things.read", **claims)) == 401


@pytest.mark.parametrize(("sid", "kind"), [("s1", "staff"), (None, "machine")])
def test_a_token_that_does_not_name_its_clients_kind_is_told_by_its_session(app, token, sid, kind):
    assert caller_of(app, token(sid=sid)).kind == kind
