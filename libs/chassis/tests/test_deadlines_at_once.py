"""Deadlines with several processes, and with processes that are killed: each fires once all the same."""

import os
import subprocess
import sys
import threading

import pytest
from firing import HOUR, NOON, Clock, Fired, fire_all, make_thing, runner_of, touch, version
from serving import HERE, until
from sqlalchemy import text

from chassis.data.deadlines import pending, set_deadline
from chassis.run.deadlines import BATCH


def test_two_runners_fire_each_of_many_once(empty):
    with empty.transaction() as session:
        for number in range(3 * BATCH):
            make_thing(session, f"t{number}")
            set_deadline(session, "thing", f"t{number}", "close", NOON)
    together = threading.Barrier(2)
    failures = []

    def run():
        together.wait()
        try:
            fire_all(runner_of(empty, Clock(), close=touch))
        except Exception as error:  # pragma: no cover - shown by the assertion below
            failures.append(error)

    runners = [threading.Thread(target=run) for _ in range(2)]
    for thread in runners:
        thread.start()
    for thread in runners:
        thread.join()

    assert failures == []
    with empty.transaction() as session:
        assert session.execute(text("SELECT version, count(*) FROM thing GROUP BY 1")).all() == [
            (2, 3 * BATCH)
        ]
        assert session.scalar(text("SELECT count(*) FROM deadline")) == 0


def test_a_command_that_holds_the_aggregate_goes_on_and_the_deadline_lets_go(empty):
    with empty.transaction() as session:
        make_thing(session, "t1")
        set_deadline(session, "thing", "t1", "close", NOON)
    fired, holds, taken = Fired(touch), threading.Event(), threading.Event()

    def fire(context, deadline):
        taken.set()
        fired(context, deadline)

    def command():
        with empty.transaction() as session:
            session.execute(text("SELECT * FROM thing WHERE id = 't1' FOR UPDATE"))
            holds.set()
            assert taken.wait(30)
            set_deadline(session, "thing", "t1", "close", NOON + HOUR)

    thread = threading.Thread(target=command)
    thread.start()
    assert holds.wait(30)
    fire_all(runner_of(empty, Clock(), close=fire))
    thread.join()

    assert fired.seen == []
    with empty.transaction() as session:
        assert pending(session, "thing", "t1") == {"close": NOON + HOUR}
        assert session.scalar(text("SELECT attempts FROM deadline")) == 0


DYING = """
import os, signal
from sqlalchemy import event, text
from chassis.run import cli
from chassis.service import Service

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

def fire(context, deadline):
    context.session.execute(
        text("UPDATE thing SET version = version + 1 WHERE id = :id"), {"id": deadline.aggregate_id}
    )
    if os.environ["DIES"] == "before":
        context.session.flush()
        die()
    if os.environ["DIES"] == "after":
        event.listen(context.session, "after_commit", die)

cli.main(Service(name="sample", package="sample", deadlines={"close": fire}))
"""


def work(settings, dies):
    environment = {
        **os.environ,
        "DATABASE_URL": settings.database_url,
        "KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap_servers,
        "ISSUER": settings.issuer,
        "CONTRACTS_DIR": str(HERE / "contracts"),
        "PYTHONPATH": str(HERE),
        "DIES": dies,
    }
    words = [sys.executable, "-c", DYING, "work", "--only", "deadlines"]
    return subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL)


@pytest.mark.parametrize("dies", ["before", "after"])
def test_a_kill_before_or_after_the_commit_neither_loses_nor_doubles(empty, settings, dies):
    with empty.transaction() as session:
        make_thing(session, "t1")
        set_deadline(session, "thing", "t1", "close", NOON)

    def left(thing):
        with empty.transaction() as session:
            return pending(session, "thing", thing)

    assert work(settings, dies).wait(60) == -9
    assert (left("t1") == {}) == (dies == "after")
    with empty.transaction() as session:
        make_thing(session, "t2")
        set_deadline(session, "thing", "t2", "close", NOON)
    second = work(settings, "never")
    until(lambda: left("t1") == left("t2") == {})
    second.terminate()

    assert second.wait(60) == 0
    with empty.transaction() as session:
        assert (version(session, "t1"), version(session, "t2")) == (2, 2)
