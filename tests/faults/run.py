"""`python -m tests.faults.run`: the real system, under load and faults; exit 1 when a promise is broken.

--seed 7 --seconds 52            one trial
--seeds 1,2,3 --seconds 600 --writes 50000
--sabotage all                   every deliberate bug in turn; exit 1 unless each is named
"""

import argparse
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from devstack.machine import StartError

from .checker import PROMISES
from .evidence import Evidence
from .findings import Finding
from .history import Entry, shortest
from .nemesis import KINDS, schedule
from .sabotage import SABOTAGES, Sabotage, command
from .trial import Outcome, Plan, run_trial
from .world import World

SHOWN = 40
BUGS = [name for name, bug in SABOTAGES.items() if bug.world == "permits"]
# A bug's few seconds want many injections, and processes that live long enough to do harm.
HASTE = {"events": 4.0, "processes": 0.3}
# What a bug's faults are called here, besides their own names.
MORE = {"poison": ("poison", "poison-live")}
CHECKED: dict[str, Callable[[Evidence], int]] = {
    "acknowledged is stored": lambda e: _count(e, "ok"),
    "failed is not stored": lambda e: _count(e, "fail"),
    "every change has its event": lambda e: len(e.actions),
    "no ghosts": lambda e: len(e.outbox),
    "outbox is topic": lambda e: len(e.topic),
    "order": lambda e: len({row.aggregate_id for row in e.outbox}),
    "every effect once": lambda e: len(e.effects),
    "the read model never goes back": lambda e: len(e.effects),
    "read model is the fold": lambda e: len(e.permits),
    "the gate": lambda e: sum(row.data.get("kind") == "completion" for row in e.outbox),
    "audit": lambda e: len(e.access),
    "poison is kept": lambda e: len(e.letters) + len(e.parked),
    "as_of is honest": lambda e: sum("as_of" in entry.detail for entry in e.history),
    "drained": lambda _: 1,
}


def _count(evidence: Evidence, kind: str) -> int:
    return sum(entry.kind == kind for entry in evidence.history)


