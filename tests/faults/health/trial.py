"""One run: a centre, a clerk, payers and faults at a time, then quiet, then the evidence and the verdict."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from tests.faults.courses import Outcome, SeatBreaking, in_words, run_of, unpublished
from tests.faults.draining import lag
from tests.faults.history import History
from tests.faults.nemesis import kinds_of

from .breaking import LANES, SERVICES
from .checker import check
from .evidence import Evidence, read, unanswered, unfinished
from .load import Load, plans
from .world import GATEWAY, HEALTH, HealthWorld


@dataclass(frozen=True, kw_only=True)
class Plan:
    """`seconds`: how long things break; the load goes on until all is done about `requests`, of which a third are
    renewals."""

    seed: int
    requests: int
    seconds: float
    kinds: Collection[str] = kinds_of(LANES)
    haste: float = 1.0
    patience_s: float = 120.0


def run_trial(world: HealthWorld, plan: Plan, _run: int, file: Path) -> Outcome[Evidence]:
    renewals = plan.requests // 3
    history = History(file)
    todo = plans(world.take(plan.requests - renewals), world.hold(renewals))
    load, breaking = Load(world, history, todo, plan.seed), SeatBreaking(world, SERVICES)
    course = run_of(plan, history, breaking, LANES, load, waits_for=lambda: _remains(world, load))
    evidence = read(world, history.entries, load, course.drained_s)
    return Outcome(findings=check(evidence), evidence=evidence, course=course)


def _remains(world: HealthWorld, load: Load) -> str:
    """Events that wait, entries without their answer, lists that aren't done, and money that hasn't come."""
    held = ", ".join(unpublished(world, (GATEWAY, HEALTH)))
    return held or in_words(
        {
            "entries without an answer": unanswered(world, load),
            "lists": unfinished(world),
            "payments": lag(world.kafka.bootstrap, "payments.payment", HEALTH),
        }
    )
