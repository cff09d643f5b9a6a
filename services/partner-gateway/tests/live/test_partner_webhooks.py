"""A partner's webhooks: told within the grant, recorded and counted before they leave, ended with the grant."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from addresses import Endpoint, Gateway, served
from sqlalchemy import text

from chassis.core.cloudevents import Received
from chassis.core.ids import new_id
from chassis.data.calls import CompletedCall
from partner_gateway import chores, consumers
from partner_gateway.feed import partner, sequencer
from partner_gateway.webhooks.posting import PLACES
from saudi.days import legal_day, midnight_after

ROWS = text(
    "SELECT subject, jti, decision, permit_ids::text[] AS ids FROM access_log"
    " WHERE operation = 'deliver_webhook' AND organisation = :organisation"
)


class Company:
    """The electricity company at the gateway: its grant, its permits, its administrator. The record of queries is only
    ever added to, so that each test is another organisation's."""

    def __init__(self, gateway, fields):
        self.gateway, self._fields = gateway, fields
        self.code = f"sec-{new_id()[-12:]}"
        self._grant_id = new_id()
        self._versions = 0
        gateway.tenants = {
            **gateway.tenants,
            self.code: {
                "organisation": self.code,
                "organisation_kind": "partner",
                "municipality": None,
            },
        }

    def granted(self, **changes):
        now = datetime.now(UTC)
        self._versions += 1
        data = {
            "grant_id": self._grant_id, "organisation": self.code, "audience": "partner-gateway",
            "purposes": ["meter-connection"], "query_kinds": ["permit-number", "follow"],
            "widest_span_days": None, "fields": self._fields, "rows_per_day": 1_000,
            "valid_from": (now - timedelta(days=1)).isoformat(),
            "valid_until": (now + timedelta(days=300)).isoformat(), "status": "active", **changes,
        }  # fmt: skip
        event = Received(
            id=new_id(), type="sa.gov.qatif.identity.grant.amended.v1", subject=self._grant_id,
            sequence=self._versions, time=now, data=data,
        )  # fmt: skip
        with self.gateway.process.transaction() as context:
            consumers.grant_changed(context, event)

    def issued(self, event, example):
        """A permit is issued; answers its id and the event's."""
        state = {**example, "permit_id": new_id()}
        received = event(state)
        with self.gateway.process.transaction() as context:
            consumers.permit_changed(context, received)
        sequencer.step(self.gateway.database)
        return state["permit_id"], received.id

    def rows(self):
        with self.gateway.database.transaction() as session:
            return session.execute(ROWS, {"organisation": self.code}).all()

    def row_quota(self):
        with self.gateway.database.transaction() as session:
            statement = text(
                "SELECT coalesce(sum(used), 0) FROM quota_used WHERE subject = :code AND policy = 'rows-per-day'"
            )
            return session.scalar(statement, {"code": self.code})


@pytest.fixture
def company(gateway: Gateway, all_fields):
    one = Company(gateway, all_fields)
    one.granted()
    return one


def test_an_address_is_told_where_to_look_and_nothing_of_the_permit_or_its_owner(
    gateway: Gateway, endpoint: Endpoint, company, event, example
):
    gateway.active(endpoint.url, of=company.code)
    permit_id, event_id = company.issued(event, example)

    gateway.tell(1)

    [(headers, told)] = endpoint.got
    assert set(told) == {"id", "type", "number", "time", "link"}
    assert (told["id"], told["number"]) == (event_id, example["permit_number"])
    assert told["link"] == f"https://gateway.test/v1/building-permits/{permit_id}"
    assert headers["webhook-id"] == event_id


def test_each_delivery_has_its_row_in_the_record_and_counts_in_the_quota(
    gateway: Gateway, endpoint: Endpoint, company, event, example
):
    endpoint.statuses = [500, 204]
    webhook_id, _ = gateway.active(endpoint.url, of=company.code)
    permit_id, event_id = company.issued(event, example)

    gateway.tell(1)
    gateway.tell(60)

    assert [(str(row.subject), row.jti, row.ids) for row in company.rows()] == [
        (webhook_id, event_id, [permit_id])
    ] * 2
    assert company.row_quota() >= 2


