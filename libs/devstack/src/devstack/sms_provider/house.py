"""All of the stand-in in one process: both providers, the receipts, and the port for those who watch it."""

import json
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Self

from devstack.sms_provider.answering import Answering
from devstack.sms_provider.counter import Counter
from devstack.sms_provider.faults import Switches
from devstack.sms_provider.ledger import Ledger
from devstack.sms_provider.page import page
from devstack.sms_provider.receipts import Receipts
from devstack.sms_provider.settings import Settings


class House:
    """`with House(settings) as house:` serves; `house.counters["unifonic"].url` is where messages are sent."""

    def __init__(self, settings: Settings) -> None:
        self.ledger = Ledger(settings.ledger)
        self.switches = Switches(settings.providers, settings.seed)
        self._receipts = Receipts(settings, self.ledger, self.switches)
        self.counters = {
            name: Counter(name, one, self.ledger, switches=self.switches, receipts=self._receipts)
            for name, one in settings.providers.items()
        }
        self._server = _Desk(("127.0.0.1", settings.port), self)

    def __enter__(self) -> Self:
        for counter in self.counters.values():
            counter.open()
        self._receipts.start()
        Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        for counter in self.counters.values():
            counter.stop_holding.set()
            counter.close()
        self._receipts.stop()
        self.ledger.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def change(self, wanted: dict[str, Any]) -> None:
        """New faults; a provider that is dead from now on refuses connections. Raises ValueError."""
        self.switches.change(wanted)
        for name, counter in self.counters.items():
            (counter.close if self.switches.of(name).dead else counter.open)()

    def rows(self) -> list[dict[str, Any]]:
        """The ledger as `GET /ledger` answers it."""
        return [asdict(row) for row in self.ledger.rows()]


class _Desk(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], house: House) -> None:
        self.house = house
        super().__init__(address, _Handler)


class _Handler(Answering, BaseHTTPRequestHandler):
    server: _Desk

    def do_GET(self) -> None:
        house = self.server.house
        if self.path == "/":
            self._send(200, page(house.ledger.rows()), "text/html; charset=utf-8")
        elif self.path == "/ledger":
            self._json(200, house.rows())
        elif self.path == "/faults":
            self._json(200, {name: asdict(house.switches.of(name)) for name in house.counters})
        elif self.path == "/readyz":
            self._json(200, {"status": "ready"})
        else:
            self._json(404, {"error": "not found"})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            if self.path != "/faults":
                raise ValueError("POST /faults is all there is")
            self.server.house.change(json.loads(body))
            self._json(200, {"changed": True})
        except (ValueError, TypeError, AttributeError) as error:
            self._json(400, {"error": str(error)})

    def _json(self, status: int, document: Any) -> None:
        body = json.dumps(document, ensure_ascii=False, indent=1).encode()
        self._send(status, body, "application/json")
