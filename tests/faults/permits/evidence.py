"""What is left of a run of permits: databases, topics and history."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from sqlalchemy import text
from tests.faults.evidence import RunEvidence, read_rows
from tests.faults.world import World

from chassis.events.kafka import TopicReader
from devstack.machine import StartError
from partner_gateway.domain.permit_documents import document_context
from partner_gateway.settings import Settings

from .injections import OVERSIZED, POISON

PERMITS, GATEWAY = "permits", "partner-gateway"
TOPICS = ("permits.request", "permits.invoice", "permits.permit", "permits.certificate")


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
class Evidence(RunEvidence):
    """`permits`: id → what the owner has; `read_model`: id → what the gateway has; both in the gateway's words."""

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


# Where every growing table stands when a run begins, so that a run is judged by its own rows.
_MARKS = {
    PERMITS: """SELECT (SELECT coalesce(max(id), 0) FROM outbox) AS outbox,
        (SELECT coalesce(max(entry_id), 0) FROM journal) AS action""",
    GATEWAY: """SELECT (SELECT coalesce(max(n), 0) FROM faults_effect) AS effect,
        (SELECT coalesce(max(id), 0) FROM parked WHERE kind = 'event') AS letter""",
}
_SAME = ("status", "kind", "use_class", "permit_number", "suspension", "cancellation", "completion")


def _action(*, note: str | None, **names: Any) -> Action:
    return Action(words=frozenset((note or "").replace(":", " ").split()), **names)


def _inspection(*, inspector: str, certificate: str) -> Action:
    """An inspection's marker stands in its row; its certificate is enough of an aggregate."""
    words = frozenset([inspector])
    return Action(aggregate="inspection", aggregate_id=certificate, version=0, words=words)


def _outbox_row(*, data: bytes, **names: Any) -> OutboxRow:
    return OutboxRow(data=json.loads(bytes(data))["data"], **names)


def _permit(*, permit_id: str, version: int, plots: str, **names: Any) -> tuple[str, Any]:
    state = {name: _as_stored(value) for name, value in names.items()}
    return permit_id, {"version": version, **state, "plots": json.loads(plots)}


def _access(*, number: str | None, last: str | None, case: str | None, **names: Any) -> Access:
    marks = frozenset(mark for mark in (number, last, case) if mark)
    return Access(marks=marks, decision=names["decision"], permit_ids=tuple(names["permit_ids"]))


def _value(**names: Any) -> Any:
    (found,) = names.values()
    return found


def _pair(**names: Any) -> tuple[Any, ...]:
    return tuple(names.values())


_OWNER = {
    "older": (
        """SELECT aggregate_id, event_id FROM outbox WHERE id <= :outbox
        UNION ALL SELECT aggregate_id, '' FROM journal WHERE entry_id <= :action""",
        _pair,
    ),
    "parked": (
        "SELECT subject_id AS aggregate_id FROM parked WHERE kind = 'publication' AND outbox_id > :outbox",
        _value,
    ),
    "oversized": (
        f"SELECT DISTINCT aggregate_id FROM outbox WHERE id > :outbox AND event_id LIKE '{OVERSIZED}%'",
        _value,
    ),
    "requests": ("SELECT request_number, count(*) FROM permit_request GROUP BY 1", _pair),
    "actions": (
        """SELECT aggregate_type AS aggregate, aggregate_id, version, note FROM journal
        WHERE entry_id > :action ORDER BY entry_id""",
        _action,
    ),
    "inspections": ("SELECT inspector, certificate_id::text AS certificate FROM inspection", _inspection),
    "outbox": (
        """SELECT id, aggregate_type AS aggregate, aggregate_id, version, event_id, topic, data, published_at
        FROM outbox WHERE id > :outbox AND type <> event_id ORDER BY id""",
        _outbox_row,
    ),
    "permits": (
        f"SELECT permit_id::text, version, {', '.join(_SAME)}, land ->> 'plots' AS plots FROM permit",
        _permit,
    ),
}  # fmt: skip
_READERS = {
    "letters": (
        """SELECT subject_type AS topic, partition, "offset", subject_id AS key FROM parked
        WHERE kind = 'event' AND id > :letter ORDER BY id""",
        TopicRecord,
    ),
    "inbox": ("SELECT event_id FROM inbox", _value),
    "effects": (
        "SELECT permit_id::text, version, at FROM faults_effect WHERE n > :effect ORDER BY n",
        Effect,
    ),
    "read_model": ("SELECT permit_id::text, version, status, document FROM building_permit", _pair),
    "access": (
        """SELECT filters ->> 'permit_number' AS number, right(filters ->> 'permit_id', 12) AS last,
        case_reference AS case, decision, permit_ids::text[] AS permit_ids FROM access_log""",
        _access,
    ),
}


