"""What the edge to the database promises: a quick no while it's away, and no claim where the outcome isn't known."""

import time
from contextlib import suppress

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from chassis.data import db
from chassis.data.db import Database, OutcomeUnknown
from chassis.http.problems import as_problem


def test_a_database_that_was_away_a_moment_ago_is_not_tried_again_at_once(monkeypatch):
    tries = []

    def refused(*_arguments, **_options):
        tries.append(time.monotonic())
        raise psycopg.OperationalError("refused")

    database = Database("postgresql+psycopg://nobody@127.0.0.1:1/none")
    monkeypatch.setattr(database.engine.dialect, "connect", refused)
    for _ in range(5):
        with pytest.raises(OperationalError):
            database.ping()
    monkeypatch.setattr(db, "AWAY_SECONDS", 0.0)
    database._away_until = 0.0
    with pytest.raises(OperationalError):
        database.ping()

    assert len(tries) == 2


def test_a_commit_without_an_answer_says_that_its_outcome_is_unknown(database, monkeypatch):
    def lost(_session):
        raise OperationalError("COMMIT", None, Exception("connection lost"))

    monkeypatch.setattr(Session, "commit", lost)
    with pytest.raises(OutcomeUnknown) as unknown, database.transaction() as session:
        session.execute(text("SELECT 1"))

    problem = as_problem(unknown.value)
    assert (problem.status, problem.slug) == (503, "outcome-unknown")
    assert "code" not in problem.document("en")  # SQLAlchemy's error has one


def test_each_separate_statement_is_a_transaction_of_its_own(real_database):
    now = text("SELECT txid_current()")
    with real_database.separate_statements() as session:
        separate = session.scalar(now), session.scalar(now)
    with real_database.transaction() as session:
        together = session.scalar(now), session.scalar(now)

    assert separate[0] != separate[1]
    assert together[0] == together[1]


def test_a_transaction_that_fails_before_the_commit_has_changed_nothing(database):
    with pytest.raises(OperationalError) as failed, database.transaction():
        raise OperationalError("INSERT", None, Exception("connection lost"))

    assert as_problem(failed.value).slug == "unavailable"


@pytest.mark.parametrize("opening", [Database.autocommit, Database.driver_connection])
def test_a_single_statement_too_says_that_the_database_is_away(opening):
    gone = Database("postgresql+psycopg://nobody:x@127.0.0.1:1/none")

    with pytest.raises(OperationalError) as refused, opening(gone):
        pass

    assert as_problem(refused.value).slug == "unavailable"
    gone.dispose()


def test_a_connection_that_is_lost_within_a_statement_is_replaced(real_database):
    with pytest.raises(OperationalError), real_database.driver_connection() as connection:
        connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    with real_database.driver_connection() as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_connection_begins_transactions_again_after_a_statement_alone(settings):
    database = Database(settings.database_url, pool_size=1)
    with suppress(LookupError), database.driver_connection() as connection:
        used = connection.execute("SELECT pg_backend_pid()").fetchone()
        raise LookupError

    with suppress(LookupError), database.transaction() as session:
        again = session.execute(text("SELECT pg_backend_pid()")).one()
        session.execute(text("CREATE TABLE never_stored ()"))
        raise LookupError

    with database.driver_connection() as connection:
        stored = connection.execute("SELECT to_regclass('never_stored')").fetchone()
    database.dispose()
    assert (used, stored) == (tuple(again), (None,))


def test_a_statement_alone_is_stored_without_a_commit(real_database):
    with real_database.separate_statements() as session:
        session.execute(text("CREATE TABLE stored_alone ()"))

    with real_database.transaction() as session:
        session.execute(text("DROP TABLE stored_alone"))
