"""What is left of a run: the things of a register, and what the outbox and the topic tell of them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.faults.evidence import RunEvidence, read_rows
from tests.faults.world import World

from chassis.events.kafka import TopicReader

from .load import RegisterLoad

Version = tuple[str, int]  # id and version of a thing


@dataclass(frozen=True, kw_only=True)
class Thing:
    """A thing as its service has it. `number`: None before it is drawn; `first`: its first published version."""

    thing_id: str
    number: str | None
    version: int
    first: int = 1


@dataclass(frozen=True, kw_only=True)
class Evidence(RunEvidence):
    """`answered`: marker → ids; `told`: the versions in the outbox; `published`: those in the topic, in order."""

    answered: Mapping[str, set[str]]
    things: Sequence[Thing]
    told: Sequence[Version]
    published: Sequence[Version]
    more: Mapping[str, Sequence[Any]] = field(default_factory=dict)


def as_tuple(**columns: Any) -> tuple[Any, ...]:
    return tuple(columns.values())


_TOLD = """SELECT aggregate_id, version FROM outbox WHERE topic = :topic AND aggregate_id IN
    (SELECT thing_id FROM ({things}) AS thing) ORDER BY id"""


def read(
    world: World,
    load: RegisterLoad,
    drained_s: float | None,
    *,
    things: str,
    topic: str,
    more: Mapping[str, str] | None = None,
) -> Evidence:
    """Reads the evidence of one run. `things`: the SELECT of thing_id, number, version and first; `more`: the world's
    other SELECTs, whose rows become tuples."""
    selects = {
        "things": (things, Thing),
        "told": (_TOLD.format(things=things), as_tuple),
        **{name: (statement, as_tuple) for name, statement in (more or {}).items()},
    }
    values = {**load.values, "topic": topic}
    rows = read_rows(world.databases[load.service], selects, values)
    ours = {one.thing_id for one in rows["things"]}
    return Evidence(
        history=load.history.entries,
        lost=load.lost,
        drained_s=drained_s,
        answered={marker: ids for marker, ids in load.answered.items() if ids},
        things=rows["things"],
        told=rows["told"],
        published=[one for one in _topic(world.kafka.bootstrap, topic) if one[0] in ours],
        more={name: rows[name] for name in more or {}},
    )


def _topic(bootstrap: str, topic: str) -> list[Version]:
    reader = TopicReader(bootstrap, topic)
    try:
        return [
            (str(record.key), int(json.loads(record.value)["sequence"]))
            for batch in reader.up_to_now(2_000)
            for record in batch
        ]
    finally:
        reader.close()
