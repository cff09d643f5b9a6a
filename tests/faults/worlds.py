"""What the worlds beside that of permits have in common: their command, and what breaks when beside their load."""

import argparse
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from devstack.machine import StartError

from .findings import Finding
from .history import History
from .nemesis import Fault, Lanes, Nemesis, kinds_of, schedule
from .run import say, verdict
from .sabotage import SABOTAGES, Sabotage, command
from .world import ROOMY_DISK_MB, World

SHOWN = 10


class Planned(Protocol):
    """What of a world's plan decides about its faults; `haste` divides the pauses between them."""

    @property
    def seed(self) -> int: ...
    @property
    def seconds(self) -> float: ...
    @property
    def kinds(self) -> Collection[str]: ...
    @property
    def haste(self) -> float: ...


class Ended(Protocol):
    """What of a run's outcome every world shows."""

    @property
    def findings(self) -> list[Finding]: ...
    @property
    def troubles(self) -> list[str]: ...


AnyWorld = TypeVar("AnyWorld", bound=World)
AnyPlan = TypeVar("AnyPlan", bound=Planned)
AnyOutcome = TypeVar("AnyOutcome", bound=Ended)


@dataclass(frozen=True, kw_only=True)
class Harness(Generic[AnyWorld, AnyPlan, AnyOutcome]):
    """A world as a command. `bugs`: the name of its world in the sabotages; `options`: its own ones with what holds
    unless they're given; `plan` makes a plan of all options, `plan_of_bug` the small one in which a bug has to show.
    `trial` runs a plan under a number; `says` and `counted` are its headline, and what stands in the line of a bug.
    `is_whole`: whether so much came about that the promises are worth something. `again`: the options of a plan."""

    package: str
    bugs: str
    world: Callable[[Path], AnyWorld]
    lanes: Lanes
    promises: Iterable[str]
    options: dict[str, Any]
    plan: Callable[[argparse.Namespace], AnyPlan]
    plan_of_bug: Callable[[int, Sabotage], AnyPlan]
    trial: Callable[[AnyWorld, AnyPlan, int, Path], AnyOutcome]
    says: Callable[[AnyPlan, AnyOutcome], str]
    counted: Callable[[AnyOutcome], str]
    again: Callable[[AnyPlan], str]
    is_whole: Callable[[AnyPlan, AnyOutcome], bool] = field(default=lambda _plan, _outcome: True)

    def main(self, words: Sequence[str], describes: str | None) -> int:
        """Answers the exit status: 0 when every promise was kept, or every bug named."""
        options = self._parsed(words, describes)
        folder, began = Path(tempfile.mkdtemp(prefix=f"faults-{self.bugs}-")), time.monotonic()
        try:
            opening = self.world(folder / ".run")
            if "disk-full" not in options.kinds:  # what stays in it, nobody counted
                opening.disk_mb = ROOMY_DISK_MB
            with opening as world:
                say(f"started in {time.monotonic() - began:.0f} s; histories in {folder}")
                good, said = self._whole(world, options, folder)
        except StartError as error:
            say(str(error))
            return 1
        if good:
            shutil.rmtree(folder, ignore_errors=True)
        say(f"\n{said}; {_lasted(time.monotonic() - began)} in all")
        return 0 if good else 1

    @property
    def names(self) -> list[str]:
        """The deliberate bugs of this world."""
        return [name for name, bug in SABOTAGES.items() if bug.world == self.bugs]

    def _parsed(self, words: Sequence[str], describes: str | None) -> argparse.Namespace:
        parser = argparse.ArgumentParser(
            description=describes, formatter_class=argparse.RawTextHelpFormatter
        )
        parser.add_argument("--seed", type=int, default=1)
        for name, default in self.options.items():
            parser.add_argument(f"--{name}", type=type(default), default=default)
        every = sorted(kinds_of(self.lanes))
        parser.add_argument(
            "--faults", type=lambda s: s.split(",") if s else [], default=every, dest="kinds"
        )
        known = ", ".join(self.names)
        parser.add_argument("--sabotage", type=self._bugs, help=f"all, or some of {known}")
        return parser.parse_args(words)

    def _bugs(self, text: str) -> list[str]:
        names = self.names if text == "all" else text.split(",")
        if unknown := set(names) - set(self.names):
            raise argparse.ArgumentTypeError(f"there is no bug called {', '.join(sorted(unknown))}")
        return names

    def _whole(
        self, world: AnyWorld, options: argparse.Namespace, folder: Path
    ) -> tuple[bool, str]:
        if options.sabotage:
            return verdict(self._sabotaged(world, options.sabotage, folder, options.seed))
        plan = self.plan(options)
        for fault in schedule(plan.seed, plan.seconds, plan.kinds, lanes=self.lanes):
            say(f"  {fault}")
        file = folder / f"seed-{plan.seed}.jsonl"
        good = self._report(plan, self.trial(world, plan, 1, file), file)
        return good, "all promises kept" if good else "NOT GOOD"

    def _report(self, plan: AnyPlan, outcome: AnyOutcome, file: Path) -> bool:
        """Prints what a run showed; True when it was whole and every promise was kept."""
        broken = Counter(one.promise for one in outcome.findings)
        say(f"\nseed {plan.seed}: {self.says(plan, outcome)}")
        width = max(len(name) for name in self.promises) + 2
        for name in self.promises:
            say(f"  {name:<{width}}{broken[name]:>8} broken")
        for finding in outcome.findings[:SHOWN]:
            say(f"  BROKEN {finding.promise}: {finding.about} {finding.text}")
        for trouble in outcome.troubles:
            say(f"  the nemesis failed: {trouble}")
        if outcome.findings:
            say(f"  history: {file}; again: python -m {self.package} --seed {plan.seed}"
                f" --seconds {plan.seconds:.0f} {self.again(plan)}")  # fmt: skip
        whole = self.is_whole(plan, outcome)
        if not whole:
            say("  too little came about")
        return whole and not outcome.findings and not outcome.troubles

    def _sabotaged(
        self, world: AnyWorld, names: Sequence[str], folder: Path, seed: int
    ) -> dict[str, Collection[str]]:
        """Each bug in turn → the promises that were found broken."""
        found: dict[str, Collection[str]] = {}
        for run, name in enumerate(names, 1):
            bug, plan = SABOTAGES[name], self.plan_of_bug(seed, SABOTAGES[name])
            role = "serve" if bug.process == "serve" else "work"
            # A bug of the harness's own processes is in what they're started with.
            seats = [] if bug.process == "writer" else world.seats(bug.service, role)
            with world.replaced(seats, [command(name, seat.package, role) for seat in seats]):
                outcome = self.trial(world, plan, run, folder / f"{name}.jsonl")
            broken = Counter(finding.promise for finding in outcome.findings)
            found[name] = broken.keys()
            others = ", ".join(sorted(broken.keys() - {bug.promise})) or "none"
            say(f"{'caught' if bug.promise in broken else 'MISSED':<7} {name:<32} «{bug.promise}»"
                f" {broken[bug.promise]} ({self.counted(outcome)}; besides: {others})")  # fmt: skip
        return found


def _lasted(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.1f} min"


def nemesis_of(
    plan: Planned, history: History, breaks: Callable[[Fault], str], lanes: Lanes
) -> tuple[Nemesis, Sequence[Fault]]:
    """Who breaks things in a run, and what by the plan."""
    haste = dict.fromkeys(lanes, plan.haste)
    faults = schedule(plan.seed, plan.seconds, plan.kinds, haste=haste, lanes=lanes)
    return Nemesis(history, breaks), faults
