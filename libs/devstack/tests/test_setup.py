"""deploy/setup, on machines made of stubs: it installs what's missing, else says so in one line and stops."""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from devstack.machine import ROOT

PYTHON = '[ "$2" = "import venv, ensurepip" ] && exit {venv}; exit {new}'
JAVA = "echo 'openjdk version \"{version}.0.1\"' >&2"
# What a package brings, as a program of the stub machine.
BRINGS = {
    "default-jre-headless": ("java", JAVA.format(version=17)),
    "maven": ("mvn", ""),
    "chromium": ("chromium", ""),
    "chromium-browser": ("chromium-browser", ""),
    "chromium-driver": ("chromedriver", ""),
    "chromium-chromedriver": ("chromedriver", ""),
    "fonts-noto-core": ("fc-list", "echo Noto"),
    "git": ("git", ""),
}


@dataclass
class Machine:
    """A PATH of stubs, and a home of its own."""

    home: Path

    def has(self, program: str, script: str = "") -> None:
        file = self.home / "bin" / program
        file.write_text(f"#!/bin/bash\n{script}\n")
        file.chmod(0o755)

    def is_debian(self, user: int = 0, name: str = "debian", works: bool = True) -> None:
        self.has("id", f"echo {user}")
        (self.home / "os-release").write_text(f'NAME="Some Linux"\nID={name}\n')
        arms = "\n".join(
            f"*' {package} '*) printf '#!/bin/bash\\n%s\\n' {self._quoted(script)}"
            f" > {self.home}/bin/{program}; /bin/chmod +x {self.home}/bin/{program};;&"
            for package, (program, script) in BRINGS.items()
        )
        fail = "" if works else "echo 'E: no network' >&2; exit 100"
        self.has(
            "apt-get", f'echo "$*" >> {self.home}/apt.log\n{fail}\ncase " $* " in\n{arms}\nesac'
        )

    @staticmethod
    def _quoted(script: str) -> str:
        return "'" + script.replace("'", "'\\''") + "'"

    def asked_of_apt(self) -> str:
        log = self.home / "apt.log"
        return log.read_text() if log.exists() else ""

    def set_up(self, target: str, **environment: str) -> tuple[int, str]:
        """The exit code, and what was said."""
        done = subprocess.run(
            ["/bin/bash", str(ROOT / "deploy" / "setup"), target],
            env={
                "PATH": f"{self.home}/bin",
                "HOME": str(self.home),
                "OS_RELEASE": str(self.home / "os-release"),
                **environment,
            },
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine with a good Python and nothing else."""
    (tmp_path / "bin").mkdir()
    machine = Machine(tmp_path)
    machine.has("python3", PYTHON.format(venv=0, new=0))
    return machine


def test_root_on_debian_gets_what_the_demo_needs_and_no_browser(machine: Machine) -> None:
    machine.is_debian()

    code, said = machine.set_up("demo")

    assert (code, said) == (0, "setup: installing default-jre-headless maven\n")
    assert "chromium" not in machine.asked_of_apt()


def test_root_on_debian_gets_all_that_the_tests_need_once(machine: Machine) -> None:
    machine.is_debian()

    first, second = machine.set_up("test"), machine.set_up("test")

    packages = "git default-jre-headless maven chromium chromium-driver fontconfig fonts-noto-core"
    assert first == (0, f"setup: installing {packages}\n")
    assert second == (0, "")


def test_root_on_ubuntu_gets_chromium_by_its_names_there(machine: Machine) -> None:
    machine.is_debian(name="ubuntu")

    code, said = machine.set_up("test")

    assert code == 0
    assert "chromium-browser chromium-chromedriver" in said


def test_without_root_one_line_says_what_to_install_and_no_test_begins(machine: Machine) -> None:
    machine.is_debian(user=1000)

    code, said = machine.set_up("test")

    assert code == 1
    assert said.count("\n") == 1
    assert "sudo apt-get update && sudo apt-get install -y --no-install-recommends git " in said
    assert machine.asked_of_apt() == ""


def test_without_java_the_demo_says_what_to_install_and_does_not_begin(machine: Machine) -> None:
    machine.is_debian(user=1000)

    code, said = machine.set_up("demo")

    assert code == 1
    assert "install -y --no-install-recommends default-jre-headless maven" in said


def test_another_system_reads_names_instead_of_debian_packages(machine: Machine) -> None:
    code, said = machine.set_up("test")

    assert code == 1
    assert (
        "git, Java 17 or newer, Maven, Chromium, chromedriver, a font with Arabic letters" in said
    )


def test_a_failing_apt_is_heard_and_the_line_follows(machine: Machine) -> None:
    machine.is_debian(works=False)

    code, said = machine.set_up("test")

    assert code == 1
    assert "E: no network" in said
    assert "Install it with: " in said


@pytest.mark.parametrize("target", ["install", "demo"])
def test_no_target_begins_with_a_python_that_is_too_old(machine: Machine, target: str) -> None:
    machine.is_debian()
    machine.has("python3", PYTHON.format(venv=0, new=1))

    code, said = machine.set_up(target)

    assert code == 1
    assert "Python 3.11 or newer" in said


def test_a_java_that_is_too_old_counts_as_none(machine: Machine) -> None:
    machine.is_debian()
    machine.has("java", JAVA.format(version=11))

    _, said = machine.set_up("demo")

    assert "installing default-jre-headless" in said


def elsewhere(machine: Machine) -> dict[str, str]:
    return {"KAFKA_BOOTSTRAP_SERVERS": "kafka.example:9092"}


def in_containers(machine: Machine) -> dict[str, str]:
    return {"TEST_BACKEND": "containers"}


def fetched(machine: Machine) -> dict[str, str]:
    machine.has("java", JAVA.format(version=21))
    kept = machine.home / ".cache" / "qatif-e-services" / "kafka-4"
    kept.mkdir(parents=True)
    (kept / "pom.xml").write_text((ROOT / "deploy" / "kafka" / "pom.xml").read_text())
    return {}


@pytest.mark.parametrize("kafka", [elsewhere, in_containers, fetched])
def test_nothing_is_asked_for_where_kafka_is_there(
    machine: Machine, kafka: Callable[[Machine], dict[str, str]]
) -> None:
    machine.is_debian(user=1000)

    assert machine.set_up("demo", **kafka(machine)) == (0, "")
