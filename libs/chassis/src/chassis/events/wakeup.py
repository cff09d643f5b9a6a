"""Wakes the relays of a service when a transaction has committed events, so that an idle relay needn't ask often.

A NOTIFY in the transaction itself would hold a lock of the whole database until the commit is on the disk, and commits
would wait for one another. So the NOTIFY follows the commit, in a transaction of its own that waits for no disk. A
NOTIFY may be lost, when its process dies before it: a relay still asks once a second.
"""

import select
import time
from contextlib import suppress
from threading import Event as Stop
from typing import Any

import psycopg
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from chassis.data.db import AFTER_COMMIT, Database

# So long a relay that was woken asks every BUSY_SECONDS. A process that has woken it stays quiet for half as long.
AWAKE_SECONDS = 0.2
RECONNECT_SECONDS = 0.25
_WAKE = text("SELECT set_config('synchronous_commit', 'off', true), pg_notify('outbox', '')")
_woken_at = float("-inf")


def wake_after_commit(session: Session) -> None:
    """Notes that this transaction has events for the relays."""
    session.info.setdefault(AFTER_COMMIT, set()).add(wake_relays)


def wake_relays(database: Database) -> None:
    """Wakes the relays, unless this process has just done so and they're still awake. Never raises the database's
    errors: the events are committed."""
    global _woken_at
    if time.monotonic() - _woken_at < AWAKE_SECONDS / 2:
        return
    _woken_at = time.monotonic()
    with suppress(SQLAlchemyError, psycopg.Error), database.transaction() as session:
        session.execute(_WAKE)


class Wakeup:
    """Lets a relay wait for events. Its connection is taken from the pool at the first wait and kept."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: Connection | None = None

    def wait(self, stop: Stop, seconds: float) -> bool:
        """Returns True when events may have been committed, False after `seconds`, or earlier without a database."""
        try:
            if self._connection is None:
                self._listen()
                return True  # events that were committed before LISTEN woke nobody
            listening: Any = self._connection.connection.driver_connection
            # Not psycopg's own waiting, which looks like a silent server to chassis.data.watch.
            if not select.select([listening.fileno()], [], [], seconds)[0]:
                return False
            return any(True for _ in listening.notifies(timeout=0))
        except (SQLAlchemyError, psycopg.Error, OSError, ValueError):
            self.close()
            stop.wait(RECONNECT_SECONDS)
            return False

    def close(self) -> None:
        """Ends the connection: nobody else of the pool may listen."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(SQLAlchemyError, psycopg.Error):
                connection.invalidate()
                connection.close()

    def _listen(self) -> None:
        connection = self._database.engine.connect()
        self._connection = connection.execution_options(isolation_level="AUTOCOMMIT")
        self._connection.execute(text("LISTEN outbox"))
