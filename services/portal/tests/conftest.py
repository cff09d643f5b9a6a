"""The service under test, with an issuer and a gateway that say what a test wants."""

import secrets
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest
from joserfc.jwk import ECKey, KeySet, RSAKey
from requests_oauth2client import DPoPKey, DPoPToken

from chassis.access.auth import Verifier
from chassis.access.revocations import Revocations
from chassis.core import contracts
from chassis.service import Service
from chassis.testing import *
from chassis.testing import ISSUER, TestJwks, as_served
from pages.origins import csrf_token
from portal.app import SERVICE
from portal.domain.areas import AFFILIATED, AREAS, CENTRE, DESK, MY, SEC, Area
from portal.domain.tasks import DISPATCH, EXAMINATIONS, MY_LICENCES, MY_PERMITS, REFERRAL, Task
from portal.outside.displays import Displays
from portal.outside.issuer import BegunSignIn, IssuedToken, IssuerAway, SignInRefused
from portal.outside.services import FileReply, Reply, ServiceAway
from portal.resources import AreaAccess, counted_months
from portal.settings import ASKED

sys.path.insert(0, str(Path(__file__).parent))  # what several tests share
from inquiring import INQUIRY_KEY
from licences_shown import guide_replies
from public_asking import PublicServiceStandIn
from reporting import ReportsService

PUBLIC_URL = "https://services.example"
COOKIE, SIGN_IN_COOKIE = SEC.cookie, SEC.sign_in_cookie
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
        "desk_client_key": "d" * 42 + "M",
        "citizens_client_key": "c" * 42 + "M",
        "centres_client_key": "e" * 42 + "M",
        "municipalities_client_key": "g" * 42 + "M",
        "system_client_key": "h" * 42 + "M",
        **{f"{name}_url": f"http://{name}.test" for name in ASKED},
        "public_url": PUBLIC_URL,
    }


class AskedService:
    """A service: `replies` by path; None is a service that's away. `asked` are the questions that it got, `keys` and
    `versions` what stood beside the changes."""

    def __init__(self) -> None:
        self.replies: dict[str, Any] = {}
        self.asked: list[tuple[str, Any]] = []
        self.keys: list[str | None] = []
        self.versions: list[int | None] = []

    def get(self, _token: Any, path: str, _language: str, query: Any = None) -> Reply:
        found: Reply = self._answer(path, query)
        return found

    def get_file(self, _token: Any, path: str, _language: str, query: Any = None) -> FileReply:
        found = self._answer(path, query)
        return found if isinstance(found, FileReply) else FileReply(b"", "", found)

    def delete(self, _token: Any, path: str, _language: str) -> Reply:
        found: Reply = self._answer(path, None)
        return found

    def post_file(self, _token: Any, path: str, _language: str, file: Any) -> Reply:
        found: Reply = self._answer(path, file)
        return found

    def post(
        self,
        _token: Any,
        path: str,
        _language: str,
        body: Any,
        *,
        once: str | None = None,
        version: int | None = None,
    ) -> Reply:
        self.keys.append(once)
        self.versions.append(version)
        found: Reply = self._answer(path, body)
        return found

    def post_lines(self, _token: Any, path: str, _language: str, lines: Any, *, once: str) -> Reply:
        self.keys.append(once)
        found: Reply = self._answer(path, lines)
        return found

    def put(
        self,
        _token: Any,
        path: str,
        _language: str,
        body: Any,
        *,
        once: str | None = None,
        version: int | None = None,
    ) -> Reply:
        self.keys.append(once)
        self.versions.append(version)
        found: Reply = self._answer(path, body)
        return found

    def _answer(self, path: str, content: Any) -> Any:
        self.asked.append((path, content))
        missing = Reply(404, {"type": "…/not-found", "title": "Not found"})
        found = self.replies.get(path, missing)
        if found is None:
            raise ServiceAway("test")
        if isinstance(found, Exception):
            raise found
        return found


