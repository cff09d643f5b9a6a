"""Questions that wait: in the lane, until something happens, and not longer than their token is good."""

import itertools
import json
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from joserfc.jwk import KeySet, RSAKey
from sqlalchemy import text

from chassis.access.revocations import keep
from chassis.core.cloudevents import Received
from chassis.core.ids import new_id
from chassis.data import wakeup
from chassis.fast.lane import PausedRequest
from chassis.process import Process
from chassis.run.web import build
from chassis.testing import TestJwks
from partner_gateway import consumers, feed
from partner_gateway.api import changes
from partner_gateway.feed import sequencer


class Asking:
    """The lane of a worker over a database that commits."""

    def __init__(self, process, lane, token, tenants):
        self.process, self.lane, self.token, self.tenants = process, lane, token, tenants
        self.subject = new_id()

    def ask(self, query="wait=30", of="saihat", times=1, scope="events.read"):
        """What the lane answers: finished responses, or those that wait."""
        bearer = self.token(scope, sub=self.subject, **self.tenants[of])["Authorization"]
        environ = {
            "REQUEST_METHOD": "GET", "PATH_INFO": "/v1/events", "QUERY_STRING": query, "SERVER_NAME": "x",
            "SERVER_PORT": "80", "wsgi.input": None, "HTTP_AUTHORIZATION": bearer,
        }  # fmt: skip
        return self.lane.answer([dict(environ) for _ in range(times)])

    def happened(self, *changes):
        with self.process.database.transaction() as session:
            for one in changes:
                feed.append(session, one, public_url="https://gateway.test")
        sequencer.step(self.process.database)


@pytest.fixture
def asking(service, own_settings, empty, issuer_key, token, tenants):
    return asking_of(Process(service, own_settings, empty), issuer_key, token, tenants)


def asking_of(process, issuer_key, token, tenants):
    public = RSAKey.import_key(issuer_key.as_dict(private=False))
    web = build(process, jwks=TestJwks(KeySet([public])))
    return Asking(process, web.lane, token, tenants)


@pytest.fixture
def partner(service, own_settings, empty, issuer_key, token, tenants, all_fields):
    """The company's machine, as in production: a worker reads grants once a second. `granted(status="withdrawn")`."""
    process = Process(service, replace(own_settings, grant_seconds=1.0), empty)
    company = {"organisation": "sec", "organisation_kind": "partner", "municipality": None}
    asking = asking_of(process, issuer_key, token, {**tenants, "sec": company})
    grant_id, versions = new_id(), itertools.count(1)

    def granted(**changes):
        now = datetime.now(UTC)
        data = {
            "grant_id": grant_id, "organisation": "sec", "audience": "partner-gateway",
            "purposes": ["meter-connection"], "query_kinds": ["follow"], "widest_span_days": None,
            "fields": all_fields, "rows_per_day": 1_000, "status": "active",
            "valid_from": (now - timedelta(days=1)).isoformat(),
            "valid_until": (now + timedelta(days=1)).isoformat(), **changes,
        }  # fmt: skip
        event = Received(
            id=new_id(), type="sa.gov.qatif.identity.grant.amended.v1", subject=grant_id,
            sequence=next(versions), time=now, data=data,
        )  # fmt: skip
        with process.transaction() as context:
            consumers.grant_changed(context, event)

    granted()
    asking.granted = granted
    asking.follow = lambda query="wait=30": asking.ask(
        query, of="sec", scope="building-permits.follow"
    )
    return asking


def until_due(waiting):
    deadline = time.monotonic() + 20
    while not all(one.is_due(time.monotonic()) for one in waiting):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def numbers(response):
    return [item["number"][-2:] for item in json.loads(response.body)["items"]]


def test_a_waiting_request_is_answered_as_soon_as_a_change_comes(asking, change):
    waiting = asking.ask(times=20)
    asking.happened(change(1), change(2))
    until_due(waiting)

    assert all(isinstance(one, PausedRequest) for one in waiting)
    assert [numbers(one) for one in asking.lane.resume(waiting)] == [["01", "02"]] * 20


