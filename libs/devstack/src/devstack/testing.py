"""A pytest plugin: a real PostgreSQL and a real Kafka, once per session, when a test asks."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from devstack.kafka import Kafka
    from devstack.postgres import Postgres


@pytest.fixture(scope="session")
def devstack_folder() -> Iterator[Path]:
    """Where the parts keep their data. Not pytest's own folder, which root's PostgreSQL may not
    enter.
    """
    from devstack.parts import remove_folder, temporary_folder

    folder = temporary_folder()
    yield folder
    remove_folder(folder)


@pytest.fixture(scope="session")
def postgres_server(devstack_folder: Path) -> "Iterator[Postgres]":
    """A PostgreSQL server; `fresh_database(name)` answers the URL of a new database with a role of
    its own.
    """
    from devstack import postgres

    server = postgres.start(devstack_folder)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def kafka_broker(devstack_folder: Path) -> "Iterator[Kafka]":
    """A Kafka broker without topics; `kill` and `start_again` are for tests of faults."""
    from devstack import kafka

    broker = kafka.start(devstack_folder)
    yield broker
    broker.stop()


@pytest.fixture(scope="session")
def kafka_bootstrap(kafka_broker: "Kafka") -> str:
    """The broker's address, host:port."""
    return kafka_broker.bootstrap
