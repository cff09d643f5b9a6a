"""What can't be mended is given up by somebody who says why: it's kept, and what waits behind it goes on."""

from datetime import UTC, datetime, timedelta

import pytest
from sample import api
from sqlalchemy import text

from chassis import dead_letters, metrics, outbox, relay
from chassis.kafka import Record, TooLarge
from chassis.relay import Relay
from chassis.work import Housekeeping

TOPIC, TYPE = "sample.thing", "sa.gov.qatif.sample.thing.made.v1"
NOW = datetime(2026, 11, 24, tzinfo=UTC)


def event(version):
    return api.event("t1", version, {"name": "a"}, NOW)


@pytest.fixture
def letters(session):
    """Two open letters of a key: a poison event and one behind it; their ids."""
    for offset, reason in enumerate(("ZeroDivisionError", dead_letters.QUEUED_BEHIND)):
        value = outbox.envelope(event(offset + 1), f"e{offset + 1}", None)
        record = Record(topic=TOPIC, key="t1", value=value, partition=0, offset=offset)
        dead_letters.park(session, "sample", record, reason=reason, attempts=3)
    session.commit()
    return [row.id for row in dead_letters.waiting(session, "sample")]


def test_a_discarded_letter_is_kept_with_the_reason_and_the_next_ones_go_on(
    letters, database, session
):
    handled = []

    assert dead_letters.discard(session, "sample", letters[0], reason="entered twice; Ali")
    assert not dead_letters.discard(session, "sample", letters[0], reason="again")
    session.commit()
    topics = {TOPIC: {TYPE: lambda _, event: handled.append(event.sequence)}}

    assert dead_letters.replay(database, "sample", topics) == (1, 0)
    assert handled == [2]
    (kept,) = session.scalars(
        text("SELECT reason FROM dead_letter WHERE id = :id"), {"id": letters[0]}
    )
    assert kept == "discarded: entered twice; Ali (it was: ZeroDivisionError)"


def test_a_discarded_event_that_comes_again_takes_no_effect(letters, session):
    dead_letters.discard(session, "sample", letters[0], reason="x")

    taken = session.scalars(text("SELECT event_id FROM inbox WHERE consumer = 'sample'")).all()
    assert taken == ["e1"]


def test_a_letter_that_is_no_event_can_be_discarded_too(session):
    record = Record(topic=TOPIC, key="bad", value=b"{", partition=0, offset=9)
    dead_letters.park(session, "sample", record, reason="MalformedEvent", attempts=1)
    (letter,) = dead_letters.waiting(session, "sample")

    assert dead_letters.discard(session, "sample", letter.id, reason="x")
    assert dead_letters.waiting(session, "sample") == []


def test_a_letter_of_another_consumer_is_left_alone(letters, session):
    assert not dead_letters.discard(session, "another", letters[0], reason="x")


def test_a_skipped_row_is_kept_and_the_aggregates_next_event_goes_out(database, session):
    sent = []

    class Broker:
        def publish(self, records):
            large = [b'"sequence":"1"' in record.value for record in records]
            sent.extend(r for r, too in zip(records, large, strict=True) if not too)
            return [TooLarge("x") if too else None for too in large]

    for version in (1, 2):
        outbox.publish(session, event(version))
    session.commit()
    Relay(database, Broker()).step()
    assert sent == []

    assert relay.skip(session, "sample", "thing", "t1", reason="a scanned plan; Ali")
    assert not relay.skip(session, "sample", "thing", "t1", reason="again")
    session.commit()
    Relay(database, Broker()).step()

    assert [b'"sequence":"2"' in record.value for record in sent] == [True]
    (kept,) = session.execute(
        text("SELECT consumer, key, reason, replayed_at FROM dead_letter")
    ).all()
    assert (kept.consumer, kept.key, kept.reason) == (
        "sample/outbox",
        "t1",
        "skipped: a scanned plan; Ali",
    )
    assert kept.replayed_at is not None


def test_a_topic_that_is_consumed_no_more_does_not_make_the_lag_grow(service, database, session):
    session.execute(
        text("INSERT INTO consumer_progress VALUES ('sample', 'a.topic.of.old', 0, 1, :at)"),
        {"at": datetime.now(UTC) - timedelta(days=9)},
    )
    session.commit()
    Housekeeping(service, database).measure()

    assert metrics.LAG_SECONDS.labels("sample")._value.get() == 0.0
