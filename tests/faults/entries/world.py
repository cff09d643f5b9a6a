"""Two processes each of the gateway and of permits, and sample permits that the gateway knows."""

from collections import Counter

from sqlalchemy import text
from tests.faults.history import History
from tests.faults.nemesis import BACKENDS, MOMENT, pause
from tests.faults.trial import Outcome, Plan, in_words
from tests.faults.world import Seat, World, pair

from .checker import PROMISES
from .evidence import Evidence, read
from .load import GATEWAY, PERMITS, Building, EntryLoad, plans
from .orders import Orders

SAMPLES = 600
_BUILDINGS = text(
    """SELECT permit_id::text, permit_number, municipality FROM permit
    WHERE kind = 'new' AND status = 'valid' AND issued_on < current_date - 7
        AND expires_on > current_date + 7 ORDER BY permit_id"""
)
_KNOWN = text("SELECT permit_id::text FROM building_permit")
_READY_S = 180.0


class EntryWorld(World):
    name = "entries"
    seating = (
        Seat("identity", "serve"),
        Seat("identity", "work"),
        Seat(PERMITS, "serve"),
        *pair(PERMITS, "work"),
        *pair(GATEWAY, "serve"),
        *pair(GATEWAY, "work"),
    )
    lanes = {
        "processes": {
            "sigkill-partner-gateway-worker": MOMENT,
            "sigkill-partner-gateway-work": MOMENT,
            "sigkill-permits-work": MOMENT,
            "sigkill-permits-serve": MOMENT,
            "sigterm-permits-work": MOMENT,
            "sigstop-partner-gateway-work": ((2.0, 4.0), (3.0, 12.0)),
        },
        **BACKENDS,
    }
    promises = PROMISES
    options = {"buildings": 60, "seconds": 60.0}
    bug_options = {"buildings": 27, "seconds": 12.0}
    unfinished = {
        "entries without an answer": (
            GATEWAY,
            """SELECT count(*) FROM partner_entry
            WHERE outcome = 'pending' AND permit_id = ANY(CAST(:permits AS uuid[]))""",
        )
    }

    def prepare(self) -> None:
        self.load_samples(SAMPLES)
        self._free = self._known_buildings()
        self.orders = Orders(self.databases[PERMITS], self.environment(PERMITS))

    def _known_buildings(self) -> list[Building]:
        """Waits until the gateway knows all valid new buildings."""
        with self.databases[PERMITS].transaction() as session:
            found = [Building(*row) for row in session.execute(_BUILDINGS)]
        wanted = {one.permit_id for one in found}
        for _ in range(int(_READY_S / 0.5)):
            with self.databases[GATEWAY].transaction() as session:
                if wanted <= set(session.scalars(_KNOWN)):
                    return found
            pause(0.5)
        raise LookupError("the gateway doesn't know the sample permits")

    def load(self, plan: Plan, run: int, history: History) -> EntryLoad:
        """Takes buildings that no run has had before."""
        taken, self._free = self._free[: plan["buildings"]], self._free[plan["buildings"] :]
        if len(taken) < plan["buildings"]:
            raise LookupError(f"only {len(taken)} buildings are left")
        todo = plans(taken)
        self.orders.connect([one.building.permit_id for one in todo if one.fate.ordered])
        return EntryLoad(self, self.orders, history, run=run, todo=todo, seed=plan.seed)

    def evidence(self, load: EntryLoad, drained_s: float | None) -> Evidence:
        return read(self, load, drained_s)

    def headline(self, outcome: Outcome[EntryLoad, Evidence]) -> str:
        evidence = outcome.evidence
        fates = Counter(one.fate.name for one in evidence.plans)
        outcomes = Counter(evidence.entries.values())
        flagged = sum(one.flagged for one in evidence.certificates)
        return (
            f"{len(evidence.plans)} buildings ({in_words(fates)}) in {outcome.seconds:.0f} s,"
            f" {outcome.faults} faults; {len(evidence.entries)} entries ({in_words(outcomes)}),"
            f" {flagged} completions flagged; {outcome.drained}"
        )


WORLD = EntryWorld
