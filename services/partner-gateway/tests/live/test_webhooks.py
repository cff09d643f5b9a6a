"""Webhooks: registered, proved, told, tried again, switched off, stopped."""

import base64
import hmac
import socket
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from addresses import Endpoint, Gateway, served
from sqlalchemy import select, text

from chassis.core.ids import new_id
from chassis.process import Process
from partner_gateway.models import Webhook, WebhookDelivery
from partner_gateway.webhooks.posting import PLACES, WebhookPoster


def test_a_webhook_is_told_after_it_has_proved_itself(gateway: Gateway, endpoint: Endpoint, change):
    webhook_id, secret = gateway.registered(endpoint.url)
    gateway.happened(change(1))
    gateway.tell()
    before = list(endpoint.raw)

    gateway.ask("POST", f"/{webhook_id}/challenge")
    gateway.now = datetime.now(UTC)
    gateway.tell()
    (event_id,) = gateway.happened(change(2))
    gateway.tell(1)

    assert before == []
    headers, told = endpoint.got[0]
    assert told == {
        "id": event_id,
        "type": "sa.gov.qatif.licences.licence.issued.v1",
        "number": "481000002",
        "time": "2026-11-26T06:00:02Z",
        "link": "https://gateway.test/v1/licences/481000002",
    }
    assert headers["webhook-id"] == event_id
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{event_id}.{headers['webhook-timestamp']}.".encode() + endpoint.raw[-1]
    right = base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    assert headers["webhook-signature"] == f"v1,{right}"
    assert [one["state"] for one in gateway.deliveries(webhook_id)] == ["delivered"]


def test_an_address_that_cannot_repeat_the_challenge_is_told_nothing(
    gateway: Gateway, endpoint: Endpoint, change
):
    endpoint.echoes = False
    webhook_id, _ = gateway.registered(endpoint.url)
    gateway.ask("POST", f"/{webhook_id}/challenge")
    gateway.now = datetime.now(UTC)
    gateway.tell()
    gateway.happened(change(1))
    gateway.tell(10)

    shown = gateway.shown(webhook_id)
    assert (shown["state"], shown["challenge"]["outcome"]) == ("pending", "wrong-answer")
    assert endpoint.got == []


def test_a_challenge_does_not_tell_which_names_our_own_network_has(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
):
    """An administrator reads the outcome of a challenge, so a name that leads into our network looks like an unknown
    name."""
    leads = {"database.internal.example": [(2, 1, 6, "", ("10.0.0.5", 443))]}
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *_, **__: leads.get(host, []))

    told = []
    for name in ("database.internal.example", "nobody.internal.example"):
        webhook_id, _ = gateway.registered(f"https://{name}/hook")
        gateway.ask("POST", f"/{webhook_id}/challenge")
        gateway.now = datetime.now(UTC)
        gateway.tell()
        shown = gateway.shown(webhook_id)
        told.append((shown["state"], shown["challenge"]["outcome"]))

    assert told == [("pending", "unresolved")] * 2


def test_the_secret_is_shown_once_and_lies_sealed(gateway: Gateway, endpoint: Endpoint):
    webhook_id, secret = gateway.registered(endpoint.url)

    assert secret not in gateway.ask("GET").text + gateway.ask("GET", f"/{webhook_id}").text
    with gateway.database.transaction() as session:
        (raw,) = session.scalars(text("SELECT secret FROM webhook")).all()
        assert secret.encode() not in bytes(raw)
        assert session.scalars(select(Webhook)).one().secret == secret


def test_while_a_secret_is_exchanged_both_sign(gateway: Gateway, endpoint: Endpoint, change):
    webhook_id, first = gateway.active(endpoint.url)
    second = gateway.ask("POST", f"/{webhook_id}/secret").json()["secret"]
    gateway.happened(change(1))
    gateway.tell(1)
    gateway.happened(change(2))
    gateway.tell(25 * 3_600)

    assert first != second
    both, alone = (headers["webhook-signature"].split() for headers, _ in endpoint.got)
    assert (len(both), len(alone)) == (2, 1)


@pytest.mark.parametrize(
    "url",
    [
        "https://10.0.0.7/hook",
        "https://[::1]/hook",
        "https://169.254.169.254/latest",
        "https://[::ffff:10.0.0.1]/hook",
        "https://user:word@hooks.example/x",
        "https://hooks.example:8080/x",
        "https://hooks.example:22/x",
        "https://localhost/x",
        "https://postgres:8443/x",
        "https://metadata.google.internal/x",
        "https://127.1/x",
    ],
)
def test_an_address_that_is_not_public_https_is_not_registered(gateway: Gateway, url: str):
    answer = gateway.ask("POST", json={"url": url})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "url"


