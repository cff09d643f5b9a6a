"""One child process: a group of its own, and gone when this process is gone, however that ends."""

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from devstack.guard import guard

LAUNCHER = str(Path(__file__).with_name("launcher.py"))


@dataclass(eq=False)
class Child:
    """A program to run; nothing happens before `start`.

    `log` takes its output; without it `on_output` is given the pipe, in a thread. `account` is the
    (uid, gid) it runs as. `stop_signal` asks it to end in good order; it's also sent when this
    process dies. `nice`: how far it leaves the processor to others. `on_exit` is called with the
    exit code (negative: the signal) in a thread, after the whole group has ended.
    """

    command: Sequence[str]
    env: Mapping[str, str] | None = None
    cwd: Path | None = None
    log: Path | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    account: tuple[int, int] = (-1, -1)
    nice: int = 0
    on_output: Callable[[IO[bytes]], None] | None = None
    on_exit: Callable[[int], None] | None = None
    _process: subprocess.Popen[bytes] | None = None
    _ended: threading.Event = field(default_factory=threading.Event)

    @property
    def pid(self) -> int:
        """Returns the number of the running process, else of the last process."""
        if self._process is None:
            raise RuntimeError(f"{self.command[0]} was not started")
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process is not None and not self._ended.is_set()

    @property
    def exit_code(self) -> int | None:
        return self._process.returncode if self._process is not None else None

    def start(self) -> None:
        """Starts it, also again after it ended."""
        if self.alive:
            raise RuntimeError(f"{self.command[0]} still runs with pid {self.pid}")
        self._ended = threading.Event()
        self._process = process = _in_forking_thread(self._fork)
        guard.watch("group", process.pid, int(self.stop_signal))
        if self.on_output is not None and process.stdout is not None:
            _thread(self.on_output, process.stdout)
        _thread(self._await_exit, process, self._ended)

    def send(self, number: signal.Signals) -> None:
        """Sends a signal to the whole group, and to nobody after the end."""
        if self.alive:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, number)

    def wait(self, seconds: float | None = None) -> bool:
        """Waits for the end. Returns whether the process has ended."""
        return self._process is None or self._ended.wait(seconds)

    def stop(self, seconds: float = 15.0) -> None:
        """Asks it to end, and ends it after `seconds`."""
        self.send(self.stop_signal)
        if not self.wait(seconds):
            self.kill()

    def kill(self) -> None:
        """Kills as kill -9 does, and waits for the end."""
        self.send(signal.SIGKILL)
        self.wait()

    def _fork(self) -> subprocess.Popen[bytes]:
        words = [os.getpid(), int(self.stop_signal), *self.account, self.nice]
        output: IO[bytes] | int = subprocess.PIPE if self.on_output else subprocess.DEVNULL
        with contextlib.ExitStack() as files:
            if self.log is not None:
                output = files.enter_context(self.log.open("ab"))
            return subprocess.Popen(
                [sys.executable, "-I", "-S", LAUNCHER, *map(str, words), *self.command],
                env=self.env,
                cwd=self.cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _await_exit(self, process: subprocess.Popen[bytes], ended: threading.Event) -> None:
        # The leader stays a zombie while the rest of its group is ended, so that the number can't
        # belong to anybody else.
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        code = process.wait()
        guard.forget("group", process.pid, int(self.stop_signal))
        ended.set()
        if self.on_exit is not None:
            self.on_exit(code)


def _thread(target: Callable[..., None], *arguments: object) -> None:
    threading.Thread(target=target, args=arguments, daemon=True).start()


# The kernel sends the death signal when the *thread* that forked ends. So one thread forks for all,
# and never ends.
_Fork = Callable[[], subprocess.Popen[bytes]]
_forks: queue.SimpleQueue[tuple[_Fork, Future[subprocess.Popen[bytes]]]] = queue.SimpleQueue()
_forking: list[threading.Thread] = []
_forking_lock = threading.Lock()


def _in_forking_thread(fork: _Fork) -> subprocess.Popen[bytes]:
    with _forking_lock:
        if not _forking:
            _forking.append(threading.Thread(target=_fork_for_ever, daemon=True))
            _forking[0].start()
    answer: Future[subprocess.Popen[bytes]] = Future()
    _forks.put((fork, answer))
    return answer.result()


def _fork_for_ever() -> None:
    while True:
        fork, answer = _forks.get()
        try:
            answer.set_result(fork())
        except OSError as error:
            answer.set_exception(error)
