"""The HTTP of the stand-in for the national login."""

import json
import time
from collections.abc import Callable
from typing import Any, Self

from flask import Flask, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from devstack.national_login import pages
from devstack.national_login.flow import Faults, Flow, Settings, Unusable
from devstack.stand_in import Server, answer_json, new_app
from saudi.malformed import Malformed


class Provider:
    """`with Provider(settings) as provider:` serves; `provider.url` is the issuer."""

    def __init__(self, settings: Settings) -> None:
        app = new_app("national_login")
        self._server = Server(app, settings.port)
        self.url = self._server.url
        self.flow = Flow(settings, self.url)
        app.after_request(_forbid_storing)
        _add_protocol(app, self.flow)
        _add_pages(app, self.flow)

    def __enter__(self) -> Self:
        self._server.open()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.close()

    def fail(self, **faults: Any) -> None:
        """Sets the faults from now on. Without arguments all is well again."""
        self.flow.faults = Faults(**faults)


def _forbid_storing(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


def _add_protocol(app: Flask, flow: Flow) -> None:
    """What the relying party asks, and the switches."""

    def answer(document: Callable[[], dict[str, Any]]) -> Response:
        time.sleep(flow.faults.delay_s)
        return answer_json(document(), flow.faults.status)

    @app.get("/.well-known/openid-configuration")
    def show_metadata() -> Response:
        return answer(flow.metadata)

    @app.get("/jwks.json")
    def show_keys() -> Response:
        return answer(flow.jwks)

    @app.post("/token")
    def redeem() -> Response:
        try:
            return answer(lambda: flow.redeem(request.form))
        except Unusable as error:
            status = 401 if str(error) == "invalid_client" else 400
            return answer_json({"error": str(error)}, status)

    @app.post("/faults")
    def change_faults() -> Response:
        flow.faults = Faults(**json.loads(request.get_data()))
        return answer_json({"changed": True})


def _add_pages(app: Flask, flow: Flow) -> None:
    """What the browser and the telephone do."""

    def show(content: bytes, status: int = 200) -> Response:
        return Response(content, status, mimetype="text/html")

    app.register_error_handler(Unusable, lambda error: show(pages.failed(str(error)), 400))

    @app.get("/authorize")
    def begin() -> Response:
        return show(pages.ask_number(flow.begin(request.args.to_dict())))

    @app.post("/number")
    def identify() -> Response:
        name = request.form.get("csrf_token", "")
        try:
            number, choices = flow.identify(name, request.form.get("id_number", ""))
        except Malformed:
            return show(pages.ask_number(name, "رقم الهوية غير صحيح · The number is not right"))
        return show(pages.ask_telephone(name, number, choices))

    @app.post("/decision")
    def decide() -> AnyResponse:
        form = request.form
        return redirect(flow.decide(form.get("csrf_token", ""), form.get("choice", "")), 303)
