"""`python -m tests.faults.health.run`: from a result to the certificate, under faults; exit 1 when a promise is broken.

--seed 7 --requests 120
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
from .world import HealthWorld


def says(_plan: Plan, outcome: Outcome[Evidence]) -> str:
    evidence = outcome.evidence
    fates = Counter(fate for fate, _ in evidence.fates.values())
    statuses = Counter(one.status for one in evidence.certificates)
    renewed = sum(one.renewed_by is not None for one in evidence.renewals)
    return (
        f"{len(evidence.fates)} requests ({counts(fates)}) in {outcome.course.seconds:.0f} s,"
        f" {outcome.course.faults} faults; {len(evidence.entries)} entries,"
        f" {len(evidence.listed)} rows of lists, certificates: {counts(statuses)},"
        f" {renewed} of {len(evidence.renewals)} renewed; drained {outcome.drained}"
    )


def plan_of(options: argparse.Namespace) -> Plan:
    return Plan(
        seed=options.seed,
        requests=options.requests,
        seconds=options.seconds,
        kinds=options.kinds,
    )


def plan_of_bug(seed: int, bug: Sabotage) -> Plan:
    return Plan(seed=seed, requests=24, seconds=15.0, kinds=bug.nemesis, haste=3.0, patience_s=60.0)


HARNESS = Harness(
    package="tests.faults.health.run",
    bugs="health",
    world=HealthWorld,
    lanes=LANES,
    promises=PROMISES,
    options={"requests": 120, "seconds": 40.0},
    plan=plan_of,
    plan_of_bug=plan_of_bug,
    trial=run_trial,
    says=says,
    counted=lambda outcome: f"{len(outcome.evidence.entries)} entries",
    again=lambda plan: f"--requests {plan.requests}",
)

if __name__ == "__main__":
    sys.exit(HARNESS.main(sys.argv[1:], __doc__))
