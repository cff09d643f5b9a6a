"""The whole system with a small service, and its command line."""

import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import requests
from kafka import KafkaAdminClient

from chassis.core import contracts
from devstack.machine import StartError
from devstack.run_folder import RunFolder
from devstack.running_services import RunningService
from devstack.system import System

Lives = Callable[[int], bool]


@pytest.fixture(scope="module")
def echo_desk() -> RunningService:
    return RunningService("echo-desk", secrets=("CURSOR_KEY",))


@pytest.fixture(scope="module")
def system(
    echo_desk: RunningService, services_of_tests: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[System]:
    folder = RunFolder(tmp_path_factory.mktemp("system") / ".run")
    with System(
        folder, services=[echo_desk], extra={"PYTHONPATH": str(services_of_tests)}
    ) as running:
        yield running


def described(system: System) -> dict:
    return json.loads((system._folder.path / "system.json").read_text())


def test_a_service_is_migrated_has_its_topics_and_answers(system: System) -> None:
    found = described(system)

    answer = requests.get(found["services"]["echo-desk"]["url"], timeout=5)
    url = found["databases"]["echo-desk"].replace("+psycopg", "")
    with psycopg.connect(url) as connection:
        desks = connection.execute("SELECT count(*) FROM desks").fetchone()
    admin = KafkaAdminClient(bootstrap_servers=found["kafka"])
    topics = admin.list_topics()
    admin.close()

    assert len(answer.text) == 43  # 32 random bytes as base64url
    assert desks == (0,)
    assert set(contracts.topics()) <= set(topics)


def test_each_process_has_an_operations_port_of_its_own(system: System) -> None:
    ops = described(system)["services"]["echo-desk"]["ops"]

    assert set(ops) == {"serve", "work"}
    assert ops["serve"] != ops["work"]
    assert all(requests.get(f"{url}/readyz", timeout=5).ok for url in ops.values())


def test_the_description_is_for_its_owner_only(system: System) -> None:
    file = system._folder.path / "system.json"

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_a_service_never_sees_the_way_to_every_database(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POSTGRES_URL", "postgresql://chief:secret@127.0.0.1/postgres")

    environment = system._environment(system.services["echo-desk"])

    assert not [name for name, text in environment.items() if "chief" in text]


def test_a_killed_service_comes_back_and_its_new_pid_is_in_the_description(
    system: System, eventually: Callable[..., None]
) -> None:
    def pid() -> int:
        return {one["name"]: one["pid"] for one in described(system)["pids"]}.get(
            "echo-desk/work", 0
        )

    first = pid()
    os.kill(first, signal.SIGKILL)

    eventually(lambda: pid() not in (0, first))
    system.supervisor.wait_ready(
        "echo-desk/work", f"{system.services['echo-desk'].ops('work')}/readyz"
    )


def test_a_second_system_in_the_same_folder_says_that_one_is_running(system: System) -> None:
    with pytest.raises(StartError, match=rf"already running \(process {os.getpid()}"):
        System(RunFolder(system._folder.path)).start()


@pytest.fixture
def shared_kafka(kafka_bootstrap: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A system with the broker of the tests instead of one of its own, which is quicker."""
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", kafka_bootstrap)


@pytest.mark.usefixtures("shared_kafka")
@pytest.mark.parametrize("verb", ["migrate", "serve", "work"])
def test_a_service_that_fails_stops_the_start_and_its_words_are_quoted(
    verb: str, services_of_tests: Path, tmp_path: Path
) -> None:
    folder = tmp_path / ".run"
    broken = System(
        RunFolder(folder),
        services=[RunningService("echo-desk", secrets=("CURSOR_KEY",))],
        extra={"PYTHONPATH": str(services_of_tests), "ECHO_DESK_BROKEN": verb},
    )

    with pytest.raises(StartError, match=f"{verb}: the plan is missing"):
        broken.start()

    assert broken.supervisor.pids() == {}
    assert {file.name for file in folder.iterdir()} == {"lock", "system.log"}


@pytest.fixture
def devstack(services_of_tests: Path, tmp_path: Path) -> Callable[..., subprocess.Popen[str]]:
    """`devstack --folder ...`, started; its error stream is a pipe."""

    def start(*words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [
                sys.executable,
                services_of_tests / "command_line.py",
                "--folder",
                tmp_path / ".run",
                *words,
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(services_of_tests)},
        )

    return start


def finish(process: subprocess.Popen[str]) -> tuple[int, str]:
    with process:
        _, said = process.communicate(timeout=120)
    return process.returncode, said


def test_up_and_down_in_the_background_leave_nothing(
    devstack: Callable[..., subprocess.Popen[str]], tmp_path: Path, lives: Lives
) -> None:
    started, progress = finish(devstack("up", "--detach"))
    assert started == 0, progress
    system = json.loads((tmp_path / ".run" / "system.json").read_text())
    pids = [one["pid"] for one in system["pids"]]
    assert all(lives(pid) for pid in pids)

    again = finish(devstack("up"))
    again_detached = finish(devstack("up", "--detach"))
    stopped = finish(devstack("down"))
    nothing = finish(devstack("down"))

    assert again[0] == again_detached[0] == 1
    assert "already running" in again[1]
    assert "already running" in again_detached[1]
    assert stopped == (0, "devstack: stopped\n")
    assert nothing == (0, "devstack: nothing is running\n")
    assert not any(lives(pid) for pid in pids)
    assert not (tmp_path / ".run").exists()


@pytest.mark.usefixtures("shared_kafka")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_up_in_the_foreground_stops_in_good_order(
    how: signal.Signals,
    devstack: Callable[..., subprocess.Popen[str]],
    tmp_path: Path,
    lives: Lives,
) -> None:
    process = devstack("up")
    assert process.stderr is not None
    assert any(line == "devstack: ready\n" for line in process.stderr)
    system = json.loads((tmp_path / ".run" / "system.json").read_text())

    process.send_signal(how)
    code, _ = finish(process)

    assert code == 0
    assert not any(lives(one["pid"]) for one in system["pids"])
    assert not (tmp_path / ".run").exists()


@pytest.mark.usefixtures("shared_kafka")
def test_up_that_is_interrupted_while_it_starts_leaves_nothing(
    devstack: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    process = devstack("up")
    assert process.stderr is not None
    assert any("preparing" in line for line in process.stderr)

    process.send_signal(signal.SIGINT)
    code, said = finish(process)

    assert (code, said) == (0, "devstack: stopped\n")
    assert not (tmp_path / ".run").exists()


def test_a_killed_system_leaves_nothing_and_blocks_the_next_only_until_it_is_gone(
    devstack: Callable[..., subprocess.Popen[str]],
    tmp_path: Path,
    lives: Lives,
    eventually: Callable[..., None],
) -> None:
    assert finish(devstack("up", "--detach"))[0] == 0
    system = json.loads((tmp_path / ".run" / "system.json").read_text())
    pids = {one["name"]: one["pid"] for one in system["pids"]}

    os.kill(pids["devstack"], signal.SIGKILL)

    eventually(lambda: RunFolder(tmp_path / ".run").holder() is None)
    assert not any(lives(pid) for pid in pids.values())
    eventually(lambda: not (tmp_path / ".run").exists())


def test_a_token_without_a_system_says_how_to_start_one(
    devstack: Callable[..., subprocess.Popen[str]],
) -> None:
    assert finish(devstack("token", "sara")) == (
        1,
        "devstack: no system is running: start one with `make up`\n",
    )
