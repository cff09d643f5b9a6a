"""Two processes each of the gateway and of health-certs, and requests for certificates that the gateway knows."""

import itertools
from collections.abc import Sequence

from sqlalchemy import text
from tests.faults.health.seeding import Asked, Seeder
from tests.faults.nemesis import pause
from tests.faults.world import Seat, World

from chassis.core import contracts
from chassis.events.kafka import create_topics

GATEWAY, HEALTH = "partner-gateway", "health-certs"
SEATS = (
    Seat("identity", "serve"),
    Seat("identity", "work"),
    Seat(HEALTH, "serve"),
    Seat(HEALTH, "work"),
    Seat(HEALTH, "work", 2, proxied=True),
    Seat(GATEWAY, "serve"),
    Seat(GATEWAY, "serve", 2, proxied=True),
    Seat(GATEWAY, "work"),
    Seat(GATEWAY, "work", 2, proxied=True),
)
_KNOWN = text("SELECT count(*) FROM examinee WHERE number = ANY(:numbers)")
# Workers of lists have numbers of their own.
_FIRST_LISTED = 40_000_000
_OF_A_LIST = 30
_READY_S = 120.0


class HealthWorld(World):
    """Starts with `with`; `take(20)` makes requests that nobody has had before."""

    seating: Sequence[Seat] = SEATS

    def start(self) -> None:
        super().start()
        self._seeder = Seeder(self.databases[HEALTH], self.environment(HEALTH))
        self._made, self._lists = 0, itertools.count()

    def take(self, count: int) -> list[Asked]:
        """Nothing but the photo is there of them: neither money nor health education. Known to the gateway."""
        made = self._seeder.ready(range(self._made, self._made + count), complete=False)
        self._made += count
        for _ in range(int(_READY_S / 0.5)):
            with self.databases[GATEWAY].transaction() as session:
                if session.scalar(_KNOWN, {"numbers": [one.request_no for one in made]}) == count:
                    return made
            pause(0.5)
        raise LookupError("the gateway doesn't know the requests")

    def send_list(self) -> str:
        """Of workers whom nobody has had before."""
        first = _FIRST_LISTED + next(self._lists) * _OF_A_LIST
        return self._seeder.send_list(range(first, first + _OF_A_LIST))

    def _start_services(self) -> None:
        create_topics(self.kafka.bootstrap, contracts.topics().values())  # also of absent ones
        super()._start_services()

    def _watch_effects(self) -> None:
        """The certificates show the effects."""

    def _seat_environment(self, seat: Seat) -> dict[str, str]:
        found = super()._seat_environment(seat)
        if seat.service == GATEWAY:
            limits = ("PERSON", "CLIENT", "PARTNER")
            found |= {f"PARTNER_GATEWAY_{who}_PER_MINUTE": "1000000" for who in limits}
        return found
