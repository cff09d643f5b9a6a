"""Attacks on the authorization server that no other file tries: odd spellings, odd shapes, other people's forms."""

import json
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest
from joserfc.jwk import RSAKey
from joserfc.jws import JWSRegistry

from chassis.ids import new_id
from chassis.testing import Holder

from .conftest import CHALLENGE, ISSUER, KEYS, PASSWORD

EVIL = "evil.example"
ORDER_OF_P256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
MACHINE = {"grant_type": "client_credentials", "scope": "permits.read"}
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def part(data):
    return urlsafe_b64encode(data).decode().rstrip("=")


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
        "a letter that is none": f"{head}.{body}.{signature[:5]}!{signature[5:]}",
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
    """Of ECDSA's (r, s) also (r, n - s) is good, and anybody can compute it."""
    head, body, signature = oauth.assertion("electricity-desk").split(".")
    raw = urlsafe_b64decode(signature + "==")
    mirrored = raw[:32] + (ORDER_OF_P256 - int.from_bytes(raw[32:], "big")).to_bytes(32, "big")
    kind = {"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}

    used, again = (
        oauth.http.post("/par", data={**oauth.request(), **kind, "client_assertion": one})
        for one in (f"{head}.{body}.{signature}", f"{head}.{body}.{part(mirrored)}")
    )

    assert (used.status_code, again.status_code) == (201, 401)


@pytest.mark.parametrize("name", ["token", "revoke", "introspect", "par"])
@pytest.mark.parametrize("audience", ["/token", "/", "", None])
def test_an_assertion_is_for_the_issuer_by_its_exact_name(oauth, name, audience):
    changed = ISSUER.upper() if audience is None else ISSUER + audience
    wrong = oauth.authenticated("electricity-desk", aud=changed or None)
    if changed == ISSUER:
        wrong["client_assertion"] = oauth.assertion("electricity-desk", aud=[ISSUER])

    answer = oauth.http.post(f"/{name}", data={**oauth.request(), "token": "x", **MACHINE, **wrong})

    assert answer.status_code == 401


DEEP = b'{"alg":' + b"[" * 2_500 + b"]" * 2_500 + b"}"


@pytest.mark.parametrize("name", ["revoke", "introspect"])
def test_a_token_too_deep_to_be_read_is_no_token_of_ours(oauth, name):
    token = f"{part(DEEP)}.e30.e30"

    answer = oauth.http.post(f"/{name}", data={"token": token, **oauth.authenticated("gateway")})

    assert answer.status_code == 200


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


# ------------------------------------------------------------------------------------------ pushed requests, codes


def otherwise(reference):
    client, uri = reference["client_id"], reference["request_uri"]
    return {
        "another client": {"client_id": "water-desk"},
        "the client in capitals": {"client_id": client.upper()},
        "the client with a space": {"client_id": client + " "},
        "the prefix in capitals": {"request_uri": uri.replace("urn:ietf", "URN:IETF")},
        "a space behind": {"request_uri": uri + " "},
        "a fragment": {"request_uri": uri + "#x"},
        "a query": {"request_uri": uri + "?x"},
        "padded": {"request_uri": uri + "="},
        "in capitals": {"request_uri": uri.upper()},
        "without its prefix": {"request_uri": uri.rpartition(":")[2]},
        "a letter that looks alike": {"request_uri": uri.replace("urn", "urո", 1)},
    }  # fmt: skip


@pytest.mark.parametrize("how", otherwise({"client_id": "", "request_uri": "urn:ietf"}))
def test_a_reference_has_one_spelling_and_a_wrong_one_spends_nothing(oauth, how):
    browser, reference = oauth.browser(), oauth.reference()

    wrong = browser.get("/authorize", params=reference | otherwise(reference)[how])

    assert wrong.status_code == 400
    assert "Location" not in wrong.headers
    assert browser.get("/authorize", params=reference).status_code == 200


def test_whoever_pushes_cannot_push_for_another_client(oauth):
    answer = oauth.push(by="water-desk", client_id="electricity-desk")

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize(
    "verifier",
    [CHALLENGE, CHALLENGE + "=", "a" * 43, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXK", None],
)
def test_a_challenge_that_was_pushed_is_never_compared_as_plain_text(oauth, verifier):
    code = oauth.code()

    answer = oauth.redeem(code, code_verifier=verifier)

    assert answer.status_code == 400
    assert answer.json()["error"] in ("invalid_grant", "invalid_request")
    assert "access_token" not in answer.json()


@pytest.mark.parametrize("method", ["plain", "s256", "S256 ", "S512", "none"])
def test_no_weaker_method_can_be_slipped_in_when_the_code_is_redeemed(oauth, method):
    answer = oauth.redeem(oauth.code(), code_verifier=CHALLENGE, code_challenge_method=method)

    assert answer.json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "change", [str.upper, str.lower, lambda c: c + "=", lambda c: c + " ", lambda c: c[:-1]]
)
def test_a_code_has_one_spelling(oauth, change):
    code = oauth.code()

    assert oauth.redeem(change(code)).json()["error"] == "invalid_grant"
    assert oauth.redeem(code).status_code == 200


def test_a_code_of_one_person_cannot_be_redeemed_within_the_flow_of_another(oauth):
    """Injection: the flow that the attacker began has a verifier of its own, which doesn't fit the stolen code."""
    stolen = oauth.code("sara")
    own = "another-verifier-of-the-attacker-0123456789abcdef"

    assert oauth.redeem(stolen, code_verifier=own).json()["error"] == "invalid_grant"


@pytest.mark.parametrize("state", ["a\r\nSet-Cookie: a=b", "a\nb", "a\x00b", "a\tb"])
def test_nothing_of_a_request_begins_a_line_of_the_answer(oauth, state):
    assert oauth.push(state=state).status_code == 400


def test_a_state_of_letters_that_mean_something_elsewhere_comes_back_as_it_was(oauth):
    state = "&code=x&iss=https://evil.example#<script>%0d%0a\u0085\u2028"

    returned = oauth.returned(oauth.sign_in(state=state))

    assert returned["state"] == state
    assert returned["iss"] == ISSUER
    assert returned["code"] != "x"


# ------------------------------------------------------------------------------------------ proofs


@pytest.fixture
def nonce(oauth):
    headers = {"DPoP": Holder().proof("POST", f"{ISSUER}/token")}
    form = {**MACHINE, **oauth.authenticated("bound-feed")}
    return oauth.http.post("/token", data=form, headers=headers).headers["DPoP-Nonce"]


PLACES = {
    "the same": (f"{ISSUER}/token", 200),
    "the host in capitals": ("https://ISSUER.TEST/token", 200),
    "its port": ("https://issuer.test:443/token", 200),
    "a query": (f"{ISSUER}/token?a=b", 200),
    "a fragment": (f"{ISSUER}/token#x", 200),
    "the path in capitals": (f"{ISSUER}/TOKEN", 400),
    "another port": ("https://issuer.test:8443/token", 400),
    "port 80": ("https://issuer.test:80/token", 400),
    "a final slash": (f"{ISSUER}/token/", 400),
    "two slashes": ("https://issuer.test//token", 400),
    "a way around": (f"{ISSUER}/par/../token", 400),
    "another endpoint": (f"{ISSUER}/par", 400),
    "a parameter of the path": (f"{ISSUER}/token;x", 400),
    "a final dot": ("https://issuer.test./token", 400),
    "another scheme": ("http://issuer.test/token", 400),
    "a user before the host": ("https://a@issuer.test/token", 400),
    "a host within the user": ("https://issuer.test@evil.example/token", 400),
    "a longer host": ("https://issuer.test.evil.example/token", 400),
    "an encoded slash": (f"{ISSUER}%2ftoken", 400),
    "a space": (f"{ISSUER}/token ", 400),
}


@pytest.mark.parametrize("name", PLACES)
def test_a_proof_is_for_this_address_and_no_other(oauth, nonce, holder, name):
    url, wanted = PLACES[name]
    headers = {"DPoP": holder.proof("POST", url, nonce=nonce)}

    answer = oauth.http.post(
        "/token", data={**MACHINE, **oauth.authenticated("bound-feed")}, headers=headers
    )

    assert answer.status_code == wanted, answer.text


def test_a_proof_counts_once_at_the_token_endpoint_with_a_fresh_assertion_too(oauth, nonce, holder):
    headers = {"DPoP": holder.proof("POST", f"{ISSUER}/token", nonce=nonce)}

    first, second = (
        oauth.http.post(
            "/token", data={**MACHINE, **oauth.authenticated("bound-feed")}, headers=headers
        )
        for _ in range(2)
    )

    assert first.status_code == 200
    assert second.json()["error"] == "invalid_dpop_proof"


@pytest.mark.parametrize(
    "change",
    [
        str.upper,
        lambda n: n + "=",
        lambda n: n[:-1],
        lambda n: n[:-2] + ("AA" if n[-2:] != "AA" else "BA"),
        lambda _: "",
    ],
)
def test_a_nonce_that_was_changed_is_none(oauth, nonce, holder, change):
    changed = change(nonce)
    assert changed != nonce
    headers = {"DPoP": holder.proof("POST", f"{ISSUER}/token", nonce=changed)}

    answer = oauth.http.post(
        "/token", data={**MACHINE, **oauth.authenticated("bound-feed")}, headers=headers
    )

    assert answer.json()["error"] == "use_dpop_nonce"


# ------------------------------------------------------------------------------------------ sign-in


READ_AS_SARA = ["SARA", " sara ", "Sara\u00a0", "\u017fara"]  # the last one begins with a long s
NOT_SARA = ["ｓａｒａ", "s\u0430ra", "sara\u200b", "sara\u0301", "sa\u00adra"]


def test_however_a_name_is_spelled_its_failures_count_together(oauth):
    for number in range(5):
        oauth.sign_in(READ_AS_SARA[number % len(READ_AS_SARA)], "not the password")

    assert oauth.sign_in("sara").status_code == 403


@pytest.mark.parametrize("name", NOT_SARA)
def test_a_name_that_only_looks_alike_is_nobodys(oauth, name):
    assert oauth.sign_in(name).status_code == 403


def test_who_writes_anothers_address_before_his_own_stops_himself_only(oauth):
    attacker, victim = oauth.browser(), oauth.browser()
    attacker.headers["X-Forwarded-For"] = "198.51.100.7, 203.0.113.9"  # the last is our proxy's
    victim.headers["X-Forwarded-For"] = "198.51.100.7"
    for _ in range(6):
        oauth.sign_in("sara", "not the password", browser=attacker)
    attacker.headers["X-Forwarded-For"] = "198.51.100.8, 203.0.113.9"

    assert oauth.sign_in("sara", browser=attacker).status_code == 403
    assert oauth.sign_in("sara", browser=victim).status_code == 303


def test_a_session_that_was_signed_out_is_none_though_its_cookie_is_kept(oauth):
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
    assert browser.get("/sign-out?csrf_token=" + foreign).status_code in (200, 400)

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


@pytest.mark.parametrize(
    "media_type",
    [
        "application/json", "text/plain", "multipart/form-data; boundary=b", "application/xml",
        "application/x-www-form-urlencodedx", "", "application/x-www-form-urlencoded,application/json",
    ],
)  # fmt: skip
def test_a_form_that_is_called_otherwise_gets_no_token(oauth, media_type):
    form = {**MACHINE, **oauth.authenticated("tarout-feed")}
    content = (
        json.dumps(form) if "json" in media_type else "&".join(f"{k}={v}" for k, v in form.items())
    )
    if media_type.startswith("multipart"):
        content = (
            "".join(
                f'--b\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n'
                for k, v in form.items()
            )
            + "--b--\r\n"
        )

    answer = oauth.http.post("/token", content=content, headers={"Content-Type": media_type})

    assert 400 <= answer.status_code < 500
    assert "access_token" not in answer.text


def test_a_form_of_very_many_fields_is_refused_at_once(oauth):
    began = time.monotonic()

    answer = oauth.http.post("/token", data={f"f{n}": "" for n in range(9_000)})

    assert 400 <= answer.status_code < 500
    assert time.monotonic() - began < 1


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
