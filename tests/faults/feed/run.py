"""`python -m tests.faults.feed.run`: the change feed and the webhooks under faults; exit 1 when a promise is broken.

--seed 7 --changes 4000 --seconds 60
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

from tests.faults.nemesis import kinds_of
from tests.faults.run import say, verdict
from tests.faults.sabotage import SABOTAGES, command

from devstack.machine import StartError

from .breaking import LANES
from .checker import PROMISES
from .trial import Outcome, Plan, run_trial
from .world import FeedWorld

BUGS = [name for name, bug in SABOTAGES.items() if bug.world == "feed"]
SHOWN = 8


def report(plan: Plan, outcome: Outcome) -> bool:
    """Prints what a run showed; True when every promise was kept and all was heard."""
    evidence, broken = outcome.evidence, Counter(one.promise for one in outcome.findings)
    heard = sum(len(seen) for seen in evidence.seen.values())
    say(f"\nseed {plan.seed}: {len(evidence.ledger)} changes committed by {plan.writers} writers in"
        f" {outcome.seconds:.0f} s, {outcome.faults} faults; heard {heard} times by {len(evidence.seen)} readers,"
        f" told {len(evidence.taken)} times; {'all' if evidence.is_over else 'NOT all'} within"
        f" {outcome.drained_s:.1f} s")  # fmt: skip
    for name in PROMISES:
        say(f"  {name:<36}{broken[name]:>8} broken")
    for finding in outcome.findings[:SHOWN]:
        say(f"  BROKEN {finding.promise}: {finding.about} {finding.text}")
    for trouble in outcome.troubles:
        say(f"  the nemesis failed: {trouble}")
    return not outcome.findings and not outcome.troubles and evidence.is_over


def sabotages(
    world: FeedWorld, names: list[str], folder: Path, seed: int
) -> dict[str, Collection[str]]:
    """Each bug in turn → the promises that the checker found broken."""
    found: dict[str, Collection[str]] = {}
    for run, name in enumerate(names, 1):
        bug = SABOTAGES[name]
        plan = Plan(
            seed=seed, changes=400, seconds=10.0, kinds=bug.nemesis, haste=3.0, patience_s=15.0,
            bug=[name] if bug.process == "writer" else [],
        )  # fmt: skip
        role = "serve" if bug.process == "serve" else "work"
        seats = [] if bug.process == "writer" else world.seats(bug.service, role)
        with world.replaced(seats, [command(name, seat.package, role) for seat in seats]):
            outcome = run_trial(world, plan, run, folder / f"{name}.jsonl")
        broken = Counter(finding.promise for finding in outcome.findings)
        found[name] = broken.keys()
        others = ", ".join(sorted(broken.keys() - {bug.promise})) or "none"
        say(f"{'caught' if bug.promise in broken else 'MISSED':<7} {name:<32} «{bug.promise}»"
            f" {broken[bug.promise]} ({len(outcome.evidence.ledger)} changes; besides: {others})")  # fmt: skip
    return found


def main(words: list[str]) -> int:
    """Answers the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--changes", type=int, default=2_000)
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--sabotage", type=_bugs, help=f"all, or some of {', '.join(BUGS)}")
    options = parser.parse_args(words)
    folder, began = Path(tempfile.mkdtemp(prefix="faults-feed-")), time.monotonic()
    try:
        with FeedWorld(folder / ".run") as world:
            say(f"started in {time.monotonic() - began:.0f} s; histories in {folder}")
            good, said = _whole(world, options, folder)
    except StartError as error:
        say(str(error))
        return 1
    if good:
        shutil.rmtree(folder, ignore_errors=True)
    say(f"\n{said}; {time.monotonic() - began:.0f} s in all")
    return 0 if good else 1


def _bugs(words: str) -> list[str]:
    names = BUGS if words == "all" else words.split(",")
    if unknown := set(names) - set(BUGS):
        raise argparse.ArgumentTypeError(f"there is no bug called {', '.join(sorted(unknown))}")
    return names


def _whole(world: FeedWorld, options: argparse.Namespace, folder: Path) -> tuple[bool, str]:
    if options.sabotage:
        return verdict(sabotages(world, options.sabotage, folder, options.seed))
    plan = Plan(
        seed=options.seed, changes=options.changes, seconds=options.seconds, kinds=kinds_of(LANES)
    )
    good = report(plan, run_trial(world, plan, 1, folder / f"seed-{plan.seed}.jsonl"))
    return good, "all promises kept" if good else "NOT GOOD"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
