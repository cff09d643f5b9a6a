"""Attacks with an address, a secret or a cursor."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from addresses import Endpoint, Gateway, served
from sqlalchemy import text

from partner_gateway.feed import sequencer
from partner_gateway.models import Webhook
from partner_gateway.webhooks.posting import PLACES

REDIRECTS = (300, 301, 302, 303, 305, 307, 308)


@contextmanager
def answering(head: bytes) -> Iterator[str]:
    """An address that answers each post with these bytes, and then holds the connection open."""
    listener, over = socket.create_server(("127.0.0.1", 0)), threading.Event()

    def serve(connection: socket.socket) -> None:
        with connection:
            connection.recv(65_536)
            connection.sendall(head)
            over.wait(30)

    def accept() -> None:
        while not over.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/hook"
    finally:
        over.set()
        listener.close()


def moved(gateway: Gateway, webhook_id: str, url: str) -> None:
    """The address answers otherwise from now on: the proved webhook is told there."""
    with gateway.database.transaction() as session:
        session.get_one(Webhook, webhook_id).url = url


@pytest.mark.parametrize("status", REDIRECTS)
def test_no_redirect_proves_an_address(gateway: Gateway, endpoint: Endpoint, status: int):
    with served(Endpoint(proves=status)) as first:
        webhook_id, _ = gateway.registered(first.url)
        first.url = endpoint.url
        gateway.ask("POST", f"/{webhook_id}/challenge")
        gateway.now = datetime.now(UTC)
        gateway.tell()

    shown = gateway.shown(webhook_id)
    assert (shown["state"], shown["challenge"]["outcome"]) == ("pending", str(status))
    assert endpoint.raw == []


@pytest.mark.parametrize("status", REDIRECTS)
def test_no_redirect_of_a_delivery_is_followed(
    gateway: Gateway, endpoint: Endpoint, change, status: int
):
    with served(Endpoint(statuses=[status])) as first:
        webhook_id, _ = gateway.active(first.url)
        first.url = endpoint.url
        gateway.happened(change(1))
        gateway.tell(1)

    assert endpoint.raw == []
    assert gateway.deliveries(webhook_id)[0]["outcome"] == str(status)


def test_a_large_answer_of_2xx_takes_a_delivery(gateway: Gateway, endpoint: Endpoint, change):
    webhook_id, _ = gateway.active(endpoint.url)
    endpoint.statuses, endpoint.content = [200], b"<html>" * 20_000
    gateway.happened(change(1))

    gateway.tell(1)

    (delivery,) = gateway.deliveries(webhook_id)
    assert (delivery["state"], delivery["outcome"]) == ("delivered", "200")


def test_a_body_that_never_ends_takes_a_delivery_and_holds_no_place(
    gateway: Gateway, endpoint: Endpoint, change
):
    webhook_id, _ = gateway.active(endpoint.url)
    gateway.happened(change(1))
    began = time.monotonic()

    with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n") as url:
        moved(gateway, webhook_id, url)
        gateway.tell(1)

    assert gateway.deliveries(webhook_id)[0]["state"] == "delivered"
    assert time.monotonic() - began < 8


def test_a_large_answer_proves_nothing(gateway: Gateway, endpoint: Endpoint):
    with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 20000\r\n\r\n" + b"x" * 20_000) as url:
        webhook_id, _ = gateway.registered(url)
        gateway.ask("POST", f"/{webhook_id}/challenge")
        gateway.now = datetime.now(UTC)
        gateway.tell()

    assert gateway.shown(webhook_id)["challenge"]["outcome"] == "too-large"


def test_a_delivery_claimed_before_a_suspension_is_not_posted_after_it(
    gateway: Gateway, endpoint: Endpoint, change
):
    """An address may draw out the connection for seconds: what counts is the moment before the first byte."""
    webhook_id, _ = gateway.active(endpoint.url)
    gateway.happened(change(1))
    gateway.now += timedelta(seconds=1)
    teller = gateway.teller()
    (claimed,) = teller.claim_apart(PLACES)

    gateway.suspend("saihat")
    told = teller.call(claimed, 0.0)

    assert told.not_before is not None
    assert endpoint.got == []


def test_a_challenge_that_was_claimed_before_a_suspension_is_not_posted_after_it(
    gateway: Gateway, endpoint: Endpoint
):
    webhook_id, _ = gateway.registered(endpoint.url)
    gateway.ask("POST", f"/{webhook_id}/challenge")
    gateway.now = datetime.now(UTC)
    teller = gateway.teller()
    (claimed,) = teller.claim_apart(PLACES)

    gateway.suspend("saihat")
    teller.call(claimed, 0.0)

    assert endpoint.raw == []


def test_two_exchanges_in_a_row_take_the_first_secret_out_of_use(
    gateway: Gateway, endpoint: Endpoint, change
):
    webhook_id, _ = gateway.active(endpoint.url)
    gateway.happened(change(1))
    gateway.tell(1)
    for _ in range(2):
        assert gateway.ask("POST", f"/{webhook_id}/secret").status_code == 200
    gateway.happened(change(2))
    gateway.tell(1)

    signed = [headers["webhook-signature"].split() for headers, _ in endpoint.got]
    assert [len(one) for one in signed] == [1, 2]


def test_a_delivery_that_was_claimed_before_an_exchange_is_signed_as_the_receiver_knows(
    gateway: Gateway, endpoint: Endpoint, change
):
    webhook_id, _ = gateway.active(endpoint.url)
    gateway.happened(change(1))
    gateway.now += timedelta(seconds=1)
    teller = gateway.teller()
    (claimed,) = teller.claim_apart(PLACES)

    gateway.ask("POST", f"/{webhook_id}/secret")
    assert teller.call(claimed, 0.0).outcome == "204"

    assert len(endpoint.got[0][0]["webhook-signature"].split()) == 1


def test_a_secret_lies_open_in_no_table(gateway: Gateway, endpoint: Endpoint, change):
    webhook_id, first = gateway.active(endpoint.url)
    second = gateway.ask("POST", f"/{webhook_id}/secret").json()["secret"]
    gateway.happened(change(1))
    gateway.tell(1)

    with gateway.database.transaction() as session:
        tables = session.scalars(
            text("SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'")
        ).all()
        kept = str([session.scalars(text(f"SELECT t::text FROM {one} t")).all() for one in tables])
    for secret in (first, second):
        bare = secret.removeprefix("whsec_")
        assert bare not in kept
        assert bare.encode().hex() not in kept


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example/x\r\nX-Injected: 1",
        "https://hooks.example/x y",
        "https://hooks.example\\@10.0.0.1/x",
        "https://hooks.example/\u0000",
        "https://2130706433/x",
        "https://0x7f000001/x",
        "https://0177.0.0.1/x",
        "https://127.0.0.1./x",
        "https://localhost./x",
        "https://[::ffff:127.0.0.1]/x",
        "https://[64:ff9b::7f00:1]/x",
        "https://[2002:7f00:1::]/x",
        "https://[::127.0.0.1]/x",
        "https://[fe80::1%25eth0]/x",
        "https://①②⑦.⓪.⓪.①/x",
        "https://ｌｏｃａｌｈｏｓｔ/x",
        "https://10。0。0。1/x",
        "https://hooks.example:0443x/",
        "https://hooks.example:99999/",
        "https://@hooks.example/x",
        "https:///x",
    ],
)
def test_no_spelling_of_an_inner_address_and_no_second_header_is_registered(
    gateway: Gateway, url: str
):
    answer = gateway.ask("POST", json={"url": url})

    assert answer.status_code == 400, url
    assert gateway.ask("GET").json()["items"] == []


def test_a_replay_takes_no_cursor_of_another_organisation_and_none_that_was_changed(
    gateway: Gateway, endpoint: Endpoint, change
):
    webhook_id, _ = gateway.active(endpoint.url)
    with served(Endpoint()) as other:
        foreign_id, _ = gateway.active(other.url, of="tarout")
        gateway.happened(change(1))
        gateway.tell(1)
        (mine,) = gateway.deliveries(webhook_id)
        foreign = gateway.ask("GET", f"/{foreign_id}/deliveries", of="tarout").json()["items"]
    changed = mine["cursor"][:-2] + ("A" if mine["cursor"][-2] != "A" else "B") + mine["cursor"][-1]

    for cursor in (changed, mine["cursor"] + "A", "1", *(one["cursor"] for one in foreign)):
        answer = gateway.ask("POST", f"/{webhook_id}/replay", json={"after": cursor})
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "cursor"), cursor


def test_a_replay_that_lets_all_go_ends_the_count_of_five_days(
    gateway: Gateway, endpoint: Endpoint, change
):
    """With nothing left to tell, nobody tries the address: two failures with a week between aren't a week of them."""
    webhook_id, _ = gateway.active(endpoint.url)
    endpoint.statuses = [503]
    gateway.happened(change(1))
    gateway.tell(1)
    assert gateway.shown(webhook_id)["failing_since"] is not None

    gateway.ask("POST", f"/{webhook_id}/replay", json={"after": "now"})
    assert gateway.shown(webhook_id)["failing_since"] is None
    gateway.happened(change(2))
    gateway.tell(7 * 24 * 3_600)

    assert gateway.shown(webhook_id)["state"] == "active"


def test_a_webhook_switched_on_too_late_says_that_changes_are_gone(
    gateway: Gateway, endpoint: Endpoint, change
):
    webhook_id, _ = gateway.active(endpoint.url)
    endpoint.statuses = [410]
    gateway.happened(change(1), change(2))
    gateway.tell(1)
    gateway.tell(1)
    assert gateway.shown(webhook_id)["state"] == "off"
    gateway.happened(change(3), change(4))
    with gateway.database.transaction() as session:
        sequencer.delete_old_changes(session, gateway.now + timedelta(days=1))

    late = gateway.ask("POST", f"/{webhook_id}/challenge")
    gateway.ask("POST", f"/{webhook_id}/replay", json={"after": "now"})

    assert late.status_code == 410, late.text
    assert late.json()["type"].endswith("/events-gone")
    assert gateway.ask("POST", f"/{webhook_id}/challenge").status_code == 202
