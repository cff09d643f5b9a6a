"""What is left of a run: answers, the rows of the gateway, licences and payments, the ledger, and what was heard."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import text
from tests.faults.feed.readers import Heard
from tests.faults.history import Entry

from saudi.money import parse_riyals

from .submissions import Wanted
from .world import LicenceWorld

_APPLICATIONS = text(
    """SELECT application_id::text, application_no, municipality, status, licence_no, coalesce(fee_halalas, 0) AS fee
    FROM application WHERE application_id::text >= :since"""
)
_LICENCES = text(
    """SELECT licence_no, application_id::text, municipality FROM licence WHERE licence_id::text >= :since"""
)
_INVOICES = text(
    """SELECT invoice_id::text, application_id::text, amount_halalas, status FROM invoice
    WHERE invoice_id::text >= :since"""
)
# Of an application and of a licence, which the feed tells of.
_EVENTS = text(
    """SELECT event_id::text, type, aggregate_id::text AS subject, version,
    convert_from(data, 'UTF8')::json->'data'->>'municipality' AS municipality
    FROM outbox WHERE topic IN ('licences.application', 'licences.licence') AND aggregate_id::text >= :since"""
)
_BILLS = text(
    """SELECT bill_id::text, invoice_id::text, subject_id, amount_halalas, status FROM bill
    WHERE bill_id::text >= :since"""
)
_SHOWN = text(
    "SELECT application_id::text, status FROM licence_application WHERE application_id::text >= :since"
)


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
    """That licences published something of an application or of a licence."""

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
class Evidence:
    """`wanted`: what was submitted, by number; `answered`: number → all ids that it was answered with; `refused`: what
    was refused, and why. `shown`: application → the status that the gateway shows. `registered`: the references in the
    ledger, each as often as it was registered; `paid`: bill → the amounts that came. `heard`: reader → what it heard,
    in order. `drained_s`: None when not all had ended within the patience."""

    history: Sequence[Entry]
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
    drained_s: float | None


def own_rows(world: LicenceWorld, since: str) -> dict[str, Sequence[object]]:
    """The rows of licences of a run, all of one moment."""
    values = {"since": since}
    with world.databases["licences"].snapshot() as session:
        return {
            "applications": [
                Application(**row._mapping) for row in session.execute(_APPLICATIONS, values)
            ],
            "licences": [Licence(**row._mapping) for row in session.execute(_LICENCES, values)],
            "invoices": [Invoice(**row._mapping) for row in session.execute(_INVOICES, values)],
            "events": [Event(**row._mapping) for row in session.execute(_EVENTS, values)],
        }


def others_rows(world: LicenceWorld, since: str) -> dict[str, object]:
    """What the gateway shows, the bills of payments, and the ledger's part of them."""
    values = {"since": since}
    with world.databases["partner-gateway"].snapshot() as session:
        shown = {row.application_id: row.status for row in session.execute(_SHOWN, values)}
    with world.databases["payments"].snapshot() as session:
        bills = [Bill(**row._mapping) for row in session.execute(_BILLS, values)]
    ours, ledger = {bill.bill_id for bill in bills}, world.ledger()
    references = {one["bill_number"]: one["reference"] for one in ledger["bills"]}
    paid: dict[str, list[int]] = {}
    for one in ledger["payments"]:
        paid.setdefault(references[one["bill_number"]], []).append(parse_riyals(one["amount"]))
    return {
        "shown": shown,
        "bills": bills,
        "registered": [one["reference"] for one in ledger["bills"] if one["reference"] in ours],
        "paid": {reference: amounts for reference, amounts in paid.items() if reference in ours},
    }
