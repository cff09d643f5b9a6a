"""`python -m tests.faults.run WORLD`: the real system, under load and faults; exit 1 when a promise is broken.

permits --seed 7 --seconds 52           a run
permits --seeds 1,2,3 --seconds 600 --writes 50000
payments --faults ''                    nothing breaks
payments --sabotage all                 every deliberate bug in turn; exit 1 unless each is named
"""

import argparse
import importlib
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from devstack.machine import StartError

from .findings import Finding
from .history import Entry, shortest
from .nemesis import kinds_of
from .sabotage import SABOTAGES, command
from .trial import Outcome, Plan, run_trial
from .world import ROOMY_DISK_MB, World

WORLDS = (
    *("permits", "reports", "payments", "feed", "licences", "entries", "health-certs"),
    *("transactions", "appointments", "tenders"),
)
SHOWN, ENTRIES_SHOWN = 10, 40


def world_of(name: str) -> type[World]:
    """Returns the class of a world."""
    module = importlib.import_module(f"tests.faults.{name.replace('-', '_')}.world")
    found: type[World] = module.WORLD
    return found


def bugs_of(world: type[World]) -> list[str]:
    """Returns the names of the deliberate bugs that a world's checker has to name."""
    return [name for name, bug in SABOTAGES.items() if bug.world == world.name]


def main(words: Sequence[str]) -> int:
    """Runs a world as its options say. Returns 0 when every promise was kept, or every bug named."""
    kind, options = _parse(words)
    folder, began = Path(tempfile.mkdtemp(prefix=f"faults-{kind.name}-")), time.monotonic()
    starting = kind(folder / ".run")
    if "disk-full" not in options.kinds:  # nobody knows how much the run writes
        starting.disk_mb = ROOMY_DISK_MB
    try:
        with starting as world:
            say(f"started in {time.monotonic() - began:.0f} s; histories in {folder}")
            if options.sabotage:
                seed = options.seeds[0]
                good, said = verdict(run_sabotages(world, options.sabotage, folder, seed))
            else:
                good = run_plans(world, options, folder)
                said = "all promises kept" if good else "NOT GOOD"
    except StartError as error:
        say(str(error))
        return 1
    if good:
        shutil.rmtree(folder, ignore_errors=True)
    say(f"\n{said}; {time.monotonic() - began:.0f} s in all")
    return 0 if good else 1


def _parse(words: Sequence[str]) -> tuple[type[World], argparse.Namespace]:
    first = argparse.ArgumentParser(add_help=False)
    first.add_argument("world", nargs="?", choices=WORLDS, default=WORLDS[0])
    world = world_of(first.parse_known_args(words)[0].world)
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("world", choices=WORLDS)
    every = sorted(kinds_of(world.lanes))
    parser.add_argument("--seeds", "--seed", type=_numbers, default=[1])
    for name, default in world.options.items():
        parser.add_argument(f"--{name}", type=type(default), default=default, dest=name)
    parser.add_argument("--faults", type=_names, default=every, dest="kinds")
    parser.add_argument("--sabotage", type=_names, help=f"all, or of {', '.join(bugs_of(world))}")
    options = parser.parse_args(words)
    if options.sabotage == ["all"]:
        options.sabotage = bugs_of(world)
    if unknown := set(options.sabotage or ()) - set(bugs_of(world)):
        parser.error(f"there is no bug called {', '.join(sorted(unknown))}")
    return world, options


def _numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",")]


def _names(text: str) -> list[str]:
    return text.split(",") if text else []


def run_plans(world: World, options: argparse.Namespace, folder: Path) -> bool:
    """Runs each seed in turn. Returns whether every promise was kept in every run."""
    kept = []
    wanted = {name: vars(options)[name] for name in world.options}
    for run, seed in enumerate(options.seeds, 1):
        plan = plan_of(world, wanted, seed=seed, kinds=options.kinds, patience_s=world.patience_s)
        say(f"\nseed {seed}: {plan.seconds:.0f} s with these faults")
        for fault in plan.faults(world):
            say(f"  {fault}")
        file = folder / f"seed-{seed}.jsonl"
        kept.append(report(world, run_trial(world, plan, run, file), file))
    return all(kept)


def plan_of(world: World, options: Mapping[str, Any], *, patience_s: float, **names: Any) -> Plan:
    """Makes a plan of a world's options, with more patience for more things."""
    count = next(iter(options.values()))
    return Plan(options=options, patience_s=patience_s + world.each_s * count, **names)


