"""What breaks here, and how."""

import signal
from collections.abc import Callable

from tests.faults.breaking import BreakingBackends, freeze, kill_a_child
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
            "sigkill-worker": self._kill_worker,
            "sigkill-provider": self._kill_provider,
            "postgres-kill": self._kill_postgres,
            "terminate-backends": self._terminate_backends,
            "kafka-kill": self._kill_kafka,
        }
        if fault.kind in does:
            return does[fault.kind](fault)
        how, service, role = fault.kind.split("-")
        return self._signal(how, service, role, fault=fault)

    def _signal(self, how: str, service: str, role: str, *, fault: Fault) -> str:
        supervisor = self._world.supervisor
        seats = self._world.seats(service, role)
        seat = min(seats, key=lambda one: supervisor.process(one.name).started)
        process = supervisor.process(seat.name)
        process.pause_s = 0.5  # it isn't the process that's to blame
        if how == "sigstop":
            freeze(process.child.send, fault.seconds)
        else:
            process.child.send({"sigkill": signal.SIGKILL, "sigterm": signal.SIGTERM}[how])
        return seat.name

    def _kill_worker(self, fault: Fault) -> str:
        """In the middle of its notices; a worker whose arbiter is killed ends in good order."""
        (seat,) = self._world.seats("payments", "serve")
        process = self._world.supervisor.process(seat.name)
        return f"{seat.name}: worker {kill_a_child(process.child.pid, fault.pick)}"

    def _kill_provider(self, _fault: Fault) -> str:
        process = self._world.supervisor.process(NAME)
        process.pause_s = 0.5
        process.child.send(signal.SIGKILL)
        pause(1.0)
        self._world.provider_is_back()
        return "the bill system"
