"""A PostgreSQL or a Kafka beneath a system: it can be stopped, killed and started again."""

from typing import Protocol

from devstack.machine import StartError


class Backend(Protocol):
    """A PostgreSQL or a Kafka: a process of ours, a container, or an external one."""

    @property
    def pid(self) -> int | None:
        """None when it's not a process of this machine's."""

    def stop(self) -> None:
        """In good order. Twice does no harm."""

    def kill(self) -> None:
        """As kill -9 would, and waits until it's gone."""

    def start_again(self) -> None:
        """After `stop` or `kill`: the same data at the same address, ready when this returns."""


class ExternalBackend:
    """A backend that somebody else runs: used, never stopped."""

    pid = None

    def __init__(self, variable: str) -> None:
        self._variable = variable

    def stop(self) -> None:
        """It isn't ours to stop."""

    def kill(self) -> None:
        raise StartError(
            f"what {self._variable} names isn't ours to kill: unset it to get one of your own"
        )

    def start_again(self) -> None:
        self.kill()
