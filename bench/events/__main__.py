"""`make bench-events`: commit in `permits` to visible in the gateway, at 100 a second, and the highest rate that holds.

Reference in the same run: the two commits alone, one event after the other on one connection to each database: what the
change and its effect cost without outbox, broker, inbox and the document that's rendered.

`p50_ms`, `p99_ms`: real commands of `permits`, one transaction each, at 100 a second. `sustained_per_s`: the path's own
limit, with rows of the outbox as `outbox.publish` writes them, in a transaction every 20 ms, by one process on the same
cores. `sustained_by_commands_per_s`: with real commands, which cost more than all that comes after them. A rate holds
when the writer keeps its pace and the queue doesn't grow. When no rate holds for the full time the rate is 0, and
`held_for_10_s` is the highest rate that held in a short run.
"""

import math
import multiprocessing
import time
from datetime import datetime
from multiprocessing.sharedctypes import Synchronized
from typing import Any

import click
import psycopg
from sqlalchemy import text

from bench.events.writers import COMMITTED, Commands, Flood
from bench.figures import keep_figures
from chassis.data.db import Database
from chassis.data.sealed import use_keys
from devstack.machine import say
from devstack.system import SAMPLES_S, System
from permits.settings import Settings

WHOLE_S = 60  # a shorter run is a look, and leaves the figures of the last whole run
PROBE_S, LOWEST = 10, 20
DRAIN_S = 120.0  # a queue that takes longer to drain is no rate that holds
EMPTY_S = 900.0  # so long the next run waits for an empty queue
_IDS = text("SELECT permit_id::text FROM permit WHERE status = 'valid' ORDER BY permit_id")
_VISIBLE = text("SELECT coalesce(sum(version), 0) FROM building_permit")
_COMMITS = text(
    "SELECT o.event_id::text, pg_xact_commit_timestamp(b.xmin) FROM bench_committed b JOIN outbox o"
    " ON o.aggregate_id = b.aggregate_id::text AND o.version = b.version AND o.aggregate_type = 'permit'"
)
_EFFECTS = text(
    "SELECT event_id::text, pg_xact_commit_timestamp(xmin) FROM inbox WHERE received_at >= :since"
)
_CLEAR = text("TRUNCATE bench_committed")


_BARE_CHANGE = "INSERT INTO bench_committed VALUES (gen_random_uuid(), 1)"
_BARE_EFFECT = "UPDATE building_permit SET projected_at = now() WHERE permit_id = %s"


class Bench:
    """Both databases of a running system."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._urls = urls = system.description()["databases"]
        self.permits = Database(urls["permits"])
        self._settings = Settings.load("permits", system.environment("permits"))
        use_keys(self.permits, self._settings)
        self.gateway = Database(urls["partner-gateway"])
        self._commands = 0
        with self.permits.transaction() as session:
            session.execute(text(COMMITTED))

    def prepare(self, permits: int) -> list[str]:
        """Issues permits and waits until the gateway has them. Returns the ids of the valid ones."""
        self._system.run("permits", "sample", "--count", str(permits), seconds=SAMPLES_S)
        self._drain(EMPTY_S)
        return self.valid_permits()

    def valid_permits(self) -> list[str]:
        """Returns the ids of the permits that commands can change."""
        with self.permits.transaction() as session:
            return list(session.scalars(_IDS))

    def visible(self) -> int:
        """Counts the versions that the gateway has taken in, over all permits."""
        with self.gateway.transaction() as session:
            return int(session.scalar(_VISIBLE))

    def written(self) -> int:
        """Counts the versions that were committed, over all permits."""
        with self.permits.transaction() as session:
            counted = "SELECT count(*) FROM outbox WHERE aggregate_type = 'permit'"
            return int(session.scalar(text(counted)))

    def latency(self, permit_ids: list[str], rate: int, seconds: int) -> dict[str, Any]:
        """Milliseconds from commit to commit, at `rate` real commands a second."""
        run = self.holds(rate, seconds, permit_ids)
        return {name: run[name] for name in ("written", "held", "p50_ms", "p95_ms", "p99_ms")}

    def holds(
        self, rate: int, seconds: float, permit_ids: list[str] | None = None
    ) -> dict[str, Any]:
        """Measures whether the path keeps up with `rate` for `seconds`.

        The path keeps up when the queue at the end is no longer than at mid-time, or less than half a second's worth.
        With `permit_ids` the load is real commands, otherwise rows of the outbox.
        """
        if self._drain(EMPTY_S) is None:
            raise SystemExit(f"the queue of the last run isn't empty after {EMPTY_S:.0f} s")
        with self.permits.transaction() as session:
            session.execute(_CLEAR)
        before, since = self.visible(), self._now()
        done: Synchronized[int] = multiprocessing.Value("q", 0)
        took: Synchronized[float] = multiprocessing.Value("d", math.inf)
        writer = multiprocessing.Process(
            target=_write, args=(self._urls["permits"], rate, seconds, done, took),
            kwargs={"settings": self._settings, "permit_ids": permit_ids, "first": self._commands},
        )  # fmt: skip
        writer.start()
        waiting: list[int] = []
        while writer.is_alive():
            waiting.append(done.value - (self.visible() - before))
            writer.join(0.5)
        written = done.value
        self._commands += written if permit_ids else 0
        waiting.append(written - (self.visible() - before))
        drained = self._drain(DRAIN_S)
        late = max(waiting[len(waiting) // 2 :])
        kept_pace = written >= rate * seconds and took.value <= seconds + 0.5
        return {
            "rate": rate, "seconds": seconds, "written": written, "written_in_s": round(took.value, 2),
            "waiting_at_end": waiting[-1], "most_waiting": late, "drained_in_s": drained,
            "held": kept_pace and drained is not None and late <= max(rate * 0.5, waiting[len(waiting) // 2]),
            **self._percentiles(since),
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

    def _now(self) -> datetime:
        with self.gateway.transaction() as session:
            now: datetime = session.scalar(text("SELECT now()"))
            return now

    def _drain(self, patience: float) -> float | None:
        """Waits until the gateway has all that was written. Returns the seconds, or None when they didn't suffice."""
        began = time.monotonic()
        while self.visible() < self.written():
            if time.monotonic() - began > patience:
                return None
            time.sleep(0.1)
        return round(time.monotonic() - began, 2)

    def _percentiles(self, since: datetime) -> dict[str, float | None]:
        """Milliseconds from commit to commit, over the changes that the gateway has taken in; None without any."""
        with self.permits.transaction() as session:
            commits = dict(session.execute(_COMMITS).all())
        with self.gateway.transaction() as session:
            effects = dict(session.execute(_EFFECTS, {"since": since}).all())
        took = (effects[key] - at for key, at in commits.items() if key in effects)
        times = sorted(one.total_seconds() * 1000 for one in took)
        last = len(times) - 1
        return {
            f"p{part}_ms": round(times[min(last, math.ceil(len(times) * part / 100))], 1)
            if times
            else None
            for part in (50, 95, 99)
        }


