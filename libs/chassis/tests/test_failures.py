"""What is an outage of the database, and what is a bug."""

from threading import Event as Stop

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError, TimeoutError
from structlog.testing import capture_logs

from chassis.data import failures
from chassis.data.sqlstate import is_away, is_busy, is_timeout
from chassis.events.relay import Relay
from chassis.http.problems import as_problem
from chassis.run.housekeeping import Housekeeping

ERRORS = psycopg.errors


def wrapped(error):
    return DBAPIError.instance("SELECT", {}, error, psycopg.Error)


OUTAGES = [
    (psycopg.OperationalError("no connection"), is_away),
    (ERRORS.AdminShutdown(), is_away),
    (ERRORS.TooManyConnections(), is_away),
    (ERRORS.ReadOnlySqlTransaction(), is_away),
    (ERRORS.LockNotAvailable(), is_busy),
    (ERRORS.DeadlockDetected(), is_busy),
    (ERRORS.QueryCanceled(), is_timeout),
    (ERRORS.IdleInTransactionSessionTimeout(), is_timeout),
]
BUGS = [
    psycopg.DataError("it holds a NUL"),
    ERRORS.UndefinedColumn(),
    ERRORS.SyntaxError(),
    ERRORS.InvalidTextRepresentation(),
    ERRORS.RaiseException(),
    ERRORS.NotNullViolation(),
    ERRORS.CheckViolation(),
]
CONFLICTS = [
    ERRORS.UniqueViolation(),
    ERRORS.ExclusionViolation(),
    ERRORS.ForeignKeyViolation(),
    ERRORS.RestrictViolation(),
]
NAMED = {"ids": lambda value: type(value).__name__}


@pytest.mark.parametrize(("error", "kind"), OUTAGES, ids=lambda one: type(one).__name__)
@pytest.mark.parametrize("wrap", [wrapped, lambda error: error], ids=["orm", "driver"])
def test_an_outage_is_of_one_kind_and_answered_with_503(error, kind, wrap):
    error = wrap(error)

    assert [one for one in (is_away, is_busy, is_timeout) if one(error)] == [kind]
    assert as_problem(error).slug == "unavailable"


def test_a_pool_without_a_free_connection_is_an_outage():
    assert is_away(TimeoutError())
    assert as_problem(TimeoutError()).slug == "unavailable"


@pytest.mark.parametrize("error", BUGS, **NAMED)
def test_a_bug_of_our_own_sql_is_answered_with_500(error):
    error = wrapped(error)

    assert not any(one(error) for one in (is_away, is_busy, is_timeout))
    assert as_problem(error).slug == "internal-error"


@pytest.mark.parametrize("error", CONFLICTS, **NAMED)
def test_a_row_in_the_way_of_another_row_is_answered_with_409(error):
    assert as_problem(wrapped(error)).slug == "conflict"


@pytest.fixture
def counted():
    """`counted(part)`: the bugs of a part that were counted since."""
    before = {}

    def count(part):
        value = failures.UNEXPECTED.labels(part)._value.get()
        return value - before.setdefault(part, value)

    for part in ("relay", "housekeeping", "sample"):
        count(part)
    return count


def test_an_outage_is_logged_without_a_traceback_and_not_counted(counted):
    with capture_logs() as lines:
        failures.note_failure("sample", wrapped(ERRORS.AdminShutdown()), worker="w")

    assert lines == [
        {"event": "sample.database_away", "log_level": "warning", "error": "OperationalError", "worker": "w"}
    ]  # fmt: skip
    assert counted("sample") == 0


@pytest.mark.parametrize("error", BUGS, **NAMED)
def test_a_bug_is_logged_with_its_traceback_and_counted(counted, error):
    error = wrapped(error)
    with capture_logs() as lines:
        failures.note_failure("sample", error)

    (line,) = lines
    assert (line["event"], line["exc_info"]) == ("sample.failed", error)
    assert counted("sample") == 1


def test_a_bug_of_the_relay_is_no_outage(counted, monkeypatch):
    stop, relay = Stop(), Relay(None, None)

    def fail():
        stop.set()
        raise wrapped(ERRORS.UndefinedColumn())

    monkeypatch.setattr(relay, "step", fail)
    with capture_logs() as lines:
        relay.run(stop)

    assert [line["event"] for line in lines] == ["relay.failed"]
    assert counted("relay") == 1


def test_a_bug_of_a_chore_is_no_outage_and_a_missing_table_is_neither(counted):
    def fails(error):
        def chore():
            raise wrapped(error)

        return chore

    with capture_logs() as lines:
        for error in (ERRORS.DatatypeMismatch(), ERRORS.UndefinedTable(), ERRORS.AdminShutdown()):
            assert not Housekeeping._guarded(None, "chore", fails(error))

    assert [line["event"] for line in lines] == [
        "housekeeping.failed", "housekeeping.not_migrated", "housekeeping.database_away",
    ]  # fmt: skip
    assert counted("housekeeping") == 1
