"""A PostgreSQL or a Kafka beneath a system: it can be stopped, killed and started again."""

from typing import Protocol

from devstack.machine import StartError


class Backend(Protocol):
    """A PostgreSQL or a Kafka: a process of ours, a container, or an external one."""

    @property
    def pid(self) -> int | None:
        """Returns None for a backend that isn't a process of this machine."""

    def stop(self) -> None:
        """Stops in good order. A second call does nothing."""

    def kill(self) -> None:
        """Kills as kill -9 does, and waits for the end."""

    def start_again(self) -> None:
        """Starts after `stop` or `kill`, with the data and address of before. Returns when the backend is ready."""


class ExternalBackend:
    """A backend that somebody else runs: used, never stopped."""

    pid = None

    def __init__(self, variable: str) -> None:
        self._variable = variable

    def stop(self) -> None:
        """Does nothing: another process runs the backend."""

    def kill(self) -> None:
        raise StartError(
            f"what {self._variable} names isn't ours to kill: unset it to get one of your own"
        )

    def start_again(self) -> None:
        self.kill()