def _write(
    url: str,
    rate: int,
    seconds: float,
    done: "Synchronized[int]",
    took: "Synchronized[float]",
    *,
    settings: Settings,
    permit_ids: list[str] | None,
    first: int,
) -> None:
    def tell(count: int) -> None:
        done.value = count

    database = Database(url)
    use_keys(database, settings)
    writer = Flood(database) if permit_ids is None else Commands(database, permit_ids, first)
    took.value = writer.write(rate, seconds, tell)


def highest(
    bench: Bench, seconds: int, start: int, permit_ids: list[str] | None = None
) -> dict[str, Any]:
    """Finds the highest rate that holds, in short runs, and confirms it in a run of the full time, a tenth lower after
    each failure. `held_for_10_s`: what the short runs found, also where no rate holds for the full time."""
    rate = start
    while not _probe(bench, rate, permit_ids) and rate > LOWEST:
        rate = int(rate * 0.8)
    while _probe(bench, int(rate * 1.2), permit_ids):
        rate = int(rate * 1.2)
    short = rate if rate > LOWEST else 0
    while True:
        run = bench.holds(rate, seconds, permit_ids)
        verdict = "held" if run["held"] else "fell behind"
        say(f"  {rate}/s for {seconds} s: {verdict}, p99 {run['p99_ms']} ms")
        if run["held"] or rate <= LOWEST:
            return {**run, "held_for_10_s": short}
        rate = max(LOWEST, int(rate * 0.9))


def _probe(bench: Bench, rate: int, permit_ids: list[str] | None) -> bool:
    run = bench.holds(rate, PROBE_S, permit_ids)
    verdict = "held" if run["held"] else f"fell behind ({run['most_waiting']} waiting)"
    say(f"  {rate}/s for {PROBE_S} s: {verdict}, p99 {run['p99_ms']} ms")
    return bool(run["held"])


@click.command()
@click.option("--permits", default=2000, help="Permits that the events are about.")
@click.option("--seconds", default=60, help="How long each measurement takes.")
@click.option("--start", default=1000, help="The rate a second to climb from.")
@click.option("--commands-start", default=250, help="The same for real commands.")
def main(permits: int, seconds: int, start: int, commands_start: int) -> None:
    """Prints the figures; a whole run writes them to bench/results/events.json."""
    with System() as system:
        bench = Bench(system)
        ids = bench.prepare(permits)
        say(f"bench: real commands at 100/s for {seconds} s")
        paced = bench.latency(ids, 100, seconds)
        say(f"  {paced}")
        say("bench: the highest rate that holds, with real commands")
        by_commands = highest(bench, seconds, commands_start, ids)
        say(
            "bench: the same with rows of the outbox; no command may follow, because they run ahead of the permits"
        )
        sustained = highest(bench, seconds, start)
        bare = bench.bare(ids, 10)
        say(f"bench: the two commits alone, one after the other: {bare:.0f}/s")
    figures = {
        "p50_ms": paced["p50_ms"], "p99_ms": paced["p99_ms"],
        "sustained_per_s": sustained["rate"] if sustained["held"] else 0,
        "sustained_by_commands_per_s": by_commands["rate"] if by_commands["held"] else 0,
        "bare_commits_per_s": round(bare), "ratio": round(sustained["rate"] / bare, 2),
        "paced": paced, "sustained": sustained, "sustained_by_commands": by_commands, "permits": permits,
    }  # fmt: skip
    say(keep_figures("events", figures, whole=seconds >= WHOLE_S))


if __name__ == "__main__":
    main()
