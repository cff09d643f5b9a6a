"""Kafka: a broker of our own or a container. KAFKA_BOOTSTRAP_SERVERS names a broker that runs already."""

import os
import socket
from pathlib import Path
from typing import Any

from devstack.backends import Backend, ExternalBackend
from devstack.kafka_broker import Jars, LocalBroker
from devstack.machine import StartError


class Kafka:
    """A running broker."""

    def __init__(self, backend: Backend, bootstrap: str) -> None:
        self.bootstrap = bootstrap
        self._backend = backend

    @property
    def pid(self) -> int | None:
        return self._backend.pid

    def shared(self) -> dict[str, Any]:
        """Returns what another process needs for `attach`."""
        return {"bootstrap": self.bootstrap}

    def stop(self) -> None:
        self._backend.stop()

    def kill(self) -> None:
        """Kills as kill -9 does. `start_again` brings back every acknowledged message."""
        self._backend.kill()

    def start_again(self) -> None:
        self._backend.start_again()


def attach(shared: dict[str, Any]) -> Kafka:
    """Returns the broker that another process of this run started and will stop."""
    return Kafka(ExternalBackend("a broker of another process"), **shared)


def start(state_dir: Path) -> Kafka:
    """Returns a broker that is ready. A broker of our own keeps its files in `state_dir`.

    Raises StartError, which says what to do.
    """
    if bootstrap := os.environ.get("KAFKA_BOOTSTRAP_SERVERS"):
        if not any(listens(server) for server in bootstrap.split(",")):
            raise StartError(
                f"nothing listens at KAFKA_BOOTSTRAP_SERVERS={bootstrap}: "
                "start it, or unset the variable to get a broker"
            )
        return Kafka(ExternalBackend("KAFKA_BOOTSTRAP_SERVERS"), bootstrap)
    if os.environ.get("TEST_BACKEND") == "containers":
        from devstack import containers  # only here: it needs a container engine

        container = containers.start_kafka()
        return Kafka(container.backend, container.bootstrap)
    broker = LocalBroker(Jars.find(), state_dir)
    broker.start_again()
    return Kafka(broker, broker.bootstrap)


def listens(server: str) -> bool:
    """Says whether somebody accepts connections at host:port."""
    host, _, port = server.strip().rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=3).close()
    except (OSError, ValueError):
        return False
    return True
