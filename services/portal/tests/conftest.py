"""The service under test, with an issuer and a gateway that say what a test wants."""

import secrets
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from joserfc.jwk import ECKey, KeySet, RSAKey

from chassis.access.auth import Verifier
from chassis.access.revocations import Revocations
from chassis.service import Service
from chassis.testing import *
from chassis.testing import ISSUER, TestJwks, as_served
from pages.origins import csrf_token
from portal.api.company import COOKIE, SIGN_IN_COOKIE
from portal.app import SERVICE
from portal.domain.tasks import DISPATCH, Task
from portal.outside.gateway import GatewayAway, Reply
from portal.outside.issuer import BegunSignIn, IssuedToken, IssuerAway

sys.path.insert(0, str(Path(__file__).parent))  # what several tests share
from inquiring import INQUIRY_KEY

PUBLIC_URL = "https://services.example"
OWN = {"Sec-Fetch-Site": "same-origin", "Origin": PUBLIC_URL}


@pytest.fixture(scope="session")
def service() -> Service:
    return SERVICE


@pytest.fixture(scope="session")
def settings_overrides() -> dict[str, str]:
    return {
        "sealing_key": "s" * 43,
        "blind_index_key": "b" * 43,
        "inquiry_key": INQUIRY_KEY,
        "company_client_key": "k" * 42 + "M",
        "gateway_url": "http://gateway.test",
        "public_url": PUBLIC_URL,
    }


class Gateway:
    """The gateway: `replies` by path; None is a gateway that's away. `asked` are the questions that it got."""

    def __init__(self) -> None:
        grant = {
            "purposes": [
                {
                    "purpose": "meter-connection",
                    "title": {"ar": "عداد", "en": "Meter"},
                    "searches": ["civil-id"],
                }
            ]
        }
        self.replies: dict[str, Reply | None] = {"/v1/grant": Reply(200, grant)}
        self.asked: list[tuple[str, Any]] = []
        self.keys: list[str | None] = []

    def get(self, _token: Any, path: str, _language: str, query: Any = None) -> Reply:
        return self._answer(path, query)

    def post(
        self, _token: Any, path: str, _language: str, body: Any, *, once: str | None = None
    ) -> Reply:
        self.keys.append(once)
        return self._answer(path, body)

    def _answer(self, path: str, content: Any) -> Reply:
        self.asked.append((path, content))
        found = self.replies.get(path, Reply(404, {"type": "…/not-found", "title": "Not found"}))
        if found is None:
            raise GatewayAway("test")
        return found


class Issuer:
    """The issuer: whoever comes back signs in with `claims`."""

    def __init__(self, mint: Any) -> None:
        self.is_away = False
        self.claims: dict[str, Any] = {}
        self.scopes = ""
        self.person: dict[str, Any] | None = {
            "name": "موظف الإيصال (بيانات تجريبية)",
            "organisation": {"ar": "شركة الكهرباء", "en": "Electricity company"},
        }
        self._mint = mint

    def begin(self, scopes: str) -> BegunSignIn:
        if self.is_away:
            raise IssuerAway("test")
        self.scopes = scopes
        state = secrets.token_urlsafe(16)
        key = ECKey.generate_key("P-256").as_dict(private=True)
        address = f"{ISSUER}/authorize?request_uri=urn:{state}"
        return BegunSignIn(address=address, state=state, secrets={"state": state, "dpop_key": key})

    def complete(self, _address: str, secrets: Any) -> IssuedToken:
        person = {
            "aud": "partner-gateway",
            "sub": "p_dispatcher",
            "organisation": "sec",
            "organisation_kind": "partner",
        }
        minted = self._mint(*self.scopes.split(), **{**person, **self.claims})
        token = str(minted["Authorization"]).removeprefix("Bearer ")
        return IssuedToken(token=token, key=secrets["dpop_key"], person=self.person)


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


@pytest.fixture
def issuer(token: Any) -> Issuer:
    return Issuer(token)


@pytest.fixture(autouse=True)
def resources(
    app: Any, database: Any, gateway: Gateway, issuer: Issuer, issuer_key: RSAKey
) -> Iterator[None]:
    """What the process shares, with the two stand-ins in it."""
    keys = TestJwks(KeySet([RSAKey.import_key(issuer_key.as_dict(private=False))]))
    tokens = Verifier(
        issuer=ISSUER, audience="partner-gateway", jwks=keys, revocations=Revocations(database)
    )
    made = SimpleNamespace(gateway=gateway, issuer=issuer, gateway_tokens=tokens)
    vars(app.process)["resources"] = made
    yield
    vars(app.process).pop("resources", None)


class Browser:
    """A browser: it keeps cookies, and sends a page's form as that page does."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        self.cookies: dict[str, str] = {}

    def get(self, address: str, **headers: str) -> httpx.Response:
        return self._send("GET", address, headers)

    def post(self, address: str, form: dict[str, str], **headers: str) -> httpx.Response:
        """Sends a form with the session's CSRF token, from a page of ours."""
        token = csrf_token(self.cookies.get(COOKIE, ""))
        return self._send("POST", address, OWN | headers, {"csrf_token": token, **form})

    def send(self, address: str, form: dict[str, str], headers: dict[str, str]) -> httpx.Response:
        """Sends a form as it is."""
        return self._send("POST", address, headers, form)

    def sign_in(self, task: Task = DISPATCH, to: str = "") -> httpx.Response:
        """Goes to the issuer, and comes back with a code."""
        leaving = (
            self.get(f"/sec/sign-in/{task.name}")
            if not to
            else self.get(f"/sec/sign-in/{task.name}?to={to}")
        )
        state = leaving.headers["location"].rpartition("urn:")[2]
        return self.get(f"/sec/signed-in?code=c&state={state}&iss={ISSUER}")

    def _send(
        self, method: str, address: str, headers: dict[str, str], form: dict[str, str] | None = None
    ) -> httpx.Response:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = self._client.request(
            method, address, data=form, headers={**headers, "Cookie": cookie}
        )
        self._client.cookies.clear()
        for line in answer.headers.get_list("set-cookie"):
            name, _, rest = line.partition("=")
            value = rest.partition(";")[0]
            if value:
                self.cookies[name] = value
            else:
                self.cookies.pop(name, None)
        return answer


@pytest.fixture
def transport(app: Any) -> httpx.WSGITransport:
    return httpx.WSGITransport(app=as_served(app.wsgi))


@pytest.fixture
def move(transport: httpx.WSGITransport) -> Callable[[str], None]:
    """`move("203.0.113.7")`: the next requests come from that address."""
    return lambda address: setattr(transport, "remote_addr", address)


@pytest.fixture
def client(transport: httpx.WSGITransport) -> Iterator[httpx.Client]:
    """A client that reaches the pages by their public address."""
    with httpx.Client(transport=transport, base_url=PUBLIC_URL) as client:
        yield client


@pytest.fixture
def browser(client: httpx.Client) -> Browser:
    return Browser(client)


@pytest.fixture
def other_browser(client: httpx.Client) -> Browser:
    """A second browser, which shares no cookie with the first one."""
    return Browser(client)


@pytest.fixture
def dispatcher(browser: Browser) -> Browser:
    """The browser of somebody who has signed in."""
    assert browser.sign_in().status_code == 303
    assert set(browser.cookies) == {COOKIE, SIGN_IN_COOKIE}
    return browser
