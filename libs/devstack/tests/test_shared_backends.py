"""Several processes of a test run share a backend: it's started once and stopped after the last use."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest

from devstack import postgres
from devstack.postgres import Postgres
from devstack.shared_backends import shared_backend

Eventually = Callable[..., None]


class Backends:
    """Counts what's started, attached and stopped."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.events: list[str] = []
        self.fails_to_leave = False

    def use(self, until: threading.Event) -> str:
        """As a process does: locks belong to an opened file, not to the process."""
        with shared_backend(self.folder, "backend", self._start, self._attach) as backend:
            until.wait(20)
            return backend.name

    def _start(self) -> "Backend":
        self.events.append("started")
        return Backend(f"backend {self.events.count('started')}", self.events)

    def _attach(self, shared: dict[str, Any]) -> "Backend":
        self.events.append("attached")
        fails = self.fails_to_leave
        return Backend(shared["name"], self.events, own=False, fails=fails)


class Backend:
    def __init__(
        self, name: str, events: list[str], *, own: bool = True, fails: bool = False
    ) -> None:
        self.name, self._events, self._own, self._fails = name, events, own, fails

    def shared(self) -> dict[str, Any]:
        return {"name": self.name}

    def stop(self) -> None:
        if self._fails:
            raise LookupError
        self._events.append("stopped" if self._own else "left")


@pytest.fixture
def backends(tmp_path: Path) -> Backends:
    return Backends(tmp_path)


def test_the_process_that_started_a_backend_stops_it_after_the_others(
    backends: Backends, eventually: Eventually
) -> None:
    first, second = threading.Event(), threading.Event()
    with ThreadPoolExecutor() as pool:
        starter = pool.submit(backends.use, first)
        eventually(lambda: "started" in backends.events)
        user = pool.submit(backends.use, second)
        eventually(lambda: "attached" in backends.events)
        first.set()
        eventually(lambda: not (backends.folder / "backend.json").exists())
        second.set()

        assert starter.result() == user.result() == "backend 1"
    assert backends.events == ["started", "attached", "left", "stopped"]


def test_a_process_that_comes_while_a_backend_is_being_stopped_gets_another(
    backends: Backends, eventually: Eventually
) -> None:
    first, second, done = threading.Event(), threading.Event(), threading.Event()
    done.set()
    with ThreadPoolExecutor() as pool:
        starter = pool.submit(backends.use, first)
        eventually(lambda: "started" in backends.events)
        user = pool.submit(backends.use, second)
        eventually(lambda: "attached" in backends.events)
        first.set()  # it waits for the user
        eventually(lambda: not (backends.folder / "backend.json").exists())

        assert pool.submit(backends.use, done).result() == "backend 2"
        second.set()
        assert starter.result() == user.result() == "backend 1"


def test_a_process_that_cannot_clear_up_keeps_no_other_waiting(
    backends: Backends, eventually: Eventually
) -> None:
    first, second = threading.Event(), threading.Event()
    with ThreadPoolExecutor() as pool:
        starter = pool.submit(backends.use, first)
        eventually(lambda: "started" in backends.events)
        backends.fails_to_leave = True
        user = pool.submit(backends.use, second)
        eventually(lambda: "attached" in backends.events)
        second.set()
        first.set()

        with pytest.raises(LookupError):
            user.result()
        assert starter.result() == "backend 1"


def test_the_address_of_a_backend_is_readable_by_its_owner_only(
    backends: Backends, eventually: Eventually
) -> None:
    done = threading.Event()
    with ThreadPoolExecutor() as pool:
        user = pool.submit(backends.use, done)
        eventually(lambda: (backends.folder / "backend.json").exists())

        assert (backends.folder / "backend.json").stat().st_mode & 0o077 == 0
        done.set()
        user.result()


def rows(url: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        return connection.execute("SELECT name FROM kept ORDER BY name").fetchall()


def execute(url: str, statement: str) -> None:
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        connection.execute(statement)


def test_processes_copy_a_database_that_was_filled_once(postgres_server: Postgres) -> None:
    filled: list[str] = []

    def fill(url: str) -> None:
        filled.append(url)
        execute(url, "CREATE TABLE kept AS SELECT 'first' AS name")

    other = postgres.attach(postgres_server.shared())
    first = postgres_server.copied_database("desk", fill)
    second = other.copied_database("desk", fill)
    execute(first, "INSERT INTO kept VALUES ('second')")

    assert len(filled) == 1
    assert rows(first) == [("first",), ("second",)]
    assert rows(second) == [("first",)]


def test_a_database_that_could_not_be_filled_is_filled_anew(postgres_server: Postgres) -> None:
    def fail(url: str) -> None:
        execute(url, "CREATE TABLE kept AS SELECT 'half' AS name")
        raise LookupError

    with pytest.raises(LookupError):
        postgres_server.copied_database("broken", fail)
    url = postgres_server.copied_database(
        "broken", lambda url: execute(url, "CREATE TABLE kept AS SELECT 'whole' AS name")
    )

    assert rows(url) == [("whole",)]


def test_a_process_that_ends_takes_its_copies_and_leaves_those_of_others(
    postgres_server: Postgres,
) -> None:
    def fill(url: str) -> None:
        execute(url, "CREATE TABLE kept AS SELECT 'first' AS name")

    mine = postgres_server.copied_database("shelf", fill)
    other = postgres.attach(postgres_server.shared())
    theirs = other.copied_database("shelf", fill)

    other.stop()

    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        rows(theirs)
    assert rows(mine) == [("first",)]


def test_processes_that_end_together_drop_what_they_shared(postgres_server: Postgres) -> None:
    others = [postgres.attach(postgres_server.shared()) for _ in range(4)]
    for number in range(10):
        postgres_server.create_database(f"shared_{number}")

    def drop(server: Postgres) -> None:
        for number in range(10):
            server.drop_database(f"shared_{number}")

    with ThreadPoolExecutor() as pool:
        dropped = [pool.submit(drop, server) for server in others]

    assert [one.exception() for one in dropped] == [None] * len(others)
