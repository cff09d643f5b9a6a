"""Two processes each of the gateway and of permits, and sample permits that the gateway knows."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text
from tests.faults.entries.orders import Orders
from tests.faults.nemesis import pause
from tests.faults.world import Seat, World

GATEWAY, PERMITS = "partner-gateway", "permits"
SEATS = (
    Seat("identity", "serve"),
    Seat("identity", "work"),
    Seat(PERMITS, "serve"),
    Seat(PERMITS, "work"),
    Seat(PERMITS, "work", 2, proxied=True),
    Seat(GATEWAY, "serve"),
    Seat(GATEWAY, "serve", 2, proxied=True),
    Seat(GATEWAY, "work"),
    Seat(GATEWAY, "work", 2, proxied=True),
)
SAMPLES = 600
_BUILDINGS = text(
    """SELECT permit_id::text, permit_number, municipality FROM permit
    WHERE kind = 'new' AND status = 'valid' AND issued_on < current_date - 7
        AND expires_on > current_date + 7 ORDER BY permit_id"""
)
_KNOWN = text("SELECT permit_id::text FROM building_permit")
_READY_S = 180.0


@dataclass(frozen=True)
class Building:
    """A permit as the company names it."""

    permit_id: str
    permit_number: str
    municipality: str


class EntryWorld(World):
    """Starts with `with`; `take(20)` gives buildings that nobody has had before."""

    seating: Sequence[Seat] = SEATS

    def start(self) -> None:
        super().start()
        self.load_samples(SAMPLES)
        self._free = self._known_buildings()
        self.orders = Orders(self.databases[PERMITS], self.environment(PERMITS))

    def take(self, count: int) -> list[Building]:
        taken, self._free = self._free[:count], self._free[count:]
        if len(taken) < count:
            raise LookupError(f"only {len(taken)} buildings are left")
        return taken

    def _known_buildings(self) -> list[Building]:
        """The valid new buildings, once the gateway knows them all."""
        with self.databases[PERMITS].transaction() as session:
            found = [Building(*row) for row in session.execute(_BUILDINGS)]
        wanted = {one.permit_id for one in found}
        for _ in range(int(_READY_S / 0.5)):
            with self.databases[GATEWAY].transaction() as session:
                if wanted <= set(session.scalars(_KNOWN)):
                    return found
            pause(0.5)
        raise LookupError("the gateway doesn't know the sample permits")

    def _watch_effects(self) -> None:
        """The entries show the effects."""

    def _seat_environment(self, seat: Seat) -> dict[str, str]:
        found = super()._seat_environment(seat)
        if seat.service == GATEWAY:
            limits = ("PERSON", "CLIENT", "PARTNER")
            found |= {f"PARTNER_GATEWAY_{who}_PER_MINUTE": "1000000" for who in limits}
        return found
