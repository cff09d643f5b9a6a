"""Requests of batched operations: which of them a worker answers together, and that each gets every check."""

import json

import pytest

from chassis.core import metrics, telemetry
from chassis.http.health import SplitByPort

PATH = "/v1/things/7"


@pytest.fixture
def verified(web, token):
    """`verified("scope", …)` → the header line of a token that was used a moment ago."""

    def line(*scopes, **claims):
        bearer = token(*scopes, **claims)["Authorization"]
        web.app.verifier.verify(bearer.removeprefix("Bearer "))
        return f"Authorization: {bearer}"

    return line


def head(line, *headers):
    return "\r\n".join([line, "Host: x", *headers, "", ""]).encode()


def environ(bearer, thing="7"):
    return {
        "REQUEST_METHOD": "GET", "PATH_INFO": f"/v1/things/{thing}", "QUERY_STRING": "", "SERVER_NAME": "x",
        "SERVER_PORT": "80", "wsgi.input": None, "HTTP_AUTHORIZATION": bearer["Authorization"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("line", "taken"),
    [
        ("GET /v1/things/7 HTTP/1.1", True),
        ("GET /v1/things/7?x=1 HTTP/1.1", True),
        ("GET /v1/things HTTP/1.1", False),
        ("GET /v1/things/7/break HTTP/1.1", False),
        ("POST /v1/things/7 HTTP/1.1", False),
        ("GET /v1/things/7 HTTP/1.0", False),
        ("GET  /v1/things/7 HTTP/1.1", False),
    ],
)
def test_the_lane_takes_the_addresses_of_batched_operations(web, verified, line, taken):
    assert web.lane.takes(head(line, verified("things.read"))) is taken


def test_the_lane_takes_no_token_that_would_have_to_be_verified_first(web, token, verified):
    line = f"GET {PATH} HTTP/1.1"
    known = verified("things.read")

    assert web.lane.takes(head(line, known.replace("Authorization", "authorization")))
    assert web.lane.takes(head(line, known.replace("Bearer", "DPoP")))
    assert not web.lane.takes(head(line))
    assert not web.lane.takes(head(line, "Authorization: Bearer nobody"))
    assert not web.lane.takes(head(line, f"Authorization: {token('things.read')['Authorization']}"))
    assert not web.lane.takes(head(line, known.replace("Bearer", "Basic")))


@pytest.mark.parametrize("header", ["Transfer-Encoding: chunked", "Expect: 100-continue"])
def test_a_request_that_needs_a_conversation_is_left_to_a_thread(web, verified, header):
    assert not web.lane.takes(head(f"GET {PATH} HTTP/1.1", verified("things.read"), header))


def test_text_in_the_body_is_not_read_as_a_header(web, verified):
    body = verified("things.read").encode() + b"\r\n\r\n"

    assert not web.lane.takes(head(f"GET {PATH} HTTP/1.1") + body)


def test_the_operations_port_has_no_lane(web):
    ports = SplitByPort(web.app.wsgi, 9000, ready=lambda: True, lane=web.lane)

    assert ports.lane_at(9000) is None
    assert ports.lane_at(8000) is web.lane


def test_requests_in_hand_are_weighed_together_and_each_answered_for_its_own_caller(web, token):
    people = ["p_1", "p_2", "p_3"]
    environs = [
        environ(token("things.read", sub=one), "x" * place) for place, one in enumerate(people, 1)
    ]

    bodies = [json.loads(one.body) for one in web.lane.answer(environs)]

    assert bodies == [{"weight": place, "by": one} for place, one in enumerate(people, 1)]
    assert web.app.process.resources.weighings == [["x", "xx", "xxx"]]


def test_a_request_that_is_refused_or_breaks_changes_nothing_for_the_rest_of_its_batch(web, token):
    good = token("things.read")
    asked = [(good, "a"), (token("things.write"), "b"), ({"Authorization": "Bearer no"}, "c"),
             (good, "broken"), (good, "x" * 41), (good, "d")]  # fmt: skip

    answers = web.lane.answer([environ(bearer, thing) for bearer, thing in asked])

    assert [one.status[:3] for one in answers] == ["200", "403", "401", "409", "400", "200"]
    assert all(("x-content-type-options", "nosniff") in one.headers for one in answers)
    assert web.app.process.resources.weighings == [["a", "broken", "d"]]


def test_of_two_requests_with_the_same_proof_one_is_refused_also_side_by_side(web, token, holder):
    bound = token("things.read", cnf={"jkt": holder.thumbprint})
    headers = holder.headers("GET", f"http://service.test{PATH}", bound)
    twin = environ({"Authorization": headers["Authorization"]}) | {"HTTP_DPOP": headers["DPoP"]}

    answers = web.lane.answer([dict(twin), dict(twin)])

    assert sorted(one.status[:3] for one in answers) == ["200", "401"]


def test_a_fault_of_our_own_is_a_problem_and_no_end_of_the_worker(web, token, monkeypatch):
    def breaks(*_words):
        raise KeyError("1012345672")

    monkeypatch.setattr(telemetry, "span", breaks)

    (answer,) = web.lane.answer([environ(token("things.read"))])

    assert answer.status.startswith("500")
    assert json.loads(answer.body)["type"].endswith("/internal-error")
    assert b"1012345672" not in answer.body


def test_a_request_that_cannot_be_counted_is_answered_all_the_same(client, token, monkeypatch):
    def breaks(*_words):
        raise FileNotFoundError

    monkeypatch.setattr(metrics.HTTP_REQUESTS, "labels", breaks)

    response = client.post(
        "/v1/things", json={"name": "door", "made_on": "2024-10-13"}, headers=token("things.write")
    )

    assert response.status_code == 201


def test_a_batched_operation_answers_alone_as_well(client, token):
    response = client.get(PATH, headers=token("things.read", sub="p_7"))

    assert response.json() == {"weight": 1, "by": "p_7"}
