"""What the devstack needs of the machine: the repository, free ports, temporary folders, lines of progress."""

import fcntl
import os
import random
import shutil
import socket
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from devstack.guard import guard

ROOT = Path(__file__).resolve().parents[4]
EPHEMERAL_PORTS = Path("/proc/sys/net/ipv4/ip_local_port_range")
# Compiled modules are kept where the Makefile keeps them: the tree stays clean, and each start of a process saves two
# seconds of computing.
BYTECODE = {
    "PYTHONPYCACHEPREFIX": str(ROOT / ".tools" / "bytecode"),
    "PYTHONDONTWRITEBYTECODE": "",
}
PROGRESS_S, PROGRESS_AGAIN_S = 3.0, 10.0
_given: set[int] = set()


class StartError(Exception):
    """Something could not be started; the text says what to do."""


def say(text: str) -> None:
    """Writes one line of progress to standard error."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def progress(what: str, detail: Callable[[], str] = str) -> Iterator[None]:
    """Says after three seconds, and then every ten, how long something takes. `detail` says how far it got."""
    began, ended = time.monotonic(), threading.Event()

    def tell() -> None:
        wait = PROGRESS_S
        while not ended.wait(wait):
            wait = PROGRESS_AGAIN_S
            say(f"  … {what}, {time.monotonic() - began:.0f} s  {detail()}".rstrip())

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield
    finally:
        ended.set()
        teller.join()


def free_port() -> int:
    """Returns a port of 127.0.0.1 that stays free while its owner is dead, and that no other process is given.

    Below the range that the kernel hands out to outgoing connections: such a connection could take
    the port meanwhile, or a client that tries to reconnect would meet itself.
    """
    lowest = int(EPHEMERAL_PORTS.read_text().split()[0]) if EPHEMERAL_PORTS.exists() else 32768
    for _ in range(200):
        port = random.randrange(10_000, max(lowest, 10_100))
        if not _reserve(port):  # given to a process that doesn't listen yet, or is dead just now
            continue
        with socket.socket() as candidate:
            try:
                candidate.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise StartError("no free port found on 127.0.0.1: stop something that listens there")


def _reserve(port: int) -> bool:
    """Locks the port's byte in a file that all processes of this user share, until this process ends."""
    if port in _given:
        return False
    file = _reservations()
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
    except (BlockingIOError, PermissionError):
        return False
    _given.add(port)
    return True


@cache
def _reservations() -> int:
    path = Path(tempfile.gettempdir()) / f"devstack-ports-{os.geteuid()}"
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)


def last_lines(log: Path, count: int = 20) -> str:
    """Returns the end of a log, indented, for an error message."""
    if not log.exists():
        return f"  (no log at {log})"
    with log.open(encoding="utf-8", errors="replace") as lines:
        return "".join(f"  {line.rstrip()}\n" for line in deque(lines, count)).rstrip("\n")


def temporary_folder() -> Path:
    """For the data of PostgreSQL and Kafka. Removed by `remove_folder`, else when this process is gone.

    Root's PostgreSQL runs as another user, who must be able to pass through, so it isn't under a
    private TMPDIR.
    """
    parent = "/var/tmp" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="devstack-", dir=parent))
    folder.chmod(0o711)
    guard.watch("folder", str(folder))
    return folder


def remove_folder(folder: Path) -> None:
    """Removes what `temporary_folder` made."""
    shutil.rmtree(folder, ignore_errors=True)
    guard.forget("folder", str(folder))
