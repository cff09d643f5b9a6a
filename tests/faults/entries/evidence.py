"""What is left of a run: the entries of the gateway, what permits decided of each, and the certificates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.faults.evidence import RunEvidence, read_rows
from tests.faults.world import World

from .load import GATEWAY, PERMITS, EntryLoad, Plan


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """As permits has it."""

    certificate_id: str
    permit_id: str
    kind: str
    status: str
    flagged: bool
    rests_on: str | None


@dataclass(frozen=True, kw_only=True)
class Evidence(RunEvidence):
    """`answered`: marker → the ids that its calls were answered with. `entries`: id → outcome at the gateway;
    `reasons`: id → why it was refused. `published`: the ids of all events of entries. `decided`: (id, outcome) of all
    answers of permits. `visits`: id → how often it was recorded. `due`: marker → what an entry about an order comes to.
    `orders`: permit → what the company did about the last order."""

    plans: Sequence[Plan]
    answered: Mapping[str, set[str]]
    entries: Mapping[str, str]
    published: Sequence[str]
    decided: Sequence[tuple[str, str]]
    visits: Mapping[str, int]
    certificates: Sequence[Certificate]
    due: Mapping[str, str] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    orders: Mapping[str, frozenset[str]] = field(default_factory=dict)


def _row(**columns: Any) -> tuple[Any, ...]:
    return tuple(columns.values())


_DONE = ("acknowledged", "executed", "reconnected")


def _order(*, permit_id: str, disconnection: Mapping[str, Any] | None) -> tuple[str, Any]:
    order = disconnection or {}
    return permit_id, frozenset(name for name in _DONE if order.get(f"{name}_on") is not None)


_EVENTS = """SELECT data->'data'->>'entry_id' AS entry_id, data->'data'->>'outcome' AS outcome FROM (
        SELECT convert_from(data, 'UTF8')::jsonb AS data FROM outbox WHERE topic IN ({})) AS row
    WHERE data->'data'->>'permit_id' = ANY(:permits)"""
_ENTERED = "'partner-gateway.insulation-inspection', 'partner-gateway.supply'"
_AT_GATEWAY = {
    "entries": (
        """SELECT entry_id::text, outcome, answer->'reason'->>'code' AS reason FROM partner_entry
        WHERE permit_id = ANY(CAST(:permits AS uuid[]))""",
        _row,
    ),
    "published": (_EVENTS.format(_ENTERED), _row),
}
_AT_PERMITS = {
    "decided": (_EVENTS.format("'permits.entry'"), _row),
    "orders": (
        "SELECT permit_id::text, disconnection FROM release WHERE permit_id = ANY(:permits)",
        _order,
    ),
    "visits": (
        """SELECT entry_id::text, count(*) FROM inspection JOIN certificate USING (certificate_id)
        WHERE entry_id IS NOT NULL AND permit_id = ANY(:permits) GROUP BY entry_id""",
        _row,
    ),
    "certificates": (
        """SELECT certificate_id::text, permit_id::text, kind, status, flagged,
        insulation_certificate_id::text AS rests_on FROM certificate WHERE permit_id = ANY(:permits)""",
        Certificate,
    ),
}


def read(world: World, load: EntryLoad, drained_s: float | None) -> Evidence:
    """Reads the evidence of one run."""
    gateway = read_rows(world.databases[GATEWAY], _AT_GATEWAY, load.values)
    permits = read_rows(world.databases[PERMITS], _AT_PERMITS, load.values)
    return Evidence(
        history=load.history.entries, lost=load.lost, drained_s=drained_s,
        plans=load.todo, answered=load.answered, due=load.due,
        entries={entry_id: outcome for entry_id, outcome, _ in gateway["entries"]},
        reasons={entry_id: reason for entry_id, _, reason in gateway["entries"] if reason},
        published=[entry_id for entry_id, _ in gateway["published"]],
        decided=permits["decided"], visits=dict(permits["visits"]),
        certificates=permits["certificates"], orders=dict(permits["orders"]),
    )  # fmt: skip
