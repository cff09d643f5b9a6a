"""The published contract and its documentation page, from files of a package; no address of anybody else."""

import json
from typing import Any

import flask
from swagger_ui_bundle import swagger_ui_path

from chassis import contracts

PAGE = """<!doctype html>
<html lang="ar" dir="ltr"><head><meta charset="utf-8"><title>{name} · API</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="docs/swagger-ui.css"></head>
<body><div id="swagger-ui"></div>
<script src="docs/swagger-ui-bundle.js"></script><script src="docs/start.js"></script></body></html>"""
START = 'SwaggerUIBundle({url: "../openapi.json", dom_id: "#swagger-ui", deepLinking: true, validatorUrl: null});'
POLICY = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'"
FILES = {"swagger-ui.css", "swagger-ui-bundle.js"}


def register(app: flask.Flask, name: str) -> None:
    """Adds /openapi.json, /docs and the page's own files. Public: a contract holds no internals."""
    published = json.dumps(
        published_contract(contracts.openapi(name)), ensure_ascii=False, default=str
    )
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "max-age=300"}

    @app.get("/openapi.json")
    def openapi_json() -> flask.Response:
        return flask.Response(published, content_type="application/json")

    @app.get("/docs")
    def docs_page() -> flask.Response:
        return flask.Response(
            PAGE.format(name=name), headers={**headers, "Content-Type": "text/html; charset=utf-8"}
        )

    @app.get("/docs/<file>")
    def docs_file(file: str) -> flask.Response:
        if file == "start.js":
            return flask.Response(START, headers={**headers, "Content-Type": "text/javascript"})
        if file not in FILES:
            flask.abort(404)
        response = flask.send_from_directory(swagger_ui_path, file)
        response.headers.update(headers)
        return response


def published_contract(document: dict[str, Any]) -> dict[str, Any]:
    """The contract without vendor extensions."""
    cleaned: dict[str, Any] = _clean(document)
    return cleaned


def _clean(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _clean(value) for key, value in node.items() if not str(key).startswith("x-")}
    return [_clean(item) for item in node] if isinstance(node, list) else node
