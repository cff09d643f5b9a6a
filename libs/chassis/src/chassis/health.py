"""The operations port: /livez, /readyz and /metrics, apart from the public address."""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy.exc import SQLAlchemyError

from chassis import metrics, migrations
from chassis.db import Database

Check = Callable[[], bool]
Answer = tuple[int, str, bytes]


def database_ready(package: str, database: Database) -> bool:
    """The database answers and is migrated. Kafka is no part of it: the outbox takes what comes while it's away."""
    try:
        with database.engine.connect() as connection:
            return migrations.is_current(package, connection)
    except SQLAlchemyError:
        return False


def answer(path: str, *, live: Check, ready: Check) -> Answer:
    """The answer of the operations port for a path."""
    if path == "/metrics":
        return 200, CONTENT_TYPE_LATEST, metrics.exposition()
    checks = {"/livez": live, "/readyz": ready}
    if path not in checks:
        return 404, "text/plain", b"not found\n"
    return (200, "text/plain", b"ok\n") if checks[path]() else (503, "text/plain", b"no\n")


class SplitByPort:
    """A WSGI application for a server bound to two ports: the operations port never serves the public one's paths."""

    def __init__(self, public: Any, ops_port: int, *, ready: Check, lane: Any = None) -> None:
        self._public = public
        self._ops_port = ops_port
        self._ready = ready
        self._lane = lane

    def lane_at(self, port: int) -> Any:
        """The lane of the public address (chassis.lane), if the service has one; the operations port has none."""
        return None if port == self._ops_port else self._lane

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        if int(environ["SERVER_PORT"]) != self._ops_port:
            return self._public(environ, start_response)  # type: ignore[no-any-return]
        path = environ.get("PATH_INFO", "")
        status, kind, body = answer(path, live=lambda: True, ready=self._ready)
        start_response(
            f"{status} {HTTPStatus(status).phrase}",
            [("Content-Type", kind), ("Content-Length", str(len(body)))],
        )
        return [body]


def listen(host: str, port: int, *, live: Check, ready: Check) -> ThreadingHTTPServer:
    """The operations port of a process that isn't a web server; runs in a daemon thread."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, kind, body = answer(self.path, live=live, ready=ready)
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
