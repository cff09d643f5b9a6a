"""`python -m tests.faults.feed.run`: the change feed and the webhooks under faults; exit 1 when a promise is broken.

--seed 7 --changes 4000 --seconds 60
--sabotage all         every deliberate bug of this world in turn; exit 1 unless each is named
"""

import argparse
import sys

from tests.faults.sabotage import Sabotage
from tests.faults.worlds import Harness

from .breaking import LANES
from .checker import PROMISES
from .trial import Outcome, Plan, run_trial
from .world import FeedWorld


def says(plan: Plan, outcome: Outcome) -> str:
    evidence = outcome.evidence
    heard = sum(len(seen) for seen in evidence.seen.values())
    return (
        f"{len(evidence.ledger)} changes committed by {plan.writers} writers in"
        f" {outcome.seconds:.0f} s, {outcome.faults} faults; heard {heard} times by {len(evidence.seen)} readers,"
        f" told {len(evidence.taken)} times; {'all' if evidence.is_over else 'NOT all'} within"
        f" {outcome.drained_s:.1f} s"
    )


def plan_of(options: argparse.Namespace) -> Plan:
    return Plan(
        seed=options.seed, changes=options.changes, seconds=options.seconds, kinds=options.kinds
    )


def plan_of_bug(seed: int, bug: Sabotage) -> Plan:
    own = [bug.name] if bug.process == "writer" else []
    return Plan(
        seed=seed, changes=400, seconds=10.0, kinds=bug.nemesis, haste=3.0, patience_s=15.0, bug=own
    )


HARNESS = Harness(
    package="tests.faults.feed.run",
    bugs="feed",
    world=FeedWorld,
    lanes=LANES,
    promises=PROMISES,
    options={"changes": 2_000, "seconds": 40.0},
    plan=plan_of,
    plan_of_bug=plan_of_bug,
    trial=run_trial,
    says=says,
    counted=lambda outcome: f"{len(outcome.evidence.ledger)} changes",
    again=lambda plan: f"--changes {plan.changes}",
    is_whole=lambda _plan, outcome: outcome.evidence.is_over,
)

if __name__ == "__main__":
    sys.exit(HARNESS.main(sys.argv[1:], __doc__))
