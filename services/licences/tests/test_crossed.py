"""Two `work` processes, whose polls bring the municipalities in opposite orders, on a database that really commits."""

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from datetime import UTC, datetime
from threading import Barrier, BrokenBarrierError, local
from threading import Event as Stop
from typing import Any

import pytest
from sqlalchemy import select

from chassis.core.cloudevents import Event
from chassis.core.ids import new_id
from chassis.data import migrations, numbers
from chassis.data.db import Database
from chassis.data.sealed import keys_of
from chassis.data.sealing import Sealer
from chassis.events import outbox
from chassis.events.consumer import Consumer
from chassis.events.kafka import Record
from chassis.process import Process
from licences.commands import activities, receiving
from licences.consumers import HANDLERS
from licences.models import Application

TOPIC = "partner-gateway.licence-application"
PLACES = {"saihat": "سيهات", "tarout": "تاروت"}


class Poll:
    """A Kafka client whose first poll brings these records, of a partition of its own."""

    def __init__(self, partition: int, values: Sequence[tuple[str, bytes]]) -> None:
        self._partition = partition
        self._records = [
            Record(topic=TOPIC, key=key, value=value, partition=partition, offset=offset)
            for offset, (key, value) in enumerate(values)
        ]

    def poll(self, _timeout: int) -> list[Record]:
        polled, self._records = self._records, []
        return polled

    def assignment(self) -> set[tuple[str, int]]:
        return {(TOPIC, self._partition)}

    def commit(self, _offsets: Any) -> bool:
        return True

    def lag(self) -> dict[tuple[str, int], int]:
        return {(TOPIC, self._partition): 0}

    def pause(self) -> None: ...
    def resume(self) -> None: ...
    def keep_alive(self) -> None: ...


class Worker(Consumer):
    """Notes what it would have waited for."""

    def __init__(self, process: Process[Any, Any], poll: Poll) -> None:
        super().__init__("licences", process.database, poll, HANDLERS, process.context)  # type: ignore[arg-type]
        self.waited: list[str] = []

    def _wait(self, seconds: float, error: Exception, stop: Stop) -> None:
        self.waited.append(str(error))


@pytest.fixture
def process(
    service: Any, settings: Any, postgres_server: Any, database_url: str
) -> Iterator[Process[Any, Any]]:
    """Over a database of this test's own: what it commits, no other test sees."""
    url = postgres_server.copied_database(
        service.package, lambda url: migrations.upgrade(service.package, url)
    )
    with closing(Process(service, settings, Database(url))) as process:
        with process.transaction() as context:
            activities.publish_activities(context.session, now=context.now)
        yield process


def sent(process: Process[Any, Any], municipality: str, body: Any) -> tuple[str, bytes]:
    key, place = new_id(), {**body["place"], "town": PLACES[municipality]}
    with process.transaction() as context:
        sealer = Sealer(keys_of(context.session).ring("submission_key"))
    data = {
        "application_id": key,
        "municipality": municipality,
        "licence_no": None,
        "submitted_at": "2026-11-25T08:00:00Z",
        "submitted_by": {"kind": "machine", "client_id": f"{municipality}-system", "subject": "s"},
        "sealed": sealer.seal_text(json.dumps({**body, "place": place}), f"submission/{key}"),
    }
    event = Event(
        type=f"sa.gov.qatif.{TOPIC}.submitted.v1",
        topic=TOPIC,
        aggregate_type="licence-application",
        aggregate_id=key,
        version=1,
        data=data,
        time=datetime.now(UTC),
    )
    return key, outbox.envelope(event, new_id(), None)


def test_municipalities_that_cross_do_not_deadlock(
    process: Process[Any, Any], shop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    both, mine = Barrier(2), local()

    def draw(*series: Any) -> int:
        number = numbers.draw(*series)
        if not getattr(mine, "has_drawn", False):  # each has its first number, and goes on
            mine.has_drawn = True
            with suppress(BrokenBarrierError):
                both.wait(5)
        return number

    monkeypatch.setattr(receiving, "draw", draw)
    orders = (("saihat", "tarout"), ("tarout", "saihat"))
    workers = [
        Worker(process, Poll(partition, [sent(process, one, shop()) for one in order]))
        for partition, order in enumerate(orders)
    ]

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda worker: worker.step(Stop()), workers))

    assert [worker.waited for worker in workers] == [[], []]
    with process.transaction() as context:
        drawn = sorted(context.session.scalars(select(Application.application_no)))
    assert [number[-6:] for number in drawn] == ["000001", "000002"] * 2
