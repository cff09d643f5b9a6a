"""The service over real HTTP, with real commits, and systems that send by it."""

import base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

import httpx
import pytest
from joserfc.jwk import KeySet, RSAKey
from notifications_python_client import NotificationsAPIClient
from sqlalchemy import select, text
from werkzeug.serving import make_server

from chassis.data.aggregates import lock
from chassis.data.db import Database
from chassis.process import Process
from chassis.run.web import build
from chassis.service import Service
from chassis.testing import TestJwks
from notify.commands.messages import change_state
from notify.domain.messages import State
from notify.models import ApiService, Callback, Message
from notify.workers.callbacks import CallbackPoster

KEPT = "api_service, api_key, callback, one_time_code, confirmed_mobile, daily_count, message, attempt, outbox"


@dataclass
class Live:
    """A running server. `staff` answers a client with the scopes of an administrator of messages."""

    url: str
    database: Database
    token: Callable[..., dict[str, str]]

    def staff(self, *scopes: str) -> httpx.Client:
        held = scopes or ("notify.admin", "templates.manage", "messages.read")
        return httpx.Client(base_url=self.url, headers=self.token(*held), timeout=30)

    def machine(self, client_id: str = "portal-system") -> httpx.Client:
        headers = self.token("codes.send", client_id=client_id, sub=client_id, sid=None)
        return httpx.Client(base_url=self.url, headers=headers, timeout=30)


@pytest.fixture(scope="session")
def server(
    service: Service, settings: Any, real_database: Database, issuer_key: RSAKey
) -> Iterator[str]:
    """The address of a server whose threads answer over sockets, as in operation."""
    process: Process[Any, Any] = Process(service, settings, real_database)
    public = RSAKey.import_key(issuer_key.as_dict(private=False))
    app = build(process, jwks=TestJwks(KeySet([public]))).app
    server = make_server("127.0.0.1", 0, app.wsgi, threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def live(
    server: str, real_database: Database, token: Callable[..., dict[str, str]]
) -> Iterator[Live]:
    """The server over an empty database; only the house's own templates are in it."""
    yield Live(server, real_database, token)
    with real_database.transaction() as session:
        session.execute(text(f"TRUNCATE {KEPT}, quota_used CASCADE"))
        for table in ("template_version", "template"):
            session.execute(
                text(
                    f"DELETE FROM {table} WHERE template_id IN"
                    " (SELECT template_id FROM template WHERE api_service_id IS NOT NULL)"
                )
            )


@dataclass
class System:
    """Another system of the municipality: its id, its template, and its keys by kind."""

    live: Live
    api_service_id: str
    template_id: str
    keys: dict[str, str]

    def client(self, kind: str = "normal") -> NotificationsAPIClient:
        """The client library of GOV.UK Notify, as it's published."""
        return NotificationsAPIClient(self.keys[kind], base_url=self.live.url)


@pytest.fixture
def register(live: Live, permit_notes: dict[str, Any]) -> Callable[..., System]:
    """`register(name, rate_per_minute=…, messages_per_day=…)` → a system with a template and a key of each kind."""

    def make(name: str = "نظام المواعيد (بيانات تجريبية)", **limits: int) -> System:
        with live.staff() as staff:
            body = {"rate_per_minute": 1000, "messages_per_day": 1000, **limits, "name": name}
            service_id = staff.post("/v1/api-services", json=body).json()["api_service_id"]
            template = staff.post(
                "/v1/templates", json={**permit_notes, "api_service_id": service_id}
            )
            keys = {
                kind: staff.post(
                    f"/v1/api-services/{service_id}/keys", json={"name": kind, "kind": kind}
                ).json()["api_key"]
                for kind in ("normal", "test")
            }
        return System(live, service_id, template.json()["template_id"], keys)

    return make


@pytest.fixture
def system(register: Callable[..., System]) -> System:
    return register()


@dataclass
class Receiver:
    """A system's own server: it answers with `statuses`, the last of them for good, and keeps what it got."""

    url: str = ""
    statuses: list[int] = field(default_factory=lambda: [204])
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    speaks: Event = field(default_factory=Event)

    def __post_init__(self) -> None:
        self.speaks.set()

    @contextmanager
    def silence(self) -> Iterator[None]:
        """It takes what's posted, and answers at the end."""
        self.speaks.clear()
        yield
        self.speaks.set()

    def answer(self, headers: dict[str, str], body: bytes) -> int:
        self.speaks.wait(10)
        self.got.append((headers, body))
        return self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = found.answer({k.lower(): v for k, v in self.headers.items()}, body)
            self.send_response(status)
            if status == 302:
                self.send_header("Location", f"{found.url}/elsewhere")
            self.end_headers()

        def log_message(self, *_arguments: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    found.url = f"http://127.0.0.1:{server.server_port}/receipts"
    yield found
    server.shutdown()
    server.server_close()


@dataclass
class Post:
    """The callbacks of one process, at a time that the test moves on."""

    poster: CallbackPoster
    now: datetime

    def after(self, seconds: float) -> int:
        self.now += timedelta(seconds=seconds)
        return self.poster.step()


@pytest.fixture
def post(
    service: Service, settings: Any, system: System, receiver: Receiver
) -> Callable[..., Post]:
    """`post()` → the worker, over the receiver's address, which is let through though it's private."""

    def make(**changes: Any) -> Post:
        host = receiver.url.removeprefix("http://").partition("/")[0]
        own = replace(settings, **{"outgoing_private_hosts": host, **changes})
        process: Any = Process(service, own, system.live.database)
        made = Post.__new__(Post)
        made.poster = CallbackPoster(process, clock=lambda: made.now)
        made.now = datetime.now().astimezone() + timedelta(seconds=1)
        return made

    return make


@pytest.fixture
def secret(system: System, receiver: Receiver) -> str:
    """The system wants receipts; the secret of their signatures."""
    with system.live.database.transaction() as session:
        row = lock(session, ApiService, system.api_service_id)
        row.callback_url, row.callback_token = receiver.url, "their-own-token"
        row.callback_secret = "whsec_" + base64.b64encode(b"s" * 32).decode()
        return row.callback_secret


def delivered(system: System, message_id: str) -> None:
    """A provider took the message, and its receipt came."""
    with system.live.database.transaction() as session:
        row = lock(session, Message, message_id)
        for state in (State.SENDING, State.ACCEPTED, State.DELIVERED):
            change_state(session, row, state, now=datetime.now().astimezone())


def sent(system: System, kind: str = "normal") -> str:
    values = {"number": "44120981"}
    answer = system.client(kind).send_sms_notification(
        "0500000008", system.template_id, values, reference="REQ-1"
    )
    return str(answer["id"])


def callbacks(system: System) -> list[Callback]:
    with system.live.database.transaction() as session:
        return list(session.scalars(select(Callback)))
