"""`make bench-portal`: the inquiry by number and the inbox of reports as browsers ask for them, at 10,000 and at a
million things, beside the same pages by Django and beside pgbench with the bare SELECTs.

The portal runs as `make up` starts it. An inquiry counts its limits in the database one by one, as in operation; only
the limit of the address, which all requests share here, is far away. No page waits on purpose: the inquiry hides
whether a number exists by doing the same work, so rate and processor time show the whole cost. wrk, the services,
PostgreSQL and Kafka share the cores.
"""

import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import click
import psycopg

from bench.figures import keep_figures
from bench.gateway import processes
from bench.gateway.load import CONNECTIONS, Run, require_wrk
from bench.gateway.peer import PYTHON
from bench.gateway.profile import sample
from bench.gateway.statement import Log
from bench.portal import browser, load, things, timing
from bench.portal.load import Load
from bench.portal.peer import PROCESS, Peer
from bench.portal.statements import BareSelects, Select, selects_with
from bench.portal.visitors import Inquirer, Officer, load_of_home
from bench.reports import rows as reports
from chassis.data.sealing import Keyring
from devstack.machine import say
from devstack.run_folder import RunFolder
from devstack.running_services import running_services
from devstack.system import System

SMALL, WHOLE, WHOLE_S = 10_000, 1_000_000, 8.0
SERVICES = ("identity", "reports", "portal")
# A limit below 200 is counted one by one, as the real ones are; no number is asked for so often here.
ONE_BY_ONE, FAR_AWAY = "199", "100000000"
EXTRA = {
    "PORTAL_INQUIRIES_PER_ADDRESS": FAR_AWAY,
    **{
        f"PORTAL_INQUIRIES_PER_{name}": ONE_BY_ONE
        for name in ("NUMBER", "NUMBER_ANYWHERE", "PROOF", "PROOF_ANYWHERE")
    },
}
SAMPLES, REQUESTS, TRIES = 800, 20_000, 500


