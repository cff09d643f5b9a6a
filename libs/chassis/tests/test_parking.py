"""The parking lot: four kinds of failures, one table, one gauge, one command."""

from datetime import UTC, datetime, timedelta
from threading import Event as Stop

import pytest
from click.testing import CliRunner
from consuming import TOPIC, TYPE, Log
from firing import NOON, Clock, fire_all
from sample import api
from sqlalchemy import text
from sqlalchemy.event import listen

from chassis.core import metrics
from chassis.data import parking, postponed_rows
from chassis.data.deadlines import set_deadline
from chassis.data.parking import GIVEN_UP, Settlement
from chassis.data.postponed_rows import MOST_TRIES, PARKED_UNTIL, postpone_row
from chassis.events import consumer as consumer_module
from chassis.events import outbox
from chassis.events.consumer import Consumer
from chassis.events.kafka import TooLarge
from chassis.events.relay import Relay
from chassis.process import Process
from chassis.run import cli
from chassis.run.deadlines import BACKOFF_SECONDS, Deadlines
from chassis.run.housekeeping import Housekeeping
from chassis.service import Service
from chassis.testing import plain_context

NOW = datetime(2026, 11, 24, tzinfo=UTC)


class Death(BaseException):
    """A kill -9 at this point: no handler catches it."""


class Kind:
    """One kind of entry in a service. `effects`: what has happened to the subject `t1`, in order, once committed."""

    retried, given_up = ["effect"], []
    released = "nothing waited behind it"

    def __init__(self, database):
        self.database = database
        self.broken = True
        self.effects = []

    def service(self):
        return Service(name="sample", package="sample")

    def run(self):
        """Runs the part of `work` that the kind belongs to."""

    def add_behind(self):
        """Adds what has to wait behind the entry."""

    def happens(self, session, effect="effect"):
        listen(session, "after_commit", lambda _: self.effects.append(effect), once=True)


class Events(Kind):
    line = "event\tsample\tsample.thing[0]@0\tt1\t3"
    retried, given_up = [1, 2, 3], [2, 3]
    released = "released 2 later events of the key t1; applied 2"

    def __init__(self, database):
        super().__init__(database)
        self.log = Log()

    def service(self):
        return Service(name="sample", package="sample", handlers={TOPIC: {TYPE: self.handle}})

    def handle(self, context, event):
        if self.broken and event.sequence == 1:
            raise ZeroDivisionError
        if event.subject == "t1":
            self.happens(context.session, event.sequence)

    def park(self):
        for version in (1, 2):
            self.log.add("t1", version)
        self.log.add("t2", 2)
        self.run()

    def add_behind(self):
        self.log.add("t1", 3)

    def run(self):
        topics = self.service().handlers
        Consumer("sample", self.database, self.log, topics, plain_context).step(Stop())


class Publications(Kind):
    retried, given_up = [1, 2, 3], [2, 3]
    released = "released 2 later events of thing t1 to the relay"

    @property
    def line(self):
        with self.database.transaction() as session:
            first = session.scalar(text("SELECT min(id) FROM outbox WHERE aggregate_id = 't1'"))
        return f"publication\trelay\tthing#{first}\tt1\t1"

    def publish(self, records):
        large = [self.broken and b'"sequence":"1"' in one.value for one in records]
        for record, is_large in zip(records, large, strict=True):
            if record.key == "t1" and not is_large:
                self.effects.append(int(record.value.split(b'"sequence":"')[1].split(b'"')[0]))
        return [TooLarge("900001 bytes") if is_large else None for is_large in large]

    def add(self, *versions):
        with self.database.transaction() as session:
            for version in versions:
                outbox.publish(session, api.event("t1", version, {"name": "a"}, NOW))

    def park(self):
        self.add(1, 2)
        self.run()

    def add_behind(self):
        self.add(3)

    def run(self):
        Relay(self.database, self).step()


class ADeadline(Kind):
    line = "deadline\tclose\tthing@2026-11-25T12:00:00Z\tt1\t6"

    def service(self):
        return Service(name="sample", package="sample", deadlines={"close": self.fire})

    def fire(self, context, _deadline):
        if self.broken:
            raise ZeroDivisionError
        self.happens(context.session)

    def park(self):
        with self.database.transaction() as session:
            set_deadline(session, "thing", "t1", "close", NOON)
        self.clock = Clock()
        for wait in (*BACKOFF_SECONDS, 0):
            self.run()
            self.clock.now += timedelta(seconds=wait)

    def run(self):
        fire_all(Deadlines(Process(self.service(), None, self.database), clock=self.clock))


class ACall(Kind):
    line = "call\tsender\t-\tt1\t72"

    def service(self):
        return Service(name="sample", package="sample", due_times={"sender": self.set_due})

    def set_due(self, session, _key, until):
        if until < PARKED_UNTIL and not self.broken:
            self.happens(session)

    def park(self):
        with self.database.transaction() as session:
            for _ in range(MOST_TRIES):
                postpone_row(session, "sender", "t1", self.set_due, reason="CannotUnseal", now=NOW)


@pytest.fixture(params=[Events, Publications, ADeadline, ACall])
def kind(request, empty, settings, monkeypatch):
    """One of the four kinds, with an entry and what waits behind the entry; its cause is mended."""
    monkeypatch.setattr(consumer_module, "RETRY_SECONDS", (0.0,))
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1")
    monkeypatch.setenv("ISSUER", settings.issuer)
    clear(empty)
    made = request.param(empty)
    made.park()
    made.add_behind()
    made.run()
    made.broken = False
    yield made
    clear(empty)


