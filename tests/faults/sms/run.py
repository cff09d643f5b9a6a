"""`python -m tests.faults.sms.run`: reports, texts and a provider under faults; exit 1 when a promise is broken.

--seed 7 --reports 2000
--sabotage all         every deliberate bug of this world in turn; exit 1 unless each is named
"""

import argparse
import sys
from collections import Counter

from tests.faults.sabotage import Sabotage
from tests.faults.worlds import Harness

from .breaking import LANES
from .checker import PROMISES
from .trial import Outcome, Plan, run_trial
from .world import SmsWorld


def says(plan: Plan, outcome: Outcome) -> str:
    evidence = outcome.evidence
    kinds = Counter(entry.kind for entry in evidence.history)
    drained = "never" if evidence.drained_s is None else f"in {evidence.drained_s:.1f} s"
    states = Counter(message.state for message in evidence.messages)
    return (
        f"{outcome.closed} of {plan.reports} reports closed in {outcome.seconds:.0f} s"
        f" ({kinds['fail']} refused, {kinds['unknown']} unknown), {outcome.faults} faults;"
        f" {len(evidence.ledger)} texts accepted; drained {drained};"
        f" {', '.join(f'{count} {state}' for state, count in states.most_common())}"
    )


def plan_of(options: argparse.Namespace) -> Plan:
    return Plan(
        seed=options.seed, reports=options.reports, seconds=options.seconds,
        most_s=options.seconds + options.reports * 0.5, clients=options.clients, kinds=options.kinds,
    )  # fmt: skip


def plan_of_bug(seed: int, bug: Sabotage) -> Plan:
    return Plan(
        seed=seed, reports=120, seconds=12.0, most_s=60.0, kinds=bug.nemesis, haste=3.0, patience_s=90.0
    )  # fmt: skip


HARNESS = Harness(
    package="tests.faults.sms.run",
    bugs="reports",
    world=SmsWorld,
    lanes=LANES,
    promises=PROMISES,
    options={"reports": 2_000, "seconds": 120.0, "clients": 12},
    plan=plan_of,
    plan_of_bug=plan_of_bug,
    trial=run_trial,
    says=says,
    counted=lambda outcome: f"{outcome.closed} reports",
    again=lambda plan: f"--reports {plan.reports}",
    is_whole=lambda plan, outcome: outcome.closed == plan.reports,
)

if __name__ == "__main__":
    sys.exit(HARNESS.main(sys.argv[1:], __doc__))
