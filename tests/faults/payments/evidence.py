"""What is left of a run: the invoices, the bills and payments of payments, and the ledger of the bill system."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.faults.evidence import RunEvidence, read_rows
from tests.faults.world import World

from saudi.money import parse_riyals

from .load import InvoiceLoad, amount_of, invoice_id_of


@dataclass(frozen=True, kw_only=True)
class Bill:
    """As payments has it."""

    bill_id: str
    invoice_id: str
    amount_halalas: int
    status: str


@dataclass(frozen=True, kw_only=True)
class Payment:
    """As payments has it. `reference`: the bill system's number."""

    reference: str
    bill_id: str | None
    amount_halalas: int
    settled_halalas: int | None
    status: str


@dataclass(frozen=True, kw_only=True)
class Paid:
    """A payment in the ledger. `reference`: the number of the payment; `bill_id`: the reference of its bill."""

    reference: str
    bill_id: str
    amount_halalas: int


@dataclass(frozen=True, kw_only=True)
class Evidence(RunEvidence):
    """`invoices`: id → amount, of all that were published; `withdrawn`: those that were taken back. `registered`: the
    references in the ledger, each as often as it was registered. `told`: the invoices of all `payment.settled` events.
    """

    invoices: Mapping[str, int]
    withdrawn: frozenset[str]
    bills: Sequence[Bill]
    payments: Sequence[Payment]
    registered: Sequence[str]
    paid: Sequence[Paid]
    told: Sequence[str]


def _invoice_id(*, invoice_id: str) -> str:
    return invoice_id


_ROWS = {
    "bills": (
        """SELECT bill_id::text, invoice_id::text, amount_halalas, status FROM bill
        WHERE left(invoice_id::text, 8) = :run""",
        Bill,
    ),
    "payments": (
        "SELECT reference, bill_id::text, amount_halalas, settled_halalas, status FROM payment",
        Payment,
    ),
    "told": (
        """SELECT convert_from(data, 'UTF8')::json->'data'->>'invoice_id' AS invoice_id FROM outbox
        WHERE type = 'sa.gov.qatif.payments.payment.settled.v1'""",
        _invoice_id,
    ),
}


def read(world: World, load: InvoiceLoad, drained_s: float | None) -> Evidence:
    """Reads the database before the ledger: somebody has paid what payments knows."""
    rows = read_rows(world.databases["payments"], _ROWS, load.values)
    ours, ledger = {bill.bill_id for bill in rows["bills"]}, world.ledger()
    references = {one["bill_number"]: one["reference"] for one in ledger["bills"]}
    paid = [
        Paid(
            reference=one["number"],
            bill_id=references[one["bill_number"]],
            amount_halalas=parse_riyals(one["amount"]),
        )
        for one in ledger["payments"]
        if references[one["bill_number"]] in ours
    ]
    ours_paid = {one.reference for one in paid}
    published = range(1, load.published + 1)
    return Evidence(
        history=load.history.entries,
        lost=load.lost,
        drained_s=drained_s,
        invoices={invoice_id_of(load.run, one): amount_of(load.run, one) for one in published},
        withdrawn=frozenset(invoice_id_of(load.run, one) for one in load.withdrawn),
        bills=rows["bills"],
        payments=[
            one for one in rows["payments"] if one.bill_id in ours or one.reference in ours_paid
        ],
        registered=[one["reference"] for one in ledger["bills"] if one["reference"] in ours],
        paid=paid,
        told=[one for one in rows["told"] if one.startswith(load.values["run"])],
    )
