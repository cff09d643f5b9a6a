"""What the bill system tells of money: each notice counts once, in whatever order and however often it comes."""

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
from payments.commands import bills, settle
from payments.commands.recording import BILL_SYSTEM
from payments.domain.payments import Source, Status, Suspense
from payments.domain.settlement import day_with
from payments.models import Bill, Notice, Payment
from saudi.days import RIYADH

NOTICES = metrics.counter("payment_notices_total", "Notices by what they brought", ["outcome"])

log = structlog.get_logger(__name__)


class NoticeDiffers(Conflict):
    """A notice of this id came before, and said something else."""

    problem = "notice-differs"


@dataclass(frozen=True, kw_only=True)
class Told:
    """A notice, whose signature is checked. `reference`: the bill's, as we gave it; `payment`: the payment's, as the
    bill system numbers it. `digest`: SHA-256 of what it says, whatever the order of its names and the blanks between
    them; the signature is over the raw body."""

    notice_id: str
    bill_number: str
    reference: str | None
    payment: str
    amount_halalas: int
    paid_at: datetime
    key_number: int
    signed_at: datetime
    digest: bytes


def take(work: UnitOfWork, told: Told) -> None:
    """Keeps the notice; money that is told of for the first time settles its bill, or waits for a clerk. One that was
    there changes nothing. Raises NoticeDiffers."""
    known = work.session.get(Notice, told.notice_id)
    if known is not None:
        _require_same(known, told)
        return
    bill, differs = _bill(work, told)
    payment, is_new = _payment(work, told)
    if not _keep(work, told, payment):
        NOTICES.labels("repeated").inc()
        return
    if not is_new:
        NOTICES.labels("told-before").inc()
        return
    NOTICES.labels("new").inc()
    differs = differs or not _has_number(work.session, bill, told.bill_number)
    if differs:
        log.error("notice.reference_differs", notice=told.notice_id)
    settle.take(work.acting_as(BILL_SYSTEM), bill, payment, differs=differs)
    if bill is not None and not differs:
        # The bill system takes no more money for a withdrawn bill that was paid there; it may for a wrong amount.
        withdrawn = payment.reason == Suspense.INVOICE_WITHDRAWN
        bills.end_if_over(work.acting_as(BILL_SYSTEM), bill, paid_there=withdrawn)


def _require_same(known: Notice, told: Told) -> None:
    if known.digest != told.digest:
        log.error("notice.differs")
        raise NoticeDiffers


def _bill(work: UnitOfWork, told: Told) -> tuple[Bill | None, bool]:
    """The locked bill that both the reference and the number name, None when there's none; and whether they differ:
    they name two, or the reference, which is ours to give, none."""
    key = work.session.scalar(select(Bill.bill_id).where(Bill.bill_number == told.bill_number))
    named = _uuid(told.reference)
    if told.reference is None and key is None:
        return None, False
    if told.reference is not None and (named is None or key not in {None, named}):
        return None, True
    try:
        row = work.lock(Bill, str(named or key))
    except NotFound:
        return None, True
    return (row, False) if row.bill_number in {None, told.bill_number} else (None, True)


def _has_number(session: Session, bill: Bill | None, number: str) -> bool:
    """Gives the locked bill the number that it's paid under before its registration was answered. False when another
    bill got the number in this moment: both were looked for when neither had one."""
    if bill is None or bill.bill_number is not None:
        return True
    try:
        with session.begin_nested():
            bill.bill_number = number
    except IntegrityError:
        return False
    return True


def _payment(work: UnitOfWork, told: Told) -> tuple[Payment, bool]:
    """The payment, and whether this notice is the first to tell of it. Waits for another notice of the same payment."""
    values = {
        "payment_id": new_id(),
        "source": Source.SADAD.value,
        "reference": told.payment,
        "bill_number": told.bill_number,
        "amount_halalas": told.amount_halalas,
        "status": Status.SUSPENDED.value,
        "paid_at": told.paid_at,
        "paid_on": day_with(told.paid_at, work.now),
        "received_at": work.now,
        "version": 0,
    }
    statement = (
        insert(Payment)
        .values(values)
        .on_conflict_do_nothing(index_elements=["source", "reference"])
    )
    made = work.session.scalar(statement.returning(Payment.payment_id))
    found = select(Payment).where(
        Payment.source == Source.SADAD.value, Payment.reference == told.payment
    )
    return work.session.scalars(found).one(), made is not None


def _keep(work: UnitOfWork, told: Told, payment: Payment) -> bool:
    """False for a notice that another request has kept meanwhile. Raises NoticeDiffers."""
    values = {
        "notice_id": told.notice_id,
        "key_number": told.key_number,
        "signed_at": told.signed_at,
        "received_at": work.now,
        "digest": told.digest,
        "payment_id": payment.payment_id,
        "reference": told.payment,
        "bill_number": told.bill_number,
        "amount_halalas": told.amount_halalas,
        "paid_on": told.paid_at.astimezone(RIYADH).date(),
    }
    statement = insert(Notice).values(values).on_conflict_do_nothing(index_elements=["notice_id"])
    if work.session.scalar(statement.returning(Notice.notice_id)) is not None:
        return True
    _require_same(work.session.get_one(Notice, told.notice_id), told)
    return False


def _uuid(text: str | None) -> str | None:
    try:
        return str(UUID(text)) if text else None
    except ValueError:
        return None
