"""A request with a bound token proves the key, and gets along with a service that asks for a nonce."""

import time

import pytest
import urllib3
from joserfc.jwk import ECKey

from chassis.access import dpop
from portal.outside.bound_tokens import BoundToken
from portal.outside.services import AskedService

TOKEN, SERVICE, PATH = "header.claims.signature", "https://reports.test", "/v1/reports"
KEY = ECKey.generate_key("P-256")
NONCES = dpop.Nonces(b"n" * 32)


@pytest.fixture
def bound():
    return BoundToken(TOKEN, KEY.as_dict(private=True))


def check(headers, nonces=None):
    return dpop.check_proof(
        headers["DPoP"],
        method="GET",
        url=SERVICE + PATH,
        now=time.time(),
        access_token=TOKEN,
        nonces=nonces,
    )


def test_each_request_has_a_proof_of_its_own(bound):
    signed, again = (bound.headers("GET", SERVICE + PATH) for _ in range(2))

    assert signed["Authorization"] == f"DPoP {TOKEN}"
    assert check(signed).thumbprint == dpop.thumbprint(KEY.as_dict(private=False))
    assert check(signed).jti != check(again).jti


def test_a_service_that_asks_for_a_nonce_gets_the_request_once_more(bound, monkeypatch):
    sent, refusal = [], {"DPoP-Nonce": NONCES.current(time.time())}
    answers = iter([{"status": 401, "headers": refusal}, {"status": 200, "body": b"{}"}])

    def send(_connection, _method, _path, *, headers, **_):
        sent.append(headers)
        return urllib3.HTTPResponse(**next(answers))

    monkeypatch.setattr("portal.outside.transport.ServiceConnection.request", send)

    assert not AskedService(SERVICE).get(bound, PATH, "ar").is_problem
    assert check(sent[1], NONCES).jti != check(sent[0]).jti