def test_plain_http_is_not_registered(gateway: Gateway):
    assert gateway.ask("POST", json={"url": "http://hooks.example/x"}).status_code == 400


def test_another_organisations_webhook_is_not_there(gateway: Gateway, endpoint: Endpoint):
    webhook_id, _ = gateway.registered(endpoint.url)
    missing = new_id()
    verbs = [
        ("GET", "", None),
        ("GET", "/deliveries", None),
        ("POST", "/challenge", None),
        ("POST", "/test", None),
        ("POST", "/secret", None),
        ("POST", "/replay", {"after": "now"}),
        ("POST", "/remove", None),
    ]

    for of in ("tarout", "qatif"):
        for method, verb, body in verbs:
            foreign = gateway.ask(method, f"/{webhook_id}{verb}", of=of, json=body)
            nothing = gateway.ask(method, f"/{missing}{verb}", of=of, json=body)
            assert (foreign.status_code, nothing.status_code) == (404, 404), verb
            assert foreign.content == nothing.content
        assert gateway.ask("GET", of=of).json() == {"items": []}
    assert gateway.shown(webhook_id)["state"] == "pending"


def test_an_address_is_registered_once_and_five_are_the_most(gateway: Gateway):
    urls = [f"https://hooks.example/{number}" for number in range(6)]
    statuses = [gateway.ask("POST", json={"url": url}).status_code for url in [urls[0], *urls]]
    webhook_id = gateway.ask("GET").json()["items"][0]["webhook_id"]
    gateway.ask("POST", f"/{webhook_id}/remove")

    assert statuses == [201, 409, 201, 201, 201, 201, 409]
    assert gateway.ask("POST", json={"url": urls[5]}).status_code == 201
    assert gateway.ask("POST", of="tarout", json={"url": urls[1]}).status_code == 201


def test_a_failure_is_tried_again_under_the_same_id_with_growing_pauses(
    gateway: Gateway, endpoint: Endpoint, change
):
    endpoint.statuses = [500, 302, 429, 204]
    webhook_id, _ = gateway.active(endpoint.url)
    (event_id,) = gateway.happened(change(1))

    told = [gateway.tell(seconds) for seconds in (1, 4, 2, 29, 2, 119, 2)]

    assert told == [1, 0, 1, 0, 1, 0, 1]
    assert endpoint.ids == [event_id] * 4
    (delivery,) = gateway.deliveries(webhook_id)
    assert (delivery["state"], delivery["attempts"], delivery["outcome"]) == ("delivered", 4, "204")


def test_a_redirect_is_not_followed(gateway: Gateway, endpoint: Endpoint, change):
    with served(Endpoint(statuses=[302])) as first:
        webhook_id, _ = gateway.active(first.url)
        first.url = endpoint.url
        gateway.happened(change(1))
        gateway.tell(1)

    assert endpoint.raw == []
    assert gateway.deliveries(webhook_id)[0]["outcome"] == "302"


def test_five_days_of_failures_switch_it_off_visibly(gateway: Gateway, endpoint: Endpoint, change):
    webhook_id, _ = gateway.active(endpoint.url)
    endpoint.statuses = [503]
    gateway.happened(change(1))
    gateway.tell(1)
    failing_since = gateway.shown(webhook_id)["failing_since"]
    for _ in range(8):
        gateway.tell(16 * 3_600)

    shown = gateway.shown(webhook_id)
    assert failing_since is not None
    assert (shown["state"], shown["reason"]) == ("off", "failing")
    posts = len(endpoint.got)
    gateway.happened(change(2))
    assert gateway.tell(3_600) == 0
    assert len(endpoint.got) == posts
    with gateway.database.transaction() as session:
        types = session.scalars(text("SELECT type FROM feed_event ORDER BY event")).all()
    assert "sa.gov.qatif.partner-gateway.webhook.switched_off.v1" in types


def test_an_answer_of_410_switches_it_off_at_once(gateway: Gateway, endpoint: Endpoint, change):
    webhook_id, _ = gateway.active(endpoint.url)
    endpoint.statuses = [410]
    gateway.happened(change(1))
    gateway.tell(1)

    assert gateway.shown(webhook_id)["reason"] == "gone"


def test_a_webhook_that_was_switched_off_goes_on_where_it_was(
    gateway: Gateway, endpoint: Endpoint, change
):
    webhook_id, _ = gateway.active(endpoint.url)
    endpoint.statuses = [410]
    told = gateway.happened(change(1))
    gateway.tell(1)
    told += gateway.happened(change(2), change(3))
    endpoint.statuses, endpoint.got = [204], []

    gateway.ask("POST", f"/{webhook_id}/challenge")
    gateway.now = max(gateway.now, datetime.now(UTC))
    gateway.tell()
    for _ in range(3):
        gateway.tell(60)

    assert sorted(endpoint.ids) == sorted(set(endpoint.ids)) == sorted([*told, *_events(gateway)])
    assert gateway.shown(webhook_id)["waiting"] == 0


