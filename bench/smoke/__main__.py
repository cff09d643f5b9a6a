"""`make bench-smoke`: the four queries, the event path, a decision, a result, a report's life and the idle system in
small, as ratios to a reference of the same run. Fails where the median of three ratios is below 0.6 of the kept one.

The reference of a query is pgbench with the same SELECT, by rate. That of all else is two bare commits, by CPU time:
the ratio is the CPU time of the reference ÷ that of the whole system for one thing. Neighbours on the machine change
CPU time less than rates and latencies, and nobody's build should fail because of a neighbour. The idle system's thing
is one second. A higher ratio is better everywhere.

`--keep` writes the ratios to bench/results/smoke.json. A kept ratio falls only in a commit that says why.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import click

from bench.events.__main__ import Bench as Events
from bench.figures import keep_figures, read_figures
from bench.gateway import load, permits, queries
from bench.gateway.running import EXTRA as GATEWAY
from bench.gateway.running import Gateway
from bench.health_certs.__main__ import EXTRA as HEALTH
from bench.health_certs.__main__ import Bench as HealthCerts
from bench.licences.__main__ import EXTRA as LICENCES
from bench.licences.__main__ import Bench as Licences
from bench.reports.__main__ import EXTRA as REPORTS
from bench.reports.__main__ import photo
from bench.reports.lifecycle import Desk
from bench.reports.load import run as live
from bench.smoke.costs import Costs
from devstack.machine import say
from devstack.run_folder import RunFolder
from devstack.system import System

LOWEST, ROUNDS = 0.6, 3
ROWS, QUERY_S = 100_000, 1.5
Ratios = dict[str, float]


class Smoke:
    """A running system, and each bench's way to load it."""

    def __init__(self, system: System, folder: Path) -> None:
        description = system.description()
        self._gateway = Gateway(system, folder)
        self._loader = self._gateway.prepare()
        self._costs = Costs(system)
        self._events = Events(system)
        self._permits = self._events.valid_permits()
        self._licences = Licences(description)
        self._health = HealthCerts(system)
        self._reports = system.services["reports"].url, Desk.of(description), photo()
        self._users = 10

    def costs(self) -> Ratios:
        """Measures each path and the idle system three times; returns the medians by name."""
        steps: dict[str, Callable[[], int]] = {
            "event": self._commands,
            "decision": self._decisions,
            "result": self._results,
            "report": self._lives,
            "idle": _wait,
        }
        for name in ("event", "decision", "result", "report"):  # what a first one prepares
            steps[name]()
        found: dict[str, list[float]] = {name: [] for name in steps}
        for _ in range(ROUNDS):
            reference = self._costs.of_reference()
            for name, step in steps.items():
                found[name].append(reference / self._costs.of(step))
        return {name: round(median(ratios), 5) for name, ratios in found.items()}

    def queries(self) -> Ratios:
        """Compares the four queries with pgbench; returns the ratios by name."""
        self._loader.grow(ROWS)
        keys = [self._gateway.stored.owner_key(one) for one in permits.CIVIL_IDS]
        kinds = (
            queries.by_plan(permits.PLANS),
            queries.by_issue_date(),
            queries.by_civil_id(keys),
            queries.by_permit_number(ROWS),
        )
        return {one.name: self._gateway.compare(one, QUERY_S, ROUNDS)["ratio"] for one in kinds}

    def _commands(self) -> int:
        return int(self._events.holds(40, 3, self._permits)["written"])

    def _decisions(self) -> int:
        return int(self._licences.decided(10, 3)["accepted"])

    def _results(self) -> int:
        return int(self._health.issued(self._health.seeded(45), 15)["entered"])

    def _lives(self) -> int:
        url, desk, picture = self._reports
        self._users += 2
        lived = live(url, desk, picture, users=2, seconds=4, first=self._users)
        return round(lived["lives_per_s"] * 4)


def _wait() -> int:
    time.sleep(5)
    return 5


@click.command()
@click.option("--keep", is_flag=True, help="Write the ratios to bench/results/smoke.json.")
def main(keep: bool) -> None:
    """Prints each ratio beside the kept one; fails where one is too low."""
    load.require_wrk()
    began = time.monotonic()
    extra = {**GATEWAY, **HEALTH, **LICENCES, **REPORTS}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with System(RunFolder(folder / "run"), extra=extra) as system:
            smoke = Smoke(system, folder)
            found = {**smoke.costs(), **smoke.queries()}
    kept: Ratios = read_figures("smoke").get("ratios", {})
    for name, ratio in found.items():
        say(f"{name:14} {ratio:9.5f}  kept {kept.get(name, 0):9.5f}")
    say(f"bench-smoke: {time.monotonic() - began:.0f} s")
    if keep:
        figures: dict[str, Any] = {"ratios": found}
        keep_figures("smoke", figures)
    elif low := [name for name in found if found[name] < LOWEST * kept.get(name, 0)]:
        raise SystemExit(f"below {LOWEST} of the kept ratio: {', '.join(low)}")


if __name__ == "__main__":
    main()
