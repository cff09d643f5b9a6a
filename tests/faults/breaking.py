"""How each fault is done and undone. Only what the harness started itself is killed."""

import contextlib
import os
import random
import signal
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import psycopg

from devstack.machine import StartError

from .injections import Injections
from .nemesis import Fault, pause
from .proxy import Proxy, Toxic
from .world import Seat, World

EXTRA = Seat("partner-gateway", "work", 9)
ANSWERS_S = 60.0
STARTS = 5  # tries, a minute each
TERMINATE = """SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE usename = ANY(%s) AND random() < 0.5"""
_REFUSE = "CREATE TRIGGER faults_refuse BEFORE INSERT ON access_log FOR EACH ROW EXECUTE FUNCTION faults_refuse()"


def toxic(kind: str) -> Toxic:
    """The toxic of a fault `database-…` or `broker-…`."""
    return {
        "latency": Toxic(kind="latency", milliseconds=150, jitter_ms=100),
        "down": Toxic(kind="down"),
        "timeout": Toxic(kind="timeout"),
        "reset": Toxic(kind="reset_peer"),
        "bandwidth": Toxic(kind="bandwidth", kilobytes_per_s=40),
        "slicer": Toxic(kind="slicer", size=64, milliseconds=2),
    }[kind]


class BreakingBackends:
    """The faults of PostgreSQL and Kafka that every world has."""

    _world: World

    def _kill_postgres(self, fault: Fault) -> str:
        self._world.postgres.kill()
        pause(fault.seconds)
        back(self._world.postgres.start_again)
        return "the whole server"

    def _terminate_backends(self, _fault: Fault) -> str:
        with psycopg.connect(self._world.admin, autocommit=True, connect_timeout=10) as connection:
            roles = [room.package for room in self._world.rooms.values()]
            row = connection.execute(TERMINATE, [roles]).fetchone()
        return f"{row[0] if row else 0} backends"

    def _kill_kafka(self, fault: Fault) -> str:
        self._world.kafka.kill()
        pause(fault.seconds)
        back(self._world.kafka.start_again)
        return "the broker"

    def _signal_seat(self, kind: str, fault: Fault) -> str:
        """`<how>-<service>-<role>`, as faults are called. The process that has run longest: one that has only just
        started has nothing to lose."""
        how, _, whom = kind.partition("-")
        service, _, role = whom.rpartition("-")
        supervisor = self._world.supervisor
        seats = self._world.seats(service, role)
        seat = min(seats, key=lambda one: supervisor.process(one.name).started)
        process = supervisor.process(seat.name)
        process.pause_s = 0.5  # it isn't the process that's to blame
        if how == "sigstop":
            freeze(process.child.send, fault.seconds)
        else:
            # Not `kill`, which waits for the end: it may be running again before that's noticed.
            process.child.send({"sigkill": signal.SIGKILL, "sigterm": signal.SIGTERM}[how])
        return seat.name

    def _kill_worker_of(self, service: str, fault: Fault) -> str:
        """In the middle of its requests; a worker whose arbiter is killed ends in good order."""
        seats = self._world.seats(service, "serve")
        seat = seats[fault.pick % len(seats)]
        process = self._world.supervisor.process(seat.name)
        return f"{seat.name}: worker {kill_a_child(process.child.pid, fault.pick)}"


