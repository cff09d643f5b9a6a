"""The operations port: /livez, /readyz and /metrics, apart from the public address."""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from chassis.access.auth import Verifier
from chassis.core import metrics
from chassis.data import migrations
from chassis.data.db import Database

Check = Callable[[], bool]
Ready = Callable[[], str]  # why the process isn't ready, in a word; empty when it is
OpsResponse = tuple[int, str, bytes]  # status, media type, body


def database_ready(package: str, database: Database) -> bool:
    """Returns the database answers and is migrated. Kafka is no part of it: the outbox takes what comes while it's
    away."""
    try:
        with database.connect() as connection:
            return migrations.is_current(package, connection)
    except SQLAlchemyError:
        return False


def hindrance(package: str, database: Database, verifier: Verifier | None = None) -> str:
    """Returns why a process isn't ready: `database`, `keys` or `revocations`; empty when it is.

    `verifier` is that of a service whose operations ask for a token: without keys or revocations it would answer each
    request with 503.
    """
    if not database_ready(package, database):
        return "database"
    try:
        return verifier.hindrance() if verifier is not None else ""
    except SQLAlchemyError:
        return "database"


def respond(path: str, *, live: Check, ready: Ready) -> OpsResponse:
    """Returns the response of the operations port to a path."""
    if path == "/metrics":
        return 200, *metrics.exposition()
    if path == "/livez":
        return (200, "text/plain", b"ok\n") if live() else (503, "text/plain", b"no\n")
    if path == "/readyz":
        why = ready()
        return (503, "text/plain", f"no: {why}\n".encode()) if why else (200, "text/plain", b"ok\n")
    return 404, "text/plain", b"not found\n"


class SplitByPort:
    """A WSGI application for a server bound to two ports: the operations port never serves the public one's paths."""

    def __init__(self, public: Any, ops_port: int, *, ready: Ready, lane: Any = None) -> None:
        self._public = public
        self._ops_port = ops_port
        self._ready = ready
        self._lane = lane

    def lane_at(self, port: int) -> Any:
        """Returns the lane of the public address (chassis.fast.lane), if the service has one; the operations port has
        none."""
        return None if port == self._ops_port else self._lane

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        if int(environ["SERVER_PORT"]) != self._ops_port:
            return self._public(environ, start_response)  # type: ignore[no-any-return]
        path = environ.get("PATH_INFO", "")
        status, kind, body = respond(path, live=lambda: True, ready=self._ready)
        start_response(
            f"{status} {HTTPStatus(status).phrase}",
            [("Content-Type", kind), ("Content-Length", str(len(body)))],
        )
        return [body]


def listen(host: str, port: int, *, live: Check, ready: Ready) -> ThreadingHTTPServer:
    """Returns the operations port of a process that isn't a web server; runs in a daemon thread."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, kind, body = respond(self.path, live=live, ready=ready)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer((host, port), Handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, daemon=True, name="operations").start()
    return server
