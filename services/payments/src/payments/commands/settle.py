"""Money meets a bill: the money settles the bill, or waits for a clerk. A cashier enters money against a receipt."""

from datetime import datetime

import structlog
from sqlalchemy import and_, select
from sqlalchemy.dialects.postgresql import insert

from chassis.core import metrics
from chassis.core.ids import new_id
from chassis.core.refusals import Conflict, InvalidFields
from chassis.data.deadlines import drop_deadline
from chassis.data.unit_of_work import UnitOfWork
from payments.commands.recording import BILL_SYSTEM, record_bill, record_payment
from payments.domain import payments
from payments.domain.bills import Status as BillStatus
from payments.domain.bills import Task
from payments.domain.payments import (
    BillForMoney,
    OtherDebtor,
    Source,
    Status,
    Suspense,
    require_reach,
)
from payments.models import Bill, Payment
from saudi.days import RIYADH

EXPIRY = "expiry"  # the kind of a bill's deadline
MONEY = metrics.counter("payments_total", "Payments by what became of them", ["source", "status"])

log = structlog.get_logger(__name__)


class BillNotPayable(Conflict):
    """The bill takes no money, another amount, or another person's money. `code` gives the reason."""

    problem = "bill-not-payable"

    def __init__(self, reason: Suspense | OtherDebtor) -> None:
        super().__init__()
        self.code = reason.value


class ReceiptTaken(Conflict):
    """Another payment has this receipt number."""

    problem = "receipt-taken"


def enter_counter_payment(
    work: UnitOfWork, bill_id: str, *, receipt: str, method: str, amount_halalas: int
) -> Payment:
    """Settles the bill with money that a cashier took. A repeated entry returns the first payment.

    A wrong amount is refused, because the payer stands at the counter. Raises NotFound, InvalidFields, BillNotPayable,
    ReceiptTaken.
    """
    bill = work.lock(Bill, bill_id)
    require_reach(work.actor, bill.municipality)
    reference = f"{bill.municipality}/{receipt}"
    known = work.session.scalars(
        select(Payment).where(
            Payment.source == Source.COUNTER.value, Payment.reference == reference
        )
    ).one_or_none()
    if known is not None:
        if (known.bill_id, known.amount_halalas) != (bill_id, amount_halalas):
            raise ReceiptTaken
        return known
    reason = payments.find_suspense(for_money(bill), amount_halalas)
    if reason in {Suspense.AMOUNT_LESS, Suspense.AMOUNT_MORE}:
        raise InvalidFields.of("amount", "amount-of-bill")
    if reason is not None:
        raise BillNotPayable(reason)
    payment = _insert_counter_payment(work, bill, reference, (method, amount_halalas))
    take_payment(work, bill, payment)
    return payment


def _insert_counter_payment(
    work: UnitOfWork, bill: Bill, reference: str, paid: tuple[str, int]
) -> Payment:
    """Raises ReceiptTaken when another transaction has inserted a payment with this receipt meanwhile."""
    method, amount_halalas = paid
    values = {
        "payment_id": new_id(),
        "source": Source.COUNTER.value,
        "reference": reference,
        "bill_number": bill.bill_number,
        "amount_halalas": amount_halalas,
        "status": Status.SUSPENDED.value,
        "method": method,
        "paid_at": work.now,
        "paid_on": work.now.astimezone(RIYADH).date(),
        "received_at": work.now,
        "version": 0,
    }
    statement = insert(Payment).values(values).on_conflict_do_nothing()
    inserted = work.session.scalar(statement.returning(Payment.payment_id))
    if inserted is None:
        raise ReceiptTaken
    return work.session.get_one(Payment, inserted)


