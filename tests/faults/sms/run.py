"""`python -m tests.faults.sms.run`: reports, texts and a provider under faults; exit 1 when a promise is broken.

--seed 7 --reports 2000
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

from .breaking import LANES
from .checker import PROMISES
from .trial import Outcome, Plan, run_trial
from .world import SmsWorld

BUGS = [name for name, bug in SABOTAGES.items() if bug.world == "reports"]
SHOWN = 10


def report(plan: Plan, outcome: Outcome, file: Path) -> bool:
    """Prints what a run showed; True when every promise was kept and every report closed."""
    evidence, broken = outcome.evidence, Counter(one.promise for one in outcome.findings)
    kinds = Counter(entry.kind for entry in evidence.history)
    drained = "never" if evidence.drained_s is None else f"in {evidence.drained_s:.1f} s"
    states = Counter(message.state for message in evidence.messages)
    say(f"\nseed {plan.seed}: {outcome.closed} of {plan.reports} reports closed in {outcome.seconds:.0f} s"
        f" ({kinds['fail']} refused, {kinds['unknown']} unknown), {outcome.faults} faults;"
        f" {len(evidence.ledger)} texts accepted; drained {drained};"
        f" {', '.join(f'{count} {state}' for state, count in states.most_common())}")  # fmt: skip
    for name in PROMISES:
        say(f"  {name:<34}{broken[name]:>8} broken")
    for finding in outcome.findings[:SHOWN]:
        say(f"  BROKEN {finding.promise}: {finding.about} {finding.text}")
    for trouble in outcome.troubles:
        say(f"  the nemesis failed: {trouble}")
    if outcome.findings:
        say(f"  history: {file}; again: python -m tests.faults.sms.run --seed {plan.seed}"
            f" --reports {plan.reports} --seconds {plan.seconds:.0f}")  # fmt: skip
    if outcome.closed < plan.reports:
        say("  too little load: not every report was closed")
    good = not outcome.findings and not outcome.troubles
    return good and outcome.closed == plan.reports


def sabotages(
    world: SmsWorld, names: list[str], folder: Path, seed: int
) -> dict[str, Collection[str]]:
    """Each bug in turn → the promises that the checker found broken."""
    found: dict[str, Collection[str]] = {}
    for run, name in enumerate(names, 1):
        bug = SABOTAGES[name]
        role = "serve" if bug.process == "serve" else "work"
        seats = world.seats(bug.service, role)
        plan = Plan(
            seed=seed, reports=120, seconds=12.0, most_s=60.0, kinds=bug.nemesis, haste=3.0,
            patience_s=90.0,
        )  # fmt: skip
        with world.replaced(seats, [command(name, seat.package, role) for seat in seats]):
            outcome = run_trial(world, plan, run, folder / f"{name}.jsonl")
        broken = Counter(finding.promise for finding in outcome.findings)
        found[name] = broken.keys()
        others = ", ".join(sorted(broken.keys() - {bug.promise})) or "none"
        say(f"{'caught' if bug.promise in broken else 'MISSED':<7} {name:<28} «{bug.promise}»"
            f" {broken[bug.promise]} ({outcome.closed} reports; besides: {others})")  # fmt: skip
    return found


def main(words: list[str]) -> int:
    """Answers the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--reports", type=int, default=2_000)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--clients", type=int, default=12)
    parser.add_argument(
        "--faults", type=lambda s: s.split(",") if s else [], default=sorted(kinds_of(LANES))
    )
    parser.add_argument("--sabotage", type=_bugs, help=f"all, or some of {', '.join(BUGS)}")
    options = parser.parse_args(words)
    folder = Path(tempfile.mkdtemp(prefix="faults-sms-"))
    began = time.monotonic()
    try:
        with SmsWorld(folder / ".run") as world:
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


def _whole(world: SmsWorld, options: argparse.Namespace, folder: Path) -> tuple[bool, str]:
    if options.sabotage:
        return verdict(sabotages(world, options.sabotage, folder, options.seed))
    plan = Plan(
        seed=options.seed, reports=options.reports, seconds=options.seconds,
        most_s=options.seconds + options.reports * 0.5, clients=options.clients,
        kinds=options.faults,
    )  # fmt: skip
    for fault in schedule(plan.seed, plan.seconds, plan.kinds, lanes=LANES):
        say(f"  {fault}")
    file = folder / f"seed-{plan.seed}.jsonl"
    good = report(plan, run_trial(world, plan, 1, file), file)
    return good, "all promises kept" if good else "NOT GOOD"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