class Issuer:
    """The issuer: whoever comes back signs in with `claims`. `claims` begin as those of the area's people."""

    def __init__(self, mint: Any, **claims: Any) -> None:
        self._always = claims
        self.is_away = False
        self.is_over = False
        self.exchanges: list[tuple[str, str]] = []
        self.ended: list[str] = []
        self.claims: dict[str, Any] = {}
        self.scopes = ""
        self.language = ""
        self.wishes: Any = None
        self.person: dict[str, Any] | None = {
            "name": "موظف الإيصال (بيانات تجريبية)",
            "organisation": {"ar": "شركة الكهرباء", "en": "Electricity company"},
        }
        self._mint = mint

    def begin(self, scopes: str, language: str, wishes: Any = None) -> BegunSignIn:
        if self.is_away:
            raise IssuerAway("test")
        self.scopes, self.language, self.wishes = scopes, language, wishes
        state = secrets.token_urlsafe(16)
        key = ECKey.generate_key("P-256").as_dict(private=True)
        address = f"{ISSUER}/authorize?request_uri=urn:{state}"
        return BegunSignIn(address=address, state=state, secrets={"state": state, "dpop_key": key})

    def complete(self, _address: str, secrets: Any) -> IssuedToken:
        """Gives a token for the service of the first scope."""
        known = contracts.read("scopes.yaml")["scopes"]
        audience = known[self.scopes.split()[0]]["audience"]
        scopes = [one for one in self.scopes.split() if known[one]["audience"] == audience]
        token = self._token(scopes, {"aud": audience, **self._always, **self.claims})
        return IssuedToken(token=token, key=secrets["dpop_key"], person=self.person)

    def exchange(self, token: str, key: Any, *, service: str, scopes: str) -> str:
        """Gives a token for another service, unless the session `is_over`. `exchanges`: for what it was asked."""
        assert token
        assert key
        self.exchanges.append((service, scopes))
        if self.is_away:
            raise IssuerAway("test")
        if self.is_over:
            raise SignInRefused("test")
        return self._token(scopes.split(), {**self._always, **self.claims, "aud": service})

    def end_session(self, token: str) -> bool:
        """Ends the session of a token. `ended`: the tokens whose sessions were ended. `is_over`: none is there."""
        if self.is_away:
            raise IssuerAway("test")
        if not self.is_over:
            self.ended.append(token)
        return not self.is_over

    def _token(self, scopes: list[str], claims: dict[str, Any]) -> str:
        return str(self._mint(*scopes, **claims)["Authorization"]).removeprefix("Bearer ")


@pytest.fixture
def asked_services() -> dict[str, AskedService]:
    """The services that the portal asks with a person's token, by name."""
    return {name: AskedService() for area in AREAS.values() for name in area.services}


@pytest.fixture
def gateway(asked_services: dict[str, AskedService]) -> AskedService:
    """The service of the company's area."""
    gateway = asked_services["partner-gateway"]
    title = {"ar": "عداد", "en": "Meter"}
    purpose = {"purpose": "meter-connection", "title": title, "searches": ["civil-id"]}
    gateway.replies["/v1/grant"] = Reply(200, {"purposes": [purpose]})
    return gateway


@pytest.fixture
def reports(asked_services: dict[str, AskedService]) -> AskedService:
    return asked_services["reports"]


@pytest.fixture
def permits(asked_services: dict[str, AskedService]) -> AskedService:
    return asked_services["permits"]


@pytest.fixture
def licences(asked_services: dict[str, AskedService]) -> AskedService:
    return asked_services["licences"]


@pytest.fixture
def health(asked_services: dict[str, AskedService]) -> AskedService:
    return asked_services["health-certs"]


@pytest.fixture
def identity(asked_services: dict[str, AskedService]) -> AskedService:
    return asked_services["identity"]


@pytest.fixture
def payments(asked_services: dict[str, AskedService]) -> AskedService:
    return asked_services["payments"]


