"""The supervisor: one log, health, restarts, and no process left behind."""

import io
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from devstack.child_process import Child
from devstack.machine import StartError, free_port
from devstack.supervisor import Supervisor

STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("up", flush=True)
time.sleep(600)
"""
# Prints the pid of a stubborn child, and waits for it.
FAMILY = f"""
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", {STUBBORN!r}])
print("child", child.pid, flush=True)
child.wait()
"""
HEALTHY = """
import http.server, sys
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), http.server.SimpleHTTPRequestHandler).serve_forever()
"""
Eventually = Callable[..., None]


def python(program: str, *arguments: object) -> list[str]:
    return [sys.executable, "-c", program, *map(str, arguments)]


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    one = Supervisor(tmp_path / "system.log")
    yield one
    one.stop(seconds=1)


def test_every_line_carries_its_process_and_no_colour(tmp_path: Path) -> None:
    echo = io.StringIO()
    supervisor = Supervisor(tmp_path / "system.log", echo=echo)

    supervisor.run(
        "permits/serve", python(r"print('\x1b[1;32mready\x1b[0m\nسطر')"), dict(os.environ)
    )
    supervisor.stop()

    expected = "permits/serve | ready\npermits/serve | سطر\n"
    assert (tmp_path / "system.log").read_text(encoding="utf-8") == echo.getvalue() == expected


def test_standard_error_is_in_the_same_stream(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.run("permits/work", python("import sys; print('trouble', file=sys.stderr)"), {})

    assert (tmp_path / "system.log").read_text() == "permits/work | trouble\n"


def test_a_command_that_fails_raises_with_the_end_of_its_output(supervisor: Supervisor) -> None:
    program = "import sys; [print(f'line {n}') for n in range(30)]; sys.exit('no such table')"

    with pytest.raises(StartError, match="no such table") as raised:
        supervisor.run("permits/migrate", python(program), {})

    assert "ended with 1" in str(raised.value)
    assert "line 29" in str(raised.value)
    assert "line 9\n" not in str(raised.value)


def test_a_program_that_is_not_there_is_named(supervisor: Supervisor) -> None:
    with pytest.raises(StartError, match="cannot run no-such-program: No such file"):
        supervisor.run("permits/migrate", ["no-such-program"], {})


def test_a_command_that_takes_too_long_is_ended(supervisor: Supervisor) -> None:
    with pytest.raises(StartError, match="took over 0 s"):
        supervisor.run("permits/migrate", python("import time; time.sleep(600)"), {}, seconds=0.2)

    assert supervisor.pids() == {}


def test_waiting_for_health_returns_when_the_address_answers(supervisor: Supervisor) -> None:
    port = free_port()
    supervisor.start("permits/serve", python(HEALTHY, port), {})

    supervisor.wait_ready("permits/serve", f"http://127.0.0.1:{port}/")


def test_waiting_for_health_of_a_process_that_ends_quotes_its_last_lines(
    supervisor: Supervisor,
) -> None:
    supervisor.start(
        "permits/serve", python("import sys; sys.exit('PERMITS_DATABASE_URL is not set')"), {}
    )

    with pytest.raises(StartError, match="PERMITS_DATABASE_URL is not set"):
        supervisor.wait_ready("permits/serve", "http://127.0.0.1:1/readyz")


def test_waiting_for_health_gives_up_with_the_last_answer(supervisor: Supervisor) -> None:
    port = free_port()
    supervisor.start("permits/serve", python(HEALTHY, port), {})
    supervisor.wait_ready("permits/serve", f"http://127.0.0.1:{port}/")

    with pytest.raises(StartError, match="404"):
        supervisor.wait_ready("permits/serve", f"http://127.0.0.1:{port}/readyz", seconds=0.3)


def test_a_kept_process_that_is_killed_starts_again_and_its_new_pid_is_published(
    tmp_path: Path, eventually: Eventually, lives: Callable[[int], bool]
) -> None:
    changed = threading.Event()
    supervisor = Supervisor(tmp_path / "system.log", changed=changed.set)
    supervisor.start("permits/work", python("import time; time.sleep(600)"), {})
    supervisor.keep("permits/work")
    first = supervisor.pids()["permits/work"]

    os.kill(first, signal.SIGKILL)

    eventually(lambda: changed.is_set())
    second = supervisor.pids()["permits/work"]
    assert second != first
    assert lives(second)
    supervisor.stop()
    assert not lives(second)
    assert "ended with -9: starting again" in (tmp_path / "system.log").read_text()


def test_a_process_that_is_dismissed_while_it_waits_for_its_restart_stays_away(
    tmp_path: Path, eventually: Eventually
) -> None:
    supervisor = Supervisor(tmp_path / "system.log")
    process = supervisor.start("permits/work", python("import time; time.sleep(600)"), {})
    supervisor.keep("permits/work")
    process.pause_s = 0.3

    os.kill(supervisor.pids()["permits/work"], signal.SIGKILL)
    eventually(lambda: "starting again" in (tmp_path / "system.log").read_text())
    process.keep = False
    eventually(lambda: process.pause_s > 0.3)  # its pause is over

    assert supervisor.pids() == {}
    supervisor.stop(seconds=1)


def test_the_rest_of_a_group_ends_with_its_leader(
    tmp_path: Path, eventually: Eventually, lives: Callable[[int], bool]
) -> None:
    log = tmp_path / "leader.log"
    leader = Child(python(FAMILY), log=log)
    leader.start()
    eventually(lambda: "up" in log.read_text())
    follower = int(log.read_text().split("child ")[1].split()[0])

    os.kill(leader.pid, signal.SIGKILL)
    leader.wait()

    eventually(lambda: not lives(follower))


def test_stopping_kills_what_does_not_want_to_stop(
    tmp_path: Path, eventually: Eventually, lives: Callable[[int], bool]
) -> None:
    log = tmp_path / "system.log"
    supervisor = Supervisor(log)
    supervisor.start("permits/serve", python(STUBBORN), {})
    pid = supervisor.pids()["permits/serve"]
    eventually(lambda: "up" in log.read_text())

    supervisor.stop(seconds=0.3)

    assert not lives(pid)
    assert "killed" in log.read_text()


def test_a_nice_process_leaves_the_processor_to_others(tmp_path: Path) -> None:
    log = tmp_path / "child.log"
    own = os.nice(0)
    child = Child(python("import os; print(os.nice(0))"), log=log, nice=3)

    child.start()
    assert child.wait(20)

    assert log.read_text() == f"{own + 3}\n"


def test_a_process_outlives_the_thread_that_started_it(
    tmp_path: Path, eventually: Eventually
) -> None:
    log = tmp_path / "child.log"
    child = Child(python("print('up', flush=True); import time; time.sleep(600)"), log=log)

    def start() -> None:
        child.start()
        eventually(lambda: log.exists() and "up" in log.read_text())

    starter = threading.Thread(target=start)
    starter.start()
    starter.join()

    assert not child.wait(0.3)
    child.kill()


PARENT = f"""
import os, signal, sys
from pathlib import Path
from devstack.child_process import Child
from devstack.machine import temporary_folder
from devstack.supervisor import Supervisor

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
folder = temporary_folder()
supervisor = Supervisor(folder / "system.log")
supervisor.start("obedient", [sys.executable, "-c", "import time; time.sleep(600)"], {{}})
supervisor.start("stubborn", [sys.executable, "-c", {STUBBORN!r}], {{}})
supervisor.start("family", [sys.executable, "-c", {FAMILY!r}], {{}})
supervisor.keep("obedient")
log = folder / "system.log"
while "child" not in log.read_text() or log.read_text().count("up") < 2:
    pass
