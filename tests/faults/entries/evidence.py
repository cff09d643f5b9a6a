"""What is left of a run: the entries of the gateway, what permits decided of each, and the certificates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text
from tests.faults.history import Entry

from .load import Load, Plan
from .world import GATEWAY, PERMITS, EntryWorld

_ENTRIES = text(
    """SELECT entry_id::text, permit_id::text, outcome, answer->'reason'->>'code' AS reason FROM partner_entry
    WHERE permit_id = ANY(CAST(:permits AS uuid[]))"""
)
_TOLD = text(
    """SELECT data->'data'->>'entry_id' AS entry_id, data->'data'->>'outcome' AS outcome FROM (
        SELECT convert_from(data, 'UTF8')::jsonb AS data FROM outbox WHERE topic = ANY(:topics)) AS row
    WHERE data->'data'->>'permit_id' = ANY(:permits)"""
)
_TAKEN = text(
    """SELECT entry_id::text, count(*) AS times FROM inspection JOIN certificate USING (certificate_id)
    WHERE entry_id IS NOT NULL AND permit_id = ANY(:permits) GROUP BY entry_id"""
)
_ENTERED = ["partner-gateway.insulation-inspection", "partner-gateway.supply"]
_ORDERS = text("SELECT permit_id::text, disconnection FROM release WHERE permit_id = ANY(:permits)")
_CERTIFICATES = text(
    """SELECT certificate_id::text, permit_id::text, kind, status, flagged, insulation_certificate_id::text AS rests_on
    FROM certificate WHERE permit_id = ANY(:permits)"""
)


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
class Evidence:
    """`answered`: marker → the ids that its calls were answered with. `entries`: id → outcome at the gateway;
    `reasons`: id → why it was refused. `published`: the ids of all events of entries. `decided`: (id, outcome) of all
    answers of permits. `visits`: id → how often it was recorded. `due`: marker → what an entry about an order comes to.
    `orders`: permit → what the company did about the last order. `drained_s`: None when not all was answered within
    the patience."""

    history: Sequence[Entry]
    plans: Sequence[Plan]
    answered: Mapping[str, set[str]]
    lost: Sequence[str]
    entries: Mapping[str, str]
    published: Sequence[str]
    decided: Sequence[tuple[str, str]]
    visits: Mapping[str, int]
    certificates: Sequence[Certificate]
    drained_s: float | None
    due: Mapping[str, str] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    orders: Mapping[str, frozenset[str]] = field(default_factory=dict)


def read(
    world: EntryWorld, history: Sequence[Entry], load: Load, drained_s: float | None
) -> Evidence:
    """The evidence of one run."""
    plans = load.todo
    permits = [one.building.permit_id for one in plans]
    with world.databases[GATEWAY].transaction() as session:
        entries = session.execute(_ENTRIES, {"permits": permits}).all()
        published = session.execute(_TOLD, {"permits": permits, "topics": _ENTERED}).all()
    with world.databases[PERMITS].transaction() as session:
        decided = session.execute(_TOLD, {"permits": permits, "topics": ["permits.entry"]}).all()
        orders = session.execute(_ORDERS, {"permits": permits}).all()
        visits = session.execute(_TAKEN, {"permits": permits}).all()
        certificates = session.execute(_CERTIFICATES, {"permits": permits}).mappings().all()
    return Evidence(
        history=history, plans=plans, answered=load.answered, lost=load.lost, due=load.due,
        entries={row.entry_id: row.outcome for row in entries},
        published=[row.entry_id for row in published],
        decided=[(row.entry_id, row.outcome) for row in decided],
        visits={row.entry_id: row.times for row in visits},
        certificates=[Certificate(**row) for row in certificates],
        drained_s=drained_s,
        reasons={row.entry_id: row.reason for row in entries if row.reason},
        orders={row.permit_id: _done(row.disconnection or {}) for row in orders},
    )  # fmt: skip


def _done(order: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(name for name in _DONE if order.get(f"{name}_on") is not None)


_DONE = ("acknowledged", "executed", "reconnected")


def unanswered(world: EntryWorld, plans: Sequence[Plan]) -> int:
    """How many entries of the run permits hasn't answered at the gateway."""
    permits = [one.building.permit_id for one in plans]
    with world.databases[GATEWAY].transaction() as session:
        rows = session.execute(_ENTRIES, {"permits": permits}).all()
    return sum(row.outcome == "pending" for row in rows)
