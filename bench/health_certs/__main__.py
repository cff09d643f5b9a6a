"""`make bench-health-certs`: from a medical centre's PUT at the gateway to the certificate, for requests whose money
and health education are there.

Open loop: the centre's system enters fit results at a fixed rate, whatever the answers take. When a certificate was
issued is read afterwards, as the time of its commit; clients, services, PostgreSQL and Kafka share the cores and the
clock. What each process computed for a result is told beside it: where the cores are others' too, that's the figure to
compare.
"""

import os
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import click
from sqlalchemy import text
from tests.faults.health_certs.seeding import CENTRE, Asked, Seeder

from bench.figures import keep_figures
from bench.gateway.processes import cpu_seconds, tree
from bench.pacing import UNLIMITED, WHOLE_S, Clients, spread
from chassis.data.db import Database
from devstack.machine import say
from devstack.system import System
from devstack.token import Session
from saudi.days import legal_day

PATIENCE_S = 120.0
EXTRA = {**UNLIMITED, "PARTNER_GATEWAY_PERSON_PER_MINUTE": "1000000"}
_EXAMINEES = text(
    "SELECT count(*) FROM examinee WHERE centre IS NOT NULL AND request_id = ANY(CAST(:keys AS uuid[]))"
)
_ISSUED = text(
    "SELECT request_id::text, pg_xact_commit_timestamp(xmin) FROM certificate"
    " WHERE request_id = ANY(CAST(:keys AS uuid[]))"
)


class Bench:
    """A running system, and the centre's own one."""

    def __init__(self, system: System) -> None:
        description = system.description()
        self._pids = {
            one["name"]: one["pid"] for one in description["pids"] if one["pid"] != os.getpid()
        }
        self._url = description["services"]["partner-gateway"]["url"]
        urls = description["databases"]
        self._gateway = Database(urls["partner-gateway"])
        self._health = Database(urls["health-certs"])
        self._seeder = Seeder(self._health, system.environment("health-certs"))
        self._centre = Session(description, f"{CENTRE}-system")
        self._clients, self._made = Clients(), 0

    def seeded(self, count: int) -> list[Asked]:
        """Requests that wait for their examination, and that the gateway knows."""
        made = self._seeder.ready(range(self._made, self._made + count))
        self._made += count
        self._until(lambda: self._count_examinees(made) >= count)
        return made

    def issued(self, asked: list[Asked], rate: float) -> dict[str, Any]:
        """Measures from the PUT, at a fixed rate, to the commit of the certificate."""
        sent: dict[str, datetime] = {}
        answered: list[float] = []

        def send(one: Asked, at: float) -> None:
            began = time.monotonic()
            sent[one.request_id] = datetime.now(UTC) - timedelta(seconds=began - at)
            self._enter(one.request_no)
            answered.append(time.monotonic() - began)

        before = self._cpu_seconds()
        self._clients.send(asked, rate, send)
        self._until(lambda: len(self._certificates(sent)) >= len(sent))
        after, found = self._cpu_seconds(), self._certificates(sent)
        took = [(at - sent[key]).total_seconds() for key, at in found.items()]
        return {
            "entered": len(sent),
            "answered": len(answered),
            "not_issued": len(sent) - len(found),
            "put": spread(answered),
            "issued": spread(took),
            "cpu_ms_of_a_result": _cpu_per_result(before, after, len(sent)),
        }

    def _cpu_seconds(self) -> dict[str, float]:
        """CPU seconds of each process so far."""
        own = {"centre's client": cpu_seconds([os.getpid()])}
        return own | {name: cpu_seconds(tree(pid), ended=True) for name, pid in self._pids.items()}

    def _enter(self, number: str) -> None:
        url = f"{self._url}/v1/health-examinations/{number}/result"
        body = {
            "result": "fit",
            "examined_on": legal_day(datetime.now(UTC)).isoformat(),
            "practice_number": "12-RM-0012345",
        }
        headers = {**self._centre.headers("PUT", url), "Idempotency-Key": str(uuid4())}
        self._clients.http.put(url, json=body, headers=headers, timeout=30).raise_for_status()

    def _count_examinees(self, asked: list[Asked]) -> int:
        keys = [one.request_id for one in asked]
        with self._gateway.transaction() as session:
            return int(session.scalar(_EXAMINEES, {"keys": keys}) or 0)

    def _certificates(self, keys: Any) -> dict[str, datetime]:
        with self._health.transaction() as session:
            rows = session.execute(_ISSUED, {"keys": list(keys)}).all()
        return {row[0]: row[1] for row in rows}

    def _until(self, holds: Any) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not holds() and time.monotonic() < deadline:
            time.sleep(0.25)


def _cpu_per_result(
    before: dict[str, float], after: dict[str, float], results: int
) -> dict[str, float]:
    """Returns milliseconds by process, the highest first, without processes that round to nothing."""
    used = {name: round((after[name] - before[name]) * 1_000 / results, 2) for name in after}
    return {name: used[name] for name in sorted(used, key=lambda one: -used[one]) if used[name]}


@click.command()
@click.option("--rate", default=50.0, help="Results a second.")
@click.option("--seconds", default=30.0, help="How long the open loop takes.")
def main(rate: float, seconds: float) -> None:
    """Prints the figures, one line of JSON; a whole run overwrites bench/results/health-certs.json."""
    with System(extra=EXTRA) as system:
        bench = Bench(system)
        bench.issued(bench.seeded(int(rate)), rate)  # what a first entry prepares
        asked = bench.seeded(int(rate * seconds))
        say(f"bench: {rate:g} results/s for {seconds:g} s")
        figures = {
            "rate": rate,
            "seconds": seconds,
            **bench.issued(asked, rate),
        }
    say(keep_figures("health-certs", figures, whole=seconds >= WHOLE_S))


if __name__ == "__main__":
    main()
