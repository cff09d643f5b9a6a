"""`make bench-gateway`: pages and single permits with all the trust, next to pgbench running the same SELECT."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from bench.figures import keep_figures, read_figures
from bench.gateway import depth, load, peer, permits, plain, queries, steady, trust
from bench.gateway.profile import profile
from bench.gateway.queries import Measured
from bench.gateway.report import table
from bench.gateway.running import EXTRA, Gateway
from devstack.machine import say
from devstack.run_folder import RunFolder
from devstack.system import System

PARTS = (
    "growth",
    "pages",
    "open_loop",
    "counted",
    "depth",
    "trust_cost",
    "tokens_per_s",
    "peer",
    "plain",
)
# A page by plan number is full from so many permits on.
FEWEST = 100_000
LARGEST = 5_000_000
WHOLE, WHOLE_S = 1_000_000, 10.0  # smaller and shorter runs are a look


class Bench:
    """Measures a running system, part by part."""

    def __init__(self, gateway: Gateway, rows: int, seconds: float, rounds: int) -> None:
        self._gateway = gateway
        self._rows = rows
        self._seconds = seconds
        self._rounds = rounds
        say("bench: permits issued and projected, to be varied")
        self._loader = gateway.prepare()

    def all(self, parts: list[str], write: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
        """The figures of the parts, in the order that the growing table asks for.

        `write` gets the figures after each part, so that a failing part doesn't lose the others'.
        """
        figures: dict[str, Any] = {"rows": self._rows}
        small = (
            self._growth(permits.FIRST_GROWTH, permits.GROWTH_PLANS) if "growth" in parts else {}
        )
        self._grow(self._rows)
        steps: dict[str, Callable[[], Any]] = {
            "pages": self.pages,
            "open_loop": lambda: self.open_loop(figures.get("pages", {})),
            "counted": self.counted,
            "depth": lambda: depth.measure(self._gateway, self._rows, self._seconds, self._rounds),
            "trust_cost": self.trust_cost,
            "tokens_per_s": self.tokens_per_s,
            "peer": self.peer,
            "plain": self.plain,
        }
        for name, step in steps.items():
            if name in parts:
                say(f"bench: {name}")
                figures[name] = step()
                write(figures)
        figures["memory_mib"] = self._gateway.memory()
        write(figures)
        if small:
            large = self._growth(LARGEST, permits.PLANS)
            ratio = round(large["per_s"] / small["per_s"], 3)
            figures["growth"] = {"ratio": ratio, "rows_10000": small, f"rows_{LARGEST}": large}
            write(figures)
        return figures

    def pages(self) -> dict[str, Any]:
        """Each kind of query."""
        return {
            one.name: self._gateway.compare(one, self._seconds, self._rounds)
            for one in self._kinds()
        }

    def open_loop(self, pages: dict[str, Any]) -> dict[str, Any]:
        """Each kind at half of its rate in `pages`, or of a rate that is measured for it."""
        gateway, seconds, rounds = self._gateway, self._seconds, self._rounds
        figures = {}
        for one in self._kinds():
            known = pages.get(one.name)
            highest = known["per_s"] if known else gateway.run(one, seconds).per_s
            figures[one.name] = steady.open_loop(gateway, one, highest, seconds, rounds)
        return figures

    def counted(self) -> dict[str, Any]:
        """A page and a single permit, each request counted."""
        kinds = [queries.by_plan(permits.PLANS), queries.by_permit_number(self._rows)]
        return steady.counted(self._gateway, kinds, self._seconds, self._rounds)

    def peer(self) -> dict[str, Any]:
        """The peer and ours in turn, by plan number."""
        measured, gateway = queries.by_plan(permits.PLANS), self._gateway
        with peer.Peer(gateway, self._loader) as other:
            return peer.compare(gateway, other, measured, self._seconds, self._rounds)

    def plain(self) -> dict[str, Any]:
        """Each kind of query through the lane and through the plain path."""
        return plain.measure(self._gateway, self._kinds(), self._seconds, self._rounds)

    def trust_cost(self) -> dict[str, Any]:
        """Processor time of an answer without the trust and with it."""
        measured = queries.by_plan(permits.PLANS)
        self._loader.plain()
        return trust.measure(self._gateway, measured, self._seconds, self._rounds)

    def tokens_per_s(self) -> float:
        """Tokens issued a second and core."""
        from bench.gateway.tokens import tokens_per_second

        return round(tokens_per_second(self._gateway.system), 1)

    def profile(self) -> None:
        """Prints where a worker's time goes, for each kind of query."""
        self._grow(self._rows)
        for one in self._kinds():
            self._gateway.run(one, 2)
            say(f"\n=== {one.name}\n{profile(self._gateway, one, self._seconds)}")

    def _kinds(self) -> list[Measured]:
        gateway = self._gateway
        keys = [gateway.stored.owner_key(one) for one in permits.CIVIL_IDS]
        return [
            queries.by_plan(permits.PLANS),
            queries.by_issue_date(),
            queries.by_civil_id(keys),
            queries.by_permit_number(self._rows),
        ]

    def _growth(self, rows: int, plans: range) -> dict[str, Any]:
        self._grow(rows)
        measured = queries.by_plan(plans, f"plan_number of {rows}")
        return self._gateway.compare(measured, self._seconds, self._rounds)

    def _grow(self, rows: int) -> None:
        began = time.monotonic()
        self._loader.grow(rows)
        say(f"bench: {rows} permits in the table, after {time.monotonic() - began:.0f} s")


@click.command()
@click.option(
    "--permits",
    "rows",
    default=1_000_000,
    type=click.IntRange(FEWEST),
    help="Permits in the table.",
)
@click.option("--seconds", default=10.0, help="How long each run takes.")
@click.option("--rounds", default=3, help="Runs of each; the median counts.")
@click.option("--quick", is_flag=True, help="100,000 rows, 3 s, one round; without growth.")
@click.option("--parts", default="", help=f"Some of {','.join(PARTS)}; other kept figures stay.")
@click.option(
    "--plain", "only_plain", is_flag=True, help="The lane beside the plain path, and nothing else."
)
@click.option(
    "--profile", "profiling", is_flag=True, help="Where a worker's time goes; no figures."
)
def main(
    rows: int, seconds: float, rounds: int, quick: bool, parts: str, only_plain: bool, profiling: bool
) -> None:  # fmt: skip
    """Prints the figures. Those of 1,000,000 permits are written to bench/results/gateway.json."""
    load.require_wrk()
    wanted = _parse_parts("plain" if only_plain else parts, quick)
    if "peer" in wanted or profiling:
        peer.require()
    if quick:
        rows, seconds, rounds = FEWEST, 3.0, 1
    whole = not quick and rows >= WHOLE and seconds >= WHOLE_S
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with System(RunFolder(folder / "run"), extra=EXTRA) as system:
            bench = Bench(Gateway(system, folder), rows, seconds, rounds)
            if profiling:
                bench.profile()
                return
            kept = read_figures("gateway") if set(wanted) != set(PARTS) else {}
            figures = bench.all(wanted, lambda found: _keep({**kept, **found}, whole))
    say(table(figures))


def _parse_parts(parts: str, quick: bool) -> list[str]:
    if not parts:
        return [one for one in PARTS if not (quick and one == "growth")]
    if unknown := set(parts.split(",")) - set(PARTS):
        raise SystemExit(f"there's no part {', '.join(unknown)}; there are {', '.join(PARTS)}")
    return parts.split(",")


def _keep(figures: dict[str, Any], whole: bool) -> None:
    if whole:
        keep_figures("gateway", figures)


if __name__ == "__main__":
    main()