def take_payment(
    work: UnitOfWork, bill: Bill | None, payment: Payment, *, differs: bool = False
) -> None:
    """Settles the locked bill with a new payment, or suspends the payment. `bill`: None when no bill is known.
    `differs`: the notice's number and reference name different bills."""
    reason = payments.find_suspense(
        for_money(bill), payment.amount_halalas, paid_on=payment.paid_on
    )
    if differs:
        bill, reason = None, Suspense.REFERENCE_DIFFERS
    if bill is not None and reason is None:
        settle_bill(work, bill, payment)
    else:
        _suspend_payment(work, bill, payment, reason or Suspense.UNKNOWN_BILL)


def for_money(row: Bill | None) -> BillForMoney | None:
    """Returns the part of a bill that decides whether money settles the bill."""
    if row is None:
        return None
    withdrawn = row.ending == BillStatus.CANCELLED
    return BillForMoney(BillStatus(row.status), row.amount_halalas, withdrawn, row.due_on)


def settle_bill(work: UnitOfWork, bill: Bill, payment: Payment, *, note: str | None = None) -> None:
    """Settles a bill with a payment that fits. Both rows are locked. Publishes bill.settled and payment.settled."""
    paid_there = payment.source == Source.SADAD and payment.bill_number == bill.bill_number
    task = payments.task_after_settlement(
        BillStatus(bill.status), _started_task(bill), paid_there=paid_there
    )
    set_task(bill, task, now=work.now)
    bill.status, bill.ending = BillStatus.SETTLED.value, None
    bill.reason, bill.ended_at = None, work.now
    payment.status, payment.reason = Status.SETTLED.value, None
    payment.bill_id, payment.settled_halalas = bill.bill_id, bill.amount_halalas
    payment.settled_at, payment.municipality = work.now, bill.municipality
    drop_deadline(work.session, Bill.aggregate_type, bill.bill_id, EXPIRY)
    details = {"payment_id": payment.payment_id, "source": payment.source}
    record_bill(work, bill, "settle", "settled", details=details)
    record_payment(work, payment, "settle", "settled", note=note, details={"bill_id": bill.bill_id})
    MONEY.labels(payment.source, Status.SETTLED.value).inc()


def _started_task(bill: Bill) -> Task | None:
    """Returns the task that may have reached the bill system. None when the bill system has never heard of the bill."""
    if bill.task is None or (bill.task == Task.REGISTER and not bill.attempts):
        return None
    return Task(bill.task)


def set_task(row: Bill, task: Task | None, *, now: datetime) -> None:
    """Sets what the worker does next for the locked bill at the bill system; None: nothing. `task_since` is when the
    task began, and no retry moves it."""
    if task is None:
        row.task = row.task_since = row.due_at = None
        return
    if row.task != task:
        row.task, row.task_since = task.value, now
    row.due_at = now


def _suspend_payment(
    work: UnitOfWork, bill: Bill | None, payment: Payment, reason: Suspense
) -> None:
    payment.status, payment.reason = Status.SUSPENDED.value, reason.value
    payment.bill_id = bill.bill_id if bill else None
    payment.municipality = bill.municipality if bill else None
    record_payment(work, payment, "suspend", "suspended")
    MONEY.labels(payment.source, Status.SUSPENDED.value).inc()
    log.warning("payment.suspended", reason=reason.value)


def settle_with_waiting_money(work: UnitOfWork, bill: Bill) -> None:
    """Settles the locked bill with money that arrived under its number before the number was known. The first payment
    settles the bill; later payments stay suspended."""
    waiting = and_(
        Payment.bill_number == bill.bill_number,
        Payment.bill_id.is_(None),
        Payment.status == Status.SUSPENDED.value,
        Payment.reason == Suspense.UNKNOWN_BILL.value,
    )
    locked = work.lock_where(Payment, waiting)
    for payment in sorted(locked, key=lambda one: (one.received_at, one.payment_id)):
        reason = payments.find_suspense(
            for_money(bill), payment.amount_halalas, paid_on=payment.paid_on
        )
        if reason is None:
            settle_bill(work.acting_as(BILL_SYSTEM), bill, payment)
