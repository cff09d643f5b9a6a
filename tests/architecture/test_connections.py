"""The services together ask PostgreSQL for no more connections than it's set to have."""

import importlib
import re

from chassis.core.settings import Settings
from chassis.data.db import AUTOCOMMIT_CONNECTIONS
from chassis.run import work
from chassis.run.serve import connections
from chassis.service import Service

from .house import ROOT
from .house import SERVICES as MEMBERS

RESERVED = 3  # superuser_reserved_connections
SERVICES: list[Service] = [
    importlib.import_module(f"{member.package}.app").SERVICE for member in MEMBERS
]


def most(service: Service) -> int:
    """Returns the connections of one `serve` and one `work` by the defaults, which compose.yaml leaves as they are."""
    settings = Settings(database_url="x", kafka_bootstrap_servers="x", issuer="https://x")
    worker = connections(service, settings) + (AUTOCOMMIT_CONNECTIONS if service.fast else 0)
    return settings.workers * worker + work.connections(service)


def test_all_services_and_a_service_being_replaced_find_their_connections() -> None:
    compose = (ROOT / "deploy/compose.yaml").read_text("utf-8")
    allowed = int(re.search(r"max_connections=(\d+)", compose)[1])  # type: ignore[index]
    wanted = [most(service) for service in SERVICES]

    assert not re.search(r"\b(WORKERS|THREADS):", compose)
    assert work.CONNECTIONS <= 6
    assert sum(wanted) + max(wanted) + RESERVED <= allowed


def test_the_figures_are_those_of_the_documentation() -> None:
    operations = (ROOT / "docs/operations.md").read_text("utf-8")
    plain = [most(service) for service in SERVICES if not service.fast]
    fast = [most(service) for service in SERVICES if service.fast]

    assert (
        f"{min(plain)} for a service as it comes, {fast[0]} for one with fast operations"
        in operations
    )