def test_a_place_wakes_who_waits_however_seldom_the_worker_looks(asking, change, monkeypatch):
    monkeypatch.setattr(wakeup, "IDLE_SECONDS", 25.0)  # longer than the test waits
    monkeypatch.setattr(wakeup, "AWAKE_SECONDS", 0.0)
    (first,) = asking.ask()
    asking.happened(change(1))
    until_due([first])
    (answer,) = asking.lane.resume([first])

    (second,) = asking.ask(f"after={json.loads(answer.body)['next_cursor']}&wait=30")
    asking.happened(change(2))

    until_due([second])


def test_changes_of_others_wake_nobody(asking, change):
    (mine,) = asking.ask()
    (qatif,) = asking.ask(of="qatif")
    asking.happened(change(1, municipality="tarout"))
    until_due([qatif])

    assert not mine.is_due(time.monotonic())


def test_a_reader_who_waits_in_vain_gets_an_empty_page_and_goes_on_from_it(asking, change):
    (waiting,) = asking.ask()
    (answer,) = asking.lane.resume([waiting])
    asking.happened(change(1))
    cursor = json.loads(answer.body)["next_cursor"]
    (later,) = asking.ask(f"after={cursor}&wait=30")

    assert (answer.status, numbers(answer)) == ("200 OK", [])
    assert numbers(later) == ["01"]


def test_a_token_that_is_revoked_while_it_waits_gets_nothing(asking, change):
    (waiting,) = asking.ask()
    with asking.process.database.transaction() as session:
        keep(
            session,
            {
                "kind": "person",
                "value": asking.subject,
                "not_before": "2100-01-01T00:00:00Z",
                "expires_at": "2100-01-01T00:00:00Z",
            },
        )
    asking.happened(change(1))
    deadline = time.monotonic() + 10
    while not asking.lane._verifier.is_void(waiting.pause.caller):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    (answer,) = asking.lane.resume([waiting])

    assert answer.status == "401 Unauthorized"
    assert b"48100" not in answer.body


def test_within_two_seconds_a_withdrawn_grant_ends_the_feed_also_for_who_waits(partner, change):
    (waiting,) = partner.follow()
    (before,) = partner.follow("limit=1")

    began = time.monotonic()
    partner.granted(status="withdrawn")
    while True:
        (answer,) = partner.follow("limit=1")
        if answer.status != "200 OK":
            break
        assert time.monotonic() - began < 2
        time.sleep(0.02)
    partner.happened(change(1, audiences=[feed.partner("sec")]))
    until_due([waiting])
    (late,) = partner.lane.resume([waiting])

    assert before.status == "200 OK"
    assert answer.status == late.status == "403 Forbidden"
    assert b"48100" not in late.body


def test_one_organisation_does_not_take_all_the_places(asking, monkeypatch):
    monkeypatch.setattr(changes, "MOST_WAITING", 3)
    answers = asking.ask(times=5)
    others = asking.ask(of="tarout")

    assert [isinstance(one, PausedRequest) for one in answers] == [True] * 3 + [False] * 2
    assert isinstance(others[0], PausedRequest)


def test_each_answer_is_in_the_record_when_it_leaves(asking, change):
    waiting = asking.ask()
    before = recorded(asking)
    asking.happened(change(1))
    until_due(waiting)
    asking.lane.resume(waiting)

    assert (before, recorded(asking)) == (0, 1)


def recorded(asking):
    with asking.process.database.transaction() as session:
        statement = text("SELECT count(*) FROM access_log WHERE subject = :subject")
        return session.scalar(statement, {"subject": asking.subject})


def test_nothing_waits_with_now(asking):
    (answer,) = asking.ask("after=now&wait=30")

    assert numbers(answer) == []
