"""A bill as it goes on: made of an invoice, acknowledged or refused by the bill system, given up, ended."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from chassis.core.refusals import NotFound
from chassis.data.deadlines import drop_deadline, set_deadline
from chassis.data.unit_of_work import UnitOfWork
from payments.commands.recording import BILL_SYSTEM, CLOCK, record_bill
from payments.commands.settle import EXPIRY, set_task, settle_waiting
from payments.domain import bills
from payments.domain.bills import ENDINGS, OPEN, PAST_DUE, Status, Task
from payments.domain.payments import Suspense
from payments.domain.registration import Result
from payments.models import Bill, Payment

log = structlog.get_logger(__name__)


def open_bill(work: UnitOfWork, facts: Mapping[str, Any], *, grace: timedelta) -> Bill:
    """A new bill, to be registered at once. `facts`: the columns that the invoice says."""
    row = Bill(
        **facts,
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


def give_up(work: UnitOfWork, row: Bill, ending: Status, reason: str) -> None:
    """An open bill, locked, isn't to be paid any more. It ends at once when the bill system has never heard of it or
    takes no more money for it, and else when the bill system has let go of it. What ends it first stays, but a
    withdrawal comes before lateness."""
    if row.ending is not None and not (row.ending == Status.EXPIRED and ending is Status.CANCELLED):
        return
    given = bills.give_up(Status(row.status), ending, tried=row.attempts > 0)
    row.ending, row.reason = ending.value, reason
    if given.status is not None:
        end(work, row)
        return
    if given.task is not None and row.task is None and row.paid_there_at is None:
        set_task(row, given.task, now=work.now)
    record_bill(work, row, "give-up", None, note=reason)
    end_if_over(work, row)


def expire(work: UnitOfWork, bill_id: str) -> None:
    """Called when a bill's last day and the grace are over."""
    try:
        row = work.lock(Bill, bill_id)
    except NotFound:
        return
    if Status(row.status) in OPEN:
        give_up(work.acting_as(CLOCK), row, Status.EXPIRED, PAST_DUE)


def acknowledge(work: UnitOfWork, row: Bill, result: Result) -> None:
    """The bill system has the locked bill. Publishes `registered`, unless it's given up or paid already."""
    _note_number(row, result, work.now)
    if Status(row.status) is Status.REQUESTED:
        row.status = Status.REGISTERED.value
        unwanted = row.ending is not None
        set_task(row, Task.CANCEL if unwanted else None, now=work.now)
        happened = None if unwanted else "registered"
        record_bill(work.acting_as(BILL_SYSTEM), row, "register", happened)
        settle_waiting(work, row)
        return
    # Paid before it was acknowledged; at a counter, it's cancelled there now.
    set_task(row, Task.CANCEL if row.task else None, now=work.now)
    record_bill(work.acting_as(BILL_SYSTEM), row, "register", None)


def note_paid_there(work: UnitOfWork, row: Bill, result: Result) -> None:
    """The bill system says that the bill is paid. That settles nothing: the notice, which is signed, does. It takes no
    other money, so a bill that is given up may be over."""
    if result.bill_number is not None:
        _note_number(row, result, work.now)
    row.paid_there_at = work.now
    set_task(row, None, now=work.now)
    if Status(row.status) is Status.REQUESTED:
        row.status = Status.REGISTERED.value
    record_bill(work.acting_as(BILL_SYSTEM), row, "find-paid", None)
    if row.bill_number is not None and Status(row.status) is Status.REGISTERED:
        settle_waiting(work, row)
    end_if_over(work.acting_as(BILL_SYSTEM), row)
    if Status(row.status) in OPEN:
        log.warning("bill.paid_without_notice")


def end_if_over(work: UnitOfWork, row: Bill, *, paid_there: bool = False) -> None:
    """Called after each of what ends a locked bill together, in whatever order it comes: that it's given up, that the
    bill system says «paid» (`paid_there` when a notice says so first), and that money came which doesn't settle it."""
    paid_there = paid_there or row.paid_there_at is not None
    if row.ending is None or not paid_there:
        return
    known = _has_money(work.session, row)
    if bills.is_over(
        Status(row.status), Status(row.ending), paid_there=paid_there, money_known=known
    ):
        end(work, row)


def _has_money(session: Session, row: Bill) -> bool:
    """Money for the bill, also some that came under its number before the number was known and didn't fit it."""
    ways: list[tuple[ColumnElement[bool], ...]] = [(Payment.bill_id == row.bill_id,)]
    if row.bill_number is not None:
        by_number = Payment.bill_number == row.bill_number
        unknown = Payment.reason == Suspense.UNKNOWN_BILL.value
        ways.append((by_number, Payment.bill_id.is_(None), unknown))
    known = (select(Payment.payment_id).where(*one).limit(1) for one in ways)
    return any(session.scalar(one) is not None for one in known)


def refuse(work: UnitOfWork, row: Bill, reason: str | None) -> None:
    """The bill system won't take the locked bill, ever."""
    if row.ending is not None:
        end(work.acting_as(BILL_SYSTEM), row)
        return
    set_task(row, None, now=work.now)
    if Status(row.status) is not Status.REQUESTED:
        record_bill(work.acting_as(BILL_SYSTEM), row, "refuse", None)
        return
    row.status, row.reason, row.ended_at = Status.REFUSED.value, reason or "refused", work.now
    drop_deadline(work.session, Bill.aggregate_type, row.bill_id, EXPIRY)
    record_bill(work.acting_as(BILL_SYSTEM), row, "refuse", "refused")


def end(work: UnitOfWork, row: Bill) -> None:
    """The bill system doesn't have the locked bill, or not any more. Publishes `cancelled` or `expired`; of a bill that
    is settled nothing more is told."""
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


def number_is_anothers(session: Session, row: Bill, number: str | None) -> bool:
    """Whether another bill has that number already."""
    other = select(Bill.bill_id).where(Bill.bill_number == number, Bill.bill_id != row.bill_id)
    return number is not None and session.scalar(other) is not None


def _note_number(row: Bill, result: Result, now: datetime) -> None:
    row.bill_number, row.biller_code = result.bill_number, result.biller_code
    row.registered_at = row.registered_at or now
    row.unsure = False