def mark(world: World) -> dict[str, Any]:
    """Returns where every growing table and topic stands now."""
    found: dict[str, Any] = {"offsets": _ends(world.kafka.bootstrap)}
    for service, statement in _MARKS.items():
        with world.databases[service].transaction() as session:
            found |= session.execute(text(statement)).mappings().one()
    return found


def _ends(bootstrap: str) -> dict[tuple[str, int], int]:
    client = KafkaConsumer(bootstrap_servers=bootstrap)
    try:
        parts = [
            TopicPartition(topic, number)
            for topic in TOPICS
            for number in client.partitions_for_topic(topic) or ()
        ]
        ends = client.end_offsets(parts)
        return {(part.topic, part.partition): end for part, end in ends.items()}
    finally:
        client.close()


def read(world: World, since: Mapping[str, Any], **run: Any) -> Evidence:
    """Reads all that came after the mark, of aggregates that came after the mark."""
    own = read_rows(world.databases[PERMITS], _OWNER, since)
    gateway = read_rows(world.databases[GATEWAY], _READERS, since)
    older = {aggregate_id for aggregate_id, _ in own["older"]}
    events = {event_id for _, event_id in own["older"]} - {""}
    actions = [*own["actions"], *own["inspections"]]
    read_model = _unseal_permits(world, gateway["read_model"])
    return Evidence(
        actions=[one for one in actions if one.aggregate_id not in older],
        requests=dict(own["requests"]),
        outbox=[row for row in own["outbox"] if row.aggregate_id not in older],
        parked=frozenset(own["parked"]),
        oversized=frozenset(own["oversized"]),
        topic=[
            record
            for record in _topic(world.kafka.bootstrap, since["offsets"])
            if record.key not in older and record.event_id not in events
        ],
        inbox=frozenset(gateway["inbox"]),
        effects=[effect for effect in gateway["effects"] if effect.permit_id not in older],
        permits={key: row for key, row in own["permits"] if key not in older},
        read_model={key: row for key, row in read_model.items() if key not in older},
        letters=[letter for letter in gateway["letters"] if letter.key not in older],
        access=gateway["access"],
        chain_faults=_chain_faults(world),
        **run,
    )


def _topic(bootstrap: str, since: Mapping[tuple[str, int], int]) -> list[TopicRecord]:
    found: list[TopicRecord] = []
    for topic in TOPICS:
        reader = TopicReader(bootstrap, topic)
        while batch := reader.batch(2_000):
            found += [
                _topic_record(record)
                for record in batch
                if record.offset >= since.get((record.topic, record.partition), 0)
            ]
        reader.close()
    return found


def _unseal_permits(world: World, rows: Sequence[Any]) -> dict[str, dict[str, Any]]:
    documents = Settings.load(GATEWAY, world.environment(GATEWAY)).documents
    found = {}
    for permit_id, version, status, document in rows:
        opened = json.loads(documents.unseal(bytes(document), document_context(permit_id)))
        shown = opened | {"status": status}
        state = {name: _as_stored(shown[name]) for name in (*_SAME, "plots")}
        found[permit_id] = {"version": version, **state}
    return found


def _chain_faults(world: World) -> list[str]:
    """Asks the product's command about the chain over the record of queries."""
    try:
        world.run(GATEWAY, "audit", "verify")
    except StartError as error:
        return [str(error)]
    return []


def state_of(data: dict[str, Any], version: int) -> dict[str, Any]:
    """Returns an event's state in the words of `Evidence.permits`."""
    state = {name: _as_stored(data[name]) for name in _SAME}
    return {"version": version, **state, "plots": data["land"]["plots"]}


def _as_stored(value: Any) -> Any:
    """Returns what owner, event and read model share.

    An event has Hijri days beside the days, the gateway adds why a completion is flagged, and what isn't there is null
    or left out.
    """
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
