"""Every service of the house in this process, on databases of their own, with tokens of a test issuer."""

import secrets
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from chassis import contracts, migrations, outbox
from chassis.app import build
from chassis.ids import new_id
from chassis.testing import ISSUER, TestJwks
from devstack import sample_permits
from devstack.rooms import rooms
from identity.app import SERVICE as IDENTITY
from partner_gateway import commands as gateway_commands
from partner_gateway.app import SERVICE as PARTNER_GATEWAY
from permits import commands, personal
from permits.app import SERVICE as PERMITS
from permits.events import permit_event
from permits.models import Permit

from .granting import received

SERVICES = {service.name: service for service in (IDENTITY, PERMITS, PARTNER_GATEWAY)}
VERBS = {"get", "put", "post", "patch", "delete"}


class House:
    """A service that answers in this process. `token` mints what the issuer would."""

    def __init__(
        self, name: str, key: RSAKey, database_url: str, secret: Callable[[str], str]
    ) -> None:
        service = SERVICES[name]
        room = next(room for room in rooms() if room.name == name)
        self.name, self._key = name, key
        self.environment = {
            **{room.prefix + one: secret(room.prefix + one) for one in room.secrets},
            **{room.prefix + one: secret(one) for one in room.shared},
            "DATABASE_URL": database_url,
            "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
            "ISSUER": ISSUER,
            "REVOCATION_STALENESS_SECONDS": "0",
        }
        self.settings = service.settings.load(name, self.environment)
        public = RSAKey.import_key(key.as_dict(private=False))
        self.app = build(service, self.settings, jwks=TestJwks(KeySet([public])))
        self.database = self.app.database
        self.contract = contracts.openapi(name)
        transport = httpx.WSGITransport(app=self.app.wsgi, raise_app_exceptions=False)
        self.client = httpx.Client(transport=transport, base_url="http://service.test")

    def operations(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """(method, path template, operation)."""
        for path, item in self.contract["paths"].items():
            for verb in VERBS & set(item):
                yield verb.upper(), path, item[verb]

    def token(
        self, *scopes: str, header: dict[str, Any] | None = None, **claims: Any
    ) -> dict[str, str]:
        now = int(time.time())
        basic = {
            "iss": ISSUER, "sub": "p_test", "aud": self.name, "iat": now, "nbf": now, "exp": now + 300, "jti": new_id(),
            "client_id": "test-client", "scope": " ".join(scopes), "sid": new_id(), "organisation": "qatif",
            "organisation_kind": "municipality", "municipality": "qatif",
        }  # fmt: skip
        payload = {name: value for name, value in {**basic, **claims}.items() if value is not None}
        protected = {"alg": "PS256", "typ": "at+jwt", "kid": "test", **(header or {})}
        signed = jwt.encode(protected, payload, self._key, algorithms=["PS256"])
        return {"Authorization": f"Bearer {signed}"}


@pytest.fixture(scope="session")
def signing_key() -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": "test"}, private=True)


@pytest.fixture(scope="session")
def houses(signing_key: RSAKey, postgres_server: Any) -> Iterator[dict[str, House]]:
    """All services, by name."""
    known: dict[str, str] = {}

    def secret(name: str) -> str:
        return known.setdefault(name, secrets.token_urlsafe(32))

    built = {}
    for name, service in SERVICES.items():
        url = postgres_server.fresh_database(f"security_{service.package}")
        migrations.upgrade(service.package, url)
        built[name] = House(name, signing_key, url, secret)
    yield built
    for house in built.values():
        house.client.close()
        house.database.dispose()


@pytest.fixture(autouse=True)
def keys_of_permits(houses: dict[str, House]) -> None:
    """Other tests in this process have keys of their own."""
    personal.use(houses["permits"].environment)


@pytest.fixture(params=sorted(SERVICES))
def house(request: pytest.FixtureRequest, houses: dict[str, House]) -> House:
    """Each service in turn."""
    return houses[request.param]


@pytest.fixture(scope="session")
def permit_of_tarout(houses: dict[str, House]) -> dict[str, str]:
    """Something of one branch, by the names of the path parameters: a permit, its request, its certificate."""
    personal.use(houses["permits"].environment)
    now, officer = datetime.now(UTC), sample_permits.Officer()
    application = {**sample_permits.SampleTown().application("new"), "municipality": "tarout"}
    with houses["permits"].database.transaction() as session:
        outbox.ensure_partitions(session, now.date())
        issued = sample_permits.issue_one(session, application, now)
        permit = session.get_one(Permit, issued["permit_id"])
        certificate = commands.open_insulation(session, officer, permit.permit_id, now=now)
        return {
            "permit_id": permit.permit_id,
            "request_id": permit.request_id,
            "certificate_id": certificate.certificate_id,
        }


@pytest.fixture(scope="session")
def shown(houses: dict[str, House], permit_of_tarout: dict[str, str]) -> dict[str, Any]:
    """The permit of tarout in the gateway's read model, with an owner's number that finds it."""
    personal.use(houses["permits"].environment)
    with houses["permits"].database.transaction() as session:
        permit = session.get_one(Permit, permit_of_tarout["permit_id"])
        event = permit_event("issued", permit.record(), datetime.now(UTC))
        numbers = [o.id_number for o in permit.owners if o.id_type in {"national_id", "iqama"}]
    gateway = houses["partner-gateway"]
    with gateway.database.transaction() as session:
        letter = received(event.type, event.version, event.data)
        gateway_commands.project_permit(session, letter, gateway.settings)
    return {**event.data, "numbers": numbers}
