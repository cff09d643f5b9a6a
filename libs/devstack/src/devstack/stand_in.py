"""Serves a stand-in for another system: a Flask application on this machine that can also break connections."""

import contextlib
import json
import signal
import socket
import struct
from contextlib import AbstractContextManager
from threading import Event, Thread
from typing import Any, NoReturn

from flask import Flask, Response
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from devstack.machine import free_port


class NoAnswer(ConnectionError):
    """Raised by a view: the connection is closed without an answer."""


class Reset(NoAnswer):
    """Raised by a view: the connection is closed with RST, so the client can't know whether it was read."""


def new_app(name: str) -> Flask:
    """Returns an application that answers /readyz, and 404 in JSON for every other address."""
    app = Flask(name, static_folder=None)
    app.config["PROPAGATE_EXCEPTIONS"] = True  # NoAnswer and Reset reach the request handler
    app.add_url_rule("/readyz", "readyz", lambda: answer_json({"status": "ready"}))
    for status in (404, 405):
        app.register_error_handler(status, lambda _: answer_json({"error": "not found"}, 404))
    return app


def answer_json(document: Any, status: int = 200, *, indent: int | None = None) -> Response:
    text = json.dumps(document, ensure_ascii=False, indent=indent)
    return Response(text, status, mimetype="application/json")


class Server:
    """Serves an application at one port of 127.0.0.1; 0 takes a free port. A closed server refuses connections and can
    open again at the same port."""

    def __init__(self, app: Flask, port: int = 0) -> None:
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._app = app
        self._server: _HttpServer | None = None
        self._closing = Event()

    def open(self) -> None:
        """Listens. An open server stays open."""
        if self._server is None:
            self._closing.clear()
            self._server = _HttpServer("127.0.0.1", self.port, self._app, handler=_Handler)
            Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        """Stops listening, and cuts the connections that are open."""
        if self._server is not None:
            server, self._server = self._server, None
            self._closing.set()
            server.shutdown()
            server.server_close()
            server.cut_connections()

    def wait(self, seconds: float) -> None:
        """Keeps the client waiting, at most until the server closes."""
        self._closing.wait(seconds)

    def hold(self, seconds: float) -> NoReturn:
        """Keeps the client waiting and then hangs up."""
        self.wait(seconds)
        raise NoAnswer

    def fail(self, fault: str | None, hold_seconds: float) -> Response | None:
        """Fails as every stand-in can: times out, resets the connection, or returns a 503. Returns None for a fault
        that the stand-in has of its own."""
        if fault == "timeout":
            self.hold(hold_seconds)
        if fault == "reset":
            raise Reset
        return Response(status=503, mimetype="text/plain") if fault == "503" else None


class _HttpServer(ThreadedWSGIServer):
    request_queue_size = 256

    def __init__(self, *args: Any, **how: Any) -> None:
        self._connections: set[socket.socket] = set()
        super().__init__(*args, **how)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def cut_connections(self) -> None:
        for connection in list(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Writes nothing: addresses hold numbers and codes."""

    def connection_dropped(self, error: BaseException, environ: Any = None) -> None:
        """Hangs up, after NoAnswer and Reset, and when the client has given up."""
        self.close_connection = True
        if isinstance(error, Reset):
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.connection.close()


def run_until_stopped(name: str, stand_in: AbstractContextManager[Any]) -> None:
    """Runs a stand-in as a process of its own until SIGTERM."""
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with stand_in as running:
        print(f"{name}: {running.url}", flush=True)
        stop.wait()
