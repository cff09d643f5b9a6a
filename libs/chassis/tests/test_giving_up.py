"""A poison event or row is given up by a person, with a reason: it's kept, and the rows behind it go on."""

from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from sample import api
from sqlalchemy import text

from chassis.core import metrics
from chassis.events import dead_letters, outbox, relay
from chassis.events.kafka import Record, TooLarge
from chassis.events.relay import Relay
from chassis.process import Process
from chassis.run.cli import group
from chassis.run.housekeeping import Housekeeping
from chassis.testing import plain_context

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

    assert dead_letters.replay(database, "sample", topics, plain_context) == (1, 0)
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


def test_a_poison_record_of_a_topic_made_anew_is_kept_beside_the_one_in_its_old_place(
    letters, session
):
    """The topic was lost, its offsets begin at 0 again, and the first record of the new one is poison too."""
    value = outbox.envelope(event(3), "e3", None)
    record = Record(topic=TOPIC, key="t1", value=value, partition=0, offset=0)

    for _delivery in range(2):
        dead_letters.park(session, "sample", record, reason="KeyError", attempts=3)

    reasons = [row.reason for row in dead_letters.waiting(session, "sample")]
    assert reasons == ["ZeroDivisionError", dead_letters.QUEUED_BEHIND, "KeyError"]


def test_two_records_that_were_given_up_in_one_place_are_both_known(session):
    values = (b"{", b"}")
    records = [
        Record(topic=TOPIC, key="bad", value=value, partition=0, offset=9) for value in values
    ]
    for record in records:
        dead_letters.park(session, "sample", record, reason="MalformedEvent", attempts=1)
    for letter in dead_letters.waiting(session, "sample"):
        dead_letters.discard(session, "sample", letter.id, reason="x")

    given_up = dead_letters.discarded(session, "sample", TOPIC)

    assert all(record in given_up for record in records)


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
    Housekeeping(Process(service, None, database)).measure()

    assert metrics.LAG_SECONDS.labels("sample")._value.get() == 0.0


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["dead-letters", "list"], 0, ""),
        (["dead-letters", "replay"], 0, "0 replayed, 0 still waiting\n"),
        (["dead-letters", "discard", "1", "--reason", "x"], 1, "no such open letter\n"),
        (["outbox", "parked"], 0, ""),
        (["outbox", "unpark", "thing", "t1"], 1, "it isn't parked\n"),
        (["outbox", "skip", "thing", "t1", "--reason", "x"], 1, "it isn't parked\n"),
    ],
)
def test_a_repair_command_says_when_there_is_nothing_to_repair(
    service, database_url, words, status, said
):
    environment = {
        "SAMPLE_DATABASE_URL": database_url,
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
        "ISSUER": "https://issuer.test",
    }

    done = CliRunner().invoke(group(service), words, env=environment)

    assert (done.exit_code, done.output) == (status, said)
