"""A web process and two workers of payments, and a bill system that fails by rates and tells everything twice."""

from collections.abc import Mapping, Sequence
from typing import Any

import requests
from tests.faults.world import Seat, World

from chassis.core import contracts
from chassis.events.kafka import create_topics
from devstack.bill_stand_in import NAME

SEATS = (
    Seat("identity", "serve"),
    Seat("payments", "serve"),
    Seat("payments", "work"),
    Seat("payments", "work", 2, proxied=True),
)
TOPIC = "licences.invoice"
# What goes wrong of all calls and notices. No reference is taken once: a bill that is sent twice shows twice.
MISBEHAVES: Mapping[str, Any] = {
    "rates": {
        "accept-then-timeout": 0.08,
        "accept-then-reset": 0.04,
        "accept-then-503": 0.03,
        "503": 0.05,
        "reset": 0.03,
    },
    "once": False,
    "hold_seconds": 4,
    "notice_seconds": 0.1,
    "repeated": 0.4,
    "late": 0.3,
    "late_seconds": 3,
    "twins": 0.2,
    "wrong": 0.05,
}
# The times of payments, shortened; in the same order as those of operation.
TIMES = {
    "PROVIDER_TIMEOUT_SECONDS": "2",
    "LEASE_SECONDS": "8",
    "ASK_AFTER_SECONDS": "0.5",
    "SETTLE_SECONDS": "3",
    "RETRY_SECONDS": "0.5",
    "LONGEST_RETRY_SECONDS": "2",
    "POLL_SECONDS": "0.1",
}


class BillWorld(World):
    """Starts with `with`; `misbehave` tells the bill system what to do wrong."""

    seating: Sequence[Seat] = SEATS
    misbehaves: Mapping[str, Any] = MISBEHAVES

    @property
    def provider(self) -> str:
        """Where the bill system answers."""
        assert self.bills is not None
        return self.bills.url

    def misbehave(self) -> None:
        answer = requests.post(f"{self.provider}/faults", json=dict(self.misbehaves), timeout=10)
        answer.raise_for_status()

    def ledger(self) -> dict[str, Any]:
        """What the bill system knows: bills, payments, and the notices that were taken."""
        answer = requests.get(f"{self.provider}/ledger", timeout=60)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def provider_is_back(self) -> None:
        """After a kill: it has read its ledger, and knows nothing of what it was told to do wrong."""
        self.supervisor.wait_ready(NAME, f"{self.provider}/readyz")
        self.misbehave()

    def _watch_effects(self) -> None:
        """The ledger shows the effects."""

    def _start_services(self) -> None:
        assert self.bills is not None
        assert self._data is not None
        create_topics(self.kafka.bootstrap, [contracts.topics()[TOPIC]])  # whose owner isn't here
        self.bills.start(self.supervisor, self._data, self.environment("payments"))
        super()._start_services()
        self.misbehave()

    def _seat_environment(self, seat: Seat) -> dict[str, str]:
        found = super()._seat_environment(seat)
        if seat.service == "payments":
            found |= {f"PAYMENTS_{name}": value for name, value in TIMES.items()}
        return found
