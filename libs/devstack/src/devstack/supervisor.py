"""A supervisor: one log for many processes, health, and a restart of what falls over."""

import re
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TextIO

import requests

from devstack.child_process import Child
from devstack.machine import StartError

ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
QUOTED_LINES = 20
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
HEALTHY_AFTER_S = 30.0
# For so long the last lines of a process that has ended may still be in its pipe.
LAST_LINES_S = 5.0
# A whole system starts some twenty interpreters at once, on two cores, beside whatever else runs there.
READY_S = 240.0


@dataclass(eq=False)
class Process:
    """One supervised process and what is known of it."""

    name: str
    child: Child
    keep: bool = False
    recent: deque[str] = field(default_factory=lambda: deque(maxlen=QUOTED_LINES))
    drained: threading.Event = field(default_factory=threading.Event)
    pause_s: float = FIRST_PAUSE_S
    started: float = 0.0

    def await_last_lines(self) -> None:
        """Waits until a process that has ended is read to its end."""
        if not self.child.alive:
            self.drained.wait(LAST_LINES_S)

    def quote(self) -> str:
        self.await_last_lines()
        return "\n".join(f"  {line}" for line in tuple(self.recent)) or "  (it wrote nothing)"


class Supervisor:
    """Writes every line of every process as "name | line" to `log`, and to `echo` if given.

    `changed` is called in a thread when a process was restarted, so that a caller who published its pid
    can do so again.
    """

    def __init__(
        self, log: Path, *, echo: TextIO | None = None, changed: Callable[[], None] | None = None
    ) -> None:
        self._log: TextIO | None = log.open("a", encoding="utf-8", buffering=1)
        self._echo = echo
        self._changed = changed
        self._processes: dict[str, Process] = {}
        self._stopping = threading.Event()
        self._writing = threading.Lock()
        self._launching = threading.Lock()

    def start(
        self,
        name: str,
        command: Sequence[str],
        env: Mapping[str, str],
        *,
        cwd: Path | None = None,
        nice: int = 0,
    ) -> Process:
        """Starts it and returns at once."""
        process = Process(name, Child(command, env=env, cwd=cwd, nice=nice))
        process.child.on_output = lambda pipe: self._follow(process, pipe)
        process.child.on_exit = lambda code: self._restart_later(process, code)
        self._processes[name] = process
        self._launch(process)
        return process

    def keep(self, name: str) -> None:
        """Starts the process again whenever it ends from now on, after a pause of 0.5 to 30 s."""
        process = self._processes[name]
        process.keep = True
        self._launch(process)  # it may have ended just now

    def run(
        self,
        name: str,
        command: Sequence[str],
        env: Mapping[str, str],
        *,
        cwd: Path | None = None,
        seconds: float = 120,
    ) -> None:
        """Runs it to its end. Raises StartError, with the end of its output, when it fails or takes
        longer.
        """
        process = self.start(name, command, env, cwd=cwd)
        ended = process.child.wait(seconds)
        if not ended:
            process.child.kill()
        process.await_last_lines()
        self._processes.pop(name, None)
        if not ended or process.child.exit_code:
            fault = (
                f"ended with {process.child.exit_code}" if ended else f"took over {seconds:.0f} s"
            )
            raise StartError(f"`{' '.join(command)}` ({name}) {fault}:\n{process.quote()}")

    def wait_ready(self, name: str, url: str, *, seconds: float = READY_S) -> None:
        """Polls `url` until it answers 200. Raises StartError when the time is over, or when it
        ended for good.
        """
        process = self._processes[name]
        deadline = time.monotonic() + seconds
        said = "no connection"
        while (process.keep or process.child.alive) and time.monotonic() < deadline:
            try:
                answer = requests.get(url, timeout=2)
                if answer.status_code == requests.codes.ok:
                    return
                said = f"{answer.status_code} {answer.text[:300]}"
            except requests.RequestException as error:
                said = type(error).__name__
            time.sleep(0.1)
        fault = f"ended with {process.child.exit_code}"
        if process.child.alive:
            fault = f"isn't ready after {seconds:.0f} s ({url}: {said})"
        raise StartError(f"{name} {fault}; its output ends:\n{process.quote()}")

    def pids(self) -> dict[str, int]:
        return {name: one.child.pid for name, one in self._processes.items() if one.child.alive}

    def process(self, name: str) -> Process:
        return self._processes[name]

    def stop(self, seconds: float = 15.0) -> None:
        """SIGTERM to all at once; SIGKILL to the processes that are left after `seconds`. No process is
        started after this.
        """
        with self._launching:
            self._stopping.set()
        processes = list(self._processes.values())
        for process in processes:
            process.child.send(signal.SIGTERM)
        deadline = time.monotonic() + seconds
        for process in processes:
            if not process.child.wait(max(0.0, deadline - time.monotonic())):
                self._write(process.name, f"did not stop within {seconds:.0f} s: killed")
                process.child.kill()
        deadline = time.monotonic() + LAST_LINES_S
        for process in processes:
            process.drained.wait(max(0.0, deadline - time.monotonic()))
        with self._writing:
            if self._log is not None:
                self._log.close()
                self._log = None

    def _launch(self, process: Process) -> None:
        """Starts the process, unless it runs already or everything is being stopped."""
        with self._launching:
            if self._stopping.is_set() or process.child.alive:
                return
            process.started = time.monotonic()
            process.drained = threading.Event()
            process.child.start()
            if process.keep and self._changed is not None:
                self._changed()

    def _restart_later(self, process: Process, code: int) -> None:
        if self._stopping.is_set() or not process.keep:
            return
        if time.monotonic() - process.started > HEALTHY_AFTER_S:
            process.pause_s = FIRST_PAUSE_S
        self._write(process.name, f"ended with {code}: starting again in {process.pause_s} s")
        if self._stopping.wait(process.pause_s):
            return
        process.pause_s = min(process.pause_s * 2, LONGEST_PAUSE_S)
        if process.keep:  # it may have been dismissed while it waited
            self._launch(process)

    def _follow(self, process: Process, pipe: IO[bytes]) -> None:
        drained = process.drained
        with pipe:
            for raw in pipe:
                line = ANSI.sub("", raw.decode("utf-8", "replace")).rstrip()
                process.recent.append(line)
                self._write(process.name, line)
        drained.set()

    def _write(self, name: str, line: str) -> None:
        with self._writing:
            for stream in (self._log, self._echo):
                if stream is not None:
                    stream.write(f"{name} | {line}\n")
                    stream.flush()
