"""DPoP (RFC 9449): a bound token opens with a fresh proof of its key, once, and with nothing else."""

import time
from base64 import urlsafe_b64encode

import pytest
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey
from sqlalchemy import text

from chassis.access import dpop
from chassis.core.ids import new_id
from chassis.fast.proofs import UsedProofs
from chassis.http import security
from chassis.process import Process
from chassis.run.web import build
from chassis.testing import Holder

URL = "http://service.test/v1/things"
# RFC 9449: figures 2 and 12 with the values that the text says of them.
RFC_KEY = (
    "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJo"
    "RjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19"
)
RFC_AT_THE_TOKEN_ENDPOINT = (
    f"{RFC_KEY}.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rv"
    "a2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT"
    "3Lg"
)
RFC_AT_THE_RESOURCE = (
    f"{RFC_KEY}.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9w"
    "cm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFby"
    "J9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA"
)
RFC_TOKEN = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"
RFC_THUMBPRINT = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"


@pytest.fixture
def bound(token, holder):
    """`bound("scope")` → the Authorization header of a token that is bound to the holder's key."""
    return lambda *scopes, **claims: token(*scopes, **{"cnf": {"jkt": holder.thumbprint}, **claims})


def get(client, headers, path="/v1/things"):
    return client.get(path, headers=headers)


def test_the_examples_of_the_rfc_are_good_proofs():
    first = dpop.check_proof(
        RFC_AT_THE_TOKEN_ENDPOINT,
        method="POST",
        url="https://server.example.com/token",
        now=1_562_262_616,
    )
    second = dpop.check_proof(
        RFC_AT_THE_RESOURCE,
        method="GET",
        url="https://resource.example.org/protectedresource",
        now=1_562_262_618,
        access_token=RFC_TOKEN,
    )

    assert first.thumbprint == second.thumbprint == RFC_THUMBPRINT
    assert (first.jti, second.jti) == ("-BwC3ESc6acc2lTc", "e1j3V_bKic8-LAEB")
    assert dpop.token_hash(RFC_TOKEN) == "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo"


def test_the_thumbprint_is_that_of_rfc_7638():
    n = (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknj"
        "hMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQ"
        "vRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzK"
        "nqDKgw"
    )
    key = {"kty": "RSA", "n": n, "e": "AQAB", "alg": "RS256", "kid": "2011-04-29"}

    assert dpop.thumbprint(key) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        (ECKey.generate_key("P-256"), "ES256"),
        (RSAKey.generate_key(2048), "PS256"),
        (OKPKey.generate_key("Ed25519"), "EdDSA"),
        (OKPKey.generate_key("Ed25519"), "Ed25519"),
    ],
)
def test_a_bound_token_opens_with_a_proof_of_its_key(client, token, key, algorithm):
    holder = Holder(key, algorithm)
    authorization = token("things.read", cnf={"jkt": holder.thumbprint})

    assert get(client, holder.headers("GET", URL, authorization)).status_code == 200


def test_a_bound_token_is_refused_as_a_plain_bearer(client, bound, holder):
    authorization = bound("things.read")
    with_proof = {**holder.headers("GET", URL, authorization), **authorization}

    for headers in (authorization, with_proof):
        answer = get(client, headers)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith('DPoP error="invalid_token", algs="')


def test_an_unbound_token_is_refused_with_the_scheme_of_bound_ones(client, token, holder):
    answer = get(client, holder.headers("GET", URL, token("things.read")))

    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize(
    "cnf", [{}, None, "x", [], {"jkt": ""}, {"jkt": 7}, {"x5t#S256": "a"}, {"jkt": "a", "jwk": {}}]
)
def test_a_token_that_is_bound_in_another_way_opens_nothing(client, token, holder, cnf):
    claims = {"cnf": cnf} if cnf is not None else {"cnf": 0}
    authorization = token("things.read", **claims)

    assert get(client, authorization).status_code == 401
    assert get(client, holder.headers("GET", URL, authorization)).status_code == 401


