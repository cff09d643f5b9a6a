"""What breaks here, and how."""

from tests.faults.bills.breaking import BillBreaking
from tests.faults.nemesis import MOMENT, Fault, Lanes

GATEWAY = "partner-gateway"
LANES: Lanes = {
    "processes": {
        "sigkill-partner-gateway-serve": MOMENT,
        "sigkill-gateway-worker": MOMENT,
        "sigkill-partner-gateway-work": MOMENT,
        "sigkill-licences-work": MOMENT,
        "sigkill-payments-work": MOMENT,
        "sigkill-payments-serve": MOMENT,
        "sigstop-licences-work": ((3.0, 4.0), (3.0, 8.0)),
        "sigterm-licences-work": MOMENT,
    },
    "database": {"postgres-kill": ((1.0, 2.0), (1.0, 5.0)), "terminate-backends": MOMENT},
    "broker": {"kafka-kill": ((1.0, 2.0), (1.0, 10.0))},
    "provider": {"sigkill-provider": MOMENT},
}


class LicenceBreaking(BillBreaking):
    """Does one fault after another; `of` answers a few words about it."""

    def of(self, fault: Fault) -> str:
        """Breaks, waits, heals."""
        if fault.kind == "sigkill-gateway-worker":
            return self._kill_worker_of(GATEWAY, fault)
        return super().of(fault)
