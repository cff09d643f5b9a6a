"""Attacks on how a client proves who it is: odd shapes and spellings of assertions, keys that prove nothing."""

import json
import time
from base64 import urlsafe_b64decode
from datetime import UTC, datetime, timedelta

import pytest
from joserfc.jwk import RSAKey
from joserfc.jws import JWSRegistry
from sqlalchemy import text

from chassis.core.ids import new_id
from identity.commands.clients import REMEMBERED_LONGER, use_assertion
from identity.domain.assertions import Assertion

from .oauth_clients import ISSUER, KEYS, MACHINE, part

ORDER_OF_P256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def signed(header, payload):
    """A compact JWS of the machine's key over whatever bytes: a library wouldn't sign these."""
    text = f"{part(header)}.{part(payload)}"
    return (
        f"{text}.{part(JWSRegistry.algorithms['Ed25519'].sign(text.encode(), KEYS['tarout-feed']))}"
    )


def present(oauth, assertion, **form):
    kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    sent = {**MACHINE, "client_assertion_type": kind, "client_assertion": assertion, **form}
    return oauth.http.post("/token", data=sent)


# ------------------------------------------------------------------------------------------ client assertions

GOOD_HEADER = b'{"alg":"Ed25519","kid":"feed-1"}'
SHAPES = {
    "claims that are a list": (GOOD_HEADER, b"[]"),
    "claims that are a text": (GOOD_HEADER, b'"tarout-feed"'),
    "claims that are null": (GOOD_HEADER, b"null"),
    "claims that are a number": (GOOD_HEADER, b"1e400"),
    "claims that aren't JSON": (GOOD_HEADER, b"{"),
    "claims that aren't UTF-8": (GOOD_HEADER, b'{"iss":"\xff"}'),
    "claims too deep": (GOOD_HEADER, b"[" * 1_200 + b"]" * 1_200),
    "a number too long": (GOOD_HEADER, b'{"iat":' + b"9" * 2_000 + b"}"),
    "a header that is a list": (b"[]", b"{}"),
    "a header that is null": (b"null", b"{}"),
    "an algorithm that is a list": (b'{"alg":["Ed25519"],"kid":"feed-1"}', b"{}"),
    "an algorithm of another key": (b'{"alg":"ES256","kid":"feed-1"}', b"{}"),
    "a type that is an object": (b'{"alg":"Ed25519","kid":"feed-1","typ":{}}', b"{}"),
    "a key id that is an object": (b'{"alg":"Ed25519","kid":{"a":1}}', b"{}"),
    "detached": (b'{"alg":"Ed25519","kid":"feed-1","b64":false,"crit":["b64"]}', b"{}"),
    "a client that is no text": (GOOD_HEADER, b'{"iss":["tarout-feed"],"sub":["tarout-feed"]}'),
    "half a letter": (GOOD_HEADER, b'{"iss":"\\ud800","sub":"\\ud800"}'),
    "a NUL": (GOOD_HEADER, b'{"iss":"a\\u0000","sub":"a\\u0000"}'),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_an_assertion_of_another_shape_is_refused_like_any_other(oauth, shape):
    answer = present(oauth, signed(*SHAPES[shape]))

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def spellings(token):
    """The same token written otherwise: decoders that aren't strict read the same bytes."""
    head, body, signature = token.split(".")
    last = LETTERS.index(signature[-1])
    bits = 16 if len(signature) % 4 == 2 else 4
    other = LETTERS[last // bits * bits + (last + 1) % bits]
    return {
        "padded": f"{token}=", "more padding": f"{token}==", "a space": f"{token} ", "before": f" {token}",
        "a character outside the alphabet": f"{head}.{body}.{signature[:5]}!{signature[5:]}",
        "bits that count for nothing": f"{head}.{body}.{signature[:-1]}{other}",
        "a fourth part": f"{token}.", "no signature": f"{head}.{body}.",
        "padding inside": f"{head}=.{body}.{signature}",
    }  # fmt: skip


@pytest.mark.parametrize("name", spellings("a.b.cc"))
def test_an_assertion_has_one_spelling(oauth, name):
    assertion = oauth.assertion("tarout-feed")

    assert present(oauth, spellings(assertion)[name]).status_code == 401
    assert present(oauth, assertion).status_code == 200


def test_a_second_signature_of_the_same_claims_is_a_replay(oauth):
    """Beside an ECDSA signature (r, s) the pair (r, n - s) is good too, and anybody can compute it."""
    head, body, signature = oauth.assertion("electricity-desk").split(".")
    raw = urlsafe_b64decode(signature + "==")
    mirrored = raw[:32] + (ORDER_OF_P256 - int.from_bytes(raw[32:], "big")).to_bytes(32, "big")
    kind = {"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}

    used, again = (
        oauth.http.post("/par", data={**oauth.request(), **kind, "client_assertion": one})
        for one in (f"{head}.{body}.{signature}", f"{head}.{body}.{part(mirrored)}")
    )

    assert (used.status_code, again.status_code) == (201, 401)


@pytest.mark.parametrize("name", ["token", "revoke", "end-session", "introspect", "par"])
@pytest.mark.parametrize("audience", ["/token", "/", "", None])
def test_an_assertion_is_for_the_issuer_by_its_exact_name(oauth, name, audience):
    changed = ISSUER.upper() if audience is None else ISSUER + audience
    wrong = oauth.authenticated("electricity-desk", aud=changed or None)
    if changed == ISSUER:
        wrong["client_assertion"] = oauth.assertion("electricity-desk", aud=[ISSUER])

    answer = oauth.http.post(f"/{name}", data={**oauth.request(), "token": "x", **MACHINE, **wrong})

    assert answer.status_code == 401


@pytest.mark.parametrize("jti", ["", " ", "x" * 256, 7, None, ["a"], {"a": 1}, True])
def test_an_assertion_without_a_name_of_its_own_is_refused(oauth, jti):
    claims = {
        "iss": "tarout-feed", "sub": "tarout-feed", "aud": ISSUER, "iat": int(time.time()),
        "exp": int(time.time()) + 30, "jti": jti,
    }  # fmt: skip

    answer = present(oauth, signed(GOOD_HEADER, json.dumps(claims).encode()))

    assert answer.status_code == (200 if jti == " " else 401)


def test_of_a_claim_said_twice_the_last_counts_for_every_reader(oauth):
    """RFC 7519 section 4 allows that or a refusal; two readers with two opinions are the hole."""
    now = int(time.time())
    text = (
        f'{{"iss":"portal","sub":"portal","iss":"tarout-feed","sub":"tarout-feed","aud":"{ISSUER}",'
        f'"aud":"https://evil.example","iat":{now},"exp":{now + 30},"jti":"{new_id()}"}}'
    )

    assert present(oauth, signed(GOOD_HEADER, text.encode())).status_code == 401


def test_a_replay_is_refused_although_its_row_was_deleted(session):
    """A request may wait for a lock, or stand on a host whose clock is behind, while another one clears up."""
    expiry = datetime.now(UTC).replace(microsecond=0)
    taken = Assertion("tarout-feed", "once", expiry.timestamp())
    other = Assertion("tarout-feed", "later", expiry.timestamp() + 60)

    assert use_assertion(session, taken, expiry - timedelta(seconds=50))
    assert use_assertion(session, other, expiry + timedelta(seconds=20))

    assert not use_assertion(session, taken, expiry - timedelta(seconds=1))


def test_assertions_are_forgotten_when_nobody_can_bring_them_any_more(session):
    expiry = datetime.now(UTC).replace(microsecond=0)
    old = Assertion("tarout-feed", "once", expiry.timestamp())
    later = expiry + REMEMBERED_LONGER + timedelta(seconds=1)

    use_assertion(session, old, expiry)
    use_assertion(session, Assertion("tarout-feed", "new", later.timestamp()), later)

    assert session.scalar(text("SELECT count(*) FROM used_assertion")) == 1


# ------------------------------------------------------------------------------------------ keys of clients


def rsa(bits, **changes):
    return RSAKey.generate_key(bits, {"kid": "k"}).as_dict(private=False) | changes


KEYS_THAT_ARE_NONE = {
    "RSA of 1,024 bits": lambda: rsa(1024),
    "RSA of 2,040 bits": lambda: rsa(2040),
    "RSA of 4,104 bits": lambda: rsa(2048, n=part(b"\xff" * 513)),
    "RSA of 11,200 bits": lambda: rsa(2048, n=part(b"\xff" * 1400)),
    "an exponent of one": lambda: rsa(2048, e="AQ"),
    "an even exponent": lambda: rsa(2048, e="AA"),
    "an exponent that takes for ever": lambda: rsa(2048, e=part(b"\xff" * 255)),
    "a key for encryption": lambda: rsa(2048, use="enc"),
    "another algorithm": lambda: rsa(2048, alg="RS256"),
}


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
@pytest.mark.parametrize("name", KEYS_THAT_ARE_NONE)
def test_a_key_that_proves_nothing_is_not_registered(oauth, admin, name):
    key = KEYS_THAT_ARE_NONE[name]()

    answer = oauth.http.put("/v1/clients/portal/keys", json={"keys": [key]}, headers=admin)

    assert answer.status_code == 422, answer.text
