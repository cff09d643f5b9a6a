"""What a consumer promises: each event takes effect once, in order per key, and poison stops only its own key."""

import json
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Event as Stop

import psycopg
import pytest
from consuming import TOPIC, TYPE, Log, parked_events, retry_events
from sqlalchemy import text
from sqlalchemy.event import listen
from sqlalchemy.exc import DataError, DBAPIError, OperationalError

from chassis.events import consumer as consumer_module
from chassis.events import parking
from chassis.events.consumer import Consumer, Failed
from chassis.testing import plain_context


@pytest.fixture
def log():
    return Log()


@pytest.fixture
def handled():
    return []


@pytest.fixture
def topics(handled):
    def see(context, event):
        if event.data["name"] == "poison":
            raise ZeroDivisionError
        done = (event.subject, event.sequence)  # an effect counts when it's committed
        listen(context.session, "after_commit", lambda _: handled.append(done), once=True)
        context.session.execute(
            text(
                "INSERT INTO seen VALUES (:id, :version, 1) ON CONFLICT (id) DO UPDATE"
                " SET version = excluded.version, times = seen.times + 1"
            ),
            {"id": event.subject, "version": event.sequence},
        )

    return {TOPIC: {TYPE: see}}


@pytest.fixture
def consumer(database, log, topics):
    return Consumer("sample", database, log, topics, plain_context)


def test_an_event_takes_effect_once_however_often_it_is_delivered(consumer, log, handled):
    value = log.add("t1", 1)
    log.add_raw("t1", value)
    consumer.step(Stop())
    log.position = 0
    consumer.step(Stop())

    assert handled == [("t1", 1)]
    assert log.committed == 2


def test_the_offset_follows_the_database_and_never_leads_it(database, log, topics, handled):
    log.add("t1", 1)
    stop = Stop()

    class Away(Consumer):
        def _apply(self, records):
            stop.set()
            raise Failed(0, OperationalError("x", {}, Exception("away")))

    Away("sample", database, log, topics, plain_context).step(stop)

    assert handled == []
    assert log.committed == 0


def test_a_database_that_comes_back_is_waited_for(database, log, topics, handled, monkeypatch):
    monkeypatch.setattr(consumer_module, "RETRY_SECONDS", (0.0,))
    failures = deque([OperationalError("x", {}, Exception("away"))] * 3)

    class Flaky(Consumer):
        def _apply(self, records):
            if failures:
                raise Failed(0, failures.popleft())
            super()._apply(records)

    log.add("t1", 1)
    Flaky("sample", database, log, topics, plain_context).step(Stop())

    assert handled == [("t1", 1)]


def test_poison_parks_its_key_and_nothing_else(consumer, log, handled, session):
    log.add("bad", 1, {"name": "poison"})
    log.add("good", 1)
    log.add("bad", 2)
    log.add("good", 2)
    consumer.step(Stop())

    assert handled == [("good", 1), ("good", 2)]
    assert parked_events(session) == [
        ("bad", "ZeroDivisionError"),
        ("bad", parking.WAITS_BEHIND),
    ]
    assert log.committed == 4


def test_poison_delivered_again_is_parked_once(consumer, log, session):
    log.add("bad", 1, {"name": "poison"})
    consumer.step(Stop())
    log.position = 0
    consumer.step(Stop())

    assert len(parked_events(session)) == 1


def test_events_before_and_after_poison_in_one_poll_take_effect_once(
    consumer, log, handled, session
):
    for number in range(7):
        log.add(f"t{number}", 1, {"name": "poison" if number in {2, 5} else "a"})
    log.add("t2", 2)
    consumer.step(Stop())

    assert handled == [("t0", 1), ("t1", 1), ("t3", 1), ("t4", 1), ("t6", 1)]
    assert parked_events(session) == [
        ("t2", "ZeroDivisionError"),
        ("t5", "ZeroDivisionError"),
        ("t2", parking.WAITS_BEHIND),
    ]
    assert session.execute(text("SELECT max(times) FROM seen")).scalar() == 1
    assert log.committed == 8


def test_offsets_of_polls_in_quick_succession_are_committed_together(
    consumer, log, handled, monkeypatch
):
    monkeypatch.setattr(consumer_module, "COMMIT_SECONDS", 3_600)
    for version in (1, 2, 3):
        log.add("t1", version)
        consumer.step(Stop())
    assert log.committed == 1
    log.restart()
    consumer.step(Stop())
    assert handled == [("t1", 1), ("t1", 2), ("t1", 3)]

    monkeypatch.setattr(consumer_module, "COMMIT_SECONDS", 0)
    consumer.step(Stop())
    assert log.committed == 3


