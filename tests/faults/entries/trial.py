"""One run: inspectors, an officer and faults at a time, then quiet, then the evidence and the verdict."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from tests.faults.courses import Outcome, SeatBreaking, in_words, run_of, unpublished
from tests.faults.history import History
from tests.faults.nemesis import kinds_of

from .breaking import LANES, SERVICES
from .checker import check
from .evidence import Evidence, read, unanswered
from .load import Load, plans
from .world import GATEWAY, PERMITS, EntryWorld


@dataclass(frozen=True, kw_only=True)
class Plan:
    """`seconds`: how long things break; the load goes on until all of `buildings` is entered."""

    seed: int
    buildings: int
    seconds: float
    kinds: Collection[str] = kinds_of(LANES)
    haste: float = 1.0
    patience_s: float = 120.0


def run_trial(world: EntryWorld, plan: Plan, run: int, file: Path) -> Outcome[Evidence]:
    """`run`: its number in this world; markers begin with it."""
    history, todo = History(file), plans(world.take(plan.buildings))
    world.orders.connect([one.building.permit_id for one in todo if one.fate.ordered])
    load, breaking = Load(world, history, run, todo, plan.seed), SeatBreaking(world, SERVICES)
    course = run_of(plan, history, breaking, LANES, load, waits_for=lambda: _remains(world, load))
    evidence = read(world, history.entries, load, course.drained_s)
    return Outcome(findings=check(evidence), evidence=evidence, course=course)


def _remains(world: EntryWorld, load: Load) -> str:
    """Events that wait, and entries without their answer."""
    held = ", ".join(unpublished(world, (GATEWAY, PERMITS)))
    return held or in_words({"entries without an answer": unanswered(world, load.todo)})
