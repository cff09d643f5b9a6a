"""What the tests of devstack share: backends that they may kill, waiting, and whether a process lives."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from secrets import token_hex

import pytest

from devstack import kafka, postgres
from devstack.kafka import Kafka
from devstack.postgres import Postgres


@pytest.fixture(scope="module")
def postgres_server(devstack_folder: Path) -> Iterator[Postgres]:
    """A server that nobody else uses."""
    server = postgres.start(devstack_folder / f"own-{token_hex(4)}")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def kafka_broker(devstack_folder: Path) -> Iterator[Kafka]:
    """A broker that nobody else uses."""
    broker = kafka.start(devstack_folder / f"own-{token_hex(4)}")
    yield broker
    broker.stop()


@pytest.fixture(scope="module")
def kafka_bootstrap(kafka_broker: Kafka) -> str:
    """That broker's address, host:port."""
    return kafka_broker.bootstrap


@pytest.fixture(scope="session")
def services_of_tests() -> Path:
    """The folder of the services of the tests."""
    return Path(__file__).parent / "services"


@pytest.fixture(scope="session")
def eventually() -> Callable[..., None]:
    """Waits until a condition holds, and fails after `seconds`."""

    def wait(condition: Callable[[], object], *, seconds: float = 20) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"not true after {seconds} s"
            time.sleep(0.02)

    return wait


@pytest.fixture(scope="session")
def lives() -> Callable[[int], bool]:
    """Whether a process runs; a zombie, which only waits to be collected, doesn't."""

    def look(pid: int) -> bool:
        try:
            status = Path(f"/proc/{pid}/stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return False
        return status.rpartition(")")[2].split()[0] != "Z"

    return look
