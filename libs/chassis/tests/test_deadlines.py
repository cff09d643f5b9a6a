"""What deadlines promise: set with their change, fired once, whatever fails."""

from datetime import timedelta
from threading import Event as Stop

import pytest
from firing import (
    HOUR,
    NOON,
    Clock,
    Fired,
    failure,
    fire_all,
    make_thing,
    runner_of,
    touch,
    version,
)
from sqlalchemy import text

from chassis.core import metrics
from chassis.data import deadlines
from chassis.data.db import Database
from chassis.data.deadlines import (
    Deadline,
    drop_deadline,
    drop_deadlines,
    pending,
    set_deadline,
    set_deadlines,
)
from chassis.data.parking import RETRIED, Settlement, open_entries
from chassis.run.deadlines import BACKOFF_SECONDS, BATCH

RETRY = Settlement(RETRIED, "Ali", "mended")


def set_one(session):
    set_deadline(session, "thing", "bad", "close", NOON)


def set_together(session):
    set_deadlines(session, "thing", "close", {"bad": NOON})


def drop_one(session):
    drop_deadline(session, "thing", "bad", "close")


def drop_all(session):
    drop_deadlines(session, "thing", "bad")


def test_a_deadline_fires_once_at_its_time_and_not_before(database, session):
    clock, fired = Clock(NOON - HOUR), Fired()
    runner = runner_of(database, clock, close=fired)
    set_deadline(session, "thing", "t1", "close", NOON)

    fire_all(runner)
    assert fired.seen == []
    assert pending(session, "thing", "t1") == {"close": NOON}

    clock.now = NOON
    fire_all(runner)
    fire_all(runner)
    assert fired.seen == [("t1", NOON)]
    assert pending(session, "thing", "t1") == {}


def test_a_deadline_of_a_change_that_was_rolled_back_never_fires(database):
    def change():
        with database.transaction() as session:
            set_deadline(session, "thing", "t1", "close", NOON)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        change()
    fired = Fired()

    fire_all(runner_of(database, Clock(), close=fired))

    assert fired.seen == []


def test_a_moved_deadline_fires_at_its_new_time_only_and_a_dropped_one_never(database, session):
    clock, fired = Clock(), Fired()
    runner = runner_of(database, clock, close=fired, warn=fired)
    set_deadline(session, "thing", "moved", "close", NOON)
    set_deadline(session, "thing", "moved", "close", NOON + HOUR)
    for kind in ("close", "warn"):
        set_deadline(session, "thing", "gone", kind, NOON)
        set_deadline(session, "thing", "half", kind, NOON)
    for kind in ("close", "warn"):
        set_deadline(session, "thing", "gone too", kind, NOON)
    drop_deadlines(session, "thing", "gone", "gone too")
    drop_deadline(session, "thing", "half", "warn")

    fire_all(runner)
    assert fired.ids == ["half"]

    clock.now = NOON + HOUR
    fire_all(runner)
    assert fired.ids == ["half", "moved"]


def test_a_handler_may_set_the_next_deadline_of_its_kind_or_drop_all(database, session):
    def again(context, deadline):
        if deadline.aggregate_id == "chained":
            set_deadline(context.session, "thing", "chained", "close", deadline.due_at + HOUR)
        else:
            drop_deadlines(context.session, "thing", deadline.aggregate_id)

    clock, fired = Clock(), Fired(again)
    runner = runner_of(database, clock, close=fired)
    set_deadline(session, "thing", "chained", "close", NOON)
    set_deadline(session, "thing", "ended", "close", NOON)
    set_deadline(session, "thing", "ended", "warn", NOON + HOUR)

    fire_all(runner)
    assert sorted(fired.ids) == ["chained", "ended"]
    assert pending(session, "thing", "chained") == {"close": NOON + HOUR}
    assert pending(session, "thing", "ended") == {}

    clock.now += HOUR
    fire_all(runner)
    assert fired.ids[2:] == ["chained"]


def test_a_failed_handler_leaves_nothing_behind_is_tried_again_and_blocks_no_other(
    database, session
):
    def fail_once(context, deadline):
        touch(context, deadline)
        if deadline.attempts == 0:
            failure(context, deadline)

    make_thing(session, "bad")
    clock, fired, others = Clock(), Fired(fail_once), Fired()
    runner = runner_of(database, clock, close=fired, warn=others)
    set_deadline(session, "thing", "bad", "close", NOON - HOUR)
    set_deadline(session, "thing", "good", "warn", NOON)

    fire_all(runner)
    assert (fired.ids, others.ids) == ([], ["good"])
    assert version(session, "bad") == 1

    clock.now += timedelta(seconds=BACKOFF_SECONDS[0] - 1)
    fire_all(runner)
    assert fired.ids == []

    clock.now += timedelta(seconds=1)
    fire_all(runner)
    assert fired.ids == ["bad"]
    assert version(session, "bad") == 2


def fail_until_parked(database, session):
    clock = Clock()
    set_deadline(session, "thing", "bad", "close", NOON)
    runner = runner_of(database, clock, close=failure)
    tries = []
    for wait in (*BACKOFF_SECONDS, 0):
        fire_all(runner)
        tries.append(session.scalar(text("SELECT attempts FROM deadline")))
        clock.now += timedelta(seconds=wait)
    return clock, tries


