"""One run: a centre, a clerk, payers and faults at a time, then quiet, then the evidence and the verdict."""

import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from tests.faults.draining import drained_in, lag
from tests.faults.findings import Finding
from tests.faults.history import History
from tests.faults.nemesis import kinds_of
from tests.faults.worlds import nemesis_of

from chassis.events.outbox import backlog

from .breaking import LANES, HealthBreaking
from .checker import check
from .evidence import Evidence, read, unanswered
from .load import Load, plans
from .world import GATEWAY, HEALTH, HealthWorld


@dataclass(frozen=True, kw_only=True)
class Plan:
    """`seconds`: how long things break; the load goes on until all is done about `requests`."""

    seed: int
    requests: int
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


def run_trial(world: HealthWorld, plan: Plan, _run: int, file: Path) -> Outcome:
    history, todo = History(file), plans(world.take(plan.requests))
    load = Load(world, history, todo, plan.seed)
    nemesis, faults = nemesis_of(plan, history, HealthBreaking(world).of, LANES)
    began = time.monotonic()
    doing = load.begin()
    nemesis.run(faults, plan.seconds)
    doing.join()
    quiet = time.monotonic()
    drained_s = drained_in(lambda: _is_quiet(world, load), plan.patience_s)
    history.close()
    evidence = read(world, history.entries, load, drained_s)
    return Outcome(
        findings=check(evidence), evidence=evidence, faults=nemesis.done,
        seconds=quiet - began, troubles=nemesis.troubles,
    )  # fmt: skip


def _is_quiet(world: HealthWorld, load: Load) -> bool:
    """Whether everything is published, each entry has its answer, and the money has come."""
    for name in (GATEWAY, HEALTH):
        with world.databases[name].transaction() as session:
            if backlog(session)[1]:
                return False
    if unanswered(world, load):
        return False
    return lag(world.kafka.bootstrap, "payments.payment", HEALTH) == 0
