"""Carries out faults and heals them. Only processes that the harness started are killed."""

import contextlib
import os
import random
import signal
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from devstack.machine import StartError

from .nemesis import Fault, pause
from .proxy import Proxy, Toxic

if TYPE_CHECKING:
    from .world import World

ANSWERS_S = 60.0
STARTS = 5  # tries, a minute each
TERMINATE = """SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE usename = ANY(%s) AND random() < 0.5"""
SIGNALS = {
    "sigkill": signal.SIGKILL,
    "sigterm": signal.SIGTERM,
    "sigstop": signal.SIGSTOP,
}
# What a fault `database-…` or `broker-…` does to the proxy.
TOXICS = {
    "latency": Toxic(kind="latency", milliseconds=150, jitter_ms=100),
    "down": Toxic(kind="down"),
    "timeout": Toxic(kind="timeout"),
    "reset": Toxic(kind="reset_peer"),
    "bandwidth": Toxic(kind="bandwidth", kilobytes_per_s=40),
    "slicer": Toxic(kind="slicer", size=64, milliseconds=2),
}


class Breaking:
    """Carries out one fault after another.

    A kind is `<signal>-<service>-<role>`, where the role «worker» is a worker of a web process; `database-<toxic>` or
    `broker-<toxic>`; or a name in the table. `more`: faults that only this world has.
    """

    def __init__(
        self, world: "World", more: Mapping[str, Callable[[Fault], str]] | None = None
    ) -> None:
        self._world = world
        self._faults: dict[str, Callable[[Fault], str]] = {
            "postgres-kill": self._kill_postgres,
            "terminate-backends": self._terminate_backends,
            "disk-full": self._fill_disk,
            "kafka-kill": self._kill_kafka,
            "kafka-down": self._stop_kafka,
            "kafka-freeze": self._freeze_kafka,
            "sigkill-provider": self._kill_provider,
            **(more or {}),
        }

    def carry_out(self, fault: Fault) -> str:
        """Breaks, waits, heals. Returns a few words about what was broken."""
        if fault.kind in self._faults:
            return self._faults[fault.kind](fault)
        how, _, what = fault.kind.partition("-")
        if how in ("database", "broker"):
            proxy = self._world.database_proxy if how == "database" else self._world.broker_proxy
            return _through(proxy, TOXICS[what], fault.seconds)
        service, _, role = what.rpartition("-")
        if role == "worker":
            return self._kill_worker_of(service, fault)
        return self._signal(SIGNALS[how], service, role, fault)

    def _kill_worker_of(self, service: str, fault: Fault) -> str:
        """Kills a worker in the middle of its requests; after the kill of its arbiter a worker ends in good order."""
        seats = self._world.seats(service, "serve")
        seat = seats[fault.pick % len(seats)]
        process = self._world.supervisor.process(seat.name)
        return f"{seat.name}: worker {kill_a_child(process.child.pid, fault.pick)}"

    def _signal(self, number: signal.Signals, service: str, role: str, fault: Fault) -> str:
        """Signals the process that has run longest: a process that has only just started has nothing to lose."""
        supervisor = self._world.supervisor
        seats = self._world.seats(service, role)
        seat = min(seats, key=lambda one: supervisor.process(one.name).started)
        process = supervisor.process(seat.name)
        process.pause_s = 0.5  # the process isn't to blame
        if number == signal.SIGSTOP:
            freeze(process.child.send, fault.seconds)
        else:
            # Not `kill`, which waits for the end: a new process may run before the end is noticed.
            process.child.send(number)
        return seat.name

    def _kill_provider(self, _fault: Fault) -> str:
        """Kills the provider's stand-in, which reads its ledger again and has forgotten what to do wrong."""
        name, url = self._world.provider
        process = self._world.supervisor.process(name)
        process.pause_s = 0.5
        process.child.send(signal.SIGKILL)
        pause(1.0)
        self._world.supervisor.wait_ready(name, f"{url}/readyz")
        self._world.misbehave()
        return name

    def _kill_postgres(self, fault: Fault) -> str:
        self._world.postgres.kill()
        pause(fault.seconds)
        back(self._world.postgres.start_again)
        return "the whole server"

    def _terminate_backends(self, _fault: Fault) -> str:
        with psycopg.connect(self._world.admin, autocommit=True, connect_timeout=10) as connection:
            roles = [room.package for room in self._world.services.values()]
            row = connection.execute(TERMINATE, [roles]).fetchone()
        return f"{row[0] if row else 0} backends"

    def _kill_kafka(self, fault: Fault) -> str:
        self._world.kafka.kill()
        pause(fault.seconds)
        back(self._world.kafka.start_again)
        return "the broker"

    def _fill_disk(self, fault: Fault) -> str:
        disk, ballast = self._world.disk, self._world.ballast
        if disk is None:
            return "left out: no small disk could be mounted"
        try:
            _fill(ballast)
            pause(fault.seconds)
        finally:
            ballast.unlink(missing_ok=True)
        return "filled, and emptied; " + self._await_postgres()

    def _await_postgres(self) -> str:
        """Waits for PostgreSQL. A server that could not write its log has ended and is started again."""
        deadline, said = time.monotonic() + ANSWERS_S, "it lived on"
        while True:
            try:
                psycopg.connect(self._world.admin, connect_timeout=2).close()
                return said
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
            with contextlib.suppress(RuntimeError):  # it runs, and recovers
                self._world.postgres.start_again()
                said = "it had ended, and was started again"
            pause(0.1)

    def _stop_kafka(self, fault: Fault) -> str:
        self._world.kafka.stop()
        pause(fault.seconds)
        back(self._world.kafka.start_again)
        return "the broker, in good order"

    def _freeze_kafka(self, fault: Fault) -> str:
        """Freezes the broker: connections stay open without an answer, until their senders have given up."""
        pid = self._world.kafka.pid
        assert pid is not None  # it's ours
        freeze(partial(os.kill, pid), fault.seconds)
        return "the broker"


def back(start_again: Callable[[], None]) -> None:
    """Starts a server again, however long a busy machine takes: without the server the run waits for nothing.

    Raises StartError when the server won't come back.
    """
    for _ in range(STARTS - 1):
        with contextlib.suppress(StartError):
            start_again()
            return
    start_again()


def freeze(send: Callable[[signal.Signals], None], seconds: float) -> None:
    """Stops a process for a while. The process goes on afterwards, on every way out."""
    send(signal.SIGSTOP)
    try:
        pause(seconds)
    finally:
        send(signal.SIGCONT)


def _through(proxy: Proxy, bad: Toxic, seconds: float) -> str:
    proxy.add(bad)
    try:
        pause(seconds)
    finally:
        proxy.clear()
    return f"{proxy.connections} connections"


def kill_a_child(parent: int, pick: int) -> str:
    """kill -9 to one worker of a web process of ours."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    if not children:
        return "none there"
    child = int(children[pick % len(children)])
    with contextlib.suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)
    return str(child)


def _fill(ballast: Path) -> None:
    """Fills the disk until not a byte is left."""
    with ballast.open("wb") as file, contextlib.suppress(OSError):
        space = os.statvfs(ballast.parent)
        os.posix_fallocate(file.fileno(), 0, space.f_bavail * space.f_frsize)
        for size in (1 << 20, 1 << 12):
            while True:
                os.write(file.fileno(), random.randbytes(16) * (size // 16))
