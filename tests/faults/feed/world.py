"""Two of each process of the gateway, writers, and an address that takes what's told."""

import json
import threading
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests
from tests.faults.desk import Tokens
from tests.faults.nemesis import pause
from tests.faults.world import Seat, World

from devstack.machine import free_port

SEATS = (
    Seat("identity", "serve"),
    Seat("identity", "work"),
    Seat("partner-gateway", "serve"),
    Seat("partner-gateway", "serve", 2, proxied=True),
    Seat("partner-gateway", "work"),
    Seat("partner-gateway", "work", 2, proxied=True),
)
AUDIENCE = "partner-gateway"
CLERK = "saihat.clerk"


class Address:
    """A partner's program. Of the changes that it's told first it fails every tenth, and leaves every fifteenth without
    an answer; `taken` is what it answered 204, in order."""

    def __init__(self) -> None:
        self.port = free_port()
        self.taken: list[str] = []
        self._known: set[str] = set()
        self._lock = threading.Lock()
        address = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status, body = address.answer(told)
                if not status:
                    self.close_connection = True
                    return
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def answer(self, told: dict[str, Any]) -> tuple[int, bytes]:
        if told["type"] == "webhook.challenge":
            return 200, json.dumps({"challenge": told["challenge"]}).encode()
        with self._lock:
            is_new, count = told["id"] not in self._known, len(self._known)
            self._known.add(told["id"])
            if is_new and count % 10 == 9:
                return 503, b""
            if is_new and count % 15 == 14:
                return 0, b""
            self.taken.append(told["id"])
        return 204, b""

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class FeedWorld(World):
    """Starts with `with`."""

    seating: Sequence[Seat] = SEATS
    address: Address

    def start(self) -> None:
        self.address = Address()
        super().start()

    def stop(self, *, keep_logs: bool = False) -> None:
        self.address.close()
        super().stop(keep_logs=keep_logs)

    def register_address(self, tokens: Tokens) -> None:
        """Registers and proves the address, as the administrator of Saihat does."""
        base = self.url_of(SEATS[2]) + "/v1/webhooks"
        headers = {"Authorization": f"Bearer {tokens.of(CLERK, AUDIENCE)}"}
        known = requests.get(base, headers=headers, timeout=30)
        known.raise_for_status()
        if any(one["state"] == "active" for one in known.json()["items"]):
            return
        made = requests.post(base, json={"url": self.address.url}, headers=headers, timeout=30)
        made.raise_for_status()
        place = f"{base}/{made.json()['webhook']['webhook_id']}"
        requests.post(f"{place}/challenge", headers=headers, timeout=30).raise_for_status()
        for _ in range(100):
            if requests.get(place, headers=headers, timeout=30).json()["state"] == "active":
                return
            pause(0.2)
        raise AssertionError("the address wasn't proved")

    def _watch_effects(self) -> None:
        """The ledger shows the effects."""

    def _seat_environment(self, seat: Seat) -> dict[str, str]:
        found = super()._seat_environment(seat)
        if seat.service == "partner-gateway":
            found |= {
                "PARTNER_GATEWAY_OUTGOING_PRIVATE_HOSTS": f"127.0.0.1:{self.address.port}",
                "PARTNER_GATEWAY_EVENTS_PER_MINUTE": "1000000",
                "PARTNER_GATEWAY_STATUS_PER_MINUTE": "1000000",
            }
        return found
