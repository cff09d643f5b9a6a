"""What the relay promises: every row, in order per aggregate, whatever fails and however many relays there are."""

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from sample import api
from serving import until
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from chassis.core.contracts import ContractError
from chassis.core.ids import new_id
from chassis.data import wakeup
from chassis.data.parking import RETRIED, Kind, Settlement, open_entries, settle
from chassis.events import outbox
from chassis.events.kafka import TooLarge
from chassis.events.relay import Relay


class Topic:
    """A publisher that remembers; `fails(record)` decides what isn't acknowledged."""

    def __init__(self, fails=lambda record: None):
        self.fails = fails
        self.seen = []
        self.lock = threading.Lock()

    def publish(self, records):
        with self.lock:
            outcomes = [self.fails(record) for record in records]
            self.seen.extend(r for r, error in zip(records, outcomes, strict=True) if error is None)
        return outcomes

    def order(self, key):
        return [record.value for record in self.seen if record.key == key]


def add(session, thing, version, name="a"):
    outbox.publish(session, api.event(thing, version, {"name": name}, datetime.now(UTC)))


def value_versions(topic, key):
    import json

    return [int(json.loads(value)["sequence"]) for value in topic.order(key)]


def test_an_event_that_breaks_its_schema_never_reaches_the_outbox(session):
    with pytest.raises(ContractError) as refused:
        add(session, "t1", 1, name=1012345672)

    assert "1012345672" not in str(refused.value)


def test_the_same_version_of_an_aggregate_cannot_be_written_twice(session):
    add(session, "t1", 1)

    with pytest.raises(IntegrityError, match="duplicate key"), session.begin_nested():
        add(session, "t1", 1)


def test_an_event_that_was_rolled_back_is_never_published(database):
    def fail_after_writing():
        with database.transaction() as session:
            add(session, "t1", 1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_after_writing()
    topic = Topic()
    assert Relay(database, topic).step() == 0
    assert topic.seen == []


def test_events_published_together_are_inserted_in_their_order(session):
    with outbox.published_together(session):
        for version in range(1, 4):
            add(session, "t1", version)
        before = session.scalar(text("SELECT count(*) FROM outbox"))

    versions = session.scalars(text("SELECT version FROM outbox ORDER BY id")).all()
    assert (before, versions) == (0, [1, 2, 3])


def test_rows_go_out_in_order_and_once(database, session):
    for version in (1, 2, 3):
        add(session, "t1", version)
        add(session, "t2", version)
    session.commit()
    topic = Topic()

    assert Relay(database, topic).step() == 6
    assert Relay(database, topic).step() == 0
    assert value_versions(topic, "t1") == value_versions(topic, "t2") == [1, 2, 3]


def test_only_the_acknowledged_prefix_of_an_aggregate_is_marked(database, session):
    for version in (1, 2, 3):
        add(session, "t1", version)
    add(session, "t2", 1)
    session.commit()
    topic = Topic(lambda record: ConnectionError() if b'"sequence":"2"' in record.value else None)

    assert Relay(database, topic).step() == 2
    assert value_versions(topic, "t1") == [1]

    topic.fails = lambda record: None
    assert Relay(database, topic).step() == 2
    assert value_versions(topic, "t1") == [1, 2, 3]


def test_a_row_that_can_never_go_out_parks_its_aggregate_and_no_other(database, session):
    for thing in ("big", "small"):
        add(session, thing, 1)
        add(session, thing, 2)
    session.commit()
    topic = Topic(lambda record: TooLarge("900001 bytes") if record.key == "big" else None)

    assert Relay(database, topic).step() == 2
    assert Relay(database, topic).step() == 0
    (entry,) = open_entries(session, kind=Kind.PUBLICATION)
    assert entry.subject.id == "big"

    topic.fails = lambda record: None
    retried = Settlement(RETRIED, "a test", "the limit was raised")
    assert settle(session, entry.id, retried)
    assert not settle(session, entry.id, retried)
    assert Relay(database, topic).step() == 2
    assert value_versions(topic, "big") == [1, 2]


@pytest.fixture
def empty_outbox(real_database):
    """The database with real commits; its outbox is empty before and after the test."""
    empty = text("DELETE FROM outbox; DELETE FROM thing WHERE id LIKE 'raced-%'")
    with real_database.transaction() as session:
        session.execute(empty)
    yield real_database
    with real_database.transaction() as session:
        session.execute(empty)


def test_three_relays_and_late_commits_lose_nothing_and_keep_the_order(empty_outbox):
    """The measurement that refuted cursors on id, watermarks and SKIP LOCKED, as a test."""
    with empty_outbox.transaction() as session:
        session.execute(
            text("INSERT INTO thing SELECT 'raced-' || n, 'x', 0 FROM generate_series(1, 20) n")
        )
    stop = threading.Event()
    topic = Topic()
    failures = []

    def write(seed):
        for step in range(40):
            thing = f"raced-{(seed * 7 + step * 3) % 20 + 1}"
            with empty_outbox.transaction() as session:
                version = session.scalar(
                    text("UPDATE thing SET version = version + 1 WHERE id = :id RETURNING version"),
                    {"id": thing},
                )
                add(session, thing, version)
                if step % 10 == 0:
                    session.execute(text("SELECT pg_sleep(0.02)"))

    def publish():
        try:
            while not stop.is_set():
                Relay(empty_outbox, topic).step()
        except Exception as error:  # pragma: no cover - shown by the assertion below
            failures.append(error)

    writers = [threading.Thread(target=write, args=(seed,)) for seed in range(5)]
    relays = [threading.Thread(target=publish) for _ in range(3)]
    for thread in (*writers, *relays):
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    for thread in relays:
        thread.join()
    while Relay(empty_outbox, topic).step():
        pass

    assert failures == []
    assert len(topic.seen) == 200
    for number in range(1, 21):
        versions = value_versions(topic, f"raced-{number}")
        assert versions == list(range(1, len(versions) + 1))


@pytest.fixture
def running_relay(empty_outbox, monkeypatch):
    """A relay at work that asks on its own once in a minute."""
    monkeypatch.setattr(wakeup, "IDLE_SECONDS", 60)
    monkeypatch.setattr(wakeup, "AWAKE_SECONDS", 0)
    stop, topic = threading.Event(), Topic()
    thread = threading.Thread(target=Relay(empty_outbox, topic).run, args=(stop,))
    thread.start()
    until(lambda: listens(empty_outbox))
    yield topic
    stop.set()
    outbox.WRITTEN.wake(empty_outbox)
    thread.join()


def listens(database):
    with database.transaction() as session:
        return session.scalar(
            text("SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE query = 'LISTEN outbox')")
        )


def test_a_commit_wakes_an_idle_relay(running_relay, empty_outbox):
    with empty_outbox.transaction() as session:
        add(session, "woken", 1)

    until(lambda: running_relay.seen, seconds=20)


def test_a_wake_up_does_not_hurry_a_relay_that_the_broker_refuses(empty_outbox):
    tries, stop = [], threading.Event()

    def refuse(record):
        tries.append(record)
        return OSError("refused")

    with empty_outbox.transaction() as session:
        add(session, "refused", 1)
    thread = threading.Thread(target=Relay(empty_outbox, Topic(refuse)).run, args=(stop,))
    thread.start()
    until(lambda: tries)
    began = time.monotonic()
    while time.monotonic() - began < 0.8:
        outbox.WRITTEN.wake(empty_outbox)
        time.sleep(0.05)
    stop.set()
    thread.join()

    assert len(tries) <= 2


def test_a_relay_whose_connection_was_ended_listens_again(running_relay, empty_outbox):
    with empty_outbox.transaction() as session:
        session.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'LISTEN outbox'"
            )
        )
        add(session, "again", 1)

    until(lambda: running_relay.seen, seconds=20)


