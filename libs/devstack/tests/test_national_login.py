"""The stand-in for the national login: it says what it is, and holds a relying party to the protocol."""

import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from chassis.core.ids import new_id
from devstack.national_login.flow import ASSERTION_TYPE, Settings
from devstack.national_login.provider import Provider
from devstack.token import SignInForm

CLIENT, CALLBACK = "house", "http://127.0.0.1:9/callback"
KEY = ECKey.generate_key("P-256", {"kid": "k1"})
VERIFIER = "v" * 43
CHALLENGE = urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
REQUEST = {
    "client_id": CLIENT,
    "redirect_uri": CALLBACK,
    "response_type": "code",
    "scope": "openid profile",
    "state": "s1",
    "nonce": "n1",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}
NUMBER = "1000000016"


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    settings = Settings(
        client_id=CLIENT,
        redirect_uri=CALLBACK,
        client_jwks={"keys": [KEY.as_dict(private=False)]},
        people={NUMBER: {"name": "فاطمة (بيانات تجريبية)", "mobile": "+966500000016"}},
    )
    with Provider(settings) as provider:
        yield provider


def first_page(provider: Provider, **changes: str) -> requests.Response:
    return requests.get(f"{provider.url}/authorize", params=REQUEST | changes, timeout=5)


def send(provider: Provider, page: requests.Response, **inputs: str) -> requests.Response:
    form = SignInForm.of(page)
    data = form.inputs | inputs
    return requests.post(provider.url + form.action, data=data, timeout=5, allow_redirects=False)


def telephone(provider: Provider) -> tuple[requests.Response, str]:
    page = send(provider, first_page(provider), id_number=NUMBER)
    return page, page.text.partition('data-number="')[2][:2]


def back(answer: requests.Response) -> dict[str, str]:
    assert answer.status_code == 303, answer.text
    query = urlsplit(answer.headers["Location"]).query
    return {name: values[0] for name, values in parse_qs(query).items()}


def code(provider: Provider) -> str:
    page, number = telephone(provider)
    return back(send(provider, page, choice=number))["code"]


def redeem(provider: Provider, code: str, **changes: Any) -> requests.Response:
    claims = {
        "iss": CLIENT, "sub": CLIENT, "aud": provider.url, "exp": int(time.time()) + 60, "jti": new_id(),
        **changes.pop("claims", {}),
    }  # fmt: skip
    key = changes.pop("key", KEY)
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": jwt.encode({"alg": "ES256", "kid": "k1"}, claims, key),
    }
    return requests.post(f"{provider.url}/token", data=form | changes, timeout=5)


def test_each_page_says_that_it_is_a_stand_in(provider: Provider) -> None:
    pages = [
        first_page(provider),
        send(provider, first_page(provider), id_number="1"),
        telephone(provider)[0],
        first_page(provider, client_id="another"),
    ]

    assert all("بيئة تجريبية" in page.text and "A stand-in" in page.text for page in pages)


def test_whoever_chooses_the_number_on_the_screen_comes_back_with_a_code(
    provider: Provider,
) -> None:
    page, number = telephone(provider)

    answer = back(send(provider, page, choice=number))

    assert (answer["state"], answer["iss"]) == ("s1", provider.url)
    tokens = redeem(provider, answer["code"]).json()
    keys = KeySet.import_key_set(requests.get(f"{provider.url}/jwks.json", timeout=5).json())
    claims = jwt.decode(tokens["id_token"], keys, algorithms=["PS256"]).claims
    assert (claims["nonce"], claims["national_id"], claims["acr"]) == ("n1", NUMBER, "high")
    assert NUMBER not in claims["sub"]


@pytest.mark.parametrize(
    ("choice", "error"),
    [("refuse", "access_denied"), ("late", "login_required"), ("00", "access_denied")],
)
def test_every_other_choice_brings_no_code(provider: Provider, choice: str, error: str) -> None:
    page, _ = telephone(provider)

    answer = back(send(provider, page, choice=choice))

    assert answer["error"] == error
    assert "code" not in answer


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "another"},
        {"redirect_uri": "https://mallory.example"},
        {"code_challenge_method": "plain"},
        {"code_challenge": ""},
        {"scope": "profile"},
        {"response_type": "token"},
    ],
    ids=str,
)
def test_a_request_that_is_not_as_agreed_sends_nobody_anywhere(
    provider: Provider, changes: dict[str, str]
) -> None:
    page = first_page(provider, **changes)

    assert page.status_code == 400
    assert page.history == []


def test_a_code_counts_once_and_for_its_verifier(provider: Provider) -> None:
    first, second = code(provider), code(provider)
    assert redeem(provider, first).status_code == 200

    assert redeem(provider, first).json() == {"error": "invalid_grant"}
    assert redeem(provider, second, code_verifier="w" * 43).json() == {"error": "invalid_grant"}


@pytest.mark.parametrize(
    "changes",
    [
        {"key": ECKey.generate_key("P-256", {"kid": "k1"})},
        {"claims": {"aud": "https://another.example"}},
        {"claims": {"iss": "another"}},
        {"claims": {"exp": 1}},
        {"client_assertion": ""},
        {"client_assertion_type": "password"},
    ],
    ids=["key", "audience", "issuer", "expired", "missing", "kind"],
)
def test_nobody_else_redeems_a_code(provider: Provider, changes: dict[str, Any]) -> None:
    answer = redeem(provider, code(provider), **changes)

    assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})
