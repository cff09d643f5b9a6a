"""Fixtures of a service's tests: its own real PostgreSQL, a savepoint per test, a client, tokens of a test issuer.

A service's `conftest.py` says `from chassis.testing import *` and gives the session fixture `service`. They aren't a
plugin, because pytest would then share one service's session fixtures with the next service.
"""

import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any, cast

import httpx
import psycopg
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey
from joserfc.jws import JWSRegistry
from sqlalchemy import event, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from chassis.access import dpop
from chassis.access.auth import Jwks
from chassis.access.revocations import Revocations
from chassis.core.context import Context
from chassis.core.ids import new_id
from chassis.core.settings import Settings
from chassis.data import migrations
from chassis.data.db import Database, require_nothing_to_commit
from chassis.data.lock_order import SHARED, watched
from chassis.data.sealed import use_keys
from chassis.http.app import App
from chassis.process import Process
from chassis.run.web import Web, build
from chassis.service import Service
from chassis.testing_citizens import citizen_token

ISSUER = "https://issuer.test"
__all__ = [
    "database_url",
    "settings_overrides",
    "settings",
    "committing_database",
    "real_database",
    "savepoints",
    "database",
    "session",
    "lock_order",
    "context",
    "issuer_key",
    "app",
    "one_web",
    "web",
    "plain_context",
    "client",
    "token",
    "citizen_token",
    "outbox_rows",
    "holder",
]


class SavepointDatabase(Database):
    """The service's database inside one test's outer transaction, which is rolled back at the end."""

    connection: Connection

    def _session(self) -> Session:
        return Session(
            self.connection, expire_on_commit=False, join_transaction_mode="create_savepoint"
        )

    @contextmanager
    def separate_statements(self) -> Iterator[Session]:
        """Within the test's transaction."""
        with self.transaction() as session, session.no_autoflush:
            yield session
            require_nothing_to_commit(session)

    @contextmanager
    def driver_connection(self) -> Iterator[psycopg.Connection[Any]]:
        """Within the test's transaction."""
        with self.autocommit() as connection:
            yield connection

    @contextmanager
    def autocommit(self) -> Iterator[psycopg.Connection[Any]]:
        """The test's own connection: its statements are rolled back with the rest."""
        yield cast(psycopg.Connection[Any], self.connection.connection.driver_connection)


class TestJwks(Jwks):
    """The test issuer's keys, at hand without HTTP."""

    __test__ = False

    def __init__(self, keys: KeySet) -> None:
        super().__init__("https://issuer.test/jwks.json")
        self._keys = keys
        self._fetched_at = float("inf")


class Holder:
    """A client's key and the DPoP proofs that it signs. `thumbprint` is what a token bound to it holds in `cnf.jkt`."""

    def __init__(self, key: Any = None, algorithm: str = "ES256") -> None:
        self.key = key or ECKey.generate_key("P-256")
        self.algorithm = algorithm
        self.jwk: dict[str, Any] = self.key.as_dict(private=False)
        self.thumbprint = dpop.thumbprint(self.jwk)

    def proof(
        self,
        method: str,
        url: str,
        token: str | None = None,
        *,
        header: dict[str, Any] | None = None,
        **changes: Any,
    ) -> str:
        """Returns a proof for one request; a header parameter or claim of None is left out."""
        header = {"typ": "dpop+jwt", "alg": self.algorithm, "jwk": self.jwk, **(header or {})}
        claims = {
            "jti": new_id(), "htm": method, "htu": url, "iat": int(time.time()),
            "ath": dpop.token_hash(token) if token else None, **changes,
        }  # fmt: skip
        header, claims = (
            {name: value for name, value in part.items() if value is not None}
            for part in (header, claims)
        )
        # By hand: a library wouldn't sign an invalid proof.
        signed = ".".join(_part(json.dumps(part).encode()) for part in (header, claims))
        signature = JWSRegistry.algorithms[self.algorithm].sign(signed.encode(), self.key)
        return f"{signed}.{_part(signature)}"

    def headers(
        self, method: str, url: str, authorization: dict[str, str], **changes: Any
    ) -> dict[str, str]:
        """Returns the headers of a request with a bound token, given as the fixture `token` gives one."""
        token = authorization["Authorization"].removeprefix("Bearer ")
        proof = self.proof(method, url, token, **changes)
        return {"Authorization": f"DPoP {token}", "DPoP": proof}


