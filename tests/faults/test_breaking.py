"""A frozen process goes on, however the fault ends."""

import os
import subprocess
import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from . import breaking
from .breaking import Breaking
from .nemesis import Fault


class Interrupted(Exception):
    """An error that ends a fault before its time."""


@pytest.fixture
def broker() -> Iterator[int]:
    """A process in the place of a broker."""
    with subprocess.Popen(["sleep", "600"]) as process:
        yield process.pid
        process.kill()


def change_of(process: int, option: int) -> int:
    """The status that waitpid tells, 0 when nothing has changed after some seconds."""
    deadline = time.monotonic() + 5
    while not (status := os.waitpid(process, option | os.WNOHANG)[1]):
        if time.monotonic() > deadline:
            break
    return status


def test_a_broker_is_frozen_and_goes_on_though_the_fault_is_interrupted(
    broker: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def look(seconds: float) -> None:
        seen.append((seconds, os.WIFSTOPPED(change_of(broker, os.WUNTRACED))))
        raise Interrupted

    monkeypatch.setattr(breaking, "pause", look)
    world = SimpleNamespace(kafka=SimpleNamespace(pid=broker))

    with pytest.raises(Interrupted):
        Breaking(world).carry_out(Fault("broker", "kafka-freeze", 1.0, 11.0, 0))  # type: ignore[arg-type]

    assert seen == [(11.0, True)]
    assert os.WIFCONTINUED(change_of(broker, os.WCONTINUED))
