"""State machines: Hypothesis looks for an order of writes, faults and deaths that breaks a promise of the event path.

The code under test is the real one on a real PostgreSQL; broker and log are doubles whose failures Hypothesis chooses,
and no clock or chance is left, so that a seed replays exactly.
"""

import json
from collections import defaultdict
from contextlib import suppress
from datetime import UTC, datetime
from threading import Event as Stop

import pytest
from consuming import retry_events
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sample import api
from sqlalchemy import text

from chassis.data.parking import RETRIED, Kind, Settlement, open_entries, settle
from chassis.events import consumer as consumer_module
from chassis.events import inbox, outbox
from chassis.events.consumer import Consumer
from chassis.events.kafka import Record, TooLarge
from chassis.events.relay import Relay
from chassis.service import BatchHandler
from chassis.testing import plain_context

NOW = datetime(2026, 11, 24, tzinfo=UTC)
TOPIC, TYPE = "sample.thing", "sa.gov.qatif.sample.thing.made.v1"
THINGS = st.sampled_from(["t1", "t2", "t3"])
LIMITS = settings(
    max_examples=10,
    stateful_step_count=8,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


class Death(BaseException):
    """kill -9 at this point: no handler catches it."""


class Machine(RuleBasedStateMachine):
    """Each example works in a savepoint that is rolled back."""

    def __init__(self, database):
        super().__init__()
        self.database = database
        self.savepoint = database.connection.begin_nested()

    def teardown(self):
        try:
            self.at_the_end()
        finally:
            self.savepoint.rollback()

    def scalars(self, statement, **values):
        with self.database.transaction() as session:
            return list(session.scalars(text(statement), values))


def run(machine, database):
    run_state_machine_as_test(lambda: machine(database), settings=LIMITS)


def finds_it(machine, database):
    """That the machine fails: with a bug in the product, so that it's known to be able to."""
    hunt = settings(LIMITS, phases=[Phase.generate], report_multiple_bugs=False)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(lambda: machine(database), settings=hunt)


# ------------------------------------------------------------------------------------------------ outbox and relay


class Broker:
    """Acknowledges or not, as the test says; accepted records stay in `topic`."""

    def __init__(self):
        self.topic, self.fates = [], []

    def publish(self, records):
        outcomes = []
        for record in records:
            fate = self.fates.pop(0) if self.fates else "ok"
            if fate == "dies before":
                raise Death
            if fate in ("ok", "lost answer", "dies after"):
                self.topic.append(record)
            if fate == "dies after":
                raise Death
            errors = {
                "refused": ConnectionError(),
                "lost answer": TimeoutError(),
                "large": TooLarge("x"),
            }
            outcomes.append(errors.get(fate))
        return outcomes


FATES = st.lists(
    st.sampled_from(["ok", "ok", "refused", "lost answer", "large", "dies before", "dies after"]),
    max_size=6,
)


class OutboxAndRelay(Machine):
    def __init__(self, database):
        super().__init__(database)
        self.broker = Broker()
        self.committed = defaultdict(int)

    @rule(things=st.lists(THINGS, min_size=1, max_size=6), fates=FATES)
    def writes_come_and_the_relay_works(self, things, fates):
        with self.database.transaction() as session:
            for thing in things:
                self.committed[thing] += 1
                outbox.publish(session, api.event(thing, self.committed[thing], {"name": "a"}, NOW))
        self.relay_works(fates)

    @rule(thing=THINGS)
    def write_and_roll_back(self, thing):
        event = api.event(thing, self.committed[thing] + 1, {"name": "a"}, NOW)
        with suppress(Death), self.database.transaction() as session:
            outbox.publish(session, event)
            raise Death

    @rule(fates=FATES)
    def the_relay_works_again(self, fates):
        self.relay_works(fates)

    def relay_works(self, fates):
        self.broker.fates = list(fates)
        with suppress(Death):  # its transaction is gone; the broker's records aren't
            Relay(self.database, self.broker).step()

    @rule(thing=THINGS)
    def unpark(self, thing):
        with self.database.transaction() as session:
            for one in open_entries(session, kind=Kind.PUBLICATION):
                if one.subject.id == thing:
                    assert settle(session, one.id, Settlement(RETRIED, "a test", "again"))

    @invariant()
    def each_things_events_are_in_order_without_a_gap(self):
        for thing, versions in self.published().items():
            assert versions == list(range(1, len(versions) + 1)), thing
            assert len(versions) <= self.committed[thing]

    @invariant()
    def what_is_marked_was_taken_by_the_broker(self):
        marked = self.scalars("SELECT event_id FROM outbox WHERE published_at IS NOT NULL")
        assert set(marked) <= {json.loads(record.value)["id"] for record in self.broker.topic}

    def published(self):
        found = defaultdict(list)
        for document in {
            json.loads(r.value)["id"]: json.loads(r.value) for r in reversed(self.broker.topic)
        }.values():
            found[document["subject"]].insert(0, int(document["sequence"]))
        return found

    def at_the_end(self):
        self.broker.fates = []
        for thing in self.committed:
            self.unpark(thing)
        while Relay(self.database, self.broker).step():
            pass
        assert {t: len(v) for t, v in self.published().items()} == {
            t: n for t, n in self.committed.items() if n
        }


def test_no_order_of_writes_and_faults_breaks_what_the_relay_promises(database):
    run(OutboxAndRelay, database)


# ------------------------------------------------------------------------------- inbox, consumer and parked events


class Log:
    """A partition. `position` is lost with the process; the committed offset isn't."""

    def __init__(self):
        self.records, self.committed, self.position = [], 0, 0

    def poll(self, _timeout):
        fetched = self.records[self.position :]
        self.position = len(self.records)
        return fetched

    def assignment(self):
        return {(TOPIC, 0)}

    def commit(self, offsets):
        self.committed = max(self.committed, offsets[TOPIC, 0])
        return True

    def positions(self):
        return {}

    def pause(self): ...
    def resume(self): ...
    def keep_alive(self): ...


EVENT_FATES = st.sampled_from(["well", "well", "well", "well", "poison", "deadly"])


class InboxAndParkedEvents(Machine):
    def __init__(self, database):
        super().__init__(database)
        self.log, self.sent = Log(), defaultdict(int)
        self.poison, self.deadly = set(), set()
        with database.transaction() as session:
            session.execute(text("CREATE TEMP TABLE effect (n serial, thing text, version int)"))
        self.start()

    def start(self):
        self.consumer = Consumer("sample", self.database, self.log, self.topics, plain_context)

    @property
    def topics(self):
        return {TOPIC: {TYPE: self.handle}}

    def handle(self, context, event):
        at = event.subject, event.sequence
        context.session.execute(
            text("INSERT INTO effect (thing, version) VALUES (:thing, :version)"),
            {"thing": at[0], "version": at[1]},
        )
        if at in self.deadly:
            self.deadly.discard(at)
            raise Death
        if at in self.poison:
            raise ZeroDivisionError

    @rule(events=st.lists(st.tuples(THINGS, EVENT_FATES), min_size=1, max_size=6))
    def events_come(self, events):
        for thing, fate in events:
            self.sent[thing] += 1
            at = thing, self.sent[thing]
            event = api.event(*at, {"name": "a"}, NOW)
            self.append(thing, outbox.envelope(event, f"{thing}-{self.sent[thing]}", None))
            {"poison": self.poison, "deadly": self.deadly}.get(fate, set()).add(at)
        self.consumer_works()

    def append(self, thing, value):
        offset = len(self.log.records)
        self.log.records.append(
            Record(topic=TOPIC, key=thing, value=value, partition=0, offset=offset)
        )

    @precondition(lambda self: self.log.records)
    @rule(numbers=st.lists(st.integers(0, 99), min_size=1, max_size=4))
    def events_come_again(self, numbers):
        """A relay that died after it sent has sent its last wave again."""
        for number in numbers:
            old = self.log.records[number % len(self.log.records)]
            self.append(old.key, old.value)
        self.consumer_works()

    @precondition(lambda self: self.log.committed)
    @rule(number=st.integers(0, 99))
    def offsets_are_set_back(self, number):
        self.log.committed = number % self.log.committed
        self.restart()
        self.consumer_works()

    def consumer_works(self):
        try:
            self.consumer.step(Stop())
        except Death:
            self.restart()

    def restart(self):
        self.log.position = self.log.committed
        self.start()

    @precondition(lambda self: self.poison)
    @rule(number=st.integers(0, 99), replay=st.booleans())
    def a_cause_is_mended(self, number, replay):
        self.poison.discard(sorted(self.poison)[number % len(self.poison)])
        if replay:
            self.parked_events_are_retried()

    def parked_events_are_retried(self):
        with suppress(Death):
            retry_events(self.database, self.topics)

    @invariant()
    def each_event_takes_effect_once_and_in_order(self):
        for thing, versions in self.effects().items():
            assert versions == list(range(1, len(versions) + 1)), thing

    @invariant()
    def what_is_committed_took_effect_or_lies_aside(self):
        done = self.effects()
        aside = set(self.scalars('SELECT "offset" FROM parked WHERE settled_at IS NULL'))
        for record in self.log.records[: self.log.committed]:
            version = int(json.loads(record.value)["sequence"])
            assert version <= len(done[record.key]) or record.offset in aside

    def effects(self):
        found = defaultdict(list)
        with self.database.transaction() as session:
            for thing, version in session.execute(
                text("SELECT thing, version FROM effect ORDER BY n")
            ):
                found[thing].append(version)
        return found

    def at_the_end(self):
        self.poison.clear()
        self.deadly.clear()
        self.restart()
        self.consumer.step(Stop())
        assert retry_events(self.database, self.topics)[1] == 0
        assert {t: len(v) for t, v in self.effects().items()} == dict(self.sent)


def test_no_order_of_deliveries_deaths_and_poison_breaks_what_the_consumer_promises(
    database, monkeypatch
):
    monkeypatch.setattr(consumer_module, "RETRY_SECONDS", (0.0,))
    run(InboxAndParkedEvents, database)


class InboxAndParkedEventsTogether(InboxAndParkedEvents):
    """The same with a handler whose effects are written in one statement."""

    @property
    def topics(self):
        return {TOPIC: {TYPE: BatchHandler(lambda _, event: event, self.handle_all)}}

    def handle_all(self, context, events):
        for event in events:
            self.handle(context, event)


def test_no_order_of_deliveries_breaks_effects_that_are_written_together(database, monkeypatch):
    monkeypatch.setattr(consumer_module, "RETRY_SECONDS", (0.0,))
    run(InboxAndParkedEventsTogether, database)


def test_the_machine_finds_a_relay_that_overtakes_what_was_not_acknowledged(database, monkeypatch):
    settle = Relay._settle
    monkeypatch.setattr(Relay, "_settle", lambda *words: settle(*words) and set())

    finds_it(OutboxAndRelay, database)


def test_the_machine_finds_a_consumer_that_forgets_what_is_parked(database, monkeypatch):
    monkeypatch.setattr(consumer_module, "RETRY_SECONDS", (0.0,))
    accept = inbox.accept

    def careless(session, *, consumer, arrived):
        return accept(session, consumer=consumer, arrived=[(i, t, "") for i, t, _ in arrived])

    monkeypatch.setattr(inbox, "accept", careless)

    finds_it(InboxAndParkedEvents, database)
