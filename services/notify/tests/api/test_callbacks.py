"""Delivery receipts, posted to a real server of another system."""

import base64
import hmac
import json
from collections.abc import Callable

import pytest

from chassis.data.aggregates import lock
from notify.models import ApiService

from .conftest import Post, Receiver, System, callbacks, delivered, sent


def test_a_delivered_text_is_told_as_notify_tells_it(
    system: System, receiver: Receiver, secret: str, post: Callable[..., Post]
) -> None:
    message_id = sent(system)
    delivered(system, message_id)

    assert post().after(0) == 1

    headers, body = receiver.got[0]
    told = json.loads(body)
    found = system.client().get_notification_by_id(message_id)
    assert told == {
        "id": message_id,
        "reference": "REQ-1",
        "to": "+966500000008",
        "status": "delivered",
        "created_at": found["created_at"],
        "completed_at": found["completed_at"],
        "sent_at": found["sent_at"],
        "notification_type": "sms",
        "template_id": system.template_id,
        "template_version": 1,
    }
    assert headers["authorization"] == "Bearer their-own-token"
    assert headers["content-type"] == "application/json"
    stamp, webhook_id = headers["webhook-timestamp"], headers["webhook-id"]
    right = hmac.digest(b"s" * 32, f"{webhook_id}.{stamp}.".encode() + body, "sha256")
    assert headers["webhook-signature"] == f"v1,{base64.b64encode(right).decode()}"
    assert [row.state for row in callbacks(system)] == ["delivered"]
    assert [row.body for row in callbacks(system)] == [None]


def test_a_test_key_gets_its_receipt_too(
    system: System, receiver: Receiver, secret: str, post: Callable[..., Post]
) -> None:
    message_id = sent(system, "test")

    post().after(0)

    assert json.loads(receiver.got[0][1])["id"] == message_id
    assert json.loads(receiver.got[0][1])["status"] == "delivered"


def test_a_text_in_progress_posts_no_receipt(
    system: System, receiver: Receiver, secret: str, post: Callable[..., Post]
) -> None:
    sent(system)

    assert post().after(0) == 0


def test_a_failed_callback_is_repeated_five_times_under_one_id(
    system: System, receiver: Receiver, secret: str, post: Callable[..., Post]
) -> None:
    receiver.statuses = [500]
    delivered(system, sent(system))
    worker = post()

    counts = [worker.after(0), *(worker.after(301) for _ in range(7))]

    assert counts == [1, 1, 1, 1, 1, 1, 0, 0]
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1
    assert [(row.state, row.status, row.attempts) for row in callbacks(system)] == [
        ("given_up", 500, 6)
    ]


def test_a_callback_waits_before_it_is_repeated(
    system: System, receiver: Receiver, secret: str, post: Callable[..., Post]
) -> None:
    receiver.statuses = [429, 503, 200]
    delivered(system, sent(system))
    worker = post()

    counts = [worker.after(0), worker.after(299), worker.after(2), worker.after(301)]

    assert counts == [1, 0, 1, 1]
    assert [(row.state, row.status) for row in callbacks(system)] == [("delivered", 200)]


@pytest.mark.parametrize("status", [400, 401, 404, 410, 302])
def test_an_answer_that_will_not_change_ends_a_callback(
    system: System, receiver: Receiver, secret: str, post: Callable[..., Post], status: int
) -> None:
    receiver.statuses = [status]
    delivered(system, sent(system))
    worker = post()

    counts = [worker.after(0), worker.after(301)]

    assert counts == [1, 0]
    assert [(row.state, row.status) for row in callbacks(system)] == [("refused", status)]
    assert len(receiver.got) == 1


def test_a_receipt_for_a_server_that_is_away_is_posted_again(
    system: System, receiver: Receiver, secret: str, post: Callable[..., Post]
) -> None:
    delivered(system, sent(system))
    nobody = "127.0.0.1:1"
    with system.live.database.transaction() as session:
        lock(session, ApiService, system.api_service_id).callback_url = f"http://{nobody}/x"

    post(outgoing_private_hosts=nobody).after(0)

    assert [(row.state, row.status) for row in callbacks(system)] == [("waiting", None)]
    assert receiver.got == []


def test_no_receipt_is_posted_to_a_private_address(
    system: System, receiver: Receiver, secret: str, post: Callable[..., Post]
) -> None:
    delivered(system, sent(system))

    post(outgoing_private_hosts="").after(0)

    assert receiver.got == []
    assert [row.state for row in callbacks(system)] == ["refused"]


@pytest.mark.parametrize(
    "url",
    [
        "http://example.gov.sa/x",
        "https://127.0.0.1/x",
        "https://10.1.2.3/x",
        "https://[::1]/x",
        "https://169.254.169.254/latest",
        "https://user:pass@example.gov.sa/x",
        "https://2130706433/x",
    ],
)
def test_an_address_that_is_not_public_is_not_taken(system: System, url: str) -> None:
    with system.live.staff() as staff:
        answer = staff.post(
            f"/v1/api-services/{system.api_service_id}/callback",
            json={"url": url, "bearer_token": "their-own-token"},
        )

    if url != "https://2130706433/x":  # a name like others; where it leads shows when it's asked
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["field"] == "url"


def test_the_secret_of_the_signatures_is_shown_once(system: System) -> None:
    path = f"/v1/api-services/{system.api_service_id}"
    with system.live.staff() as staff:
        body = {"url": "https://example.gov.sa/receipts", "bearer_token": "their-own-token"}
        made = staff.post(f"{path}/callback", json=body)
        shown = staff.get(path)
        removed = staff.post(f"{path}/callback/remove")
        again = staff.post(f"{path}/callback/remove")

    assert made.json()["signing_secret"].startswith("whsec_")
    assert made.headers["cache-control"] == "no-store"
    assert made.json()["signing_secret"] not in shown.text
    assert "their-own-token" not in shown.text
    assert removed.json()["callback_url"] is None
    assert again.status_code == 409


def test_a_system_that_wants_no_more_receipts_gets_none(
    system: System, receiver: Receiver, secret: str, post: Callable[..., Post]
) -> None:
    delivered(system, sent(system))
    with system.live.staff() as staff:
        staff.post(f"/v1/api-services/{system.api_service_id}/callback/remove")

    post().after(0)

    assert receiver.got == []
    assert [row.state for row in callbacks(system)] == ["given_up"]
