"""The evidence of a run, read from every database, topic and history; the checker looks at nothing else."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from sqlalchemy import text

from chassis.events.kafka import TopicReader
from devstack.machine import StartError
from partner_gateway.domain.permit_documents import document_context
from partner_gateway.settings import Settings

from .history import Entry
from .injections import OVERSIZED, POISON
from .world import World

TOPICS = ("permits.request", "permits.invoice", "permits.permit", "permits.certificate")
CONSUMER = "partner-gateway"


@dataclass(frozen=True, kw_only=True)
class Action:
    """A row of the owner's journal: one command on one aggregate. `words`: of its note and inspector."""

    aggregate: str
    aggregate_id: str
    version: int
    words: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class OutboxRow:
    id: int
    aggregate: str
    aggregate_id: str
    version: int
    event_id: str
    topic: str
    data: dict[str, Any] = field(default_factory=dict)
    published_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class TopicRecord:
    """`event_id` is empty for a record that's no event."""

    topic: str
    partition: int
    offset: int
    key: str
    event_id: str = ""
    sequence: int = 0

    @property
    def place(self) -> tuple[str, int, int]:
        return self.topic, self.partition, self.offset


@dataclass(frozen=True, kw_only=True)
class Effect:
    """A write of the read model, in the order of the writes."""

    permit_id: str
    version: int
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Access:
    """A row of the record of queries. `marks`: what of the query could be a client's marker."""

    marks: frozenset[str]
    decision: str
    permit_ids: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Mark:
    """Where every growing place stood at the begin of a run, so that a run is judged by its own."""

    outbox: int = 0
    action: int = 0
    effect: int = 0
    letter: int = 0
    offsets: Mapping[tuple[str, int], int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """`permits`: id → what the owner has; `read_model`: id → what the gateway has; both in the gateway's words."""

    history: Sequence[Entry] = ()
    actions: Sequence[Action] = ()
    requests: dict[str, int] = field(default_factory=dict)
    outbox: Sequence[OutboxRow] = ()
    parked: frozenset[str] = frozenset()
    oversized: frozenset[str] = frozenset()
    topic: Sequence[TopicRecord] = ()
    inbox: frozenset[str] = frozenset()
    effects: Sequence[Effect] = ()
    permits: dict[str, dict[str, Any]] = field(default_factory=dict)
    read_model: dict[str, dict[str, Any]] = field(default_factory=dict)
    letters: Sequence[TopicRecord] = ()
    access: Sequence[Access] = ()
    chain_faults: Sequence[str] = ()
    drained_s: float | None = 0.0


_MARK = {
    "permits": "SELECT (SELECT coalesce(max(id), 0) FROM outbox), (SELECT coalesce(max(entry_id), 0) FROM journal)",
    "partner-gateway": """SELECT (SELECT coalesce(max(n), 0) FROM faults_effect),
        (SELECT coalesce(max(id), 0) FROM dead_letter)""",
}
_PAST = """SELECT aggregate_id, event_id FROM outbox WHERE id <= :mark
    UNION ALL SELECT aggregate_id, '' FROM journal WHERE entry_id <= :action"""
_REQUESTS = "SELECT request_number, count(*) FROM permit_request GROUP BY 1"
_ACTIONS = """SELECT aggregate_type AS aggregate, aggregate_id, version, note FROM journal
    WHERE entry_id > :mark ORDER BY entry_id"""
_INSPECTIONS = """SELECT i.inspector, i.certificate_id::text FROM inspection i"""
_OUTBOX = """SELECT id, aggregate_type, aggregate_id, version, event_id, topic, data, published_at FROM outbox
    WHERE id > :mark AND type <> event_id ORDER BY id"""
_OVERSIZED_ROWS = (
    "SELECT DISTINCT aggregate_id FROM outbox WHERE id > :mark AND event_id LIKE :like"
)
_PARKED = "SELECT aggregate_id FROM outbox_parked WHERE outbox_id > :mark"
_SAME = ("status", "kind", "use_class", "permit_number", "suspension", "cancellation", "completion")
_PERMITS = """SELECT permit_id::text, version, status, kind, use_class, permit_number, suspension, cancellation,
    completion, land ->> 'plots' AS plots FROM permit"""
_READ_MODEL = "SELECT permit_id::text, version, status, document FROM building_permit"
_EFFECTS = "SELECT permit_id::text, version, at FROM faults_effect WHERE n > :mark ORDER BY n"
_LETTERS = 'SELECT topic, partition, "offset", key FROM dead_letter WHERE id > :mark ORDER BY id'
_ACCESS = """SELECT filters ->> 'permit_number', right(filters ->> 'permit_id', 12), case_reference, decision,
    permit_ids::text[] AS permit_ids FROM access_log"""


class Reader:
    """Reads the databases and the topics of a world."""

    def __init__(self, world: World) -> None:
        self._world = world

    def mark(self) -> Mark:
        """Where everything stands now."""
        [(outbox, action)] = self._rows("permits", _MARK["permits"])
        [(effect, letter)] = self._rows("partner-gateway", _MARK["partner-gateway"])
        return Mark(
            outbox=outbox, action=action, effect=effect, letter=letter,
            offsets=self._ends(),
        )  # fmt: skip

    def _ends(self) -> dict[tuple[str, int], int]:
        client = KafkaConsumer(bootstrap_servers=self._world.kafka.bootstrap)
        try:
            parts = [
                TopicPartition(topic, number)
                for topic in TOPICS
                for number in client.partitions_for_topic(topic) or ()
            ]
            return {
                (part.topic, part.partition): end for part, end in client.end_offsets(parts).items()
            }
        finally:
            client.close()

    def read(self, history: Sequence[Entry], since: Mark, drained_s: float | None) -> Evidence:
        """All that came after the mark, of aggregates that came after it."""
        past = self._rows("permits", _PAST, since.outbox, action=since.action)
        older, events = {row[0] for row in past}, {row[1] for row in past} - {""}
        parked = self._rows("permits", _PARKED, since.outbox)
        oversized = self._rows("permits", _OVERSIZED_ROWS, since.outbox, like=f"{OVERSIZED}%")
        letters = [
            TopicRecord(topic=row[0], partition=row[1], offset=row[2], key=row[3])
            for row in self._rows("partner-gateway", _LETTERS, since.letter)
        ]
        return Evidence(
            history=history,
            actions=[one for one in self._actions(since) if one.aggregate_id not in older],
            requests={row[0]: row[1] for row in self._rows("permits", _REQUESTS)},
            outbox=[row for row in self._outbox(since) if row.aggregate_id not in older],
            parked=frozenset(row[0] for row in parked),
            oversized=frozenset(row[0] for row in oversized),
            topic=[
                record
                for record in self._topic(since)
                if record.key not in older and record.event_id not in events
            ],
            inbox=frozenset(row[0] for row in self._rows("partner-gateway", "SELECT event_id FROM inbox")),
            effects=[effect for effect in self._effects(since) if effect.permit_id not in older],
            permits={key: row for key, row in self._permits().items() if key not in older},
            read_model={key: row for key, row in self._read_model().items() if key not in older},
            letters=[letter for letter in letters if letter.key not in older],
            access=self._access(),
            chain_faults=self._chain_faults(),
            drained_s=drained_s,
        )  # fmt: skip

    def _rows(self, service: str, statement: str, mark: int | None = None, **names: Any) -> Any:
        values = names if mark is None else {"mark": mark, **names}
        with self._world.databases[service].transaction() as session:
            return session.execute(text(statement), values).all()

    def _actions(self, since: Mark) -> list[Action]:
        inspected = {row[0]: row[1] for row in self._rows("permits", _INSPECTIONS)}
        found = [
            Action(
                aggregate=row.aggregate,
                aggregate_id=row.aggregate_id,
                version=row.version,
                words=frozenset((row.note or "").replace(":", " ").split()),
            )
            for row in self._rows("permits", _ACTIONS, since.action)
        ]
        # An inspection's marker stands in its own row; of an aggregate it's enough that it's there.
        return found + [
            Action(aggregate="inspection", aggregate_id=certificate, version=0, words=frozenset([inspector]))
            for inspector, certificate in inspected.items()
        ]  # fmt: skip

    def _outbox(self, since: Mark) -> list[OutboxRow]:
        return [
            OutboxRow(
                id=row.id, aggregate=row.aggregate_type, aggregate_id=row.aggregate_id,
                version=row.version, event_id=row.event_id, topic=row.topic,
                data=json.loads(bytes(row.data))["data"], published_at=row.published_at,
            )
            for row in self._rows("permits", _OUTBOX, since.outbox)
        ]  # fmt: skip

    def _topic(self, since: Mark) -> list[TopicRecord]:
        found: list[TopicRecord] = []
        for topic in TOPICS:
            reader = TopicReader(self._world.kafka.bootstrap, topic)
            while batch := reader.batch(2_000):
                found += [
                    _topic_record(record)
                    for record in batch
                    if record.offset >= since.offsets.get((record.topic, record.partition), 0)
                ]
            reader.close()
        return found

    def _effects(self, since: Mark) -> list[Effect]:
        rows = self._rows("partner-gateway", _EFFECTS, since.effect)
        return [Effect(permit_id=row[0], version=row[1], at=row[2]) for row in rows]

    def _permits(self) -> dict[str, dict[str, Any]]:
        return {
            row.permit_id: {
                "version": row.version,
                **{name: _as_stored(getattr(row, name)) for name in _SAME},
                "plots": json.loads(row.plots),
            }
            for row in self._rows("permits", _PERMITS)
        }

    def _read_model(self) -> dict[str, dict[str, Any]]:
        environment = self._world.environment("partner-gateway")
        documents = Settings.load("partner-gateway", environment).documents
        found = {}
        for row in self._rows("partner-gateway", _READ_MODEL):
            opened = documents.unseal(bytes(row.document), document_context(row.permit_id))
            document = json.loads(opened) | {"status": row.status}
            found[row.permit_id] = {
                "version": row.version,
                **{name: _as_stored(document[name]) for name in (*_SAME, "plots")},
            }
        return found

    def _chain_faults(self) -> list[str]:
        """What the product's own command says of the chain over the record."""
        try:
            self._world.run("partner-gateway", "audit", "verify")
        except StartError as error:
            return [str(error)]
        return []

    def _access(self) -> list[Access]:
        return [
            Access(
                marks=frozenset(mark for mark in row[:3] if mark),
                decision=row.decision,
                permit_ids=tuple(row.permit_ids),
            )
            for row in self._rows("partner-gateway", _ACCESS)
        ]


def state_of(data: dict[str, Any], version: int) -> dict[str, Any]:
    """An event's state in the words of `Evidence.permits`."""
    return {
        "version": version,
        **{name: _as_stored(data[name]) for name in _SAME},
        "plots": data["land"]["plots"],
    }


def _as_stored(value: Any) -> Any:
    """What owner, event and read model have alike: without the Hijri days, which an event has beside the days, without
    why a completion is flagged in words, which the gateway adds, and without what isn't there, which is null or left
    out."""
    if not isinstance(value, dict):
        return value
    return {
        name: part
        for name, part in value.items()
        if part is not None and name != "flag_title" and not name.endswith("_hijri")
    }


def _topic_record(record: Any) -> TopicRecord:
    event: dict[str, Any] = {}
    if not record.value.startswith((POISON, OVERSIZED.encode())):
        event = json.loads(record.value)
    return TopicRecord(
        topic=record.topic, partition=record.partition, offset=record.offset, key=record.key,
        event_id=event.get("id", ""), sequence=int(event.get("sequence", 0)),
    )  # fmt: skip
