"""A collector of traces that keeps the spans it gets."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Traces(ThreadingHTTPServer):
    """`bodies` has the requests of the exporters. Used with `with`."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        super().__init__(("127.0.0.1", 0), _Collector)
        threading.Thread(target=self.serve_forever, args=[0.02], daemon=True).start()

    @property
    def extra(self) -> dict[str, str]:
        """The environment of the processes that send spans."""
        url = f"http://127.0.0.1:{self.server_port}"
        return {"OTEL_EXPORTER_OTLP_ENDPOINT": url, "OTEL_BSP_SCHEDULE_DELAY": "200"}

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()


class _Collector(BaseHTTPRequestHandler):
    server: Traces

    def do_POST(self) -> None:
        self.server.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""
