"""What the tests of identity share: a small register, clients that authenticate, and browsers that sign in."""

import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey

from chassis.access import revocations
from chassis.core.ids import new_id
from chassis.process import Process
from chassis.run.web import build
from chassis.testing import *
from chassis.testing import Holder, SavepointDatabase, TestJwks
from devstack.national_login.flow import Settings as ProviderSettings
from devstack.national_login.provider import Provider
from devstack.national_stand_in import public_jwk
from identity import national_login
from identity.app import SERVICE
from identity.provision import apply

ISSUER = "https://issuer.test"
PASSWORD = "four palms by the sea"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
# RFC 7636 appendix B.
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
# A header parameter that is left out.
WITHOUT = object()
CALLBACK = "https://desk.electricity.example/callback"
CITIZENS_CALLBACK = "https://portal.example/citizens"
MACHINE = {"grant_type": "client_credentials", "scope": "permits.read"}

KEYS = {
    "electricity-desk": ECKey.generate_key("P-256", {"kid": "desk-1"}),
    "bound-desk": ECKey.generate_key("P-256", {"kid": "bound-1"}),
    "bound-feed": ECKey.generate_key("P-256", {"kid": "bound-feed-1"}),
    "water-desk": ECKey.generate_key("P-256", {"kid": "water-1"}),
    "portal": RSAKey.generate_key(2048, {"kid": "portal-1"}),
    "citizens": ECKey.generate_key("P-256", {"kid": "citizens-1"}),
    "bound-citizens": ECKey.generate_key("P-256", {"kid": "bound-citizens-1"}),
    "tarout-feed": OKPKey.generate_key("Ed25519", {"kid": "feed-1"}),
    "gateway": ECKey.generate_key("P-256", {"kid": "gateway-1"}),
    "permits-service": ECKey.generate_key("P-256", {"kid": "permits-1"}),
}


def _names(name: str) -> dict[str, str]:
    return {"ar": f"{name} (بيانات تجريبية)", "en": f"{name} (trial data)"}


def _client(
    client_id: str, organisation: str, kind: str, scopes: list[str], **more: Any
) -> dict[str, Any]:
    return {
        "client_id": client_id,
        "organisation": organisation,
        "kind": kind,
        "scopes": scopes,
        "name": _names(client_id),
        "jwks": {"keys": [KEYS[client_id].as_dict(private=False)]},
        **more,
    }


def _person(username: str, organisation: str, scopes: list[str]) -> dict[str, Any]:
    return {
        "username": username,
        "organisation": organisation,
        "scopes": scopes,
        "display_name": f"{username} (بيانات تجريبية)",
        "role": "officer",
        "password": PASSWORD,
    }


REGISTER: dict[str, Any] = {
    "organisations": [
        {"code": "qatif", "kind": "municipality", "municipality": "qatif", "name": _names("qatif")},
        {
            "code": "tarout",
            "kind": "affiliated_municipality",
            "municipality": "tarout",
            "name": _names("tarout"),
        },
        {"code": "electricity", "kind": "partner", "name": _names("electricity")},
        {"code": "water", "kind": "partner", "name": _names("water")},
    ],
    "people": [
        _person("sara", "electricity", ["building-permits.read", "gateway.status"]),
        _person("walid", "water", ["building-permits.read"]),
        _person("tariq", "tarout", ["permits.read", "permit-requests.write"]),
        _person("amal", "qatif", ["identity.admin"]),
    ],
    "clients": [
        _client(
            "electricity-desk",
            "electricity",
            "staff",
            ["building-permits.read", "building-permits.search", "gateway.status"],
            redirect_uris=[CALLBACK, "https://desk.electricity.example/other"],
        ),
        _client(
            "bound-desk",
            "electricity",
            "staff",
            ["building-permits.read"],
            redirect_uris=[CALLBACK],
            dpop_bound=True,
        ),
        _client(
            "water-desk",
            "water",
            "staff",
            ["building-permits.read"],
            redirect_uris=["https://desk.water.example/callback"],
        ),
        _client(
            "portal",
            "qatif",
            "staff",
            ["permits.read", "permit-requests.write", "identity.admin", "building-permits.read"],
            redirect_uris=["https://portal.example/callback"],
        ),
        _client(
            "citizens",
            "qatif",
            "citizen",
            ["my-delegations.write"],
            redirect_uris=[CITIZENS_CALLBACK],
        ),
        _client(
            "bound-citizens",
            "qatif",
            "citizen",
            ["my-delegations.write"],
            redirect_uris=[CITIZENS_CALLBACK],
            dpop_bound=True,
        ),
        _client(
            "tarout-feed",
            "tarout",
            "machine",
            ["permits.read", "permit-requests.write", "gateway.status"],
        ),
        _client("bound-feed", "tarout", "machine", ["permits.read"], dpop_bound=True),
        _client(
            "gateway",
            "qatif",
            "machine",
            ["gateway.status"],
            introspects=["partner-gateway", "identity"],
        ),
        _client("permits-service", "qatif", "machine", ["permits.read"], introspects=["permits"]),
    ],
    "grants": [],
}


