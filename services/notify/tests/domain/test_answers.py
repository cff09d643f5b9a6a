"""What a provider's answer means: its body is judged, not its status."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notify.domain import answers
from notify.domain.answers import Answer
from notify.domain.messages import State
from notify.domain.sending import NUMBER_REFUSED, Outcome, Result

SENT = {"form": answers.form_sent, "bearer": answers.bearer_sent}
ASKED = {"form": answers.form_queried, "bearer": answers.bearer_queried}


def answer(document: Any, status: int = 200) -> Answer:
    return Answer(status, json.dumps(document).encode())


def test_success_in_the_body_is_acceptance() -> None:
    form = answers.form_sent(answer({"success": True, "data": {"MessageID": "m-1"}}))
    bearer = answers.bearer_sent(answer({"statusCode": 201, "messageId": 42}, 201))

    assert form == Result(Outcome.ACCEPTED, None, "m-1")
    assert bearer == Result(Outcome.ACCEPTED, None, "42")


def test_a_refusal_with_http_200_is_a_refusal() -> None:
    form = answers.form_sent(answer({"success": "false", "errorCode": "ER-09"}))
    bearer = answers.bearer_sent(answer({"statusCode": 400, "message": "no"}))

    assert form == Result(Outcome.NOT_SENT, "er-09")
    assert bearer.outcome is Outcome.NOT_SENT


def test_a_number_that_is_refused_is_refused_for_good() -> None:
    form = answers.form_sent(answer({"success": False, "errorCode": "ER-10"}))
    bearer = answers.bearer_sent(answer({"statusCode": 201, "accepted": [], "rejected": [1]}))

    assert form == bearer == Result(Outcome.NOT_SENT, NUMBER_REFUSED)


@pytest.mark.parametrize("style", SENT)
@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"<html>Welcome</html>"),
        (200, b""),
        (503, b""),
        (502, b"<html>Bad Gateway</html>"),
        (200, b"[]"),
        (200, b"{}"),
        (200, b'{"success": "perhaps", "statusCode": "x"}'),
        (500, b'{"statusCode": 500}'),
        (200, b"\xff\xfe"),
    ],
)
def test_an_answer_in_other_words_is_unknown(style: str, status: int, body: bytes) -> None:
    assert SENT[style](Answer(status, body)).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("style", SENT)
def test_too_many_requests_were_not_sent_and_count_against_the_line(style: str) -> None:
    result = SENT[style](Answer(429, b""))

    assert result.outcome is Outcome.NOT_SENT
    assert result.counts_as_failure


@pytest.mark.parametrize("style", SENT)
@given(status=st.integers(100, 599), body=st.binary(max_size=200))
def test_every_body_has_a_result(style: str, status: int, body: bytes) -> None:
    assert SENT[style](Answer(status, body)).outcome in Outcome
    assert ASKED[style](Answer(status, body)).outcome in Outcome


def test_an_unknown_reference_is_absent() -> None:
    form = answers.form_queried(answer({"success": False, "errorCode": "ER-18"}))
    bearer = answers.bearer_queried(answer({"statusCode": 404}, 404))

    assert form.outcome is bearer.outcome is Outcome.ABSENT


def test_a_404_of_a_proxy_is_not_absent() -> None:
    page = Answer(404, b"<html>Not Found</html>")

    assert ASKED["form"](page).outcome is ASKED["bearer"](page).outcome is Outcome.UNKNOWN


def test_a_status_is_read_in_upper_and_lower_case() -> None:
    form = answers.form_queried(answer({"success": True, "data": {"Status": "Delivered"}}))
    bearer = answers.bearer_queried(answer({"statusCode": 200, "status": "failed"}))

    assert form.outcome is Outcome.DELIVERED
    assert bearer.outcome is Outcome.FAILED


@pytest.mark.parametrize(
    "body",
    [
        {"CorrelationID": "r", "Status": "Delivered", "Timestamp": "t", "MessageID": 7},
        {"reference": "r", "status": "delivered", "time": "t", "messageId": "7", "recipient": "…"},
    ],
)
def test_a_receipt_is_read_in_either_providers_words(body: dict[str, Any]) -> None:
    assert answers.read_receipt(body) == answers.ProviderReport("r", "delivered", "t", "7")


def test_a_receipt_without_a_reference_is_none() -> None:
    assert answers.read_receipt({"Status": "Delivered"}) is None
    assert answers.read_receipt({"CorrelationID": 7, "Status": "x"}) is None


def test_a_word_that_is_not_known_says_nothing() -> None:
    assert answers.state_of("enroute") is None
    assert answers.state_of("Undelivered") is State.FAILED
