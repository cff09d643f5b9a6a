"""PostgreSQL and Kafka in containers, when TEST_BACKEND=containers asks for them: the images that
production runs.

Run as `python -m devstack.containers remove ID` it removes a container; the guard does so when this
process is gone.
"""

import secrets
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import docker  # type: ignore[import-untyped]
import psycopg
from docker.errors import DockerException  # type: ignore[import-untyped]
from testcontainers.core.container import DockerContainer

from devstack.guard import guard
from devstack.kafka_broker import handshake
from devstack.machine import StartError, free_port

POSTGRES_IMAGE = "postgres:18"
KAFKA_IMAGE = "apache/kafka:4.3.1"
READY_S = 90.0
KAFKA_SETTINGS = {
    "KAFKA_NODE_ID": "1",
    "KAFKA_PROCESS_ROLES": "broker,controller",
    "KAFKA_LISTENERS": "PLAINTEXT://:9092,CONTROLLER://:9093",
    "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
    "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
    "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
    "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
    "KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS": "4",
    "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
    "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
    "KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR": "1",
    "KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR": "1",
    "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
    "KAFKA_BROKER_SESSION_TIMEOUT_MS": "2000",
    "KAFKA_BROKER_HEARTBEAT_INTERVAL_MS": "500",
}


class Container:
    """A backend in a container; `ready` says whether it answers a real client."""

    pid = None

    def __init__(self, container: DockerContainer, ready: Callable[[], bool]) -> None:
        self._container = container
        self._ready = ready

    def run(self) -> None:
        try:
            self._container.start()
        except DockerException as error:
            raise StartError(f"{self._container.image} did not start: {error}") from error
        remove = [sys.executable, "-m", "devstack.containers", "remove"]
        guard.watch("command", *remove, self._container.get_container_id())
        self._await_ready()

    def stop(self) -> None:
        self._container.get_wrapped_container().stop(timeout=15)

    def kill(self) -> None:
        wrapped = self._container.get_wrapped_container()
        wrapped.kill("SIGKILL")
        wrapped.wait(timeout=15)

    def start_again(self) -> None:
        self._container.get_wrapped_container().start()
        self._await_ready()

    def _await_ready(self) -> None:
        deadline = time.monotonic() + READY_S
        while not self._ready():
            if time.monotonic() > deadline:
                log = self._container.get_wrapped_container().logs(tail=20).decode(errors="replace")
                raise StartError(f"{self._container.image} is not ready; its log ends:\n{log}")
            time.sleep(0.1)


@dataclass(frozen=True)
class PostgresContainer:
    """`admin` is the superuser's connection string."""

    backend: Container
    admin: str
    host: str
    port: int


@dataclass(frozen=True)
class KafkaContainer:
    """`bootstrap` is host:port as seen from outside, and as the broker advertises itself."""

    backend: Container
    bootstrap: str


def start_postgres() -> PostgresContainer:
    """At a fixed port, so that a killed server comes back at the same address; or StartError."""
    port, password = free_port(), secrets.token_urlsafe(24)
    container = _container(POSTGRES_IMAGE, 5432, port).with_envs(
        POSTGRES_PASSWORD=password,
        POSTGRES_INITDB_ARGS="--locale-provider=builtin --builtin-locale=C.UTF-8",
    )
    host = container.get_docker_client().host()
    admin = f"host={host} port={port} user=postgres password={password} dbname=postgres"
    backend = Container(container, lambda: _postgres_answers(admin))
    backend.run()
    return PostgresContainer(backend, admin, host, port)


def start_kafka() -> KafkaContainer:
    """At a fixed port, because the broker advertises the address it's reached at; or StartError."""
    port = free_port()
    container = _container(KAFKA_IMAGE, 9092, port).with_envs(**KAFKA_SETTINGS)
    host = container.get_docker_client().host()
    container.with_env("KAFKA_ADVERTISED_LISTENERS", f"PLAINTEXT://{host}:{port}")
    backend = Container(container, lambda: handshake(host, port))
    backend.run()
    return KafkaContainer(backend, f"{host}:{port}")


def _container(image: str, inside: int, outside: int) -> DockerContainer:
    try:
        return DockerContainer(image).with_bind_ports(inside, outside)
    except DockerException as error:
        raise StartError(
            f"TEST_BACKEND=containers needs a container engine, and none answers ({error}): "
            "start one and set DOCKER_HOST, or unset TEST_BACKEND"
        ) from error


def _postgres_answers(admin: str) -> bool:
    # The image's first server, which only prepares the data, listens on no port.
    try:
        psycopg.connect(admin, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _remove(container_id: str) -> None:
    docker.from_env().containers.get(container_id).remove(force=True, v=True)


if __name__ == "__main__":
    _remove(sys.argv[2])
