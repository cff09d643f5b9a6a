"""What breaks here, and how."""

import signal
from collections.abc import Callable

from tests.faults.breaking import BreakingBackends
from tests.faults.nemesis import MOMENT, Fault, Lanes, pause

from devstack.sms_stand_in import NAME

from .world import PROVIDERS, SmsWorld

LANES: Lanes = {
    "processes": {
        "sigkill-reports-serve": MOMENT,
        "sigkill-worker": MOMENT,
        "sigkill-reports-work": MOMENT,
        "sigkill-notify-work": MOMENT,
        "sigkill-notify-serve": MOMENT,
        # Shorter than the lease: a process that is frozen for longer may send what another one has sent meanwhile.
        "sigstop-notify-work": ((3.0, 4.0), (3.0, 5.0)),
        "sigterm-notify-work": MOMENT,
    },
    "database": {
        "postgres-kill": ((1.0, 2.0), (1.0, 5.0)),
        "terminate-backends": MOMENT,
    },
    "broker": {"kafka-kill": ((1.0, 2.0), (1.0, 10.0))},
    "provider": {
        "sigkill-provider": MOMENT,
        "dead-provider": ((2.0, 4.0), (4.0, 10.0)),
        "dead-providers": ((1.0, 2.0), (2.0, 6.0)),
    },
}


class SmsBreaking(BreakingBackends):
    """Does one fault after another; `of` answers a few words about it."""

    def __init__(self, world: SmsWorld) -> None:
        self._world = world

    def of(self, fault: Fault) -> str:
        """Breaks, waits, heals."""
        does: dict[str, Callable[[Fault], str]] = {
            "sigkill-worker": lambda one: self._kill_worker_of("reports", one),
            "sigkill-provider": self._kill_provider,
            "dead-provider": lambda one: self._deaden(one, PROVIDERS[one.pick % 2]),
            "dead-providers": lambda one: self._deaden(one, *PROVIDERS),
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
        return "both providers"

    def _deaden(self, fault: Fault, *names: str) -> str:
        self._world.misbehave(**{name: {"dead": True} for name in names})
        try:
            pause(fault.seconds)
        finally:
            self._world.misbehave()
        return " and ".join(names)
