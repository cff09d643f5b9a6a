"""A topic to consume under test."""

from datetime import UTC, datetime

from sample import api

from chassis.core.ids import new_id
from chassis.data.parking import RETRIED, Kind, Settlement, open_entries
from chassis.events import outbox, parking
from chassis.events.kafka import Position, Record
from chassis.testing import plain_context

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

    def positions(self):
        return {(TOPIC, 0): Position(self.position, len(self.records))}

    def restart(self):
        self.position = self.committed

    def pause(self): ...
    def resume(self): ...
    def keep_alive(self): ...


def parked_events(session):
    """Returns key and reason of the parked events, the first parked first."""
    return [(one.subject.id, one.reason) for one in open_entries(session, kind=Kind.EVENT)]


def retry_events(database, topics):
    """Retries all parked events, key by key. Returns how many took effect, and how many stay parked."""
    with database.transaction() as session:
        keys = dict.fromkeys(one.subject for one in open_entries(session, kind=Kind.EVENT))
    retried = Settlement(RETRIED, "a test", "mended")
    done = sum(parking.retry_key(database, topics, plain_context, key, retried) for key in keys)
    with database.transaction() as session:
        return done, len(open_entries(session, kind=Kind.EVENT))