def report(world: World, outcome: Outcome[Any, Any], file: Path) -> bool:
    """Prints what a run showed. Returns whether the run was whole and every promise kept."""
    broken = Counter(finding.promise for finding in outcome.findings)
    say(f"\nseed {outcome.plan.seed}: {world.headline(outcome)}")
    width = max(len(name) for name in world.promises) + 2
    if world.checked:
        say(f"  {'promise':<{width}}{'looked at':>10}{'broken':>8}")
    for name in world.promises:
        count = f"{world.checked[name](outcome.evidence):>10}" if name in world.checked else ""
        say(f"  {name:<{width}}{count}{broken[name]:>8}{'' if count else ' broken'}")
    if outcome.findings:
        _explain(world, outcome, file)
    for trouble in outcome.troubles:
        say(f"  the harness had trouble: {trouble}")
    if shortfall := outcome.load.shortfall():
        say(f"  too little load: {shortfall}")
    return not (outcome.findings or outcome.troubles or shortfall)


def _explain(world: World, outcome: Outcome[Any, Any], file: Path) -> None:
    """Prints the findings, the shortest prefix of the history that shows the first, and the command that runs again."""
    findings: list[Finding] = outcome.findings
    for finding in findings[:SHOWN]:
        say(f"  BROKEN {finding.promise}: {finding.about} {finding.text}")
    if len(findings) > SHOWN:
        say(f"  … and {len(findings) - SHOWN} more")
    entries: Sequence[Entry] = outcome.load.history.entries
    shown = min((f for f in findings if f.number >= 0), key=lambda f: f.number, default=None)
    if shown is not None:
        say(f"  the first {shown.number + 1} lines of {file} show the first;"
            f" the faults and {shown.about} in them:")  # fmt: skip
        for entry in shortest(entries, shown.number, shown.about)[-ENTRIES_SHOWN:]:
            say(f"    {entry.number:>7} {entry.who:<8} {entry.kind:<8} {entry.operation} {entry.marker}"
                f" {entry.detail}")  # fmt: skip
    options = " ".join(f"--{name} {value}" for name, value in outcome.plan.options.items())
    say(f"  again: python -m tests.faults.run {world.name} --seed {outcome.plan.seed} {options}")


def run_sabotages(
    world: World, names: Sequence[str], folder: Path, seed: int
) -> dict[str, Collection[str]]:
    """Runs the world with each bug in turn. Returns bug → the promises that were found broken."""
    found: dict[str, Collection[str]] = {}
    for run, name in enumerate(names, 1):
        bug, began = SABOTAGES[name], time.monotonic()
        seats = world.seats(bug.service, bug.role) if bug.role else []
        plan = plan_of(
            world, {**world.options, **world.bug_options}, seed=seed, kinds=bug.nemesis,
            patience_s=world.bug_patience_s, haste=world.bug_haste, bug="" if bug.role else name,
        )  # fmt: skip
        with world.replaced(seats, [command(name, seat.package, seat.role) for seat in seats]):
            outcome = run_trial(world, plan, run, folder / f"{name}.jsonl")
        broken = Counter(finding.promise for finding in outcome.findings)
        found[name] = broken.keys()
        others = ", ".join(sorted(broken.keys() - {bug.promise})) or "none"
        say(f"{'caught' if bug.promise in broken else 'MISSED':<7} {name:<32} «{bug.promise}»"
            f" {broken[bug.promise]} ({time.monotonic() - began:.0f} s; besides: {others})")  # fmt: skip
        say(f"        {world.headline(outcome)}")
        for trouble in outcome.troubles:
            say(f"        the harness had trouble: {trouble}")
    return found


def verdict(found: Mapping[str, Collection[str]]) -> tuple[bool, str]:
    """Says whether each bug was caught by the promise that it breaks; and in words by which, or that it was missed."""
    missed = [name for name in found if SABOTAGES[name].promise not in found[name]]
    words = [f"{len(found) - len(missed)} of {len(found)} bugs caught"]
    for name, broken in found.items():
        promise = SABOTAGES[name].promise
        others = ", ".join(f"«{other}»" for other in sorted(set(broken) - {promise}))
        if name in missed:
            words.append(f"{name} MISSED: «{promise}» held, broken is {others or 'none'}")
        else:
            words.append(f"{name} by «{promise}»" + (f", besides {others}" if others else ""))
    return not missed, "; ".join(words)


def say(text: str = "") -> None:
    """Prints a line of the report."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