child = log.read_text().split("child ")[1].split()[0]
print(folder, *supervisor.pids().values(), child, flush=True)
signal.pause()
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_is_left_behind_however_the_parent_ends(
    how: signal.Signals, eventually: Eventually, lives: Callable[[int], bool]
) -> None:
    with subprocess.Popen(
        python(PARENT), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as parent:
        assert parent.stdout is not None
        folder, *numbers = parent.stdout.readline().split()
        pids = [int(number) for number in numbers]
        assert len(pids) == 4
        assert all(lives(pid) for pid in pids)

        parent.send_signal(how)
        parent.wait()

    eventually(lambda: not any(lives(pid) for pid in pids))
    eventually(lambda: not Path(folder).exists())


def test_nothing_is_left_behind_when_the_guard_is_killed_as_well(
    eventually: Eventually, lives: Callable[[int], bool]
) -> None:
    program = """
import signal, sys
from devstack.child_process import Child
from devstack.guard import guard
child = Child([sys.executable, "-c", "import time; time.sleep(600)"])
child.start()
print(child.pid, guard._process.pid, flush=True)
signal.pause()
"""
    with subprocess.Popen(python(program), stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child, guard = (int(number) for number in parent.stdout.readline().split())
        os.kill(guard, signal.SIGKILL)
        parent.kill()
        parent.wait()

    eventually(lambda: not lives(child))


def test_what_ends_after_the_guard_was_closed_is_no_error() -> None:
    program = """
from devstack.guard import guard
guard.watch("folder", "/nowhere/at/all")
guard._close()
guard.forget("folder", "/nowhere/at/all")
print("ended")
"""
    done = subprocess.run(python(program), capture_output=True, text=True, timeout=20, check=False)

    assert (done.stdout, done.stderr) == ("ended\n", "")
