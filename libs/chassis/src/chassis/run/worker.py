"""A worker of gunicorn that gives a thread only to a request that has arrived whole, and accepts only its share.

gthread hands a connection to a thread at its first byte, and the thread then waits for the rest: a few clients that
send a byte a second would hold all threads. Here the bytes wait in the kernel's buffer until the request is complete:
that costs a look at the buffer and no thread.

All workers accept from one socket. A worker that is awake would take most of the connections, and keep them for as long
as they're kept alive. So a worker with more connections than another one lets that worker accept first, for some
milliseconds.
"""

import multiprocessing
import re
import select
import selectors
import socket
import sys
import time
from contextlib import suppress
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

ARRIVAL_SECONDS = 10.0
LEAVING_SECONDS = 2.0
YIELD_SECONDS = 0.005
# For so long a thread that comes back from the database waits for a thread that computes. Python's default of 5 ms
# shows in the p99.
SWITCH_SECONDS = 0.001
MOST_WORKERS = 64
# How many connections each worker has, made before the fork; -1: no such worker.
_CONNECTIONS = multiprocessing.RawArray("i", [-1] * MOST_WORKERS)
# Whether a worker stays at SIGTERM, until the arbiter dismisses it. Under an arbiter that holds nobody it's FREE.
FREE, HELD, DISMISSED = 0, 1, 2
_HELD = multiprocessing.RawArray("b", MOST_WORKERS)
LOOK_SECONDS = 0.02
LOOK_BYTES = 65_536  # larger requests are handed over as soon as so many bytes are there
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,9})[ \t]*\r\n", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:", re.IGNORECASE)


def is_whole(seen: bytes) -> bool:
    """Returns whether a request that begins with these bytes is complete, or as large as a worker ever waits for.

    Bytes that aren't HTTP count as whole: the parser refuses them.
    """
    end = seen.find(b"\r\n\r\n")
    if end < 0:
        return len(seen) >= LOOK_BYTES
    head, body = seen[: end + 2], len(seen) - end - 4
    if _CHUNKED.search(head):
        return seen.endswith(b"0\r\n\r\n") or len(seen) >= LOOK_BYTES
    length = _LENGTH.search(head)
    return length is None or body >= int(length[1]) or len(seen) >= LOOK_BYTES


