"""Two processes each of the gateway and of health-certs, and requests for certificates that the gateway knows."""

import itertools
from collections import Counter

from sqlalchemy import text
from tests.faults.history import History
from tests.faults.nemesis import BACKENDS, MOMENT, pause
from tests.faults.trial import Outcome, Plan, in_words
from tests.faults.world import Seat, World, pair

from .checker import PROMISES
from .evidence import Evidence, read
from .load import GATEWAY, HEALTH, RequestLoad, plans
from .seeding import Asked, Held, Seeder

_KNOWN = text("SELECT count(*) FROM examinee WHERE number = ANY(:numbers)")
# Workers of lists, and those who hold a certificate, have numbers of their own.
_FIRST_LISTED, _OF_A_LIST = 40_000_000, 30
_FIRST_HELD = 60_000_000
_READY_S = 120.0


class HealthWorld(World):
    name = "health-certs"
    seating = (
        Seat("identity", "serve"),
        Seat("identity", "work"),
        Seat(HEALTH, "serve"),
        *pair(HEALTH, "work"),
        *pair(GATEWAY, "serve"),
        *pair(GATEWAY, "work"),
    )
    lanes = {
        "processes": {
            "sigkill-partner-gateway-worker": MOMENT,
            "sigkill-partner-gateway-work": MOMENT,
            "sigkill-health-certs-work": MOMENT,
            "sigkill-health-certs-serve": MOMENT,
            "sigterm-health-certs-work": MOMENT,
            "sigstop-health-certs-work": ((2.0, 4.0), (3.0, 12.0)),
        },
        **BACKENDS,
    }
    promises = PROMISES
    options = {"requests": 120, "seconds": 40.0}
    bug_options = {"requests": 24, "seconds": 15.0}
    reads = (("payments.payment", HEALTH),)
    unfinished = {
        "entries without an answer": (
            GATEWAY,
            """SELECT count(*) FROM health_examination
            WHERE status = 'pending' AND request_id = ANY(CAST(:keys AS uuid[]))""",
        ),
        "lists": (HEALTH, "SELECT count(*) FROM request_list WHERE done_at IS NULL"),
    }

    def prepare(self) -> None:
        self._seeder = Seeder(self.databases[HEALTH], self.environment(HEALTH))
        self._made, self._lists, self._held = 0, itertools.count(), 0

    def load(self, plan: Plan, _run: int, history: History) -> RequestLoad:
        """Makes requests and certificates that end soon; a third of the requests renew such a certificate."""
        renewals = plan["requests"] // 3
        todo = plans(self._ask(plan["requests"] - renewals), self._hold(renewals))
        return RequestLoad(self, history, todo, plan.seed)

    def _ask(self, count: int) -> list[Asked]:
        """Makes requests with a photo only, and waits until the gateway knows them."""
        made = self._seeder.ready(range(self._made, self._made + count), complete=False)
        self._made += count
        for _ in range(int(_READY_S / 0.5)):
            if self.knows(*(one.request_no for one in made)):
                return made
            pause(0.5)
        raise LookupError("the gateway doesn't know the requests")

    def _hold(self, count: int) -> list[Held]:
        """Makes certificates that end soon, for workers whom nobody has had before."""
        first = _FIRST_HELD + self._held
        self._held += count
        return self._seeder.make_ending_certificates(range(first, first + count))

    def renew(self, held: Held) -> Asked:
        """Renews as a delegate does. Returns the open request when a call without an answer had made it."""
        return self._seeder.renewal_of(held) or self._seeder.renew(held)

    def knows(self, *request_nos: str) -> bool:
        """Returns whether all have come to the gateway, where a centre finds them."""
        with self.databases[GATEWAY].transaction() as session:
            found = session.scalar(_KNOWN, {"numbers": list(request_nos)})
        return found == len(request_nos)

    def send_list(self) -> str:
        """Sends a list of workers whom nobody has had before."""
        first = _FIRST_LISTED + next(self._lists) * _OF_A_LIST
        return self._seeder.send_list(range(first, first + _OF_A_LIST))

    def evidence(self, load: RequestLoad, drained_s: float | None) -> Evidence:
        return read(self, load, drained_s)

    def headline(self, outcome: Outcome[RequestLoad, Evidence]) -> str:
        evidence = outcome.evidence
        fates = Counter(fate for fate, _ in evidence.fates.values())
        statuses = Counter(one.status for one in evidence.certificates)
        renewed = sum(one.renewed_by is not None for one in evidence.renewals)
        return (
            f"{len(evidence.fates)} requests ({in_words(fates)}) in {outcome.seconds:.0f} s,"
            f" {outcome.faults} faults; {len(evidence.entries)} entries,"
            f" {len(evidence.listed)} rows of lists, certificates: {in_words(statuses)},"
            f" {renewed} of {len(evidence.renewals)} renewed; {outcome.drained}"
        )


WORLD = HealthWorld
