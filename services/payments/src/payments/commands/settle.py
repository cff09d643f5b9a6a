"""Money meets a bill: it settles it, or waits for a clerk."""

from datetime import datetime

import structlog
from sqlalchemy import select

from chassis.core import metrics
from chassis.data.deadlines import drop_deadline
from chassis.data.unit_of_work import UnitOfWork
from payments.commands.recording import BILL_SYSTEM, record_bill, record_payment
from payments.domain import payments
from payments.domain.bills import Status as BillStatus
from payments.domain.bills import Task
from payments.domain.payments import Owed, Source, Status, Suspense
from payments.models import Bill, Payment

EXPIRY = "expiry"  # the kind of a bill's deadline
MONEY = metrics.counter("payments_total", "Payments by what became of them", ["source", "status"])

log = structlog.get_logger(__name__)


def owed(row: Bill | None) -> Owed | None:
    """The bill as the rule sees it."""
    if row is None:
        return None
    withdrawn = row.ending == BillStatus.CANCELLED
    return Owed(BillStatus(row.status), row.amount_halalas, withdrawn)


def set_task(row: Bill, task: Task | None, *, now: datetime) -> None:
    """What is to be done next at the bill system for the locked bill, at once; None: nothing. How long it has waited
    is counted from when it became the task, however often it's tried."""
    if task is None:
        row.task = row.task_since = row.due_at = None
        return
    if row.task != task:
        row.task, row.task_since = task.value, now
    row.due_at = now


def take(work: UnitOfWork, bill: Bill | None, payment: Payment, *, differs: bool = False) -> None:
    """A new payment, for a locked bill or for none that is known: settles, or suspends. `differs`: it was told of in a
    way that doesn't name one bill."""
    reason = payments.judge(owed(bill), payment.amount_halalas)
    if differs:
        bill, reason = None, Suspense.REFERENCE_DIFFERS
    if bill is not None and reason is None:
        settle(work, bill, payment)
    else:
        _suspend(work, bill, payment, reason or Suspense.UNKNOWN_BILL)


def settle(work: UnitOfWork, bill: Bill, payment: Payment, *, note: str | None = None) -> None:
    """Both rows are locked, and the rule has said that it fits. Publishes bill.settled and payment.settled."""
    paid_there = payment.source == Source.SADAD and payment.bill_number == bill.bill_number
    left = payments.task_after(BillStatus(bill.status), _task_begun(bill), paid_there=paid_there)
    set_task(bill, left, now=work.now)
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


def settle_waiting(work: UnitOfWork, bill: Bill) -> None:
    """Money that came under the bill's number alone, before the number was known. The bill is locked."""
    waiting = (
        select(Payment)
        .where(
            Payment.bill_number == bill.bill_number,
            Payment.bill_id.is_(None),
            Payment.status == Status.SUSPENDED.value,
            Payment.reason == Suspense.UNKNOWN_BILL.value,
        )
        .order_by(Payment.received_at, Payment.payment_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    for payment in work.session.scalars(waiting).all():
        if payments.judge(owed(bill), payment.amount_halalas) is None:
            settle(work.acting_as(BILL_SYSTEM), bill, payment)


def _suspend(work: UnitOfWork, bill: Bill | None, payment: Payment, reason: Suspense) -> None:
    payment.status, payment.reason = Status.SUSPENDED.value, reason.value
    payment.bill_id = bill.bill_id if bill else None
    payment.municipality = bill.municipality if bill else None
    record_payment(work, payment, "suspend", "suspended")
    MONEY.labels(payment.source, Status.SUSPENDED.value).inc()
    log.warning("payment.suspended", reason=reason.value)


def _task_begun(bill: Bill) -> Task | None:
    """What is under way at the bill system; nothing when it has never heard of the bill."""
    if bill.task is None or (bill.task == Task.REGISTER and not bill.attempts):
        return None
    return Task(bill.task)
