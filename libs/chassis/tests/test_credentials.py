"""Credentials of a service's own, errors in a shape of its own, and limits for an address."""

import hashlib

import pytest

from chassis.core import contracts
from chassis.http.app import build
from chassis.process import Process
from chassis.service import Service

RINGS, LETTERS = "/bell/v1/rings", "/bell/v1/letters"


@pytest.mark.parametrize(
    "request_of",
    [
        {"params": {"api_key": "k-1"}},
        {"data": {"api_key": "k-1"}},
        {"data": {"api_key": "k-1"}, "files": {"x": ("", b"")}},
        {"params": {"api_key": "k-1"}, "data": {"api_key": "k-1"}},
    ],
)
def test_a_key_is_taken_from_the_query_or_the_form(client, request_of):
    answer = client.post(RINGS, **request_of)

    assert (answer.status_code, answer.text) == (200, "key-1 rang 1")
    assert answer.headers["content-type"] == "text/plain"


def test_what_a_key_stands_in_is_no_argument_of_the_operation(client):
    answer = client.post(RINGS, data={"api_key": "k-1", "times": "3"})

    assert answer.text == "key-1 rang 3"


@pytest.mark.parametrize("key", [None, "k-2", ""])
def test_the_service_says_how_a_missing_and_a_wrong_key_are_refused(client, key):
    answer = client.post(RINGS, data={"api_key": key} if key is not None else {})

    assert (answer.status_code, answer.text) == (403, f"403 forbidden {RINGS} ar")


def test_a_key_that_comes_twice_is_refused(client):
    for sent in ({"params": {"api_key": ["k-1", "k-2"]}}, {"data": {"api_key": ["k-1", "k-1"]}}):
        assert client.post(RINGS, **sent).text.startswith("400 invalid-request")


def test_an_optional_key_is_checked_where_it_is_sent(client):
    def caller(**query):
        return client.get(RINGS, params=query)

    assert caller().json()["caller"] is None
    assert caller(api_key="k-1").json()["caller"] == "key-1"
    assert caller(api_key="k-2").status_code == 403


@pytest.mark.parametrize(
    ("header", "status"),
    [("Bearer sealed.7", 200), ("bearer sealed.7", 200), ("Bearer 7", 403), ("Basic x", 403)],
)
def test_a_bearer_token_of_the_services_own_is_for_its_function(client, header, status):
    answer = client.get(LETTERS, headers={"Authorization": header})

    assert answer.status_code == status
    assert status == 403 or answer.json() == {"to": "7"}


def test_a_signature_is_of_the_raw_body_and_comes_before_it_is_read(client):
    def post(body, signed=None):
        signature = hashlib.sha256(body if signed is None else signed).hexdigest()
        headers = {"X-Signature": signature, "Content-Type": "application/json"}
        return client.post("/bell/v1/notices", content=body, headers=headers)

    assert post(b'{"rings":  7}').json() == {"by": "signer", "rings": 7}
    assert post(b'{"rings": 7}', signed=b'{"rings":  7}').status_code == 403
    assert post(b"{not json").text.startswith("400 malformed-body")
    assert post(b"{not json", signed=b"").status_code == 403


def test_a_service_names_a_function_for_each_scheme_of_its_contract(service, settings, database):
    bare = Service(name=service.name, package=service.package, resources=service.resources)

    with pytest.raises(LookupError):
        build(Process(bare, settings, database))


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "slug"),
    [
        ("GET", "/bell/v1/nowhere", {}, 404, "not-found"),
        ("GET", "/bell/v1/rings/", {}, 404, "not-found"),
        ("DELETE", RINGS, {}, 405, "method-not-allowed"),
        ("POST", RINGS, {"data": {"api_key": "k-1", "times": "10"}}, 400, "invalid-request"),
        ("POST", RINGS, {"json": {}, "params": {"api_key": "k-1"}}, 415, "unsupported-media-type"),
        ("POST", RINGS, {"content": b"x" * 2_000_001}, 413, "body-too-large"),
        ("GET", f"{RINGS}?break=true", {}, 500, "internal-error"),
        ("GET", f"{RINGS}?break=false", {}, 409, "conflict"),
    ],
)
def test_every_error_below_a_path_has_the_services_shape(client, method, path, body, status, slug):
    answer = client.request(method, path, **body)

    assert answer.status_code == status
    assert answer.text == f"{status} {slug} {path.partition('?')[0]} ar"
    assert answer.headers["content-type"] == "text/plain"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_path_that_only_begins_with_the_same_letters_has_the_usual_shape(client):
    assert client.get("/bell/v10/x").headers["content-type"] == "application/problem+json"


def test_an_address_is_refused_before_its_key_is_looked_at(client, monkeypatch, service):
    for _ in range(3):
        assert client.get(RINGS, params={"api_key": "k-2"}).status_code == 403

    answer = client.get(RINGS, params={"api_key": "k-1"})

    assert answer.text.startswith("429 too-many-requests")
    assert 0 < int(answer.headers["retry-after"]) <= 60


def test_the_published_contract_says_nothing_of_our_extensions(client):
    assert '"x-' not in client.get("/openapi.json").text


def test_an_empty_requirement_is_the_last_one_that_is_tried():
    assert contracts.openapi("sample")["paths"][RINGS]["get"]["security"] == [{"key": []}, {}]
