"""What services want paid, as their events say: an invoice becomes a bill, once."""

from datetime import date, timedelta
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.core.cloudevents import Received
from chassis.core.ids import new_id
from chassis.data.unit_of_work import UnitOfWork
from chassis.events.contacts import contacts_of
from chassis.events.invoices import invoices_of
from payments.commands import bills
from payments.commands.recording import INVOICES, record_payment
from payments.domain.bills import OPEN, Happened, Status
from payments.domain.payments import Status as PaymentStatus
from payments.models import Bill, Payment

NO_REASON = "withdrawn"

log = structlog.get_logger(__name__)


def take(work: UnitOfWork, event: Received, *, grace: timedelta) -> None:
    """An event of a topic `<service>.invoice`. Each carries the whole invoice, so one whose beginning never came makes
    a bill that has ended. Raises CannotUnseal: the event is parked."""
    happened = Happened(event.type.split(".")[-2])
    known = work.session.scalar(select(Bill.bill_id).where(Bill.invoice_id == event.subject))
    if known is None:
        row = bills.open_bill(work.acting_as(INVOICES), _facts(work.session, event), grace=grace)
    else:
        row = work.lock(Bill, known)
        if event.sequence <= row.invoice_version:
            return
        row.invoice_version = event.sequence
        if happened is Happened.REQUESTED:
            # An invoice doesn't change. What was wrong is withdrawn and invoiced anew.
            log.error("invoice.requested_again", service=row.service)
    if happened is not Happened.REQUESTED:
        _withdraw(work, row, event.data["reason"] or NO_REASON)


def _withdraw(work: UnitOfWork, row: Bill, reason: str) -> None:
    if Status(row.status) in OPEN:
        bills.give_up(work.acting_as(INVOICES), row, Status.CANCELLED, reason)
    elif Status(row.status) is Status.SETTLED:
        _want_refund(work, row, reason)


def _want_refund(work: UnitOfWork, row: Bill, reason: str) -> None:
    """The money has come: a clerk is to send it back, with a second person."""
    settled = select(Payment).where(Payment.bill_id == row.bill_id, Payment.settled_at.is_not(None))
    payment = work.session.scalars(
        settled.with_for_update().execution_options(populate_existing=True)
    ).one()
    if payment.status == PaymentStatus.SETTLED:  # else it goes back already, or went
        payment.refund_wanted, payment.refund_since = reason, work.now
    record_payment(work.acting_as(INVOICES), payment, "want-refund", None, note=reason)


def _facts(session: Session, event: Received) -> dict[str, Any]:
    """The columns of a bill that the invoice says."""
    data = event.data
    sealed = data["payer"]
    payer = invoices_of(session).payer(event.subject, sealed) if sealed else None
    contacts = contacts_of(session).open(event.subject, data["contacts"])
    return {
        "bill_id": new_id(),
        "invoice_id": event.subject,
        "invoice_version": event.sequence,
        "service": data["service"],
        "subject_type": data["subject"]["type"],
        "subject_id": data["subject"]["id"],
        "subject_number": data["subject"]["number"],
        "municipality": data["municipality"],
        "amount_halalas": data["amount_halalas"],
        "lines": data["lines"],
        "due_on": date.fromisoformat(data["due_on"]),
        "payer": payer,
        "contacts": [
            {
                "role": one.role,
                "language": one.language,
                "mobile": one.mobile,
                "confirmed": one.confirmed,
            }
            for one in contacts
        ],
    }
