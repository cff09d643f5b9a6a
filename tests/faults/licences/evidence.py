"""What is left of a run: answers, the rows of the gateway, licences and payments, the ledger, and what was heard."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.faults.evidence import RunEvidence, read_rows
from tests.faults.feed.readers import Heard
from tests.faults.world import World

from saudi.money import parse_riyals

from .load import GATEWAY, ApplicationLoad
from .submissions import Wanted


@dataclass(frozen=True, kw_only=True)
class Application:
    """As licences has it."""

    application_id: str
    application_no: str
    municipality: str
    status: str
    licence_no: str | None
    fee: int


@dataclass(frozen=True, kw_only=True)
class Licence:
    """As licences has it."""

    licence_no: str
    application_id: str
    municipality: str


@dataclass(frozen=True, kw_only=True)
class Invoice:
    """As licences has it."""

    invoice_id: str
    application_id: str
    amount_halalas: int
    status: str


@dataclass(frozen=True, kw_only=True)
class Event:
    """What licences published about an application or a licence."""

    event_id: str
    type: str
    subject: str
    version: int
    municipality: str


@dataclass(frozen=True, kw_only=True)
class Bill:
    """As payments has it. `subject_id`: the application."""

    bill_id: str
    invoice_id: str
    subject_id: str
    amount_halalas: int
    status: str


@dataclass(frozen=True, kw_only=True)
class Evidence(RunEvidence):
    """`wanted`: what was submitted, by number; `answered`: number → all ids that it was answered with; `refused`: what
    was refused, and why. `shown`: application → the status that the gateway shows. `registered`: the references in the
    ledger, each as often as it was registered; `paid`: bill → the amounts that came. `heard`: reader → what it heard,
    in order."""

    wanted: Mapping[int, Wanted]
    answered: Mapping[int, Sequence[str]]
    refused: Sequence[tuple[str, str]]
    applications: Sequence[Application]
    licences: Sequence[Licence]
    invoices: Sequence[Invoice]
    events: Sequence[Event]
    bills: Sequence[Bill]
    shown: Mapping[str, str]
    registered: Sequence[str]
    paid: Mapping[str, Sequence[int]]
    heard: Mapping[str, Sequence[Heard]]


def _status(*, application_id: str, status: str) -> tuple[str, str]:
    return application_id, status


# Service → its rows of a run. The ids of a run are greater than the id with which the run begins.
_ROWS = {
    "licences": {
        "applications": (
            """SELECT application_id::text, application_no, municipality, status, licence_no,
            coalesce(fee_halalas, 0) AS fee FROM application WHERE application_id::text >= :since""",
            Application,
        ),
        "licences": (
            """SELECT licence_no, application_id::text, municipality FROM licence
            WHERE licence_id::text >= :since""",
            Licence,
        ),
        "invoices": (
            """SELECT invoice_id::text, application_id::text, amount_halalas, status FROM invoice
            WHERE invoice_id::text >= :since""",
            Invoice,
        ),
        "events": (
            """SELECT event_id::text, type, aggregate_id::text AS subject, version,
            convert_from(data, 'UTF8')::json->'data'->>'municipality' AS municipality FROM outbox
            WHERE topic IN ('licences.application', 'licences.licence') AND aggregate_id::text >= :since""",
            Event,
        ),
    },
    GATEWAY: {
        "shown": (
            """SELECT application_id::text, status FROM licence_application
            WHERE application_id::text >= :since""",
            _status,
        ),
    },
    "payments": {
        "bills": (
            """SELECT bill_id::text, invoice_id::text, subject_id, amount_halalas, status FROM bill
            WHERE bill_id::text >= :since""",
            Bill,
        ),
    },
}


def read(world: World, load: ApplicationLoad, drained_s: float | None) -> Evidence:
    """Reads the databases before the ledger."""
    rows: dict[str, list[object]] = {}
    for service, selects in _ROWS.items():
        rows |= read_rows(world.databases[service], selects, load.values)
    ours = {bill.bill_id for bill in rows["bills"]}
    ledger = world.ledger()
    references = {one["bill_number"]: one["reference"] for one in ledger["bills"]}
    paid: dict[str, list[int]] = {}
    for one in ledger["payments"]:
        paid.setdefault(references[one["bill_number"]], []).append(parse_riyals(one["amount"]))
    since = load.values["since"]
    return Evidence(
        **{**rows, "shown": dict(rows["shown"])},
        history=load.history.entries,
        lost=load.lost,
        drained_s=drained_s,
        wanted={one.number: one for one in load.wanted},
        answered=dict(load.answered),
        refused=load.refused,
        registered=[one["reference"] for one in ledger["bills"] if one["reference"] in ours],
        paid={reference: amounts for reference, amounts in paid.items() if reference in ours},
        heard={
            reader.who: [one for one in [*reader.seen] if one[1] >= since]
            for reader in load.readers
        },
    )
