"""The published contract and its documentation page, from files of a package; nothing is loaded from another site.

The issuer lets no public client in: each authenticates with a key of its own and begins with a pushed request, which a
page in a browser can't do. So the page takes a token that was obtained elsewhere; the published contract names the
issuer's real endpoints.
"""

import json
from typing import Any

import flask
from swagger_ui_bundle import swagger_ui_path

from chassis.core import contracts

PAGE = """<!doctype html>
<html lang="ar" dir="rtl"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="docs/swagger-ui.css"><link rel="stylesheet" href="docs/page.css"></head>
<body><div id="swagger-ui"></div>
<script src="docs/swagger-ui-bundle.js"></script><script src="docs/start.js"></script></body></html>"""
START = 'SwaggerUIBundle({url: "docs/page.json", dom_id: "#swagger-ui", deepLinking: true, validatorUrl: null});'
# Words run from the right, each paragraph in the direction of its first letter; addresses, code and fields from the
# left.
STYLE = """
.swagger-ui { text-align: right; }
.swagger-ui .opblock-tag, .swagger-ui .opblock .opblock-summary-description { text-align: right; }
.swagger-ui table thead tr th, .swagger-ui table thead tr td { text-align: right; }
.swagger-ui p, .swagger-ui li, .swagger-ui h4, .swagger-ui h5 { unicode-bidi: plaintext; text-align: start; }
.swagger-ui .opblock-summary-path, .swagger-ui code, .swagger-ui pre, .swagger-ui input, .swagger-ui textarea,
.swagger-ui .model, .swagger-ui .parameter__name, .swagger-ui .parameter__type, .swagger-ui .prop-format,
.swagger-ui .request-url, .swagger-ui .response-col_status { direction: ltr; text-align: left; unicode-bidi: isolate; }
"""
POLICY = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'"
FILES = {"swagger-ui.css", "swagger-ui-bundle.js"}
BEARER = {
    "type": "http",
    "scheme": "bearer",
    "description": "ألصقوا رمز الدخول هنا؛ يطبعه الأمر make token. · Paste an access token; `make token` prints one.",
}


def register(app: flask.Flask, name: str, issuer: str) -> None:
    """Adds /openapi.json, /docs and the page's own files. Public: a contract holds no internals."""
    document = published_contract(contracts.openapi(name), issuer)
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "max-age=300"}
    made = {
        "start.js": ("text/javascript", START),
        "page.css": ("text/css", STYLE),
        "page.json": ("application/json", _text(for_page(document))),
    }
    published = _text(document)
    page = PAGE.format(title=document["info"]["title"])

    @app.get("/openapi.json")
    def openapi_json() -> flask.Response:
        return flask.Response(published, content_type="application/json")

    @app.get("/docs")
    def docs_page() -> flask.Response:
        return flask.Response(page, headers={**headers, "Content-Type": "text/html; charset=utf-8"})

    @app.get("/docs/<file>")
    def docs_file(file: str) -> flask.Response:
        if file in made:
            media_type, text = made[file]
            return flask.Response(text, headers={**headers, "Content-Type": media_type})
        if file not in FILES:
            flask.abort(404)
        response = flask.send_from_directory(swagger_ui_path, file)
        response.headers.update(headers)
        return response


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, default=str)


def published_contract(document: dict[str, Any], issuer: str) -> dict[str, Any]:
    """Returns the contract without vendor extensions, with the issuer's own addresses in its OAuth flows."""
    cleaned: dict[str, Any] = _clean(document)
    for scheme in cleaned.get("components", {}).get("securitySchemes", {}).values():
        for flow in scheme.get("flows", {}).values():
            for key in {"authorizationUrl", "tokenUrl"} & flow.keys():
                flow[key] = issuer.rstrip("/") + flow[key]
    return cleaned


def for_page(document: dict[str, Any]) -> dict[str, Any]:
    """Returns the contract as the page shows it: one field for a token, and each operation's scope in its
    description."""
    shown: dict[str, Any] = json.loads(_text(document))
    shown["components"]["securitySchemes"] = {"bearer": BEARER}
    for path in shown["paths"].values():
        for method in contracts.METHODS:
            if needs := path.get(method, {}).get("security"):
                _name_scopes(path[method], needs)
    return shown


def _name_scopes(operation: dict[str, Any], needs: list[dict[str, list[str]]]) -> None:
    scopes = [scope for need in needs for named in need.values() for scope in named]
    titles = [contracts.scope_title(scope)["ar"] for scope in scopes]
    right = f"الصلاحية المطلوبة: {'، '.join(titles)}"
    operation["description"] = "\n\n".join(filter(None, [right, operation.get("description")]))
    operation["security"] = [{"bearer": []}]


def _clean(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _clean(value) for key, value in node.items() if not str(key).startswith("x-")}
    return [_clean(item) for item in node] if isinstance(node, list) else node
