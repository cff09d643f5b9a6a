"""One run: inspectors, an officer and faults at a time, then quiet, then the evidence and the verdict."""

import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from tests.faults.draining import drained_in
from tests.faults.findings import Finding
from tests.faults.history import History
from tests.faults.nemesis import kinds_of
from tests.faults.worlds import nemesis_of

from chassis.events.outbox import backlog

from .breaking import LANES, EntryBreaking
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


@dataclass(frozen=True, kw_only=True)
class Outcome:
    findings: list[Finding]
    evidence: Evidence
    faults: int
    seconds: float
    troubles: list[str]


def run_trial(world: EntryWorld, plan: Plan, run: int, file: Path) -> Outcome:
    """`run`: its number in this world; markers begin with it."""
    history, todo = History(file), plans(world.take(plan.buildings))
    load = Load(world, history, run, todo, plan.seed)
    nemesis, faults = nemesis_of(plan, history, EntryBreaking(world).of, LANES)
    began = time.monotonic()
    entering = load.begin()
    nemesis.run(faults, plan.seconds)
    entering.join()
    quiet = time.monotonic()
    drained_s = drained_in(lambda: _is_quiet(world, load), plan.patience_s)
    history.close()
    evidence = read(world, history.entries, todo, (load.answered, load.lost), drained_s)
    return Outcome(
        findings=check(evidence), evidence=evidence, faults=nemesis.done,
        seconds=quiet - began, troubles=nemesis.troubles,
    )  # fmt: skip


def _is_quiet(world: EntryWorld, load: Load) -> bool:
    """Whether everything is published and each entry has its answer."""
    for name in (GATEWAY, PERMITS):
        with world.databases[name].transaction() as session:
            if backlog(session)[1]:
                return False
    return unanswered(world, load.todo) == 0
