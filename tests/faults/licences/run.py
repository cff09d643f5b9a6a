"""`python -m tests.faults.licences.run`: applications from three municipalities, to the licence in the feed, under
faults; exit 1 when a promise is broken.

--seed 7 --applications 20000 --seconds 300
--applications 100000 --faults ''      without faults
--sabotage all                         every deliberate bug of this world in turn; exit 1 unless each is named
"""

import argparse
import sys
from collections import Counter

from tests.faults.sabotage import Sabotage
from tests.faults.worlds import Harness

from saudi.money import riyals

from .breaking import LANES
from .checker import PROMISES
from .trial import Outcome, Plan, run_trial
from .world import LicenceWorld

# An application has so long to be accepted, on a slow machine.
EACH_S = 0.2


def says(_plan: Plan, outcome: Outcome) -> str:
    evidence = outcome.evidence
    kinds = Counter(entry.kind for entry in evidence.history)
    states = Counter(one.status for one in evidence.applications)
    billed = sum(one.amount_halalas for one in evidence.bills)
    paid = sum(sum(amounts) for amounts in evidence.paid.values())
    drained = "never" if evidence.drained_s is None else f"in {evidence.drained_s / 60:.1f} min"
    return (
        f"{sum(map(bool, evidence.answered.values()))} of {len(evidence.wanted)} applications accepted in"
        f" {outcome.seconds / 60:.1f} min ({kinds['ok']} calls answered, {kinds['unknown']} not, {kinds['fail']}"
        f" refused), {outcome.faults} faults; {', '.join(f'{count} {state}' for state, count in states.most_common())};"
        f" {len({one.licence_no for one in evidence.licences})} numbers of licences;"
        f" billed {riyals(billed)}, paid {riyals(paid)}; {len(evidence.events)} changes,"
        f" heard {sum(map(len, evidence.heard.values()))} times; all through {drained} more"
    )


def plan_of(options: argparse.Namespace) -> Plan:
    return Plan(
        seed=options.seed, applications=options.applications, seconds=options.seconds,
        most_s=options.seconds + options.applications * EACH_S, fees_every=options.fees_every,
        kinds=options.kinds, patience_s=300 + options.applications * EACH_S,
    )  # fmt: skip


def plan_of_bug(seed: int, bug: Sabotage) -> Plan:
    return Plan(
        seed=seed, applications=150, seconds=12.0, most_s=60.0, fees_every=3, kinds=bug.nemesis,
        haste=3.0, patience_s=90.0,
    )  # fmt: skip


HARNESS = Harness(
    package="tests.faults.licences.run",
    bugs="licences",
    world=LicenceWorld,
    lanes=LANES,
    promises=PROMISES,
    options={"applications": 2_000, "seconds": 90.0, "fees-every": 5},
    plan=plan_of,
    plan_of_bug=plan_of_bug,
    trial=run_trial,
    says=says,
    counted=lambda outcome: f"{len(outcome.evidence.applications)} applications",
    again=lambda plan: f"--applications {plan.applications}",
)

if __name__ == "__main__":
    sys.exit(HARNESS.main(sys.argv[1:], __doc__))
