"""The folder of a running system, `.run`: its lock, logs and system.json. One at a time."""

import contextlib
import fcntl
import json
import os
import shutil
import threading
import time
from pathlib import Path
from typing import Any

from devstack.guard import guard
from devstack.machine import ROOT, StartError

DEFAULT = ROOT / ".run"


class RunFolder:
    """`take` makes it ours until `give_back`, or until this process and its guard are gone."""

    def __init__(self, path: Path = DEFAULT) -> None:
        self.path = path.resolve()
        self.log = self.path / "system.log"
        self._system = self.path / "system.json"
        self._lock = self.path / "lock"
        self._descriptor: int | None = None
        self._writing = threading.Lock()

    def take(self) -> None:
        """Raises StartError when a system runs here."""
        descriptor = self._take_lock()
        if descriptor is None:
            raise StartError(self.occupied())
        self._descriptor = descriptor
        os.truncate(descriptor, 0)
        os.write(descriptor, json.dumps([os.getpid(), _start_of(os.getpid())]).encode())
        guard.keep_open(descriptor)
        guard.watch("folder", str(self.path))
        self.log.unlink(missing_ok=True)
        self._system.unlink(missing_ok=True)

    def give_back(self, *, keep_logs: bool = False) -> None:
        """Removes the folder, or all but the logs of a failed start, and frees the lock."""
        if self._descriptor is None:
            return
        self._system.unlink(missing_ok=True)
        if not keep_logs:
            shutil.rmtree(self.path, ignore_errors=True)
        guard.forget("folder", str(self.path))
        guard.let_go(self._descriptor)
        fcntl.flock(
            self._descriptor, fcntl.LOCK_UN
        )  # the guard has the same lock: closing ours wouldn't free it
        os.close(self._descriptor)
        self._descriptor = None

    def occupied(self) -> str:
        """What to say to somebody who wants to start a second system here."""
        holder = self.holder()
        if holder == 0:
            return f"the last system in {self.path} was killed and is being cleaned up: try again in some seconds"
        return f"a system is already running (process {holder}, {self.path}): use it, or stop it with `make down`"

    def holder(self) -> int | None:
        """The process that runs a system here, None if there's none."""
        try:
            descriptor = self._locked()
        except FileNotFoundError:
            return None
        if descriptor is not None:
            os.close(descriptor)
            return None
        with contextlib.suppress(OSError, ValueError):
            pid, started = json.loads(self._lock.read_text())
            if _start_of(pid) == started:
                return int(pid)
        return 0  # gone, and its guard is cleaning up

    def await_end(self, pid: int, seconds: float) -> bool:
        """Until the lock is free and the process that had it is gone too."""
        started = _start_of(pid)
        deadline = time.monotonic() + seconds
        while self.holder() is not None or (started and _start_of(pid) == started):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True

    def remove_leftovers(self) -> None:
        """What a failed start left to be read. Only when nothing runs here."""
        if self.holder() is None:
            shutil.rmtree(self.path, ignore_errors=True)

    def write(self, description: dict[str, Any]) -> None:
        """system.json, whole or not at all, for its owner's eyes: it holds passwords and private
        keys.
        """
        new = self.path / "system.json.new"
        with self._writing:
            descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with open(descriptor, "w", encoding="utf-8") as file:
                json.dump(description, file, indent=2, ensure_ascii=False)
            new.rename(self._system)

    def read(self) -> dict[str, Any]:
        """Raises StartError when no system is running."""
        try:
            description: dict[str, Any] = json.loads(self._system.read_text())
        except FileNotFoundError:
            raise StartError("no system is running: start one with `make up`") from None
        return description

    def _locked(self, flags: int = 0) -> int | None:
        """The lock's descriptor, None when somebody else has it."""
        descriptor = os.open(self._lock, os.O_RDWR | flags, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        return descriptor

    def _take_lock(self) -> int | None:
        """As `_locked`, in a folder that the last owner may be removing at this moment."""
        while True:
            self.path.mkdir(mode=0o700, exist_ok=True)
            with contextlib.suppress(FileNotFoundError):
                descriptor = self._locked(os.O_CREAT)
                if descriptor is None or self._lock.stat().st_ino == os.fstat(descriptor).st_ino:
                    return descriptor
                os.close(descriptor)


def _start_of(pid: int) -> str:
    """When a process started, in the kernel's words: with its number it names one process only.

    Empty when it has ended, also when nobody has collected it yet.
    """
    with contextlib.suppress(OSError):
        words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return "" if words[0] == "Z" else words[19]
    return ""
