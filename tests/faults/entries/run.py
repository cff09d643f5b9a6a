"""`python -m tests.faults.entries.run`: what the company enters, under faults; exit 1 when a promise is broken.

--seed 7 --buildings 60
--sabotage all         every deliberate bug of this world in turn; exit 1 unless each is named
"""

import argparse
import sys
from collections import Counter

from tests.faults.courses import Outcome, counts
from tests.faults.sabotage import Sabotage
from tests.faults.worlds import Harness

from .breaking import LANES
from .checker import PROMISES
from .evidence import Evidence
from .trial import Plan, run_trial
from .world import EntryWorld


def says(_plan: Plan, outcome: Outcome[Evidence]) -> str:
    evidence = outcome.evidence
    fates = Counter(one.fate.name for one in evidence.plans)
    outcomes = Counter(evidence.entries.values())
    flagged = sum(one.flagged for one in evidence.certificates)
    return (
        f"{len(evidence.plans)} buildings ({counts(fates)}) in {outcome.course.seconds:.0f} s,"
        f" {outcome.course.faults} faults; {len(evidence.entries)} entries ({counts(outcomes)}),"
        f" {flagged} completions flagged; drained {outcome.drained}"
    )


def plan_of(options: argparse.Namespace) -> Plan:
    return Plan(
        seed=options.seed,
        buildings=options.buildings,
        seconds=options.seconds,
        kinds=options.kinds,
    )


def plan_of_bug(seed: int, bug: Sabotage) -> Plan:
    return Plan(
        seed=seed, buildings=27, seconds=12.0, kinds=bug.nemesis, haste=3.0, patience_s=60.0
    )


HARNESS = Harness(
    package="tests.faults.entries.run",
    bugs="entries",
    world=EntryWorld,
    lanes=LANES,
    promises=PROMISES,
    options={"buildings": 60, "seconds": 60.0},
    plan=plan_of,
    plan_of_bug=plan_of_bug,
    trial=run_trial,
    says=says,
    counted=lambda outcome: f"{len(outcome.evidence.entries)} entries",
    again=lambda plan: f"--buildings {plan.buildings}",
)

if __name__ == "__main__":
    sys.exit(HARNESS.main(sys.argv[1:], __doc__))