class Breaking(BreakingBackends):
    """Does one fault after another; `of` answers a few words about it."""

    def __init__(self, world: World, injections: Injections) -> None:
        self._world = world
        self._injections = injections

    def of(self, fault: Fault) -> str:
        """Breaks, waits, heals."""
        where, _, what = fault.kind.partition("-")
        if where in ("sigkill", "sigstop", "sigterm"):
            return self._signal(where, what, fault)
        if where in ("database", "broker"):
            proxies = {"database": self._world.database_proxy, "broker": self._world.broker_proxy}
            return _through(proxies[where], toxic(what), fault.seconds)
        if fault.lane == "events":
            return self._injections.of(fault)
        does: dict[str, Callable[[Fault], str]] = {
            "rebalance": self._rebalance,
            "postgres-kill": self._kill_postgres,
            "terminate-backends": self._terminate_backends,
            "disk-full": self._fill_disk,
            "record-refused": self._refuse_record,
            "kafka-kill": self._kill_kafka,
            "kafka-down": self._stop_kafka,
            "kafka-freeze": self._freeze_kafka,
        }
        return does[fault.kind](fault)

    def _signal(self, how: str, whom: str, fault: Fault) -> str:
        seats = {
            "relay": self._world.seats("permits", "work"),
            "consumer": self._world.seats("partner-gateway", "work"),
            "serve": self._world.seats("permits", "serve"),
            "worker": self._world.seats("permits", "serve")[:1],
            "work": [*self._world.seats("permits", "work"), *self._world.seats("partner-gateway", "work")],
        }[whom]  # fmt: skip
        # The process that has run longest: a process that has only just started has nothing to lose.
        seat = min(seats, key=lambda one: self._world.supervisor.process(one.name).started)
        process = self._world.supervisor.process(seat.name)
        process.pause_s = 0.5  # it isn't the process that's to blame
        if whom == "worker":
            return f"{seat.name}: worker {kill_a_child(process.child.pid, fault.pick)}"
        if how == "sigstop":
            freeze(process.child.send, fault.seconds)
        elif how == "sigkill":
            # Not `kill`, which waits for the end: it may be running again before that's noticed.
            process.child.send(signal.SIGKILL)
        else:
            process.child.send(signal.SIGTERM)
        return seat.name

    def _rebalance(self, fault: Fault) -> str:
        self._world.launch(EXTRA)
        pause(fault.seconds)
        if fault.pick % 2:
            self._world.supervisor.process(EXTRA.name).child.send(signal.SIGKILL)
            return "one more consumer came, and was killed"
        self._world.dismiss(EXTRA)
        return "one more consumer came, and left"

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
        """A server that could not write its log has ended, as its operator would find out."""
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

    def _refuse_record(self, fault: Fault) -> str:
        """The gateway can't write its record of queries, and so may not answer."""
        self._sql("partner_gateway", _REFUSE)
        pause(fault.seconds)
        self._sql("partner_gateway", "DROP TRIGGER faults_refuse ON access_log")
        return "no record could be written"

    def _sql(self, database: str, statement: str) -> None:
        with psycopg.connect(
            f"{self._world.admin} dbname={database}", autocommit=True
        ) as connection:
            connection.execute(statement)

    def _stop_kafka(self, fault: Fault) -> str:
        self._world.kafka.stop()
        pause(fault.seconds)
        back(self._world.kafka.start_again)
        return "the broker, in good order"

    def _freeze_kafka(self, fault: Fault) -> str:
        """Its connections stay open without an answer; requests under way are done when their senders have given up."""
        pid = self._world.kafka.pid
        assert pid is not None  # it's ours
        freeze(partial(os.kill, pid), fault.seconds)
        return "the broker"


def back(start_again: Callable[[], None]) -> None:
    """Starts a server again, however long a busy machine takes: without it the rest of the run would wait for nothing.
    Raises StartError when it won't come back."""
    for _ in range(STARTS - 1):
        with contextlib.suppress(StartError):
            start_again()
            return
    start_again()


def freeze(send: Callable[[signal.Signals], None], seconds: float) -> None:
    """It goes on afterwards, on every way out."""
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
    """Until not a byte is left."""
    with ballast.open("wb") as file, contextlib.suppress(OSError):
        space = os.statvfs(ballast.parent)
        os.posix_fallocate(file.fileno(), 0, space.f_bavail * space.f_frsize)
        for size in (1 << 20, 1 << 12):
            while True:
                os.write(file.fileno(), random.randbytes(16) * (size // 16))
