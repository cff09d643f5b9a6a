"""What the tests of devstack share: waiting for something to be true, and whether a process lives."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def rooms() -> Path:
    """The folder of the services of the tests."""
    return Path(__file__).parent / "rooms"


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
