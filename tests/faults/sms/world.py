"""Two of each process of reports and notify, and a provider that fails by rates and can be asked."""

from collections.abc import Mapping, Sequence
from typing import Any

import requests
from tests.faults.world import Seat, World

from devstack.sms_stand_in import NAME

SEATS = (
    Seat("identity", "serve"),
    Seat("identity", "work"),
    Seat("reports", "serve"),
    Seat("reports", "serve", 2, proxied=True),
    Seat("reports", "work"),
    Seat("reports", "work", 2, proxied=True),
    Seat("notify", "serve"),
    Seat("notify", "work"),
    Seat("notify", "work", 2, proxied=True),
)
PROVIDERS = ("unifonic", "taqnyat")
# What goes wrong of all calls, as the issue has it. Nothing is taken once: a message that is sent twice shows twice.
RATES = {"accept-then-timeout": 0.10, "503": 0.05, "reset": 0.02}
MISBEHAVES: Mapping[str, Any] = {
    "rates": RATES,
    "once": False,
    "query": True,
    "hold_seconds": 4,
    "lost": 0.3,  # of the receipts
    "repeated": 0.2,
}
# The times of notify, shortened; in the same order as those of operation.
TIMES = {
    "PROVIDER_TIMEOUT_SECONDS": "2",
    "LEASE_SECONDS": "8",
    "ASK_AFTER_SECONDS": "0.5",
    "SETTLE_SECONDS": "3",
    "RETRY_SECONDS": "2",
    "RETRIES": "500",
    "RECEIPT_WAIT_SECONDS": "20",
    "BREAKER_PROBE_SECONDS": "1",
    "SENDING_POLL_SECONDS": "0.1",
    "UNIFONIC_ONCE": "false",
    "TAQNYAT_ONCE": "false",
}


class SmsWorld(World):
    """Starts with `with`; `misbehave` tells the providers what to do wrong."""

    seating: Sequence[Seat] = SEATS

    def misbehave(self, **changes: Mapping[str, Any]) -> None:
        """Both providers as in `MISBEHAVES`, and a provider by its name as the changes say besides."""
        wanted = {
            name: {**MISBEHAVES, "dead": False, **changes.get(name, {})} for name in PROVIDERS
        }
        assert self.sms is not None
        requests.post(f"{self.sms.url}/faults", json=wanted, timeout=10).raise_for_status()

    def ledger(self) -> list[dict[str, Any]]:
        """What the providers have accepted, in the order of acceptance."""
        assert self.sms is not None
        answer = requests.get(f"{self.sms.url}/ledger", timeout=60)
        answer.raise_for_status()
        rows: list[dict[str, Any]] = answer.json()
        return rows

    def provider_is_back(self) -> None:
        """After a kill: it has read its ledger, and knows nothing of what it was told to do wrong."""
        assert self.sms is not None
        self.supervisor.wait_ready(NAME, f"{self.sms.url}/readyz")
        self.misbehave()

    def _watch_effects(self) -> None:
        """The ledger shows the effects."""

    def _start_services(self) -> None:
        assert self.sms is not None
        assert self._data is not None
        self.sms.start(self.supervisor, self._data, self.environment("notify"))
        super()._start_services()
        self.misbehave()

    def _seat_environment(self, seat: Seat) -> dict[str, str]:
        found = super()._seat_environment(seat)
        if seat.service == "notify":
            found |= {f"NOTIFY_{name}": value for name, value in TIMES.items()}
        return found
