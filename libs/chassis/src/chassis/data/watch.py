"""Ends the waiting for a PostgreSQL that doesn't answer.

A frozen PostgreSQL, or a host that is gone, keeps its connections open: the kernel still acknowledges what is sent, so
that no timeout of TCP fires, and the server's own timeouts are frozen with it. A long statement looks the same from
here. So when a connection has waited for a second, its server is asked another question, twice. Only if it answers
neither are the connections that wait for it shut, and new ones refused until it answers again, or until a new
connection reaches a server: after a failover that is another one.
"""

import os
import socket
import struct
import time
from collections.abc import Generator
from contextlib import suppress
from threading import Event, Lock, Thread
from typing import Any, TypeVar
from weakref import WeakSet, finalize, ref

import psycopg
import structlog

PATIENCE_SECONDS = 1.0
PROBE_SECONDS = 1.0
PROBES = 2
LOOK_SECONDS = 0.25
RECONNECT_SECONDS = 1.0
# "Do you speak TLS?" Every server answers it before any authentication, with one byte, S or N.
_QUESTION = struct.pack(">ii", 8, 80877103)
Peer = tuple[socket.AddressFamily, Any]  # a server's family and address
RV = TypeVar("RV")

log = structlog.get_logger(__name__)


class WatchedConnection(psycopg.Connection[Any]):
    """A connection whose waiting can be ended by another thread.

    `waits_since`: `time.monotonic()`, or None. `peer`: the server's address, known after `hold`.
    """

    waits_since: float | None = None
    peer: Peer
    _handle = -1

    def wait(self, gen: Generator[Any, Any, RV], *args: Any, **options: Any) -> RV:
        """psycopg's only place that waits for the server."""
        self.waits_since = time.monotonic()
        try:
            return super().wait(gen, *args, **options)
        finally:
            self.waits_since = None

    def hold(self) -> None:
        """Keeps a handle of the socket, which stays this socket's when libpq has closed its own. Raises OSError."""
        with socket.socket(fileno=os.dup(self.pgconn.socket)) as handle:
            self.peer = handle.family, handle.getpeername()
            self._handle = os.dup(handle.fileno())
        self._lock = Lock()
        self._release = finalize(self, os.close, self._handle)

    @property
    def is_held(self) -> bool:
        """Returns False once it's closed."""
        return self._release.alive

    def shut(self) -> None:
        """The thread that waits on this connection gets an OperationalError."""
        with self._lock, suppress(OSError):
            if self._release.alive:
                with socket.socket(fileno=os.dup(self._handle)) as handle:
                    handle.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Ends the connection, and its handle."""
        if self._handle >= 0:
            with self._lock:
                self._release()
        super().close()


class Watch:
    """Watches the connections of one process, in a thread that ends with it or with `close`."""

    def __init__(self) -> None:
        self.is_silent = False
        self._connections: WeakSet[WatchedConnection] = WeakSet()
        self._answered_at: dict[Peer, float] = {}
        self._silent: set[Peer] = set()
        self._latest: tuple[tuple[Any, ...], dict[str, Any]] = (), {}  # arguments of `connect`
        self._end = Event()
        self._lock = Lock()
        self._is_looking = False

    def connect(self, *arguments: Any, **options: Any) -> WatchedConnection:
        """Returns a watched connection; not asked for while `is_silent`. Raises psycopg.OperationalError."""
        self._start(arguments, options)
        try:
            connection = _connect(arguments, options)
        except psycopg.errors.ConnectionTimeout:
            self._fall_silent()
            raise
        with self._lock:
            self._connections.add(connection)
        return connection

    def look(self) -> None:
        """Shuts the connections that have waited too long for a silent server. Takes `PROBES` probes at most a peer."""
        was_silent = self.is_silent
        suspects = {one.peer for one in (self._held() if was_silent else self._late())}
        probes = 1 if was_silent else PROBES
        self._silent = {peer for peer in suspects if not self._answers(peer, probes)}
        if self._silent and not was_silent:
            self._fall_silent()
        elif suspects and not self._silent:
            self._speak_again()
        for connection in self._late():
            if connection.peer in self._silent:
                connection.shut()

    def close(self) -> None:
        """Ends the threads."""
        self._end.set()

    def _start(self, arguments: tuple[Any, ...], options: dict[str, Any]) -> None:
        with self._lock:
            self._latest = arguments, options
            if not self._is_looking:
                self._is_looking = True
                Thread(target=_look_on, args=(ref(self), self._end), daemon=True).start()

    def _fall_silent(self) -> None:
        with self._lock:
            if self.is_silent:
                return
            self.is_silent = True
        log.error("database.silent")
        Thread(target=self._reconnect, daemon=True).start()

    def _speak_again(self) -> None:
        with self._lock:
            if not self.is_silent:
                return
            self.is_silent = False
        log.warning("database.answers_again")

    def _reconnect(self) -> None:
        """Tries new connections, whose names are resolved anew, as long as the database is silent."""
        while self.is_silent and not self._end.is_set():
            try:
                self._reach()
            except Exception:
                log.exception("database.reconnect_failed")
            self._end.wait(RECONNECT_SECONDS)

    def _reach(self) -> None:
        arguments, options = self._latest
        try:
            connection = _connect(arguments, options)
        except psycopg.errors.ConnectionTimeout:
            return
        except psycopg.OperationalError:
            if not self._held():  # a refusal is an answer too, unless another host is still silent
                self._speak_again()
            return
        connection.close()
        # Another server has taken over: what the pools still keep of the silent one would wait for it.
        for one in self._held():
            if one.peer in self._silent - {connection.peer}:
                one.shut()
        self._speak_again()

    def _held(self) -> list[WatchedConnection]:
        with self._lock:
            return [one for one in self._connections if one.is_held]

    def _late(self) -> list[WatchedConnection]:
        """Those that wait for longer than the patience, counted from their server's last answer to a question."""
        latest = time.monotonic() - PATIENCE_SECONDS
        return [
            one
            for one in self._held()
            if (since := one.waits_since) is not None
            and max(since, self._answered_at.get(one.peer, since)) < latest
        ]

    def _answers(self, peer: Peer, probes: int) -> bool:
        if not any(_answers(*peer) for _ in range(probes)):
            return False
        self._answered_at[peer] = time.monotonic()
        return True


def _connect(arguments: tuple[Any, ...], options: dict[str, Any]) -> WatchedConnection:
    connection = WatchedConnection.connect(*arguments, **options)
    try:
        connection.hold()
    except OSError as error:
        connection.close()
        raise psycopg.OperationalError("the connection was lost at once") from error
    return connection


def _look_on(watch: "ref[Watch]", end: Event) -> None:
    while not end.wait(LOOK_SECONDS):
        one = watch()
        if one is None:
            return
        try:
            one.look()
        except Exception:
            log.exception("database.look_failed")
        del one


def _answers(family: socket.AddressFamily, address: Any) -> bool:
    """Returns whether the server answers a new connection in time. A refusal is an answer too."""
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.settimeout(PROBE_SECONDS)
            probe.connect(address)
            probe.sendall(_QUESTION)
            probe.recv(1)
    except TimeoutError:
        return False
    except OSError:
        return True
    return True
