"""`python -m tests.faults.bills.run`: invoices, bills and money under faults; exit 1 when a promise is broken.

--seed 7 --invoices 1000
--sabotage all         every deliberate bug of this world in turn; exit 1 unless each is named
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
from .world import BillWorld


def says(_plan: Plan, outcome: Outcome) -> str:
    evidence = outcome.evidence
    drained = "never" if evidence.drained_s is None else f"in {evidence.drained_s:.1f} s"
    states = Counter(bill.status for bill in evidence.bills)
    settled = sum(one.settled_halalas or 0 for one in evidence.payments)
    owed = sum(bill.amount_halalas for bill in evidence.bills if bill.status == "settled")
    waits = sum(one.status == "suspended" for one in evidence.payments)
    return (
        f"{len(evidence.invoices)} invoices in {outcome.seconds:.0f} s, {outcome.faults} faults;"
        f" {', '.join(f'{count} {state}' for state, count in states.most_common())};"
        f" {len(evidence.paid)} payments, {waits} wait for a clerk; settled {riyals(settled)} of"
        f" {riyals(owed)}; drained {drained}"
    )


def plan_of(options: argparse.Namespace) -> Plan:
    return Plan(
        seed=options.seed,
        invoices=options.invoices,
        seconds=options.seconds,
        kinds=options.kinds,
    )


def plan_of_bug(seed: int, bug: Sabotage) -> Plan:
    return Plan(
        seed=seed, invoices=120, seconds=12.0, kinds=bug.nemesis, haste=3.0, patience_s=120.0
    )


HARNESS = Harness(
    package="tests.faults.bills.run",
    bugs="bills",
    world=BillWorld,
    lanes=LANES,
    promises=PROMISES,
    options={"invoices": 1_000, "seconds": 90.0},
    plan=plan_of,
    plan_of_bug=plan_of_bug,
    trial=run_trial,
    says=says,
    counted=lambda outcome: f"{len(outcome.evidence.paid)} payments",
    again=lambda plan: f"--invoices {plan.invoices}",
)

if __name__ == "__main__":
    sys.exit(HARNESS.main(sys.argv[1:], __doc__))
