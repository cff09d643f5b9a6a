"""Two processes each of the gateway and of health-certs, and requests for certificates that the gateway knows."""

import itertools
from collections.abc import Sequence

from sqlalchemy import text
from tests.faults.health.seeding import Asked, Held, Seeder
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
_FIRST_HELD = 60_000_000
_READY_S = 120.0


class HealthWorld(World):
    """Starts with `with`; `take(20)` makes requests that nobody has had before."""

    seating: Sequence[Seat] = SEATS

    def start(self) -> None:
        super().start()
        self._seeder = Seeder(self.databases[HEALTH], self.environment(HEALTH))
        self._made, self._lists, self._held = 0, itertools.count(), 0

    def take(self, count: int) -> list[Asked]:
        """Nothing but the photo is there of them: neither money nor health education. Known to the gateway."""
        made = self._seeder.ready(range(self._made, self._made + count), complete=False)
        self._made += count
        for _ in range(int(_READY_S / 0.5)):
            if self.knows(*(one.request_no for one in made)):
                return made
            pause(0.5)
        raise LookupError("the gateway doesn't know the requests")

    def hold(self, count: int) -> list[Held]:
        """Certificates that end soon, of workers whom nobody has had before."""
        first = _FIRST_HELD + self._held
        self._held += count
        return self._seeder.held(range(first, first + count))

    def renew(self, held: Held) -> Asked:
        """As its delegate does; one that was asked for unheard is the one."""
        return self._seeder.renewal_of(held) or self._seeder.renew(held)

    def knows(self, *request_nos: str) -> bool:
        """Whether all have come to the gateway, where a centre finds them."""
        with self.databases[GATEWAY].transaction() as session:
            found = session.scalar(_KNOWN, {"numbers": list(request_nos)})
        return found == len(request_nos)

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
