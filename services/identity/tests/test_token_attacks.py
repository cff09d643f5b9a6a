"""Attacks on the way to a token: pushed requests, codes, proofs, and the forms that carry them."""

import json
import time

import pytest

from .oauth_clients import CHALLENGE, ISSUER, MACHINE, part

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


def test_a_client_cannot_push_for_another_client(oauth):
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


TOKEN = f"{ISSUER}/token"
# The address that a proof names, what becomes of our nonce in it, and the error that it gets.
PROOFS = {
    "the same": (TOKEN, str, None),
    "the host in capitals": ("https://ISSUER.TEST/token", str, None),
    "its port": ("https://issuer.test:443/token", str, None),
    "a query": (f"{ISSUER}/token?a=b", str, None),
    "a fragment": (f"{ISSUER}/token#x", str, None),
    "the path in capitals": (f"{ISSUER}/TOKEN", str, "invalid_dpop_proof"),
    "another port": ("https://issuer.test:8443/token", str, "invalid_dpop_proof"),
    "port 80": ("https://issuer.test:80/token", str, "invalid_dpop_proof"),
    "a final slash": (f"{ISSUER}/token/", str, "invalid_dpop_proof"),
    "two slashes": ("https://issuer.test//token", str, "invalid_dpop_proof"),
    "a way around": (f"{ISSUER}/par/../token", str, "invalid_dpop_proof"),
    "another endpoint": (f"{ISSUER}/par", str, "invalid_dpop_proof"),
    "a parameter of the path": (f"{ISSUER}/token;x", str, "invalid_dpop_proof"),
    "a final dot": ("https://issuer.test./token", str, "invalid_dpop_proof"),
    "another scheme": ("http://issuer.test/token", str, "invalid_dpop_proof"),
    "a user before the host": ("https://a@issuer.test/token", str, "invalid_dpop_proof"),
    "a host within the user": ("https://issuer.test@evil.example/token", str, "invalid_dpop_proof"),
    "a longer host": ("https://issuer.test.evil.example/token", str, "invalid_dpop_proof"),
    "an encoded slash": (f"{ISSUER}%2ftoken", str, "invalid_dpop_proof"),
    "a space": (f"{ISSUER}/token ", str, "invalid_dpop_proof"),
    "a nonce in capitals": (TOKEN, str.upper, "use_dpop_nonce"),
    "a padded nonce": (TOKEN, lambda n: n + "=", "use_dpop_nonce"),
    "a shorter nonce": (TOKEN, lambda n: n[:-1], "use_dpop_nonce"),
    "a nonce that ends otherwise": (
        TOKEN,
        lambda n: n[:-2] + ("AA" if n[-2:] != "AA" else "BA"),
        "use_dpop_nonce",
    ),
    "an empty nonce": (TOKEN, lambda _: "", "use_dpop_nonce"),
}


@pytest.mark.parametrize("name", PROOFS)
def test_a_proof_is_for_this_address_and_with_our_nonce_as_it_was(oauth, nonce, holder, name):
    url, change, error = PROOFS[name]
    assert (change(nonce) != nonce) == (error == "use_dpop_nonce")
    headers = {"DPoP": holder.proof("POST", url, nonce=change(nonce))}

    answer = oauth.http.post(
        "/token", data={**MACHINE, **oauth.authenticated("bound-feed")}, headers=headers
    )

    assert answer.json().get("error") == error, answer.text
    assert answer.status_code == (400 if error else 200)


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


# ------------------------------------------------------------------------------------------ forms


@pytest.mark.parametrize(
    "media_type",
    [
        "application/json", "text/plain", "multipart/form-data; boundary=b", "application/xml",
        "application/x-www-form-urlencodedx", "", "application/x-www-form-urlencoded,application/json",
    ],
)  # fmt: skip
def test_a_form_of_another_media_type_gets_no_token(oauth, media_type):
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
    began = time.process_time()

    answer = oauth.http.post("/token", data={f"f{n}": "" for n in range(9_000)})

    assert 400 <= answer.status_code < 500
    assert time.process_time() - began < 1


DEEP = b'{"alg":' + b"[" * 2_500 + b"]" * 2_500 + b"}"


@pytest.mark.parametrize("name", ["revoke", "introspect"])
def test_a_token_too_deep_to_be_read_is_no_token_of_ours(oauth, name):
    token = f"{part(DEEP)}.e30.e30"

    answer = oauth.http.post(f"/{name}", data={"token": token, **oauth.authenticated("gateway")})

    assert answer.status_code == 200