def _events(gateway: Gateway) -> list[str]:
    """The switching off itself, which joined the feed."""
    with gateway.database.transaction() as session:
        return list(
            session.scalars(
                text("SELECT event_id FROM feed_event WHERE type LIKE '%switched_off%'")
            )
        )


def test_without_news_of_revocations_nothing_is_told(gateway: Gateway, endpoint: Endpoint, change):
    gateway.active(endpoint.url)
    gateway.happened(change(1))
    with gateway.database.transaction() as session:
        session.execute(
            text("UPDATE revocation_view SET complete_until = now() - interval '2 min'")
        )
    unsure = replace(gateway.process.settings, revocation_staleness_seconds=60.0)
    process = Process(gateway.process.service, unsure, gateway.database)
    teller = WebhookPoster(process, clock=lambda: gateway.now)

    assert teller.claim_apart(PLACES) == []
    assert gateway.tell(1) == 1


def test_a_replay_tells_once_more_under_the_same_ids(gateway: Gateway, endpoint: Endpoint, change):
    webhook_id, _ = gateway.active(endpoint.url)
    told = gateway.happened(change(1), change(2), change(3))
    gateway.tell(1)
    behind_first = gateway.deliveries(webhook_id)[-1]["cursor"]

    answer = gateway.ask("POST", f"/{webhook_id}/replay", json={"after": behind_first})
    gateway.tell(1)

    assert answer.status_code == 202
    assert answer.json()["waiting"] == 2
    assert endpoint.ids == [*told, *told[1:]]


def test_a_cursor_of_the_feed_is_a_cursor_of_a_replay(gateway: Gateway, endpoint: Endpoint, change):
    webhook_id, _ = gateway.active(endpoint.url)
    gateway.happened(change(1))
    headers = gateway.token("events.read", **gateway.tenants["saihat"])
    cursor = gateway.client.get("/v1/events", headers=headers).json()["next_cursor"]
    (second,) = gateway.happened(change(2))

    gateway.ask("POST", f"/{webhook_id}/replay", json={"after": cursor})
    gateway.tell(1)

    assert endpoint.ids == [second]


def test_a_replay_from_now_leaves_out_what_waits(gateway: Gateway, endpoint: Endpoint, change):
    webhook_id, _ = gateway.active(endpoint.url)
    gateway.happened(change(1))

    gateway.ask("POST", f"/{webhook_id}/replay", json={"after": "now"})

    assert gateway.tell(1) == 0
    assert gateway.shown(webhook_id)["waiting"] == 0


def test_a_removed_webhook_is_told_nothing_and_changed_no_more(
    gateway: Gateway, endpoint: Endpoint, change
):
    webhook_id, _ = gateway.active(endpoint.url)
    gateway.happened(change(1))
    gateway.ask("POST", f"/{webhook_id}/remove")

    assert gateway.tell(1) == 0
    assert gateway.shown(webhook_id)["state"] == "removed"
    assert gateway.ask("POST", f"/{webhook_id}/challenge").status_code == 409
    with gateway.database.transaction() as session:
        assert session.scalars(select(Webhook)).one().secret is None
        assert session.scalars(select(WebhookDelivery)).all() == []


def test_a_tenant_is_told_of_its_own_things_only(gateway: Gateway, endpoint: Endpoint, change):
    with served(Endpoint()) as other, served(Endpoint()) as qatif:
        gateway.active(endpoint.url)
        gateway.active(other.url, of="tarout")
        gateway.active(qatif.url, of="qatif")
        mine, theirs = gateway.happened(change(1), change(2, municipality="tarout"))
        gateway.tell(1)

        assert (endpoint.ids, other.ids) == ([mine], [theirs])
        assert sorted(qatif.ids) == sorted([mine, theirs])


def test_the_journal_says_who_did_what_to_a_webhook(gateway: Gateway, endpoint: Endpoint):
    gateway.active(endpoint.url)
    gateway.suspend("saihat")

    with gateway.database.transaction() as session:
        rows = session.execute(
            text(
                "SELECT action, client_id FROM journal WHERE aggregate_type = 'webhook'"
                " AND aggregate_id IN (SELECT webhook_id::text FROM webhook) ORDER BY entry_id"
            )
        ).all()
    assert [tuple(row) for row in rows] == [
        ("register", "test-client"),
        ("challenge", "test-client"),
        ("activate", "partner-gateway"),
        ("stop", "partner-gateway"),
    ]
