"""The whole system on one machine: PostgreSQL, Kafka, and the two processes of every service."""

import json
import os
import secrets
import sys
import time
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self, TextIO, TypeVar

from chassis.core import contracts
from chassis.events.kafka import create_topics
from devstack import kafka, postgres, register
from devstack.kafka import Kafka
from devstack.machine import (
    BYTECODE,
    ROOT,
    StartError,
    progress,
    remove_folder,
    say,
    temporary_folder,
)
from devstack.postgres import Postgres
from devstack.run_folder import RunFolder
from devstack.running_services import ROLES, RunningService, running_services
from devstack.services import declared
from devstack.stand_in_processes import (
    BillProviderProcess,
    NationalLoginProcess,
    OutsideBodiesProcess,
    SmsProviderProcess,
    StandInProcess,
    public_jwk,
)
from devstack.supervisor import Supervisor

# What no service may see: the way to every database, and devstack's own switches.
PRIVATE = {"POSTGRES_URL", "TEST_BACKEND"}
SAMPLES_S = 900
Started = TypeVar("Started", Postgres, Kafka)


class System:
    """Starts with `start` or `with`, and leaves nothing behind.

    `extra` is added to every service's environment; `echo` gets every line that is logged. `first`: `start` starts
    these services only, and `start_others` starts the rest.
    """

    postgres: Postgres
    kafka: Kafka

    def __init__(
        self,
        folder: RunFolder | None = None,
        *,
        services: Sequence[RunningService] | None = None,
        first: Collection[str] = (),
        extra: Mapping[str, str] | None = None,
        echo: TextIO | None = None,
    ) -> None:
        self.services = {one.name: one for one in services or running_services()}
        self.issuer = next(iter(self.services.values())).url
        self.clients: list[dict[str, Any]] = []
        self.people: list[dict[str, Any]] = []
        self.citizens = register.citizens() if "identity" in self.services else []
        self._place_stand_ins()
        self._due = [name for name in self.services if not first or name in first]
        self._others = [name for name in self.services if name not in self._due]
        self._access: dict[str, Any] = {}
        self.supervisor: Supervisor
        self._folder = folder or RunFolder()
        self._extra = dict(extra or {})
        self._echo = echo
        self._backends: list[Postgres | Kafka] = []
        self._data: Path | None = None
        self._environments: dict[str, dict[str, str]] = {}
        self._shared_secrets = defaultdict[str, str](lambda: secrets.token_urlsafe(32))

    def _place_stand_ins(self) -> None:
        there = self.services.get
        notify, payments, licences, identity = map(
            there, ("notify", "payments", "licences", "identity")
        )
        self.sms = SmsProviderProcess(notify) if notify else None
        self.bills = BillProviderProcess(payments) if payments else None
        self.outside = OutsideBodiesProcess(licences) if licences else None
        self.national = NationalLoginProcess(identity, self.citizens) if identity else None

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
            for service in self.services.values():
                self._environments[service.name] = self._environment(service)
            self._prepare()
            self._start_services()
            self.write()
        except BaseException as error:
            self.stop(keep_logs=isinstance(error, StartError))
            raise

    def start_others(self) -> None:
        """Starts the services that `first` left out, if any. Returns when every process answers /readyz."""
        self._due, self._others = self._others, []
        if not self._due:
            return
        self._prepare()
        self._start_services()
        self.write()

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
        """Returns the whole environment of a service's process."""
        known = self.services[service]
        return self._environments[service] | {known.prefix + "OPS_PORT": str(known.ops_ports[role])}

    def run(
        self,
        service: str,
        *arguments: str,
        seconds: float = 120,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        """Runs `python -m <service> …` to its end, in the service's environment with `settings`. Raises StartError."""
        command = [sys.executable, "-m", self.services[service].package, *arguments]
        name = f"{service}/{arguments[0]}"
        environment = self.environment(service) | dict(settings or {})
        self.supervisor.run(name, command, environment, cwd=ROOT, seconds=seconds)

    def load_samples(self, count: int, services: Collection[str] = ()) -> None:
        """Has the services (all, if none is named) that offer sample data make them by `<service> sample`, side by
        side."""
        makers = [one.name for one in self.services.values() if one.has_samples]
        with ThreadPoolExecutor() as pool:
            making = [
                pool.submit(self._load_sample, name, count)
                for name in makers
                if not services or name in services
            ]
        for one in making:
            one.result()

    def _load_sample(self, name: str, count: int) -> None:
        began = time.monotonic()
        with progress(f"{name} makes its sample data"):
            self.run(name, "sample", "--count", str(count), seconds=SAMPLES_S)
        say(f"devstack: {name} made its sample data in {time.monotonic() - began:.0f} s")

    def write(self) -> None:
        """Writes system.json, also after a process was restarted."""
        self._folder.write(self.description())

    def description(self) -> dict[str, Any]:
        """Returns what system.json holds."""
        processes = {
            "devstack": os.getpid(),
            "postgres": self.postgres.pid,
            "kafka": self.kafka.pid,
        }
        processes |= self.supervisor.pids()
        portal = self.services.get("portal")
        return {
            "issuer": self.issuer,
            "services": {
                name: {
                    "url": service.url,
                    "openapi": f"{service.url}/openapi.json",
                    "ops": {role: service.ops(role) for role in ROLES},
                }
                for name, service in self.services.items()
            },
            "databases": {
                name: self.postgres.url(service.package) for name, service in self.services.items()
            },
            "kafka": self.kafka.bootstrap,
            "clients": self.clients,
            "people": self.people,
            "citizens": self.citizens,
            **({"portal": {"url": portal.browsed_url}} if portal else {}),
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
        with progress("PostgreSQL and Kafka start"), ThreadPoolExecutor() as pool:
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
        """Migrates the databases of the services that are due, side by side with the creation of the topics."""
        say(f"devstack: preparing {', '.join(self._due)}")
        with progress("databases and topics are prepared"), ThreadPoolExecutor() as pool:
            steps: list[Future[Any]] = [pool.submit(self._create_topics)]
            steps += [pool.submit(self._prepare_service, name) for name in self._due]
            try:
                for step in steps:
                    step.result()
            except BaseException:
                self.supervisor.stop()  # ends the commands of the other services too
                raise

    def _addresses_for_portal(self) -> dict[str, str]:
        """Returns the settings of the portal for the services that it asks. Nobody answers for one that doesn't run."""
        urls = {one.name: f"http://127.0.0.1:{one.port}" for one in declared()}
        urls |= {name: one.url for name, one in self.services.items()}
        urls["gateway"] = urls.pop("partner-gateway")
        return {f"{name.upper().replace('-', '_')}_URL": url for name, url in urls.items()}

    def _create_topics(self) -> None:
        """Creates the topics of all services: a consumer needs a topic also when its owner starts later."""
        create_topics(self.kafka.bootstrap, contracts.topics().values())

    def _prepare_service(self, name: str) -> None:
        self.run(name, "migrate")
        if name == "identity":
            self._register()
        if self.services[name].has_access:
            self._give_access(name)

    def _register(self) -> None:
        """Registers organisations, people, clients and grants through identity's own command line."""
        assert self._data is not None
        self.people, self.clients = register.people(), register.clients()
        if "portal" in self.services:
            made = self._environments["portal"]
            jwks = {
                area: public_jwk(made[f"PORTAL_{name}_CLIENT_KEY"])
                for area, name in (
                    *(("sec", "COMPANY"), ("desk", "DESK")),
                    *(("my", "CITIZENS"), ("centre", "CENTRES")),
                    *(("affiliated", "MUNICIPALITIES"), ("system", "SYSTEM")),
                )
            }
            register.let_in_portal(self.clients, self.services["portal"].browsed_url, jwks)
        document = register.write_document(self._data, self.people, self.clients)
        self.run("identity", "provision", str(document))

    def _give_access(self, name: str) -> None:
        """Has a service make a key for another system. The key comes by a file, because anybody may read the log."""
        assert self._data is not None
        file = self._data / f"{name}-access.json"
        file.touch(mode=0o600)
        self.run(name, "access", str(file))
        self._access |= json.loads(file.read_text("utf-8"))

    def _start_services(self) -> None:
        """Starts the processes of the services that are due and the stand-ins beside them, all at once."""
        assert self._data is not None
        say(f"devstack: starting {', '.join(self._due)}")
        beside = [one for one in self._stand_ins() if one.service.name in self._due]
        for one in beside:
            one.launch(self.supervisor, self._data, self.environment(one.service.name))
        names = [(name, role, f"{name}/{role}") for name in self._due for role in ROLES]
        for service, role, name in names:
            command = [sys.executable, "-m", self.services[service].package, role]
            environment, nice = self.environment(service, role), self.services[service].nice
            self.supervisor.start(name, command, environment, cwd=ROOT, nice=nice)
        with progress("the services start"):
            for service, role, name in names:
                self.supervisor.wait_ready(name, f"{self.services[service].ops(role)}/readyz")
            for one in beside:
                one.wait_ready(self.supervisor)
        for _, _, name in names:
            self.supervisor.keep(name)

    def _stand_ins(self) -> list[StandInProcess]:
        return [one for one in (self.sms, self.national, self.bills, self.outside) if one]

    def _environment(self, service: RunningService) -> dict[str, str]:
        inherited = {name: text for name, text in os.environ.items() if name not in PRIVATE}
        own = {name: secrets.token_urlsafe(32) for name in service.secrets}
        own |= {name: self._shared_secrets[name] for name in service.shared}
        own |= {
            name: str(self._folder.path / service.name / name.lower()) for name in service.folders
        }
        own |= {
            "PUBLIC_URL": service.url,
            "DATABASE_URL": self.postgres.url(service.package),
            "PORT": str(service.port),
        }
        for stand_in in (self.sms, self.bills, self.outside):
            if stand_in is not None and stand_in.service is service:
                own |= stand_in.environment()
        if self.national is not None and service.name == "identity":
            own |= self.national.environment(self.outside.url if self.outside else None)
        if service.name == "portal":
            own |= {"PUBLIC_URL": service.browsed_url, **self._addresses_for_portal()}
        addresses = {one.prefix + "PUBLIC_URL": one.url for one in self.services.values()}
        return {
            **inherited,
            "KAFKA_BOOTSTRAP_SERVERS": self.kafka.bootstrap,
            "ISSUER": self.issuer,
            "CONTRACTS_DIR": str(ROOT / "contracts"),
            "PYTHONUNBUFFERED": "1",
            **BYTECODE,
            "DRAIN_SECONDS": "0",  # no load balancer waits
            "NO_COLOR": "1",
            **addresses,  # a text of one service names the page of another service
            **{service.prefix + name: text for name, text in own.items()},
            **self._extra,
        }
