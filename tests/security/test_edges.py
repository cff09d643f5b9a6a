"""What stands around the operations: other paths and methods, headers, the published contract."""

import re
from pathlib import Path
from typing import Any

import pytest

from chassis.core import contracts

ServiceInProcess = Any
ROOT = Path(contracts.directory()).parent
PUBLIC_FILES = ("/openapi.json", "/docs", "/docs/start.js", "/docs/swagger-ui.css")
# The security headers, and what of them an answer for browsers may have otherwise.
HEADERS = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "strict-transport-security": "max-age=63072000",
}
# A service of pages answers people: its refusals are pages, and a form of its own needs a referrer.
PAGES = "portal"
# The style sheet and the fonts, the same files in every service with pages.
ASSETS = "page.assets"
PAGE_HEADERS = {**HEADERS, "referrer-policy": "same-origin"}


def answers(service: ServiceInProcess) -> list[tuple[str, Any]]:
    """An answer of every kind that needs no luck: good, refused, wrong, unknown, not allowed, not understood."""
    token = service.token(*contracts.read("scopes.yaml")["scopes"])
    client = service.client
    found = [
        ("public", client.get("/openapi.json")),
        ("unknown path", client.get("/v1/nothing")),
        ("unknown path with a token", client.get("/v1/nothing", headers=token)),
        ("root", client.get("/")),
        ("not allowed", client.request("PATCH", "/openapi.json")),
        ("a file that isn't there", client.get("/docs/secret.txt")),
        ("a way up", client.get("/docs/..%2f..%2fpyproject.toml")),
    ]
    path = "/"
    if service.name != PAGES:
        method, path, _ = next(
            one
            for one in service.operations()
            if any("oauth2" in need for need in one[2]["security"])
        )
        path, bad = re.sub(r"\{[^}]+\}", "x", path), {"Authorization": "Bearer x"}
        found += [
            ("without a token", client.request(method, path)),
            ("with a bad token", client.request(method, path, headers=bad)),
            ("without the scope", client.request(method, path, headers=service.token())),
        ]
    return [
        *found,
        ("not understood", client.request("BREW", path, headers=token)),
        ("too large", client.post(path, content=b"x" * 300_000, headers=token)),
    ]


def test_every_answer_has_the_security_headers(service: ServiceInProcess) -> None:
    for name, answer in answers(service):
        is_page = service.name == PAGES and answer.headers["content-type"].startswith("text/html")
        for header, wanted in (PAGE_HEADERS if is_page else HEADERS).items():
            found = answer.headers.get(header, "")
            assert found == wanted or (header == "cache-control" and answer.status_code == 200), (
                name,
                header,
            )
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"], name


def test_every_refusal_is_a_problem_and_tells_nothing_about_the_system(
    service: ServiceInProcess,
) -> None:
    told = re.compile(
        r"Traceback|File \"|connexion|flask|werkzeug|gunicorn|psycopg|sqlalchemy|/work/|\.py\b",
        re.I,
    )
    for name, answer in answers(service):
        if answer.status_code < 400:
            continue
        shape = "text/html" if service.name == PAGES else "application/problem+json"
        assert answer.headers["content-type"].startswith(shape), name
        assert told.search(answer.text + str(answer.headers)) is None, name
        assert answer.status_code < 500, name


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "OPTIONS", "PROPFIND", "BREW"])
def test_a_method_that_nobody_offers_is_refused_everywhere(
    service: ServiceInProcess, method: str
) -> None:
    token = service.token(*contracts.read("scopes.yaml")["scopes"])
    for path in {re.sub(r"\{[^}]+\}", "x", path) for path in service.contract["paths"]} | {
        "/",
        *PUBLIC_FILES,
    }:
        for headers in ({}, token):
            answer = service.client.request(method, path, headers={**headers, "X-Probe": "canary"})
            assert 400 <= answer.status_code < 500, (method, path, answer.status_code)
            assert "canary" not in answer.text


def test_no_answer_lets_another_site_read_it(service: ServiceInProcess) -> None:
    asked = {
        "Origin": "https://evil.example",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "authorization",
    }
    paths = [re.sub(r"\{[^}]+\}", "x", path) for path in service.contract["paths"]]
    for path in [*paths, *PUBLIC_FILES, "/v1/nothing"]:
        for method in ("GET", "OPTIONS", "POST"):
            answer = service.client.request(method, path, headers=asked)
            told = [name for name in answer.headers if name.startswith("access-control")]
            assert told == [], (method, path)
            assert "evil.example" not in answer.text


def test_the_published_contract_holds_no_internals(service: ServiceInProcess) -> None:
    published = service.client.get("/openapi.json")

    packages = "|".join(path.name for path in ROOT.glob("*/*/src/*") if path.is_dir())
    module = re.compile(rf"\b({packages})\.(api|app|commands|domain|queries|models|settings)\b")
    assert published.json()["paths"].keys() == service.contract["paths"].keys()
    assert re.findall(r'"x-[^"]*":', published.text) == []
    assert module.search(published.text) is None
    assert str(ROOT) not in published.text


def test_nothing_is_served_but_the_contract_and_its_page(service: ServiceInProcess) -> None:
    served = {
        rule.rule
        for rule in service.app.flask.url_map.iter_rules()
        # The table of pages is walked in tests/browser, page by page.
        if "GET" in rule.methods
        and rule.endpoint != ASSETS
        and not (service.name == PAGES and rule.endpoint.startswith("page."))
    }
    pattern = re.compile(r"[{<][^}>]+[}>]")
    declared = {
        pattern.sub("*", path) for path, item in service.contract["paths"].items() if "get" in item
    }

    extra = {pattern.sub("*", path) for path in served} - declared
    assert extra == {"/openapi.json", "/docs", "/docs/*"}


DEBUG_PATHS = """
/metrics /readyz /livez /healthz /debug /console /.env /.git/config /admin /swagger.json /ui /api/openapi.json
/server-status /actuator /static/x /favicon.ico /robots.txt /%2e%2e/%2e%2e/etc/passwd //v1/permits /v1//permits
/v1/permits/ /V1/permits /v1/permits;x=1 /v1/permits%00 /v1/permits%0a
""".split()


@pytest.mark.parametrize("path", DEBUG_PATHS)
def test_a_path_that_is_not_in_the_contract_answers_nothing(
    service: ServiceInProcess, path: str
) -> None:
    token = service.token(*contracts.read("scopes.yaml")["scopes"])

    for headers in ({}, token):
        answer = service.client.get(path, headers=headers)
        if path in service.contract["paths"]:
            continue
        assert answer.status_code in {400, 401, 404}, (path, answer.status_code)