def say(text: str = "") -> None:
    """A line of the report."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def report(plan: Plan, outcome: Outcome, file: Path) -> bool:
    """Prints what a trial showed; True when every promise was kept."""
    broken = Counter(finding.promise for finding in outcome.findings)
    evidence = outcome.evidence
    kinds = Counter(entry.kind for entry in evidence.history)
    say(f"\nseed {plan.seed}: {outcome.writes} acknowledged writes and {outcome.queries} queries in "
        f"{outcome.seconds:.0f} s ({kinds['fail']} refused, {kinds['unknown']} unknown), {outcome.faults} faults; "
        f"{len(evidence.outbox)} events, {len(evidence.topic)} records; "
        f"drained in {_seconds(evidence.drained_s)}")  # fmt: skip
    say(f"  {'promise':<34}{'looked at':>10}{'broken':>8}")
    for promise in PROMISES:
        say(f"  {promise:<34}{CHECKED[promise](evidence):>10}{broken[promise]:>8}")
    if outcome.findings:
        explain(plan, outcome.findings, evidence.history, file)
    for trouble in outcome.troubles:
        say(f"  the nemesis failed: {trouble}")
    if outcome.writes < plan.writes or not outcome.writes or not outcome.queries:
        say(f"  too little load: {plan.writes or 'some'} writes and some queries are wanted")
        return False
    return not outcome.findings and not outcome.troubles


def explain(plan: Plan, findings: list[Finding], history: object, file: Path) -> None:
    """The faults, the shortest prefix of the history that shows them, and the command to run it again."""
    for finding in findings[:10]:
        say(f"  BROKEN {finding.promise}: {finding.about} {finding.text}")
    if len(findings) > 10:
        say(f"  … and {len(findings) - 10} more")
    entries: list[Entry] = list(history)  # type: ignore[call-overload]
    shown = min((f for f in findings if f.number >= 0), key=lambda f: f.number, default=None)
    if shown is not None:
        say(
            f"  the first {shown.number + 1} lines of {file} show the first; of these the faults and {shown.about}:"
        )
        for entry in shortest(entries, shown.number, shown.about)[-SHOWN:]:
            say(
                f"    {entry.number:>7} {entry.who:<8} {entry.kind:<8} {entry.operation} {entry.marker} {entry.detail}"
            )
    say(f"  again: {sys.executable} -m tests.faults.run --seed {plan.seed} --seconds {plan.seconds:.0f}"
        f" --writes {plan.writes} --rate {plan.rate:.0f}")  # fmt: skip


def _seconds(seconds: float | None) -> str:
    return "never" if seconds is None else f"{seconds:.1f} s"


def trials(world: World, options: argparse.Namespace, folder: Path) -> bool:
    """One trial for each seed, in one world."""
    kept = []
    for number, seed in enumerate(options.seeds):
        plan = Plan(
            seed=seed, seconds=options.seconds, writes=options.writes, rate=options.rate,
            clients=options.clients, kinds=options.faults,
        )  # fmt: skip
        say(f"\nseed {seed}: {plan.seconds:.0f} s with these faults")
        for fault in schedule(seed, plan.seconds, plan.kinds):
            say(f"  {fault}")
        file = folder / f"seed-{seed}.jsonl"
        kept.append(report(plan, run_trial(world, plan, number, file), file))
    return all(kept)


def sabotages(
    world: World, names: list[str], folder: Path, seed: int
) -> dict[str, Collection[str]]:
    """Each bug in turn → the promises that the checker found broken."""
    found: dict[str, Collection[str]] = {}
    for number, name in enumerate(names):
        bug = SABOTAGES[name]
        began = time.monotonic()
        outcome = _sabotaged(world, bug, number, folder / f"{name}.jsonl", seed)
        broken = Counter(finding.promise for finding in outcome.findings)
        found[name] = broken.keys()
        say(f"{'caught' if bug.promise in broken else 'MISSED':<7} {name:<28} «{bug.promise}» {broken[bug.promise]}"
            f" ({outcome.writes} writes, {time.monotonic() - began:.0f} s;"
            f" besides: {', '.join(sorted(broken.keys() - {bug.promise})) or 'none'})")  # fmt: skip
        for trouble in outcome.troubles:
            say(f"        the nemesis failed: {trouble}")
    return found


def verdict(found: Mapping[str, Collection[str]]) -> tuple[bool, str]:
    """Whether each bug was caught by the promise that it breaks; and in words, by which, or that it was missed."""
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


def _sabotaged(world: World, bug: Sabotage, number: int, file: Path, seed: int) -> Outcome:
    role = "serve" if bug.process == "serve" else "work"
    seats = world.seats(bug.service, role)
    kinds = [kind for fault in bug.nemesis for kind in MORE.get(fault, (fault,))]
    plan = Plan(
        seed=seed, seconds=16.0, rate=80.0, kinds=kinds, haste=HASTE, patience_s=15.0, clients=16
    )
    with world.replaced(seats, [command(bug.name, seat.package, role) for seat in seats]):
        return run_trial(world, plan, number, file)


def main(words: list[str]) -> int:
    """Answers the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument(
        "--seeds", "--seed", type=lambda s: [int(n) for n in s.split(",")], default=[1]
    )
    parser.add_argument("--seconds", type=float, default=52.0)
    parser.add_argument("--writes", type=int, default=0)
    parser.add_argument("--rate", type=float, default=60.0)
    parser.add_argument("--clients", type=int, default=12)
    parser.add_argument("--faults", type=lambda s: s.split(","), default=sorted(KINDS))
    parser.add_argument("--sabotage", choices=["all", *BUGS])
    options = parser.parse_args(words)
    folder = Path(tempfile.mkdtemp(prefix="faults-"))
    began = time.monotonic()
    try:
        with World(folder / ".run") as world:
            say(f"started in {time.monotonic() - began:.0f} s; histories in {folder}")
            if options.sabotage:
                names = BUGS if options.sabotage == "all" else [options.sabotage]
                good, said = verdict(sabotages(world, names, folder, options.seeds[0]))
            else:
                good = trials(world, options, folder)
                said = "all promises kept" if good else "NOT GOOD"
    except StartError as error:
        say(str(error))
        return 1
    if good:
        shutil.rmtree(folder, ignore_errors=True)
    say(f"\n{said}; {time.monotonic() - began:.0f} s in all")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