def part(data: bytes) -> str:
    """A part of a compact JWS: base64url without padding."""
    return urlsafe_b64encode(data).decode().rstrip("=")


class Form(HTMLParser):
    """The hidden inputs of a page's form."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.inputs: dict[str, str] = {}
        self.action = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self.action = given.get("action") or ""
        if tag == "input" and given.get("type") == "hidden":
            self.inputs[str(given["name"])] = given.get("value") or ""


class Oauth:
    """Requests of clients and of browsers against one application."""

    def __init__(self, wsgi: Any) -> None:
        self._wsgi = wsgi
        self.http = self.browser()

    def browser(self) -> httpx.Client:
        """A browser of its own: it keeps cookies and follows nothing by itself."""
        return httpx.Client(transport=httpx.WSGITransport(app=self._wsgi), base_url=ISSUER)

    def assertion(
        self,
        client_id: str,
        *,
        key: Any = None,
        header: dict[str, Any] | None = None,
        **changes: Any,
    ) -> str:
        key = key or KEYS[client_id]
        now = int(time.time())
        basic = {
            "iss": client_id,
            "sub": client_id,
            "aud": ISSUER,
            "iat": now,
            "exp": now + 60,
            "jti": new_id(),
        }
        claims = {name: value for name, value in {**basic, **changes}.items() if value is not None}
        algorithm = {"EC": "ES256", "OKP": "Ed25519", "RSA": "PS256", "oct": "HS256"}[key.key_type]
        named = {"alg": algorithm, "kid": key.kid, **(header or {})}
        protected = {name: value for name, value in named.items() if value is not WITHOUT}
        return jwt.encode(protected, claims, key, algorithms=[protected["alg"]])

    def authenticated(self, client_id: str, **changes: Any) -> dict[str, str]:
        """The two parameters of private_key_jwt."""
        return {
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": self.assertion(client_id, **changes),
        }

    def machine_token(
        self, scope: str | None = "permits.read", client_id: str = "tarout-feed", **form: Any
    ) -> Any:
        asked = {
            "grant_type": "client_credentials",
            "scope": scope,
            **self.authenticated(client_id),
            **form,
        }
        return self.http.post("/token", data={k: v for k, v in asked.items() if v is not None})

    def request(self, **changes: Any) -> dict[str, str]:
        """An authorization request of the electricity company's desk."""
        basic = {
            "response_type": "code",
            "client_id": "electricity-desk",
            "redirect_uri": CALLBACK,
            "scope": "building-permits.read",
            "state": "a&b=ج",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        }
        return {name: value for name, value in {**basic, **changes}.items() if value is not None}

    def push(
        self, by: str | None = None, headers: dict[str, str] | None = None, **changes: Any
    ) -> httpx.Response:
        """Pushes an authorization request; `by` is the client that authenticates."""
        request = self.request(**changes)
        by = by or request.get("client_id", "electricity-desk")
        return self.http.post("/par", data={**request, **self.authenticated(by)}, headers=headers)

    def reference(self, **changes: Any) -> dict[str, str]:
        """What the browser carries to the authorization endpoint: client_id and request_uri."""
        answer = self.push(**changes)
        assert answer.status_code == 201, answer.text
        client_id = changes.get("client_id", "electricity-desk")
        return {"client_id": client_id, "request_uri": answer.json()["request_uri"]}

    def sign_in(
        self,
        username: str = "sara",
        password: str = PASSWORD,
        browser: httpx.Client | None = None,
        **changes: Any,
    ) -> httpx.Response:
        """Opens the page and sends its form; the answer to the form."""
        browser = browser or self.browser()
        page = browser.get("/authorize", params=self.reference(**changes))
        assert page.status_code == 200, page.text
        form = Form(page.text)
        data = {**form.inputs, "username": username, "password": password}
        return browser.post(form.action, data=data)

    @staticmethod
    def form_of(page: httpx.Response) -> dict[str, str]:
        """The hidden inputs of a page's form."""
        return Form(page.text).inputs

    def code(
        self, username: str = "sara", browser: httpx.Client | None = None, **changes: Any
    ) -> str:
        answer = self.sign_in(username, browser=browser, **changes)
        return self.returned(answer)["code"]

    @staticmethod
    def returned(answer: httpx.Response) -> dict[str, str]:
        """The parameters with which the browser is sent back."""
        assert answer.status_code == 303, answer.text
        query = urlsplit(answer.headers["Location"]).query
        return {name: values[0] for name, values in parse_qs(query).items()}

    def redeem(
        self, code: str | None, client_id: str = "electricity-desk", **form: Any
    ) -> httpx.Response:
        asked = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
            **self.authenticated(client_id),
            **form,
        }
        return self.http.post("/token", data={k: v for k, v in asked.items() if v is not None})

    def staff_token(
        self, username: str = "sara", browser: httpx.Client | None = None, **changes: Any
    ) -> str:
        client_id = changes.get("client_id", "electricity-desk")
        form = {"redirect_uri": changes["redirect_uri"]} if "redirect_uri" in changes else {}
        answer = self.redeem(self.code(username, browser, **changes), client_id, **form)
        assert answer.status_code == 200, answer.text
        return answer.json()["access_token"]

    def introspect(self, token: str, client_id: str = "gateway") -> Any:
        answer = self.http.post(
            "/introspect", data={"token": token, **self.authenticated(client_id)}
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    def claims(self, token: str) -> dict[str, Any]:
        """The claims, after the signature was verified with the published keys."""
        keys = KeySet.import_key_set(self.http.get("/jwks.json").json())
        parsed = jwt.decode(token, keys, algorithms=["PS256"])
        assert parsed.header["typ"] == "at+jwt"
        return parsed.claims


@pytest.fixture(scope="session")
def service() -> Any:
    return SERVICE


NATIONAL_KEY = "N" * 42 + "M"
CITIZENS = {
    "1000000016": {"name": "فاطمة علي (بيانات تجريبية)", "mobile": "+966500000016"},
    "1000000024": {"name": "حسن أحمد (بيانات تجريبية)", "mobile": "+966500000024"},
}


@pytest.fixture(scope="session")
def national_provider() -> Iterator[Provider]:
    """The stand-in for the national login, over real HTTP."""
    settings = ProviderSettings(
        client_id="qatif-identity",
        redirect_uri=f"{ISSUER}/national-login/callback",
        client_jwks={"keys": [public_jwk(NATIONAL_KEY)]},
        people=CITIZENS,
    )
    with Provider(settings) as provider:
        yield provider


@pytest.fixture
def national(national_provider: Provider, monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    """The stand-in without the faults of an earlier test, and asked again though it has just failed."""
    monkeypatch.setattr(national_login, "REST_SECONDS", 0.0)
    national_provider.fail()
    yield national_provider
    national_provider.fail()


class TradeRegister(ThreadingHTTPServer):
    """A commercial register over real HTTP: `owners` by unified number; `status` is its HTTP status."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _TradeHandler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.reset()

    def reset(self) -> None:
        self.owners: dict[str, list[str]] = {"7000000005": ["1000000016"]}
        self.closed: set[str] = set()
        self.status, self.answers_for, self.asked = 200, "", 0


class _TradeHandler(BaseHTTPRequestHandler):
    server: TradeRegister

    def do_POST(self) -> None:
        register = self.server
        question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        number = question["unified_number"]
        register.asked += 1
        document = {
            "found": number in register.owners,
            "unified_number": register.answers_for or number,
            "status": "struck_off" if number in register.closed else "active",
            "owners": register.owners.get(number, []),
        }
        body = json.dumps(document).encode()
        self.send_response(register.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


@pytest.fixture(scope="session")
def trade_server() -> Iterator[TradeRegister]:
    with TradeRegister() as server:
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def trade(trade_server: TradeRegister) -> TradeRegister:
    """The commercial register, in which Fatima owns the establishment 7000000005."""
    trade_server.reset()
    return trade_server


@pytest.fixture(scope="session")
def settings_overrides(national_provider: Provider, trade_server: TradeRegister) -> dict[str, Any]:
    hosts = [one.url.removeprefix("http://") for one in (national_provider, trade_server)]
    return {
        "cursor_key": "C" * 43,
        "key_encryption_key": "A" * 43,
        "sealing_key": "S" * 43,
        "blind_index_key": "B" * 43,
        "person_key": "P" * 42 + "Q",
        "national_login_key": NATIONAL_KEY,
        "national_login_issuer": national_provider.url,
        "commercial_register_url": trade_server.url,
        "outgoing_private_hosts": ",".join(hosts),
        "national_sign_ins_per_address": 100_000,
        "signing_key_bits": 2048,
        "trusted_proxies": 1,
    }


@pytest.fixture(scope="session")
def register(real_database: Any, settings: Any) -> None:
    """The trial register, committed once; each test's own changes are rolled back."""
    with real_database.transaction() as session:
        apply(session, settings, REGISTER, datetime.now(UTC))


@pytest.fixture(scope="session")
def one_app(service: Any, settings: Any, issuer_key: RSAKey) -> Any:
    """One application for all tests: building one costs more than most tests. Its database is lent to each test."""
    public = RSAKey.import_key(issuer_key.as_dict(private=False))
    process = Process(service, settings, SavepointDatabase(settings.database_url))
    return build(process, TestJwks(KeySet([public]))).app


@pytest.fixture
def app(one_app: Any, database: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The application over the test's transaction, with revocations read anew at each request."""
    one_app.database.connection = database.connection
    monkeypatch.setattr(revocations, "REFRESH_SECONDS", -1.0)
    return one_app


@pytest.fixture
def oauth(app: Any, register: None) -> Oauth:
    """Clients and browsers over the test's transaction."""
    return Oauth(app.wsgi)


@pytest.fixture
def nonce(oauth: Oauth) -> str:
    """A nonce of the server, as a client gets it: by asking without one."""
    headers = {"DPoP": Holder().proof("POST", f"{ISSUER}/token")}
    form = {**MACHINE, **oauth.authenticated("bound-feed")}
    answer = oauth.http.post("/token", data=form, headers=headers)
    assert answer.json()["error"] == "use_dpop_nonce"
    return answer.headers["DPoP-Nonce"]


@pytest.fixture
def admin(token: Callable[..., dict[str, str]]) -> dict[str, str]:
    """The header of an administrator."""
    return token("identity.admin", sub="p_admin")


@pytest.fixture
def anew() -> Callable[[Any], Oauth]:
    """Makes an Oauth for another application, such as a second worker."""
    return lambda app: Oauth(app.wsgi)