@pytest.mark.parametrize(
    "changes",
    [
        {"htm": "POST"},
        {"htm": "get"},
        {"htm": None},
        {"htu": "http://service.test/v1/doors"},
        {"htu": "http://evil.test/v1/things"},
        {"htu": "https://service.test/v1/things"},
        {"htu": "http://service.test:8080/v1/things"},
        {"htu": "http://me@service.test/v1/things"},
        {"htu": "http://[/v1/things"},
        {"htu": "/v1/things"},
        {"htu": None},
        {"htu": 5},
        {"iat": int(time.time()) - 90},
        {"iat": int(time.time()) + 3_600},
        {"iat": float("nan")},
        {"iat": "now"},
        {"iat": True},
        {"iat": None},
        {"jti": None},
        {"jti": ""},
        {"jti": 7},
        {"jti": "x" * 256},
        {"ath": None},
        {"ath": dpop.token_hash("another token")},
        {"header": {"typ": "JWT"}},
        {"header": {"typ": "at+jwt"}},
        {"header": {"typ": None}},
        {"header": {"jwk": None}},
        {"header": {"jwk": "x"}},
        {"header": {"crit": ["b64"]}},
        {"header": {"x5u": "https://evil.test/x"}},
        {"header": {"jku": "https://evil.test/x"}},
    ],
)
def test_a_proof_for_anything_else_is_no_proof(client, bound, holder, changes):
    answer = get(client, holder.headers("GET", URL, bound("things.read"), **changes))

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith('DPoP error="invalid_dpop_proof", algs="')


@pytest.mark.parametrize(
    "url",
    [
        "HTTP://SERVICE.test/v1/things",
        "http://service.test:80/v1/things",
        "http://service.test/v1/thing%73",
        "http://service.test/v1/things?limit=5#top",
    ],
)
def test_an_address_may_be_written_in_its_other_forms(client, bound, holder, url):
    assert get(client, holder.headers("GET", url, bound("things.read"))).status_code == 200


def test_the_query_and_the_host_header_say_nothing_about_where_a_request_went(
    client, bound, holder
):
    mine = holder.headers("GET", URL, bound("things.read"))
    stolen = holder.headers("GET", "http://evil.test/v1/things", bound("things.read"))

    assert get(client, mine, "/v1/things?limit=5").status_code == 200
    assert get(client, {**stolen, "Host": "evil.test"}).status_code == 401


def test_a_proof_counts_once(client, bound, holder):
    headers = holder.headers("GET", URL, bound("things.read"))

    assert get(client, headers).status_code == 200
    assert get(client, headers).status_code == 401


def test_a_proof_counts_once_across_workers_and_restarts(
    client, bound, holder, service, settings, database, app
):
    """Another application over the same database is another worker, or the same one after its restart."""
    other = build(Process(service, settings, database), app.verifier._jwks).app
    headers = holder.headers("GET", URL, bound("things.read"))

    assert get(client, headers).status_code == 200
    with type(client)(transport=type(client._transport)(app=other.wsgi), base_url=URL) as second:
        assert second.get(URL, headers=headers).status_code == 401


def test_the_same_jti_of_two_keys_is_no_replay(client, token):
    for holder in (Holder(), Holder()):
        authorization = token("things.read", cnf={"jkt": holder.thumbprint})
        headers = holder.headers("GET", URL, authorization, jti="one")
        assert get(client, headers).status_code == 200


def test_another_key_than_the_tokens_proves_nothing(client, bound):
    assert get(client, Holder().headers("GET", URL, bound("things.read"))).status_code == 401


def test_a_proof_that_another_key_signed_is_refused(client, bound, holder):
    thief = Holder()
    headers = thief.headers("GET", URL, bound("things.read"), header={"jwk": holder.jwk})

    assert get(client, headers).status_code == 401


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        (RSAKey.generate_key(2048), "RS256"),
        (ECKey.generate_key("P-384"), "ES384"),
        (OctKey.import_key(b"a shared secret of enough bytes!"), "HS256"),
    ],
)
def test_no_other_algorithm_proves_anything(client, bound, holder, key, algorithm):
    stranger = Holder.__new__(Holder)
    stranger.key, stranger.algorithm, stranger.jwk = key, algorithm, holder.jwk
    own = stranger.headers("GET", URL, bound("things.read"))
    named = stranger.headers(
        "GET", URL, bound("things.read"), header={"jwk": key.as_dict(private=False)}
    )

    assert get(client, own).status_code == get(client, named).status_code == 401


@pytest.mark.filterwarnings("ignore:Key size")
def test_a_private_or_a_weak_key_in_the_header_is_refused(token, client):
    exposed = Holder()
    weak = Holder(RSAKey.generate_key(1024), "PS256")

    for holder, jwk in ((exposed, exposed.key.as_dict(private=True)), (weak, weak.jwk)):
        authorization = token("things.read", cnf={"jkt": holder.thumbprint})
        headers = holder.headers("GET", URL, authorization, header={"jwk": jwk})
        assert get(client, headers).status_code == 401


