"""How the loop of calls claims rows: a row that fails stops no other."""

from contextlib import nullcontext
from datetime import UTC, datetime

import psycopg
import pytest
from calling import Ledger, work_off
from firing import make_thing
from sqlalchemy import text
from sqlalchemy.exc import DataError, OperationalError

from chassis.data.calls import claim_together
from chassis.data.postponed_rows import WAIT

NOW = datetime(2026, 11, 26, 9, tzinfo=UTC)
AWAY = OperationalError("SELECT", None, psycopg.OperationalError("no connection"))
POISON = DataError("UPDATE", None, psycopg.DataError("it holds a NUL"))
LOCKED = OperationalError("SELECT", None, psycopg.errors.LockNotAvailable("somebody has it"))


def test_rows_are_claimed_together_and_a_poisoned_one_apart_from_the_others(session):
    for thing in ("a", "b", "c"):
        make_thing(session, thing)
    tries, aside = [], []

    def claim(keys):
        tries.append(list(keys))
        for key in keys:
            session.execute(
                text("UPDATE thing SET version = version + 1 WHERE id = :id"), {"id": key}
            )
        if "b" in keys:
            session.execute(text("SELECT 1/0"))
        return [f"job {key}" for key in keys]

    def set_due(_session, key, _until):
        aside.append(key)

    keys = ["a", "b", "c"]
    jobs = claim_together(session, keys, claim, worker="test", set_due=set_due, now=NOW)

    assert (jobs, aside) == (["job a", "job c"], ["b"])
    assert tries == [["a", "b", "c"], ["a"], ["b"], ["c"]]
    mine = text("SELECT id, version FROM thing WHERE id IN ('a', 'b', 'c') ORDER BY id")
    versions = session.execute(mine).all()
    assert [tuple(row) for row in versions] == [("a", 2), ("b", 1), ("c", 2)]


def test_a_row_that_cannot_even_be_postponed_stops_no_other(session):
    def claim(keys):
        if "b" in keys:
            raise LookupError
        return keys

    def set_due(*_):
        session.execute(text("SELECT 1/0"))

    keys = ["a", "b", "c"]
    jobs = claim_together(session, keys, claim, worker="test", set_due=set_due, now=NOW)

    assert jobs == ["a", "c"]
    assert session.scalar(text("SELECT 1")) == 1


@pytest.mark.parametrize(
    ("good", "expected"),
    [(["a", "b"], nullcontext(["a", "b"])), ([], pytest.raises(OperationalError))],
)
def test_what_was_claimed_before_the_database_went_away_is_called_all_the_same(good, expected):
    def claim(key):
        if key == "away":
            raise AWAY
        return [key]

    with expected as jobs:
        assert Ledger().claim_each("row", [*good, "away", "c"], claim) == jobs


def test_a_row_that_cannot_be_claimed_is_postponed_and_the_others_are_claimed():
    def claim(key):
        if key == "poisoned":
            raise LookupError
        return [key]

    ledger = Ledger()

    assert ledger.claim_each("row", ["a", "poisoned", "c"], claim) == ["a", "c"]
    assert ledger.postponed == ["poisoned"]


def test_a_postponed_row_is_due_an_hour_later(database, session):
    due = {}

    class Postponing(Ledger):
        due_times = {"row": lambda _session, key, until: due.__setitem__(key, until)}

    never = {("poisoned", "well"): POISON, ("poisoned", "unrecorded"): POISON}
    ledger = Postponing("poisoned", unrecorded=never)
    ledger.database, ledger.clock = database, lambda: NOW

    work_off(ledger)

    assert due == {"poisoned": NOW + WAIT}
