"""Kafka: the environment's, else in a container if asked for, else a broker of our own."""

import os
import socket
from pathlib import Path
from typing import Any

from devstack.backends import Backend, ExternalBackend
from devstack.kafka_broker import Jars, LocalBroker
from devstack.machine import StartError, say

MEMORY_NOTICE = """\
!!! =====================================================================================
!!! There is no real Kafka here: {reason}
!!! An in-memory stand-in (librdkafka's) takes its place. It speaks the protocol, but it
!!! KEEPS NOTHING: every message is lost when it stops. Don't judge durability by this run.
!!! For the real one install Java 17 or newer and Maven, with access to Maven Central.
!!! ====================================================================================="""


class Kafka:
    """A running broker. `in_memory`: only the stand-in, which keeps nothing."""

    def __init__(self, backend: Backend, bootstrap: str, *, in_memory: bool = False) -> None:
        self.bootstrap = bootstrap
        self.in_memory = in_memory
        self._backend = backend

    @property
    def pid(self) -> int | None:
        return self._backend.pid

    @property
    def environment(self) -> dict[str, str]:
        """What a service needs to reach it. The stand-in can't answer the newest handshake."""
        found = {"KAFKA_BOOTSTRAP_SERVERS": self.bootstrap}
        return found | {"KAFKA_API_VERSION": "2.3"} if self.in_memory else found

    def shared(self) -> dict[str, Any]:
        """What another process needs for `attach`."""
        return {"bootstrap": self.bootstrap, "in_memory": self.in_memory}

    def stop(self) -> None:
        self._backend.stop()

    def kill(self) -> None:
        """As kill -9 would. `start_again` brings back every acknowledged message."""
        self._backend.kill()

    def start_again(self) -> None:
        self._backend.start_again()


def attach(shared: dict[str, Any]) -> Kafka:
    """The broker that another process of this run started; that one stops it."""
    return Kafka(ExternalBackend("a broker of another process"), **shared)


def start(state_dir: Path) -> Kafka:
    """A broker that is ready, with its files in `state_dir` if it's ours.

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
    return _local(state_dir)


def _local(state_dir: Path) -> Kafka:
    from devstack.memory_broker import MemoryBroker  # only here: it loads librdkafka

    try:
        broker = LocalBroker(Jars.found(), state_dir)
    except StartError as error:
        say(MEMORY_NOTICE.format(reason=error))
        stand_in = MemoryBroker(state_dir)
        stand_in.start_again()
        return Kafka(stand_in, stand_in.bootstrap, in_memory=True)
    broker.start_again()
    return Kafka(broker, broker.bootstrap)


def listens(server: str) -> bool:
    """Whether somebody accepts connections at host:port."""
    host, _, port = server.strip().rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=3).close()
    except (OSError, ValueError):
        return False
    return True
