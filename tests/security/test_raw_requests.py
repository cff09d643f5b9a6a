"""Requests that no client of ours would send, byte by byte, to a real server: odd paths, odd lines, smuggled requests.

Whatever is sent: no success without a token, nothing of another caller on the same connection, no failure of the
server.
"""

import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from joserfc.jwk import RSAKey
from tests.system.settings import UNLIMITED

from chassis.core import contracts
from devstack.machine import free_port

from .granting import record_grant

ServiceInProcess = Any
STATUS = re.compile(rb"HTTP/1\.[01] (\d{3}) ")
SMUGGLED = "GET /v1/building-permits?permit_number=1448/1 HTTP/1.1\r\nHost: x\r\nX-Ignore: "
# RFC 9110: 501 for a method that isn't implemented.
NOT_IMPLEMENTED = 501
PERMITS = "/v1/building-permits?permit_number=1"
# Most of an attack's time is waiting for further bytes.
AT_ONCE = 32

PATHS = r"""
/v1/status%0a /v1/status%0d /v1/status%00 /v1/status%0d%0aX:1 /%0a/v1/status %0a/v1/status /v1//status //v1/status
//evil.example/v1/status /v1/./status /v1/../v1/status /v1/%2e%2e/v1/status /v1/status; /v1/status;a=b /v1%2fstatus
/v1%252fstatus /%76%31/status http://x/v1/status http://evil.example/v1/status https://x:1/v1/status http:///v1/status
/v1/%c0%afstatus /%c0%ae%c0%ae/v1/status /v1/status%c0%80 /v1/status%e2%80%a8 /v1/status%u0000 /v1/status%zz
/v1/status?%0a /v1/status?a=b%00 * v1/status /v1/status/ /v1/status/. /v1/status/.. /v1/status%20 /v1/status%09
/v1/status#x /v1/status\ /openapi.json/../v1/status /openapi.json%00/v1/status /openapi.json;/v1/status
/docs/..%2fv1/status /docs/../v1/status /docs/%2e%2e/%2e%2e/etc/passwd /V1/STATUS
""".split()
PATHS += ["/v1/status\x0b", "/v1/status\x00", "/v1/status\xa0", "/v1/status\t", "/v1/sta tus", ""]


def get(path: str, version: str = "HTTP/1.1", method: str = "GET", *headers: str) -> bytes:
    lines = [f"{method} {path} {version}", "Host: x", *headers, "", ""]
    return "\r\n".join(lines).encode("latin-1")


def post(*headers: str, body: str = "") -> bytes:
    lines = [
        "POST /v1/building-permit-searches HTTP/1.1",
        "Host: x",
        "Content-Type: application/json",
    ]
    return ("\r\n".join([*lines, *headers, "", ""]) + body).encode("latin-1")


def chunked(size: str, end: str = "\r\n") -> bytes:
    return post("Transfer-Encoding: chunked", body=f"{size}{end}{{}}{end}0{end}{end}{SMUGGLED}")


