"""`make bench-texts`: from an event to its text at a provider, with both providers well and with one that dies midway.

Events go through the outbox of `reports`, Kafka and `notify` to the providers' stand-in, at a fixed rate, each to a
mobile of its own; the stand-in notes when it accepted each. The dead one dies after a third of the time and is back
after two thirds. `burst`: all at once, for the highest rate. Promised: 99 of 100 within 10 s in both cases, all traffic
shifted within 10 s, and back within 60 s. Writer, services, PostgreSQL and Kafka share the cores.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import click
import requests

from bench.figures import keep_figures
from bench.texts.events import Writer
from bench.texts.ledger import Ledger, back_after, summary
from devstack.machine import say
from devstack.running_services import running_services
from devstack.system import System

SERVICES = ("identity", "reports", "notify")
DYING = "unifonic"
# How a provider dies: its port refuses connections, or it takes them and never answers.
WAYS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "refuses": ({"dead": True}, {"dead": False}),
    "hangs": ({"rates": {"timeout": 1.0}}, {"rates": {}}),
}
# The caps of a day count, and are far away.
WHOLE_S = 60  # a shorter run is a look, and leaves the figures of the last whole one
EXTRA = {"NOTIFY_TEXTS_PER_DAY": "100000000"}


class Bench:
    """A running system, its writer of events and its providers."""

    def __init__(self, system: System) -> None:
        description = system.description()
        self._writer = Writer(system)
        self._faults = description["sms_provider"]["faults"]
        notify = description["databases"]["notify"].replace("+psycopg", "")
        self._ledger = Ledger(description["sms_provider"]["ledger"], notify)

    def healthy(self, rate: float, seconds: float) -> dict[str, Any]:
        """Measures while both providers are well."""
        told = self._writer.write(rate, seconds)
        return summary(told, self._ledger.wait_for(told))

    def one_dead(self, rate: float, seconds: float, way: str) -> dict[str, Any]:
        """Measures while one provider dies and comes back."""
        ill, well = WAYS[way]
        with ThreadPoolExecutor(1) as pool:
            writing = pool.submit(self._writer.write, rate, seconds)
            time.sleep(seconds / 3)
            died = self._change(ill)
            time.sleep(seconds / 3)
            revived = self._change(well)
            told = writing.result()
        rows = self._ledger.wait_for(told)
        return {
            "how": way,
            **summary(told, rows),
            "shifted_after_s": self._ledger.shifted_after(DYING, died, revived),
            "back_after_s": back_after(rows, DYING, revived),
        }

    def burst(self, count: int) -> dict[str, Any]:
        """Measures `count` texts at once."""
        told = self._writer.tell(count)
        rows = self._ledger.wait_for(told)
        took = max(row["at"] for row in rows) - min(told.values())
        return {"texts": len(told), "took_s": round(took, 2), "per_s": round(len(rows) / took, 1)}

    def _change(self, facts: dict[str, Any]) -> float:
        requests.post(self._faults, json={DYING: facts}, timeout=10).raise_for_status()
        return time.time()


@click.command()
@click.option("--rate", default=20.0, help="Events a second.")
@click.option("--seconds", default=90.0, help="How long each of the two parts takes.")
@click.option("--how", type=click.Choice(list(WAYS)), default="refuses", help="How one dies.")
@click.option("--burst", "count", default=1_000, help="Texts at once; 0 for none.")
def main(rate: float, seconds: float, how: str, count: int) -> None:
    """Prints the figures, one line of JSON; a whole run overwrites bench/results/texts.json."""
    served = [room for room in running_services() if room.name in SERVICES]
    with System(services=served, extra=EXTRA) as system:
        bench = Bench(system)
        bench.healthy(rate, 3)  # what a first text prepares
        say(f"bench: {rate:g} events/s for {seconds:g} s, both providers well")
        healthy = bench.healthy(rate, seconds)
        say(f"  {healthy}")
        say(f"bench: the same, and {DYING} {how} for a third of the time")
        dead = bench.one_dead(rate, seconds, how)
        say(f"  {dead}")
        burst = bench.burst(count) if count else None
    figures = {
        "rate": rate,
        "seconds": seconds,
        "healthy": healthy,
        "one_dead": dead,
        "burst": burst,
    }
    print(keep_figures("texts", figures, whole=seconds >= WHOLE_S))


if __name__ == "__main__":
    main()
