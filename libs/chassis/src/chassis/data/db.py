"""The database of one service: engine, metadata with a naming convention, and the one place that commits."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

import psycopg
from psycopg.rows import tuple_row
from sqlalchemy import Connection, Engine, MetaData, create_engine, event, text
from sqlalchemy.exc import (
    DBAPIError,
    InterfaceError,
    InvalidatePoolError,
    OperationalError,
    TimeoutError,
)
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from chassis.data.watch import Watch

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def new_metadata() -> MetaData:
    """Metadata whose constraints have predictable names, so that migrations can name them."""
    return MetaData(naming_convention=NAMES)


# For so long a database that couldn't be reached isn't tried again: else each request waits for the same failure.
AWAY_SECONDS = 0.5
# A connection that wasn't used for so long is asked whether it lives before it's used again.
UNUSED_SECONDS = 1.0
_USED_AT = "used_at"
# Per process, beside those for transactions: their statements take milliseconds, so few serve many threads.
AUTOCOMMIT_CONNECTIONS = 4
# libpq gives up a connection whose peer is silent, instead of waiting for it as long as TCP does.
_SILENCE = {
    "connect_timeout": 2,
    "tcp_user_timeout": 5_000,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 2,
}


# One plan for all parameters: with a bound LIMIT PostgreSQL would plan each run anew. Such a plan is made for a tenth
# of the rows and run for a page of them, so it would start workers or compile for what takes a tenth of a millisecond.
_PLANNED_ONCE = (
    " -c plan_cache_mode=force_generic_plan -c max_parallel_workers_per_gather=0 -c jit=off"
)


def _note_use(_connection: Any, record: ConnectionPoolEntry) -> None:
    record.info[_USED_AT] = time.monotonic()


def _begin_transactions_again(pooled: Any, connection: psycopg.Connection[Any]) -> None:
    """Gives a connection that was on autocommit back to its pool; not one that is lost, or that still answers."""
    if not pooled.is_valid:
        return
    try:
        connection.autocommit = False
    except psycopg.Error:
        pooled.invalidate()
    else:
        pooled.close()


def _planned_once(arguments: dict[str, Any]) -> dict[str, Any]:
    return {**arguments, "options": arguments["options"] + _PLANNED_ONCE}


# In `Session.info`: functions that get the database once the transaction is committed.
AFTER_COMMIT = "chassis.after_commit"


class OutcomeUnknown(OperationalError):
    """The commit was sent and no answer came: the changes may be stored or not. Look at the database before a second
    try."""

    problem = "outcome-unknown"


def require_nothing_to_commit(session: Session) -> None:
    """Raises RuntimeError when changed objects, or calls after the commit, wait for a commit that doesn't come."""
    if session.new or session.dirty or session.deleted or session.info.get(AFTER_COMMIT):
        raise RuntimeError("separate statements have no commit: this needs a transaction")


def execute_by_driver(
    session: Session, statement: str, values: Mapping[str, Any], make_row: Any = tuple_row
) -> psycopg.Cursor[Any]:
    """Runs a statement of the session's transaction by the driver alone: for the statements of each event, which
    SQLAlchemy makes several times as dear. `statement` has the driver's placeholders, and is always the same text;
    `make_row`: a row factory of psycopg. Raises SQLAlchemy's errors, like everything here."""
    connection = session.connection()
    driver = cast(psycopg.Connection[Any], connection.connection.driver_connection)
    try:
        cursor = driver.cursor(row_factory=make_row)
        return cursor.execute(statement, values)
    except psycopg.Error as error:
        if driver.closed:
            connection.invalidate(error)
        raise DBAPIError.instance(
            statement, None, error, psycopg.Error, hide_parameters=True
        ) from error


