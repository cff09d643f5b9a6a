"""Many statements in one round trip, each for itself. Pins what we rely on of libpq, through psycopg.pq."""

from datetime import date

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from chassis.data.db import Database
from chassis.fast.pipeline import Pipeline, Statement, day, parameter

ECHO = "SELECT $1::text"


@pytest.fixture
def pipeline(real_database):
    return Pipeline(real_database)


def value(result, column=0):
    return result.get_value(0, column)


def test_each_statement_gets_its_own_result_in_order(pipeline):
    results = pipeline.run([Statement(ECHO, [b"%d" % number]) for number in range(200)])

    assert [value(one) for one in results] == [b"%d" % number for number in range(200)]


def test_results_of_many_kilobytes_arrive_whole(pipeline):
    large = Statement("SELECT repeat('x', $1::int) FROM generate_series(1, 50)", [b"20000"])

    for result in pipeline.run([large] * 5):
        assert result.ntuples == 50
        assert len(result.get_value(49, 0)) == 20_000


def test_a_statement_that_fails_leaves_the_others_as_they_are(pipeline, real_database):
    table = f"kept_{id(pipeline)}"
    with real_database.transaction() as session:
        session.execute(text(f"CREATE TABLE {table} (number int)"))
    add = f"INSERT INTO {table} VALUES ($1::int)"

    results = pipeline.run(
        [Statement(add, [b"1"]), Statement("SELECT 1 / $1::int", [b"0"]), Statement(add, [b"2"])]
    )

    assert [isinstance(one, OperationalError) for one in results] == [False, True, False]
    assert value(pipeline.run_one(f"SELECT count(*)::text FROM {table}")) == b"2"


def test_a_failed_statement_undoes_all_others_of_its_transaction(pipeline):
    table = f"whole_{id(pipeline)}"
    pipeline.run_one(f"CREATE TABLE {table} (number int)")
    add = Statement(f"INSERT INTO {table} VALUES ($1::int)", [b"1"])

    with pytest.raises(OperationalError, match="division by zero"):
        pipeline.run_as_one([add, Statement("SELECT 1 / $1::int", [b"0"]), add])

    assert value(pipeline.run_one(f"SELECT count(*)::text FROM {table}")) == b"0"
    assert len(pipeline.run_as_one([add, add])) == 2
    assert value(pipeline.run_one(f"SELECT count(*)::text FROM {table}")) == b"2"


def test_a_failed_commit_is_an_error_and_the_connection_goes_on(settings):
    database = Database(settings.database_url, pool_size=1)
    pipeline, table = Pipeline(database), f"late_{id(database)}"
    unique = "UNIQUE DEFERRABLE INITIALLY DEFERRED"
    pipeline.run_one(f"CREATE TABLE {table} (number int {unique})")
    add = Statement(f"INSERT INTO {table} VALUES ($1::int)", [b"1"])

    outcomes = pipeline.run([add, add, add])

    assert sorted(isinstance(one, OperationalError) for one in outcomes) == [False, True, True]
    with pytest.raises(OperationalError, match="duplicate"):
        pipeline.run_one(*add[:1], *add[1])
    assert value(pipeline.run_one(f"SELECT count(*)::text FROM {table}")) == b"1"
    database.dispose()


def test_a_statement_that_is_no_sql_names_itself_and_the_connection_goes_on(pipeline):
    with pytest.raises(OperationalError):
        pipeline.run_one("SELEKT 1")

    assert value(pipeline.run_one(ECHO, b"on")) == b"on"


@pytest.mark.parametrize(
    ("sql", "given", "stored"),
    [
        (ECHO, "حي الخزامى", "حي الخزامى".encode()),
        (ECHO, "", b""),
        ("SELECT $1::bytea", b"\x00\\\xff", b"\x00\\\xff"),
        ("SELECT ($1::text[])[2]", ["a", 'b"\\,{} NULL'], b'b"\\,{} NULL'),
        ("SELECT cardinality($1::text[])::text", [], b"0"),
        ("SELECT ($1::int + 1)::text", -7, b"-6"),
    ],
)
def test_a_parameter_arrives_as_it_was_given(pipeline, sql, given, stored):
    assert value(pipeline.run_one(sql, parameter(given))) == stored


@pytest.mark.parametrize("given", [date(1999, 12, 31), date(2000, 1, 1), date(2026, 11, 24)])
def test_a_date_goes_there_and_comes_back(pipeline, given):
    assert day(value(pipeline.run_one("SELECT $1::date", parameter(given)))) == given


def test_null_is_none_in_both_directions(pipeline):
    assert value(pipeline.run_one(ECHO, None)) is None


def test_two_pipelines_share_a_connection_and_its_prepared_statements(settings):
    database = Database(settings.database_url, pool_size=1)
    for number in range(3):
        for pipeline in (Pipeline(database), Pipeline(database)):
            assert value(pipeline.run_one(f"SELECT $1::text || {number}", b"n")) == b"n%d" % number
    database.dispose()


def test_a_lost_connection_is_an_error_and_the_next_one_is_a_new_one(settings, real_database):
    database = Database(settings.database_url, pool_size=1, name="to-be-lost")
    pipeline = Pipeline(database)
    pipeline.run_one(ECHO, b"before")
    end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'to-be-lost'"
    with real_database.transaction() as session:
        session.execute(text(end))

    with pytest.raises(OperationalError):
        pipeline.run([Statement(ECHO, [b"1"]), Statement(ECHO, [b"2"])])

    assert value(pipeline.run_one(ECHO, b"after")) == b"after"
    database.dispose()


def test_a_statement_that_takes_too_long_ends_alone(settings):
    database = Database(settings.database_url, statement_timeout_ms=200)
    slow, quick = Pipeline(database).run(
        [Statement("SELECT pg_sleep($1::int)", [b"30"]), Statement(ECHO, [b"quick"])]
    )

    assert isinstance(slow.orig, psycopg.errors.QueryCanceled)
    assert value(quick) == b"quick"
    database.dispose()


def test_a_statement_is_planned_once_whatever_its_parameters(pipeline):
    show = "SELECT current_setting('plan_cache_mode')"

    assert value(pipeline.run_one(show)) == b"force_generic_plan"


def test_a_page_starts_no_workers_and_compiles_nothing(pipeline):
    """Planned once means planned for a tenth of the rows: behind a cursor a page took 22 ms for what takes 0.1."""
    show = "SELECT current_setting('max_parallel_workers_per_gather') || current_setting('jit')"

    assert value(pipeline.run_one(show)) == b"0off"
