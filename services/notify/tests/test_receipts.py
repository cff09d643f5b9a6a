"""Receipts of providers: whose they are, once, in any order."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from notify.commands import messages
from notify.models import Attempt, Message, Receipt

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
Post = Callable[..., Any]


@pytest.fixture
def message(stored: Any) -> Message:
    """A closing text that unifonic has accepted."""
    row: Message = stored(
        version=2,
        text_public="…",
        text_secret="T0KEN",
        state="accepted",
        provider="unifonic",
        attempts=1,
        accepted_at=NOW,
    )
    return row


@pytest.fixture
def post(client: Any, settings: Any, session: Any) -> Post:
    def send(
        message_id: str,
        status: str,
        provider: str = "unifonic",
        token: Any = None,
        own: str | None = None,
    ) -> Any:
        keys = {
            "unifonic": settings.unifonic_receipt_key,
            "taqnyat": settings.taqnyat_receipt_key,
        }
        headers = {"X-Receipt-Token": keys[provider] if token is None else token}
        body = {"CorrelationID": message_id, "Status": status, "Timestamp": "2026-11-25T08:00:09Z"}
        body |= {"MessageID": own} if own else {}
        answer = client.post(f"/v1/receipts/{provider}", json=body, headers=headers)
        session.expire_all()
        return answer

    return send


def test_a_delivered_message_has_ended_and_its_link_is_gone(
    post: Post, message: Message, outbox_rows: Any
) -> None:
    answer = post(message.message_id, "Delivered")

    assert answer.status_code == 204, answer.text
    assert (message.state, message.text_secret, message.due_at) == ("delivered", None, None)
    assert [row.type.split(".")[-2] for row in outbox_rows()] == ["delivered"]


@pytest.mark.parametrize("said", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_time_at_the_edge_of_the_calendar_is_left_out(
    client: Any, settings: Any, message: Message, said: str
) -> None:
    headers = {"X-Receipt-Token": settings.unifonic_receipt_key}
    body = {"CorrelationID": message.message_id, "Status": "Delivered", "Timestamp": said}

    assert client.post("/v1/receipts/unifonic", json=body, headers=headers).status_code == 204


def test_a_repeated_receipt_changes_nothing(
    post: Post, message: Message, outbox_rows: Any, session: Any
) -> None:
    statuses = [post(message.message_id, "Delivered").status_code for _ in range(3)]

    assert statuses == [204, 204, 204]
    assert len(outbox_rows()) == 1
    assert session.query(Receipt).count() == 1


def test_a_late_receipt_changes_no_terminal_state(post: Post, message: Message) -> None:
    for status in ("Delivered", "Sent", "Failed"):
        post(message.message_id, status)

    assert message.state == "delivered"


def test_a_failure_says_why_no_text_came(post: Post, message: Message) -> None:
    post(message.message_id, "Rejected")

    assert (message.state, message.reason) == ("failed", "rejected")


def tried_twice(session: Any, message: Message, *references: str | None) -> None:
    """Unifonic was sent the message at each attempt, and knows it under its own ids."""
    for number, reference in enumerate(references, 1):
        session.add(
            Attempt(
                message_id=message.message_id,
                number=number,
                round=number - 1,
                provider="unifonic",
                began_at=NOW,
                outcome="accepted" if reference else "unknown",
                provider_reference=reference,
            )
        )
    message.attempts = len(references)
    session.flush()


@pytest.mark.parametrize("references", [("u1", "u2"), (None, "u2"), (None, None), ("u1", None)])
def test_a_late_failure_of_an_earlier_attempt_does_not_end_the_message(
    post: Post, message: Message, session: Any, references: tuple[str | None, ...]
) -> None:
    tried_twice(session, message, *references)

    post(message.message_id, "Failed", own="u1")
    assert message.state == "accepted"

    post(message.message_id, "Delivered", own="u2")
    assert message.state == "delivered"


def test_the_failure_of_the_newest_attempt_ends_the_message(
    post: Post, message: Message, session: Any
) -> None:
    tried_twice(session, message, "u1", "u2")

    post(message.message_id, "Failed", own="u1")
    post(message.message_id, "Failed", own="u2")

    assert message.state == "failed"


def test_a_failure_of_a_provider_without_the_message_changes_nothing(
    post: Post, message: Message
) -> None:
    post(message.message_id, "Failed", provider="taqnyat")

    assert message.state == "accepted"


def test_a_receipt_answers_a_call_whose_outcome_is_unknown(
    post: Post, message: Message, session: Any
) -> None:
    message.state, message.pinned, message.accepted_at = "unsure", True, None
    session.flush()

    post(message.message_id, "Queued")

    assert message.state == "accepted"
    assert message.accepted_at is not None
    assert message.due_at is not None


@pytest.mark.parametrize("token", ["", "wrong", "x" * 200])
def test_a_receipt_without_the_providers_key_is_refused(
    post: Post, message: Message, token: str, session: Any
) -> None:
    answer = post(message.message_id, "Delivered", token=token)

    assert answer.status_code == 401
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert session.query(Receipt).count() == 0
    assert message.state == "accepted"


def test_one_provider_does_not_report_for_the_other(
    post: Post, message: Message, settings: Any
) -> None:
    answer = post(message.message_id, "Delivered", "taqnyat", settings.unifonic_receipt_key)

    assert answer.status_code == 401


@pytest.mark.parametrize(
    "reference", ["01a21500-6dbc-751f-b667-5d8cfee5323d", "no-such-thing", "\u0661"]
)
def test_a_receipt_of_an_unknown_reference_is_kept_for_a_while(
    post: Post, session: Any, reference: str
) -> None:
    assert post(reference, "Delivered").status_code == 204
    assert session.query(Receipt).one().message_id is None

    messages.delete_unknown_receipts(session, datetime.now(UTC) + timedelta(seconds=1))

    assert session.query(Receipt).count() == 0


def test_a_word_that_is_not_known_is_kept_and_changes_nothing(
    post: Post, message: Message, session: Any
) -> None:
    assert post(message.message_id, "Enroute").status_code == 204

    assert session.query(Receipt).one().status == "enroute"
    assert message.state == "accepted"


def test_a_receipt_without_a_reference_is_refused(client: Any, settings: Any) -> None:
    headers = {"X-Receipt-Token": settings.unifonic_receipt_key}

    answer = client.post("/v1/receipts/unifonic", json={"Status": "Sent"}, headers=headers)

    assert answer.status_code == 400
    assert [one["field"] for one in answer.json()["errors"]] == ["reference"]
