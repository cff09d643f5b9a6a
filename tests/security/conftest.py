"""Every service in this process, on databases of their own, with tokens of a test issuer."""

import importlib
import secrets
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from chassis.core import contracts
from chassis.core.ids import new_id
from chassis.data import migrations
from chassis.data.db import Database
from chassis.data.unit_of_work import UnitOfWork
from chassis.files.attachments import Attachment, uploader_of
from chassis.process import Process
from chassis.run.web import build
from chassis.service import Service
from chassis.testing import ISSUER, TestJwks
from devstack.running_services import running_services
from devstack.services import declared
from partner_gateway.consumers import permit_changed
from permits import sample
from permits.commands import attach_files, change_permit, handle_appeal, insulation, release_current
from permits.domain.appeals import Against
from permits.domain.files import Of
from permits.events import permit_event, seals_of
from permits.models import Permit, PermitImport
from portal.settings import ASKED

from .granting import received

SERVICES: dict[str, Service] = {
    one.name: importlib.import_module(f"{one.package}.app").SERVICE for one in declared()
}
VERBS = {"get", "put", "post", "patch", "delete"}


LIMITED = ("PERSON", "CLIENT", "PARTNER", "CIVIL_ID", "STATUS")


class ServiceInProcess:
    """A service that answers in this process. `token` mints what the issuer would."""

    def __init__(
        self,
        name: str,
        key: RSAKey,
        database_url: str,
        secret: Callable[[str], str],
        folder: Path,
    ) -> None:
        service = SERVICES[name]
        ports = next(one for one in running_services() if one.name == name)
        self.name, self._key = name, key
        self.environment = {
            **{ports.prefix + one: secret(ports.prefix + one) for one in ports.secrets},
            **{ports.prefix + one: secret(one) for one in ports.shared},
            **{ports.prefix + one: str(folder / name / one) for one in ports.folders},
            "DATABASE_URL": database_url,
            "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
            "ISSUER": ISSUER,
            # Of the portal.
            **{f"{asked.upper()}_URL": f"http://{asked}.test" for asked in ASKED},
            "PUBLIC_URL": "http://portal.test",
            "REVOCATION_STALENESS_SECONDS": "0",
            # A matrix asks thousands of times; refusals are counted too.
            **{f"{who}_PER_MINUTE": "1000000" for who in LIMITED},
        }
        self.settings = service.settings.load(name, self.environment)
        public = RSAKey.import_key(key.as_dict(private=False))
        self.app = build(
            Process(service, self.settings, Database(self.settings.database_url)),
            TestJwks(KeySet([public])),
        ).app
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
            "organisation_kind": "municipality", "municipality": "qatif", "auth_time": now,
        }  # fmt: skip
        payload = {name: value for name, value in {**basic, **claims}.items() if value is not None}
        protected = {"alg": "PS256", "typ": "at+jwt", "kid": "test", **(header or {})}
        signed = jwt.encode(protected, payload, self._key, algorithms=["PS256"])
        return {"Authorization": f"Bearer {signed}"}


@pytest.fixture(scope="session")
def signing_key() -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": "test"}, private=True)


@pytest.fixture(scope="session")
def services(
    signing_key: RSAKey, postgres_server: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, ServiceInProcess]]:
    """All services, by name."""
    folder = tmp_path_factory.mktemp("services")
    known: dict[str, str] = {}

    def secret(name: str) -> str:
        return known.setdefault(name, secrets.token_urlsafe(32))

    built = {}
    for name, service in SERVICES.items():
        url = postgres_server.copied_database(
            service.package, partial(migrations.upgrade, service.package, seed=service.seed)
        )
        built[name] = ServiceInProcess(name, signing_key, url, secret, folder)
    yield built
    for service in built.values():
        service.client.close()
        service.database.dispose()


@pytest.fixture(params=sorted(SERVICES))
def service(
    request: pytest.FixtureRequest, services: dict[str, ServiceInProcess]
) -> ServiceInProcess:
    """Each service in turn."""
    return services[request.param]


@pytest.fixture(scope="session")
def permit_of_tarout(services: dict[str, ServiceInProcess]) -> dict[str, str]:
    """Something of one branch, by the names of the path parameters: a permit, its request, its certificate, its release
    of current; an appeal against another permit's suspension, with a file; a batch of older permits."""
    now, officer, town = datetime.now(UTC), sample.Officer(), sample.SampleTown()
    application = {**town.application("new"), "municipality": "tarout"}
    with services["permits"].database.transaction() as session:
        issued = sample.issue_one(session, application, now)
        permit = session.get_one(Permit, issued["permit_id"])
        certificate = insulation.open_insulation(
            UnitOfWork(session, officer, now), permit.permit_id
        )
        release = release_current.submit_release(
            UnitOfWork(session, officer, now), permit.permit_id, extent="partial"
        )
        other = {**town.application("new"), "municipality": "tarout"}
        suspended = sample.issue_one(session, other, now)["permit_id"]
        change_permit.suspend(
            UnitOfWork(session, officer, now), suspended, reason="خطر", body="البلدية"
        )
        filing = handle_appeal.Filing(against=Against.SUSPENSION, of=suspended, grounds="زال الخطر")
        appeal = handle_appeal.file(UnitOfWork(session, officer, now), filing)
        batch = PermitImport(
            import_id=new_id(), municipality="tarout", origin="paper", status="reading", rows=0, sendings=0,
            created_at=now, version=1,
        )  # fmt: skip
        session.add(batch)
        return {
            "appeal_id": appeal.appeal_id,
            "attachment_id": _file_of(session, appeal.appeal_id, officer, now),
            "import_id": batch.import_id,
            "row_number": "1",
            "permit_id": permit.permit_id,
            "release_id": release.release_id,
            "request_id": permit.request_id,
            "certificate_id": certificate.certificate_id,
        }


def _file_of(session: Any, appeal_id: str, officer: Any, now: datetime) -> str:
    row = Attachment(
        attachment_id=new_id(), key=new_id().replace("-", ""), media_type="image/png", size=1,
        sha256=b"1" * 32, name="قرار.png", width=1, height=1, latitude=None, longitude=None,
        uploader=uploader_of(officer), scan="unscanned", uploaded_at=now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    attach_files.attach(
        UnitOfWork(session, officer, now), Of.APPEAL, appeal_id, [row.attachment_id]
    )
    return str(row.attachment_id)


@pytest.fixture(scope="session")
def permit_in_tarout(
    services: dict[str, ServiceInProcess], permit_of_tarout: dict[str, str]
) -> dict[str, Any]:
    """The permit of tarout in the gateway's read model, with an owner's number that finds it."""
    with services["permits"].database.transaction() as session:
        permit = session.get_one(Permit, permit_of_tarout["permit_id"])
        event = permit_event("issued", permit.record(), seals_of(session), datetime.now(UTC))
        numbers = [o.id_number for o in permit.owners if o.id_type in {"national_id", "iqama"}]
    gateway = services["partner-gateway"]
    with gateway.app.process.transaction() as context:
        permit_changed(context, received(event.type, event.version, event.data))
    return {**event.data, "numbers": numbers}
