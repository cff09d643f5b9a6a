"""Reads a request from a connection of gunicorn's and writes the response, without a thread and without waiting.

Does what gunicorn's `ThreadWorker.handle` does, for a request that has arrived whole.
"""

import socket
import time
from concurrent.futures import Future
from email.utils import formatdate
from functools import lru_cache
from typing import Any

from gunicorn.http import wsgi
from gunicorn.http.errors import NoMoreData

from chassis.http.stack import Environ, Response

TAKING_SECONDS = 10.0  # a client's time to take the rest of its answer


class Exchange:
    """Made by `read`; `respond` ends it and gives the connection back to the worker's poller."""

    def __init__(self, worker: Any, conn: Any, request: Any) -> None:
        self._worker = worker
        self._conn = conn
        self._request = request
        # The response is written here, so that gunicorn makes no object for it.
        _, environ = wsgi.create(
            request, conn.sock, conn.client, conn.server, worker.cfg, lambda *_: None
        )
        self.environ: Environ = environ

    @classmethod
    def read(cls, worker: Any, conn: Any) -> "Exchange | None":
        """Parses the request. Bytes that aren't HTTP are refused here, as gunicorn does; then it returns None."""
        request = None
        try:
            conn.init()
            request = next(conn.parser)
            worker.cfg.pre_request(worker, request)
            return cls(worker, conn, request)
        except (NoMoreData, StopIteration):
            _finish(worker, conn, keep=False)
        except Exception as error:
            _refuse(worker, conn, request, error)
        return None

    def respond(self, response: Response) -> None:
        """Sends as much as the client takes at once; a thread sends the rest, if there is any.

        A response with a header that isn't HTTP makes this request a 500, and no other request.
        """
        keep = self._count() and not self._request.should_close()
        try:
            parts = [_head(response, keep=keep), response.body]
        except ValueError as error:
            _refuse(self._worker, self._conn, self._request, error)
            return
        left = self._send(parts)
        if left is None:
            _finish(self._worker, self._conn, keep=False)
        elif left:
            future = self._worker.tpool.submit(_send_rest, self._conn.sock, left, keep)
            future.add_done_callback(
                lambda done: self._worker.method_queue.defer(
                    self._worker.finish_request, self._conn, done
                )
            )
        else:
            _finish(self._worker, self._conn, keep=keep)

    def is_given_up(self) -> bool:
        """Returns whether the client has closed its side."""
        try:
            return not self._conn.sock.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except OSError:
            return True

    def drop(self) -> None:
        """Ends the connection without an answer."""
        _finish(self._worker, self._conn, keep=False)

    def _count(self) -> bool:
        """Counts the request. Returns whether gunicorn would keep the connection."""
        worker = self._worker
        worker.nr += 1
        if worker.nr >= worker.max_requests:
            worker.alive = False
        room = len(worker.keepalived_conns) < worker.max_keepalived
        return bool(worker.alive and worker.cfg.keepalive and room)

    def _send(self, parts: list[bytes]) -> bytes | None:
        """Sends as much as the socket takes. Returns the rest, or None when the client is gone."""
        try:
            sent = self._conn.sock.sendmsg(parts, [], socket.MSG_DONTWAIT)
        except BlockingIOError:
            sent = 0
        except OSError:
            return None
        return b"" if sent == sum(map(len, parts)) else b"".join(parts)[sent:]


def _head(response: Response, *, keep: bool) -> bytes:
    """Returns the status line and the headers. Raises ValueError for a header that would break the response."""
    lines = [
        f"HTTP/1.1 {response.status}",
        "Server: gunicorn",
        f"Date: {_date(int(time.time()))}",
        "Connection: keep-alive" if keep else "Connection: close",
        *(f"{name}: {value}" for name, value in response.headers if name.lower() != "connection"),
    ]
    if not all(map(str.isprintable, lines)):
        raise ValueError("a header with a control character")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


@lru_cache(maxsize=1)
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)


def _refuse(worker: Any, conn: Any, request: Any, error: Exception) -> None:
    """Answers with gunicorn's own error page, and ends the connection."""
    conn.sock.settimeout(1.0)
    worker.handle_error(request, conn.sock, conn.client, error)
    _finish(worker, conn, keep=False)


def _send_rest(sock: Any, left: bytes, keep: bool) -> bool:
    sock.settimeout(TAKING_SECONDS)
    try:
        sock.sendall(left)
        # A socket with a time-out would make the worker's loop wait, whatever the flags of a call say.
        sock.setblocking(False)
    except OSError:
        return False
    return keep


def _finish(worker: Any, conn: Any, *, keep: bool) -> None:
    done: Future[bool] = Future()
    done.set_result(keep)
    worker.finish_request(conn, done)
