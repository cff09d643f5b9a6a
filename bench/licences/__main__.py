"""`make bench-licences`: from a municipality's POST to the decision in its feed, from the payment of a bill to the
licence there, and how many applications a second are accepted.

Open loop: three municipalities' systems submit at a fixed rate, whatever the answers take, and a reader of each one's
feed notes when it sees the decision; outside bodies are asked over real HTTP. Then as many as go, one by one and 500 at
a time, beside the same rows inserted bare. Clients, services, PostgreSQL and Kafka share the cores.
"""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import click

from bench.figures import keep_figures
from bench.licences import bare
from bench.licences.feed import Reader
from bench.licences.paying import Bills, paid_to_issued
from bench.licences.submitting import PLACES, Municipality, trade
from bench.pacing import SENDERS, UNLIMITED, WHOLE_S, Clients, spread
from devstack.machine import say
from devstack.system import System

EXTRA = {
    **UNLIMITED,
    "PARTNER_GATEWAY_SUBMISSIONS_PER_MINUTE": "1000000",
    "PARTNER_GATEWAY_EVENTS_PER_MINUTE": "1000000",
}


class Bench:
    """A running system and three municipalities of it."""

    def __init__(self, description: dict[str, Any]) -> None:
        self._municipalities = [Municipality(description, name) for name in PLACES]
        self._database = description["databases"]["partner-gateway"].replace("+psycopg", "")
        self._bills = Bills(description)
        self._clients = Clients()

    def decided(self, rate: float, seconds: float) -> dict[str, Any]:
        """Measures from the POST to the decision in the feed, at a fixed rate."""
        readers = {one.name: Reader(one) for one in self._municipalities}
        sent: dict[str, tuple[str, float]] = {}

        def send(place: int, at: float) -> None:
            one = self._municipalities[place % len(self._municipalities)]
            sent[one.submit(self._clients.http, trade(one.name))] = one.name, at

        count = int(rate * seconds)
        self._clients.send(range(count), rate, send)
        lost = sum(
            len(reader.wait_for({key for key, (of, _) in sent.items() if of == name}, 120))
            for name, reader in readers.items()
        )
        for reader in readers.values():
            reader.stop()
        took = [
            readers[of].seen[key] - at for key, (of, at) in sent.items() if key in readers[of].seen
        ]
        return {"sent": count, "accepted": len(sent), "undecided": lost, **spread(took)}

    def paid(self, count: int, rate: float) -> dict[str, Any]:
        """Measures from the payment to the licence in the feed."""
        return paid_to_issued(self._municipalities[0], self._bills, count, rate, spread)

    def accepted(self, seconds: float) -> float:
        """Returns how many applications a second are accepted, one by one."""
        until = time.monotonic() + seconds

        def send(place: int) -> int:
            one, count = self._municipalities[place % len(self._municipalities)], 0
            while time.monotonic() < until:
                one.submit(self._clients.http, trade(one.name))
                count += 1
            return count

        with ThreadPoolExecutor(SENDERS) as pool:
            return round(sum(pool.map(send, range(SENDERS))) / seconds, 1)

    def batched(self, batches: int) -> float:
        """Returns how many applications a second are accepted, 500 at a time."""
        began, done = time.monotonic(), 0
        for place in range(batches):
            one = self._municipalities[place % len(self._municipalities)]
            done += one.submit_batch(self._clients.http, [trade(one.name) for _ in range(500)])
        return round(done / (time.monotonic() - began), 1)

    def bare(self, seconds: float) -> float:
        return round(bare.rows_per_s(self._database, seconds), 1)


@click.command()
@click.option("--rate", default=20.0, help="Applications a second, of the open loop.")
@click.option("--seconds", default=60.0, help="How long the open loop takes.")
@click.option("--batches", default=6, help="Of 500 applications each; 0 for none.")
@click.option("--system", type=click.Path(exists=True, path_type=Path), help="A system.json.")
def main(rate: float, seconds: float, batches: int, system: Path | None) -> None:
    """Prints the figures, one line of JSON; a whole run overwrites bench/results/licences.json."""
    if system is not None:
        _measure(json.loads(system.read_text("utf-8")), rate, seconds, batches)
        return
    with System(extra=EXTRA) as started:
        _measure(started.description(), rate, seconds, batches)


def _measure(description: dict[str, Any], rate: float, seconds: float, batches: int) -> None:
    bench = Bench(description)
    bench.decided(rate, 3)  # what a first application prepares
    say(f"bench: {rate:g} applications/s for {seconds:g} s")
    decided = bench.decided(rate, seconds)
    say(f"  {decided}")
    span = min(seconds, 15)
    figures = {
        "rate": rate,
        "seconds": seconds,
        "decided": decided,
        "paid_to_issued": bench.paid(int(5 * span), 5.0),
        "accepted_per_s": bench.accepted(span),
        "batched_per_s": bench.batched(batches) if batches else None,
        "bare_rows_per_s": bench.bare(5),
    }
    print(keep_figures("licences", figures, whole=seconds >= WHOLE_S))


if __name__ == "__main__":
    main()
