"""`make bench-feed`: from the commit of a change to the client that waited for it, at 100 a second; hundreds who wait;
how many a second get their places.

Reference in the same run: one row committed and heard of by NOTIFY on another connection, and rows a second, each
committed alone. Client, gateway, identity, PostgreSQL and Kafka share the cores.
"""

import math
import os
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import psycopg
import requests
from sqlalchemy import text

from bench.feed import bare
from bench.feed.waiting import Crowd, Waiter
from bench.figures import keep_figures
from chassis.core.ids import new_id
from chassis.data.db import Database
from chassis.data.sealed import use_keys
from devstack.machine import say
from devstack.running_services import running_services
from devstack.system import System
from devstack.token import access_token
from partner_gateway import feed
from partner_gateway.settings import Settings

OWN = ("identity", "partner-gateway")
SEQUENCER = 0xFEED  # the lock of partner_gateway.feed.sequencer
# The limits count, and are far away.
EXTRA = {"PARTNER_GATEWAY_EVENTS_PER_MINUTE": "100000000"}


class Bench:
    """A running gateway, and who writes into its feed."""

    def __init__(self, system: System) -> None:
        self.url = system.services["partner-gateway"].url
        self.address = system.description()["databases"]["partner-gateway"]
        self.plain = self.address.replace("+psycopg", "")
        self.database = Database(self.address)
        settings = Settings.load("partner-gateway", system.environment("partner-gateway"))
        use_keys(self.database, settings)
        self.token = access_token(system.description(), "saihat-system")
        self.committed: dict[str, float] = {}
        self._verify_everywhere()

    def _verify_everywhere(self) -> None:
        """Each worker sees the token once, on connections of their own."""
        for _ in range(40):
            requests.get(
                f"{self.url}/v1/events?after=now",
                headers={"Authorization": f"Bearer {self.token}", "Connection": "close"},
                timeout=30,
            ).raise_for_status()

    def cursor(self) -> str:
        answer = requests.get(
            f"{self.url}/v1/events?after=now",
            headers={"Authorization": f"Bearer {self.token}"},
            timeout=30,
        )
        return str(answer.json()["next_cursor"])

    def crowd(self, count: int) -> Crowd:
        cursor = self.cursor()
        return Crowd([Waiter(self.url, self.token, cursor) for _ in range(count)])

    def write(self, number: int, count: int = 1) -> None:
        """Writes `count` changes in one transaction."""
        changes = [
            feed.Change(
                event_id=new_id(), type="sa.gov.qatif.licences.licence.issued.v1", source="/licences",
                audiences=feed.municipality("saihat"), subject=new_id(), number=str(number),
                path=f"/v1/licences/{number}", sequence=1, time=datetime.now(UTC),
                data={"status": "valid", "kind": "shop", "trade_name": {"ar": "بيانات تجريبية", "en": None}},
            )
            for _ in range(count)
        ]  # fmt: skip
        with self.database.transaction() as session:
            for one in changes:
                feed.append(session, one, public_url=self.url)
        now = time.time()
        self.committed |= {one.event_id: now for one in changes}

    def flow(self, rate: int, seconds: float) -> None:
        """Writes changes one at a time, `rate` a second."""
        began = time.monotonic()
        for number in range(int(rate * seconds)):
            time.sleep(max(0.0, began + number / rate - time.monotonic()))
            self.write(number)


def lag(bench: Bench, rate: int, seconds: float, listeners: int) -> dict[str, float]:
    """Milliseconds from the return of the commit to the client that has the answer; and whether each had each once."""
    crowd = bench.crowd(listeners)
    bench.committed.clear()
    began = time.monotonic()
    writer = threading.Thread(target=bench.flow, args=(rate, seconds))
    writer.start()
    while writer.is_alive():
        crowd.listen(0.2)
    took = time.monotonic() - began
    crowd.listen(20.0, enough=len(bench.committed) * listeners)
    crowd.close()
    found = [
        (at - bench.committed[one]) * 1_000 for one, times in crowd.heard.items() for at in times
    ]
    wrong = sum(len(crowd.heard.get(one, ())) != listeners for one in bench.committed)
    return {
        "written": len(bench.committed), "written_per_s": round(len(bench.committed) / took, 1),
        "missed_or_doubled": wrong, **percentiles(found),
    }  # fmt: skip


