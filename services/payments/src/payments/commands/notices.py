"""Payment notices of the bill system: each notice counts once, in any order and however often it's sent."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chassis.core import metrics
from chassis.core.ids import new_id
from chassis.core.refusals import Conflict, NotFound
from chassis.data.unit_of_work import UnitOfWork
from payments.commands.bills import end_given_up_bill
from payments.commands.recording import BILL_SYSTEM
from payments.commands.settle import take_payment
from payments.domain.payments import Source, Status, Suspense
from payments.domain.settlement import reconciliation_day
from payments.models import Bill, Notice, Payment
from saudi.days import RIYADH

NOTICES = metrics.counter("payment_notices_total", "Notices by what they brought", ["outcome"])

log = structlog.get_logger(__name__)


class NoticeDiffers(Conflict):
    """An earlier notice has this id and another content."""

    problem = "notice-differs"


@dataclass(frozen=True, kw_only=True)
class PaymentNotice:
    """A notice with a valid signature. `reference`: the bill's id, as payments gave it; `payment`: the bill system's
    number of the payment. `digest`: SHA-256 of the content, independent of the order of names and of blanks; the
    signature is over the raw body."""

    notice_id: str
    bill_number: str
    reference: str | None
    payment: str
    amount_halalas: int
    paid_at: datetime
    key_number: int
    signed_at: datetime
    digest: bytes


def take_notice(work: UnitOfWork, notice: PaymentNotice) -> None:
    """Stores the notice. The first notice of a payment settles the bill, or the payment waits for a clerk. A repeated
    notice changes nothing. Raises NoticeDiffers."""
    known = work.session.get(Notice, notice.notice_id)
    if known is not None:
        _require_same_content(known, notice)
        return
    bill, differs = _lock_bill_of(work, notice)
    payment, is_new = _find_or_add_payment(work, notice)
    if not _store_notice(work, notice, payment):
        NOTICES.labels("repeated").inc()
        return
    if not is_new:
        NOTICES.labels("told-before").inc()
        return
    NOTICES.labels("new").inc()
    differs = differs or not _set_missing_number(work.session, bill, notice.bill_number)
    if differs:
        log.error("notice.reference_differs", notice=notice.notice_id)
    take_payment(work.acting_as(BILL_SYSTEM), bill, payment, differs=differs)
    if bill is not None and not differs:
        # The bill system takes no more money for a withdrawn bill that was paid there; it may for a wrong amount.
        withdrawn = payment.reason == Suspense.INVOICE_WITHDRAWN
        is_whole = payment.amount_halalas == bill.amount_halalas
        end_given_up_bill(work.acting_as(BILL_SYSTEM), bill, paid_there=withdrawn and is_whole)


def _require_same_content(known: Notice, notice: PaymentNotice) -> None:
    if known.digest != notice.digest:
        log.error("notice.differs")
        raise NoticeDiffers


def _lock_bill_of(work: UnitOfWork, notice: PaymentNotice) -> tuple[Bill | None, bool]:
    """Returns the locked bill that both reference and number name, and whether reference and number differ.

    They differ when they name two bills, and when the reference names no bill, because payments gave the reference.
    """
    by_number = work.session.scalar(
        select(Bill.bill_id).where(Bill.bill_number == notice.bill_number)
    )
    by_reference = _parse_uuid(notice.reference)
    if notice.reference is None and by_number is None:
        return None, False
    if notice.reference is not None and (
        by_reference is None or by_number not in {None, by_reference}
    ):
        return None, True
    try:
        row = work.lock(Bill, str(by_reference or by_number))
    except NotFound:
        return None, True
    return (row, False) if row.bill_number in {None, notice.bill_number} else (None, True)


def _parse_uuid(text: str | None) -> str | None:
    try:
        return str(UUID(text)) if text else None
    except ValueError:
        return None


def _find_or_add_payment(work: UnitOfWork, notice: PaymentNotice) -> tuple[Payment, bool]:
    """Returns the payment, and whether this notice added the payment. Waits for another notice of the same payment."""
    values = {
        "payment_id": new_id(),
        "source": Source.SADAD.value,
        "reference": notice.payment,
        "bill_number": notice.bill_number,
        "amount_halalas": notice.amount_halalas,
        "status": Status.SUSPENDED.value,
        "paid_at": notice.paid_at,
        "paid_on": reconciliation_day(notice.paid_at, work.now),
        "received_at": work.now,
        "version": 0,
    }
    statement = (
        insert(Payment)
        .values(values)
        .on_conflict_do_nothing(index_elements=["source", "reference"])
    )
    inserted = work.session.scalar(statement.returning(Payment.payment_id))
    of_notice = select(Payment).where(
        Payment.source == Source.SADAD.value, Payment.reference == notice.payment
    )
    return work.session.scalars(of_notice).one(), inserted is not None


def _store_notice(work: UnitOfWork, notice: PaymentNotice, payment: Payment) -> bool:
    """Returns False for a notice that another request has stored meanwhile. Raises NoticeDiffers."""
    values = {
        "notice_id": notice.notice_id,
        "key_number": notice.key_number,
        "signed_at": notice.signed_at,
        "received_at": work.now,
        "digest": notice.digest,
        "payment_id": payment.payment_id,
        "reference": notice.payment,
        "bill_number": notice.bill_number,
        "amount_halalas": notice.amount_halalas,
        "paid_on": notice.paid_at.astimezone(RIYADH).date(),
    }
    statement = insert(Notice).values(values).on_conflict_do_nothing(index_elements=["notice_id"])
    if work.session.scalar(statement.returning(Notice.notice_id)) is not None:
        return True
    _require_same_content(work.session.get_one(Notice, notice.notice_id), notice)
    return False


def _set_missing_number(session: Session, bill: Bill | None, number: str) -> bool:
    """Sets the number of a locked bill that was paid before its registration was answered.

    Returns False when another bill got the number in this moment: neither bill had a number when both were looked up.
    """
    if bill is None or bill.bill_number is not None:
        return True
    try:
        with session.begin_nested():
            bill.bill_number = number
    except IntegrityError:
        return False
    return True
