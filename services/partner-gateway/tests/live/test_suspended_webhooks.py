"""A suspended organisation is told nothing, and opens nothing again by a token of before."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

from addresses import Endpoint, Gateway
from sqlalchemy import text

from chassis.access import revocations
from chassis.access.auth import Caller
from chassis.data.unit_of_work import UnitOfWork
from partner_gateway.feed.readers import Reader
from partner_gateway.webhooks.commands import ask_challenge


def test_a_suspended_organisation_is_told_nothing_more(
    gateway: Gateway, endpoint: Endpoint, change
):
    webhook_id, _ = gateway.active(endpoint.url)
    gateway.happened(change(1))
    gateway.suspend("saihat")

    assert gateway.tell(1) == 0
    assert gateway.shown(webhook_id)["state"] == "stopped"
    assert gateway.shown(webhook_id)["reason"] == "organisation-suspended"

    gateway.ask("POST", f"/{webhook_id}/challenge")
    gateway.now = max(gateway.now, datetime.now(UTC))
    gateway.tell()
    gateway.tell(1)
    assert gateway.shown(webhook_id)["state"] == "active"
    assert len(endpoint.got) == 1


def test_the_suspension_of_another_organisation_changes_nothing(
    gateway: Gateway, endpoint: Endpoint, change
):
    webhook_id, _ = gateway.active(endpoint.url)
    gateway.suspend("tarout")
    gateway.happened(change(1))

    assert gateway.tell(1) == 1
    assert gateway.shown(webhook_id)["state"] == "active"


def test_a_challenge_that_was_under_way_opens_nothing_after_a_suspension(
    gateway: Gateway, endpoint: Endpoint
):
    webhook_id, _ = gateway.registered(endpoint.url)
    gateway.ask("POST", f"/{webhook_id}/challenge")
    gateway.now = datetime.now(UTC)
    under_way = gateway.teller()
    assert under_way.turn() == 1
    under_way.settle()
    gateway.suspend("saihat")
    under_way.turn()

    assert gateway.shown(webhook_id)["state"] == "stopped"


def test_a_token_from_before_the_suspension_reopens_nothing_while_it_is_still_let_in(
    gateway: Gateway, endpoint: Endpoint, monkeypatch
):
    """The process has looked at revocations a moment ago, and doesn't know of this one yet."""
    monkeypatch.setattr(revocations, "REFRESH_SECONDS", 3600.0)
    webhook_id, _ = gateway.active(endpoint.url)
    before = int(gateway.now.timestamp()) - 60
    gateway.suspend("saihat")

    old = gateway.ask("POST", f"/{webhook_id}/challenge", claims={"iat": before, "nbf": before})
    new = gateway.ask("POST", f"/{webhook_id}/challenge")

    assert (old.status_code, new.status_code) == (401, 202)
    assert "www-authenticate" in old.headers


def test_a_suspension_ends_the_challenge_of_a_stopped_webhook(gateway: Gateway, endpoint: Endpoint):
    webhook_id, _ = gateway.active(endpoint.url)
    gateway.suspend("saihat")
    gateway.ask("POST", f"/{webhook_id}/challenge")
    gateway.suspend("saihat")

    gateway.now = max(gateway.now, datetime.now(UTC))
    gateway.tell()

    assert gateway.shown(webhook_id)["state"] == "stopped"


def test_a_suspension_waits_for_a_challenge_that_is_being_asked_for_and_ends_it(
    gateway: Gateway, endpoint: Endpoint
):
    webhook_id, _ = gateway.active(endpoint.url)
    gateway.suspend("saihat")
    reader = Reader("saihat", "municipality/saihat")
    caller = Caller.with_key("test-client", organisation="saihat")
    caller = replace(caller, issued_at=datetime.now(UTC).timestamp())
    cursors = gateway.process.settings.feed_cursors
    with ThreadPoolExecutor(1) as pool:
        with gateway.database.transaction() as session:
            work = UnitOfWork(session, caller, gateway.now)
            ask_challenge(work, caller, reader, webhook_id, cursors=cursors)
            suspending = pool.submit(gateway.suspend, "saihat")
            _until_one_waits(session)
        suspending.result(10)

    gateway.tell()

    assert gateway.shown(webhook_id)["state"] == "stopped"


def _until_one_waits(session):
    deadline = time.monotonic() + 10
    while not session.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
        assert time.monotonic() < deadline
