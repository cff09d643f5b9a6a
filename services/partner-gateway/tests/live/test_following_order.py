"""Permits followed while ten write them, events come twice, connections die, and three readers stop and go on."""

import json
import threading
import time
from collections import defaultdict
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError

from chassis.core.cloudevents import Received
from chassis.core.ids import new_id
from chassis.fast.batching import complete
from chassis.process import Process
from chassis.testing import patient_database
from partner_gateway import consumers
from partner_gateway.feed import partner, sequencer
from partner_gateway.feed.reading import Feed
from partner_gateway.models import FollowedThing

WRITERS, VERSIONS, READERS = 10, 24, 3


class Following:
    """Ten writers, each of a permit of its own; two sequencers whose connections are killed; three readers."""

    def __init__(self, service, settings, event, example):
        self.service, self.settings = service, settings
        self.event, self.example = event, example
        self.permits = [new_id() for _ in range(WRITERS)]
        self.seen = [[] for _ in range(READERS)]
        self.written = threading.Event()
        self.kills = 0

    def another(self, name):
        return patient_database(self.settings, pool_size=2, name=name)

    def write(self, number):
        process = Process(self.service, self.settings, self.another("writer"))
        state = {**self.example, "permit_id": self.permits[number]}
        for version in range(1, VERSIONS + 1):
            one = self.event({**state, "status": "valid"}, sequence=version)
            for _ in range(1 + (version % 4 == 0)):  # every fourth is delivered twice
                with process.transaction() as context:
                    consumers.permit_changed(context, one)
        process.close()

    def place(self):
        database = self.another("sequencer")
        more = True
        while more or not self.written.is_set():
            more = True  # also when the connection is killed: what it had to place is still there
            with suppress(SQLAlchemyError):
                more = sequencer.step(database)
        database.dispose()

    def kill(self):
        database = self.another("nemesis")
        statement = text(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE application_name = 'sequencer' AND datname = current_database()"
        )
        while not self.written.wait(0.05):
            with database.transaction() as session:
                self.kills += session.scalar(statement) or 0
        database.dispose()

    def read(self, number):
        """Every few pages the reader stops and begins anew with the place that it kept."""
        place, pages, deadline = 0, 0, time.monotonic() + 60
        database = self.another("reader")
        while time.monotonic() < deadline and len(self.seen[number]) < WRITERS * VERSIONS:
            reading = Feed(database, self.settings.documents, self.settings.feed_cursors)
            (task,) = complete([reading.page(partner("sec"), place, 1 + number * 3)])
            page = task.result()
            for one in json.loads(b"[%b]" % page.documents):
                self.seen[number].append((one["subject"], int(one["sequence"])))
            place, pages = page.end, pages + 1
            if pages % 5 == 0:
                database.dispose()
                database = self.another("reader")
        database.dispose()

    def run(self):
        writers = [threading.Thread(target=self.write, args=[n]) for n in range(WRITERS)]
        others = [threading.Thread(target=self.place) for _ in range(2)]
        others += [threading.Thread(target=self.read, args=[n]) for n in range(READERS)]
        others.append(threading.Thread(target=self.kill))
        for one in [*writers, *others]:
            one.start()
        for one in writers:
            one.join()
        self.written.set()
        for one in others:
            one.join()


@pytest.fixture
def granted(empty, service, own_settings, all_fields):
    now = datetime.now(UTC)
    data = {
        "grant_id": new_id(), "organisation": "sec", "audience": "partner-gateway",
        "purposes": ["meter-connection"], "query_kinds": ["follow"], "widest_span_days": None,
        "fields": all_fields, "rows_per_day": 1_000_000, "status": "active",
        "valid_from": (now - timedelta(days=1)).isoformat(),
        "valid_until": (now + timedelta(days=1)).isoformat(),
    }  # fmt: skip
    event = Received(
        id=new_id(), type="sa.gov.qatif.identity.grant.granted.v1", subject=data["grant_id"],
        sequence=1, time=now, data=data,
    )  # fmt: skip
    with Process(service, own_settings, empty).transaction() as context:
        consumers.grant_changed(context, event)


def test_nobody_misses_or_doubles_a_change_of_a_permit_and_the_day_agrees(
    empty, granted, service, own_settings, event, example
):
    following = Following(service, own_settings, event, example)
    following.run()

    everything = [
        (permit, version) for permit in following.permits for version in range(1, VERSIONS + 1)
    ]
    assert following.kills > 0
    for seen in following.seen:
        assert sorted(seen) == sorted(everything)
        orders = defaultdict(list)
        for permit, version in seen:
            orders[permit].append(version)
        assert all(order == sorted(order) for order in orders.values())
    with empty.transaction() as session:
        held = session.execute(select(FollowedThing.thing_id, FollowedThing.version)).all()
    assert {thing for thing, _ in held} == set(following.permits)
    newest = {thing: max(version for one, version in held if one == thing) for thing, _ in held}
    assert set(newest.values()) == {VERSIONS}
