"""Plays one group of journeys in this process and writes the unmasked recording.

`python -m tests.journeys.recording demo|system FILE`. The hooks stand at `requests`, at Kafka, at PostgreSQL and at the
SMS provider's ledger, so the tree that is played needs no change and may rename the rest.
"""

import io
import json
import runpy
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.request import urlopen

import psycopg
import pypdfium2
import requests
from kafka import KafkaConsumer, TopicPartition
from psycopg.rows import dict_row

from devstack.system import System

SAMPLES = 60  # fewer have no valid new building, which the demo needs
# The others are too noisy: they kill processes, send from many threads, or ask until a deadline.
SYSTEM = ["tests/system", "-q", "-k", "not canar and not revocation and not killed and not walk"]
HEADERS = ("location", "cache-control", "preference-applied", "content-language", "retry-after")
QUIET_S, QUIET_WITHIN_S = 4.0, 90.0
Row = dict[str, Any]


class Recording:
    """The answers that the client got, and the events, texts and journals of each system that stopped."""

    def __init__(self) -> None:
        self.exchanges: list[Row] = []
        self.systems: list[Row] = []
        self._lock = Lock()

    def install(self) -> None:
        """Wraps the sending of `requests` and the end of a system."""
        send, stop = requests.adapters.HTTPAdapter.send, System.stop

        def recorded(adapter: Any, request: Any, *args: Any, **how: Any) -> requests.Response:
            answer = send(adapter, request, *args, **how)
            with self._lock:
                self.exchanges.append(exchange(answer))
            return answer

        def harvested(system: System, **how: Any) -> None:
            try:
                if not how.get("keep_logs") and hasattr(system, "kafka"):
                    self.systems.append(harvest(system.description()))
            finally:
                stop(system, **how)

        requests.adapters.HTTPAdapter.send = recorded  # type: ignore[method-assign]
        System.stop = harvested  # type: ignore[method-assign]


def exchange(answer: requests.Response) -> Row:
    """One request and its answer."""
    sent = answer.request.body or b""
    return {
        "method": answer.request.method,
        "url": answer.request.url,
        "sent": sent.decode("utf-8", "replace") if isinstance(sent, bytes) else str(sent),
        "status": answer.status_code,
        "type": answer.headers.get("content-type", ""),
        "headers": {name: answer.headers[name] for name in HEADERS if name in answer.headers},
        "body": body_of(answer),
    }


def body_of(answer: requests.Response) -> Any:
    """The JSON, the text, or the text that is printed on a PDF."""
    if answer.content.startswith(b"%PDF"):
        document = pypdfium2.PdfDocument(io.BytesIO(answer.content))
        pages = [page.get_textpage().get_text_bounded() for page in document]
        document.close()
        return "\n".join(pages)
    if "json" in answer.headers.get("content-type", "") and answer.content:
        return json.loads(answer.content)
    return answer.content.decode("utf-8", "replace")


def harvest(description: Row) -> Row:
    """What a running system holds, once it has come to rest."""
    deadline, last, since = time.monotonic() + QUIET_WITHIN_S, None, time.monotonic()
    while time.monotonic() < min(since + QUIET_S, deadline):
        found = {
            "events": list(events(description["kafka"])),
            "texts": texts(description),
            "journal": list(journals(description["databases"])),
        }
        size = [len(part) for part in found.values()]
        if size != last:
            last, since = size, time.monotonic()
        time.sleep(0.5)
    urls = {name: one["url"] for name, one in description["services"].items()}
    return {"services": urls, **found}


def events(bootstrap: str) -> Iterator[Row]:
    """Every event of every topic, each key's in order."""
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, group_id=None)
    topics = sorted(name for name in consumer.topics() if not name.startswith("__"))
    places = [
        TopicPartition(topic, number)
        for topic in topics
        for number in sorted(consumer.partitions_for_topic(topic) or ())
    ]
    consumer.assign(places)
    ends = consumer.end_offsets(places)
    consumer.seek_to_beginning(*places)
    while any(consumer.position(place) < ends[place] for place in places):
        for records in consumer.poll(timeout_ms=1000).values():
            for one in records:
                value = json.loads(one.value) if one.value else None
                yield {"topic": one.topic, "key": (one.key or b"").decode(), "event": value}
    consumer.close()


def texts(description: Row) -> list[Row]:
    """Every text that the stand-in provider accepted."""
    with urlopen(description["sms_provider"]["ledger"], timeout=10) as answer:
        found: list[Row] = json.load(answer)
    return found


def journals(databases: dict[str, str]) -> Iterator[Row]:
    """Every row of each service's journal, in the order of entry."""
    for service, url in sorted(databases.items()):
        with psycopg.connect(url.replace("+psycopg", ""), row_factory=dict_row) as connection:
            if connection.execute("SELECT to_regclass('journal') AS name").fetchone()["name"]:  # type: ignore[index]
                for row in connection.execute("SELECT * FROM journal ORDER BY entry_id"):
                    yield {"service": service, **row}


def play(group: str) -> None:
    """Returns when the journeys went well. Raises SystemExit otherwise."""
    if group == "system":
        import pytest

        if status := pytest.main(SYSTEM):
            raise SystemExit(int(status))
        return
    with tempfile.TemporaryDirectory() as folder:
        run = str(Path(folder) / "run")
        sys.argv = ["devstack", "--folder", run, "demo", "--samples", str(SAMPLES)]
        try:
            runpy.run_module("devstack", run_name="__main__")
        except SystemExit as end:
            if end.code:
                raise


def main(group: str, file: str) -> None:
    recording = Recording()
    recording.install()
    play(group)
    found = {"exchanges": recording.exchanges, "systems": recording.systems}
    Path(file).write_text(json.dumps(found, ensure_ascii=False, default=str), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