def test_a_delivery_that_cannot_be_recorded_is_not_posted(
    gateway: Gateway, endpoint: Endpoint, company, event, example, monkeypatch
):
    gateway.active(endpoint.url, of=company.code)
    company.issued(event, example)
    recorder = gateway.process.resources.recorder
    monkeypatch.setattr(recorder, "_write", lambda _rows: (_ for _ in ()).throw(OSError("full")))

    gateway.tell(1)
    assert endpoint.got == []

    monkeypatch.undo()
    gateway.tell(31)
    assert len(endpoint.got) == 1


@pytest.mark.parametrize(
    "terms",
    [
        {"status": "withdrawn"},
        {"query_kinds": ["permit-number"]},
        {"valid_until": "2020-01-01T00:00:00+00:00"},
    ],
)
def test_with_the_grant_its_webhooks_end_at_once_also_what_was_claimed(
    gateway: Gateway, endpoint: Endpoint, company, event, example, terms
):
    webhook_id, _ = gateway.active(endpoint.url, of=company.code)
    company.issued(event, example)
    gateway.now += timedelta(seconds=1)
    teller = gateway.teller()
    (claimed,) = teller.claim_apart(PLACES)

    began = time.monotonic()
    company.granted(**terms)
    held = teller.call(claimed, 0.0)
    teller.record_and_claim([CompletedCall(claimed, held)], 0)
    company.issued(event, example)
    gateway.tell(60)

    assert endpoint.got == []
    assert time.monotonic() - began < 2
    shown = gateway.shown(webhook_id, of=company.code)
    assert (shown["state"], shown["reason"]) == ("stopped", "grant-ended")


def test_a_grant_whose_term_is_over_ends_webhooks_without_any_event(
    gateway: Gateway, endpoint: Endpoint, company, event, example
):
    webhook_id, _ = gateway.active(endpoint.url, of=company.code)
    with gateway.database.transaction() as session:
        session.execute(
            text("UPDATE partner_grant SET valid_until = now() WHERE organisation = :code"),
            {"code": company.code},
        )
    company.issued(event, example)

    gateway.tell(1)
    with gateway.process.transaction() as context:
        chores.stop_webhooks_without_grant(context)

    assert endpoint.got == []
    assert gateway.shown(webhook_id, of=company.code)["reason"] == "grant-ended"


def test_a_grant_that_is_given_again_needs_a_new_challenge_and_leaves_nothing_out(
    gateway: Gateway, endpoint: Endpoint, company, event, example
):
    webhook_id, _ = gateway.active(endpoint.url, of=company.code)
    company.granted(status="withdrawn")
    _, missed = company.issued(event, example)
    refused = gateway.ask("POST", f"/{webhook_id}/challenge", of=company.code)
    company.granted()
    gateway.tell(1)
    before = list(endpoint.got)

    gateway.ask("POST", f"/{webhook_id}/challenge", of=company.code)
    gateway.now = max(gateway.now, datetime.now(UTC))
    gateway.tell(1)
    gateway.tell(1)

    assert (refused.status_code, refused.json()["code"]) == (403, "no-grant")
    assert before == []
    assert endpoint.ids == [missed]


def test_used_up_rows_hold_deliveries_back_until_tomorrow(
    gateway: Gateway, endpoint: Endpoint, company, event, example
):
    company.granted(rows_per_day=2)
    gateway.active(endpoint.url, of=company.code)
    for _ in range(3):
        company.issued(event, example)

    gateway.tell(1)
    left = midnight_after(legal_day(gateway.now)) - gateway.now
    gateway.tell(int(left.total_seconds()) - 5)
    assert len(endpoint.got) == 2

    gateway.tell(24 * 3_600)
    assert len(endpoint.got) == 3


def test_without_a_grant_no_address_is_registered(gateway: Gateway, company):
    company.granted(query_kinds=["permit-number"])

    answer = gateway.ask("POST", of=company.code, json={"url": "https://hooks.example/x"})

    assert (answer.status_code, answer.json()["code"]) == (403, "query-kind-not-granted")


def test_partners_are_told_their_own_alone(
    gateway: Gateway, endpoint: Endpoint, company, event, example, all_fields
):
    with served(Endpoint()) as other:
        another = Company(gateway, all_fields)
        gateway.active(endpoint.url, of=company.code)
        another.granted()
        gateway.active(other.url, of=another.code)
        company.granted(status="withdrawn")
        company.issued(event, example)
        gateway.tell(1)

        assert (len(endpoint.got), len(other.got)) == (0, 1)
    assert partner("sec") == "partner/sec"
