"""A commercial register over real HTTP, for the tests."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class TradeRegister(ThreadingHTTPServer):
    """A commercial register over real HTTP: `owners` by unified number; `status` is its HTTP status."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _TradeHandler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.reset()

    def reset(self) -> None:
        self.owners: dict[str, list[str]] = {"7000000005": ["1000000016"]}
        self.closed: set[str] = set()
        self.status, self.answers_for, self.asked = 200, "", 0


class _TradeHandler(BaseHTTPRequestHandler):
    server: TradeRegister

    def do_POST(self) -> None:
        register = self.server
        question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        number = question["unified_number"]
        register.asked += 1
        document = {
            "found": number in register.owners,
            "unified_number": register.answers_for or number,
            "status": "struck_off" if number in register.closed else "active",
            "owners": register.owners.get(number, []),
        }
        body = json.dumps(document).encode()
        self.send_response(register.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""