def test_a_consumer_that_ends_commits_its_offsets(consumer, log, monkeypatch):
    monkeypatch.setattr(consumer_module, "COMMIT_SECONDS", 3_600)
    for version in (1, 2):
        log.add("t1", version)
        consumer.step(Stop())
    stopped = Stop()
    stopped.set()

    consumer.run(stopped)

    assert log.committed == 2


def test_a_commit_that_fails_leaves_no_effect_and_is_tried_again(
    database, log, topics, handled, monkeypatch
):
    monkeypatch.setattr(consumer_module, "RETRY_SECONDS", (0.0,))
    failures = deque([OperationalError("x", {}, Exception("away"))])

    class Breaking(type(database)):
        @contextmanager
        def transaction(self):
            with super().transaction() as session:
                yield session
                if failures:
                    raise failures.popleft()

    monkeypatch.setattr(database, "__class__", Breaking)
    log.add("t1", 1)
    log.add("t2", 1)
    Consumer("sample", database, log, topics, plain_context).step(Stop())

    assert handled == [("t1", 1), ("t2", 1)]
    assert log.committed == 2


def test_an_event_that_always_takes_too_long_is_put_aside_and_stops_no_other(
    database, log, topics, handled, session
):
    see = topics[TOPIC][TYPE]

    def slow(context, event):
        if event.data["name"] == "slow":
            context.session.execute(text("SET LOCAL statement_timeout = '20ms'"))
            context.session.execute(text("SELECT pg_sleep(5)"))
        see(context, event)

    log.add("t1", 1)
    log.add("bad", 1, {"name": "slow"})
    log.add("t2", 1)
    Consumer("sample", database, log, {TOPIC: {TYPE: slow}}, plain_context).step(Stop())

    assert handled == [("t1", 1), ("t2", 1)]
    assert parked_events(session) == [("bad", "OperationalError")]
    assert log.committed == 3


def test_an_event_whose_row_is_locked_for_a_while_takes_effect_and_one_whose_row_stays_locked_is_put_aside(
    database, log, topics, handled, session, monkeypatch
):
    monkeypatch.setattr(consumer_module, "RETRY_SECONDS", (0.0,))
    locked = {"a while": 5, "for ever": 999}
    see = topics[TOPIC][TYPE]

    def waits(context, event):
        left = locked.get(event.data["name"], 0)
        locked[event.data["name"]] = left - 1
        if left > 0:
            raise OperationalError("x", {}, psycopg.errors.LockNotAvailable())
        see(context, event)

    log.add("t1", 1, {"name": "a while"})
    log.add("bad", 1, {"name": "for ever"})
    log.add("t2", 1)
    Consumer("sample", database, log, {TOPIC: {TYPE: waits}}, plain_context).step(Stop())

    assert handled == [("t1", 1), ("t2", 1)]
    assert parked_events(session) == [("bad", "OperationalError")]


def test_attempts_that_each_end_after_half_a_minute_are_no_stall(database, log, session):
    log.add("bad", 1)
    log.add("bad", 2)
    stalled = []

    def slow(_context, _event):
        stalled.append(consumer.stalled())
        consumer._moved_at -= 31  # so long it took
        raise ZeroDivisionError

    consumer = Consumer("sample", database, log, {TOPIC: {TYPE: slow}}, plain_context)
    consumer.step(Stop())

    assert len(parked_events(session)) == 2
    assert stalled
    assert not any(stalled)


def test_an_event_that_cannot_be_parked_ends_the_consumer_instead_of_hanging(consumer, log):
    log.add("a\0key", 1, {"name": "poison"})

    with ThreadPoolExecutor(1) as pool, pytest.raises(DataError):
        pool.submit(consumer.step, Stop()).result(20)
    assert log.committed == 0


@pytest.mark.parametrize("state", [psycopg.errors.ReadOnlySqlTransaction, psycopg.errors.DiskFull])
def test_a_database_that_refuses_to_write_is_waited_for(database, log, handled, monkeypatch, state):
    monkeypatch.setattr(consumer_module, "RETRY_SECONDS", (0.0,))
    refusals = [DBAPIError.instance("INSERT", {}, state(), psycopg.Error)] * 5

    def refuse(_context, event):
        if refusals:
            raise refusals.pop()
        handled.append(event.subject)

    log.add("t1", 1)
    Consumer("sample", database, log, {TOPIC: {TYPE: refuse}}, plain_context).step(Stop())

    assert handled == ["t1"]


