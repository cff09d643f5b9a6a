"""What the loop of calls promises: no row stops or spins the others, and every place comes back."""

from datetime import UTC, datetime
from threading import Event, Thread

import psycopg
import pytest
from calling import Ledger, work_off
from sqlalchemy.exc import DataError, OperationalError

from chassis.data import calls
from chassis.data.postponed_rows import ROWS_POSTPONED

NOW = datetime(2026, 11, 26, 9, tzinfo=UTC)
AWAY = OperationalError("SELECT", None, psycopg.OperationalError("no connection"))
POISON = DataError("UPDATE", None, psycopg.DataError("it holds a NUL"))
LOCKED = OperationalError("SELECT", None, psycopg.errors.LockNotAvailable("somebody has it"))


def test_what_comes_back_together_is_recorded_together():
    ledger = Ledger("a", "b", "c")

    work_off(ledger)

    assert ledger.recorded == {"a": "well", "b": "well", "c": "well"}
    assert ledger.turns[3] == 1


def test_a_call_that_raises_is_a_failure_like_another():
    ledger = Ledger("a", "b", raises={"a": KeyError("a")})

    work_off(ledger)

    assert ledger.recorded == {"a": "internal", "b": "well"}


def test_more_calls_that_raise_than_there_are_places_leave_the_places_free():
    rows = [f"bad {number}" for number in range(9)]
    ledger = Ledger(
        *rows,
        "hopeless",
        "good",
        raises=dict.fromkeys([*rows, "hopeless"], KeyError()),
        places=2,
    )
    made = ledger

    while ledger.due or made.under_way():
        work_off(made)

    assert ledger.recorded == {**dict.fromkeys(rows, "internal"), "good": "well"}


def test_a_pool_without_a_thread_gives_its_places_back(monkeypatch):
    ledger = Ledger("a", "b")
    made = ledger

    def none_is_left(*_):
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as broken:
        broken.setattr(made._pool, "submit", none_is_left)
        made.turn()
    work_off(made)

    assert ledger.recorded == {"a": "internal", "b": "internal"}


def test_a_result_that_cannot_be_stored_gives_way_to_a_failure_and_the_others_are_stored():
    ledger = Ledger("a", "poisoned", "c", unrecorded={("poisoned", "well"): POISON})

    work_off(ledger)

    assert ledger.recorded == {"a": "well", "poisoned": "unrecorded", "c": "well"}
    assert ledger.postponed == []


def test_a_row_that_cannot_be_written_at_all_is_postponed_and_the_others_are_stored():
    never = {("poisoned", "well"): POISON, ("poisoned", "unrecorded"): POISON}
    ledger = Ledger("a", "poisoned", "c", unrecorded=never)
    counted = ROWS_POSTPONED.labels("test")._value
    before = counted.get()

    work_off(ledger)

    assert ledger.recorded == {"a": "well", "c": "well"}
    assert ledger.postponed == ["poisoned"]
    assert counted.get() - before == 1


def test_a_row_that_somebody_keeps_locked_is_recorded_later_and_stops_no_other(monkeypatch):
    monkeypatch.setattr(calls, "BUSY_SECONDS", 0.0)
    ledger = Ledger("a", "locked", "c", "d", unrecorded={("locked", "well"): LOCKED}, places=3)
    made = ledger

    made.turn()
    made.settle()
    made.turn()
    made.settle()
    first = dict(ledger.recorded)
    ledger.unrecorded.clear()
    work_off(made)

    assert first == {"a": "well", "c": "well"}
    assert ledger.recorded == dict.fromkeys(("a", "locked", "c", "d"), "well")


def test_while_the_database_is_away_nothing_that_came_back_is_lost():
    ledger = Ledger("a", "b")
    made = ledger
    made.turn()
    made.settle()
    ledger.away = [AWAY, AWAY]

    for _ in range(2):
        with pytest.raises(OperationalError):
            made.turn()
    work_off(made)

    assert ledger.recorded == {"a": "well", "b": "well"}
    assert ledger.postponed == []


