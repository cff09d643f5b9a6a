"""What breaks here, and how."""

import signal
from collections.abc import Callable

from tests.faults.breaking import BreakingBackends
from tests.faults.nemesis import MOMENT, Fault, Lanes, pause

from devstack.bill_stand_in import NAME

from .world import BillWorld

LANES: Lanes = {
    "processes": {
        "sigkill-payments-serve": MOMENT,
        "sigkill-worker": MOMENT,
        "sigkill-payments-work": MOMENT,
        "sigstop-payments-work": ((3.0, 4.0), (3.0, 5.0)),
        "sigterm-payments-work": MOMENT,
    },
    "database": {"postgres-kill": ((1.0, 2.0), (1.0, 5.0)), "terminate-backends": MOMENT},
    "broker": {"kafka-kill": ((1.0, 2.0), (1.0, 10.0))},
    "provider": {"sigkill-provider": MOMENT},
}


class BillBreaking(BreakingBackends):
    """Does one fault after another; `of` answers a few words about it."""

    def __init__(self, world: BillWorld) -> None:
        self._world = world

    def of(self, fault: Fault) -> str:
        """Breaks, waits, heals."""
        does: dict[str, Callable[[Fault], str]] = {
            "sigkill-worker": lambda one: self._kill_worker_of("payments", one),
            "sigkill-provider": self._kill_provider,
            "postgres-kill": self._kill_postgres,
            "terminate-backends": self._terminate_backends,
            "kafka-kill": self._kill_kafka,
        }
        if fault.kind in does:
            return does[fault.kind](fault)
        return self._signal_seat(fault.kind, fault)

    def _kill_provider(self, _fault: Fault) -> str:
        process = self._world.supervisor.process(NAME)
        process.pause_s = 0.5
        process.child.send(signal.SIGKILL)
        pause(1.0)
        self._world.provider_is_back()
        return "the bill system"
