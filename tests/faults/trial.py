"""One run: load and faults for some seconds, then quiet, then the evidence and the verdict."""

import time
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .breaking import Breaking
from .draining import Quiet, quiet_in
from .findings import Finding
from .history import History
from .load import Load
from .nemesis import Fault, Nemesis, schedule

if TYPE_CHECKING:
    from .world import World

OVERTIME = 2.0  # patiences of a load after the last fault
AnyLoad = TypeVar("AnyLoad", bound=Load)
Evidence = TypeVar("Evidence")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is done and broken in a run. Faults begin for `seconds`; the load goes on until all is done.

    `options`: the world's options, as `plan["invoices"]`; `haste` divides the pauses between faults, of all lanes or by
    the lane; `bug`: the deliberate bug of processes that the load starts.
    """

    seed: int
    kinds: Collection[str]
    options: Mapping[str, Any]
    patience_s: float
    haste: float | Mapping[str, float] = 1.0
    bug: str = ""

    def __getitem__(self, option: str) -> Any:
        return self.options[option]

    @property
    def seconds(self) -> float:
        return float(self["seconds"])

    def faults(self, world: "World") -> list[Fault]:
        haste = self.haste
        by_lane = haste if isinstance(haste, Mapping) else dict.fromkeys(world.lanes, haste)
        return schedule(self.seed, self.seconds, self.kinds, haste=by_lane, lanes=world.lanes)


@dataclass(frozen=True, kw_only=True)
class Outcome(Generic[AnyLoad, Evidence]):
    """What a run showed, and how it went. `seconds`: of the load."""

    plan: Plan
    findings: list[Finding]
    evidence: Evidence
    load: AnyLoad
    faults: int
    seconds: float
    troubles: list[str]
    quiet: Quiet

    @property
    def drained(self) -> str:
        if self.quiet.seconds is None:
            return f"drained never: it waits for {self.quiet.waits_for}"
        return f"drained in {self.quiet.seconds:.1f} s"


def run_trial(world: "World", plan: Plan, run: int, file: Path) -> Outcome[Any, Any]:
    """Runs a plan. `run`: its number in this world. The history is written to `file`."""
    history = History(file)
    load = world.load(plan, run, history)
    nemesis = Nemesis(history, Breaking(world, world.faults(load)).carry_out)
    load.begin()
    began = time.monotonic()
    nemesis.run(plan.faults(world), plan.seconds)
    troubles = [*nemesis.troubles, *load.wait(OVERTIME * plan.patience_s)]
    stopped = time.monotonic()
    quiet = quiet_in(lambda: world.remains(load), plan.patience_s, settles_s=world.settles_s)
    load.close()
    history.close()
    evidence = world.evidence(load, quiet.seconds)
    return Outcome(
        plan=plan, findings=world.promises.broken(evidence), evidence=evidence, load=load,
        faults=nemesis.done, seconds=stopped - began, troubles=troubles, quiet=quiet,
    )  # fmt: skip


def in_words(found: Counter[str]) -> str:
    """Says what there is of each kind."""
    return ", ".join(f"{count} {name}" for name, count in found.most_common())
