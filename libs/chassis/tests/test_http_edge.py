"""What any caller of any service may rely on."""

import json

import pytest

from chassis.http.endpoint import Endpoint
from chassis.http.problems import Problem

MADE = {"name": "door", "made_on": "2024-10-13"}


def problem(response):
    assert response.headers["content-type"] == "application/problem+json"
    return response.json()


def test_an_accepted_write_is_stored_with_its_event(client, token, outbox_rows):
    response = client.post("/v1/things", json=MADE, headers=token("things.write", sub="p_7"))

    assert response.status_code == 201
    assert response.json()["by"] == "p_7"
    (row,) = outbox_rows()
    assert row.envelope["subject"] == response.json()["thing_id"]
    assert row.envelope["sequence"] == "1"
    assert row.envelope["data"] == {"name": "door"}


def test_an_operation_that_fails_leaves_neither_row_nor_event_and_tells_nothing(
    client, token, outbox_rows, session, caplog
):
    response = client.post(
        "/v1/things", json={**MADE, "name": "explode"}, headers=token("things.write")
    )

    assert response.status_code == 500
    assert problem(response)["type"].endswith("/internal-error")
    assert "1012345672" not in response.text
    assert outbox_rows() == []


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"name": "door"}, "made_on", "required"),
        ({**MADE, "made_on": "2024-02-30"}, "made_on", "date"),
        ({**MADE, "made_on": "2024-13-99"}, "made_on", "date"),
        ({**MADE, "made_on": 5}, "made_on", "type"),
        ({**MADE, "colour": "red"}, "colour", "unknown"),
        ({**MADE, "name": ""}, "name", "required"),
        ({**MADE, "made_on": ""}, "made_on", "required"),
        ({**MADE, "name": "x" * 21}, "name", "too-long"),
        ({**MADE, "parts": [{"number": "1"}, {"number": "1234"}]}, "parts.1.number", "too-long"),
        ({**MADE, "parts": [{}] * 4}, "parts", "too-many"),
    ],
)
def test_a_wrong_body_is_refused_by_field(client, token, body, field, code):
    response = client.post("/v1/things", json=body, headers=token("things.write"))

    assert response.status_code == 400
    assert (field, code) in {(e["field"], e["code"]) for e in problem(response)["errors"]}


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b'{"name": NaN}',
        b'"\xff"',
        b'{"name": "a\\u0000"}',
        b'{"name": "\\ud800"}',
        b"[" * 5000,
        b'{"a": 1e999}',
    ],
)
def test_a_body_that_is_not_strict_json_is_refused(client, token, raw):
    headers = {**token("things.write"), "Content-Type": "application/json"}

    response = client.post("/v1/things", content=raw, headers=headers)

    assert response.status_code == 400
    assert problem(response)["type"].endswith("/malformed-body")


def test_a_name_that_comes_twice_in_a_body_is_refused(client, token):
    headers = {**token("things.write"), "Content-Type": "application/json"}

    response = client.post("/v1/things", content=b'{"name": "a", "name": "b"}', headers=headers)

    assert problem(response)["errors"][0]["code"] == "duplicated"


@pytest.mark.parametrize(
    ("query", "field", "code"),
    [
        ("made_from=2024-02-30", "made_from", "date"),
        ("limit=1&limit=10", "limit", "duplicated"),
        ("limit=11", "limit", "maximum"),
        ("limit=ten", "limit", "type"),
        ("limit=%D9%A1%D9%A1", "limit", "maximum"),
        ("offset=3", "offset", "unknown"),
        ("made_from=%00", "made_from", "format"),
        ("limit=%ff", "query", "format"),
        ("size=1&size=10", "size.1", "maximum"),
        ("size=1&size=b", "size", "type"),
        ("size=1&size=2&size=3&size=4", "size", "too-many"),
    ],
)
def test_a_wrong_query_is_refused_by_field(client, token, query, field, code):
    response = client.get(f"/v1/things?{query}", headers=token("things.read"))

    assert response.status_code == 400
    assert (field, code) in {(e["field"], e["code"]) for e in problem(response)["errors"]}


def test_arguments_arrive_typed_and_with_their_defaults(client, token):
    response = client.get("/v1/things?made_from=2024-02-29", headers=token("things.read"))

    assert response.json() == {"limit": 5, "made_from": "2024-02-29", "kind": "date"}


def test_a_parameter_with_a_list_may_repeat(client, token):
    response = client.get("/v1/things?size=3&size=1", headers=token("things.read"))

    assert response.json()["sizes"] == [3, 1]


