"""A system of chosen processes on a real PostgreSQL and Kafka, and the steps that every scenario shares."""

import itertools
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Any, Self

import requests
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text
from tests.system.settings import UNLIMITED

from chassis.data.db import Database
from chassis.data.sealed import use_keys
from chassis.data.unit_of_work import UnitOfWork
from chassis.events.kafka import Record, TopicReader
from devstack.machine import ROOT, StartError, free_port, say
from devstack.run_folder import RunFolder
from devstack.system import System
from devstack.token import access_token
from permits import sample
from permits.settings import Settings

GATEWAY, PERMITS, IDENTITY = "partner-gateway", "permits", "identity"
TOPIC = "permits.permit"
# What took effect at the gateway, by whom, and when it was committed (the server tracks that by `xmin`).
LEDGER = """CREATE TABLE faults_ledger (n bigint GENERATED ALWAYS AS IDENTITY, event_id text, permit_id text,
    version integer, pid integer)"""


class Broken(AssertionError):
    """A promise wasn't kept; the text says which and by how much."""


def demand(kept: bool, what: str) -> None:
    """Raises Broken."""
    if not kept:
        raise Broken(what)


@dataclass(frozen=True)
class Seat:
    """One process. `more`: further words of its command line. `noted`: it writes the ledger."""

    service: str
    role: str
    number: int = 1
    more: tuple[str, ...] = ()
    noted: bool = False
    env: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.service}/{self.role}-{self.number}"

    @property
    def command(self) -> list[str]:
        package = self.service.replace("-", "_")
        module = ["tests.faults.promises.noted"] if self.noted else []
        return [sys.executable, "-m", *module, package, self.role, *self.more]


WEB = (
    Seat(IDENTITY, "serve"),
    Seat(IDENTITY, "work"),
    Seat(PERMITS, "serve"),
    Seat(GATEWAY, "serve"),
)


