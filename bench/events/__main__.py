"""`make bench-events`: commit in `permits` to visible in the gateway, at 100 a second, and the highest rate that holds.

Reference in the same run: the two commits alone, one event after the other on one connection to each database: what the
change and its effect cost without outbox, broker, inbox and the document that's rendered.
"""

import json
import math
import multiprocessing
import os
import platform
import time
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from typing import Any

import click
import psycopg
from sqlalchemy import text

from bench.events.writers import COMMITTED, Flood, change_by_commands
from chassis.db import Database
from devstack import sample_permits
from devstack.parts import say
from devstack.system import System

RESULTS = Path(__file__).parent.parent / "results" / "events.json"
_IDS = text("SELECT permit_id::text FROM permit WHERE status = 'valid' ORDER BY permit_id")
_VISIBLE = text("SELECT coalesce(sum(version), 0) FROM building_permit")
_COMMITS = text(
    "SELECT o.event_id::text, pg_xact_commit_timestamp(b.xmin) FROM bench_committed b JOIN outbox o"
    " ON o.aggregate_id = b.aggregate_id::text AND o.version = b.version AND o.aggregate_type = 'permit'"
)
_EFFECTS = text("SELECT event_id::text, pg_xact_commit_timestamp(xmin) FROM inbox")
_CLEAR = text("TRUNCATE bench_committed")


_BARE_CHANGE = "INSERT INTO bench_committed VALUES (gen_random_uuid(), 1)"
_BARE_EFFECT = "UPDATE building_permit SET projected_at = now() WHERE permit_id = %s"


