"""A pytest plugin: a real PostgreSQL and a real Kafka, once per run, when a test asks.

With pytest-xdist all processes share them. So no test may kill them.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from devstack.kafka import Kafka
    from devstack.postgres import Postgres


@pytest.fixture(scope="session")
def devstack_folder() -> Iterator[Path]:
    """Where PostgreSQL and Kafka keep their data. Not pytest's own folder, which root's PostgreSQL may not
    enter.
    """
    from devstack.machine import remove_folder, temporary_folder

    folder = temporary_folder()
    yield folder
    remove_folder(folder)


@pytest.fixture(scope="session")
def shared_folder(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Path | None:
    """Where the processes of a run meet; None when there's only this one."""
    several = hasattr(request.config, "workerinput")  # xdist's
    return tmp_path_factory.getbasetemp().parent if several else None


def _backend(module: Any, name: str, folder: Path, shared: Path | None) -> Iterator[Any]:
    """What the module starts: one for this process, or one for all processes of the run."""
    from devstack.shared_backends import shared_backend

    if shared is None:
        backend = module.start(folder)
        yield backend
        backend.stop()
        return
    with shared_backend(shared, name, lambda: module.start(folder), module.attach) as backend:
        yield backend


@pytest.fixture(scope="session")
def postgres_server(devstack_folder: Path, shared_folder: Path | None) -> "Iterator[Postgres]":
    """A PostgreSQL server; `fresh_database(name)` answers the URL of a new database with a role of
    its own, `copied_database(name, fill)` of a template that's filled already.
    """
    from devstack import postgres

    yield from _backend(postgres, "postgres", devstack_folder, shared_folder)


@pytest.fixture(scope="session")
def kafka_broker(devstack_folder: Path, shared_folder: Path | None) -> "Iterator[Kafka]":
    """A Kafka broker without topics."""
    from devstack import kafka

    yield from _backend(kafka, "kafka", devstack_folder, shared_folder)


@pytest.fixture(scope="session")
def kafka_bootstrap(kafka_broker: "Kafka") -> str:
    """The broker's address, host:port."""
    return kafka_broker.bootstrap
