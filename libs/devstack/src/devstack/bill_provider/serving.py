"""The HTTP of the stand-in: the bill system's interface, the desk, and the faults of each."""

import hmac
import json
import re
import socket
import struct
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Self
from urllib.parse import parse_qs, unquote

from devstack.bill_provider.faults import KINDS
from devstack.bill_provider.house import House, NotPayable
from devstack.bill_provider.ledger import Bill, Taken
from devstack.bill_provider.page import page
from devstack.bill_provider.settings import Settings
from devstack.sms_provider.answering import Answering

_AMOUNT = re.compile(r"[0-9]{1,9}[.][0-9]{2}", re.ASCII)
_ONE = re.compile(r"/v1/bills/([^/]+)(/cancellation)?")
_DAY = re.compile(r"/v1/settlements/([0-9]{4}-[0-9]{2}-[0-9]{2})", re.ASCII)
Said = tuple[int, dict[str, Any]]


class BillProvider:
    """`with BillProvider(settings) as provider:` serves at `provider.url`; `provider.house` is what it does."""

    def __init__(self, settings: Settings) -> None:
        self.house = House(settings)
        self._server = _Server(("127.0.0.1", settings.port), _Handler)
        self._server.house = self.house

    def __enter__(self) -> Self:
        self.house.start()
        Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.house.stop_holding.set()
        self._server.shutdown()
        self._server.server_close()
        self.house.stop()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256
    house: House

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A biller that gave up is no news."""


class _Handler(Answering, BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    @property
    def house(self) -> House:
        return self.server.house

    def do_GET(self) -> None:
        house = self.house
        if found := _DAY.fullmatch(self.path):
            day = found[1]
            self._as_biller(lambda: (200, house.settlement(day)))
        elif found := _ONE.fullmatch(self.path):
            reference = unquote(found[1])
            self._faulty("ask", reference, lambda: self._of(house.ledger.find(reference)))
        elif self.path == "/":
            self._send(200, page(house.ledger.bills()), "text/html; charset=utf-8")
        else:
            desk: dict[str, Callable[[], Any]] = {
                "/ledger": house.ledger.shown,
                "/faults": house.switches.shown,
                "/readyz": lambda: {"status": "ready"},
            }
            self._json(*((200, desk[self.path]()) if self.path in desk else _unknown()))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == "/v1/bills":
            self._register(body)
        elif found := _ONE.fullmatch(self.path):
            reference = unquote(found[1])
            self._faulty("cancel", reference, lambda: self._of(self.house.ledger.cancel(reference)))
        elif self.path == "/pay":
            self._pay(body)
        elif self.path == "/faults":
            self._change(body)
        else:
            self._json(*_unknown())

    def _register(self, body: bytes) -> None:
        try:
            wanted = json.loads(body)
            reference, amount = str(wanted["reference"]), str(wanted["amount"])
        except (ValueError, KeyError, TypeError):
            self._json(400, {"code": "malformed"})
            return
        if not _AMOUNT.fullmatch(amount) or wanted.get("payer") is None:
            self._json(422, {"code": "payer-unknown" if _AMOUNT.fullmatch(amount) else "amount"})
            return
        self._faulty("register", reference, lambda: self._registered(wanted))

    def _registered(self, wanted: dict[str, Any]) -> Said:
        try:
            bill, is_new = self.house.ledger.register(wanted, once=self.house.switches.now.once)
        except Taken:
            return 422, {"code": "reference-taken"}
        status, document = self._of(bill)
        return (201 if is_new else status), document

    def _of(self, bill: Bill | None) -> Said:
        if bill is None:
            return 404, {"code": "unknown-reference"}
        return 200, {
            "biller_code": self.house.settings.biller_code,
            "bill_number": bill.bill_number,
            "status": bill.status,
        }

    def _as_biller(self, act: Callable[[], Said]) -> None:
        token = self.house.settings.token
        sent = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        if token and not hmac.compare_digest(sent.encode(), token.encode()):
            self._json(401, {"code": "unauthorized"})
        else:
            self._json(*act())

    def _faulty(self, call: str, reference: str, act: Callable[[], Said]) -> None:
        """Answers a call as the switches say."""
        house = self.house
        fault, faults = house.switches.draw(call, reference), house.switches.now
        if fault is not None and fault.startswith("accept-then-"):
            act()
            fault = fault.removeprefix("accept-then-")
        if fault == "timeout":
            house.stop_holding.wait(faults.hold_seconds)
            self.close_connection = True
        elif fault == "reset":
            self._reset()
        elif fault == "503":
            self._send(503, b"", "text/plain")
        elif fault == "refuse" and call == "register":
            self._json(422, {"code": "account-closed"})
        else:
            if fault == "slow":
                house.stop_holding.wait(faults.slow_seconds)
            self._as_biller(act)

    def _pay(self, body: bytes) -> None:
        """JSON `{bill_number, amount?, force?}`, or the page's form."""
        is_form = "urlencoded" in (self.headers.get("Content-Type") or "")
        try:
            facts = _form(body) if is_form else json.loads(body)
            payment = self.house.pay(
                str(facts["bill_number"]), facts.get("amount"), force=bool(facts.get("force"))
            )
        except (ValueError, KeyError, TypeError):
            self._json(400, {"error": "bill_number, and if you like amount and force"})
        except NotPayable:
            self._json(409, {"error": "the bill isn't open"})
        else:
            if is_form:
                self.send_response(303)
                self.send_header("Location", "/")
                self.send_header("Content-Length", "0")
                self.end_headers()
            else:
                self._json(200, {"payment": payment.number, "amount": payment.amount})

    def _change(self, body: bytes) -> None:
        try:
            self.house.switches.change(json.loads(body))
            self._json(200, {"changed": True})
        except (ValueError, TypeError, AttributeError) as error:
            self._json(400, {"error": f"{error}; kinds: {', '.join(KINDS)}"})

    def _reset(self) -> None:
        """Closed with RST: the biller can't know whether it was read."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def _json(self, status: int, document: Any) -> None:
        body = json.dumps(document, ensure_ascii=False).encode()
        self._send(status, body, "application/json")


def _unknown() -> Said:
    return 404, {"error": "not found"}


def _form(body: bytes) -> dict[str, Any]:
    return {name: values[0] for name, values in parse_qs(body.decode()).items()}
