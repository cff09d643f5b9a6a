"""A topic to consume under test."""

from datetime import UTC, datetime

from sample import api

from chassis.core.ids import new_id
from chassis.events import dead_letters, outbox
from chassis.events.kafka import Record

TOPIC = "sample.thing"
TYPE = "sa.gov.qatif.sample.thing.made.v1"


class Log:
    """A Kafka client over a list, with offsets that only a commit moves."""

    def __init__(self):
        self.records = []
        self.committed = 0
        self.position = 0

    def add(self, key, version, data=None, event_id=None):
        event = api.event(key, version, data or {"name": "a"}, datetime.now(UTC))
        value = outbox.envelope(event, event_id or new_id(), None)
        self.add_raw(key, value)
        return value

    def add_raw(self, key, value):
        self.records.append(
            Record(topic=TOPIC, key=key, value=value, partition=0, offset=len(self.records))
        )

    def poll(self, _timeout):
        fetched = self.records[self.position :]
        self.position = len(self.records)
        return fetched

    def assignment(self):
        return {(TOPIC, 0)}

    def commit(self, offsets):
        self.committed = offsets[TOPIC, 0]
        return True

    def lag(self):
        return {(TOPIC, 0): len(self.records) - self.position}

    def restart(self):
        self.position = self.committed

    def pause(self): ...
    def resume(self): ...
    def keep_alive(self): ...


def letters(session):
    return [(row.key, row.reason) for row in dead_letters.waiting(session, "sample")]
