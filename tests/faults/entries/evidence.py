"""What is left of a run: the entries of the gateway, what permits decided of each, and the certificates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import text
from tests.faults.history import Entry

from .load import Plan
from .world import GATEWAY, PERMITS, EntryWorld

_ENTRIES = text(
    "SELECT entry_id::text, permit_id::text, outcome FROM partner_entry WHERE permit_id = ANY(CAST(:permits AS uuid[]))"
)
_TOLD = text(
    """SELECT data->'data'->>'entry_id' AS entry_id, data->'data'->>'outcome' AS outcome FROM (
        SELECT convert_from(data, 'UTF8')::jsonb AS data FROM outbox WHERE topic = :topic) AS row
    WHERE data->'data'->>'permit_id' = ANY(:permits)"""
)
_TAKEN = text(
    """SELECT entry_id::text, count(*) AS times FROM inspection JOIN certificate USING (certificate_id)
    WHERE entry_id IS NOT NULL AND permit_id = ANY(:permits) GROUP BY entry_id"""
)
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
    """`answered`: marker → the ids that its calls were answered with. `entries`: id → outcome at the gateway.
    `published`: the ids of all events of entries. `decided`: (id, outcome) of all answers of permits. `visits`: id →
    how often it was recorded. `drained_s`: None when not all was answered within the patience."""

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


def read(
    world: EntryWorld,
    history: Sequence[Entry],
    plans: Sequence[Plan],
    answered: tuple[Mapping[str, set[str]], Sequence[str]],
    drained_s: float | None,
) -> Evidence:
    """The evidence of one run. `answered`: the ids by marker, and the markers of calls that were never answered."""
    permits = [one.building.permit_id for one in plans]
    with world.databases[GATEWAY].transaction() as session:
        entries = session.execute(_ENTRIES, {"permits": permits}).all()
        topic = "partner-gateway.insulation-inspection"
        published = session.execute(_TOLD, {"permits": permits, "topic": topic}).all()
    with world.databases[PERMITS].transaction() as session:
        decided = session.execute(_TOLD, {"permits": permits, "topic": "permits.entry"}).all()
        visits = session.execute(_TAKEN, {"permits": permits}).all()
        certificates = session.execute(_CERTIFICATES, {"permits": permits}).mappings().all()
    return Evidence(
        history=history, plans=plans, answered=answered[0], lost=answered[1],
        entries={row.entry_id: row.outcome for row in entries},
        published=[row.entry_id for row in published],
        decided=[(row.entry_id, row.outcome) for row in decided],
        visits={row.entry_id: row.times for row in visits},
        certificates=[Certificate(**row) for row in certificates],
        drained_s=drained_s,
    )  # fmt: skip


def unanswered(world: EntryWorld, plans: Sequence[Plan]) -> int:
    """How many entries of the run permits hasn't answered at the gateway."""
    permits = [one.building.permit_id for one in plans]
    with world.databases[GATEWAY].transaction() as session:
        rows = session.execute(_ENTRIES, {"permits": permits}).all()
    return sum(row.outcome == "pending" for row in rows)
