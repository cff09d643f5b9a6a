"""How each server of the stand-in answers: a whole body with its length, and nothing in the log."""

from http.server import BaseHTTPRequestHandler
from typing import Any


class Answering(BaseHTTPRequestHandler):
    """A handler whose `_send` writes one answer."""

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing: requests hold numbers, and the ledger has them."""

    def _send(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
