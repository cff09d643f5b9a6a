"""One request and its response on a connection of gunicorn's, without a thread: reading and writing never wait.

What gunicorn's `ThreadWorker.handle` does, for a request whose bytes are all there.
"""

import socket
from concurrent.futures import Future
from typing import Any

from gunicorn.http import wsgi
from gunicorn.http.errors import NoMoreData

from chassis.http.stack import Environ, Response

TAKING_SECONDS = 10.0  # a client's time to take the rest of its answer


class _Written:
    """Collects the bytes that gunicorn would write to a socket."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []

    def sendall(self, data: bytes) -> None:
        self.parts.append(data)


class Exchange:
    """Made by `read`; `respond` ends it and gives the connection back to the worker's poller."""

    def __init__(self, worker: Any, conn: Any, request: Any) -> None:
        self._worker = worker
        self._conn = conn
        self._request = request
        self._written = _Written()
        self._response, self.environ = wsgi.create(
            request, self._written, conn.client, conn.server, worker.cfg
        )

    environ: Environ

    @classmethod
    def read(cls, worker: Any, conn: Any) -> "Exchange | None":
        """Parses the request. Bytes that aren't HTTP are refused here, as gunicorn does; then it returns None."""
        request = None
        try:
            conn.init()
            request = next(conn.parser)
            return cls(worker, conn, request)
        except (NoMoreData, StopIteration):
            _finish(worker, conn, keep=False)
        except Exception as error:
            _refuse(worker, conn, request, error)
        return None

    def respond(self, response: Response) -> None:
        """Sends as much as the client takes at once; a thread sends the rest, if there is any.

        A response that gunicorn refuses to write makes this request a 500, and no other request.
        """
        self._count()
        try:
            keep = self._write(response)
        except Exception as error:
            _refuse(self._worker, self._conn, self._request, error)
            return
        if left := self._send():
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

    def _count(self) -> None:
        """Counts the request, and closes the connection after it where gunicorn would."""
        worker = self._worker
        worker.nr += 1
        if worker.nr >= worker.max_requests:
            worker.alive = False
        if (
            not worker.alive
            or not worker.cfg.keepalive
            or len(worker.keepalived_conns) >= worker.max_keepalived
        ):
            self._response.force_close()

    def _write(self, response: Response) -> bool:
        self._response.start_response(response.status, response.headers)
        self._response.write(response.body)
        self._response.close()
        return not self._response.should_close()

    def _send(self) -> bytes:
        """Sends as much as the socket takes; returns the rest."""
        sock, parts = self._conn.sock, self._written.parts
        sock.setblocking(False)
        try:
            sent = sock.sendmsg(parts)
        except BlockingIOError:
            sent = 0
        except OSError:
            # The client is gone and needs no rest; the poller will see that.
            return b""
        return b"" if sent == sum(map(len, parts)) else b"".join(parts)[sent:]


def _refuse(worker: Any, conn: Any, request: Any, error: Exception) -> None:
    """Answers with gunicorn's own error page, and ends the connection."""
    conn.sock.settimeout(1.0)
    worker.handle_error(request, conn.sock, conn.client, error)
    _finish(worker, conn, keep=False)


def _send_rest(sock: Any, left: bytes, keep: bool) -> bool:
    sock.settimeout(TAKING_SECONDS)
    try:
        sock.sendall(left)
    except OSError:
        return False
    return keep


def _finish(worker: Any, conn: Any, *, keep: bool) -> None:
    done: Future[bool] = Future()
    done.set_result(keep)
    worker.finish_request(conn, done)
