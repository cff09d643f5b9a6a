"""What is left of a run: the invoices, the bills and payments of payments, and the ledger of the bill system."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import text
from tests.faults.history import Entry

from saudi.money import parse_riyals

from .load import amount_of, invoice_id_of
from .world import BillWorld

_BILLS = """SELECT bill_id::text, invoice_id::text, amount_halalas, status, bill_number FROM bill
    WHERE left(invoice_id::text, 8) = :run"""
_PAYMENTS = """SELECT reference, bill_id::text, amount_halalas, settled_halalas, status, reason FROM payment"""
_SETTLED = """SELECT convert_from(data, 'UTF8')::json->'data'->>'invoice_id' AS invoice_id FROM outbox
    WHERE type = 'sa.gov.qatif.payments.payment.settled.v1'"""


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
class Evidence:
    """`invoices`: id → amount, of all that were published; `withdrawn`: those that were taken back. `registered`: the
    references in the ledger, each as often as it was registered. `told`: the invoices of all `payment.settled` events.
    `drained_s`: None when not all had ended within the patience."""

    history: Sequence[Entry]
    invoices: Mapping[str, int]
    withdrawn: frozenset[str]
    bills: Sequence[Bill]
    payments: Sequence[Payment]
    registered: Sequence[str]
    paid: Sequence[Paid]
    told: Sequence[str]
    drained_s: float | None


def read(
    world: BillWorld,
    history: Sequence[Entry],
    run: int,
    published: tuple[int, set[int]],
    drained_s: float | None,
) -> Evidence:
    """The evidence of one run. `published`: how many invoices, and the numbers of those that were withdrawn."""
    count, withdrawn = published
    # In one moment of the database, and before the ledger: what payments knows, somebody has paid.
    with world.databases["payments"].snapshot() as session:
        billed = session.execute(text(_BILLS), {"run": f"{run:08x}"}).all()
        known = session.execute(text(_PAYMENTS)).all()
        told = session.scalars(text(_SETTLED)).all()
    bills = [
        Bill(
            bill_id=row.bill_id,
            invoice_id=row.invoice_id,
            amount_halalas=row.amount_halalas,
            status=row.status,
        )
        for row in billed
    ]
    ours = {bill.bill_id for bill in bills}
    ledger = world.ledger()
    numbers = {one["bill_number"]: one["reference"] for one in ledger["bills"]}
    paid = [
        Paid(
            reference=one["number"],
            bill_id=numbers[one["bill_number"]],
            amount_halalas=parse_riyals(one["amount"]),
        )
        for one in ledger["payments"]
        if numbers[one["bill_number"]] in ours
    ]
    ours_paid = {one.reference for one in paid}
    return Evidence(
        history=history,
        invoices={invoice_id_of(run, one): amount_of(run, one) for one in range(1, count + 1)},
        withdrawn=frozenset(invoice_id_of(run, one) for one in withdrawn),
        bills=bills,
        payments=[
            Payment(
                reference=row.reference,
                bill_id=row.bill_id,
                amount_halalas=row.amount_halalas,
                settled_halalas=row.settled_halalas,
                status=row.status,
            )
            for row in known
            if row.bill_id in ours or row.reference in ours_paid
        ],
        registered=[one["reference"] for one in ledger["bills"] if one["reference"] in ours],
        paid=paid,
        told=[one for one in told if one.startswith(f"{run:08x}")],
        drained_s=drained_s,
    )
