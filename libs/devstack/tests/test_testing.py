"""The pytest plugin: PostgreSQL and Kafka on demand, and nothing left behind, however pytest ends."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

SLOW_TEST = """
import signal

def test_that_never_ends(postgres_server, kafka_broker, devstack_folder):
    print("backends", devstack_folder, postgres_server.pid or 0, kafka_broker.pid or 0, flush=True)
    signal.pause()
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_pytest_leaves_no_server_and_no_folder(
    how: signal.Signals,
    tmp_path: Path,
    eventually: Callable[..., None],
    lives: Callable[[int], bool],
) -> None:
    test = tmp_path / "test_slow.py"
    test.write_text(SLOW_TEST)
    command = [sys.executable, "-m", "pytest", "-p", "devstack.testing", "-s", "-q", str(test)]
    # Options of the run around it, such as -v, would put other words before the line.
    plain = {**os.environ, "PYTEST_ADDOPTS": ""}
    with subprocess.Popen(
        command,
        cwd=tmp_path,
        env=plain,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as session:
        assert session.stdout is not None
        line = next(line for line in session.stdout if line.startswith("backends"))
        folder, *pids = line.split()[1:]

        session.send_signal(how)
        session.wait()

    eventually(lambda: not any(lives(int(pid)) for pid in pids if pid != "0"))
    eventually(lambda: not Path(folder).exists())


def test_a_session_that_asks_for_no_part_starts_none(tmp_path: Path) -> None:
    test = tmp_path / "test_quick.py"
    test.write_text("def test_rule():\n    import sys\n    assert 'psycopg' not in sys.modules\n")

    command = [sys.executable, "-m", "pytest", "-p", "devstack.testing", "-q", str(test)]
    finished = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert finished.returncode == 0, finished.stdout
