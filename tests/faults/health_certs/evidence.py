"""What is left of a run: the centre's entries at the gateway, what health-certs made of them, requests, certificates
and their events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.faults.evidence import RunEvidence, read_rows
from tests.faults.world import World

from .load import GATEWAY, HEALTH, RequestLoad
from .seeding import LISTED


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
class Evidence(RunEvidence):
    """`fates`: request → the fate's name, and whether its worker has to hold a certificate; `entered`: how many entries
    were taken of it; `versions`: how often a request changed. `certificate_events` are those of certificates. `listed`:
    the rows of all lists; `asked_by_lists`: how many requests there are of them."""

    fates: Mapping[str, tuple[str, bool]]
    entered: Mapping[str, int]
    entries: Sequence[Thing]
    decided: Sequence[Thing]
    certificates: Sequence[Thing]
    versions: Mapping[str, int]
    request_events: Sequence[Told]
    certificate_events: Sequence[Told]
    listed: Sequence[Listed]
    asked_by_lists: int
    renewals: Sequence[Renewed] = ()


def _row(**columns: Any) -> tuple[Any, ...]:
    return tuple(columns.values())


_OF_RUN = "FROM {} WHERE request_id = ANY(CAST(:keys AS uuid[]))"
_EVENTS = """SELECT data->'data'->>'request_id' AS request_id, version, split_part(type, '.', -2) AS happened,
        data->'data'->>'certificate_id' AS certificate_id, data->'data'->>'status' AS status
    FROM (SELECT convert_from(data, 'UTF8')::jsonb AS data, version, type FROM outbox WHERE topic = '{}') AS row
    WHERE data->'data'->>'request_id' = ANY(:keys) ORDER BY version"""
_AT_GATEWAY = {
    "entries": (
        "SELECT examination_id::text AS key, request_id::text, status, sealed IS NOT NULL AS is_kept "
        + _OF_RUN.format("health_examination"),
        Thing,
    )
}
_AT_HEALTH = {
    "decided": (
        "SELECT examination_id::text AS key, request_id::text, status "
        + _OF_RUN.format("examination"),
        Thing,
    ),
    "certificates": (
        "SELECT certificate_id::text AS key, request_id::text, status "
        + _OF_RUN.format("certificate"),
        Thing,
    ),
    "versions": ("SELECT request_id::text, version " + _OF_RUN.format("request"), _row),
    # A row of the journal is never changed, so the transaction that wrote the row wrote the certificate.
    "renewals": (
        """SELECT old.certificate_no AS number, old.status, old.replaced_by,
            (SELECT count(*) FROM request WHERE renews = old.certificate_no) AS requests,
            new.certificate_no AS renewed_by, new.status AS renewed_status,
            (SELECT count(DISTINCT xmin::text) = 1 FROM journal WHERE aggregate_type = 'certificate'
                AND (aggregate_id, action) IN ((old.certificate_id::text, 'replace'),
                    (new.certificate_id::text, 'issue'))) AS at_once
        FROM certificate AS old LEFT JOIN request ON request.renews = old.certificate_no
            LEFT JOIN certificate AS new ON new.request_id = request.request_id
        WHERE old.certificate_no = ANY(:numbers)""",
        Renewed,
    ),
    # Of all lists of the world so far.
    "listed": (
        """SELECT list_id::text || ' row ' || row AS row, coalesce(outcome, 'waiting') AS outcome,
            (SELECT count(*) FROM request WHERE request.request_no = one.request_no) AS requests
        FROM request_list_row AS one""",
        Listed,
    ),
    "asked_by_lists": (f"SELECT count(*) FROM request WHERE profession = '{LISTED}'", _row),
    "request_events": (_EVENTS.format("health-certs.request"), Told),
    "certificate_events": (_EVENTS.format("health-certs.certificate"), Told),
}


def read(world: World, load: RequestLoad, drained_s: float | None) -> Evidence:
    """Reads the evidence of one run."""
    rows = read_rows(world.databases[GATEWAY], _AT_GATEWAY, load.values)
    rows |= read_rows(world.databases[HEALTH], _AT_HEALTH, load.values)
    [(asked_by_lists,)] = rows["asked_by_lists"]
    return Evidence(
        **{**rows, "versions": dict(rows["versions"]), "asked_by_lists": asked_by_lists},
        history=load.history.entries, lost=load.lost, drained_s=drained_s,
        fates={one.asked.request_id: (one.fate.name, one.fate.holds) for one in load.todo},
        entered=load.entered,
    )  # fmt: skip
