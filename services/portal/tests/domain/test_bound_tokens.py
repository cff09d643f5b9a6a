"""A request with a bound token proves the key, and gets along with a service that asks for a nonce."""

import time
from types import SimpleNamespace

import pytest
import requests
from joserfc.jwk import ECKey

from chassis.access import dpop
from portal.outside.bound_tokens import BoundToken

TOKEN, URL = "header.claims.signature", "https://reports.test/v1/reports"
KEY = ECKey.generate_key("P-256")
NONCES = dpop.Nonces(b"n" * 32)


@pytest.fixture
def request_signed():
    bound = BoundToken(TOKEN, KEY.as_dict(private=True))
    return requests.Request("GET", URL, params={"limit": "20"}, auth=bound).prepare()


def check(request, nonces=None):
    return dpop.check_proof(
        request.headers["DPoP"],
        method="GET",
        url=URL,
        now=time.time(),
        access_token=TOKEN,
        nonces=nonces,
    )


def test_each_request_has_a_proof_of_its_own(request_signed):
    first = check(request_signed)
    request_signed.prepare_auth(BoundToken(TOKEN, KEY.as_dict(private=True)))

    assert request_signed.headers["Authorization"] == f"DPoP {TOKEN}"
    assert first.thumbprint == dpop.thumbprint(KEY.as_dict(private=False))
    assert check(request_signed).jti != first.jti


def test_a_service_that_asks_for_a_nonce_gets_the_request_once_more(request_signed):
    refusal = requests.Response()
    refusal.status_code, refusal.request = 401, request_signed
    refusal.headers["DPoP-Nonce"] = NONCES.current(time.time())
    sent = []
    refusal.connection = SimpleNamespace(send=lambda again, **_: sent.append(again) or refusal)

    requests.hooks.dispatch_hook("response", request_signed.hooks, refusal)

    [again] = sent
    assert check(again, NONCES)
    assert not again.hooks["response"]
