"""What breaks here, and how."""

import signal
from collections.abc import Callable

from tests.faults.breaking import BreakingBackends, freeze, kill_a_child
from tests.faults.nemesis import MOMENT, Fault, Lanes

from .world import FeedWorld

LANES: Lanes = {
    "processes": {
        "sigkill-writer": MOMENT,
        "sigkill-gateway-work": MOMENT,
        "sigkill-gateway-worker": MOMENT,
        "sigterm-gateway-work": MOMENT,
        "sigstop-gateway-work": ((2.0, 4.0), (3.0, 12.0)),
    },
    "database": {
        "postgres-kill": ((1.0, 2.0), (1.0, 5.0)),
        "terminate-backends": MOMENT,
    },
}
GATEWAY = "partner-gateway"


class FeedBreaking(BreakingBackends):
    """Does one fault after another; `of` answers a few words about it."""

    def __init__(self, world: FeedWorld, writers: list[str]) -> None:
        self._world = world
        self._writers = writers

    def of(self, fault: Fault) -> str:
        """Breaks, waits, heals."""
        does: dict[str, Callable[[Fault], str]] = {
            "sigkill-writer": self._kill_writer,
            "sigkill-gateway-worker": self._kill_worker,
            "postgres-kill": self._kill_postgres,
            "terminate-backends": self._terminate_backends,
        }
        return does.get(fault.kind, self._signal_work)(fault)

    def _kill_writer(self, fault: Fault) -> str:
        name = self._writers[fault.pick % len(self._writers)]
        process = self._world.supervisor.process(name)
        process.pause_s = 0.2
        process.child.send(signal.SIGKILL)
        return name

    def _kill_worker(self, fault: Fault) -> str:
        """In the middle of its answers and with those who wait."""
        seats = self._world.seats(GATEWAY, "serve")
        seat = seats[fault.pick % len(seats)]
        process = self._world.supervisor.process(seat.name)
        return f"{seat.name}: worker {kill_a_child(process.child.pid, fault.pick)}"

    def _signal_work(self, fault: Fault) -> str:
        seats = self._world.seats(GATEWAY, "work")
        seat = seats[fault.pick % len(seats)]
        process = self._world.supervisor.process(seat.name)
        process.pause_s = 0.5
        how = fault.kind.partition("-")[0]
        if how == "sigstop":
            freeze(process.child.send, fault.seconds)
        else:
            process.child.send({"sigkill": signal.SIGKILL, "sigterm": signal.SIGTERM}[how])
        return seat.name