def test_a_handler_that_goes_on_failing_is_parked_where_it_can_be_seen(database, session):
    clock, tries = fail_until_parked(database, session)
    fired = Fired()

    fire_all(runner_of(database, clock, close=fired))

    assert tries == [1, 2, 3, 4, 5, None]
    assert fired.seen == []
    (entry,) = open_entries(session)
    assert (entry.subject.id, entry.tries, entry.reason) == ("bad", 6, "ZeroDivisionError")
    assert pending(session, "thing", "bad") == {"close": NOON}
    assert deadlines.seconds_late(session, clock.now) == 0.0
    assert deadlines.retry_parked(session, entry, RETRY)
    assert not deadlines.retry_parked(session, entry, RETRY)
    fire_all(runner_of(database, clock, close=fired))
    assert fired.ids == ["bad"]


@pytest.mark.parametrize("set_again", [set_one, set_together])
def test_setting_a_parked_deadline_anew_begins_anew(database, session, set_again):
    clock, _ = fail_until_parked(database, session)
    fired = Fired()

    set_again(session)
    fire_all(runner_of(database, clock, close=fired))

    assert fired.ids == ["bad"]
    assert open_entries(session) == []


def test_deadlines_of_several_aggregates_are_set_and_moved_together(database, session):
    clock, fired = Clock(), Fired()
    runner = runner_of(database, clock, close=fired)
    set_deadline(session, "thing", "moved", "close", NOON)

    set_deadlines(session, "thing", "close", {"new": NOON, "moved": NOON + HOUR})

    fire_all(runner)
    assert fired.ids == ["new"]
    clock.now = NOON + HOUR
    fire_all(runner)
    assert fired.ids == ["new", "moved"]


def test_a_parked_deadline_takes_the_place_of_an_older_parked_one(session):
    for due_at in (NOON, NOON + timedelta(hours=2)):
        values = {"id": "d1", "due_at": due_at}
        session.execute(
            text(
                "INSERT INTO deadline (aggregate_type, aggregate_id, kind, due_at, try_at)"
                " VALUES ('thing', :id, 'close', :due_at, :due_at)"
            ),
            values,
        )
        deadlines.park(session, Deadline("thing", "d1", "close", due_at), reason="broken")

    assert pending(session, "thing", "d1") == {"close": NOON + timedelta(hours=2)}


def test_a_statement_that_takes_too_long_is_its_handlers_fault_and_no_outage(database, session):
    def slow(context, _deadline):
        context.session.execute(text("SET LOCAL statement_timeout = '20ms'"))
        context.session.execute(text("SELECT pg_sleep(20)"))

    others = Fired()
    set_deadline(session, "thing", "slow", "close", NOON - HOUR)
    set_deadline(session, "thing", "good", "warn", NOON)

    fire_all(runner_of(database, Clock(), close=slow, warn=others))

    assert others.ids == ["good"]
    assert session.scalar(text("SELECT attempts FROM deadline")) == 1


def test_a_kind_without_a_handler_waits_for_the_version_that_has_it_and_is_seen(database, session):
    set_deadline(session, "thing", "t1", "later", NOON - HOUR)

    fire_all(runner_of(database, Clock(), close=Fired()))

    assert pending(session, "thing", "t1") == {"later": NOON - HOUR}
    assert deadlines.seconds_late(session, NOON) == 3600.0


def test_looking_for_what_is_due_passes_none_of_those_that_are_not(session):
    session.execute(
        text(
            "INSERT INTO deadline SELECT 'thing', 't' || n, 'close', :noon + n * interval '1 min',"
            " :noon + n * interval '1 min' FROM generate_series(-3, 60000) n"
        ),
        {"noon": NOON},
    )
    session.execute(text("ANALYZE deadline"))
    values = {"now": NOON, "kinds": ["close"], "most": BATCH}
    explained = text(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {deadlines._DUE}").bindparams(
        *deadlines._DUE._bindparams.values()
    )

    plan = session.scalar(explained, values)[0]["Plan"]

    assert plan["Actual Rows"] == 4
    assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] < 20


def test_a_retry_of_a_deadline_that_was_settled_meanwhile_fires_nothing(database, session):
    clock, _ = fail_until_parked(database, session)
    (entry,) = open_entries(session)
    drop_deadline(session, "thing", "bad", "close")

    assert not deadlines.retry_parked(session, entry, RETRY)

    assert pending(session, "thing", "bad") == {}


@pytest.mark.parametrize("drop", [drop_one, drop_all])
def test_a_parked_deadline_is_dropped_with_its_aggregate(database, session, drop):
    fail_until_parked(database, session)

    drop(session)

    assert (open_entries(session), pending(session, "thing", "bad")) == ([], {})


def test_a_runner_waits_for_a_database_that_is_away():
    gone = Database("postgresql+psycopg://nobody:x@127.0.0.1:1/none")
    stop, asked = Stop(), []

    def clock():
        asked.append(1)
        if len(asked) == 2:
            stop.set()
        return NOON

    runner = runner_of(gone, clock, close=failure)
    stop.wait = lambda _seconds: None  # type: ignore[method-assign]
    runner.run(stop)

    assert len(asked) == 2
    gone.dispose()


def test_each_try_is_counted_by_its_outcome(database, session):
    set_deadline(session, "thing", "bad", "counted", NOON)
    before = metrics.DEADLINES.labels("counted", "failed")._value.get()

    fire_all(runner_of(database, Clock(), counted=failure))

    assert metrics.DEADLINES.labels("counted", "failed")._value.get() == before + 1
