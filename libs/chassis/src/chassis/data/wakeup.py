"""Wakes a service's idle workers when a transaction has committed work for them, so that they needn't ask often.

A NOTIFY in the transaction itself would hold a lock of the whole database until the commit is on the disk, and commits
would wait for one another. So the NOTIFY follows the commit, as a statement of its own that waits for no disk. A
NOTIFY may be lost, when its process dies before it: a worker still asks once a second.
"""

import select
import time
from collections.abc import Callable
from contextlib import closing, suppress
from threading import Event as Stop
from typing import Any

import psycopg
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from chassis.data.db import AFTER_COMMIT, Database

# So long a worker that was woken, or found work, asks often. A process that has woken it stays quiet for half as long.
AWAKE_SECONDS = 0.2
IDLE_SECONDS = 1.0
RECONNECT_SECONDS = 0.25
_WAKE = "SELECT set_config('synchronous_commit', 'off', true), pg_notify(%(channel)s, '')"


class Channel:
    """A kind of work that a worker waits for. `name`: a plain word, PostgreSQL's channel too."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._woken_at = float("-inf")

    def wake_after_commit(self, session: Session) -> None:
        """Notes that this transaction has work for the worker."""
        session.info.setdefault(AFTER_COMMIT, set()).add(self.wake)

    def wake(self, database: Database) -> None:
        """Wakes the worker's processes, unless this process has just done so and they're still awake. Never raises the
        database's errors: the work is committed."""
        if time.monotonic() - self._woken_at < AWAKE_SECONDS / 2:
            return
        self._woken_at = time.monotonic()
        with suppress(SQLAlchemyError, psycopg.Error), database.driver_connection() as connection:
            connection.execute(_WAKE, {"channel": self.name})


class Wakeup:
    """Lets one worker wait for its work. Its connection is taken from the pool at the first wait and kept.

    `busy_seconds`: how often a worker asks that is awake.
    """

    def __init__(self, database: Database, channel: Channel, busy_seconds: float) -> None:
        self._database, self._channel = database, channel
        self._busy_seconds = busy_seconds
        self._awake_until = 0.0
        self._connection: Connection | None = None

    def pause(self, stop: Stop, *, found_work: bool) -> None:
        """Waits until it's time to ask again: `busy_seconds` after work or a wake-up, a second at most without."""
        if found_work:
            self._awake_until = time.monotonic() + AWAKE_SECONDS
        if time.monotonic() < self._awake_until:
            stop.wait(self._busy_seconds)
        elif self.wait(stop, IDLE_SECONDS):
            self._awake_until = time.monotonic() + AWAKE_SECONDS

    def wait(self, stop: Stop, seconds: float) -> bool:
        """Returns True when work may have been committed, False after `seconds`, or earlier without a database."""
        try:
            if self._connection is None:
                self._listen()
                return True  # what was committed before LISTEN woke nobody
            listening: Any = self._connection.connection.driver_connection
            # Not psycopg's own waiting, which looks like a silent server to chassis.data.watch.
            poll = select.poll()
            poll.register(listening.fileno(), select.POLLIN)
            if not poll.poll(seconds * 1_000):
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
        self._connection.execute(text(f"LISTEN {self._channel.name}"))


def listen(database: Database, channel: Channel, stop: Stop, wake: Callable[[], None]) -> None:
    """Calls `wake` for each wake-up until `stop` is set, for a worker that waits for something else too."""
    with closing(Wakeup(database, channel, 0.0)) as wakeup:
        while not stop.is_set():
            if wakeup.wait(stop, IDLE_SECONDS):
                wake()
