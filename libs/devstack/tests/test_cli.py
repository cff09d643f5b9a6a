"""`up --detach` while it waits for the system that it started."""

import subprocess
import sys
from pathlib import Path

import pytest

from devstack import cli
from devstack.machine import StartError

# Says something every tenth of a second, argv[2] times, to the log that argv[1] names; then what argv[3] is.
SLOW = """
import sys, time
for _ in range(int(sys.argv[2])):
    with open(sys.argv[1], "a") as log:
        log.write("a line\\n")
    time.sleep(0.1)
with open(sys.argv[4], "a") as progress:
    progress.write(sys.argv[3])
time.sleep(600)
"""


@pytest.fixture
def progress(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(cli, "QUIET_S", 2.0)
    log = tmp_path / "up.log"
    log.touch()
    return log


def slow(progress: Path, lines: int, last: str) -> "subprocess.Popen[bytes]":
    services = str(progress.parent / "system.log")
    command = [sys.executable, "-c", SLOW, services, str(lines), last, str(progress)]
    return subprocess.Popen(command)


def test_a_slow_start_is_waited_for_as_long_as_it_gets_on(progress: Path) -> None:
    process = slow(progress, 30, "devstack: ready\n")

    cli._await_ready(process, progress)

    process.kill()
    process.wait()


def test_a_start_in_which_nothing_happens_is_ended_and_shows_its_progress(progress: Path) -> None:
    process = slow(progress, 1, "devstack: migrating\n")

    with pytest.raises(StartError, match=r"(?s)nothing happened for 2 s.*migrating"):
        cli._await_ready(process, progress)

    assert process.returncode is not None