@pytest.fixture
def issuer(token: Any) -> Issuer:
    """The issuer as the company's client asks it."""
    return Issuer(token, sub="p_dispatcher", organisation="sec", organisation_kind="partner")


@pytest.fixture
def desk_issuer(token: Any) -> Issuer:
    """The issuer as the desk's client asks it."""
    return Issuer(token, sub="p_officer")


@pytest.fixture
def my_issuer(token: Any) -> Issuer:
    """The issuer as the citizens' client asks it."""
    nobody = {
        "client_kind": "citizen",
        "organisation": None,
        "organisation_kind": None,
        "municipality": None,
    }
    issuer = Issuer(token, sub="p_citizen", **nobody)
    issuer.person = {"name": "فاطمة بنت علي (بيانات تجريبية)"}
    return issuer


@pytest.fixture
def centre_issuer(token: Any) -> Issuer:
    """The issuer as the medical centres' client asks it."""
    return Issuer(
        token, sub="p_examiner", organisation="saihat-centre", organisation_kind="medical_centre"
    )


@pytest.fixture
def affiliated_issuer(token: Any) -> Issuer:
    """The issuer as the affiliated municipalities' client asks it."""
    return Issuer(
        token,
        sub="p_saihat",
        organisation="saihat",
        organisation_kind="affiliated_municipality",
        municipality="saihat",
    )


@pytest.fixture(autouse=True)
def resources(
    app: Any,
    database: Any,
    asked_services: dict[str, AskedService],
    issuer: Issuer,
    desk_issuer: Issuer,
    my_issuer: Issuer,
    centre_issuer: Issuer,
    affiliated_issuer: Issuer,
    issuer_key: RSAKey,
) -> Iterator[None]:
    """What the process shares, with the stand-ins in it."""
    keys = TestJwks(KeySet([RSAKey.import_key(issuer_key.as_dict(private=False))]))
    revocations = Revocations(database)

    def access(area: Area, issuer: Any) -> AreaAccess:
        services = {name: asked_services[name] for name in area.services}
        verifiers = {
            name: Verifier(issuer=ISSUER, audience=name, jwks=keys, revocations=revocations)
            for name in area.services
        }
        return AreaAccess(issuer, services, verifiers)

    issuers = {
        SEC.name: issuer,
        DESK.name: desk_issuer,
        MY.name: my_issuer,
        CENTRE.name: centre_issuer,
        AFFILIATED.name: affiliated_issuer,
    }
    known = {name: access(AREAS[name], one) for name, one in issuers.items()}
    vars(app.process)["resources"] = SimpleNamespace(access=known, counted_months=counted_months())
    yield
    vars(app.process).pop("resources", None)


class SystemIssuer:
    """The issuer as the portal itself asks it. `asked`: for which scopes."""

    def __init__(self) -> None:
        self.is_away = False
        self.asked: list[str] = []

    def client_token(self, scopes: str) -> DPoPToken:
        if self.is_away:
            raise IssuerAway("test")
        self.asked.append(scopes)
        key = DPoPKey.generate("ES256")
        return DPoPToken("token", _dpop_key=key, expires_in=300)


@pytest.fixture(autouse=True)
def system_issuer(
    app: Any, resources: None, asked_services: dict[str, AskedService]
) -> SystemIssuer:
    issuer: Any = SystemIssuer()
    appointments: Any = asked_services["appointments"]
    app.process.resources.displays = Displays(issuer, appointments)
    return cast(SystemIssuer, issuer)


@pytest.fixture(autouse=True)
def public_reports(app: Any, resources: None) -> ReportsService:
    """The service `reports` as everybody asks it."""
    service = ReportsService()
    app.process.resources.public_reports = service
    return service


@pytest.fixture(autouse=True)
def public_services(app: Any, resources: None) -> dict[str, PublicServiceStandIn]:
    """The other services that everybody may ask, by name."""
    names = ("appointments", "licences", "tenders", "permits", "health-certs", "transactions")
    services = {name: PublicServiceStandIn() for name in names}
    app.process.resources.public_services = services
    return services


