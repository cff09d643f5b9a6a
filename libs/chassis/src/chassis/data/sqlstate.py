"""Tells an outage of the database from a fault of the statement, by the error's SQLSTATE.

`is_away` and `is_busy` are the only ways to call an error an outage. Any other error of the database is a bug, or the
fault of the row or event in hand.
"""

import psycopg
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, TimeoutError

# No connection; no room; a server that shuts down or starts; a server that only reads, as after a failover.
_AWAY = ("08", "53", "57P", "25006")
# Lock not available, deadlock, serialisation failure.
_BUSY = ("55P03", "40P01", "40001")
# Statement, idle transaction or whole transaction took too long.
_TIMED_OUT = ("57014", "25P03", "25P04")
# A row that exists already, that another row refers to, or that refers to a missing row (also ON DELETE RESTRICT).
_CONFLICT = ("23505", "23P01", "23503", "23001")
# The driver's errors without a SQLSTATE that mean a lost connection, and the pool's error for a connection too late.
_NO_ANSWER = (
    OperationalError,
    InterfaceError,
    TimeoutError,
    psycopg.OperationalError,
    psycopg.InterfaceError,
)


def sqlstate(error: BaseException) -> str:
    """Returns the SQLSTATE; empty for an error that isn't the database's, or without an answer of the database."""
    state = getattr(error, "sqlstate", None) or getattr(
        getattr(error, "orig", None), "sqlstate", None
    )
    return str(state or "")


def is_away(error: BaseException) -> bool:
    """Returns whether the database couldn't be reached, has no room or refuses to write, for this row or any other. A
    statement that took too long isn't meant: that statement may take too long each time."""
    state = sqlstate(error)
    return state.startswith(_AWAY) if state else isinstance(_cause(error), _NO_ANSWER)


def is_busy(error: BaseException) -> bool:
    """Returns whether another transaction was in the way: the same statement may well succeed a moment later."""
    return sqlstate(error) in _BUSY


def is_timeout(error: BaseException) -> bool:
    """Returns whether the statement or its transaction took too long: a 503 over HTTP, and in a consumer the record's
    own fault."""
    return sqlstate(error) in _TIMED_OUT


def is_conflict(error: BaseException) -> bool:
    """Returns whether another row stood in the way: the caller's 409. A missing value (NOT NULL) and a value that a
    CHECK refuses are bugs of the service, because the contract and the rules come before the database."""
    return sqlstate(error) in _CONFLICT


def _cause(error: BaseException) -> BaseException:
    """Returns the driver's own error: its class says more than the class that SQLAlchemy or a pipeline wraps it in."""
    cause = error.orig if isinstance(error, DBAPIError) else None
    return cause if isinstance(cause, psycopg.Error) else error
