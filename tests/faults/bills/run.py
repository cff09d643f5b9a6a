"""`python -m tests.faults.bills.run`: invoices, bills and money under faults; exit 1 when a promise is broken.

--seed 7 --invoices 1000
--sabotage all         every deliberate bug of this world in turn; exit 1 unless each is named
"""

import argparse
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Collection
from pathlib import Path

from tests.faults.nemesis import kinds_of, schedule
from tests.faults.run import say, verdict
from tests.faults.sabotage import SABOTAGES, command

from devstack.machine import StartError
from saudi.money import riyals

from .breaking import LANES
from .checker import PROMISES
from .trial import Outcome, Plan, run_trial
from .world import BillWorld

BUGS = [name for name, bug in SABOTAGES.items() if bug.world == "bills"]
SHOWN = 10


def report(plan: Plan, outcome: Outcome, file: Path) -> bool:
    """Prints what a run showed; True when every promise was kept."""
    evidence, broken = outcome.evidence, Counter(one.promise for one in outcome.findings)
    drained = "never" if evidence.drained_s is None else f"in {evidence.drained_s:.1f} s"
    states = Counter(bill.status for bill in evidence.bills)
    settled = sum(one.settled_halalas or 0 for one in evidence.payments)
    owed = sum(bill.amount_halalas for bill in evidence.bills if bill.status == "settled")
    waits = sum(one.status == "suspended" for one in evidence.payments)
    say(f"\nseed {plan.seed}: {len(evidence.invoices)} invoices in {outcome.seconds:.0f} s, {outcome.faults} faults;"
        f" {', '.join(f'{count} {state}' for state, count in states.most_common())};"
        f" {len(evidence.paid)} payments, {waits} wait for a clerk; settled {riyals(settled)} of"
        f" {riyals(owed)}; drained {drained}")  # fmt: skip
    for name in PROMISES:
        say(f"  {name:<46}{broken[name]:>8} broken")
    for finding in outcome.findings[:SHOWN]:
        say(f"  BROKEN {finding.promise}: {finding.about} {finding.text}")
    for trouble in outcome.troubles:
        say(f"  the nemesis failed: {trouble}")
    if outcome.findings:
        say(f"  history: {file}; again: python -m tests.faults.bills.run --seed {plan.seed}"
            f" --invoices {plan.invoices} --seconds {plan.seconds:.0f}")  # fmt: skip
    return not outcome.findings and not outcome.troubles


def sabotages(
    world: BillWorld, names: list[str], folder: Path, seed: int
) -> dict[str, Collection[str]]:
    """Each bug in turn → the promises that the checker found broken."""
    found: dict[str, Collection[str]] = {}
    for run, name in enumerate(names, 1):
        bug = SABOTAGES[name]
        role = "serve" if bug.process == "serve" else "work"
        seats = world.seats(bug.service, role)
        plan = Plan(
            seed=seed, invoices=120, seconds=12.0, kinds=bug.nemesis, haste=3.0, patience_s=120.0
        )
        with world.replaced(seats, [command(name, seat.package, role) for seat in seats]):
            outcome = run_trial(world, plan, run, folder / f"{name}.jsonl")
        broken = Counter(finding.promise for finding in outcome.findings)
        found[name] = broken.keys()
        others = ", ".join(sorted(broken.keys() - {bug.promise})) or "none"
        say(f"{'caught' if bug.promise in broken else 'MISSED':<7} {name:<28} «{bug.promise}»"
            f" {broken[bug.promise]} ({len(outcome.evidence.paid)} payments; besides: {others})")  # fmt: skip
    return found


def main(words: list[str]) -> int:
    """Answers the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--invoices", type=int, default=1_000)
    parser.add_argument("--seconds", type=float, default=90.0)
    parser.add_argument(
        "--faults", type=lambda s: s.split(",") if s else [], default=sorted(kinds_of(LANES))
    )
    parser.add_argument("--sabotage", type=_bugs, help=f"all, or some of {', '.join(BUGS)}")
    options = parser.parse_args(words)
    folder = Path(tempfile.mkdtemp(prefix="faults-bills-"))
    began = time.monotonic()
    try:
        with BillWorld(folder / ".run") as world:
            say(f"started in {time.monotonic() - began:.0f} s; histories in {folder}")
            good, said = _whole(world, options, folder)
    except StartError as error:
        say(str(error))
        return 1
    if good:
        shutil.rmtree(folder, ignore_errors=True)
    say(f"\n{said}; {time.monotonic() - began:.0f} s in all")
    return 0 if good else 1


def _bugs(text: str) -> list[str]:
    names = BUGS if text == "all" else text.split(",")
    if unknown := set(names) - set(BUGS):
        raise argparse.ArgumentTypeError(f"there is no bug called {', '.join(sorted(unknown))}")
    return names


def _whole(world: BillWorld, options: argparse.Namespace, folder: Path) -> tuple[bool, str]:
    if options.sabotage:
        return verdict(sabotages(world, options.sabotage, folder, options.seed))
    plan = Plan(
        seed=options.seed,
        invoices=options.invoices,
        seconds=options.seconds,
        kinds=options.faults,
    )
    for fault in schedule(plan.seed, plan.seconds, plan.kinds, lanes=LANES):
        say(f"  {fault}")
    file = folder / f"seed-{plan.seed}.jsonl"
    good = report(plan, run_trial(world, plan, 1, file), file)
    return good, "all promises kept" if good else "NOT GOOD"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
