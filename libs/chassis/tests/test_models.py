"""State machines: Hypothesis looks for an order of writes, faults and deaths that breaks a promise of the event path.

The code under test is the real one on a real PostgreSQL; broker and log are doubles whose failures Hypothesis chooses,
and no clock or chance is left, so that a seed replays exactly.
"""

import json
from collections import defaultdict
from contextlib import suppress
from datetime import UTC, datetime
from threading import Event as Stop

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sample import api
from sqlalchemy import text

from chassis import consumer as consumer_module
from chassis import dead_letters, outbox, relay
from chassis.consumer import Consumer
from chassis.kafka import Record, TooLarge
from chassis.relay import Relay

NOW = datetime(2026, 11, 24, tzinfo=UTC)
TOPIC, TYPE = "sample.thing", "sa.gov.qatif.sample.thing.made.v1"
THINGS = st.sampled_from(["t1", "t2", "t3"])
LIMITS = settings(
    max_examples=15,
    stateful_step_count=20,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


class Death(BaseException):
    """kill -9 at this point: nobody catches it."""


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


# ------------------------------------------------------------------------------------------------ outbox and relay


class Broker:
    """Acknowledges or not, as it was told; what it took stays in `topic`."""

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

    @rule(thing=THINGS, count=st.integers(1, 3))
    def write(self, thing, count):
        with self.database.transaction() as session:
            for _ in range(count):
                self.committed[thing] += 1
                outbox.publish(session, api.event(thing, self.committed[thing], {"name": "a"}, NOW))

    @rule(thing=THINGS)
    def write_and_roll_back(self, thing):
        event = api.event(thing, self.committed[thing] + 1, {"name": "a"}, NOW)
        with suppress(Death), self.database.transaction() as session:
            outbox.publish(session, event)
            raise Death

    @rule(fates=FATES)
    def relay_works(self, fates):
        self.broker.fates = list(fates)
        try:
            Relay(self.database, self.broker).step()
        except Death:
            return  # its transaction is gone; what the broker took isn't

    @rule(thing=THINGS)
    def unpark(self, thing):
        with self.database.transaction() as session:
            parked = {row.aggregate_id for row in relay.parked(session)}
            assert relay.unpark(session, "thing", thing) == (thing in parked)

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


# ------------------------------------------------------------------------------- inbox, consumer and dead letters


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

    def lag(self):
        return {}

    def pause(self): ...
    def resume(self): ...
    def keep_alive(self): ...


class InboxAndDeadLetters(Machine):
    def __init__(self, database):
        super().__init__(database)
        self.log, self.sent = Log(), defaultdict(int)
        self.poison, self.deadly = set(), set()
        with database.transaction() as session:
            session.execute(text("CREATE TEMP TABLE effect (n serial, thing text, version int)"))

    @initialize()
    def start(self):
        self.consumer = Consumer("sample", self.database, self.log, self.topics)

    @property
    def topics(self):
        return {TOPIC: {TYPE: self.handle}}

    def handle(self, session, event):
        at = event.subject, event.sequence
        session.execute(text("INSERT INTO effect (thing, version) VALUES (:thing, :version)"),
                        {"thing": at[0], "version": at[1]})  # fmt: skip
        if at in self.deadly:
            self.deadly.discard(at)
            raise Death
        if at in self.poison:
            raise ZeroDivisionError

    @rule(thing=THINGS, fate=st.sampled_from(["well", "well", "well", "poison", "deadly"]))
    def event_comes(self, thing, fate):
        self.sent[thing] += 1
        event = api.event(thing, self.sent[thing], {"name": "a"}, NOW)
        value = outbox.envelope(event, f"{thing}-{self.sent[thing]}", None)
        self.append(thing, value)
        {"poison": self.poison, "deadly": self.deadly}.get(fate, set()).add(
            (thing, self.sent[thing])
        )

    def append(self, thing, value):
        self.log.records.append(
            Record(topic=TOPIC, key=thing, value=value, partition=0, offset=len(self.log.records))
        )

    @rule(data=st.data())
    def event_comes_again(self, data):
        """A relay that died after it sent has sent its last wave again."""
        if self.log.records:
            old = data.draw(st.sampled_from(self.log.records))
            self.append(old.key, old.value)

    @rule()
    def consumer_works(self):
        try:
            self.consumer.step(Stop())
        except Death:
            self.restart()

    @rule()
    def restart(self):
        self.log.position = self.log.committed
        self.start()

    @rule(data=st.data())
    def offsets_are_set_back(self, data):
        self.log.committed = data.draw(st.integers(0, self.log.committed))
        self.restart()

    @rule(data=st.data())
    def the_cause_is_mended(self, data):
        if self.poison:
            self.poison.discard(data.draw(st.sampled_from(sorted(self.poison))))

    @rule()
    def dead_letters_are_replayed(self):
        try:
            dead_letters.replay(self.database, "sample", self.topics)
        except Death:
            return

    @invariant()
    def each_event_takes_effect_once_and_in_order(self):
        for thing, versions in self.effects().items():
            assert versions == list(range(1, len(versions) + 1)), thing

    @invariant()
    def what_is_committed_took_effect_or_lies_aside(self):
        done = self.effects()
        aside = set(self.scalars('SELECT "offset" FROM dead_letter WHERE replayed_at IS NULL'))
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
        assert dead_letters.replay(self.database, "sample", self.topics)[1] == 0
        assert {t: len(v) for t, v in self.effects().items()} == dict(self.sent)


def test_no_order_of_deliveries_deaths_and_poison_breaks_what_the_consumer_promises(
    database, monkeypatch
):
    monkeypatch.setattr(consumer_module, "RETRY_SECONDS", (0.0,))
    run(InboxAndDeadLetters, database)
