"""The town while canaries fly through it: what they send, and all that the town leaves of them."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import Any

import requests
from sqlalchemy import text

from chassis.core import contracts
from chassis.events.kafka import TopicReader
from devstack.token import access_token

from .canaries import Canary

TIMEOUT_S, RENEW_S = 60, 200


class Aviary:
    """The town while canaries fly through it, and all that it leaves."""

    def __init__(self, town: Any, canaries: Sequence[Canary]) -> None:
        self.system, self.folder, self.traces = town.system, town.folder, town.traces
        self.description = town.system.description()
        self.databases, self.people = town.databases, town.people
        self.canaries = canaries
        self.bodies: list[bytes] = []
        self.statuses: set[int] = set()
        self.metrics: list[bytes] = []
        self._headers: dict[tuple[str, str], tuple[float, dict[str, str]]] = {}
        self._signing_in = Lock()

    def send(
        self, service: str, path: str, *, who: str = "", method: str = "POST", **how: Any
    ) -> requests.Response:
        """Sends, and keeps the body and the headers of an answer that isn't a success."""
        url = self.description["services"][service]["url"] + path
        headers = {**(self._token(who, service) if who else {}), **how.pop("headers", {})}
        answer = requests.request(method, url, headers=headers, timeout=TIMEOUT_S, **how)
        self.statuses.add(answer.status_code)
        if answer.status_code >= 400:
            self.bodies.append(answer.content + repr(dict(answer.headers)).encode())
        return answer

    def _token(self, who: str, audience: str) -> dict[str, str]:
        with self._signing_in:
            made_at, headers = self._headers.get((who, audience), (0.0, {}))
            if not headers or time.monotonic() - made_at > RENEW_S:
                token = access_token(self.description, who, audience)
                headers = {"Authorization": f"Bearer {token}"}
                self._headers[who, audience] = time.monotonic(), headers
            return headers

    def ask_metrics(self) -> None:
        for service in self.description["services"].values():
            for url in service["ops"].values():
                self.metrics.append(requests.get(url + "/metrics", timeout=5).content)

    def tables(self) -> Iterator[tuple[str, str, bytes]]:
        """(service, table, content) of every table of every database."""
        listed = text(
            "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n"
            " ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND n.nspname <> 'information_schema'"
            " AND n.nspname NOT LIKE 'pg\\_%' ORDER BY 1"
        )
        for service, database in self.databases.items():
            with database.transaction() as session:
                found = session.scalars(listed).all()
            for table in found:
                yield service, table, _content(database, table)

    def records(self) -> Iterator[bytes]:
        """Keys and contents of everything on every topic."""
        for topic in contracts.topics():
            reader = TopicReader(self.description["kafka"], topic)
            while batch := reader.batch(1000):
                for record in batch:
                    yield record.key.encode() + b"\n" + record.value
            reader.close()

    def logs(self) -> Iterator[tuple[str, bytes]]:
        """What the services, PostgreSQL and Kafka wrote down."""
        assert self.system._data is not None
        yield "services", (self.folder / "system.log").read_bytes()
        for file in sorted(self.system._data.rglob("*.log")):
            yield file.name, file.read_bytes()

    @contextmanager
    def broken(self, service: str, table: str) -> Iterator[None]:
        """A table is missing: the process that needs it crashes with all that it holds."""
        with self.databases[service].transaction() as session:
            session.execute(text(f"ALTER TABLE {table} RENAME TO {table}_away"))
        yield
        with self.databases[service].transaction() as session:
            session.execute(text(f"ALTER TABLE {table}_away RENAME TO {table}"))

    def waiting(self, service: str, table: str) -> int:
        with self.databases[service].transaction() as session:
            return int(session.scalar(text(f"SELECT count(*) FROM {table}")) or 0)


def _content(database: Any, table: str) -> bytes:
    """All rows. A transaction of its own: the database ends one that lasts, and a search takes its time."""
    with database.engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        with driver.cursor().copy(f"COPY {table} TO STDOUT") as rows:
            return b"".join(map(bytes, rows))