def waiting(bench: Bench, count: int) -> dict[str, float]:
    """`count` clients wait; what a thread's request takes meanwhile, and when the last of them has a change."""
    crowd = bench.crowd(count)
    crowd.listen(2.0)
    beside = [_status_ms(bench) for _ in range(50)]
    cpu = _cpu_s()
    crowd.listen(5.0)
    idle = (_cpu_s() - cpu) / 5.0
    times = []
    for number in range(5):
        bench.committed.clear()
        bench.write(number)
        ((event_id, at),) = bench.committed.items()
        crowd.listen(10.0, enough=crowd.count + count)
        times.append((max(crowd.heard[event_id]) - at) * 1_000)
    crowd.close()
    return {
        "clients": count, "beside_p50_ms": percentiles(beside)["p50_ms"], "cores_while_they_wait": round(idle, 3),
        "last_heard_ms": round(max(times), 1), "last_heard_median_ms": round(sorted(times)[2], 1),
    }  # fmt: skip


def placed_per_s(bench: Bench, count: int) -> float:
    """Measures how many changes a second get their places when `count` wait. The sequencers are held back while the
    changes are written."""
    waits = text("SELECT count(*) FROM feed_event WHERE placed_at IS NULL")
    with psycopg.connect(bench.plain, autocommit=True) as holding:
        holding.execute("SELECT pg_advisory_lock(%s)", [SEQUENCER])
        for number in range(count // 500):
            bench.write(number, 500)
        holding.execute("SELECT pg_advisory_unlock(%s)", [SEQUENCER])
        began = time.monotonic()
        while time.monotonic() - began < 120:
            with bench.database.transaction() as session:
                if not session.scalar(waits):
                    break
            time.sleep(0.02)
    return count / (time.monotonic() - began)


def percentiles(found: Sequence[float]) -> dict[str, float]:
    ordered = sorted(found)
    return {
        f"p{part}_ms": round(
            ordered[min(len(ordered) - 1, math.ceil(len(ordered) * part / 100))], 1
        )
        for part in (50, 95, 99)
    }


def _status_ms(bench: Bench) -> float:
    began = time.perf_counter()
    requests.get(
        f"{bench.url}/v1/events?after=now",
        headers={"Authorization": f"Bearer {bench.token}"},
        timeout=30,
    ).raise_for_status()
    return (time.perf_counter() - began) * 1_000


def _cpu_s() -> float:
    """Processor seconds of the gateway's processes so far."""
    ticks = 0
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            if b"partner_gateway" in words and b"serve" in words:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                ticks += int(fields[11]) + int(fields[12])
        except OSError:
            continue
    return ticks / os.sysconf("SC_CLK_TCK")


@click.command()
@click.option("--seconds", default=30.0)
@click.option("--rate", default=100)
@click.option("--crowd", default=300, help="clients that wait at once")
@click.option("--backlog", default=20_000, help="changes that wait for their places")
def main(seconds: float, rate: int, crowd: int, backlog: int) -> None:
    """Prints the figures; a whole run writes them to bench/results/feed.json."""
    own = [room for room in running_services() if room.name in OWN]
    with System(extra=EXTRA, services=own) as system:
        bench = Bench(system)
        reference = percentiles(bare.heard_ms(bench.plain, 500))
        commits = bare.commits_per_s(bench.plain, 3)
        say(f"bench: a row and NOTIFY: {reference}; {commits:.0f} bare commits a second")
        one = lag(bench, rate, seconds, 1)
        say(f"bench: {rate} a second, one client: {one}")
        ten = lag(bench, rate, seconds / 2, 10)
        say(f"bench: {rate} a second, ten clients: {ten}")
        few, many = waiting(bench, 10), waiting(bench, crowd)
        say(f"bench: who waits: {few}; {many}")
        places = placed_per_s(bench, backlog)
        say(f"bench: {places:.0f} places a second")
    figures: dict[str, Any] = {
        "rate": rate, "seconds": seconds, "lag": one, "lag_of_ten": ten, "waiting": [few, many],
        "places_per_s": round(places), "bare_notify": reference, "bare_commits_per_s": round(commits),
    }  # fmt: skip
    print(keep_figures("feed", figures, whole=seconds >= 30 and crowd >= 300))


if __name__ == "__main__":
    main()
