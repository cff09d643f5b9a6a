"""What the tests of identity share: a small register, clients that authenticate, and browsers that sign in."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import select, text

from chassis.access import revocations
from chassis.testing import *
from chassis.testing import Holder
from devstack.national_login.flow import Settings as ProviderSettings
from devstack.national_login.provider import Provider
from devstack.stand_in_processes import public_jwk
from identity.app import SERVICE
from identity.cli import apply
from identity.models import Person
from identity.outside import national_login

from .citizens import Citizen
from .factors import TWO_FACTORS, add_administrator
from .oauth_clients import CALLBACK, CITIZENS_CALLBACK, ISSUER, KEYS, MACHINE, PASSWORD, Oauth
from .trade_register import TradeRegister


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
        {
            "code": "qatif",
            "kind": "municipality",
            "municipality": "qatif",
            "name": _names("qatif"),
            "second_factor": "optional",
        },
        {
            "code": "tarout",
            "kind": "affiliated_municipality",
            "municipality": "tarout",
            "name": _names("tarout"),
            "second_factor": "optional",
        },
        {
            "code": "electricity",
            "kind": "partner",
            "name": _names("electricity"),
            "second_factor": "optional",
        },
        {"code": "water", "kind": "partner", "name": _names("water"), "second_factor": "optional"},
    ],
    "people": [
        _person("sara", "electricity", ["building-permits.read", "gateway.status"]),
        _person("walid", "water", ["building-permits.read"]),
        _person("tariq", "tarout", ["permits.read", "permit-requests.write"]),
        _person("amal", "qatif", ["identity.admin"]),
        _person("rawan", "tarout", ["permits.read", "reports.read", "permit-requests.write"]),
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
        *(
            _client(
                client_id,
                "qatif",
                "staff",
                ["permits.read", "permit-requests.write", "reports.read", "identity.admin"],
                redirect_uris=[CALLBACK],
                exchange_audiences=["permits", "reports"],
            )
            for client_id in ("desk", "second-desk")
        ),
        _client(
            "my-pages",
            "qatif",
            "citizen",
            ["my-delegations.write", "my-permits.read"],
            redirect_uris=[CITIZENS_CALLBACK],
            exchange_audiences=["permits", "identity"],
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
        "contact_key": "E" * 43,
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


@pytest.fixture(autouse=True)
def revocations_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read anew at each request: a test revokes and asks at once."""
    monkeypatch.setattr(revocations, "REFRESH_SECONDS", -1.0)


@pytest.fixture
def oauth(app: Any, register: None) -> Oauth:
    """Clients and browsers over the test's transaction."""
    return Oauth(app.wsgi)


@pytest.fixture
def fatima(oauth: Oauth, national: Provider) -> Citizen:
    """A citizen's browser."""
    return Citizen(oauth)


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
def other_admin(token: Callable[..., dict[str, str]]) -> dict[str, str]:
    """The header of an administrator who isn't of the municipality, and so may suspend it."""
    return token("identity.admin", sub="p_other_admin", organisation="tarout")


@pytest.fixture
def two_admins(
    session: Any, register: None, token: Callable[..., dict[str, str]]
) -> tuple[dict[str, str], dict[str, str]]:
    """The headers of two administrators of the municipality, who have signed in with two factors."""
    first, second = (
        token("identity.admin", sub=add_administrator(session, one), **TWO_FACTORS)
        for one in ("first", "second")
    )
    return first, second


@pytest.fixture
def sara(session: Any, oauth: Oauth) -> Person:
    found: Person = session.scalar(select(Person).where(Person.username == "sara"))
    return found


@pytest.fixture
def demanded(session: Any, oauth: Oauth) -> None:
    """Every organisation demands a second factor."""
    session.execute(text("UPDATE organisation SET second_factor = 'demanded'"))


@pytest.fixture
def anew() -> Callable[[Any], Oauth]:
    """Makes an Oauth for another application, such as a second worker."""
    return lambda app: Oauth(app.wsgi)
