"""The HTTP of the stand-in: a port for each provider, and a port for the people who watch the providers."""

import hmac
import json
from dataclasses import asdict
from typing import Any, Self

from flask import Flask, Response, request

from devstack.fault_switches import Switches
from devstack.sms_provider.faults import KINDS, Faults
from devstack.sms_provider.ledger import Ledger
from devstack.sms_provider.page import page
from devstack.sms_provider.protocols import PROTOCOLS, Malformed, Said, Sent, number_is_good
from devstack.sms_provider.receipts import Receipts
from devstack.sms_provider.settings import STYLES, ProviderSettings, Settings
from devstack.stand_in import Server, answer_json, new_app


class SmsProviders:
    """`with SmsProviders(settings) as stand_in:` serves; `stand_in.providers["unifonic"].url` takes messages."""

    def __init__(self, settings: Settings) -> None:
        self.ledger = Ledger(settings.ledger)
        self.switches = {
            name: Switches(Faults(), KINDS, f"{settings.seed}/{name}")
            for name in settings.providers
        }
        self._receipts = Receipts(settings, self.ledger, self.switches)
        self.providers = {
            name: Provider(name, one, self.ledger, self.switches[name], self._receipts)
            for name, one in settings.providers.items()
        }
        self._desk = Server(self._desk_app(), settings.port)
        self.url = self._desk.url

    def __enter__(self) -> Self:
        for provider in self.providers.values():
            provider.server.open()
        self._receipts.start()
        self._desk.open()
        return self

    def __exit__(self, *_: object) -> None:
        self._desk.close()
        for provider in self.providers.values():
            provider.server.close()
        self._receipts.stop()
        self.ledger.close()

    def change(self, wanted: dict[str, dict[str, Any]]) -> None:
        """Changes faults. A provider that is dead from now on refuses connections. Raises ValueError, and changes
        nothing, for an unknown name or kind."""
        for name, facts in wanted.items():
            if name not in self.switches:
                raise ValueError(f"unknown: {name}")
            self.switches[name].check(facts)
        for name, facts in wanted.items():
            self.switches[name].change(facts)
        for name, provider in self.providers.items():
            dead = self.switches[name].now.dead
            (provider.server.close if dead else provider.server.open)()

    def rows(self) -> list[dict[str, Any]]:
        """Returns the ledger as `GET /ledger` answers it."""
        return [asdict(row) for row in self.ledger.rows()]

    def _desk_app(self) -> Flask:
        app = new_app("sms_provider")

        @app.get("/")
        def show_telephones() -> Response:
            return Response(page(self.ledger.rows()), mimetype="text/html")

        @app.get("/ledger")
        def show_ledger() -> Response:
            return answer_json(self.rows(), indent=1)

        @app.get("/faults")
        def show_faults() -> Response:
            return answer_json(
                {name: one.record() for name, one in self.switches.items()}, indent=1
            )

        @app.post("/faults")
        def change_faults() -> Response:
            try:
                self.change(json.loads(request.get_data()))
            except (ValueError, TypeError, AttributeError) as error:
                return answer_json({"error": str(error)}, 400)
            return answer_json({"changed": True})

        return app


class Provider:
    """One provider: accepts, refuses, tells fates, and fails on demand."""

    def __init__(
        self,
        name: str,
        settings: ProviderSettings,
        ledger: Ledger,
        switches: Switches[Faults],
        receipts: Receipts,
    ) -> None:
        self._name = name
        self._protocol = PROTOCOLS[STYLES[name]]
        self._credential = settings.credential
        self._ledger, self._switches, self._receipts = ledger, switches, receipts
        self.server = Server(self._app(), settings.port)
        self.url = self.server.url

    def _app(self) -> Flask:
        app = Flask("sms_provider", static_folder=None)
        app.config["PROPAGATE_EXCEPTIONS"] = True
        for rule in ("/", "/<path:_path>"):
            app.add_url_rule(rule, rule, self._answer, methods=["GET", "POST"])
        return app

    def _answer(self, _path: str = "") -> Response:
        protocol = self._protocol
        if request.method == "POST" and request.path == protocol.send:
            return self._take()
        if request.path == protocol.probe:
            return _say(protocol.well())
        if request.path.startswith(protocol.ask) and self._switches.now.query:
            return self._tell_fate()
        return Response("<html><body>Not Found</body></html>", 404, mimetype="text/html")

    def _tell_fate(self) -> Response:
        protocol = self._protocol
        credential, reference = protocol.question(request.path, request.get_data(), request.headers)
        if not self._may(credential):
            return _say(protocol.refused("credential"))
        return _say(protocol.fate(self._ledger.find(self._name, reference)))

    def _take(self) -> Response:
        """Takes a message, or fails as the switches say."""
        try:
            sent = self._protocol.read(request.get_data(), request.headers)
        except Malformed:
            return _say(self._protocol.refused("malformed"))
        fault, faults = self._switches.draw(sent.reference), self._switches.now
        if fault is not None and fault.startswith("accept-then-"):
            self._accept(sent)
            fault = fault.removeprefix("accept-then-")
        if (failure := self.server.fail(fault, faults.hold_seconds)) is not None:
            return failure
        if fault == "html":
            return Response("<html><body>Welcome</body></html>", mimetype="text/html")
        if fault == "refuse":
            return _say(self._protocol.refused("balance"))
        if fault == "too-many":
            return Response(status=429, mimetype="text/plain")
        if fault == "slow":
            self.server.wait(faults.slow_seconds)
        return _say(self._accept(sent))

    def _accept(self, sent: Sent) -> Said:
        """Answers without a fault. Writes a good message down, and plans the receipts of a new message."""
        if not self._may(sent.credential):
            return self._protocol.refused("credential")
        if not number_is_good(sent):
            return self._protocol.refused("number")
        message = (sent.recipient, sent.sender, sent.text)
        once = self._switches.now.once
        row, is_new = self._ledger.accept(self._name, sent.reference, message, once=once)
        if is_new:
            self._receipts.expect(row)
        return self._protocol.accepted(row)

    def _may(self, credential: str) -> bool:
        return not self._credential or hmac.compare_digest(credential, self._credential)


def _say(said: Said) -> Response:
    status, document = said
    return answer_json(document, status)