def test_a_consumer_that_is_stopped_while_the_database_is_away_leaves_the_record(
    database, log, topics, monkeypatch
):
    stop, away = Stop(), OperationalError("x", {}, Exception("away"))

    def park(*_arguments, **_named):
        stop.set()
        raise away

    monkeypatch.setattr(parking, "park_event", park)
    log.add("bad", 1, {"name": "poison"})
    with ThreadPoolExecutor(1) as pool:
        consumer = Consumer("sample", database, log, topics, plain_context)
        pool.submit(consumer.step, stop).result(20)

    assert log.committed == 0


@pytest.mark.parametrize("value", [b"", b"{", b"[]", b'{"id": "1"}', b"\xff"])
def test_a_malformed_event_is_put_aside_without_quoting_it(consumer, log, session, value):
    log.add_raw("bad", value)
    consumer.step(Stop())

    ((key, reason),) = parked_events(session)
    assert key == "bad"
    assert reason.startswith("MalformedEvent")


def test_an_event_that_breaks_its_contract_is_put_aside_by_place_not_by_value(
    consumer, log, session
):
    document = json.loads(log.add("t9", 1))
    log.records.clear()
    document["data"]["name"] = 1012345672
    log.add_raw("bad", json.dumps(document).encode())
    consumer.step(Stop())

    ((_, reason),) = parked_events(session)
    assert "name" in reason
    assert "1012345672" not in reason


def test_a_retry_brings_all_back_in_order_once(consumer, log, handled, session, database, topics):
    log.add("bad", 1, {"name": "poison"})
    log.add("bad", 2)
    log.add("bad", 3)
    consumer.step(Stop())
    assert retry_events(database, topics) == (0, 3)

    def mended(context, event):
        handled.append((event.subject, event.sequence))

    assert retry_events(database, {TOPIC: {TYPE: mended}}) == (3, 0)
    assert retry_events(database, {TOPIC: {TYPE: mended}}) == (0, 0)
    assert handled == [("bad", 1), ("bad", 2), ("bad", 3)]

    log.add("bad", 4)
    consumer.step(Stop())
    assert handled[-1] == ("bad", 4)


def test_an_event_type_that_nobody_asked_for_is_passed_over(consumer, log, handled, session):
    document = json.loads(log.add("t1", 1))
    document["type"] = "sa.gov.qatif.sample.thing.forgotten.v1"
    log.records.clear()
    log.add_raw("t1", json.dumps(document).encode())
    consumer.step(Stop())

    assert handled == []
    assert parked_events(session) == []
    assert log.committed == 1


def test_how_far_the_read_model_is_complete_is_noted(consumer, log, session):
    log.add("t1", 1)
    before = datetime.now(UTC)
    consumer.step(Stop())

    (row,) = session.execute(
        text("SELECT next_offset, complete_until FROM consumer_progress")
    ).all()
    assert row.next_offset == 1
    assert row.complete_until >= before


def test_a_read_model_is_complete_until_an_earlier_moment_while_records_keep_coming(
    consumer, log, session, monkeypatch
):
    asked_before = []

    def poll_a_record(_):
        asked_before.append(datetime.now(UTC))
        consumer._noted_at = 0.0
        log.add("t1", len(log.records) + 1)  # so the end is always one record further
        log.position += 1
        return [log.records[log.position - 1]]

    log.add("t1", 1)
    monkeypatch.setattr(log, "poll", poll_a_record)
    for _ in range(3):
        consumer.step(Stop())

    (until,) = session.scalars(text("SELECT complete_until FROM consumer_progress")).all()
    assert asked_before[1] <= until < asked_before[2]


def test_a_consumer_that_is_behind_and_still_calls_for_its_end(consumer, log, monkeypatch):
    log.add("t1", 1)
    monkeypatch.setattr(log, "poll", lambda _: [])
    consumer.step(Stop())
    assert not consumer.stalled()

    consumer._moved_at -= 31
    assert consumer.stalled()


def test_a_consumer_that_was_idle_for_long_is_not_stalled_by_its_first_record(consumer, log):
    consumer.step(Stop())
    consumer._moved_at -= 31
    log.add("t1", 1)
    records, log.poll = (
        log.records,
        lambda _: [],
    )  # the broker counts the record before it delivers it
    consumer._noted_at = 0.0
    consumer.step(Stop())

    assert records
    assert not consumer.stalled()