LENGTHS = [
    "+2",
    "-1",
    "2, 2",
    "2,3",
    "0x2",
    "2_0",
    " 2 ",
    "2\t",
    "\xb2",
    "9999999999999999999",
    "",
    "2;3",
    "\x0b2",
]
CODINGS = [
    "chunked,identity",
    "identity,chunked",
    "xchunked",
    "Chunked",
    "\x0bchunked",
    "chunked\x00",
]
CODINGS += ["identity", "gzip", "chunked;q=1", '"chunked"', "chunked,"]
SIZES = [
    "2;x=1",
    "0x2",
    "-1",
    "+2",
    "2_0",
    "ffffffffffffffffff",
    " 2",
    "2 ",
    "",
    "g",
    "2\x00",
    "00000000000000002",
]
ATTACKS: dict[str, bytes] = {
    **{f"path {path!a}": get(path) for path in PATHS },
    **{f"line {method!a}": get("/v1/status", method=method) for method in (
        *("get", "TRACE", "CONNECT", "OPTIONS", "GET\x00", "GET\t", "PRI", "G" * 300, "GÉT", ""),)},
    **{f"version {v!a}": get("/v1/status", v) for v in (
        *("HTTP/1.2", "HTTP/2.0", "HTTP/0.9", "", "http/1.1", "HTTP/1.1 x"),)},
    "no host": b"GET /v1/status HTTP/1.1\r\n\r\n",
    "two hosts": get("/v1/status", "HTTP/1.1", "GET", "Host: y"),
    "no colon": get("/v1/status", "HTTP/1.1", "GET", "Authorization Bearer x"),
    "space before the colon": get("/v1/status", "HTTP/1.1", "GET", "Authorization : Bearer x"),
    "NUL in a value": get("/v1/status", "HTTP/1.1", "GET", "X: a\x00b"),
    "CR in a value": get("/v1/status", "HTTP/1.1", "GET", "X: a\rAuthorization: b"),
    "folded": get("/v1/status", "HTTP/1.1", "GET", "X: a", " Authorization: b"),
    "underscores": get("/v1/status", "HTTP/1.1", "GET", "HTTP_AUTHORIZATION: Bearer x", "X_Y: 1"),
    "bare LF": get("/v1/status").replace(b"\r\n", b"\n"),
    "bare CR": get("/v1/status").replace(b"\r\n", b"\r"),
    "a long header": get("/v1/status", "HTTP/1.1", "GET", "X: " + "a" * 20_000),
    "many headers": get("/v1/status", "HTTP/1.1", "GET", *(f"X-{n}: 1" for n in range(400))),
    "a long path": get("/v1/" + "a" * 20_000),
    "length and coding": post("Content-Length: 5", "Transfer-Encoding: chunked", body=f"0\r\n\r\n{SMUGGLED}"),
    "coding and length": post("Transfer-Encoding: chunked", "Content-Length: 2", body=f"{{}}{SMUGGLED}"),
    "two lengths": post("Content-Length: 2", "Content-Length: 3", body=f"{{}}{SMUGGLED}"),
    "two equal lengths": post("Content-Length: 2", "Content-Length: 2", body=f"{{}}{SMUGGLED}"),
    "a length with an underscore": post("Content_Length: 2", body=f"{{}}{SMUGGLED}"),
    "a coding with an underscore": post("Transfer_Encoding: chunked", body=f"0\r\n\r\n{SMUGGLED}"),
    "a coding with a space": post("Transfer-Encoding : chunked", body=f"0\r\n\r\n{SMUGGLED}"),
    "a folded coding": post("Transfer-Encoding:", " chunked", body=f"0\r\n\r\n{SMUGGLED}"),
    "two codings": post("Transfer-Encoding: chunked", "Transfer-Encoding: identity", body=f"0\r\n\r\n{SMUGGLED}"),
    **{f"length {n!a}": post(f"Content-Length: {n}", body=f"{{}}{SMUGGLED}") for n in LENGTHS},
    **{f"coding {c!a}": post(f"Transfer-Encoding: {c}", body=f"2\r\n{{}}\r\n0\r\n\r\n{SMUGGLED}") for c in CODINGS},
    **{f"chunk {size!a}": chunked(size) for size in SIZES},
    "chunks with bare LF": chunked("2", "\n"),
    "GET with a body": get("/v1/status", "HTTP/1.1", "GET", f"Content-Length: {len(SMUGGLED)}") + SMUGGLED.encode(),
    "half a request": b"GET /v1/status HTTP/1.1\r\nHost: x\r\n",
    "nothing of HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 64,
}  # fmt: skip


class Line:
    """A connection to a service, byte by byte."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._socket = socket.create_connection((parts.hostname, parts.port), timeout=3)

    def say(self, data: bytes) -> None:
        try:
            self._socket.sendall(data)
        except OSError:
            return  # it has hung up, which is a good answer too

    def hear(self) -> bytes:
        """All bytes until none come any more."""
        heard = b""
        try:
            while part := self._socket.recv(65_536):
                heard += part
                self._socket.settimeout(0.4)
        except OSError:
            pass
        self._socket.settimeout(3)
        return heard

    def close(self) -> None:
        self._socket.close()


def statuses(heard: bytes) -> list[int]:
    return [int(status) for status in STATUS.findall(heard)]


def good(headers: dict[str, str]) -> bytes:
    """What the caller who has a token asks; the answer isn't like that of a smuggled request."""
    return get(PERMITS, "HTTP/1.1", "GET", f"Authorization: {headers['Authorization']}")


