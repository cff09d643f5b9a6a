"""A running identity service with a real database, an application that waits for codes, and Chromium."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from secrets import token_urlsafe
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
from joserfc import jwt
from joserfc.jwk import ECKey
from selenium import webdriver
from selenium.webdriver.support.ui import WebDriverWait

from devstack.national_login.flow import Settings as ProviderSettings
from devstack.national_login.provider import Provider
from devstack.stand_in_processes import public_jwk

from .chromium import started_chromium

PASSWORD = "four palms by the sea"
CITIZEN = "1000000016"
NATIONAL_KEY = "N" * 42 + "M"
CLIENT_KEY = ECKey.generate_key("P-256", {"kid": "k1"})
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
# Packages that carry axe-core, the newest axe first.
AXE = (
    ("axe-playwright-python", "axe_playwright_python/axe.min.js"),
    ("axe-core-python", "axe_core_python/axe.min.js"),
    ("axe-selenium-python", "axe_selenium_python/node_modules/axe-core/axe.min.js"),
)


def free_port() -> int:
    """A port without a listener at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Application:
    """The partner's application: keeps what browsers bring to its redirect URI."""

    def __init__(self) -> None:
        self.received: list[dict[str, str]] = []
        application = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                if parts.path == "/callback":
                    query = parse_qs(parts.query)
                    application.received.append({name: values[0] for name, values in query.items()})
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(b"<!doctype html><html lang=en><title>Back</title><h1>Back</h1>")

            def log_message(self, *_: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}/callback"
        Thread(target=self._server.serve_forever, args=[0.02], daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@dataclass
class Site:
    """The running service. `url(…)` is where the partner's application, having pushed, sends a browser."""

    issuer: str
    application: Application
    national: Provider
    request: dict[str, str] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)

    def free_port(self) -> int:
        """Returns a port for a service beside this one."""
        return free_port()

    def provision(self, document: Path) -> None:
        """Registers more people and clients."""
        command = [sys.executable, "-m", "identity", "provision", str(document)]
        subprocess.run(command, env=self.environment, check=True)

    def url(self, **changes: str) -> str:
        wanted = {**self.request, **changes}
        now, client_id = int(time.time()), wanted["client_id"]
        claims = {
            "iss": client_id, "sub": client_id, "aud": self.issuer, "iat": now, "exp": now + 60,
            "jti": token_urlsafe(16),
        }  # fmt: skip
        header = {"alg": "ES256", "kid": CLIENT_KEY.kid}
        assertion = {
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": jwt.encode(header, claims, CLIENT_KEY, algorithms=["ES256"]),
        }
        answer = requests.post(f"{self.issuer}/par", data={**wanted, **assertion}, timeout=10)
        assert answer.status_code == 201, answer.text
        reference = {"client_id": client_id, "request_uri": answer.json()["request_uri"]}
        return f"{self.issuer}/authorize?{urlencode(reference)}"

    def url_of_nothing(self, **changes: str) -> str:
        """An address that no client has pushed anything for."""
        reference = {"client_id": self.request["client_id"], "request_uri": "urn:x"}
        return f"{self.issuer}/authorize?{urlencode({**reference, **changes})}"


def register_document(redirect_uri: str) -> dict[str, Any]:
    """The register that the service is provisioned with."""
    key = CLIENT_KEY.as_dict(private=False)
    company = {"ar": "شركة الكهرباء (بيانات تجريبية)", "en": "Electricity company (trial data)"}
    return {
        "organisations": [
            {
                "code": "electricity",
                "kind": "partner",
                "name": company,
                "second_factor": "optional",
            },
            {
                "code": "qatif",
                "kind": "municipality",
                "municipality": "qatif",
                "second_factor": "optional",
                "name": {"ar": "بلدية محافظة القطيف", "en": "Qatif Governorate Municipality"},
            },
        ],
        "people": [
            {
                "username": "sara",
                "display_name": "سارة التجريبية (بيانات تجريبية)",
                "organisation": "electricity",
                "role": "connection-officer",
                "scopes": ["building-permits.read", "building-permits.search", "gateway.status"],
                "password": PASSWORD,
            }
        ],
        "clients": [
            {
                "client_id": "electricity-desk",
                "kind": "staff",
                "organisation": "electricity",
                "name": {"ar": "مكتب إيصال التيار", "en": "Connection desk"},
                "jwks": {"keys": [key]},
                "redirect_uris": [redirect_uri],
                "scopes": ["building-permits.read", "building-permits.search", "gateway.status"],
            },
            {
                "client_id": "citizens-portal",
                "kind": "citizen",
                "organisation": "qatif",
                "name": {
                    "ar": "بوابة المستفيدين (بيانات تجريبية)",
                    "en": "Citizens' portal (trial data)",
                },
                "jwks": {"keys": [key]},
                "redirect_uris": [redirect_uri],
                "scopes": ["my-delegations.write", "my-licences.write"],
            },
        ],
    }