def test_when_the_database_goes_away_while_results_are_recorded_apart_the_rest_is_kept():
    ledger = Ledger("a", "poisoned", "c", unrecorded={("poisoned", "well"): POISON})
    made = ledger
    made.turn()
    made.settle()
    turn, tries = ledger.record_and_claim, []

    def goes_away(done, room):
        tries.append(len(done))
        if len(tries) == 3:
            raise AWAY
        return turn(done, room)

    ledger.record_and_claim = goes_away
    with pytest.raises(OperationalError):
        made.turn()
    work_off(made)

    assert ledger.recorded == {"a": "well", "poisoned": "unrecorded", "c": "well"}


def test_an_outcome_is_recorded_once_when_the_claims_after_it_fail():
    ledger, recorded = Ledger("a"), []
    ledger.turn()
    ledger.settle()
    ledger.record = lambda _session, completed: recorded.extend(completed)
    ledger.claim_apart = lambda _room: (_ for _ in ()).throw(AWAY)

    for _ in range(2):
        with pytest.raises(OperationalError):
            ledger.turn()

    assert len(recorded) == 1


def test_a_turn_that_fails_for_any_reason_does_not_end_the_worker(monkeypatch):
    monkeypatch.setattr(calls, "AWAY_SECONDS", 0.0)
    ledger = Ledger("a")
    ledger.away = [AWAY, ZeroDivisionError(), POISON]
    made, stop = ledger, Event()
    turn = ledger.record_and_claim

    def stops_at_the_end(done, room):
        jobs = turn(done, room)
        if ledger.recorded:
            stop.set()
        return jobs

    ledger.record_and_claim = stops_at_the_end
    made.run(stop)

    assert ledger.recorded == {"a": "well"}


def test_a_worker_that_is_stopped_records_what_is_under_way():
    ledger, stop, answered = Ledger("a"), Event(), Event()
    ledger.waits["a"] = answered
    made = ledger
    thread = Thread(target=made.run, args=(stop,))
    thread.start()
    while not made.under_way():
        thread.join(0.01)

    stop.set()
    answered.set()
    thread.join(10)

    assert ledger.recorded == {"a": "well"}


def stopped(ledger, during):
    """Runs a loop until its calls are under way, stops it, and lets `during` happen while the loop ends."""
    stop, answered = Event(), Event()
    ledger.waits = dict.fromkeys(ledger.due, answered)
    made = ledger
    thread = Thread(target=made.run, args=(stop,))
    thread.start()
    while not made.under_way():
        thread.join(0.01)
    stop.set()
    answered.set()
    during(thread)
    thread.join(10)
    assert not thread.is_alive()


def test_a_worker_that_is_stopped_records_the_outcome_of_a_row_that_was_locked(monkeypatch):
    monkeypatch.setattr(calls, "RETRY_SECONDS", 0.01)
    ledger = Ledger("a", "locked", unrecorded={("locked", "well"): LOCKED})

    def let_go(thread):
        while "a" not in ledger.recorded:
            thread.join(0.01)
        ledger.unrecorded.clear()

    stopped(ledger, let_go)

    assert ledger.recorded == {"a": "well", "locked": "well"}


def test_a_worker_that_is_stopped_while_the_database_is_away_waits_for_it(monkeypatch):
    monkeypatch.setattr(calls, "RETRY_SECONDS", 0.01)
    ledger = Ledger("a")

    def go_away(_thread):
        ledger.away = [AWAY, AWAY]

    stopped(ledger, go_away)

    assert ledger.recorded == {"a": "well"}


def test_a_worker_that_is_stopped_gives_up_an_outcome_that_stays_unrecorded(monkeypatch):
    monkeypatch.setattr(calls, "RETRY_SECONDS", 0.01)
    monkeypatch.setattr(calls, "SHUTDOWN_SECONDS", 0.1)
    ledger = Ledger("locked", unrecorded={("locked", "well"): LOCKED})

    stopped(ledger, lambda _thread: None)

    assert ledger.recorded == {}


def test_results_that_are_to_be_recorded_apart_never_share_a_transaction():
    ledger = Ledger("a", "b", "c", together=False)

    work_off(ledger)

    assert ledger.recorded == dict.fromkeys("abc", "well")
    assert set(ledger.turns) == {0, 1}


def test_a_step_does_what_is_due_and_records_it():
    ledger = Ledger("a", "b", raises={"b": ValueError()})

    assert ledger.step() == 2
    assert ledger.recorded == {"a": "well", "b": "internal"}