class Stage(System):
    """Starts with `with`. Nothing that ends is started again unless a scenario says so."""

    def __init__(self, seats: Sequence[Seat], *, extra: Mapping[str, str] | None = None) -> None:
        self._home = TemporaryDirectory(prefix="promises-")
        super().__init__(
            RunFolder(Path(self._home.name) / ".run"), extra={**UNLIMITED, **(extra or {})}
        )
        self.seats = {seat.name: seat for seat in seats}
        self.ports = {seat.name: (free_port(), free_port()) for seat in seats}
        self.databases: dict[str, Database] = {}
        self._town = sample.SampleTown()
        self._plots = itertools.count(5_000)  # none that a permit has already

    def __enter__(self) -> Self:
        self.start()
        urls = self.description()["databases"]
        self.databases = {name: Database(url, name="promises") for name, url in urls.items()}
        use_keys(self.databases[PERMITS], Settings.load(PERMITS, self.environment(PERMITS)))
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is not None and not isinstance(error, StartError):
            kept = Path(gettempdir()) / f"promises-{os.getpid()}.log"
            shutil.copy(self._folder.log, kept)
            say(f"promises: what the processes said is in {kept}")
        super().__exit__(kind, error, trace)

    def stop(self, *, keep_logs: bool = False) -> None:
        for database in self.databases.values():
            database.dispose()
        super().stop(keep_logs=keep_logs)
        if not keep_logs:
            self._home.cleanup()

    def _start_services(self) -> None:
        say(f"promises: starting {', '.join(self.seats)}")
        with Database(self.postgres.url("partner_gateway")).transaction() as session:
            session.execute(text(LEDGER))
        for name in self.seats:
            self.launch(name)
        for name in self.seats:
            self.wait_ready(name)

    # -------------------------------------------------------------------------------------------------- processes

    def launch(self, name: str) -> None:
        """Starts a seat's process and returns at once."""
        seat = self.seats[name]
        self.supervisor.start(name, seat.command, self.seat_environment(seat), cwd=ROOT)

    def add(self, seat: Seat) -> None:
        """Starts one more process. Returns when it is ready."""
        self.seats[seat.name] = seat
        self.ports[seat.name] = (free_port(), free_port())
        self.launch(seat.name)
        self.wait_ready(seat.name)

    def wait_ready(self, name: str) -> None:
        self.supervisor.wait_ready(name, self.ops(name) + "/readyz")

    def seat_environment(self, seat: Seat) -> dict[str, str]:
        prefix = self.services[seat.service].prefix
        port, ops = self.ports[seat.name]
        own = {"PORT": str(port), "OPS_PORT": str(ops)}
        if (seat.service, seat.role, seat.number) == (IDENTITY, "serve", 1):
            own["PORT"] = str(
                self.services[IDENTITY].port
            )  # the issuer's address, which tokens name
        return {
            **self.environment(seat.service, seat.role),
            **{prefix + name: value for name, value in own.items()},
            **seat.env,
        }

    def url(self, name: str) -> str:
        if name == f"{IDENTITY}/serve-1":
            return self.issuer
        return f"http://127.0.0.1:{self.ports[name][0]}"

    def ops(self, name: str) -> str:
        return f"http://127.0.0.1:{self.ports[name][1]}"

    def pid(self, name: str) -> int:
        return self.supervisor.process(name).child.pid

    def alive(self, name: str) -> bool:
        return self.supervisor.process(name).child.alive

    def kill(self, name: str) -> None:
        """kill -9."""
        self.supervisor.process(name).child.kill()

    def send(self, name: str, number: signal.Signals) -> None:
        self.supervisor.process(name).child.send(number)

    def end(self, name: str, seconds: float = 60, *, alone: bool = False) -> int:
        """SIGTERM, and the exit code. To the whole group, as systemd does; `alone`: to its first process, as a
        container's runtime does.
        """
        child = self.supervisor.process(name).child
        if alone:
            os.kill(child.pid, signal.SIGTERM)
        else:
            child.send(signal.SIGTERM)
        demand(child.wait(seconds), f"{name} didn't stop within {seconds:.0f} s of SIGTERM")
        return child.exit_code or 0

    def ready(self, name: str) -> bool:
        try:
            return requests.get(self.ops(name) + "/readyz", timeout=3).status_code == 200
        except requests.RequestException:
            return False

    def gauge(self, name: str, metric: str) -> float:
        """Returns the highest sample of a metric at a process's operations port."""
        answer = requests.get(self.ops(name) + "/metrics", timeout=5).text
        samples = [
            sample.value
            for family in text_string_to_metric_families(answer)
            for sample in family.samples
            if sample.name == metric
        ]
        return max(samples)

    # ------------------------------------------------------------------------------------------------------- data

    def headers(self, who: str, audience: str) -> dict[str, str]:
        token = access_token(self.description(), who, audience)
        return {"Authorization": f"Bearer {token}", "Accept-Language": "en"}

    def issue(self, count: int = 1) -> list[str]:
        """Makes permits by the real commands, one transaction each. Returns their ids."""
        found = []
        for _ in range(count):
            with self.databases[PERMITS].transaction() as session:
                application = self._town.application("new")
                made = sample.issue_one(session, application, datetime.now(UTC))
            found.append(str(made["permit_id"]))
        return found

    def amend(self, permit_id: str) -> None:
        """Makes one more version of a permit by the real command."""
        from permits.commands import change_permit

        with self.databases[PERMITS].transaction() as session:
            work = UnitOfWork(session, sample.Officer(), datetime.now(UTC))
            wanted = {"land": {"plots": [str(next(self._plots))]}}
            change_permit.amend(work, permit_id, reason="تصحيح", wanted=wanted)

    def rows(self, service: str, statement: str, **values: Any) -> Sequence[Any]:
        with self.databases[service].transaction() as session:
            return session.execute(text(statement), values).all()

    def topic(self, topic: str = TOPIC) -> list[Record]:
        """Everything in it, from its first offset."""
        reader = TopicReader(self.kafka.bootstrap, topic)
        found: list[Record] = []
        try:
            while batch := reader.batch(2_000):
                found += batch
        finally:
            reader.close()
        return found

    def drained(self, *, seconds: float) -> float:
        """Waits until all rows are published and read; answers the seconds. Raises Broken after `seconds`."""
        began = time.monotonic()
        statement = "SELECT count(*) FROM outbox WHERE published_at IS NULL"
        while (waiting := self.rows(PERMITS, statement)[0][0]) or self.behind():
            late = (
                f"{waiting} rows unpublished, {self.behind()} permits behind after {seconds:.0f} s"
            )
            demand(time.monotonic() - began < seconds, late)
            time.sleep(0.2)
        return time.monotonic() - began

    def behind(self) -> int:
        """Permits whose newest version isn't in the read model, and no parked event waits for them."""
        newest = {
            row[0]: row[1]
            for row in self.rows(PERMITS, "SELECT permit_id::text, version FROM permit")
        }
        shown = dict(
            row._tuple()
            for row in self.rows(GATEWAY, "SELECT permit_id::text, version FROM building_permit")
        )
        parked = {
            row[0]
            for row in self.rows(GATEWAY, "SELECT subject_id FROM parked WHERE settled_at IS NULL")
        }
        return sum(
            shown.get(key) != version for key, version in newest.items() if key not in parked
        )

    @contextmanager
    def writing(self, permits: Sequence[str], per_second: float) -> Iterator["Writer"]:
        """Amends the permits in turn, in a thread, at a rate."""
        writer = Writer(self, permits, per_second)
        writer.start()
        try:
            yield writer
        finally:
            writer.finish()


class Writer(threading.Thread):
    """Writes on while a fault is on; a database that's away ends it."""

    def __init__(self, stage: Stage, permits: Sequence[str], per_second: float) -> None:
        super().__init__(daemon=True)
        self._stage, self._permits, self._gap = stage, permits, 1.0 / per_second
        self._over = threading.Event()
        self.error: Exception | None = None
        self.written = 0

    def run(self) -> None:
        due = time.monotonic()
        try:
            while not self._over.is_set():
                self._stage.amend(self._permits[self.written % len(self._permits)])
                self.written += 1
                due = max(due + self._gap, time.monotonic() - 1.0)
                self._over.wait(max(0.0, due - time.monotonic()))
        except Exception as error:
            self.error = error

    def finish(self) -> None:
        self._over.set()
        self.join(30)
        if self.error is not None:
            raise self.error


def percentile(values: Sequence[float], share: float) -> float:
    """Returns the value that `share` of the values don't exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")
