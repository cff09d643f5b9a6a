"""What breaks here, and how."""

import signal
from collections.abc import Callable

from tests.faults.breaking import BreakingBackends
from tests.faults.nemesis import MOMENT, Fault, Lanes

from .world import FeedWorld

LANES: Lanes = {
    "processes": {
        "sigkill-writer": MOMENT,
        "sigkill-partner-gateway-work": MOMENT,
        "sigkill-worker": MOMENT,
        "sigterm-partner-gateway-work": MOMENT,
        "sigstop-partner-gateway-work": ((2.0, 4.0), (3.0, 12.0)),
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
            "sigkill-worker": lambda one: self._kill_worker_of(GATEWAY, one),
            "postgres-kill": self._kill_postgres,
            "terminate-backends": self._terminate_backends,
        }
        if fault.kind in does:
            return does[fault.kind](fault)
        return self._signal_seat(fault.kind, fault)

    def _kill_writer(self, fault: Fault) -> str:
        name = self._writers[fault.pick % len(self._writers)]
        process = self._world.supervisor.process(name)
        process.pause_s = 0.2
        process.child.send(signal.SIGKILL)
        return name
