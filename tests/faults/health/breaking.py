"""What breaks here, and how."""

from collections.abc import Callable

from tests.faults.breaking import BreakingBackends
from tests.faults.nemesis import MOMENT, Fault, Lanes

from .world import GATEWAY, HEALTH, HealthWorld

LANES: Lanes = {
    "processes": {
        "sigkill-gateway-worker": MOMENT,
        "sigkill-gateway-work": MOMENT,
        "sigkill-health-work": MOMENT,
        "sigterm-health-work": MOMENT,
        "sigstop-health-work": ((2.0, 4.0), (3.0, 12.0)),
    },
    "database": {"postgres-kill": ((1.0, 2.0), (1.0, 5.0)), "terminate-backends": MOMENT},
    "broker": {"kafka-kill": ((1.0, 2.0), (1.0, 10.0))},
}


class HealthBreaking(BreakingBackends):
    """Does one fault after another; `of` answers a few words about it."""

    def __init__(self, world: HealthWorld) -> None:
        self._world = world

    def of(self, fault: Fault) -> str:
        """Breaks, waits, heals."""
        does: dict[str, Callable[[Fault], str]] = {
            "sigkill-gateway-worker": lambda one: self._kill_worker_of(GATEWAY, one),
            "postgres-kill": self._kill_postgres,
            "terminate-backends": self._terminate_backends,
            "kafka-kill": self._kill_kafka,
        }
        if fault.kind in does:
            return does[fault.kind](fault)
        seat = fault.kind.replace("gateway", GATEWAY).replace("-health-", f"-{HEALTH}-")
        return self._signal_seat(seat, fault)
