"""The loops of the service in a test, at a time of the test: records go through the consumer, deadlines through the
worker of deadlines."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from threading import Event as Stop
from typing import Any
from uuid import uuid4

from chassis.core import contracts
from chassis.core.context import Context
from chassis.data.db import Database
from chassis.events.consumer import Consumer
from chassis.events.kafka import Position, Record
from chassis.process import Process
from chassis.run.deadlines import Deadlines
from permits.app import SERVICE

MOST_STEPS = 20


class Broker:
    """Hands over the records that a test has published."""

    def __init__(self) -> None:
        self.records: list[Record] = []

    def poll(self, _milliseconds: int) -> list[Record]:
        found, self.records = self.records, []
        return found

    def assignment(self) -> set[tuple[str, int]]:
        return {(topic, 0) for topic in SERVICE.handlers}

    def commit(self, _done: Mapping[Any, int]) -> bool:
        return True

    def positions(self) -> dict[Any, Position]:
        return {}


class Loops:
    """The consumer and the worker of deadlines of one process, whose clock is the test's."""

    def __init__(self, database: Database, settings: Any, now: datetime | None = None) -> None:
        self.now = now or datetime.now(UTC)
        self._process: Any = Process(SERVICE, settings, database)
        self._broker: Any = Broker()
        self._consumer = Consumer(
            SERVICE.name, database, self._broker, SERVICE.handlers, self._context
        )
        self._deadlines = Deadlines(self._process, clock=lambda: self.now)

    def _context(self, session: Any) -> Context[Any, Any]:
        context: Context[Any, Any] = replace(self._process.context(session), now=self.now)
        return context

    def tell(self, topic: str, happened: str, **changes: Any) -> None:
        """Publishes the contract's example of an event with other values, and lets the consumer take it."""
        event_type = f"sa.gov.qatif.{topic}.{happened}.v1"
        data = {**contracts.event_example(event_type), **changes}
        self.send(topic, event_type, data)

    def send(self, topic: str, event_type: str, data: Mapping[str, Any]) -> None:
        """Publishes an event, and lets the consumer take it."""
        event = {
            "id": str(uuid4()),
            "type": event_type,
            "subject": str(uuid4()),
            "sequence": "1",
            "time": self.now.isoformat(),
            "data": data,
        }
        value = json.dumps(event, ensure_ascii=False).encode()
        self._broker.records.append(
            Record(topic=topic, key=event["subject"], value=value, partition=0, offset=0)
        )
        assert self._consumer.step(Stop()) == 1

    def fire(self, now: datetime | None = None) -> None:
        """Takes everything that is due. Fails if deadlines go on setting themselves again."""
        self.now = now or self.now
        for _ in range(MOST_STEPS):
            if not self._deadlines.step(Stop()):
                return
        raise AssertionError("deadlines don't come to an end")
