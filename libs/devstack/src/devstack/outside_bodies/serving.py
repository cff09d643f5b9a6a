"""HTTP of the outside bodies: a question, an answer; and the switches."""

import json
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Self

from devstack.outside_bodies.registers import DEFAULTS, MARK, Registers

RIYADH = timedelta(hours=3)
MOST_BYTES = 65_536


class OutsideBodies:
    """Serves from `with` on, on a port of its own; 0 takes a free one."""

    def __init__(self, port: int = 0) -> None:
        self.registers = Registers()
        self._server = _Server(("127.0.0.1", port), self.registers)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], registers: Registers) -> None:
        super().__init__(address, _Handler)
        self.registers = registers


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/readyz":
            self._send(200, {"status": "ready"})
        elif self.path == "/":
            names = {"stand_in": MARK, "bodies": sorted(DEFAULTS)}
            self._send(200, {**names, "asked": self.server.registers.asked})
        else:
            self._send(404, {})

    def do_POST(self) -> None:
        size = int(self.headers.get("Content-Length", 0))
        try:
            if size > MOST_BYTES:
                raise ValueError
            body = json.loads(self.rfile.read(size))
            self._act(self.path.strip("/"), body)
        except (LookupError, TypeError, ValueError, AttributeError):
            self._send(400, {"error": "no such body, or no such question"})

    def _act(self, path: str, body: Any) -> None:
        registers = self.server.registers
        if path == "records":
            registers.tell(body["body"], str(body["number"]), body["values"])
            self._send(200, {})
        elif path == "faults":
            for name, fault in body.items():
                registers.fail(name, fault)
            self._send(200, registers.faults)
        else:
            self._answer(path, body)

    def _answer(self, body: str, question: Any) -> None:
        fault = self.server.registers.faults.get(body, {})
        time.sleep(fault.get("delay", 0))
        today = (datetime.now(UTC) + RIYADH).date()
        answer = self.server.registers.answer(body, question, today)
        if "text" in fault:
            self._write(fault.get("status", 200), str(fault["text"]).encode())
        else:
            self._send(fault.get("status", 200), answer)

    def _send(self, status: int, document: Any) -> None:
        self._write(status, json.dumps(document, ensure_ascii=False).encode())

    def _write(self, status: int, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        with suppress(OSError):  # who asked has given up
            self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: a line for each question would drown the log."""
