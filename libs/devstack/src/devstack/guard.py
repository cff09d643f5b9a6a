"""A small process that cleans up after this one, however it ends: also after SIGKILL.

The file is both sides. Imported, it's the side that says what would be left behind: `guard.watch`,
`guard.forget`. Run, it's the guard: it reads those lines until the pipe closes, which the kernel
does when the parent is gone; then it ends the process groups that are left, runs the commands and
removes the folders. Standard library only.
"""

import atexit
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time

GRACE_S = 5.0


class Guard:
    """Entries: ("group", pgid, signal), ("command", *argv) and ("folder", path)."""

    def __init__(self) -> None:
        self._entries: list[tuple[str | int, ...]] = []
        self._process: subprocess.Popen[str] | None = None
        self._keep_open: set[int] = set()
        self._closed = False
        self._lock = threading.Lock()

    def keep_open(self, descriptor: int) -> None:
        """The guard will hold this descriptor too: a lock on it lasts until all is cleaned up.

        Only a guard that isn't running yet can inherit it; later, the lock ends with this process.
        """
        self._keep_open.add(descriptor)

    def let_go(self, descriptor: int) -> None:
        """Lets go of a descriptor before it's closed here."""
        self._keep_open.discard(descriptor)

    def watch(self, *entry: str | int) -> None:
        with self._lock:
            self._entries.append(entry)
            self._send("+", entry)

    def forget(self, *entry: str | int) -> None:
        with self._lock:
            self._entries.remove(entry)
            self._send("-", entry)

    def _send(self, sign: str, entry: tuple[str | int, ...]) -> None:
        if self._closed:  # at the end of this process: all that's left is being cleaned up
            return
        if self._process is not None and self._process.poll() is None:
            with contextlib.suppress(BrokenPipeError):
                self._write(sign, entry)
                return
        self._start()  # the first entry, or somebody ended the guard: a new one learns all

    def _start(self) -> None:
        first = self._process is None
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
            pass_fds=tuple(self._keep_open),
            cwd="/",
        )
        for entry in self._entries:
            self._write("+", entry)
        if first:
            atexit.register(self._close)

    def _write(self, sign: str, entry: tuple[str | int, ...]) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([sign, *entry]) + "\n")
        self._process.stdin.flush()

    def _close(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            with self._lock, contextlib.suppress(BrokenPipeError):
                self._closed = True
                self._process.stdin.close()
            self._process.wait()


guard = Guard()


def _entries_left() -> list[list[str | int]]:
    left: list[list[str | int]] = []
    for line in sys.stdin:
        try:
            sign, *entry = json.loads(line)
        except ValueError:  # the parent died in the middle of a line
            continue
        left.append(entry) if sign == "+" else left.remove(entry)
    return left


def _signal_group(group: int, number: int) -> bool:
    """Signals a group. Returns False when the group is gone."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    return True


def _clean(left: list[list[str | int]]) -> None:
    groups = [(int(entry[1]), int(entry[2])) for entry in left if entry[0] == "group"]
    for group, number in groups:
        _signal_group(group, number)
    deadline = time.monotonic() + GRACE_S
    while any(_signal_group(group, 0) for group, _ in groups) and time.monotonic() < deadline:
        time.sleep(0.05)
    for group, _ in groups:
        _signal_group(group, signal.SIGKILL)
    for entry in left:
        if entry[0] == "command":
            subprocess.run([str(word) for word in entry[1:]], check=False, timeout=60)
        elif entry[0] == "folder":
            shutil.rmtree(str(entry[1]), ignore_errors=True)


if __name__ == "__main__":
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    _clean(_entries_left())
