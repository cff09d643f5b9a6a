"""The HTTP server of one provider: accepts, refuses, tells fates, and fails as it's told to."""

import contextlib
import hmac
import json
import socket
import struct
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

from devstack.sms_provider.answering import Answering
from devstack.sms_provider.faults import Switches
from devstack.sms_provider.ledger import Ledger
from devstack.sms_provider.protocols import PROTOCOLS, Malformed, Said, Sent, number_is_good
from devstack.sms_provider.receipts import Receipts
from devstack.sms_provider.settings import STYLES, ProviderSettings


class Counter:
    """One provider, on its own port, which is closed while the provider is dead."""

    def __init__(
        self,
        name: str,
        settings: ProviderSettings,
        ledger: Ledger,
        *,
        switches: Switches,
        receipts: Receipts,
    ) -> None:
        self.name = name
        self.protocol = PROTOCOLS[STYLES[name]]
        self.ledger, self.switches, self.receipts = ledger, switches, receipts
        self.credential = settings.credential
        self.stop_holding = Event()
        self._server: _Server | None = None
        self.port = settings.port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def open(self) -> None:
        """Listens, on the same port as before."""
        if self._server is None:
            self._server = _Server(self)
            self.port = self._server.server_address[1]
            Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        """Refuses connections; those that are open are cut."""
        if self._server is not None:
            server, self._server = self._server, None
            server.shutdown()
            server.server_close()
            server.cut_all()

    def answer(self, sent: Sent) -> Said:
        """The answer without any fault."""
        if not self.may(sent.credential):
            return self.protocol.refused("credential")
        if not number_is_good(sent):
            return self.protocol.refused("number")
        return self.accept(sent)

    def accept(self, sent: Sent) -> Said:
        """Writes it down, and plans its receipts when it's new."""
        message = (sent.recipient, sent.sender, sent.text)
        once = self.switches.of(self.name).once
        row, new = self.ledger.accept(self.name, sent.reference, message, once=once)
        if new:
            self.receipts.expect(row)
        return self.protocol.accepted(row)

    def may(self, credential: str) -> bool:
        return not self.credential or hmac.compare_digest(credential, self.credential)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 256

    def __init__(self, counter: Counter) -> None:
        self.counter = counter
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", counter.port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A sender that gave up is no news."""

    def cut_all(self) -> None:
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Handler(Answering, BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        counter = self.server.counter
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        protocol = counter.protocol
        if self.command == "POST" and self.path == protocol.send:
            self._take(body)
        elif self.path == protocol.probe:
            self._say(protocol.well())
        elif self.path.startswith(protocol.ask) and counter.switches.of(counter.name).query:
            credential, reference = protocol.question(self.path, body, self.headers)
            if counter.may(credential):
                self._say(protocol.fate(counter.ledger.find(counter.name, reference)))
            else:
                self._say(protocol.refused("credential"))
        else:
            self._send(404, b"<html><body>Not Found</body></html>", "text/html")

    def _take(self, body: bytes) -> None:
        counter = self.server.counter
        try:
            sent = counter.protocol.read(body, self.headers)
        except Malformed:
            self._say(counter.protocol.refused("malformed"))
            return
        fault = counter.switches.draw(counter.name, sent.reference)
        faults = counter.switches.of(counter.name)
        if fault is not None and fault.startswith("accept-then-"):
            counter.answer(sent)
        if fault in {"timeout", "accept-then-timeout"}:
            counter.stop_holding.wait(faults.hold_seconds)
            self.close_connection = True
        elif fault in {"reset", "accept-then-reset"}:
            self._reset()
        elif fault == "503":
            self._send(503, b"", "text/plain")
        elif fault == "html":
            self._send(200, b"<html><body>Welcome</body></html>", "text/html")
        elif fault == "refuse":
            self._say(counter.protocol.refused("balance"))
        elif fault == "too-many":
            self._send(429, b"", "text/plain")
        else:
            if fault == "slow":
                counter.stop_holding.wait(faults.slow_seconds)
            self._say(counter.answer(sent))

    def _reset(self) -> None:
        """Closed with RST: the sender can't know whether it was read."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def _say(self, said: Said) -> None:
        status, document = said
        self._send(status, json.dumps(document, ensure_ascii=False).encode(), "application/json")
