"""`make bench-transactions`: from the commit of an entry in `transactions` to its event in the topic, at 50 a second.

Open loop: clerks enter at a fixed rate, whatever the answers take. A reader of the topic notes when it got each event;
when an entry was committed is read afterwards. Clients, the reader, the service, PostgreSQL and Kafka share the cores
and the clock.
"""

import tempfile
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from typing import Any
from uuid import uuid4

import click
from kafka import KafkaConsumer
from sqlalchemy import text

from bench.figures import keep_figures
from bench.pacing import UNLIMITED, WHOLE_S, Clients, spread
from chassis.data.db import Database
from devstack.machine import say
from devstack.run_folder import RunFolder
from devstack.running_services import running_services
from devstack.system import System
from devstack.token import Session

TOPIC, PATIENCE_S = "transactions.transaction", 60.0
CLERKS = ("saihat.clerk", "qatif.officer")
ENTRY = {
    "kind": "survey-decision",
    "channel": "counter",
    "subject": "قرار مساحي (بيانات تجريبية)",
    "applicant": {
        "type": "person",
        "name": "بيانات تجريبية",
        "number": "1000000008",
        "mobile": "0500000001",
    },
}
_COMMITS = text(
    "SELECT transaction_id::text, pg_xact_commit_timestamp(xmin) FROM transaction"
    " WHERE transaction_id = ANY(CAST(:keys AS uuid[]))"
)


class Listener:
    """Reads the topic and notes when the first event of each transaction came."""

    def __init__(self, bootstrap: str) -> None:
        self.heard: dict[str, datetime] = {}
        self._over = Event()
        self._consumer = KafkaConsumer(
            TOPIC,
            bootstrap_servers=bootstrap,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
        )
        self._thread = Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        while not self._over.is_set():
            for records in self._consumer.poll(timeout_ms=100).values():
                now = datetime.now(UTC)
                for record in records:
                    self.heard.setdefault(record.key.decode(), now)

    def close(self) -> None:
        self._over.set()
        self._thread.join()
        self._consumer.close()


class Bench:
    """A running `transactions`, its clerks, and the listener."""

    def __init__(self, system: System) -> None:
        description = system.description()
        self._url = f"{description['services']['transactions']['url']}/v1/transactions"
        self._database = Database(description["databases"]["transactions"])
        self._clerks = [Session(description, who, "transactions") for who in CLERKS]
        self._clients = Clients()
        self.listener = Listener(system.kafka.bootstrap)

    def enter(self, count: int, rate: float) -> dict[str, Any]:
        """Enters at a fixed rate. Returns how long the answers and the events took."""
        answered: dict[str, float] = {}

        def send(place: int, _at: float) -> None:
            began = time.monotonic()
            answered[self._post(place)] = time.monotonic() - began

        self._clients.send(range(count), rate, send)
        deadline = time.monotonic() + PATIENCE_S
        while answered.keys() - self.listener.heard.keys() and time.monotonic() < deadline:
            time.sleep(0.1)
        took = self._lags(answered)
        return {
            "entered": len(answered),
            "not_heard": len(answered) - len(took),
            "answered": spread(list(answered.values())),
            "in_topic": spread(took),
        }

    def _post(self, place: int) -> str:
        clerk = self._clerks[place % len(self._clerks)]
        headers = {**clerk.headers("POST", self._url), "Idempotency-Key": str(uuid4())}
        answer = self._clients.http.post(self._url, json=ENTRY, headers=headers, timeout=30)
        answer.raise_for_status()
        return str(answer.json()["transaction_id"])

    def _lags(self, answered: Mapping[str, float]) -> list[float]:
        """Returns the seconds from the commit of each entry until the listener had its event."""
        with self._database.transaction() as session:
            commits = session.execute(_COMMITS, {"keys": list(answered)}).all()
        heard = self.listener.heard
        return [(heard[key] - at).total_seconds() for key, at in commits if key in heard]


@click.command()
@click.option("--rate", default=50.0, help="Entries a second.")
@click.option("--seconds", default=30.0, help="How long the open loop takes.")
def main(rate: float, seconds: float) -> None:
    """Prints the figures, one line of JSON; a whole run overwrites bench/results/transactions.json."""
    wanted = [one for one in running_services() if one.name in ("identity", "transactions")]
    with (
        tempfile.TemporaryDirectory() as folder,
        System(RunFolder(Path(folder) / ".run"), services=wanted, extra=UNLIMITED) as system,
    ):
        bench = Bench(system)
        bench.enter(int(rate), rate)  # what a first entry prepares
        say(f"bench: {rate:g} entries/s for {seconds:g} s")
        figures = {"rate": rate, "seconds": seconds, **bench.enter(int(rate * seconds), rate)}
        bench.listener.close()
    say(keep_figures("transactions", figures, whole=seconds >= WHOLE_S))


if __name__ == "__main__":
    main()
