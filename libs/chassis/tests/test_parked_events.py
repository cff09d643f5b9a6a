"""Events that a person gave up: they're kept, have no effect when they come again, and are known to a rebuild."""

from datetime import UTC, datetime, timedelta

import pytest
from sample import api
from sqlalchemy import text

from chassis.core import metrics
from chassis.data.parking import GIVEN_UP, Settlement, open_entries
from chassis.events import outbox, parking
from chassis.events.kafka import Record, TooLarge
from chassis.events.relay import Relay
from chassis.process import Process
from chassis.run.housekeeping import Housekeeping

TOPIC = "sample.thing"
NOW = datetime(2026, 11, 24, tzinfo=UTC)
SETTLEMENT = Settlement(GIVEN_UP, "Ali", "entered twice")


def event(version):
    return api.event("t1", version, {"name": "a"}, NOW)


@pytest.fixture
def parked(session):
    """Two parked events of a key: a poison event, and an event behind it."""
    for offset, reason in enumerate(("ZeroDivisionError", parking.WAITS_BEHIND)):
        value = outbox.envelope(event(offset + 1), f"e{offset + 1}", None)
        record = Record(topic=TOPIC, key="t1", value=value, partition=0, offset=offset)
        parking.park_event(session, "sample", record, reason=reason, tries=3)
    session.commit()
    return open_entries(session)


def test_a_given_up_event_is_kept_and_takes_no_effect_when_it_comes_again(parked, session):
    assert parking.give_up_event(session, parked[0], SETTLEMENT) == 1
    assert parking.give_up_event(session, parked[0], SETTLEMENT) is None

    assert session.scalars(text("SELECT event_id FROM inbox")).all() == ["e1"]
    kept = session.execute(text("SELECT reason, settled_why FROM parked ORDER BY id")).all()
    assert tuple(kept[0]) == ("ZeroDivisionError", "entered twice")


def test_an_event_given_up_in_the_middle_of_its_key_releases_nothing(parked, session):
    assert parking.give_up_event(session, parked[1], SETTLEMENT) == 0
    assert open_entries(session) == [parked[0]]


def test_a_record_that_is_no_event_can_be_given_up_too(session):
    record = Record(topic=TOPIC, key="bad", value=b"{", partition=0, offset=9)
    parking.park_event(session, "sample", record, reason="MalformedEvent", tries=1)
    [entry] = open_entries(session)

    assert parking.give_up_event(session, entry, SETTLEMENT) == 0
    parking.park_event(session, "sample", record, reason="MalformedEvent", tries=1)

    assert open_entries(session) == []


def test_a_poison_record_of_a_recreated_topic_is_kept_beside_the_record_in_its_old_place(
    parked, session
):
    """The topic was lost, its offsets begin at 0 again, and the first record of the new topic is poison too."""
    value = outbox.envelope(event(3), "e3", None)
    record = Record(topic=TOPIC, key="t1", value=value, partition=0, offset=0)

    for _delivery in range(2):
        parking.park_event(session, "sample", record, reason="KeyError", tries=3)

    reasons = [one.reason for one in open_entries(session)]
    assert reasons == ["ZeroDivisionError", parking.WAITS_BEHIND, "KeyError"]


def test_two_records_that_were_given_up_in_one_place_are_both_known(session):
    values = (b"{", b"}")
    records = [
        Record(topic=TOPIC, key="bad", value=value, partition=0, offset=9) for value in values
    ]
    for record in records:
        parking.park_event(session, "sample", record, reason="MalformedEvent", tries=1)
    for entry in open_entries(session):
        parking.give_up_event(session, entry, SETTLEMENT)

    given_up = parking.given_up_records(session, "sample", TOPIC)

    assert all(record in given_up for record in records)


def test_an_event_that_was_given_up_before_it_was_published_is_kept(database, session):
    class Broker:
        def publish(self, records):
            return [TooLarge("x") for _ in records]

    outbox.publish(session, event(1))
    session.commit()
    Relay(database, Broker()).step()
    [entry] = open_entries(session)

    assert parking.give_up_publication(session, entry, SETTLEMENT) == 0
    assert parking.give_up_publication(session, entry, SETTLEMENT) is None

    kept = session.scalar(text("SELECT value FROM parked"))
    assert b'"sequence":"1"' in bytes(kept)


def test_a_topic_that_is_consumed_no_more_does_not_make_the_lag_grow(service, database, session):
    session.execute(
        text("INSERT INTO consumer_progress VALUES ('sample', 'a.topic.of.old', 0, 1, :at)"),
        {"at": datetime.now(UTC) - timedelta(days=9)},
    )
    session.commit()
    Housekeeping(Process(service, None, database)).measure()

    assert metrics.LAG_SECONDS.labels("sample")._value.get() == 0.0
