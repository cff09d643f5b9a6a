"""The last resort: librdkafka's in-memory broker, in a process of its own. It keeps nothing.

Run as `python -m devstack.memory_broker FILE` it writes its address into FILE and serves.
"""

import sys
import threading
import time
from collections.abc import Iterable
from pathlib import Path

from devstack.children import Child
from devstack.machine import StartError, last_lines

READY_S = 20.0


class MemoryBroker:
    """The backend of `devstack.kafka` when there's no Java, no Maven or no network."""

    def __init__(self, state_dir: Path) -> None:
        state_dir.mkdir(parents=True, exist_ok=True)
        self._address = state_dir.resolve() / "memory-broker.address"
        self._log = state_dir / "memory-broker.log"
        command = [sys.executable, "-m", "devstack.memory_broker", str(self._address)]
        self._child = Child(command, log=self._log)

    @property
    def bootstrap(self) -> str:
        return self._address.read_text()

    @property
    def pid(self) -> int:
        return self._child.pid

    def stop(self) -> None:
        self._child.kill()  # there's nothing that it could save

    def kill(self) -> None:
        self._child.kill()

    def start_again(self) -> None:
        if self._address.exists():
            raise StartError(
                "the in-memory Kafka can't come back: it kept nothing. Install Java and Maven"
            )
        self._child.start()
        deadline = time.monotonic() + READY_S
        while not self._address.exists():
            if time.monotonic() > deadline or not self._child.alive:
                self._child.kill()
                raise StartError(f"the in-memory Kafka did not start:\n{last_lines(self._log)}")
            time.sleep(0.05)


def create_topics(bootstrap: str, topics: Iterable[str]) -> None:
    """It has no administration, but makes a topic that is asked about, with four partitions."""
    from confluent_kafka import Producer

    client = Producer({"bootstrap.servers": bootstrap})
    for topic in topics:
        client.list_topics(topic, timeout=10)


def serve(address: Path) -> None:
    from confluent_kafka import Producer

    owner = Producer({"test.mock.num.brokers": 1, "bootstrap.servers": "replaced", "log_level": 3})
    broker = next(iter(owner.list_topics(timeout=10).brokers.values()))
    whole = address.with_suffix(".new")
    whole.write_text(f"{broker.host}:{broker.port}")
    whole.rename(address)
    threading.Event().wait()


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
