"""Telling webhooks when something goes wrong: tellers that are killed, places, secrets that don't open, outages."""

from datetime import timedelta

from addresses import Endpoint, Gateway, served
from sqlalchemy import text

from partner_gateway.webhooks import deliveries
from partner_gateway.webhooks.posting import PLACES, WebhookPoster


def test_a_killed_teller_leaves_its_delivery_to_the_next(
    gateway: Gateway, endpoint: Endpoint, change
):
    gateway.active(endpoint.url)
    (event_id,) = gateway.happened(change(1))
    gateway.now += timedelta(seconds=1)
    assert len(gateway.teller().claim_apart(PLACES)) == 1  # and then it's killed

    assert gateway.tell(30) == 0
    assert gateway.tell(31) == 1
    assert endpoint.ids == [event_id]


def test_two_tellers_tell_a_change_once(gateway: Gateway, endpoint: Endpoint, change):
    gateway.active(endpoint.url)
    told = gateway.happened(*(change(number) for number in range(1, 7)))
    gateway.now += timedelta(seconds=1)
    tellers = [gateway.teller(), gateway.teller()]
    while sum(one.turn() for one in tellers):
        for one in tellers:
            one.settle()

    assert sorted(endpoint.ids) == sorted(told)


def test_an_address_has_four_places_and_one_that_fails_has_one(
    gateway: Gateway, endpoint: Endpoint, change
):
    gateway.active(endpoint.url)
    gateway.happened(*(change(number) for number in range(1, 30)))
    gateway.now += timedelta(seconds=1)
    teller = gateway.teller()
    with endpoint.silence():
        good = teller.turn()
        more = teller.turn()
    teller.settle()
    endpoint.statuses = [500]
    for _ in range(2):
        teller.step()
    gateway.now += timedelta(minutes=10)
    one = teller.claim_apart(PLACES)

    assert (good, more, len(one)) == (4, 4, 1)


def test_a_webhook_whose_secret_does_not_open_keeps_no_other_waiting(
    gateway: Gateway, endpoint: Endpoint, change
):
    with served(Endpoint()) as other:
        poisoned, _ = gateway.active(other.url)
        asked, _ = gateway.registered(other.url + "/2")
        gateway.active(endpoint.url)
        gateway.ask("POST", f"/{asked}/challenge")
        (event_id,) = gateway.happened(change(1))
        with gateway.database.transaction() as session:
            where = "UPDATE webhook SET secret = 'x' WHERE webhook_id = ANY(CAST(:ids AS uuid[]))"
            session.execute(text(where), {"ids": [poisoned, asked]})

        posts = [gateway.tell(1), gateway.tell(120), gateway.tell(120)]

    assert posts == [1, 0, 0]
    assert endpoint.ids == [event_id]
    assert other.ids == []
    with gateway.database.transaction() as session:
        waits = "SELECT resting_until > now() FROM webhook WHERE webhook_id = :id"
        assert session.scalar(text(waits), {"id": poisoned}) is True


def test_a_fault_of_our_own_is_a_failed_attempt(
    gateway: Gateway, endpoint: Endpoint, change, monkeypatch
):
    webhook_id, _ = gateway.active(endpoint.url)
    gateway.happened(change(1))

    def breaks(*_):
        raise RecursionError

    with monkeypatch.context() as broken:
        broken.setattr(WebhookPoster, "_post_delivery", breaks)
        teller = gateway.teller()
        gateway.now += timedelta(seconds=1)
        while teller.turn():
            teller.settle()
    (failed,) = gateway.deliveries(webhook_id)

    assert (failed["state"], failed["outcome"], failed["attempts"]) == ("waiting", "internal", 1)
    assert teller.under_way() == []
    assert [gateway.tell(4), gateway.tell(2)] == [0, 1]


def test_a_delivery_that_cannot_be_settled_keeps_no_other_waiting(
    gateway: Gateway, endpoint: Endpoint, change, monkeypatch
):
    webhook_id, _ = gateway.active(endpoint.url)
    with served(Endpoint()) as other:
        poisoned, _ = gateway.active(other.url)
        told = gateway.happened(change(1), change(2))
        settle = deliveries.settle_delivery

        def breaks(session, hook, place, **named):
            if hook == poisoned:
                raise LookupError
            settle(session, hook, place, **named)

        monkeypatch.setattr(deliveries, "settle_delivery", breaks)
        posts = [gateway.tell(1), gateway.tell(120)]

    assert posts == [4, 0]
    assert sorted(endpoint.ids) == sorted(told)
    assert {one["state"] for one in gateway.deliveries(webhook_id)} == {"delivered"}


def test_an_outage_that_is_over_delays_nothing_for_hours(
    gateway: Gateway, endpoint: Endpoint, change
):
    webhook_id, _ = gateway.active(endpoint.url)
    endpoint.statuses = [503]
    told = gateway.happened(*(change(number) for number in range(1, 9)))
    for _ in range(40):
        gateway.tell(1_800)
    endpoint.statuses, endpoint.got = [204], []
    for _ in range(6):
        gateway.tell(400)

    assert sorted(endpoint.ids) == sorted(told)
    assert gateway.shown(webhook_id)["failing_since"] is None