class Bench:
    """Both databases of a running system."""

    def __init__(self, system: System) -> None:
        urls = system.description()["databases"]
        self._urls = urls
        self.permits = Database(urls["permits"])
        self.gateway = Database(urls["partner-gateway"])
        with self.permits.transaction() as session:
            session.execute(text(COMMITTED))

    def prepare(self, permits: int) -> list[str]:
        """Issues permits and waits until the gateway has them. Answers the ids of the valid ones."""
        sample_permits.load(self.permits, permits, lambda _done: None)
        while self.visible() < self.written():
            time.sleep(0.1)
        with self.permits.transaction() as session:
            return list(session.scalars(_IDS))

    def visible(self) -> int:
        """How many versions the gateway has taken in, over all permits."""
        with self.gateway.transaction() as session:
            return int(session.scalar(_VISIBLE))

    def written(self) -> int:
        """How many versions were committed, over all permits."""
        with self.permits.transaction() as session:
            counted = "SELECT count(*) FROM outbox WHERE aggregate_type = 'permit'"
            return int(session.scalar(text(counted)))

    def latency(self, permit_ids: list[str], rate: int, seconds: int) -> dict[str, float]:
        """Milliseconds from commit to commit, at `rate` real commands a second."""
        with self.permits.transaction() as session:
            session.execute(_CLEAR)
        count = change_by_commands(self.permits, permit_ids, rate, seconds)
        self._drained(count)
        return {"count": count, **self._percentiles()}

    def holds(self, rate: int, seconds: float) -> dict[str, Any]:
        """Whether the path keeps up with `rate` for so long: what waits at the end is no more than at mid-time, or is
        less than half a second's worth."""
        with self.permits.transaction() as session:
            session.execute(_CLEAR)
        before = self.visible()
        done: Synchronized[int] = multiprocessing.Value("q", 0)
        writer = multiprocessing.Process(
            target=_flood, args=(self._urls["permits"], rate, seconds, done)
        )
        writer.start()
        waiting: list[int] = []
        while writer.is_alive():
            waiting.append(done.value - (self.visible() - before))
            writer.join(0.5)
        written = done.value
        waiting.append(written - (self.visible() - before))
        began = time.monotonic()
        self._drained(written)
        late = max(waiting[len(waiting) // 2 :])
        kept_pace = written >= rate * seconds and writer.exitcode == 0
        return {
            "rate": rate, "seconds": seconds, "written": written, "waiting_at_end": waiting[-1],
            "most_waiting": late, "drained_in_s": round(time.monotonic() - began, 2),
            "held": kept_pace and late <= max(rate * 0.5, waiting[len(waiting) // 2]), **self._percentiles(),
        }  # fmt: skip

    def bare(self, permit_ids: list[str], seconds: float) -> float:
        """The reference: pairs of commits a second."""
        urls = [self._urls[name].replace("+psycopg", "") for name in ("permits", "partner-gateway")]
        with (
            psycopg.connect(urls[0], autocommit=True) as one,
            psycopg.connect(urls[1], autocommit=True) as two,
        ):
            began, pairs = time.monotonic(), 0
            while time.monotonic() - began < seconds:
                one.execute(_BARE_CHANGE)
                two.execute(_BARE_EFFECT, [permit_ids[pairs % len(permit_ids)]])
                pairs += 1
        return pairs / seconds

    def _drained(self, count: int) -> None:
        deadline = time.monotonic() + 120
        while len(self._latencies()) < count:
            if time.monotonic() > deadline:
                raise SystemExit(f"not all of {count} events were seen after 120 s")
            time.sleep(0.2)

    def _latencies(self) -> list[float]:
        with self.permits.transaction() as session:
            commits = dict(session.execute(_COMMITS).tuples().all())
        with self.gateway.transaction() as session:
            effects = dict(session.execute(_EFFECTS).tuples().all())
        return sorted(
            (effects[key] - at).total_seconds() * 1000
            for key, at in commits.items()
            if key in effects
        )

    def _percentiles(self) -> dict[str, float]:
        times = self._latencies()
        return {
            f"p{part}_ms": round(times[min(len(times) - 1, math.ceil(len(times) * part / 100))], 1)
            for part in (50, 95, 99)
        }


def _flood(url: str, rate: int, seconds: float, done: "Synchronized[int]") -> None:
    def tell(count: int) -> None:
        done.value = count

    Flood(Database(url)).write(rate, seconds, tell)


def highest(bench: Bench, seconds: int, start: int) -> dict[str, Any]:
    """Climbs in short runs until the path falls behind, then asks for the full time, a tenth less at each failure."""
    rate = start
    while (probe := bench.holds(int(rate * 1.2), 10))["held"]:
        say(f"  probe {probe['rate']}/s for 10 s: held, p99 {probe['p99_ms']} ms")
        rate = int(rate * 1.2)
    say(f"  probe {probe['rate']}/s for 10 s: fell behind ({probe['most_waiting']} waiting)")
    while True:
        run = bench.holds(rate, seconds)
        say(
            f"  {rate}/s for {seconds} s: {'held' if run['held'] else 'fell behind'}, p99 {run['p99_ms']} ms"
        )
        if run["held"] or rate < 100:
            return run
        rate = int(rate * 0.9)


@click.command()
@click.option("--permits", default=2000, help="Permits that the events are about.")
@click.option("--seconds", default=60, help="How long each measurement takes.")
@click.option("--start", default=800, help="The rate a second to climb from.")
def main(permits: int, seconds: int, start: int) -> None:
    """Prints the figures and writes them to bench/results/events.json."""
    with System() as system:
        bench = Bench(system)
        ids = bench.prepare(permits)
        say(f"bench: real commands at 100/s for {seconds} s")
        paced = bench.latency(ids, 100, seconds)
        say(f"  {paced}")
        say("bench: the highest rate that the path holds")
        sustained = highest(bench, seconds, start)
        bare = bench.bare(ids, 10)
        say(f"bench: the two commits alone, one after the other: {bare:.0f}/s")
    figures = {
        "p50_ms": paced["p50_ms"], "p99_ms": paced["p99_ms"],
        "sustained_per_s": sustained["rate"] if sustained["held"] else 0,
        "bare_commits_per_s": round(bare), "ratio": round(sustained["rate"] / bare, 2),
        "paced": paced, "sustained": sustained, "permits": permits,
        "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}",
    }  # fmt: skip
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(figures, indent=2) + "\n")
    say(json.dumps(figures))


if __name__ == "__main__":
    main()