def clear(database):
    with database.transaction() as session:
        session.execute(
            text("TRUNCATE parked, postponed_row, outbox, inbox, deadline, consumer_progress")
        )


def call(kind, *words):
    """Returns exit status and output of `sample parked …`."""
    outcome = CliRunner().invoke(cli.group(kind.service()), ["parked", *words])
    if outcome.exception and not isinstance(outcome.exception, SystemExit):
        raise outcome.exception
    return outcome.exit_code, outcome.output.strip().splitlines()


def first_id(kind):
    with kind.database.transaction() as session:
        return str(parking.open_entries(session)[0].id)


def settlements(kind):
    """Returns how, by whom and why each entry was settled."""
    columns = "settlement, settled_by, settled_why"
    with kind.database.transaction() as session:
        return [
            tuple(row) for row in session.execute(text(f"SELECT {columns} FROM parked ORDER BY id"))
        ]


def test_an_entry_is_listed_and_counted(kind):
    status, lines = call(kind, "list")
    Housekeeping(Process(kind.service(), None, kind.database)).measure()

    assert status == 0
    assert lines[0].startswith(f"{first_id(kind)}\t{kind.line}\t")
    name = kind.line.partition("\t")[0]
    assert metrics.PARKED.labels(name)._value.get() == len(lines)


def test_what_waits_behind_an_entry_stays_behind_it(kind):
    kind.run()

    assert kind.effects == []


def test_a_retry_releases_everything_in_order(kind):
    status, _ = call(kind, "retry", first_id(kind), "--who", "Ali")
    kind.run()

    assert (status, kind.effects) == (0, kind.retried)
    assert call(kind, "list") == (0, [])
    assert {how[:2] for how in settlements(kind)} == {("retried", "Ali")}


def test_a_retry_of_all_entries_of_a_kind_spares_other_kinds(kind):
    name = kind.line.partition("\t")[0]
    other = next(one.value for one in parking.Kind if one != name)

    assert call(kind, "retry", "--all", "--kind", other)[1] == ["0 retried, 0 still parked"]
    assert call(kind, "retry", "--all", "--kind", name)[0] == 0
    kind.run()

    assert kind.effects == kind.retried


def test_a_give_up_leaves_the_entry_out_for_good_and_says_what_it_releases(kind):
    entry = first_id(kind)

    status, lines = call(kind, "give-up", entry, "--who", "Ali", "--why", "entered twice")
    kind.run()

    assert (status, kind.effects) == (0, kind.given_up)
    assert lines == ["given up by Ali: entered twice", kind.released]
    assert call(kind, "list") == (0, [])
    assert settlements(kind)[0] == ("given-up", "Ali", "entered twice")
    assert call(kind, "give-up", entry, "--who", "Ali", "--why", "again")[0] == 1


@pytest.mark.parametrize("words", [["retry"], ["give-up"]])
def test_a_command_that_is_killed_in_the_middle_has_done_nothing_and_can_be_repeated(
    kind, words, monkeypatch
):
    words = [*words, first_id(kind), *(["--who", "A", "--why", "x"] * (words == ["give-up"]))]
    settle = parking.settle

    def die(*arguments):
        settle(*arguments)
        raise Death

    with monkeypatch.context() as killed:
        killed.setattr(parking, "settle", die)
        with pytest.raises(Death):
            call(kind, *words)
    kind.run()
    before = list(kind.effects)
    call(kind, *words)
    kind.run()

    assert before == []
    assert kind.effects == (kind.retried if words[0] == "retry" else kind.given_up)


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["retry"], 2),
        (["retry", "1", "--all"], 2),
        (["retry", "1", "--kind", "call"], 2),
        (["retry", "0"], 1),
        (["give-up", "0", "--who", "Ali", "--why", "x"], 1),
        (["give-up", "0", "--who", "Ali"], 2),
        (["give-up", "0", "--why", "x"], 2),
    ],
)
def test_a_command_refuses_what_it_does_not_understand(kind, words, status):
    assert call(kind, *words)[0] == status
    assert call(kind, "list")[1] != []


def test_a_retry_that_fails_again_keeps_the_entry_and_ends_with_1(kind):
    if not isinstance(kind, Events):
        return  # the others are only made due
    kind.broken = True

    status, lines = call(kind, "retry", first_id(kind))

    assert (status, lines[-1]) == (1, "0 retried, 1 still parked")
    assert call(kind, "list")[1][0].startswith(f"{first_id(kind)}\tevent\tsample\t")


def test_a_row_that_its_service_made_due_and_that_fails_again_is_not_listed(empty):
    clear(empty)
    row = ACall(empty)
    row.park()

    with empty.transaction() as session:
        postpone_row(session, "sender", "t1", row.set_due, reason="x", now=NOW + timedelta(days=9))
        assert parking.open_entries(session) == []
    clear(empty)


def test_a_call_of_a_worker_that_the_service_no_longer_has_stays_parked(empty):
    clear(empty)
    ACall(empty).park()

    with empty.transaction() as session:
        [entry] = parking.open_entries(session)
        settlement = Settlement(GIVEN_UP, "Ali", "x")
        assert not postponed_rows.retry_parked(session, {}, entry, settlement, now=NOW)
        assert parking.open_entries(session) == [entry]
    clear(empty)
