"""A bill, from its invoice to its end: made of an invoice, acknowledged or refused by the bill system, given up,
ended."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from chassis.core.cloudevents import Received
from chassis.core.ids import new_id
from chassis.core.refusals import NotFound
from chassis.data.deadlines import drop_deadline, set_deadline
from chassis.data.unit_of_work import UnitOfWork
from chassis.events.contacts import contacts_of
from chassis.events.invoices import invoices_of
from payments.commands.recording import BILL_SYSTEM, CLOCK, INVOICES, record_bill, record_payment
from payments.commands.settle import EXPIRY, set_task, settle_with_waiting_money
from payments.domain import bills
from payments.domain.bills import ENDINGS, OPEN, PAST_DUE, InvoiceEvent, Status, Task
from payments.domain.payments import Status as PaymentStatus
from payments.domain.payments import Suspense
from payments.domain.registration import Result
from payments.models import Bill, Payment

NO_REASON = "withdrawn"

log = structlog.get_logger(__name__)


def take_invoice_event(work: UnitOfWork, event: Received, *, grace: timedelta) -> None:
    """Makes the invoice's bill at its first event, and withdraws the bill at a later one.

    Each event carries the whole invoice, so a withdrawal whose request never arrived makes a bill that has ended.
    Raises CannotUnseal: the event is parked.
    """
    happened = InvoiceEvent(event.type.split(".")[-2])
    known = work.session.scalar(select(Bill.bill_id).where(Bill.invoice_id == event.subject))
    if known is None:
        row = open_bill(work.acting_as(INVOICES), _bill_columns(work.session, event), grace=grace)
    else:
        row = work.lock(Bill, known)
        if event.sequence <= row.invoice_version:
            return
        row.invoice_version = event.sequence
        if happened is InvoiceEvent.REQUESTED:
            # An invoice never changes. A wrong invoice is withdrawn, and a new invoice requested.
            log.error("invoice.requested_again", service=row.service)
    if happened is not InvoiceEvent.REQUESTED:
        _withdraw_bill(work.acting_as(INVOICES), row, event.data["reason"] or NO_REASON)


def open_bill(work: UnitOfWork, columns: Mapping[str, Any], *, grace: timedelta) -> Bill:
    """Adds a bill that the worker registers at once. `columns`: what the invoice says."""
    row = Bill(
        **columns,
        payer_key=(columns["payer"] or {}).get("id_number"),
        status=Status.REQUESTED.value,
        unsure=False,
        attempts=0,
        created_at=work.now,
    )
    set_task(row, Task.REGISTER, now=work.now)
    work.session.add(row)
    record_bill(work, row, "open", None)
    at = bills.expires_at(row.due_on, grace)
    set_deadline(work.session, Bill.aggregate_type, row.bill_id, EXPIRY, at)
    return row


def _bill_columns(session: Session, event: Received) -> dict[str, Any]:
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


def _withdraw_bill(work: UnitOfWork, row: Bill, reason: str) -> None:
    if Status(row.status) in OPEN:
        give_up_bill(work, row, Status.CANCELLED, reason)
    elif Status(row.status) is Status.SETTLED:
        _ask_for_refund(work, row, reason)
    elif Status(row.status) is Status.EXPIRED:
        # Money that was paid in time, but whose notice is still to come, waits for a clerk.
        row.ending = Status.CANCELLED.value
        record_bill(work, row, "withdraw", None, note=reason)


def _ask_for_refund(work: UnitOfWork, row: Bill, reason: str) -> None:
    """Asks the clerks to send the money of a settled bill back, and the payer for an account: publishes
    `refund_wanted`. The first wish gives the reason and the time from which the refund is late. A second wish is
    journalled only, and so is a wish for money that goes back already."""
    settled = and_(Payment.bill_id == row.bill_id, Payment.settled_at.is_not(None))
    (payment,) = work.lock_where(Payment, settled)
    is_first = payment.status == PaymentStatus.SETTLED and payment.refund_wanted is None
    if is_first:
        payment.refund_wanted, payment.refund_since = reason, work.now
    happened = "refund_wanted" if is_first else None
    record_payment(work, payment, "want-refund", happened, note=reason)


def acknowledge_bill(work: UnitOfWork, row: Bill, result: Result) -> None:
    """Stores the number of a locked bill that the bill system has. Publishes `registered`, unless the bill is given up
    or paid already."""
    _set_number(row, result, work.now)
    if Status(row.status) is Status.REQUESTED:
        row.status = Status.REGISTERED.value
        unwanted = row.ending is not None
        set_task(row, Task.CANCEL if unwanted else None, now=work.now)
        happened = None if unwanted else "registered"
        record_bill(work.acting_as(BILL_SYSTEM), row, "register", happened)
        settle_with_waiting_money(work, row)
        return
    # A bill that was paid at a counter before its registration was acknowledged is cancelled at the bill system now.
    set_task(row, Task.CANCEL if row.task else None, now=work.now)
    record_bill(work.acting_as(BILL_SYSTEM), row, "register", None)


def note_paid_at_bill_system(work: UnitOfWork, row: Bill, result: Result) -> None:
    """Notes that the bill system calls the bill paid, and ends a bill that is given up.

    The answer settles nothing: only a signed notice does. The bill system takes no other money for the bill.
    """
    if result.bill_number is not None:
        _set_number(row, result, work.now)
    row.paid_there_at = work.now
    set_task(row, None, now=work.now)
    if Status(row.status) is Status.REQUESTED:
        row.status = Status.REGISTERED.value
    record_bill(work.acting_as(BILL_SYSTEM), row, "find-paid", None)
    if row.bill_number is not None and Status(row.status) is Status.REGISTERED:
        settle_with_waiting_money(work, row)
    end_given_up_bill(work.acting_as(BILL_SYSTEM), row)
    if Status(row.status) in OPEN:
        log.warning("bill.paid_without_notice")


def refuse_bill(work: UnitOfWork, row: Bill, reason: str | None) -> None:
    """Ends a locked bill that the bill system will never take."""
    if row.ending is not None:
        end_bill(work.acting_as(BILL_SYSTEM), row)
        return
    set_task(row, None, now=work.now)
    if Status(row.status) is not Status.REQUESTED:
        record_bill(work.acting_as(BILL_SYSTEM), row, "refuse", None)
        return
    row.status, row.reason, row.ended_at = Status.REFUSED.value, reason or "refused", work.now
    drop_deadline(work.session, Bill.aggregate_type, row.bill_id, EXPIRY)
    record_bill(work.acting_as(BILL_SYSTEM), row, "refuse", "refused")


def is_number_taken(session: Session, row: Bill, number: str | None) -> bool:
    """Returns whether another bill has the number."""
    other = select(Bill.bill_id).where(Bill.bill_number == number, Bill.bill_id != row.bill_id)
    return number is not None and session.scalar(other) is not None


def _set_number(row: Bill, result: Result, now: datetime) -> None:
    row.bill_number, row.biller_code = result.bill_number, result.biller_code
    row.registered_at = row.registered_at or now
    row.unsure = False


def expire_bill(work: UnitOfWork, bill_id: str) -> None:
    """Gives up an open bill whose last day and grace are over."""
    try:
        row = work.lock(Bill, bill_id)
    except NotFound:
        return
    if Status(row.status) in OPEN:
        give_up_bill(work.acting_as(CLOCK), row, Status.EXPIRED, PAST_DUE)


def give_up_bill(work: UnitOfWork, row: Bill, ending: Status, reason: str) -> None:
    """Gives up an open, locked bill.

    The bill ends at once when the bill system has never heard of the bill or takes no more money for it. Otherwise the
    bill system cancels the bill first. The first ending stays, except that a withdrawal replaces an expiry.
    """
    if row.ending is not None and not (row.ending == Status.EXPIRED and ending is Status.CANCELLED):
        return
    next_step = bills.give_up(Status(row.status), ending, tried=row.attempts > 0)
    row.ending, row.reason = ending.value, reason
    if next_step.status is not None:
        end_bill(work, row)
        return
    if next_step.task is not None and row.task is None and row.paid_there_at is None:
        set_task(row, next_step.task, now=work.now)
    record_bill(work, row, "give-up", None, note=reason)
    end_given_up_bill(work, row)


def end_given_up_bill(work: UnitOfWork, row: Bill, *, paid_there: bool = False) -> None:
    """Ends a locked bill that is given up, once the bill system takes no more money for the bill.

    Three facts end a bill together, in any order: the bill is given up, the bill system calls the bill paid
    (`paid_there` when a notice says so first), and money that doesn't settle the bill has arrived.
    """
    paid_there = paid_there or row.paid_there_at is not None
    if row.ending is None or not paid_there:
        return
    has_money = _has_money(work.session, row)
    if bills.is_over(
        Status(row.status), Status(row.ending), paid_there=paid_there, money_known=has_money
    ):
        end_bill(work, row)


def _has_money(session: Session, row: Bill) -> bool:
    """Returns whether money for the bill has arrived. Counts money that arrived under the bill's number before the
    number was known and that didn't fit the bill."""
    ways: list[tuple[ColumnElement[bool], ...]] = [(Payment.bill_id == row.bill_id,)]
    if row.bill_number is not None:
        by_number = Payment.bill_number == row.bill_number
        unknown = Payment.reason == Suspense.UNKNOWN_BILL.value
        ways.append((by_number, Payment.bill_id.is_(None), unknown))
    queries = (select(Payment.payment_id).where(*one).limit(1) for one in ways)
    return any(session.scalar(one) is not None for one in queries)


def end_bill(work: UnitOfWork, row: Bill) -> None:
    """Ends a locked bill that the bill system doesn't have, or doesn't have any more. Publishes `cancelled` or
    `expired`, but nothing for a bill that has ended or is settled."""
    set_task(row, None, now=work.now)
    if Status(row.status) not in OPEN:
        record_bill(work, row, "withdraw-there", None)
        return
    if row.ending is None:
        row.ending, row.reason = Status.CANCELLED.value, "cancelled-by-bill-system"
    ending = next(one for one in ENDINGS if one == row.ending)
    row.status, row.ended_at = ending.value, work.now
    drop_deadline(work.session, Bill.aggregate_type, row.bill_id, EXPIRY)
    happened = ending.value
    record_bill(work, row, happened, happened, note=row.reason)
