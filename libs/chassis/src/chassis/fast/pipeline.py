"""Runs many prepared statements in one round trip: libpq's pipeline mode, through psycopg's wrapper.

A cursor of psycopg costs more than a short statement. Here a statement is its text with `$1`, `$2`, … and its
parameters as PostgreSQL writes them; a result is libpq's, in binary. A batch is one transaction, with one commit and
one answer. When a statement fails, the other statements run again without the failed statement.
"""

import select
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import psycopg
from psycopg import pq
from psycopg.pq.abc import PGconn, PGresult
from sqlalchemy.exc import OperationalError

from chassis.data.db import Database

# PostgreSQL's own statement_timeout ends a statement sooner; this is for a server that doesn't answer at all.
SILENCE_SECONDS = 30.0
MOST_PREPARED = 1_000  # of a connection
_GOOD = (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK)
_EPOCH = date(2000, 1, 1)
# The names of what a connection has prepared, until it's closed.
_PREPARED: WeakKeyDictionary[Any, dict[str, bytes]] = WeakKeyDictionary()


class Statement(NamedTuple):
    """`parameters` in PostgreSQL's text form, None for NULL."""

    sql: str
    parameters: Sequence[bytes | None]


class Pipeline:
    """Runs batches of statements on connections of the database's pool. Safe for several threads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def run(self, statements: Sequence[Statement]) -> list[PGresult | Exception]:
        """Returns a result or an OperationalError for each. Raises OperationalError when the connection is lost."""
        outcomes: dict[int, PGresult | Exception] = {}
        left = list(range(len(statements)))
        with self._database.autocommit() as connection:
            while left:
                came = _run_together(connection, [statements[place] for place in left])
                failed = next((n for n, one in enumerate(came) if isinstance(one, Exception)), None)
                if failed is None:
                    outcomes |= zip(left, came, strict=True)
                    break
                # The batch was one transaction and is rolled back: the other statements go again without this one.
                outcomes[left.pop(failed)] = came[failed]
        return [outcomes[place] for place in range(len(statements))]

    def run_as_one(self, statements: Sequence[Statement]) -> list[PGresult]:
        """Returns a result for each statement, of one transaction: all or nothing. Raises OperationalError."""
        with self._database.autocommit() as connection:
            results = []
            for outcome in _run_together(connection, statements):
                if isinstance(outcome, Exception):  # the first error is why the others weren't run
                    raise outcome
                results.append(outcome)
        return results

    def run_one(self, sql: str, *parameters: bytes | None) -> PGresult:
        """Runs one statement. Raises OperationalError."""
        (result,) = self.run_as_one([Statement(sql, parameters)])
        return result


def _run_together(
    connection: psycopg.Connection[Any], statements: Sequence[Statement]
) -> list[PGresult | Exception]:
    names = _prepare(connection, {one.sql for one in statements})
    conn = connection.pgconn
    conn.enter_pipeline_mode()
    for sql, parameters in statements:
        conn.send_query_prepared(names[sql], parameters, result_format=pq.Format.BINARY)
    conn.pipeline_sync()
    outcomes = [_outcome(_next(conn)) for _ in statements]
    uncommitted = _end_of_transaction(conn)
    conn.exit_pipeline_mode()
    return outcomes if uncommitted is None else [uncommitted] * len(statements)


def _end_of_transaction(conn: PGconn) -> OperationalError | None:
    """Reads up to the Sync; returns the error that kept the transaction from being committed, if any."""
    uncommitted = None
    for _ in range(3):  # an error and what ends it, at most
        result = _result(conn)
        if result is None:
            continue
        if result.status == pq.ExecStatus.PIPELINE_SYNC:
            return uncommitted
        uncommitted = _failed(result)
    raise psycopg.OperationalError("the batch has no end")


def _prepare(connection: psycopg.Connection[Any], wanted: set[str]) -> dict[str, bytes]:
    names = _PREPARED.setdefault(connection, {})
    for sql in wanted - names.keys():
        if len(names) >= MOST_PREPARED:
            raise LookupError("more different statements than one would prepare")
        name = f"chassis_{len(names)}".encode()
        connection.pgconn.send_prepare(name, sql.encode())
        result = _next(connection.pgconn)
        if result.status != pq.ExecStatus.COMMAND_OK:
            raise _failed(result)
        names[sql] = name
    return names


def _next(conn: PGconn) -> PGresult:
    """Returns the next statement's result, once all of it is there. Raises psycopg.OperationalError."""
    found = None
    while (result := _result(conn)) is not None:
        found = result
    if found is None:
        raise psycopg.OperationalError("no result")
    return found


def _result(conn: PGconn) -> PGresult | None:
    _await_input(conn)
    return conn.get_result()


def _await_input(conn: PGconn) -> None:
    poll: Any = None
    while True:
        unsent = conn.flush()
        if not conn.is_busy():
            return
        if poll is None:
            poll = select.poll()
        poll.register(conn.socket, select.POLLIN | (select.POLLOUT if unsent else 0))
        if not poll.poll(SILENCE_SECONDS * 1000):
            raise psycopg.OperationalError("the server is silent")
        conn.consume_input()


def _outcome(result: PGresult) -> PGresult | Exception:
    return result if result.status in _GOOD else _failed(result)


def _failed(result: PGresult) -> OperationalError:
    return OperationalError("statement", None, psycopg.errors.error_from_result(result))


def parameter(value: str | bytes | int | date | Sequence[str | int]) -> bytes:
    """Returns a value as PostgreSQL writes it; a sequence becomes an array, bytes a `bytea`."""
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, bytes):
        return b"\\x" + value.hex().encode()
    if isinstance(value, int):
        return b"%d" % value
    if isinstance(value, date):
        return value.isoformat().encode()
    quoted = (str(one).replace("\\", "\\\\").replace('"', '\\"') for one in value)
    return ("{" + ",".join(f'"{one}"' for one in quoted) + "}").encode()


def day(binary: bytes) -> date:
    """Returns the date in a column of type `date`."""
    return _EPOCH + timedelta(days=int.from_bytes(binary, "big", signed=True))
