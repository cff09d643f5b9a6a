"""Two of each process between a municipality's system and its licence, a bill system that fails by rates, and the
outside bodies."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.faults.bills.world import MISBEHAVES, BillWorld
from tests.faults.world import Seat

from chassis.core import contracts
from chassis.events.kafka import create_topics

SEATS = (
    Seat("identity", "serve"),
    Seat("identity", "work"),
    Seat("partner-gateway", "serve"),
    Seat("partner-gateway", "serve", 2, proxied=True),
    Seat("partner-gateway", "work"),
    Seat("partner-gateway", "work", 2, proxied=True),
    Seat("licences", "work"),
    Seat("licences", "work", 2, proxied=True),
    Seat("payments", "serve"),
    Seat("payments", "work"),
    Seat("payments", "work", 2, proxied=True),
)
# Everybody pays what he owes, once: what becomes of other money is the world of bills' matter.
PAID_WELL: Mapping[str, Any] = {**MISBEHAVES, "wrong": 0}
# Counted, and far away.
LIMITS = ("SUBMISSIONS", "EVENTS", "CLIENT", "PARTNER", "PERSON", "STATUS")


class LicenceWorld(BillWorld):
    """Starts with `with`."""

    seating: Sequence[Seat] = SEATS
    misbehaves: Mapping[str, Any] = PAID_WELL

    def _start_services(self) -> None:
        assert self.outside is not None
        create_topics(
            self.kafka.bootstrap, contracts.topics().values()
        )  # also those of absent ones
        self.outside.start(self.supervisor, self.environment("licences"))
        super()._start_services()

    def _seat_environment(self, seat: Seat) -> dict[str, str]:
        found = super()._seat_environment(seat)
        if seat.service == "partner-gateway":
            found |= {f"PARTNER_GATEWAY_{name}_PER_MINUTE": "100000000" for name in LIMITS}
        return found