def _part(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


@pytest.fixture(scope="session")
def database_url(service: Service, postgres_server: Any) -> str:
    """A migrated database of the service under test. A service's conftest gives the fixture `service`."""
    url: str = postgres_server.copied_database(
        service.package, lambda url: migrations.upgrade(service.package, url, seed=service.seed)
    )
    return url


@pytest.fixture(scope="session")
def settings_overrides() -> dict[str, Any]:
    """Own settings of the service under test; a conftest may give others."""
    return {}


@pytest.fixture(scope="session")
def settings(service: Service, database_url: str, settings_overrides: dict[str, Any]) -> Settings:
    """Settings over the test database; Kafka's address leads nowhere: a web worker never asks for it."""
    basic = {
        "database_url": database_url,
        "kafka_bootstrap_servers": "127.0.0.1:1",
        "issuer": ISSUER,
        "public_url": "http://service.test",
        "revocation_staleness_seconds": 0.0,  # no heartbeat comes in tests
    }
    return service.settings(**{**basic, **settings_overrides})


@pytest.fixture(scope="session")
def committing_database(settings: Settings) -> Iterator[Database]:
    """The database with real commits, for tests of what several connections do to each other. Its pool has one for each
    of their threads."""
    database = patient_database(settings, pool_size=32)
    yield database
    database.dispose()


def patient_database(settings: Settings, **options: Any) -> Database:
    """Returns a database whose connections have 30 seconds to be opened: a whole suite may open 24 at once."""
    database = Database(settings.database_url, **options)
    for engine in (database.engine, database._single):
        event.listen(engine, "do_connect", _wait_longer, insert=True)
    use_keys(database, settings)
    return database


def _wait_longer(_dialect: Any, _record: Any, _arguments: Any, options: dict[str, Any]) -> None:
    options["connect_timeout"] = 30


@pytest.fixture(scope="session")
def real_database(committing_database: Database) -> Database:
    """The same; a service whose tests would find each other's rows empties it after each test."""
    return committing_database


@pytest.fixture(scope="session")
def savepoints(settings: Settings) -> Iterator[SavepointDatabase]:
    """What `database` is: lent to each test in turn, with a connection of its own."""
    database = savepoints_over(settings)
    yield database
    database.dispose()


def savepoints_over(settings: Settings) -> SavepointDatabase:
    """Returns the database with the keys of its columns; it needs a connection yet."""
    database = SavepointDatabase(settings.database_url, pool_size=2)
    use_keys(database, settings)
    return database


@pytest.fixture
def database(savepoints: SavepointDatabase) -> Iterator[Database]:
    """The database within a transaction that is rolled back after the test."""
    with _patiently_connected(savepoints) as connection:
        # psycopg drops all that a connection has prepared when a savepoint is rolled back, a pipeline's too.
        cast(
            psycopg.Connection[Any], connection.connection.driver_connection
        ).prepare_threshold = None
        outer = connection.begin()
        # psycopg sends BEGIN with the first statement, and a pipeline's statements go past it. The transaction idles
        # while the test computes, which takes over 10 s on a machine with much else to do.
        connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
        savepoints.connection = connection
        yield savepoints
        outer.rollback()
    savepoints.dispose()


def _patiently_connected(database: Database) -> Connection:
    """Returns a service gives up on a connection after 2 s; a machine that runs a whole suite may need more for one."""
    for _ in range(5):
        with suppress(OperationalError):
            return database.engine.connect()
    return database.engine.connect()


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """A session within the test's transaction."""
    with database.transaction() as session:
        session.info[SHARED] = True
        yield session


@pytest.fixture(autouse=True)
def lock_order(service: Service) -> Iterator[None]:
    """Fails a test in which a transaction locks in another order than the service declares."""
    with watched(service.lock_order) as faults:
        yield
    if faults:
        pytest.fail("\n".join(faults))


def plain_context(session: Session) -> Context[Any, Any]:
    """Returns a context for handlers that need nothing but the session."""
    return Context(
        open_session=lambda: session, settings=None, resources=None, now=datetime.now(UTC)
    )


@pytest.fixture
def context(service: Service, settings: Settings, session: Session) -> Context[Any, Any]:
    """The context of a handler, a chore or a command, over the test's transaction."""
    return Process(service, settings, SavepointDatabase(settings.database_url)).context(session)


@pytest.fixture(scope="session")
def issuer_key() -> RSAKey:
    """The test issuer's signing key."""
    return RSAKey.generate_key(2048, {"kid": "test"}, private=True)


@pytest.fixture(scope="session")
def one_web(
    service: Service, settings: Settings, savepoints: SavepointDatabase, issuer_key: RSAKey
) -> Web:
    """One application for all tests: building one costs more than most tests."""
    return build_over(savepoints, service, settings, issuer_key)


@pytest.fixture
def web(
    one_web: Web, database: Database, issuer_key: RSAKey, monkeypatch: pytest.MonkeyPatch
) -> Web:
    """The application over the test's transaction, with its lane; it remembers nothing of another test."""
    for kept in ("quotas", "resources"):
        vars(one_web.app.process).pop(kept, None)
    verifier = one_web.app.verifier
    monkeypatch.setattr(verifier, "_jwks", _published(issuer_key))
    staleness = one_web.app.process.settings.revocation_staleness_seconds
    monkeypatch.setattr(
        verifier, "_revocations", Revocations(database, staleness_seconds=staleness)
    )
    return one_web


def build_over(database: Database, service: Service, settings: Settings, issuer_key: RSAKey) -> Web:
    """Returns the application with the keys of the test issuer."""
    return build(Process(service, settings, database), jwks=_published(issuer_key))


def _published(issuer_key: RSAKey) -> TestJwks:
    return TestJwks(KeySet([RSAKey.import_key(issuer_key.as_dict(private=False))]))


@pytest.fixture
def app(web: Web) -> App:
    """The built application over the test's transaction."""
    return web.app


def as_served(wsgi: Callable[..., Any]) -> Callable[..., Any]:
    """Returns the application as gunicorn calls it: a path's bytes as Latin-1 (PEP 3333), where httpx gives their
    text."""

    def application(environ: dict[str, Any], start_response: Any) -> Any:
        environ["PATH_INFO"] = environ["PATH_INFO"].encode().decode("latin-1")
        return wsgi(environ, start_response)

    return application


@pytest.fixture
def client(app: Any) -> Iterator[httpx.Client]:
    """A client of the application, in process."""
    transport = httpx.WSGITransport(app=as_served(app.wsgi))
    with httpx.Client(transport=transport, base_url="http://service.test") as client:
        yield client


@pytest.fixture(scope="session")
def token(service: Service, issuer_key: RSAKey) -> Callable[..., dict[str, str]]:
    """`token("scope", …, organisation=…, **claims)` → an Authorization header. A claim of None is left out."""

    def mint(*scopes: str, header: dict[str, str] | None = None, **claims: Any) -> dict[str, str]:
        now = int(time.time())
        basic = {
            "iss": ISSUER, "sub": "p_test", "aud": service.name, "iat": now, "nbf": now, "exp": now + 300,
            "jti": new_id(), "client_id": "test-client", "scope": " ".join(scopes), "sid": new_id(),
            "organisation": "qatif", "organisation_kind": "municipality", "municipality": "qatif",
            "auth_time": now,
        }  # fmt: skip
        payload = {name: value for name, value in {**basic, **claims}.items() if value is not None}
        protected = {"alg": "PS256", "typ": "at+jwt", "kid": "test", **(header or {})}
        signed = jwt.encode(protected, payload, issuer_key, algorithms=["PS256"])
        return {"Authorization": f"Bearer {signed}"}

    return mint


@pytest.fixture(scope="session")
def holder() -> Holder:
    """A client that holds a key for DPoP."""
    return Holder()


_WAITING = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


def wait_for_a_lock(database: Database) -> None:
    """Returns once a connection of this database waits for a lock of another one."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with database.separate_statements() as session:
            if session.scalar(_WAITING):
                return
    raise AssertionError("nobody waits")


def wait_for_a_whole_window(seconds: int = 60, *, needed: float = 3.0) -> None:
    """Returns once the present window of a limit has `needed` seconds left, so that one window counts what a test
    sends."""
    while seconds - time.time() % seconds < needed:
        time.sleep(0.05)


@pytest.fixture
def outbox_rows(session: Session) -> Callable[[], list[Any]]:
    """`outbox_rows()` → the rows that the test's transaction added, in order."""
    statement = text(
        "SELECT aggregate_type, aggregate_id, version, type, topic, convert_from(data, 'UTF8')::json AS envelope"
        # What tests of several connections committed is another's.
        " FROM outbox WHERE pg_xact_status(xmin::text::xid8) = 'in progress' ORDER BY id"
    )
    return lambda: list(session.execute(statement).all())
