"""Metadata, keys and their rotation."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from authlib.oauth2 import rfc8414, rfc9207
from joserfc import jws, jwt
from joserfc.jwk import KeySet
from sqlalchemy import text

from chassis.access.auth import Jwks, Verifier
from chassis.process import Process
from chassis.run.web import build
from chassis.testing import TestJwks
from identity import queries, sealing
from identity.commands import signing_keys
from identity.domain.errors import SigningKeyTooYoung

A_DAY_LATER = timedelta(hours=24, minutes=1)


def kids(oauth):
    return [key["kid"] for key in oauth.http.get("/jwks.json").json()["keys"]]


def kid_of(token):
    return json.loads(jwt_header(token))["kid"]


def jwt_header(token):
    from base64 import urlsafe_b64decode

    head = token.split(".")[0]
    return urlsafe_b64decode(head + "=" * (-len(head) % 4))


def age(session, by=A_DAY_LATER):
    session.execute(text("UPDATE signing_key SET created_at = created_at - :by"), {"by": by})
    session.commit()


def test_the_metadata_is_valid_and_true(oauth, service):
    document = oauth.http.get("/.well-known/oauth-authorization-server").json()

    metadata = rfc8414.AuthorizationServerMetadata(document)
    metadata.validate(metadata_classes=[rfc9207.AuthorizationServerMetadata])
    assert document["issuer"] == "https://issuer.test"
    assert document["code_challenge_methods_supported"] == ["S256"]
    assert document["token_endpoint_auth_methods_supported"] == ["private_key_jwt"]
    assert document["grant_types_supported"] == [
        "authorization_code",
        "client_credentials",
        "urn:ietf:params:oauth:grant-type:token-exchange",
    ]
    assert document["authorization_response_iss_parameter_supported"] is True
    for name in ("token", "revocation", "introspection"):
        path = document[f"{name}_endpoint"].removeprefix("https://issuer.test")
        assert oauth.http.post(path, data={}).status_code in (400, 401)
    for name in ("authorization_endpoint", "jwks_uri"):
        assert oauth.http.get(document[name].removeprefix("https://issuer.test")).status_code in (
            200,
            400,
        )


def test_the_published_keys_are_public_ones(oauth):
    keys = oauth.http.get("/jwks.json").json()["keys"]

    assert len(keys) == 2
    for key in keys:
        assert set(key) == {"kty", "kid", "use", "alg", "n", "e"}
        assert key["alg"] == "PS256"


def test_private_keys_are_sealed_at_rest_and_bound_to_their_id(oauth, session, settings):
    oauth.machine_token()
    kid, sealed = session.execute(
        text("SELECT kid, private_key FROM signing_key WHERE status = 'active'")
    ).one()

    assert b'"d"' not in sealed
    keys = settings.encryption_keys()
    assert json.loads(sealing.unseal(sealed, label=kid, keys=keys))["kty"] == "RSA"
    with pytest.raises(sealing.CannotUnseal):
        sealing.unseal(sealed, label="another", keys=keys)
    with pytest.raises(sealing.CannotUnseal):
        sealing.unseal(sealed, label=kid, keys=[b"x" * 32])


def test_the_key_encryption_key_is_changed_by_putting_the_new_one_first():
    old, new = b"o" * 32, b"n" * 32
    sealed = sealing.seal(b"secret", label="a", keys=[old])

    assert sealing.unseal(sealed, label="a", keys=[new, old]) == b"secret"


def test_a_lost_key_encryption_key_costs_the_signing_keys_and_nothing_else(
    oauth, session, settings
):
    before = kids(oauth)
    other = replace(settings, key_encryption_key="B" * 43)

    assert set(signing_keys.replace_unreadable(session, other, datetime.now(UTC))) == set(before)
    assert signing_keys.replace_unreadable(session, other, datetime.now(UTC)) == []
    assert signing_keys.active_key(session, other, datetime.now(UTC)).kid not in before


@pytest.mark.parametrize("kind", ["JWT", "logout+jwt", None])
def test_another_text_that_our_key_signed_is_no_access_token(oauth, session, settings, kind):
    now = datetime.now(UTC)
    key = signing_keys.active_key(session, settings, now)
    claims = oauth.claims(oauth.staff_token())
    header = {"alg": "PS256", "kid": key.kid, "typ": kind}
    forged = jws.serialize_compact(
        {name: value for name, value in header.items() if value},
        json.dumps(claims),
        key,
        algorithms=["PS256"],
    )

    assert oauth.introspect(forged) == {"active": False}


def test_a_key_is_published_before_it_signs(oauth, client, admin, session):
    before = kids(oauth)
    signing = kid_of(oauth.machine_token().json()["access_token"])
    following = next(kid for kid in before if kid != signing)
    age(session)

    answer = client.post("/v1/signing-keys/rotate", json={"reason": "scheduled"}, headers=admin)

    assert answer.status_code == 200
    assert kid_of(oauth.machine_token().json()["access_token"]) == following
    assert {key["status"]: key["kid"] for key in answer.json()["items"]}["active"] == following


def test_tokens_of_the_old_key_are_still_verified_after_a_rotation(oauth, client, admin, session):
    token = oauth.machine_token().json()["access_token"]
    age(session)

    client.post("/v1/signing-keys/rotate", json={"reason": "scheduled"}, headers=admin)

    assert oauth.claims(token)["client_id"] == "tarout-feed"
    assert oauth.introspect(token, "permits-service")["active"] is True
    assert len(kids(oauth)) == 3


def test_a_retired_key_disappears_when_nothing_that_it_signed_is_current(oauth, session, settings):
    now = datetime.now(UTC)
    old = kid_of(oauth.machine_token().json()["access_token"])
    signing_keys.rotate_keys(
        session, settings, reason="scheduled", by="p_admin", now=now + A_DAY_LATER
    )

    published = [
        key["kid"] for key in queries.read_public_jwks(session, now + 2 * A_DAY_LATER)["keys"]
    ]

    assert old not in published
    assert len(published) == 2


def test_a_key_that_was_just_published_does_not_sign(client, oauth, admin):
    answer = client.post("/v1/signing-keys/rotate", json={"reason": "scheduled"}, headers=admin)

    assert answer.status_code == 409
    assert answer.json()["type"].endswith("signing-key-too-young")
    assert re.search(
        "بعد \u2066[0-9-]{10}T[0-9:]{8}Z\u2069، أو فورًا إذا كان السبب انكشاف المفتاح",
        answer.json()["detail"],
    )


def test_tokens_of_a_compromised_key_are_refused_at_once(oauth, client, admin, session):
    token = oauth.machine_token().json()["access_token"]

    answer = client.post("/v1/signing-keys/rotate", json={"reason": "compromised"}, headers=admin)

    assert answer.status_code == 200
    assert kid_of(token) not in kids(oauth)
    assert oauth.introspect(token, "permits-service") == {"active": False}
    assert (
        session.scalar(text("SELECT length(private_key) FROM signing_key WHERE status = 'retired'"))
        == 0
    )


def test_a_compromised_key_is_revoked_for_good_and_everybody_is_told(
    oauth, client, admin, outbox_rows
):
    old = kid_of(oauth.machine_token().json()["access_token"])

    client.post("/v1/signing-keys/rotate", json={"reason": "compromised"}, headers=admin)

    (event,) = outbox_rows()
    data = event.envelope["data"]
    assert event.topic == "identity.revocation"
    assert (data["kind"], data["value"]) == ("key", old)
    assert data["not_before"] == data["expires_at"] == "9999-12-30T00:00:00Z"
    listed = client.get("/v1/revocations", headers=admin).json()["items"][0]
    assert (listed["kind"], listed["recorded_by"]) == ("key", "p_admin")
    assert oauth.introspect(oauth.machine_token().json()["access_token"], "permits-service")[
        "active"
    ]


def test_a_key_in_turn_is_not_revoked(oauth, client, admin, session, outbox_rows):
    oauth.machine_token()
    age(session)

    client.post("/v1/signing-keys/rotate", json={"reason": "scheduled"}, headers=admin)

    assert outbox_rows() == []


def test_no_key_is_revoked_while_it_goes_on_signing(client, admin, oauth):
    body = {"kind": "key", "value": kids(oauth)[0], "reason": "by mistake"}

    assert client.post("/v1/revocations", json=body, headers=admin).status_code == 400


def test_this_services_own_administration_takes_no_token_of_a_compromised_key(
    oauth, service, settings, database, client, admin
):
    portal = {
        "client_id": "portal",
        "redirect_uri": "https://portal.example/callback",
        "scope": "identity.admin",
    }
    token = oauth.staff_token("amal", **portal)
    at_hand = KeySet.import_key_set(oauth.http.get("/jwks.json").json())
    app = build(Process(service, settings, database), TestJwks(at_hand)).app
    http = type(oauth)(app.wsgi).http
    headers = {"Authorization": f"Bearer {token}"}
    before = http.get("/v1/grants", headers=headers).status_code

    client.post("/v1/signing-keys/rotate", json={"reason": "compromised"}, headers=admin)

    assert (before, http.get("/v1/grants", headers=headers).status_code) == (200, 401)


def test_a_scheduled_rotation_twice_a_day_is_refused(session, register, settings):
    now = datetime.now(UTC) + A_DAY_LATER
    signing_keys.rotate_keys(session, settings, reason="scheduled", by="p_admin", now=now)

    with pytest.raises(SigningKeyTooYoung):
        signing_keys.rotate_keys(
            session, settings, reason="scheduled", by="p_admin", now=now + timedelta(hours=1)
        )


def test_a_new_system_makes_its_first_keys(oauth, session):
    session.execute(text("DELETE FROM signing_key"))
    session.commit()

    assert len(kids(oauth)) == 2
    assert oauth.machine_token().status_code == 200


def test_every_service_verifies_these_tokens_with_the_chassis(oauth, database, settings):
    from chassis.access.revocations import Revocations

    class Published(Jwks):
        def __init__(self):
            super().__init__("unused")
            self._keys = KeySet.import_key_set(oauth.http.get("/jwks.json").json())
            self._fetched_at = float("inf")

    token = oauth.staff_token()
    verifier = Verifier(
        issuer="https://issuer.test",
        audience="partner-gateway",
        jwks=Published(),
        revocations=Revocations(database),
    )

    caller = verifier.verify(token)

    assert caller.organisation == "electricity"
    assert caller.scopes == {"building-permits.read"}
    assert caller.sid


def test_the_administration_takes_this_services_own_tokens(oauth, service, settings, database):
    portal = {
        "client_id": "portal",
        "redirect_uri": "https://portal.example/callback",
        "scope": "identity.admin",
    }
    token = oauth.staff_token("amal", **portal)

    class Own(Jwks):
        def _fetch(self):
            self._keys = KeySet.import_key_set(oauth.http.get("/jwks.json").json())

    app = build(Process(service, settings, database), Own("unused")).app
    answer = type(oauth)(app.wsgi).http.get(
        "/v1/grants", headers={"Authorization": f"Bearer {token}"}
    )

    assert answer.status_code == 200


def test_the_token_says_how_it_is_typed_and_signed(oauth):
    token = oauth.machine_token().json()["access_token"]

    header = json.loads(jwt_header(token))

    assert header == {"alg": "PS256", "typ": "at+jwt", "kid": header["kid"]}
    with pytest.raises(Exception, match="algorithm"):
        jwt.decode(
            token, KeySet.import_key_set(oauth.http.get("/jwks.json").json()), algorithms=["ES256"]
        )
