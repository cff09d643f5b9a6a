"""How the portal reads what a service answers: a document, a refusal, or nothing that a page can show."""

from types import SimpleNamespace

import pytest
import urllib3

from portal.outside.public_reports import PublicReports
from portal.outside.public_services import PageVisitor
from portal.outside.services import AskedService, ServiceAway, TokenRefused, refusal_of_token

TOKEN, PATH = SimpleNamespace(headers=lambda *_: {"DPoP": "proof"}), "/v1/reports"
VISITOR = PageVisitor("203.0.113.7", "ar")


class Transport:
    """Answers each request alike, and keeps what was sent. `broken`: no answer comes."""

    def __init__(self, status=200, content=b"{}", media_type="application/json", broken=False):
        self.sent = []
        self._broken = broken
        self._answer = {"status": status, "body": content, "headers": {"Content-Type": media_type}}

    def request(self, method, path, **options):
        self.sent.append((method, path, options))
        if self._broken:
            raise urllib3.exceptions.ProtocolError
        return urllib3.HTTPResponse(**self._answer)


@pytest.fixture
def asked(monkeypatch):
    """`asked(transport)`: a service that is asked with a token, behind that transport."""

    def behind(transport):
        service = AskedService("https://reports.test/")
        monkeypatch.setattr(service, "_http", transport)
        return service

    return behind


@pytest.fixture
def asked_publicly(monkeypatch, settings):
    """`asked_publicly(transport)`: `reports` as everybody asks it, behind that transport."""

    def behind(transport):
        service = PublicReports(settings)
        monkeypatch.setattr(service, "_http", transport)
        return service

    return behind


AWAY = [
    Transport(broken=True),
    Transport(status=500),
    Transport(status=503),
    Transport(content=b"<html>"),
    Transport(content=b"[]"),
]


@pytest.mark.parametrize("transport", AWAY)
def test_what_is_no_answer_of_a_service_means_that_it_is_away(asked, asked_publicly, transport):
    with pytest.raises(ServiceAway):
        asked(transport).get(TOKEN, PATH, "ar")
    with pytest.raises(ServiceAway):
        asked_publicly(transport).get_public(VISITOR, "1448000001")


def test_a_refusal_is_an_answer(asked, asked_publicly):
    refusal = Transport(status=404, content=b'{"title": "x"}')

    assert asked(refusal).get(TOKEN, PATH, "ar").is_problem
    assert asked_publicly(refusal).get_public(VISITOR, "1448000001").is_problem


def test_only_a_person_has_a_token_and_only_a_token_is_refused(asked, asked_publicly):
    unauthorized = Transport(status=401)

    with pytest.raises(TokenRefused):
        asked(unauthorized).post(TOKEN, PATH, "ar", {})
    assert asked_publicly(unauthorized).preview(VISITOR, {}).status == 401
    assert ["DPoP" in options["headers"] for *_, options in unauthorized.sent] == [True, False]


def test_a_change_is_sent_with_its_key_its_version_and_the_language(asked):
    transport = Transport()

    asked(transport).post(TOKEN, PATH, "en", {"note": "x"}, once="k-1", version=7)

    [(method, path, options)] = transport.sent
    assert (method, path) == ("POST", PATH)
    assert options["json"] == {"note": "x"}
    assert options["headers"] == {
        "Accept-Language": "en",
        "Accept": "application/json",
        "Idempotency-Key": "k-1",
        "If-Match": '"7"',
        "DPoP": "proof",
    }


@pytest.mark.parametrize("tries", [1, 2])
def test_a_button_that_is_pressed_twice_gets_the_answer_to_the_first_press(
    asked, monkeypatch, tries
):
    waited = []
    monkeypatch.setattr("portal.outside.services.time.sleep", waited.append)
    busy = Transport(409, b'{"type": "urn:qatif:problem/idempotency-key-in-use"}')
    done = Transport(content=b'{"number": 7}')
    answers = iter([*[busy] * tries, done])
    transport = SimpleNamespace(
        request=lambda *sent, **options: next(answers).request(*sent, **options)
    )

    reply = asked(transport).post(TOKEN, PATH, "ar", {}, once="k-1")

    assert reply.document == {"number": 7}
    assert len(waited) == tries


def test_a_change_that_is_still_carried_out_after_some_tries_is_said_to_be(asked, monkeypatch):
    waited = []
    monkeypatch.setattr("portal.outside.services.time.sleep", waited.append)
    busy = Transport(409, b'{"type": "urn:qatif:problem/idempotency-key-in-use"}')

    reply = asked(busy).post(TOKEN, PATH, "ar", {}, once="k-1")

    assert (reply.status, reply.problem_name) == (409, "idempotency-key-in-use")
    assert len(waited) == 3


def test_a_file_that_a_service_refuses_is_its_problem(asked):
    refused = asked(Transport(status=404, content=b'{"title": "x"}')).get_file(TOKEN, PATH, "ar")
    sent = asked(Transport(content=b"jpg", media_type="image/jpeg")).get_file(TOKEN, PATH, "ar")

    assert refused.problem.status == 404
    assert (sent.content, sent.media_type, sent.problem) == (b"jpg", "image/jpeg", None)


@pytest.mark.parametrize(
    ("challenge", "wishes"),
    [
        ("", None),
        ('DPoP error="invalid_token"', None),
        (
            'DPoP error="insufficient_user_authentication", max_age="900", algs="ES256"',
            {"max_age": "900"},
        ),
        (
            'Bearer error="insufficient_user_authentication", acr_values="two-factors", max_age="900"',
            {"acr_values": "two-factors", "max_age": "900"},
        ),
    ],
)
def test_a_refused_token_may_want_a_younger_or_stronger_sign_in(challenge, wishes):
    refusal = refusal_of_token(challenge)

    assert getattr(refusal, "wishes", None) == wishes


def test_an_answer_without_content_is_an_answer(asked_publicly):
    sent = asked_publicly(Transport(status=204, content=b"")).send_question_link(
        VISITOR, "1448000001", "0500000001"
    )

    assert (sent.status, sent.is_problem) == (204, False)