def attack_alone(url: str, attack: bytes, _headers: dict[str, str]) -> list[str]:
    line = Line(url)
    line.say(attack)
    found = statuses(line.hear())
    line.close()
    return faults(found)


def attack_after_a_caller(url: str, attack: bytes, headers: dict[str, str]) -> list[str]:
    line = Line(url)
    line.say(good(headers))
    before = line.hear()
    line.say(attack)
    heard = line.hear()
    line.close()
    assert statuses(before) == [200], before[:300]
    return faults(statuses(heard)) + (["another's answer"] if b'"items"' in heard else [])


def attack_before_a_caller(url: str, attack: bytes, headers: dict[str, str]) -> list[str]:
    """The caller's answer is his own, or the connection is closed before he asks."""
    line = Line(url)
    line.say(attack)
    heard = line.hear()
    line.say(good(headers))
    after = line.hear()
    line.close()
    if statuses(heard + after)[-1:] != [200]:
        return faults(statuses(heard + after))
    own = b'"permit_id"' not in after and statuses(after) == [200]
    return faults(statuses(heard)) + ([] if own else ["a smuggled request was answered"])


def faults(found: list[int]) -> list[str]:
    return [f"{status}" for status in found if status < 400 or 500 <= status != NOT_IMPLEMENTED]


Way = Callable[[str, bytes, dict[str, str]], list[str]]


class Keys(ThreadingHTTPServer):
    """The test issuer's public keys, for a process of their own."""

    def __init__(self, keys: dict[str, Any]) -> None:
        self.document = json.dumps(keys).encode()
        super().__init__(("127.0.0.1", 0), _KeysPage)
        threading.Thread(target=self.serve_forever, args=[0.02], daemon=True).start()


class _KeysPage(BaseHTTPRequestHandler):
    server: Keys

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(self.server.document)

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


