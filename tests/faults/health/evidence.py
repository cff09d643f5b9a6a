"""What is left of a run: the centre's entries at the gateway, what health-certs made of them, requests, certificates
and their events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import text
from tests.faults.health.seeding import LISTED
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
# Of all lists of the world so far.
_LISTED = text(
    """SELECT list_id::text || ' row ' || row AS row, coalesce(outcome, 'waiting') AS outcome,
        (SELECT count(*) FROM request WHERE request.request_no = one.request_no) AS requests
    FROM request_list_row AS one"""
)
_UNFINISHED = text("SELECT count(*) FROM request_list WHERE done_at IS NULL")
_OF_LISTS = text("SELECT count(*) FROM request WHERE profession = :listed")
# In one transaction: a journal's row is never changed, so what wrote it is what wrote both.
_RENEWALS = text(
    """SELECT old.certificate_no AS number, old.status, old.replaced_by,
        (SELECT count(*) FROM request WHERE renews = old.certificate_no) AS requests,
        new.certificate_no AS renewed_by, new.status AS renewed_status,
        (SELECT count(DISTINCT xmin::text) = 1 FROM journal WHERE aggregate_type = 'certificate'
            AND (aggregate_id, action) IN ((old.certificate_id::text, 'replace'),
                (new.certificate_id::text, 'issue'))) AS at_once
    FROM certificate AS old LEFT JOIN request ON request.renews = old.certificate_no
        LEFT JOIN certificate AS new ON new.request_id = request.request_id
    WHERE old.certificate_no = ANY(:numbers)"""
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
class Renewed:
    """A certificate that was to be renewed, how many requests renew it, and the certificate that one of them came to.
    `at_once`: one was issued as the other was replaced."""

    number: str
    status: str
    replaced_by: str | None
    requests: int
    renewed_by: str | None
    renewed_status: str | None
    at_once: bool


@dataclass(frozen=True)
class Listed:
    """A row of a list, what became of it, and how many requests have the number that it tells."""

    row: str
    outcome: str
    requests: int


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
    were taken of it; `versions`: how often a request changed. `certificate_events` are those of certificates. `listed`:
    the rows of all lists; `asked_by_lists`: how many requests there are of them."""

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
    listed: Sequence[Listed]
    asked_by_lists: int
    drained_s: float | None
    renewals: Sequence[Renewed] = ()


def read(
    world: HealthWorld, history: Sequence[Entry], load: Load, drained_s: float | None
) -> Evidence:
    held = [one.renews for one in load.todo if one.renews]
    before = [one.asked.request_id for one in held]
    keys = {"keys": [*{one.asked.request_id for one in load.todo}.union(before)]}
    numbers = {"numbers": [one.certificate_no for one in held]}
    with world.databases[GATEWAY].transaction() as session:
        entries = [Thing(**row) for row in session.execute(_ENTRIES, keys).mappings()]
    with world.databases[HEALTH].transaction() as session:
        decided = [Thing(**row) for row in session.execute(_DECIDED, keys).mappings()]
        versions = dict(session.execute(_VERSIONS, keys).tuples().all())
        certificates = [Thing(**row) for row in session.execute(_CERTIFICATES, keys).mappings()]
        renewals = [Renewed(**row) for row in session.execute(_RENEWALS, numbers).mappings()]
        listed = [Listed(**row) for row in session.execute(_LISTED).mappings()]
        asked_by_lists = int(session.scalar(_OF_LISTS, {"listed": LISTED}) or 0)
        requests, told = (
            [Told(**row) for row in session.execute(_TOLD, {**keys, "topic": topic}).mappings()]
            for topic in ("health-certs.request", "health-certs.certificate")
        )
    return Evidence(
        history=history,
        fates={one.asked.request_id: (one.fate.name, one.fate.holds) for one in load.todo},
        entered=load.entered, lost=load.lost, entries=entries, decided=decided,
        certificates=certificates, versions=versions, request_events=requests, certificate_events=told,
        listed=listed, asked_by_lists=asked_by_lists, drained_s=drained_s,
        renewals=renewals,
    )  # fmt: skip


def unfinished(world: HealthWorld) -> int:
    """How many lists have rows that wait."""
    with world.databases[HEALTH].transaction() as session:
        return int(session.scalar(_UNFINISHED) or 0)


def unanswered(world: HealthWorld, load: Load) -> int:
    """How many entries of the run health-certs hasn't answered at the gateway."""
    keys = {"keys": [one.asked.request_id for one in load.todo]}
    with world.databases[GATEWAY].transaction() as session:
        rows = session.execute(_ENTRIES, keys).all()
    return sum(row.status == "pending" for row in rows)