ROW = (
    "INSERT INTO outbox (created_on, shard, aggregate_type, aggregate_id, version, event_id, type, topic,"
    " key, data, published_at) VALUES (:day, 1, 'thing', :id, 1, :id, 't', 't', 'k', '', {published})"
)


def test_a_day_whose_rows_came_before_its_partition_hinders_no_other_day_and_is_emptied(session):
    late = datetime.now(UTC).date() + timedelta(days=400)
    session.execute(text(ROW.format(published="now()")), {"day": late, "id": new_id()})
    waiting = new_id()
    session.execute(text(ROW.format(published="NULL")), {"day": late, "id": waiting})

    outbox.ensure_partitions(session, late)
    outbox.drop_published_partitions(session, late + timedelta(days=1))

    made = session.scalars(text("SELECT relname FROM pg_class WHERE relname LIKE 'outbox_2%'"))
    names = set(made)
    assert f"outbox_{late:%Y%m%d}" not in names
    assert f"outbox_{late + timedelta(days=1):%Y%m%d}" in names
    kept = session.scalars(text("SELECT aggregate_id FROM outbox_default")).all()
    assert kept == [waiting]


def test_published_days_are_dropped_and_days_with_waiting_rows_are_kept(session):
    today = datetime.now(UTC).date()
    old, older = today - timedelta(days=10), today - timedelta(days=11)
    for day in (older, old):
        outbox.ensure_partitions(session, day)
    for day, published in ((older, "now()"), (old, "NULL")):
        session.execute(
            text(ROW.format(published=published)),
            {"day": day, "id": new_id()},
        )

    dropped = outbox.drop_published_partitions(session, today - timedelta(days=7))

    assert f"outbox_{older:%Y%m%d}" in dropped
    assert f"outbox_{old:%Y%m%d}" not in dropped
    assert outbox.backlog(session)[1] == 1