class Bench:
    """Measures a running system."""

    def __init__(self, system: System, folder: Path, seconds: float, rounds: int) -> None:
        self._system, self._folder = system, folder
        self._seconds, self._rounds = seconds, rounds
        description = system.description()
        self._portal: str = description["portal"]["url"]
        self._databases = {
            name: description["databases"][name].replace("+psycopg", "") for name in SERVICES
        }
        self._ring = Keyring.parse(system.environment("portal")["PORTAL_INQUIRY_KEY"])
        self._inquirer, self._officer = Inquirer(self._portal), Officer(description)
        self._rows = 0

    def fill(self, rows: int) -> None:
        """Fills the read model and the table of reports up to so many rows."""
        began = time.monotonic()
        things.fill(self._databases["portal"], self._ring, rows)
        say(f"bench: {rows} things to ask about, after {time.monotonic() - began:.0f} s")
        reports.fill(self._databases["reports"], rows, with_journal=False)
        say(f"bench: {rows} reports, after {time.monotonic() - began:.0f} s")
        with psycopg.connect(self._system.postgres._admin, autocommit=True) as connection:
            connection.execute("CHECKPOINT")  # no page is measured while the rows go to the disk
        self._rows = rows

    def rates_to_home(self) -> dict[str, float]:
        """Returns the rate of each page ÷ the home page's, which knows no table: a machine's speed changes within
        minutes by more than a page grows."""
        return {name: self._rate_to_home(page) for name, page in self._pages().items()}

    def _rate_to_home(self, page: Callable[[], Load]) -> float:
        ours, homes, home = [], [], load_of_home(self._portal)
        for warming in (page(), home):
            load.closed(warming, 3, self._folder)
        for _ in range(self._rounds):
            ours.append(self._run(page()))
            homes.append(self._run(home))
        return _ratio(ours, homes)

    def compare(self) -> dict[str, Any]:
        """Measures each page, the peer's and the bare SELECTs in turn, and then the page at half of its rate."""
        selects = self._selects()
        with Peer(self._system, self._folder, selects["inquiry"], selects["inbox"]) as peer:
            peers = {"inquiry": lambda: peer.inquiry(self._asked()), "inbox": peer.inbox}
            return {
                name: self._compare(name, page, peers[name](), self._bare(name, selects[name]))
                for name, page in self._pages().items()
            }

    def _compare(
        self, name: str, page: Callable[[], Load], peer: Load, bare: BareSelects
    ) -> dict[str, Any]:
        say(f"bench: the page «{name}»")
        for warming in (page(), peer):
            load.closed(warming, 3, self._folder)
        bare.run(1)
        found: dict[str, list[Run]] = {"ours": [], "peer": [], "bare": []}
        used: list[dict[str, float]] = []
        for _ in range(self._rounds):
            ours, cpu = self._timed(page())
            theirs, peer_cpu = self._timed(peer)
            found["ours"].append(ours)
            found["peer"].append(theirs)
            found["bare"].append(bare.run(self._seconds))
            used.append(_cpu_of(cpu, peer_cpu))
        runs = found["ours"]
        per_s = median(one.per_s for one in runs)
        figures = {
            "per_s": round(per_s, 1),
            "p50_ms": round(median(one.p50_ms for one in runs), 1),
            "p99_ms": round(median(one.p99_ms for one in runs), 1),
            "peer_per_s": round(median(one.per_s for one in found["peer"]), 1),
            "pgbench_per_s": round(median(one.per_s for one in found["bare"])),
            "to_peer": _ratio(runs, found["peer"]),
            "to_pgbench": _ratio(runs, found["bare"]),
            "bytes": page().size,
            "peer_bytes": peer.size,
            "cpu_us": {who: round(median(one[who] for one in used)) for who in used[0]},
            "half_rate": self._median_steady(page, per_s / 2),
        }
        say(f"  {figures}")
        return figures

    def timing(self) -> dict[str, Any]:
        """Compares the times of numbers that exist and of others."""
        return timing.compare(self._inquirer, self._rows, TRIES)

    def in_browser(self, rounds: int) -> dict[str, Any]:
        """Measures both pages in Chromium."""
        return browser.measure(self._portal, self._officer.cookie, self._folder, rounds)

    def profile(self) -> None:
        """Prints where a worker's time goes, for each page in the portal and for the inbox in reports."""
        pids = self._system.supervisor.pids()
        for name, page in self._pages().items():
            load.closed(page(), 3, self._folder)
            for service in ("portal", "reports") if name == "inbox" else ("portal",):
                loaded = partial(load.closed, page(), self._seconds + 2, self._folder)
                stacks = sample(pids[f"{service}/serve"], self._folder, self._seconds, loaded)
                say(f"\n=== {name}, {service}\n{stacks}")

    def _pages(self) -> dict[str, Callable[[], Load]]:
        inquiries = self._inquirer.load(self._asked())
        return {"inquiry": lambda: inquiries, "inbox": self._officer.load}

    def _asked(self) -> list[things.Asked]:
        places = range(0, self._rows, len(things.KINDS))
        step = max(1, len(places) // REQUESTS)
        return [things.asked_of(place) for place in places[::step]]

    def _selects(self) -> dict[str, list[Select]]:
        data = self._system._data
        assert data is not None
        log = Log(data / "postgres.log", self._system.postgres._admin)
        asked = self._asked()[:1]
        return {
            "inquiry": selects_with(
                log, ["ORDER BY inquiry_thing.changed_at"], lambda: self._inquirer.load(asked)
            ),
            "inbox": selects_with(
                log, ["ORDER BY report.due_at", "FILTER (WHERE"], self._officer.load
            ),
        }

    def _bare(self, name: str, selects: list[Select]) -> BareSelects:
        if name == "inbox":
            return BareSelects(self._databases["reports"], self._folder, selects)
        keys = [
            things.keys_of(self._ring, one)
            for one in self._asked()[:: max(1, len(self._asked()) // CONNECTIONS)]
        ]
        return BareSelects(self._databases["portal"], self._folder, selects, keys[:CONNECTIONS])

    def _median_steady(self, page: Callable[[], Load], rate: float) -> dict[str, float]:
        """Returns the run whose p99 is the median."""
        runs = [load.steady(page(), rate, self._seconds) for _ in range(self._rounds)]
        return sorted(runs, key=lambda run: run["p99_ms"])[len(runs) // 2]

    def _run(self, page: Load) -> Run:
        return load.closed(page, self._seconds, self._folder)

    def _timed(self, page: Load) -> tuple[Run, dict[str, float]]:
        """Returns a run, and the microseconds of processor time of each answer, by process."""
        before = self._cpu()
        run = self._run(page)
        after = self._cpu()
        return run, {name: (after[name] - before[name]) * 1e6 / run.answers for name in before}

    def _cpu(self) -> dict[str, float]:
        pids = self._system.supervisor.pids()
        every = {
            "portal": pids["portal/serve"],
            "reports": pids["reports/serve"],
            "peer": pids[PROCESS],
            "postgres": self._system.postgres.pid or 0,
        }
        return {
            name: processes.cpu_seconds(processes.tree(pid), ended=True)
            for name, pid in every.items()
        }


def _cpu_of(ours: dict[str, float], peers: dict[str, float]) -> dict[str, float]:
    """Returns the processor time of an answer by who used it."""
    own = {name: ours[name] for name in ("portal", "reports", "postgres")}
    return {**own, "peer": peers["peer"], "peer_postgres": peers["postgres"]}


def _ratio(ours: list[Run], theirs: list[Run]) -> float:
    """Returns the median over the rounds, each beside its neighbour."""
    pairs = zip(ours, theirs, strict=True)
    return round(median(one.per_s / other.per_s for one, other in pairs), 3)


def measure(bench: Bench, rows: int, visits: int) -> dict[str, Any]:
    """Returns the figures of the small and the large table."""
    bench.fill(SMALL)
    small = bench.rates_to_home()
    bench.fill(rows)
    large = bench.rates_to_home()
    growth = {
        name: {"ratio": round(large[name] / small[name], 3), "small": small[name], "large": large[name]}
        for name in small
    }  # fmt: skip
    say(f"bench: growth {growth}")
    pages = bench.compare()
    times = bench.timing()
    say(f"bench: {times}")
    return {
        "rows": rows,
        "pages": pages,
        "growth": growth,
        "timing": times,
        "browser": bench.in_browser(visits),
    }


@click.command()
@click.option("--rows", default=WHOLE, type=click.IntRange(SMALL), help="Things, and reports.")
@click.option("--seconds", default=WHOLE_S, help="How long each load takes.")
@click.option("--rounds", default=3, help="Loads of each; the median counts.")
@click.option("--quick", is_flag=True, help="100,000 rows, 3 s, one round.")
@click.option(
    "--profile", "profiling", is_flag=True, help="Where a worker's time goes; no figures."
)
def main(rows: int, seconds: float, rounds: int, quick: bool, profiling: bool) -> None:
    """Prints the figures; those of a million rows are written to bench/results/portal.json."""
    require_wrk()
    if not PYTHON.exists():
        raise SystemExit("the peer isn't installed: run `make bench-portal`")
    if quick:
        rows, seconds, rounds = 100_000, 3.0, 1
    wanted = [one for one in running_services() if one.name in SERVICES]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with System(RunFolder(folder / "run"), services=wanted, extra=EXTRA) as system:
            system.load_samples(SAMPLES, ["reports"])
            bench = Bench(system, folder, seconds, rounds)
            if profiling:
                bench.fill(SMALL)
                bench.profile()
                return
            figures = measure(bench, rows, rounds)
    whole = rows >= WHOLE and seconds >= WHOLE_S
    say(keep_figures("portal", {"seconds": seconds, "rounds": rounds, **figures}, whole=whole))


if __name__ == "__main__":
    main()