@pytest.fixture(scope="package")
def issuer() -> str:
    """Where identity is going to serve."""
    return f"http://127.0.0.1:{free_port()}"


@pytest.fixture(scope="package")
def national(issuer: str) -> Iterator[Provider]:
    """The stand-in for the national login, in which there's one citizen."""
    settings = ProviderSettings(
        client_id="qatif-identity",
        redirect_uri=f"{issuer}/national-login/callback",
        client_jwks={"keys": [public_jwk(NATIONAL_KEY)]},
        people={CITIZEN: {"name": "فاطمة علي (بيانات تجريبية)", "mobile": "+966500000016"}},
    )
    with Provider(settings) as provider:
        yield provider


@pytest.fixture(scope="package")
def site(
    issuer: str,
    national: Provider,
    postgres_server: Any,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    """identity, migrated, provisioned and serving on a free port."""
    application = Application()
    environment = {
        **os.environ,
        "IDENTITY_DATABASE_URL": postgres_server.fresh_database("identity_browser"),
        "IDENTITY_KEY_ENCRYPTION_KEY": "A" * 43,
        "IDENTITY_SEALING_KEY": "S" * 43,
        "IDENTITY_BLIND_INDEX_KEY": "B" * 43,
        "IDENTITY_PERSON_KEY": "P" * 42 + "Q",
        "IDENTITY_CONTACT_KEY": "E" * 43,
        "IDENTITY_NATIONAL_LOGIN_KEY": NATIONAL_KEY,
        "IDENTITY_NATIONAL_LOGIN_ISSUER": national.url,
        "IDENTITY_OUTGOING_PRIVATE_HOSTS": national.url.removeprefix("http://"),
        "IDENTITY_CURSOR_KEY": "C" * 43,
        "IDENTITY_SIGNING_KEY_BITS": "2048",
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
        "ISSUER": issuer,
        "IDENTITY_PORT": issuer.rpartition(":")[2],
        "IDENTITY_WORKERS": "1",
        "IDENTITY_THREADS": "4",
    }
    file = tmp_path_factory.mktemp("identity") / "register.json"
    file.write_text(json.dumps(register_document(application.address)))
    for arguments in (["migrate"], ["provision", str(file)]):
        subprocess.run([sys.executable, "-m", "identity", *arguments], env=environment, check=True)
    server = subprocess.Popen([sys.executable, "-m", "identity", "serve"], env=environment)
    try:
        wait_until_it_answers(issuer, server)
        request = {
            "response_type": "code",
            "client_id": "electricity-desk",
            "redirect_uri": application.address,
            "scope": "building-permits.read building-permits.search",
            "state": "s1",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        }
        yield Site(issuer, application, national, request, environment)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(45)
        application.close()


def wait_until_it_answers(issuer: str, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline and server.poll() is None:
        try:
            if requests.get(issuer + "/jwks.json", timeout=2).ok:
                return
        except requests.RequestException:
            time.sleep(0.1)
    raise AssertionError("identity doesn't answer")


@pytest.fixture(scope="package")
def chromium(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    """One Chromium, gone before the service."""
    with started_chromium(tmp_path_factory.mktemp("chromium")) as driver:
        yield driver


@pytest.fixture
def browser(chromium: webdriver.Chrome, site: Site) -> Iterator[webdriver.Chrome]:
    """The browser without cookies. Afterwards its console has to be silent: no blocked style, form or script."""
    chromium.get(site.issuer + "/assets/identity.css")
    chromium.delete_all_cookies()
    chromium.get_log("browser")
    site.application.received.clear()
    yield chromium
    complaints = [
        entry["message"]
        for entry in chromium.get_log("browser")
        if "favicon.ico" not in entry["message"] and "status of 4" not in entry["message"]
    ]
    assert complaints == []


@pytest.fixture(scope="session")
def axe_script() -> str:
    """axe-core, from an installed package: no network."""
    for name, path in AXE:
        try:
            return Path(str(distribution(name).locate_file(path))).read_text("utf-8")
        except (PackageNotFoundError, FileNotFoundError):
            continue
    raise AssertionError("no installed package carries axe-core")


@pytest.fixture
def violations(browser: webdriver.Chrome, axe_script: str) -> Callable[[], list[str]]:
    """`violations()` → what axe has against the present page, as `rule: element`."""

    def run() -> list[str]:
        browser.execute_script(axe_script)
        found = browser.execute_async_script(
            "const done = arguments[arguments.length - 1];"
            "axe.run(document, {resultTypes: ['violations']})"
            ".then(r => done(r.violations), e => done([{id: String(e), nodes: [{}]}]));"
        )
        return [f"{rule['id']}: {node.get('html')}" for rule in found for node in rule["nodes"]]

    return run


@pytest.fixture
def arrived(browser: webdriver.Chrome, site: Site) -> Callable[[], dict[str, str]]:
    """`arrived()` → what the browser brought back to the application, once it's there."""

    def wait() -> dict[str, str]:
        WebDriverWait(browser, 10).until(lambda _: site.application.received)
        return site.application.received[-1]

    return wait