class WholeRequestWorker(ThreadWorker):  # type: ignore[misc]
    """`python -m <service> serve` runs these. A request has 10 s to arrive."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._arriving: dict[Any, float] = {}
        self._leaving: dict[Any, float] = {}
        self._place = self.age % MOST_WORKERS
        self._yielding_since: float | None = None

    def init_process(self) -> None:
        """After the fork."""
        sys.setswitchinterval(SWITCH_SECONDS)
        _CONNECTIONS[self._place] = 0
        super().init_process()

    def init_signals(self) -> None:
        """A SIGTERM from before this moment met the arbiter's handler, which the fork had copied, and is lost. A worker
        that was dismissed with it would stay until the arbiter kills it, 30 s later."""
        super().init_signals()
        if _HELD[self._place] == DISMISSED:
            self.alive = False

    def handle_exit(self, sig: int, frame: Any) -> None:
        """SIGTERM. It's often sent to the whole process group: then the arbiter drains first, and the worker goes on
        until the arbiter dismisses it."""
        if _HELD[self._place] != HELD:
            super().handle_exit(sig, frame)

    def set_accept_enabled(self, enabled: bool) -> None:
        """At the end too: then the connections in the queue are accepted, and later ones are refused at once.

        gunicorn leaves the port open until the last request is answered, and resets what was connected meanwhile.
        """
        super().set_accept_enabled(enabled)
        if enabled or self.alive:
            return
        while self.sockets:
            listener = self.sockets.pop()
            listener.setblocking(False)
            while select.select([listener], [], [], 0)[0]:
                super().accept(listener)
            listener.close()

    def accept(self, listener: Any) -> None:
        """Accepts, unless another worker has fewer connections and hasn't had its few milliseconds."""
        least = min(count for count in _CONNECTIONS if count >= 0)
        if self.nr_conns > least:
            now = time.monotonic()
            self._yielding_since = self._yielding_since or now
            if now - self._yielding_since < YIELD_SECONDS:
                time.sleep(YIELD_SECONDS / 10)
                return
        self._yielding_since = None
        super().accept(listener)

    def enqueue_req(self, conn: Any) -> None:
        """Dispatches a request that has arrived whole; the worker looks again later at an incomplete request."""
        seen = _look(conn)
        if seen is None:  # nothing yet: gthread's own poller wakes us at the first byte
            self._defer(conn)
        elif not seen or is_whole(seen):  # an end of the stream is the thread's to see
            self._dispatch(conn, seen)
        else:
            self._arriving[conn] = time.monotonic() + ARRIVAL_SECONDS

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """gthread's step, and a look at the requests that are arriving."""
        waiting = self._arriving or self._leaving
        super().wait_for_and_dispatch_events(LOOK_SECONDS if waiting else timeout)
        self._dispatch_arrived()
        self._close_left()
        _CONNECTIONS[self._place] = self.nr_conns

    def _dispatch_arrived(self) -> None:
        now = time.monotonic()
        for conn, deadline in list(self._arriving.items()):
            seen = _look(conn)
            if seen and is_whole(seen):
                del self._arriving[conn]
                self._dispatch(conn, seen)
            elif seen == b"" or now > deadline:
                del self._arriving[conn]
                self.nr_conns -= 1
                conn.close()

    def _dispatch(self, conn: Any, _seen: bytes) -> None:
        """Hands a request that has arrived whole to a thread. `_seen`: its bytes, or as many as were looked at."""
        conn.data_ready = True
        super().enqueue_req(conn)

    def finish_request(self, conn: Any, fs: Any) -> None:
        """gthread's, which would wait 2 s for each client that doesn't close its side, and serve nobody meanwhile."""
        over = fs.cancelled() or fs.exception() is not None or not fs.result()
        if not over:
            super().finish_request(conn, fs)
            return
        with suppress(OSError):  # the client is gone already
            conn.sock.setblocking(False)
            conn.sock.shutdown(socket.SHUT_WR)
        self._leaving[conn] = time.monotonic() + LEAVING_SECONDS

    def _close_left(self) -> None:
        """Closing before the client's bytes are read would reset the connection, and take the answer from it."""
        now = time.monotonic()
        for conn, deadline in list(self._leaving.items()):
            try:
                left = not conn.sock.recv(LOOK_BYTES)
            except BlockingIOError:
                left = False
            except OSError:
                left = True
            if left or now > deadline:
                del self._leaving[conn]
                self.nr_conns -= 1
                conn.close()

    def _defer(self, conn: Any) -> None:
        conn.sock.setblocking(False)
        conn.timeout = time.monotonic() + ARRIVAL_SECONDS
        self.pending_conns.append(conn)
        self.poller.register(
            conn.sock,
            selectors.EVENT_READ,
            lambda client: self.on_pending_socket_readable(conn, client),
        )


def forget(worker: Any) -> None:
    """A worker has ended: the others don't count its connections any more."""
    _CONNECTIONS[worker.age % MOST_WORKERS] = -1
    _HELD[worker.age % MOST_WORKERS] = HELD


def hold_all() -> None:
    """Workers stay at SIGTERM until they're dismissed."""
    _HELD[:] = [HELD] * MOST_WORKERS


def dismiss(worker: Any) -> None:
    """The next SIGTERM is meant for this worker."""
    _HELD[worker.age % MOST_WORKERS] = DISMISSED


def _look(conn: Any) -> bytes | None:
    """Returns the bytes in the kernel's buffer, without taking them; None when it's empty, b"" at the end of the
    stream."""
    read_ahead = conn.parser.unreader.buf.getvalue() if conn.initialized else b""
    try:
        return bytes(read_ahead + conn.sock.recv(LOOK_BYTES, socket.MSG_PEEK | socket.MSG_DONTWAIT))
    except BlockingIOError:
        return read_ahead or None
    except OSError:
        return b""