def test_a_rule_of_the_domain_becomes_its_problem_in_arabic_first(client, token):
    arabic = client.post("/v1/things/7/break", headers=token("things.write"))
    english = client.post(
        "/v1/things/7/break", headers={**token("things.write"), "Accept-Language": "en, ar;q=0.5"}
    )

    assert arabic.status_code == english.status_code == 409
    assert problem(arabic)["type"] == problem(english)["type"]
    assert problem(arabic)["title"] == "الحالة الحالية لا تسمح بهذا الإجراء"
    assert problem(english)["detail"] == "The machine is broken."


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("DELETE", "/v1/open", 405),
        ("TRACE", "/v1/open", 405),
        ("PUT", "/docs", 405),
    ],
)
def test_every_refusal_is_a_problem(client, method, path, status):
    response = client.request(method, path)

    assert response.status_code == status
    assert problem(response)["status"] == status


def test_a_refused_method_names_all_that_the_address_takes(client):
    assert client.delete("/v1/things").headers["allow"] == "GET, HEAD, POST"
    assert client.options("/v1/open").headers["allow"] == "GET, HEAD"


def test_a_body_over_the_limit_is_refused_before_it_is_read(client, token):
    response = client.post("/v1/things", content=b"x" * 300_000, headers=token("things.write"))

    assert response.status_code == 413
    assert problem(response)["type"].endswith("/body-too-large")


def test_another_media_type_is_refused(client, token):
    headers = {**token("things.write"), "Content-Type": "text/plain"}

    assert client.post("/v1/things", content=b"{}", headers=headers).status_code == 415


def test_a_public_operation_needs_no_token_and_has_no_caller(client):
    assert client.get("/v1/open").json() == {"caller": None, "language": "ar"}


@pytest.mark.parametrize("thing", ["a%0Ab", "a%0A", "%0A", "a%0D%0Ab", "a%C2%85", "a%0Bb"])
def test_no_path_leads_to_an_operation_past_its_checks(client, token, thing):
    """Connexion's router doesn't match a newline and Flask's does."""
    without = client.post(f"/v1/things/{thing}/break")
    with_token = client.post(f"/v1/things/{thing}/break", headers=token("things.write"))

    assert without.status_code in {401, 404}
    assert with_token.status_code in {404, 409}


@pytest.mark.parametrize(
    "thing",
    [
        *("١٢", "%D9%A1%D9%A2", "%DB%B1", "%C2%B2", "%E2%80%AE7", "%F0%9F%98%80"),
        *("%FF%FE", "%C0%AF", "%E0%80%AF", "%ED%A0%80", "%", "%GG"),
        *("%2F", "a%2Fb", "%2e%2e", "%00", "a%00b", "9" * 400, "-1"),
    ],
)
def test_a_segment_of_any_bytes_is_answered_by_a_refusal(client, token, thing):
    """As over real HTTP: digits of other scripts, overlong and broken UTF-8, slashes, NUL."""
    answer = client.post(f"/v1/things/{thing}/break", headers=token("things.write"))

    assert answer.status_code in {400, 404, 409}, answer.text


@pytest.mark.parametrize("query", ["/v1/things%0A?limit=3", "/v1/things?limit=3%0A"])
def test_nothing_of_a_request_is_left_for_the_next_one_on_the_same_thread(client, token, query):
    assert client.get("/v1/things?limit=3", headers=token("things.read")).status_code == 200

    assert client.get(query).status_code in {401, 404}


def test_an_operation_that_was_not_routed_to_is_not_found(app):
    """The last wall, should a path ever get past the bridge's and Connexion's own."""
    view = Endpoint("find_things", lambda call: {}, app.process).view()
    scope = {"asgi.scope": {"extensions": {"connexion_routing": {"operation_id": "open_door"}}}}

    with (
        app.flask.test_request_context("/v1/things", environ_overrides=scope),
        pytest.raises(Problem) as refused,
    ):
        view()

    assert refused.value.slug == "not-found"


def test_an_operation_may_ignore_parameters_that_it_does_not_know(client):
    assert client.get("/v1/open?colour=red&colour=blue").status_code == 200


def test_every_answer_carries_the_security_headers(client):
    for path in ("/v1/open", "/nowhere", "/openapi.json"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "access-control-allow-origin" not in headers
        assert "frame-ancestors 'none'" in headers["content-security-policy"]


def test_the_published_contract_holds_no_internals(client):
    published = client.get("/openapi.json").text

    assert json.loads(published)["openapi"] == "3.0.3"
    assert '"x-' not in published
    assert "chassis" not in published
