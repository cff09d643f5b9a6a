"""What is left of a run: the centre's entries at the gateway, what health-certs made of them, requests, certificates
and their events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import text
from tests.faults.history import Entry

from .load import Load
from .world import GATEWAY, HEALTH, HealthWorld

_ENTRIES = text(
    "SELECT examination_id::text AS key, request_id::text, status, sealed IS NOT NULL AS is_kept"
    " FROM health_examination WHERE request_id = ANY(CAST(:keys AS uuid[]))"
)
_DECIDED = text(
    "SELECT examination_id::text AS key, request_id::text, status FROM examination"
    " WHERE request_id = ANY(CAST(:keys AS uuid[]))"
)
_CERTIFICATES = text(
    "SELECT certificate_id::text AS key, request_id::text, status FROM certificate"
    " WHERE request_id = ANY(CAST(:keys AS uuid[]))"
)
_VERSIONS = text(
    "SELECT request_id::text, version FROM request WHERE request_id = ANY(CAST(:keys AS uuid[]))"
)
_TOLD = text(
    """SELECT data->'data'->>'request_id' AS request_id, version, split_part(type, '.', -2) AS happened,
        data->'data'->>'certificate_id' AS certificate_id, data->'data'->>'status' AS status
    FROM (SELECT convert_from(data, 'UTF8')::jsonb AS data, version, type FROM outbox WHERE topic = :topic) AS row
    WHERE data->'data'->>'request_id' = ANY(:keys) ORDER BY version"""
)


@dataclass(frozen=True)
class Thing:
    """An entry, or a certificate. `is_kept`: the gateway still has what was entered."""

    key: str
    request_id: str
    status: str
    is_kept: bool = False


@dataclass(frozen=True)
class Told:
    """An event of a request or a certificate."""

    request_id: str
    version: int
    happened: str
    certificate_id: str | None
    status: str


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """`fates`: request → whether its worker has to hold a certificate, and the fate's name; `entered`: how many entries
    were taken of it; `versions`: how often a request changed. `certificate_events` are those of certificates."""

    history: Sequence[Entry]
    fates: Mapping[str, tuple[str, bool]]
    entered: Mapping[str, int]
    lost: Sequence[str]
    entries: Sequence[Thing]
    decided: Sequence[Thing]
    certificates: Sequence[Thing]
    versions: Mapping[str, int]
    request_events: Sequence[Told]
    certificate_events: Sequence[Told]
    drained_s: float | None


def read(
    world: HealthWorld, history: Sequence[Entry], load: Load, drained_s: float | None
) -> Evidence:
    keys = {"keys": [one.asked.request_id for one in load.todo]}
    with world.databases[GATEWAY].transaction() as session:
        entries = [Thing(**row) for row in session.execute(_ENTRIES, keys).mappings()]
    with world.databases[HEALTH].transaction() as session:
        decided = [Thing(**row) for row in session.execute(_DECIDED, keys).mappings()]
        versions = dict(session.execute(_VERSIONS, keys).tuples().all())
        certificates = [Thing(**row) for row in session.execute(_CERTIFICATES, keys).mappings()]
        requests, told = (
            [Told(**row) for row in session.execute(_TOLD, {**keys, "topic": topic}).mappings()]
            for topic in ("health-certs.request", "health-certs.certificate")
        )
    return Evidence(
        history=history,
        fates={one.asked.request_id: (one.fate.name, one.fate.holds) for one in load.todo},
        entered=load.entered, lost=load.lost, entries=entries, decided=decided,
        certificates=certificates, versions=versions, request_events=requests, certificate_events=told,
        drained_s=drained_s,
    )  # fmt: skip


def unanswered(world: HealthWorld, load: Load) -> int:
    """How many entries of the run health-certs hasn't answered at the gateway."""
    keys = {"keys": [one.asked.request_id for one in load.todo]}
    with world.databases[GATEWAY].transaction() as session:
        rows = session.execute(_ENTRIES, keys).all()
    return sum(row.status == "pending" for row in rows)