@pytest.fixture(autouse=True)
def public_licences(public_services: dict[str, PublicServiceStandIn]) -> PublicServiceStandIn:
    """The service `licences` as everybody asks it: it's well, because pages of citizens ask it too."""
    service = public_services["licences"]
    service.replies |= guide_replies()
    return service


class Browser:
    """A browser: it keeps cookies, and sends a page's form as that page does."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        self.cookies: dict[str, str] = {}

    def get(self, address: str, **headers: str) -> httpx.Response:
        return self._send("GET", address, headers)

    def post(self, address: str, form: dict[str, Any], **headers: str) -> httpx.Response:
        """Sends a form with the CSRF token of the area's session, from a page of ours."""
        area = AREAS.get(address.split("/")[1], SEC)
        token = csrf_token(self.cookies.get(area.cookie, ""))
        return self._send("POST", address, OWN | headers, {"csrf_token": token, **form})

    def post_photo(self, address: str, form: dict[str, str], photo: bytes) -> httpx.Response:
        """Sends a form of the desk with a photo, from a page of ours."""
        sent = {"csrf_token": csrf_token(self.cookies.get(DESK.cookie, "")), **form}
        files = {"photo": ("after.jpg", photo, "image/jpeg")}
        return self._send("POST", address, OWN, sent, files)

    def send_files(self, address: str, form: dict[str, str], files: Any) -> httpx.Response:
        """Sends a form of the desk with files, from a page of ours."""
        sent = {"csrf_token": csrf_token(self.cookies.get(DESK.cookie, "")), **form}
        return self._send("POST", address, OWN, sent, files)

    def send(
        self, address: str, form: dict[str, str], headers: dict[str, str], files: Any = None
    ) -> httpx.Response:
        """Sends a form as it is."""
        return self._send("POST", address, headers, form, files)

    def sign_in(self, task: Task = DISPATCH, to: str = "") -> httpx.Response:
        """Goes to the issuer, and comes back with a code."""
        area = next(one for one in AREAS.values() if task in one.tasks.values())
        ending = f"?to={to}" if to else ""
        leaving = self.get(f"{area.path}/sign-in/{task.name}{ending}")
        state = leaving.headers["location"].rpartition("urn:")[2]
        return self.get(f"{area.callback}?code=c&state={state}&iss={ISSUER}")

    def _send(
        self,
        method: str,
        address: str,
        headers: dict[str, str],
        form: dict[str, str] | None = None,
        files: Any = None,
    ) -> httpx.Response:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = self._client.request(
            method, address, data=form, files=files, headers={**headers, "Cookie": cookie}
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


@pytest.fixture
def officer(browser: Browser) -> Browser:
    """The browser of a report officer who has signed in."""
    assert browser.sign_in(REFERRAL).status_code == 303
    assert set(browser.cookies) == {DESK.cookie, DESK.sign_in_cookie}
    return browser


@pytest.fixture
def citizen(browser: Browser) -> Browser:
    """The browser of a citizen who has signed in."""
    assert browser.sign_in(MY_PERMITS).status_code == 303
    assert set(browser.cookies) == {MY.cookie, MY.sign_in_cookie}
    return browser


@pytest.fixture
def examiner(browser: Browser) -> Browser:
    """The browser of a medical centre's employee who has signed in."""
    assert browser.sign_in(EXAMINATIONS).status_code == 303
    assert set(browser.cookies) == {CENTRE.cookie, CENTRE.sign_in_cookie}
    return browser


@pytest.fixture
def licensee(browser: Browser, my_issuer: Issuer) -> Browser:
    """The browser of a citizen who acts for an establishment and came for licences."""
    my_issuer.claims = {"acts_for": "7000000005"}
    assert browser.sign_in(MY_LICENCES).status_code == 303
    return browser
