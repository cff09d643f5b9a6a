"""The stand-in's bills, money that comes for them and settlements, and their HTTP."""

import hmac
import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Self

from flask import Flask, Response, redirect, request

from devstack.bill_provider.faults import KINDS, Faults
from devstack.bill_provider.ledger import OPEN, Bill, Ledger, Payment, ReferenceTaken
from devstack.bill_provider.notices import Notices
from devstack.bill_provider.page import page
from devstack.bill_provider.settings import Settings
from devstack.fault_switches import Switches
from devstack.stand_in import Server, answer_json, new_app

_AMOUNT = re.compile(r"[0-9]{1,9}[.][0-9]{2}", re.ASCII)


class NotPayable(Exception):
    """The bill isn't open, and the payment wasn't forced."""


class BillProvider:
    """`with BillProvider(settings) as provider:` serves at `provider.url`."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.ledger = Ledger(settings.ledger)
        self.switches = Switches(Faults(), KINDS, f"{settings.seed}")
        self._notices = Notices(settings, self.ledger, self.switches)
        self._server = Server(_app(self), settings.port)
        self.url = self._server.url

    def __enter__(self) -> Self:
        self._notices.start()
        self._server.open()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.close()
        self._notices.stop()
        self.ledger.close()

    def pay(self, bill_number: str, amount: str | None = None, *, force: bool = False) -> Payment:
        """Takes money, and plans the notice. Raises NotPayable for a bill that isn't open, unless `force`d, and for an
        unknown number without an amount."""
        bill = self.ledger.numbered(bill_number)
        if (bill is None or bill.status != OPEN) and not force:
            raise NotPayable
        if bill is None and amount is None:
            raise NotPayable
        paid = amount or self._amount(bill_number, bill.amount if bill else "1.00")
        payment = self.ledger.pay(bill, bill_number, paid)
        self._notices.expect(payment)
        return payment

    def _amount(self, bill_number: str, amount: str) -> str:
        if not self.switches.chance(bill_number, "wrong", self.switches.now.wrong):
            return amount
        more = self.switches.chance(bill_number, "more", 0.5)
        return f"{Decimal(amount) + (1 if more else -1):.2f}"

    def settlement(self, day: str) -> dict[str, Any]:
        """Returns the lines of a day in Riyadh."""
        missing = self.switches.now.unsettled
        lines = [
            {
                "line_id": f"L-{one.number}",
                "payment": one.number,
                "bill_number": one.bill_number,
                "amount": one.amount,
            }
            for one in self.ledger.payments()
            if one.day.isoformat() == day
            and not self.switches.chance(one.number, "unsettled", missing)
        ]
        return {"day": day, "count": len(lines), "lines": lines}

    def answer_faulty(self, call: str, reference: str, act: Callable[[], Response]) -> Response:
        """Answers a biller's call, or fails as the switches say."""
        fault, faults = self.switches.draw(f"{call}/{reference}"), self.switches.now
        if fault is not None and fault.startswith("accept-then-"):
            act()
            fault = fault.removeprefix("accept-then-")
        if (failure := self._server.fail(fault, faults.hold_seconds)) is not None:
            return failure
        if fault == "refuse" and call == "register":
            return answer_json({"code": "account-closed"}, 422)
        if fault == "slow":
            self._server.wait(faults.slow_seconds)
        return self.answer_biller(act)

    def answer_biller(self, act: Callable[[], Response]) -> Response:
        """Acts for a biller who shows the token."""
        token = self.settings.token
        sent = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token and not hmac.compare_digest(sent.encode(), token.encode()):
            return answer_json({"code": "unauthorized"}, 401)
        return act()


def _app(provider: BillProvider) -> Flask:
    app = new_app("bill_provider")
    _add_biller_routes(app, provider)
    _add_desk_routes(app, provider)
    return app


def _add_biller_routes(app: Flask, provider: BillProvider) -> None:
    """The national bill system's interface."""
    ledger = provider.ledger

    @app.post("/v1/bills")
    def register() -> Response:
        try:
            wanted = json.loads(request.get_data())
            reference, amount = str(wanted["reference"]), str(wanted["amount"])
        except (ValueError, KeyError, TypeError):
            return answer_json({"code": "malformed"}, 400)
        if not _AMOUNT.fullmatch(amount):
            return answer_json({"code": "amount"}, 422)
        if wanted.get("payer") is None:
            return answer_json({"code": "payer-unknown"}, 422)
        return provider.answer_faulty("register", reference, lambda: _register(provider, wanted))

    @app.get("/v1/bills/<reference>")
    def ask(reference: str) -> Response:
        find = lambda: _bill_answer(provider, ledger.find(reference))  # noqa: E731
        return provider.answer_faulty("ask", reference, find)

    @app.post("/v1/bills/<reference>/cancellation")
    def cancel(reference: str) -> Response:
        act = lambda: _bill_answer(provider, ledger.cancel(reference))  # noqa: E731
        return provider.answer_faulty("cancel", reference, act)

    @app.get("/v1/settlements/<day>")
    def settle(day: str) -> Response:
        return provider.answer_biller(lambda: answer_json(provider.settlement(day)))


def _register(provider: BillProvider, wanted: dict[str, Any]) -> Response:
    try:
        bill, is_new = provider.ledger.register(wanted, once=provider.switches.now.once)
    except ReferenceTaken:
        return answer_json({"code": "reference-taken"}, 422)
    return _bill_answer(provider, bill, 201 if is_new else 200)


def _bill_answer(provider: BillProvider, bill: Bill | None, status: int = 200) -> Response:
    if bill is None:
        return answer_json({"code": "unknown-reference"}, 404)
    document = {
        "biller_code": provider.settings.biller_code,
        "bill_number": bill.bill_number,
        "status": bill.status,
    }
    return answer_json(document, status)


def _add_desk_routes(app: Flask, provider: BillProvider) -> None:
    """What the people at this machine use."""
    ledger, switches = provider.ledger, provider.switches

    @app.get("/")
    def show_bills() -> Response:
        return Response(page(ledger.bills()), mimetype="text/html")

    @app.get("/ledger")
    def show_ledger() -> Response:
        return answer_json(ledger.record())

    @app.get("/faults")
    def show_faults() -> Response:
        return answer_json(switches.record())

    @app.post("/faults")
    def change_faults() -> Response:
        try:
            switches.change(json.loads(request.get_data()))
        except (ValueError, TypeError, AttributeError) as error:
            return answer_json({"error": str(error)}, 400)
        return answer_json({"changed": True})

    @app.post("/pay")
    def pay() -> Any:
        """Takes JSON `{bill_number, amount?, force?}`, or the page's form."""
        try:
            facts = request.form or json.loads(request.get_data())
            payment = provider.pay(
                str(facts["bill_number"]), facts.get("amount"), force=bool(facts.get("force"))
            )
        except (ValueError, KeyError, TypeError):
            return answer_json({"error": "bill_number, and if you like amount and force"}, 400)
        except NotPayable:
            return answer_json({"error": "the bill isn't open"}, 409)
        if request.form:
            return redirect("/", 303)
        return answer_json({"payment": payment.number, "amount": payment.amount})
