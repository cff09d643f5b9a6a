"""Test deliveries: posted once, signed as a change is, with an outcome that the administrator sees."""

from datetime import UTC, datetime

from addresses import Endpoint, Gateway


def test_a_test_delivery_is_signed_and_its_outcome_is_shown(gateway: Gateway, endpoint: Endpoint):
    webhook_id, _ = gateway.active(endpoint.url)

    # The portal sends an empty object with each change.
    asked = gateway.ask("POST", f"/{webhook_id}/test", json={})
    gateway.now = datetime.now(UTC)
    gateway.tell()
    gateway.tell(3_600)

    ((headers, told),) = endpoint.got
    assert asked.status_code == 202
    assert asked.json()["test"]["outcome"] is None
    assert (told["type"], told["id"]) == ("webhook.test", headers["webhook-id"])
    assert headers["webhook-signature"].startswith("v1,")
    assert gateway.shown(webhook_id)["test"]["outcome"] == "204"


def test_each_test_delivery_has_an_id_of_its_own(gateway: Gateway, endpoint: Endpoint):
    webhook_id, _ = gateway.active(endpoint.url)
    for _ in range(2):
        gateway.ask("POST", f"/{webhook_id}/test")
        gateway.now = datetime.now(UTC)
        gateway.tell()

    first, second = endpoint.ids
    assert first != second


def test_a_failed_test_delivery_changes_nothing_else(gateway: Gateway, endpoint: Endpoint, change):
    webhook_id, _ = gateway.active(endpoint.url)
    before = gateway.shown(webhook_id)
    endpoint.statuses = [500]
    gateway.ask("POST", f"/{webhook_id}/test")
    gateway.now = datetime.now(UTC)
    gateway.tell()
    after = gateway.shown(webhook_id)

    assert after["test"]["outcome"] == "500"
    assert {**after, "test": None} == {**before, "test": None}


def test_an_address_that_has_not_proved_itself_gets_no_test_delivery(
    gateway: Gateway, endpoint: Endpoint
):
    webhook_id, _ = gateway.registered(endpoint.url)

    answer = gateway.ask("POST", f"/{webhook_id}/test")
    gateway.now = datetime.now(UTC)
    gateway.tell(60)

    assert answer.status_code == 409
    assert answer.json()["type"].endswith("webhook-not-active")
    assert endpoint.got == []


def test_a_webhook_that_is_removed_meanwhile_gets_no_test_delivery(
    gateway: Gateway, endpoint: Endpoint
):
    webhook_id, _ = gateway.active(endpoint.url)
    gateway.ask("POST", f"/{webhook_id}/test")
    gateway.ask("POST", f"/{webhook_id}/remove")
    gateway.now = datetime.now(UTC)
    gateway.tell(60)

    assert endpoint.got == []