class Database:
    """An engine and its transactions. Made once per process by the composition root; connects at its first use.

    `pool_size` connections for transactions, and `AUTOCOMMIT_CONNECTIONS` more once `autocommit` is used. `watched`:
    no connection waits for a silent server (chassis.data.watch); for `serve` and `work`, not for a long command.
    """

    def __init__(
        self,
        url: str,
        *,
        pool_size: int = 10,
        statement_timeout_ms: int = 15_000,
        name: str = "chassis",
        watched: bool = False,
    ) -> None:
        self.url = url
        self._watch = Watch() if watched else None
        common: dict[str, Any] = {
            "pool_size": pool_size,
            "max_overflow": 0,
            "pool_timeout": 2,
            "connect_args": {
                **_SILENCE,
                "application_name": name,
                "options": f"-c statement_timeout={statement_timeout_ms} -c lock_timeout=5000"
                " -c idle_in_transaction_session_timeout=10000 -c timezone=UTC",
            },
        }
        self.engine: Engine = create_engine(url, **common)
        # Its few statements are prepared once and planned once.
        self._single = create_engine(
            url,
            isolation_level="AUTOCOMMIT",
            pool_reset_on_return=None,
            **common
            | {
                "connect_args": _planned_once(common["connect_args"]),
                "pool_size": AUTOCOMMIT_CONNECTIONS,
            },
        )
        # The same pool: psycopg sends no BEGIN and no COMMIT on its connections meanwhile.
        self._separate = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._away_until = 0.0
        for engine in (self.engine, self._single):
            event.listen(engine, "do_connect", self._connect)
        event.listen(self.engine, "checkin", _note_use)
        event.listen(self.engine, "checkout", self._ping_unused)

    def _ping_unused(self, connection: Any, record: ConnectionPoolEntry, _fairy: Any) -> None:
        """Replaces a connection that died while nobody used it. The pool connects anew after an InvalidatePoolError.

        Doesn't ask a connection that answered within UNUSED_SECONDS: a question costs as much as a statement.
        """
        if time.monotonic() - record.info.get(_USED_AT, time.monotonic()) < UNUSED_SECONDS:
            return
        try:
            self.engine.dialect.do_ping(connection)
        except psycopg.Error as error:
            raise InvalidatePoolError from error

    def _connect(self, dialect: Any, _record: Any, arguments: Any, options: Any) -> Any:
        self._refuse_when_silent()
        if time.monotonic() < self._away_until:
            raise psycopg.OperationalError("the database was away a moment ago")
        try:
            if self._watch is not None:
                return self._watch.connect(*arguments, **options)
            return dialect.connect(*arguments, **options)
        except psycopg.OperationalError:
            self._away_until = time.monotonic() + AWAY_SECONDS
            raise

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Opens a session. Commits its work at the end, or rolls back with the error that left the block.

        This is the only COMMIT in the code base: a request, or a record of a topic, is one transaction. Raises
        OutcomeUnknown when the database went away between the commit and its answer.
        """
        self._refuse_when_silent()
        with self._session() as session:
            yield session
            session.flush()
            try:
                session.commit()
            except (OperationalError, InterfaceError) as error:
                raise OutcomeUnknown("COMMIT", None, error.orig or error) from error
        for function in session.info.get(AFTER_COMMIT, ()):
            function(self)

    def _session(self) -> Session:
        return Session(self.engine, expire_on_commit=False)

    @contextmanager
    def snapshot(self) -> Iterator[Session]:
        """Opens a read-only session. All its statements see the database as it was at the first statement."""
        self._refuse_when_silent()
        how: Any = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with Session(self.engine.execution_options(**how), expire_on_commit=False) as session:
            yield session

    @contextmanager
    def separate_statements(self) -> Iterator[Session]:
        """Opens a session in which each statement is a transaction of its own: no BEGIN and no COMMIT to wait for,
        which cost as much as a short statement. Raises RuntimeError for what only a commit would carry out."""
        self._refuse_when_silent()
        with Session(self._separate, autoflush=False, expire_on_commit=False) as session:
            yield session
            require_nothing_to_commit(session)

    @contextmanager
    def driver_connection(self) -> Iterator[psycopg.Connection[Any]]:
        """A connection of the transactions' pool without SQLAlchemy, on which each statement is a transaction: for a
        short statement of each request, which SQLAlchemy makes several times as dear. Needs no connections beside the
        pool's, as `autocommit` does. Raises SQLAlchemy's errors, like everything here."""
        self._refuse_when_silent()
        try:
            pooled = self.engine.raw_connection()
        except psycopg.OperationalError as error:  # the pool hands the driver's own error through
            raise OperationalError("connect", None, error) from error
        connection = cast(psycopg.Connection[Any], pooled.driver_connection)
        try:
            connection.autocommit = True
            yield connection
        except psycopg.OperationalError as error:
            pooled.invalidate()
            raise OperationalError("statement", None, error) from error
        except psycopg.Error as error:
            raise DBAPIError("statement", None, error) from error
        finally:
            _begin_transactions_again(pooled, connection)

    @contextmanager
    def autocommit(self) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
        """A connection of its own pool on which each statement is a transaction: no BEGIN, no COMMIT to wait for.

        For the few statements whose plans are worth keeping. Raises OperationalError like everything here.
        """
        self._refuse_when_silent()
        try:
            pooled = self._single.raw_connection()
        # The pool hands the driver's own error through.
        except (TimeoutError, psycopg.OperationalError) as error:
            raise OperationalError("connect", None, error) from error
        broken = False
        connection: Any = pooled.driver_connection
        try:
            connection.waits_since = (
                time.monotonic()
            )  # also for connections that wait by libpq's own means
            yield connection
        except psycopg.OperationalError as error:
            broken = True
            raise OperationalError("statement", None, error) from error
        finally:
            connection.waits_since = None
            if broken:
                pooled.invalidate()
                self._single.dispose()  # the pool's other connections are most likely lost too
            else:
                pooled.close()

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """Opens a connection for a look at the database, not for work. Raises OperationalError when the database
        doesn't answer."""
        self._refuse_when_silent()
        with self.engine.connect() as connection:
            yield connection

    def ping(self) -> None:
        """Raises OperationalError when the database doesn't answer."""
        with self.connect() as connection:
            connection.execute(text("SELECT 1"))

    def _refuse_when_silent(self) -> None:
        if self._watch is not None and self._watch.is_silent:
            silent = psycopg.OperationalError("the database is silent")
            raise OperationalError("connect", None, silent)

    def dispose(self) -> None:
        """Closes the pools."""
        if self._watch is not None:
            self._watch.close()
        self.engine.dispose()
        self._single.dispose()
