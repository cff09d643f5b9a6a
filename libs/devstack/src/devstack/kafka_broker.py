"""Apache Kafka in KRaft mode from Maven's jars: one broker that is its own controller."""

import os
import re
import secrets
import shutil
import signal
import socket
import string
import struct
import subprocess
import tempfile
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from xml.etree import ElementTree

from devstack.child_process import Child
from devstack.machine import ROOT, StartError, free_port, last_lines, say

DEPLOY = ROOT / "deploy" / "kafka"
JVM = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx512m")
OLDEST_JAVA = 17
REMEDY = "install Java 17 or newer and Maven, or set TEST_BACKEND=containers"
# Its JVM alone takes a minute on a machine with much else to do; one that dies is told at once.
READY_S = 180.0


@dataclass(frozen=True)
class Jars:
    """A Java and the folder of the jars that it runs."""

    java: str
    folder: Path

    @classmethod
    def find(cls) -> Self:
        """Finds the jars in the cache, or fetches them with Maven. Raises StartError, which says what is missing."""
        java = _java()
        pom = DEPLOY / "pom.xml"
        folder = _cache() / f"kafka-{_version(pom)}"
        kept = folder / "pom.xml"
        if not kept.exists() or kept.read_bytes() != pom.read_bytes():
            _fetch(pom, folder)
        return cls(java, folder)

    def command(self, main: str, *arguments: str) -> list[str]:
        return [self.java, *JVM, "-cp", f"{self.folder}/libs/*", main, *arguments]


def _java() -> str:
    home = os.environ.get("JAVA_HOME")
    java = f"{home}/bin/java" if home else shutil.which("java")
    if java is None or not Path(java).exists():
        raise StartError(f"no Java was found in JAVA_HOME or PATH: {REMEDY}")
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', said)
    if version is None or int(version[1]) < OLDEST_JAVA:
        raise StartError(f"{java} is older than Java {OLDEST_JAVA}: {REMEDY}")
    return java


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "qatif-e-services"


def _version(pom: Path) -> str:
    version = ElementTree.parse(pom).getroot().findtext("{*}version")
    assert version is not None, f"{pom} has no version"
    return version


def _fetch(pom: Path, folder: Path) -> None:
    """Fetches into another folder and renames it, so the cache is never half there."""
    if shutil.which("mvn") is None:
        raise StartError(f"Maven (mvn), which fetches Kafka's jars, is not installed: {REMEDY}")
    folder.parent.mkdir(parents=True, exist_ok=True)
    say(f"kafka: fetching its jars with Maven into {folder} (44 MB, once)")
    with tempfile.TemporaryDirectory(prefix=f"{folder.name}-", dir=folder.parent) as temporary:
        new = Path(temporary) / "new"
        goal = ["dependency:copy-dependencies", f"-DoutputDirectory={new}/libs"]
        fetched = subprocess.run(
            ["mvn", "--batch-mode", "--quiet", "--strict-checksums", "-f", str(pom), *goal],
            capture_output=True,
            text=True,
            check=False,
        )
        if fetched.returncode:
            raise StartError(f"Maven could not fetch Kafka's jars: {_first_error(fetched.stdout)}")
        shutil.copy(pom, new)
        if folder.exists():
            folder.rename(Path(temporary) / "old")
        new.rename(folder)


def _first_error(output: str) -> str:
    lines = [line.removeprefix("[ERROR] ") for line in output.splitlines() if "ERROR" in line]
    return lines[0] if lines else output[:400]


class LocalBroker:
    """The backend of `devstack.kafka`."""

    def __init__(self, jars: Jars, state_dir: Path) -> None:
        state_dir.mkdir(parents=True, exist_ok=True)
        self._jars = jars
        self._data = state_dir.resolve() / "kafka"
        self._log = state_dir / "kafka.log"
        self._port = free_port()
        self._properties = state_dir.resolve() / "kafka.properties"
        self._child = Child(jars.command("kafka.Kafka", str(self._properties)), log=self._log)

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self._port}"

    @property
    def pid(self) -> int:
        return self._child.pid

    def stop(self) -> None:
        self._child.stop()

    def kill(self) -> None:
        self._child.kill()

    def start_again(self) -> None:
        """Makes the data folder when there's none yet. Raises StartError when it dies, or after three minutes."""
        if not self._data.exists():
            self._format()
        self._child.start()
        deadline = time.monotonic() + READY_S
        while not handshake("127.0.0.1", self._port):
            if time.monotonic() > deadline or not self._child.alive:
                self._child.send(signal.SIGKILL)
                raise StartError(f"Kafka did not start; its log ends:\n{last_lines(self._log)}")
            time.sleep(0.05)

    def _format(self) -> None:
        template = string.Template((DEPLOY / "server.properties").read_text())
        ports = {"port": self._port, "controller_port": free_port(), "data": self._data}
        self._properties.write_text(template.substitute(ports))
        options = [
            "--standalone",
            f"--cluster-id={_cluster_id()}",
            "--config",
            str(self._properties),
        ]
        formatted = subprocess.run(
            self._jars.command("kafka.tools.StorageTool", "format", *options),
            capture_output=True,
            text=True,
            check=False,
        )
        if formatted.returncode:
            shutil.rmtree(self._data, ignore_errors=True)
            raise StartError(f"Kafka could not format its folder {self._data}:\n{formatted.stderr}")


def _cluster_id() -> str:
    """Returns 16 random bytes as Kafka writes them."""
    return urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=")


def handshake(host: str, port: int) -> bool:
    """Says whether a broker answers a client's first request (ApiVersions, key 18, version 0)."""
    request = struct.pack(">hhih", 18, 0, 1, -1)
    try:
        with socket.create_connection((host, port), timeout=1) as connection:
            connection.settimeout(2)
            connection.sendall(struct.pack(">i", len(request)) + request)
            answer = connection.recv(8)
    except OSError:
        return False
    return answer[4:8] == struct.pack(">i", 1)
