"""The database of one service: engine, metadata with a naming convention, and the one place that commits."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import Engine, MetaData, create_engine, event, text
from sqlalchemy.exc import InterfaceError, OperationalError, TimeoutError
from sqlalchemy.orm import Session

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


# A database that couldn't be reached isn't tried again for so long: otherwise each request waits for the same failure.
AWAY_SECONDS = 0.5
# libpq gives up a connection whose peer is silent, instead of waiting for it as long as TCP does.
_SILENCE = {
    "connect_timeout": 2,
    "tcp_user_timeout": 5_000,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 2,
}


def _planned_once(arguments: dict[str, Any]) -> dict[str, Any]:
    return {
        **arguments,
        "options": arguments["options"] + " -c plan_cache_mode=force_generic_plan",
    }


class OutcomeUnknown(OperationalError):
    """The commit was sent and no answer came: what it held may be stored, or not. Look before you repeat it."""

    problem = "outcome-unknown"


class Database:
    """An engine and its transactions. Made once per process, after a fork, by the composition root."""

    def __init__(
        self,
        url: str,
        *,
        pool_size: int = 10,
        statement_timeout_ms: int = 15_000,
        name: str = "chassis",
    ) -> None:
        self.url = url
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
        self.engine: Engine = create_engine(url, pool_pre_ping=True, **common)
        # Its few statements are prepared once and planned once: with a bound LIMIT PostgreSQL would plan each run anew.
        self._single = create_engine(
            url,
            isolation_level="AUTOCOMMIT",
            pool_reset_on_return=None,
            **common | {"connect_args": _planned_once(common["connect_args"])},
        )
        self._away_until = 0.0
        for engine in (self.engine, self._single):
            event.listen(engine, "do_connect", self._connect)

    def _connect(self, dialect: Any, _record: Any, arguments: Any, options: Any) -> Any:
        if time.monotonic() < self._away_until:
            raise psycopg.OperationalError("the database was away a moment ago")
        try:
            return dialect.connect(*arguments, **options)
        except psycopg.OperationalError:
            self._away_until = time.monotonic() + AWAY_SECONDS
            raise

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session whose work is committed at the end, or rolled back with the error that left the block.

        The only commit in the code base: a request or a poll of messages is one transaction. Raises OutcomeUnknown when
        the database went away between the commit and its answer.
        """
        with self._session() as session:
            yield session
            session.flush()
            try:
                session.commit()
            except (OperationalError, InterfaceError) as error:
                raise OutcomeUnknown("COMMIT", None, error.orig or error) from error

    def _session(self) -> Session:
        return Session(self.engine, expire_on_commit=False)

    @contextmanager
    def autocommit(self) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
        """A connection of its own pool on which each statement is a transaction: no BEGIN, no COMMIT to wait for.

        For the few statements where the two round trips count. Raises OperationalError like everything here.
        """
        try:
            pooled = self._single.raw_connection()
        # The pool hands the driver's own error through.
        except (TimeoutError, psycopg.OperationalError) as error:
            raise OperationalError("connect", None, error) from error
        broken = False
        try:
            yield pooled.driver_connection  # type: ignore[misc]
        except psycopg.OperationalError as error:
            broken = True
            raise OperationalError("statement", None, error) from error
        finally:
            if broken:
                pooled.invalidate()
                self._single.dispose()  # the others of the pool have most likely lost theirs too
            else:
                pooled.close()

    def ping(self) -> None:
        """Raises OperationalError when the database doesn't answer."""
        with self.engine.connect() as connection:
            connection.execute(text("SELECT 1"))

    def dispose(self) -> None:
        """Closes the pools."""
        self.engine.dispose()
        self._single.dispose()
