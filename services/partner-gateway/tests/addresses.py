"""Programs of partners under test, which webhooks are told to, and the gateway that tells them."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from chassis.access import revocations
from chassis.core.cloudevents import Received
from chassis.core.ids import new_id
from chassis.run.housekeeping import topics_of
from partner_gateway import feed
from partner_gateway.feed import sequencer
from partner_gateway.webhooks.posting import WebhookPoster

PATH = "/v1/webhooks"


@dataclass
class Endpoint:
    """A program of a partner: takes what's posted, proves itself, and answers `statuses`, the last of them for good."""

    url: str = ""
    statuses: list[int] = field(default_factory=lambda: [204])
    echoes: bool = True
    content: bytes = b""
    proves: int = 200  # the status of its answer to a challenge
    got: list[tuple[dict[str, str], dict]] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    speaks: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self):
        self.speaks.set()

    @contextmanager
    def silence(self) -> Iterator[None]:
        """It takes what's posted, and answers at the end."""
        self.speaks.clear()
        yield
        self.speaks.set()

    def answer(self, headers, body):
        self.speaks.wait(10)
        told = json.loads(body)
        self.raw.append(body)
        if told["type"] == "webhook.challenge":
            said = {"challenge": told["challenge"] if self.echoes else "something"}
            return self.proves, json.dumps(said).encode()
        self.got.append((headers, told))
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        return status, self.content

    @property
    def ids(self):
        return [told["id"] for _, told in self.got]


@contextmanager
def served(endpoint: Endpoint) -> Iterator[Endpoint]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {k.lower(): v for k, v in self.headers.items()}
            status, content = endpoint.answer(headers, body)
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", endpoint.url)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    endpoint.url = f"http://127.0.0.1:{server.server_port}/hook"
    try:
        yield endpoint
    finally:
        server.shutdown()
        server.server_close()


class Gateway:
    """The gateway over a database that commits: administrators who ask, tellers at a time that the test moves on."""

    def __init__(self, process, client, token, tenants):
        self.process, self.client, self.token = process, client, token
        self.tenants = tenants
        self.database = process.database
        self.now = datetime.now(UTC)

    def ask(
        self, method, path="", *, of="saihat", scopes=("webhooks.manage",), claims=None, **options
    ):
        headers = self.token(*scopes, **self.tenants[of], **(claims or {}))
        return self.client.request(method, PATH + path, headers=headers, **options)

    def teller(self):
        return WebhookPoster(self.process, clock=lambda: self.now)

    def tell(self, seconds=0.0):
        """Runs one process some seconds later. Returns how many posts it made."""
        self.now += timedelta(seconds=seconds)
        return self.teller().step()

    def happened(self, *changes):
        with self.database.transaction() as session:
            for one in changes:
                feed.append(session, one, public_url="https://gateway.test")
        sequencer.step(self.database)
        return [one.event_id for one in changes]

    def registered(self, url, of="saihat"):
        made = self.ask("POST", of=of, json={"url": url})
        assert made.status_code == 201, made.text
        return made.json()["webhook"]["webhook_id"], made.json()["secret"]

    def active(self, url, of="saihat"):
        webhook_id, secret = self.registered(url, of)
        assert self.ask("POST", f"/{webhook_id}/challenge", of=of).status_code == 202
        self.now = max(self.now, datetime.now(UTC))
        self.tell()
        assert self.shown(webhook_id, of)["state"] == "active"
        return webhook_id, secret

    def shown(self, webhook_id, of="saihat"):
        return self.ask("GET", f"/{webhook_id}", of=of).json()

    def deliveries(self, webhook_id, **asked):
        return self.ask("GET", f"/{webhook_id}/deliveries", params=asked).json()["items"]

    def suspend(self, organisation):
        """As the topic brings it. Tokens of this second and later ones are good."""
        second = datetime.now(UTC).replace(microsecond=0)
        event = Received(
            id=new_id(), type="x", subject=new_id(), sequence=1, time=self.now,
            data={
                "kind": "organisation", "value": organisation,
                "not_before": second, "expires_at": second + timedelta(minutes=10),
            },
        )  # fmt: skip
        handler = topics_of(self.process.service)[revocations.TOPIC][revocations.RECORDED]
        with self.process.transaction() as context:
            handler(context, event)
