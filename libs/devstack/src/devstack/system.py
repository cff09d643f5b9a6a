"""The whole system on one machine: PostgreSQL, Kafka, and the two processes of every service."""

import os
import secrets
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self, TextIO, TypeVar

import yaml

from devstack import kafka, memory_broker, postgres, register, sample_permits
from devstack.kafka import Kafka
from devstack.parts import ROOT, StartError, remove_folder, say, temporary_folder
from devstack.postgres import Postgres
from devstack.processes import Supervisor
from devstack.rooms import ROLES, Room, rooms
from devstack.run_folder import RunFolder

# What no service may see: the way to every database, and switches that are for us.
PRIVATE = {"POSTGRES_URL", "TEST_BACKEND"}
SomePart = TypeVar("SomePart", Postgres, Kafka)


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
        self.clients: list[dict[str, Any]] = []
        self.people: list[dict[str, Any]] = []
        self.supervisor: Supervisor
        self._folder = folder or RunFolder()
        self._extra = dict(extra or {})
        self._echo = echo
        self._parts: list[Postgres | Kafka] = []
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
            self._start_parts()
            self._prepare()
            self._register()
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
            list(pool.map(lambda part: part.stop(), self._parts))
        self._parts.clear()
        if self._data is not None:
            remove_folder(self._data)
            self._data = None
        self._folder.give_back(keep_logs=keep_logs)

    def environment(self, service: str, role: str = "serve") -> dict[str, str]:
        """The whole environment of a service's process."""
        room = self.rooms[service]
        return self._environments[service] | {room.prefix + "OPS_PORT": str(room.ops_ports[role])}

    def run(self, service: str, *arguments: str) -> None:
        """`python -m <service> ...` to its end, in its environment; StartError when it fails."""
        command = [sys.executable, "-m", self.rooms[service].package, *arguments]
        name = f"{service}/{arguments[0]}"
        self.supervisor.run(name, command, self.environment(service), cwd=ROOT)

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
            "pids": [{"name": name, "pid": pid} for name, pid in processes.items() if pid],
        }

    def _start_parts(self) -> None:
        say("devstack: starting PostgreSQL and Kafka")
        self._data = data = temporary_folder()
        with ThreadPoolExecutor() as pool:
            starting = (
                pool.submit(lambda: self._noted(postgres.start(data))),
                pool.submit(lambda: self._noted(kafka.start(data))),
            )
        self.postgres, self.kafka = starting[0].result(), starting[1].result()

    def _noted(self, part: SomePart) -> SomePart:
        """Notes what was started at once, so that it's stopped when the other part fails."""
        self._parts.append(part)
        return part

    def _prepare(self) -> None:
        say("devstack: migrating the databases and creating the topics")
        for room in self.rooms.values():
            self._environments[room.name] = self._environment(room)
        if "permits" in self._environments:
            sample_permits.use_keys(self._environments["permits"])
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
        document = register.write_document(self._data, self.people, self.clients)
        self.run("identity", "provision", str(document))

    def _start_services(self) -> None:
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
        own |= {
            "PUBLIC_URL": room.url,
            "DATABASE_URL": self.postgres.url(room.package),
            "PORT": str(room.port),
        }
        return {
            **inherited,
            **self.kafka.environment,
            "ISSUER": self.issuer,
            "CONTRACTS_DIR": str(ROOT / "contracts"),
            "PYTHONUNBUFFERED": "1",
            "DRAIN_SECONDS": "0",  # nobody balances here
            "NO_COLOR": "1",
            **{room.prefix + name: text for name, text in own.items()},
            **self._extra,
        }
