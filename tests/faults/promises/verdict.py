"""Invariants after any fault: counts that are all 0 when the promises were kept."""

import json
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass, fields

from .stage import GATEWAY, PERMITS, TOPIC, Stage, demand


@dataclass(frozen=True)
class Verdict:
    """lost: committed, not in the topic. ghosts: in the topic, never committed. disordered: an aggregate's events
    out of the order of its versions, in the topic or at the gateway. doubled, missing: effects at the gateway.
    differing: permits whose row there isn't the newest version. resent is allowed: at least once.
    """

    events: int
    lost: int
    ghosts: int
    disordered: int
    doubled: int
    missing: int
    differing: int
    resent: int

    def require_clean(self) -> None:
        """Raises Broken with the counts that aren't 0."""
        faults = {
            field.name: getattr(self, field.name)
            for field in fields(self)
            if field.name not in ("events", "resent") and getattr(self, field.name)
        }
        demand(not faults, f"{faults} of {self}")

    def __str__(self) -> str:
        return ", ".join(f"{name} {number}" for name, number in asdict(self).items())


def verdict(stage: Stage, *, ledger: bool = True) -> Verdict:
    """Compares outbox, topic, ledger and read model. `ledger`: whether the consumers wrote it."""
    outbox = {
        row.event_id: (row.aggregate_id, row.version)
        for row in stage.rows(
            PERMITS,
            "SELECT event_id, aggregate_id, version FROM outbox WHERE topic = :topic",
            topic=TOPIC,
        )
    }
    documents = [json.loads(record.value) for record in stage.topic()]
    first = {one["id"]: (one["subject"], int(one["sequence"])) for one in reversed(documents)}
    in_order = list(dict.fromkeys(one["id"] for one in documents))
    disordered = _disordered([first[event_id] for event_id in in_order])
    doubled = missing = 0
    if ledger:
        effects = stage.rows(
            GATEWAY, "SELECT event_id, permit_id, version FROM faults_ledger ORDER BY n"
        )
        counts = Counter(row.event_id for row in effects)
        doubled = sum(number - 1 for number in counts.values())
        missing = len(outbox.keys() - counts.keys())
        disordered += _disordered([(row.permit_id, row.version) for row in effects])
    return Verdict(
        events=len(outbox),
        lost=len(outbox.keys() - first.keys()),
        ghosts=len(first.keys() - outbox.keys()),
        disordered=disordered,
        doubled=doubled,
        missing=missing,
        differing=stage.behind(),
        resent=len(documents) - len(first),
    )


def _disordered(seen: list[tuple[str, int]]) -> int:
    last: dict[str, int] = defaultdict(int)
    wrong = 0
    for aggregate, version in seen:
        wrong += version != last[aggregate] + 1
        last[aggregate] = max(version, last[aggregate])
    return wrong
