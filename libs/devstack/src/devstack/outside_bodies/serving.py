"""The HTTP of the outside bodies: a question and its answer, and the switches."""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from flask import Flask, Response, request

from devstack.outside_bodies.registers import DEFAULTS, MARK, Registers
from devstack.stand_in import Server, answer_json, new_app

RIYADH = timedelta(hours=3)
MOST_BYTES = 65_536


class OutsideBodies:
    """Serves from `with` on, at a port of its own; 0 takes a free port."""

    def __init__(self, port: int = 0) -> None:
        self.registers = Registers()
        self._server = Server(_app(self.registers), port)
        self.url = self._server.url

    def __enter__(self) -> Self:
        self._server.open()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.close()


def _app(registers: Registers) -> Flask:
    app = new_app("outside_bodies")
    app.config["MAX_CONTENT_LENGTH"] = MOST_BYTES
    for error in (LookupError, TypeError, ValueError, AttributeError):
        app.register_error_handler(error, _refuse)

    @app.get("/")
    def show_bodies() -> Response:
        names = {"stand_in": MARK, "bodies": sorted(DEFAULTS)}
        return answer_json({**names, "asked": registers.asked})

    @app.post("/records")
    def record() -> Response:
        """Takes the answer of a body about a number, from now on."""
        body = json.loads(request.get_data())
        registers.tell(body["body"], str(body["number"]), body["values"])
        return answer_json({})

    @app.post("/faults")
    def change_faults() -> Response:
        for name, fault in json.loads(request.get_data()).items():
            registers.fail(name, fault)
        return answer_json(registers.faults)

    @app.post("/<body>")
    def answer(body: str) -> Response:
        question: Any = json.loads(request.get_data())
        fault = registers.faults.get(body, {})
        time.sleep(fault.get("delay", 0))
        document = registers.answer(body, question, (datetime.now(UTC) + RIYADH).date())
        status = fault.get("status", 200)
        if "text" in fault:
            return Response(str(fault["text"]), status, mimetype="application/json")
        return answer_json(document, status)

    return app


def _refuse(_: Exception) -> Response:
    return answer_json({"error": "no such body, or no such question"}, 400)
