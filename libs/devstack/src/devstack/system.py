"""The whole system on one machine: PostgreSQL, Kafka, and the two processes of every service."""

import json
import os
import secrets
import sys
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self, TextIO, TypeVar

import yaml

from devstack import kafka, memory_broker, postgres, register
from devstack.bill_stand_in import BillStandIn
from devstack.kafka import Kafka
from devstack.machine import ROOT, StartError, remove_folder, say, temporary_folder
from devstack.national_stand_in import NationalStandIn
from devstack.outside_stand_in import OutsideStandIn
from devstack.postgres import Postgres
from devstack.processes import Supervisor
from devstack.rooms import ROLES, Room, rooms
from devstack.run_folder import RunFolder
from devstack.sms_stand_in import SmsStandIn

# What no service may see: the way to every database, and switches that are for us.
PRIVATE = {"POSTGRES_URL", "TEST_BACKEND"}
SAMPLES_S = 900
Started = TypeVar("Started", Postgres, Kafka)


class System:
    """Starts with `start` or `with`, and leaves nothing behind.

    `extra` is added to every service's environment; `echo` gets every line that is logged.
    """

    postgres: Postgres
    kafka: Kafka

    def __init__(
        self,
        folder: RunFolder | None = None,
        *,
        services: Sequence[Room] | None = None,
        extra: Mapping[str, str] | None = None,
        echo: TextIO | None = None,
    ) -> None:
        self.rooms = {room.name: room for room in services or rooms()}
        self.issuer = next(iter(self.rooms.values())).url
        self.sms = SmsStandIn(self.rooms["notify"]) if "notify" in self.rooms else None
        self.national: NationalStandIn | None = None
        if "identity" in self.rooms:
            self.national = NationalStandIn(self.rooms["identity"])
        self.bills = BillStandIn(self.rooms["payments"]) if "payments" in self.rooms else None
        self.outside = OutsideStandIn() if "licences" in self.rooms else None
        self.clients: list[dict[str, Any]] = []
        self.people: list[dict[str, Any]] = []
        self.citizens: list[dict[str, Any]] = []
        self._access: dict[str, Any] = {}
        self.supervisor: Supervisor
        self._folder = folder or RunFolder()
        self._extra = dict(extra or {})
        self._echo = echo
        self._backends: list[Postgres | Kafka] = []
        self._data: Path | None = None
        self._environments: dict[str, dict[str, str]] = {}
        self._shared_secrets = defaultdict[str, str](lambda: secrets.token_urlsafe(32))

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, _type: object, error: BaseException | None, _trace: object) -> None:
        self.stop(keep_logs=isinstance(error, StartError))

    def start(self) -> None:
        """Returns when every process answers /readyz.

        Raises StartError, which says what to do; then nothing runs, and the logs are kept.
        """
        self._folder.take()
        try:
            self.supervisor = Supervisor(self._folder.log, echo=self._echo, changed=self.write)
            self._start_backends()
            self._prepare()
            self._register()
            self._give_access()
            self._start_services()
            self.write()
        except BaseException as error:
            self.stop(keep_logs=isinstance(error, StartError))
            raise

    def stop(self, *, keep_logs: bool = False) -> None:
        """Ends all that was started, and removes the data and `.run`, at most without the logs."""
        if hasattr(self, "supervisor"):
            self.supervisor.stop()
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda backend: backend.stop(), self._backends))
        self._backends.clear()
        if self._data is not None:
            remove_folder(self._data)
            self._data = None
        self._folder.give_back(keep_logs=keep_logs)

    def environment(self, service: str, role: str = "serve") -> dict[str, str]:
        """The whole environment of a service's process."""
        room = self.rooms[service]
        return self._environments[service] | {room.prefix + "OPS_PORT": str(room.ops_ports[role])}

    def run(
        self,
        service: str,
        *arguments: str,
        seconds: float = 120,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        """`python -m <service> ...` to its end, in its environment with these changes; StartError when it fails."""
        command = [sys.executable, "-m", self.rooms[service].package, *arguments]
        name = f"{service}/{arguments[0]}"
        environment = self.environment(service) | dict(settings or {})
        self.supervisor.run(name, command, environment, cwd=ROOT, seconds=seconds)

    def load_samples(self, count: int) -> None:
        """Has each service that offers it fill its database, one after the other, by `<service> sample`."""
        for room in self.rooms.values():
            if room.has_samples:
                began = time.monotonic()
                self.run(room.name, "sample", "--count", str(count), seconds=SAMPLES_S)
                took = time.monotonic() - began
                say(f"devstack: {room.name} made its sample data in {took:.0f} s")

    def write(self) -> None:
        """system.json anew; after a process was restarted or somebody was registered."""
        self._folder.write(self.description())

    def description(self) -> dict[str, Any]:
        """What system.json holds."""
        processes = {
            "devstack": os.getpid(),
            "postgres": self.postgres.pid,
            "kafka": self.kafka.pid,
        }
        processes |= self.supervisor.pids()
        return {
            "issuer": self.issuer,
            "services": {
                name: {
                    "url": room.url,
                    "openapi": f"{room.url}/openapi.json",
                    "ops": {role: room.ops(role) for role in ROLES},
                }
                for name, room in self.rooms.items()
            },
            "databases": {
                name: self.postgres.url(room.package) for name, room in self.rooms.items()
            },
            "kafka": self.kafka.bootstrap,
            "clients": self.clients,
            "people": self.people,
            "citizens": self.citizens,
            **self._access,
            **({"sms_provider": self.sms.description()} if self.sms else {}),
            **({"national_login": self.national.url} if self.national else {}),
            **({"bill_provider": self.bills.description()} if self.bills else {}),
            **({"outside_bodies": self.outside.description()} if self.outside else {}),
            "pids": [{"name": name, "pid": pid} for name, pid in processes.items() if pid],
        }

    def _start_backends(self) -> None:
        say("devstack: starting PostgreSQL and Kafka")
        self._data = data = temporary_folder()
        with ThreadPoolExecutor() as pool:
            starting = (
                pool.submit(lambda: self._noted(postgres.start(data))),
                pool.submit(lambda: self._noted(kafka.start(data))),
            )
        self.postgres, self.kafka = starting[0].result(), starting[1].result()

    def _noted(self, backend: Started) -> Started:
        """Notes what was started at once, so that it's stopped when the other backend fails."""
        self._backends.append(backend)
        return backend

    def _prepare(self) -> None:
        say("devstack: migrating the databases and creating the topics")
        for room in self.rooms.values():
            self._environments[room.name] = self._environment(room)
        if self.kafka.in_memory:
            declared = (ROOT / "contracts" / "topics").glob("*.yaml")
            names = [yaml.safe_load(file.read_text())["topic"] for file in declared]
            memory_broker.create_topics(self.kafka.bootstrap, names)
        with ThreadPoolExecutor() as pool:
            preparing = [pool.submit(self._prepare_room, name) for name in self.rooms]
            try:
                for one in preparing:
                    one.result()
            except BaseException:
                self.supervisor.stop()  # which ends the other rooms' commands too
                raise

    def _prepare_room(self, service: str) -> None:
        self.run(service, "migrate")
        if not self.kafka.in_memory:  # which has no administration
            self.run(service, "topics")

    def _register(self) -> None:
        """Organisations, people, clients and grants, through identity's own command line."""
        if "identity" not in self.rooms or self._data is None:
            return
        say("devstack: registering organisations, people, clients and grants")
        self.people, self.clients = register.people(), register.clients()
        self.citizens = register.citizens()
        document = register.write_document(self._data, self.people, self.clients)
        self.run("identity", "provision", str(document))

    def _give_access(self) -> None:
        """Has each service that offers it make a key for another system; by a file, since the log is for everybody."""
        for room in self.rooms.values():
            if room.has_access and self._data is not None:
                file = self._data / f"{room.name}-access.json"
                file.touch(mode=0o600)
                self.run(room.name, "access", str(file))
                self._access |= json.loads(file.read_text("utf-8"))

    def _start_services(self) -> None:
        if self.sms is not None and self._data is not None:
            self.sms.start(self.supervisor, self._data, self.environment("notify"))
        if self.national is not None and self._data is not None:
            identity = self.environment("identity")
            self.national.start(self.supervisor, self._data, identity, self.citizens)
        if self.bills is not None and self._data is not None:
            self.bills.start(self.supervisor, self._data, self.environment("payments"))
        if self.outside is not None:
            self.outside.start(self.supervisor, self.environment("licences"))
        say(f"devstack: starting {', '.join(self.rooms)}")
        names = [
            (room, role, f"{room.name}/{role}") for room in self.rooms.values() for role in ROLES
        ]
        for room, role, name in names:
            command = [sys.executable, "-m", room.package, role]
            self.supervisor.start(name, command, self.environment(room.name, role), cwd=ROOT)
        for room, role, name in names:
            self.supervisor.wait_ready(name, f"{room.ops(role)}/readyz")
        for _, _, name in names:
            self.supervisor.keep(name)

    def _environment(self, room: Room) -> dict[str, str]:
        inherited = {name: text for name, text in os.environ.items() if name not in PRIVATE}
        own = {name: secrets.token_urlsafe(32) for name in room.secrets}
        own |= {name: self._shared_secrets[name] for name in room.shared}
        own |= {name: str(self._folder.path / room.name / name.lower()) for name in room.folders}
        own |= {
            "PUBLIC_URL": room.url,
            "DATABASE_URL": self.postgres.url(room.package),
            "PORT": str(room.port),
        }
        if self.sms is not None and room.name == "notify":
            own |= self.sms.environment()
        if self.national is not None and room.name == "identity":
            own |= self.national.environment(self.outside.url if self.outside else None)
        if self.bills is not None and room.name == "payments":
            own |= self.bills.environment()
        if self.outside is not None and room.name == "licences":
            own |= self.outside.environment()
        addresses = {one.prefix + "PUBLIC_URL": one.url for one in self.rooms.values()}
        return {
            **inherited,
            **self.kafka.environment,
            "ISSUER": self.issuer,
            "CONTRACTS_DIR": str(ROOT / "contracts"),
            "PYTHONUNBUFFERED": "1",
            "DRAIN_SECONDS": "0",  # nobody balances here
            "NO_COLOR": "1",
            **addresses,  # a text of one service names another one's page
            **{room.prefix + name: text for name, text in own.items()},
            **self._extra,
        }