@pytest.mark.parametrize(
    "proof",
    [
        "",
        "x",
        "a.b.c",
        "e30.e30.e30",
        "..",
        "x" * 5_000,
        "W10.W10.x",
        "e30.e30.e30,e30.e30.e30",
    ],
)
def test_a_malformed_proof_is_refused(client, bound, proof):
    authorization = bound("things.read")["Authorization"].replace("Bearer", "DPoP")
    headers = {"Authorization": authorization, "DPoP": proof}

    assert get(client, headers).status_code == 401


def test_a_proof_without_a_signature_is_refused(client, bound, holder):
    headers = holder.headers("GET", URL, bound("things.read"))
    header, claims, _ = headers["DPoP"].split(".")
    none = urlsafe_b64encode(b'{"typ":"dpop+jwt","alg":"none"}').decode().rstrip("=")

    for proof in (f"{header}.{claims}.", f"{none}.{claims}."):
        assert get(client, {**headers, "DPoP": proof}).status_code == 401


def test_no_proof_and_two_proofs_are_refused(client, bound, holder):
    headers = holder.headers("GET", URL, bound("things.read"))
    proof = headers.pop("DPoP")

    assert get(client, headers).status_code == 401
    twice = [*headers.items(), ("DPoP", proof), ("DPoP", holder.proof("GET", URL))]
    assert get(client, twice).status_code == 401


def test_a_request_without_a_token_learns_of_both_schemes(client):
    answer = get(client, {})

    assert answer.headers["WWW-Authenticate"] == security.CHALLENGE
    assert security.CHALLENGE == 'Bearer, DPoP algs="ES256 PS256 EdDSA Ed25519"'


def test_a_missing_scope_is_told_in_the_scheme_that_was_used(client, bound, holder):
    answer = get(client, holder.headers("GET", URL, bound("things.write")))

    assert answer.status_code == 403
    assert answer.headers["WWW-Authenticate"].startswith('DPoP error="insufficient_scope", scope="')


def test_a_plain_bearer_costs_nothing_of_this(client, token, session, monkeypatch):
    monkeypatch.delattr(dpop, "check_proof")
    monkeypatch.delattr(UsedProofs, "use")

    assert get(client, token("things.read")).status_code == 200
    assert session.scalar(text("SELECT count(*) FROM used_proof")) == 0


def test_used_proofs_are_forgotten_when_their_age_alone_refuses_them_by_every_clock(session):
    now = time.time()
    for age in (0, 200, 500):
        dpop.use_proof(session, dpop.Proof("key", new_id(), now + 60 - age))

    dpop.purge(session)

    assert session.scalar(text("SELECT count(*) FROM used_proof")) == 2


class TestNonces:
    """RFC 9449 section 9: a server that asks for its nonce."""

    KEY = urlsafe_b64encode(b"a key that the workers do share!").decode()

    @pytest.fixture
    def client(self, service, settings, database, app, client):
        wanting = type(settings)(**{**vars(settings), "dpop_nonce_key": self.KEY})
        other = build(Process(service, wanting, database), app.verifier._jwks).app
        with type(client)(
            transport=type(client._transport)(app=other.wsgi), base_url="http://service.test"
        ) as asking:
            yield asking

    def test_a_proof_without_the_nonce_is_told_one_and_then_opens(self, client, bound, holder):
        first = get(client, holder.headers("GET", URL, bound("things.read")))
        nonce = first.headers["DPoP-Nonce"]
        second = get(client, holder.headers("GET", URL, bound("things.read"), nonce=nonce))

        assert first.status_code == 401
        assert first.headers["WWW-Authenticate"].startswith('DPoP error="use_dpop_nonce", algs="')
        assert second.status_code == 200

    @pytest.mark.parametrize("nonce", ["", "x", 7, "ص", ["a"]])
    def test_another_nonce_is_as_good_as_none(self, client, bound, holder, nonce):
        answer = get(client, holder.headers("GET", URL, bound("things.read"), nonce=nonce))

        assert 'error="use_dpop_nonce"' in answer.headers["WWW-Authenticate"]

    def test_a_nonce_is_good_in_each_worker_for_minutes_and_not_for_an_hour(self):
        given, other = dpop.nonces_of(self.KEY), dpop.nonces_of(self.KEY)
        now = time.time()
        nonce = given.current(now)

        assert other.is_good(nonce, now + 200)
        assert not other.is_good(nonce, now + 400)
        assert not dpop.nonces_of(self.KEY.swapcase()).is_good(nonce, now)

    def test_a_short_key_is_refused(self):
        with pytest.raises(ValueError, match="32 bytes"):
            dpop.nonces_of("c2hvcnQ")
