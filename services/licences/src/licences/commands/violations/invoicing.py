"""Invoices for fines: payments makes a bill of each, and its events say what became of it."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from chassis.core.actors import SystemActor
from chassis.core.ids import new_id
from chassis.data.aggregates import lock, record_action, record_change
from chassis.events.contacts import Contact
from chassis.events.invoices import Invoice as Published
from chassis.events.invoices import invoices_of
from chassis.events.outbox import publish
from licences.models import FineInvoice, Violation

REQUESTED, WITHDRAWN, REFUND_REQUESTED = "requested", "withdrawn", "refund_requested"
# Payments has agreed that the money goes back; it went.
REFUNDING, REFUNDED = "refunding", "refunded"
BILLING = SystemActor("billing", client_id="licences")


def request(
    session: Session, row: Violation, line: dict[str, Any], *, due_on: date, now: datetime
) -> FineInvoice:
    """Asks the offender for the amount of the line. Publishes `requested`."""
    invoice = FineInvoice(
        invoice_id=new_id(),
        violation_id=row.violation_id,
        violation_no=row.violation_no,
        municipality=row.municipality,
        status=REQUESTED,
        amount_halalas=line["amount_halalas"],
        lines=[line],
        due_on=due_on,
        payer=row.offender,
        requested_at=now,
    )
    session.add(invoice)
    return _record(session, invoice, REQUESTED, now)


def is_open(session: Session, invoice_id: str) -> bool:
    """Whether the invoice is asked for and neither paid nor ended."""
    row = lock(session, FineInvoice, invoice_id)
    return row.status == REQUESTED and row.paid_at is None


def withdraw(session: Session, invoice_id: str, *, reason: str, now: datetime) -> None:
    """Nothing is to be paid any more. Publishes `withdrawn`; does nothing for one that was paid or withdrawn. Money
    that came just then is sent back by payments."""
    row = lock(session, FineInvoice, invoice_id)
    if row.status == REQUESTED and row.paid_at is None:
        row.status, row.reason = WITHDRAWN, reason
        _record(session, row, WITHDRAWN, now)


def request_refund(session: Session, invoice_id: str, *, reason: str, now: datetime) -> None:
    """What was paid goes back, whole. Publishes `refund_requested`; does nothing for one that wasn't paid, or
    whose money goes back already."""
    row = lock(session, FineInvoice, invoice_id)
    if row.paid_at is not None and row.status == REQUESTED:
        row.status, row.reason = REFUND_REQUESTED, reason
        _record(session, row, REFUND_REQUESTED, now)


def note_going_back(session: Session, row: FineInvoice, *, gone: bool, now: datetime) -> bool:
    """Payments has agreed to send back the money of the locked invoice; `gone`: it has. Answers whether the fine rested
    on that money, and it goes back without our asking."""
    before, after = row.status, REFUNDED if gone else REFUNDING
    if before in (after, REFUNDED):
        return False
    row.status = after
    record_action(session, row, BILLING, after, now=now)
    return before == REQUESTED


def invoiced(session: Session, invoice_id: str) -> tuple[Violation, FineInvoice] | None:
    """The locked violation and its invoice, always in this order; None for an invoice of something else."""
    known = session.get(FineInvoice, invoice_id)
    if known is None:
        return None
    row = lock(session, Violation, known.violation_id)
    return row, lock(session, FineInvoice, invoice_id)


def _record(session: Session, row: FineInvoice, happened: str, now: datetime) -> FineInvoice:
    record_change(session, row, BILLING, happened, now=now)
    session.flush()
    names = ("name", "id_type", "id_number")
    payer = {name: row.payer[name] for name in names} if row.payer else None  # emptied
    published = Published(**row.record(), payer=payer, told=_told(row.payer or {}))
    publish(session, invoices_of(session).event("licences", published, now))
    return row


def _told(payer: Mapping[str, Any]) -> Sequence[Contact]:
    if not payer.get("mobile"):
        return []
    return [
        Contact(
            role="owner",
            mobile=payer["mobile"],
            language=payer.get("language") or "ar",
            confirmed=payer.get("confirmed", True),
        )
    ]