@contextmanager
def served(service: ServiceInProcess, package: str, **more: str) -> Iterator[str]:
    """The address of a real server of a service."""
    port, ops = free_port(), free_port()
    environment = {
        **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        **service.environment,
        "PORT": str(port),
        "OPS_PORT": str(ops),
        "WORKERS": "1",
        "DRAIN_SECONDS": "0",
        "CONTRACTS_DIR": str(contracts.directory()),
        **more,
    }
    command = [sys.executable, "-m", package, "serve"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as server:
        await_answer(f"http://127.0.0.1:{port}/openapi.json", server)
        yield f"http://127.0.0.1:{port}"
        server.terminate()


@pytest.fixture(scope="module")
def gateway(
    services: dict[str, ServiceInProcess], permit_in_tarout: dict[str, Any], signing_key: RSAKey
) -> Iterator[str]:
    """The gateway, with a permit to find and a grant for sec."""
    service = services["partner-gateway"]
    record_grant(service, "sec")
    keys = Keys({"keys": [signing_key.as_dict(private=False)]})
    jwks = f"http://127.0.0.1:{keys.server_port}/jwks.json"
    with served(service, "partner_gateway", JWKS_URL=jwks, **UNLIMITED) as url:
        yield url
    keys.shutdown()
    keys.server_close()


@pytest.fixture(scope="module")
def identity(services: dict[str, ServiceInProcess]) -> Iterator[str]:
    """Identity with an empty register."""
    with served(services["identity"], "identity") as url:
        yield url


def await_answer(url: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 120
    while server.poll() is None and time.monotonic() < deadline:
        try:
            if httpx.get(url, timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            server.poll()
    pytest.fail("the server didn't start")


def token_of(service: ServiceInProcess, n: int = 0) -> dict[str, str]:
    """A dispatcher's; many of them, so that no limit of one person is in the way."""
    claims = {"organisation": "sec", "organisation_kind": "partner", "municipality": None}
    return service.token("building-permits.read", sub=f"p_dispatcher_{n}", **claims)


@pytest.mark.parametrize("way", [attack_alone, attack_after_a_caller, attack_before_a_caller])
def test_no_odd_request_gets_anything(
    services: dict[str, ServiceInProcess], gateway: str, way: Way
) -> None:
    service = services["partner-gateway"]
    tokens = [token_of(service, n) for n in range(len(ATTACKS))]

    with ThreadPoolExecutor(AT_ONCE) as pool:
        outcomes = pool.map(
            lambda one: way(gateway, *one), zip(ATTACKS.values(), tokens, strict=True)
        )
        found = dict(zip(ATTACKS, outcomes, strict=True))

    assert {name: what for name, what in found.items() if what} == {}
    assert len(found) > 100


FORM = "grant_type=client_credentials&client_id=x"
HIDDEN = "GET /sign-out HTTP/1.1\r\nHost: x\r\nX-Ignore: "


def form(*headers: str, body: str) -> bytes:
    lines = ["POST /token HTTP/1.1", "Host: x", "Content-Type: application/x-www-form-urlencoded"]
    return ("\r\n".join([*lines, *headers, "", ""]) + body).encode("latin-1")


FORMS = {
    "length and coding": form("Content-Length: 4", "Transfer-Encoding: chunked", body=f"0\r\n\r\n{HIDDEN}"),
    "coding and length": form("Transfer-Encoding: chunked", "Content-Length: 9", body=f"{FORM}{HIDDEN}"),
    "two lengths": form(f"Content-Length: {len(FORM)}", "Content-Length: 0", body=f"{FORM}{HIDDEN}"),
    "no length": form(body=f"{FORM}{HIDDEN}"),
    **{f"length {n!a}": form(f"Content-Length: {n}", body=f"{FORM}{HIDDEN}") for n in LENGTHS if n.strip() != "2"},
    **{f"coding {c!a}": form(f"Transfer-Encoding: {c}", body=f"0\r\n\r\n{HIDDEN}") for c in CODINGS},
}  # fmt: skip


def test_no_request_hides_behind_a_form_of_identity(identity: str) -> None:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        outcomes = pool.map(lambda one: attack_alone(identity, one, {}), FORMS.values())
        found = dict(zip(FORMS, outcomes, strict=True))

    assert {name: what for name, what in found.items() if what} == {}


def test_a_hidden_request_to_identity_would_be_answered(identity: str) -> None:
    line = Line(identity)
    line.say(f"{HIDDEN}1\r\n\r\n".encode())

    assert statuses(line.hear()) == [200]
    line.close()


def test_the_server_still_answers_callers(
    services: dict[str, ServiceInProcess], gateway: str
) -> None:
    line = Line(gateway)
    line.say(good(token_of(services["partner-gateway"])) * 2)

    assert statuses(line.hear()) == [200, 200]
    line.close()


def test_a_smuggled_query_would_find_something(
    services: dict[str, ServiceInProcess], gateway: str
) -> None:
    """What the attacks look for is there, for who has a token."""
    line = Line(gateway)
    sign = token_of(services["partner-gateway"])["Authorization"]
    line.say(f"{SMUGGLED}1\r\nAuthorization: {sign}\r\n\r\n".encode())

    assert b'"permit_id"' in line.hear()
    line.close()


def test_a_request_with_two_tokens_is_refused(
    services: dict[str, ServiceInProcess], gateway: str
) -> None:
    token = token_of(services["partner-gateway"])["Authorization"]
    for pair in (("Bearer x", token), (token, "Bearer x"), (token, token)):
        line = Line(gateway)
        line.say(get(PERMITS, "HTTP/1.1", "GET", *(f"Authorization: {one}" for one in pair)))
        heard = line.hear()
        line.close()
        assert statuses(heard) in ([400], [401]), heard[:200]
