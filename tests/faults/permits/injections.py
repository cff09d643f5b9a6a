"""Injects events that are broken, too large, or old."""

import random
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from uuid import UUID
from zlib import crc32

from sqlalchemy import text
from tests.faults.nemesis import Fault, pause
from tests.faults.world import World

from chassis.core import contracts
from chassis.core.cloudevents import Event
from chassis.events.kafka import Producer, Record, connect
from chassis.events.outbox import SHARDS, envelope

TOPIC = "permits.permit"
POISON = b"faults-poison"
BEHIND = "faults-behind"
OVERSIZED = "faults-oversized"
OLD_EVENTS = 40
PATIENCE_S = 60.0

_OVERSIZED = text(
    """INSERT INTO outbox (shard, aggregate_type, aggregate_id, version, event_id, type, topic, key, data)
    VALUES (:shard, 'permit', :id, :version, :event_id, :event_id, :topic, :id, :data)"""
)
_OLD = text(
    """SELECT event_id, key, data FROM outbox o WHERE topic = :topic AND published_at IS NOT NULL
    AND type <> event_id AND version < (SELECT max(version) FROM outbox n WHERE n.aggregate_id = o.aggregate_id)
    ORDER BY id DESC LIMIT 300"""
)
_FORGET = text("DELETE FROM inbox WHERE event_id = ANY(:ids)")


class Injections:
    """Puts events into the topic and the outbox. `live` returns the id of a permit that clients act on."""

    def __init__(self, world: World, live: Callable[[random.Random], str | None]) -> None:
        self._world = world
        self._live = live

    def faults(self) -> Mapping[str, Callable[[Fault], str]]:
        """Returns the injections by their kind. Each is done once, however often a server has to be asked."""
        return {
            "poison": partial(self._inject, self._poison),
            "poison-live": partial(self._inject, self._poison_live),
            "oversized": partial(self._inject, self._oversized),
            "old-event": partial(self._inject, self._old_events),
        }

    def _inject(self, does: Callable[[random.Random], str], fault: Fault) -> str:
        chance = random.Random(fault.pick)
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                return does(chance)
            except Exception:
                if time.monotonic() > deadline:
                    raise
                pause(0.5)

    def _poison(self, chance: random.Random) -> str:
        """Publishes a record that's no event, and behind it a good event of its key, which has to wait."""
        key = str(UUID(int=chance.getrandbits(128), version=4))
        event_type = "sa.gov.qatif.permits.permit.issued.v1"
        event = Event(
            type=event_type, topic=TOPIC, aggregate_type="permit",
            aggregate_id=key, version=1, time=datetime.now(UTC),
            data={**contracts.event_example(event_type, "minimal"), "permit_id": key},
        )  # fmt: skip
        behind = envelope(event, f"{BEHIND}-{key}", None)
        self._publish([(key, POISON + b" " + key.encode()), (key, behind)])
        return key

    def _poison_live(self, chance: random.Random) -> str:
        """Publishes a record that's no event between the events of a permit that clients act on."""
        key = self._live(chance)
        if key is None:
            return "no permit to poison yet"
        self._publish([(key, POISON + b" " + key.encode())])
        return key

    def _oversized(self, chance: random.Random) -> str:
        """Adds an outbox row that no broker takes, and behind it a small row of its aggregate."""
        key = str(UUID(int=chance.getrandbits(128), version=4))
        rows = [
            {
                "shard": crc32(key.encode()) % SHARDS, "id": key, "version": version,
                "event_id": f"{OVERSIZED}-{key}-{version}", "topic": TOPIC,
                "data": OVERSIZED.encode() + b"." * size,
            }
            for version, size in ((1, 950_000), (2, 10))
        ]  # fmt: skip
        with self._world.databases["permits"].transaction() as session:
            session.execute(_OVERSIZED, rows)
        return key

    def _old_events(self, chance: random.Random) -> str:
        """Publishes old events again that the inbox has forgotten: nothing may happen."""
        with self._world.databases["permits"].transaction() as session:
            newest = session.execute(_OLD, {"topic": TOPIC}).all()
        rows = newest[::-1]  # in their order; the newest are of this run
        start = chance.randrange(max(1, len(rows) - OLD_EVENTS))
        again = rows[start : start + OLD_EVENTS]
        with self._world.databases["partner-gateway"].transaction() as session:
            session.execute(_FORGET, {"ids": [row.event_id for row in again]})
        self._publish([(row.key, bytes(row.data)) for row in again])
        return f"{len(again)} old events"

    def _publish(self, records: list[tuple[str, bytes]]) -> None:
        """Publishes each record until it's acknowledged, even after a long outage: a begun injection is finished."""
        producer = connect(
            lambda: Producer(self._world.kafka.bootstrap, client_id="faults"), threading.Event()
        )
        assert producer is not None
        deadline = time.monotonic() + PATIENCE_S
        try:
            for key, value in records:
                record = Record(topic=TOPIC, key=key, value=value)
                while error := producer.publish([record])[0]:
                    if time.monotonic() > deadline:
                        raise error
        finally:
            producer.close()
