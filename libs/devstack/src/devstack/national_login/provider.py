"""The HTTP server of the stand-in, and what it's told at its start."""

import json
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from devstack.national_login import pages
from devstack.national_login.flow import Faults, Flow, Settings, Unusable
from saudi.malformed import Malformed


def read_settings(document: Mapping[str, Any]) -> Settings:
    """Of the JSON file. Raises TypeError for a name that isn't known."""
    return Settings(**document)


class Provider:
    """`with Provider(settings) as provider:` serves; `provider.url` is the issuer."""

    def __init__(self, settings: Settings) -> None:
        self._server = _Server(("127.0.0.1", settings.port), _Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._server.flow = self.flow = Flow(settings, self.url)

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def fail(self, **faults: Any) -> None:
        """From now on; without arguments all is well again."""
        self.flow.faults = Faults(**faults)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    flow: Flow

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A relying party that gave up is no news."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        flow, parts = self.server.flow, urlsplit(self.path)
        documents: dict[str, Callable[[], dict[str, Any]]] = {
            "/.well-known/openid-configuration": flow.metadata,
            "/jwks.json": flow.jwks,
            "/readyz": lambda: {"status": "ready"},
        }
        if parts.path in documents:
            time.sleep(flow.faults.delay_s)
            self._json(flow.faults.status, documents[parts.path]())
        elif parts.path == "/authorize":
            self._page(lambda: pages.ask_number(flow.begin(_once(parts.query))))
        else:
            self._json(404, {"error": "not_found"})

    def do_POST(self) -> None:
        flow = self.server.flow
        text = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        if self.path == "/token":
            self._token(_once(text))
        elif self.path == "/number":
            self._page(lambda: self._identified(_once(text)))
        elif self.path == "/decision":
            form = _once(text)
            self._page(lambda: flow.decide(form.get("csrf_token", ""), form.get("choice", "")))
        elif self.path == "/faults":
            flow.faults = Faults(**json.loads(text))
            self._json(200, {"changed": True})
        else:
            self._json(404, {"error": "not_found"})

    def _identified(self, form: dict[str, str]) -> bytes:
        name = form.get("csrf_token", "")
        try:
            number, choices = self.server.flow.identify(name, form.get("id_number", ""))
        except Malformed:
            return pages.ask_number(name, "رقم الهوية غير صحيح · The number is not right")
        return pages.ask_telephone(name, number, choices)

    def _token(self, form: dict[str, str]) -> None:
        flow = self.server.flow
        time.sleep(flow.faults.delay_s)
        try:
            self._json(flow.faults.status, flow.redeem(form))
        except Unusable as error:
            self._json(401 if str(error) == "invalid_client" else 400, {"error": str(error)})

    def _page(self, make: Any) -> None:
        """A page, or (a text) the address to which the browser goes on."""
        try:
            made = make()
        except Unusable as error:
            self._send(400, pages.failed(str(error)), "text/html; charset=utf-8")
            return
        if isinstance(made, bytes):
            self._send(200, made, "text/html; charset=utf-8")
            return
        self._send(303, b"", "text/plain", Location=made)

    def _json(self, status: int, document: Any) -> None:
        self._send(status, json.dumps(document).encode(), "application/json")

    def _send(self, status: int, body: bytes, kind: str, **headers: str) -> None:
        self.send_response(status)
        more = {"Content-Type": kind, "Content-Length": str(len(body)), "Cache-Control": "no-store"}
        for name, value in {**more, **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing: addresses hold codes."""


def _once(text: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(text).items()}
