"""Records that take effect together: which, in which order, and what ends a batch."""

from dataclasses import replace
from threading import Event as Stop

import pytest
from consuming import TOPIC, TYPE, Log, parked_events
from sqlalchemy.event import listen

from chassis.events.consumer import Consumer
from chassis.service import BatchHandler
from chassis.testing import plain_context


@pytest.fixture
def log():
    return Log()


@pytest.fixture
def handled():
    return []


def test_effects_written_together_are_in_order_and_poison_among_them_parks_its_own_key_only(
    database, log, session
):
    written, tried = [], []

    def write(context, events):
        tried.append(len(events))
        if any(event.data["name"] == "poison" for event in events):
            raise ZeroDivisionError
        done = [(event.subject, event.sequence) for event in events]
        listen(context.session, "after_commit", lambda _: written.append(done), once=True)

    for number in range(8):
        log.add(f"t{number % 6}", 1 + number // 6, {"name": "poison" if number == 3 else "a"})
    Consumer(
        "sample",
        database,
        log,
        {TOPIC: {TYPE: BatchHandler(lambda _, event: event, write)}},
        plain_context,
    ).step(Stop())

    assert [one for done in written for one in done] == [
        ("t0", 1), ("t1", 1), ("t2", 1), ("t4", 1), ("t5", 1), ("t0", 2), ("t1", 2),
    ]  # fmt: skip
    assert parked_events(session) == [("t3", "ZeroDivisionError")]
    assert len(tried) <= 12  # halves, until it's known; then alone, three times


def test_an_event_that_cannot_be_prepared_is_known_at_once(database, log, session):
    written = []

    def prepare(_context, event):
        if event.data["name"] == "poison":
            raise ZeroDivisionError
        return event.subject

    for number in range(5):
        log.add(f"t{number}", 1, {"name": "poison" if number == 3 else "a"})
    topics = {TOPIC: {TYPE: BatchHandler(prepare, lambda _, names: written.append(list(names)))}}
    Consumer("sample", database, log, topics, plain_context).step(Stop())

    assert written == [["t0", "t1", "t2"], ["t4"]]
    assert parked_events(session) == [("t3", "ZeroDivisionError")]


def test_an_event_of_another_handler_ends_a_batch(database, log, handled):
    for version, topic in enumerate([TOPIC, TOPIC, "sample.other", TOPIC], 1):
        log.add("t1", version)
        log.records[-1] = replace(log.records[-1], topic=topic)
    log.assignment = lambda: {(TOPIC, 0), ("sample.other", 0)}
    together = BatchHandler(
        lambda _, event: event.sequence, lambda _, ones: handled.append(list(ones))
    )
    topics = {
        TOPIC: {TYPE: together},
        "sample.other": {TYPE: lambda _, event: handled.append(event.sequence)},
    }
    Consumer("sample", database, log, topics, plain_context).step(Stop())

    assert handled == [[1, 2], 3, [4]]


def test_only_records_of_batch_topics_share_a_transaction(database, log, session):
    sessions, seen = [], []

    def see(context, event):
        if event.data["name"] == "poison":
            raise ZeroDivisionError
        if context.session not in sessions:
            sessions.append(context.session)
        seen.append((event.subject, sessions.index(context.session)))

    def see_all(context, events):
        for event in events:
            see(context, event)

    for number, topic in enumerate([TOPIC, TOPIC, "sample.other", "sample.other", TOPIC, TOPIC]):
        log.add(f"t{number}", 1, {"name": "poison" if number == 3 else "a"})
        log.records[-1] = replace(log.records[-1], topic=topic)
    log.assignment = lambda: {(TOPIC, 0), ("sample.other", 0)}
    batch = BatchHandler(lambda _, event: event, see_all)
    topics = {TOPIC: {TYPE: batch}, "sample.other": {TYPE: see}}
    Consumer("sample", database, log, topics, plain_context).step(Stop())

    assert seen == [("t0", 0), ("t1", 0), ("t2", 1), ("t4", 2), ("t5", 2)]
    assert parked_events(session) == [("t3", "ZeroDivisionError")]


def test_a_plain_handler_beside_a_batch_handler_of_its_topic_keeps_the_records_apart(database, log):
    sessions = []

    def write(context, _items):
        sessions.append(context.session)

    other = "sa.gov.qatif.sample.thing.changed.v1"
    batch = BatchHandler(lambda _, event: event, write)
    topics = {TOPIC: {TYPE: batch, other: lambda _context, _event: None}}
    for number in range(3):
        log.add(f"t{number}", 1)
    Consumer("sample", database, log, topics, plain_context).step(Stop())

    assert len(set(sessions)) == 3


def test_a_batch_that_locks_much_has_no_more_records_than_it_asks_for(database, log):
    written = []

    def write(context, items):
        listen(context.session, "after_commit", lambda _: written.append(len(items)), once=True)

    several = BatchHandler(prepare=lambda _context, event: event.subject, write=write, most=3)
    for number in range(8):
        log.add(f"t{number}", 1)

    Consumer("sample", database, log, {TOPIC: {TYPE: several}}, plain_context).step(Stop())

    assert written == [3, 3, 2]
    assert log.committed == 8
