"""Money that a cashier took at a counter, against a receipt."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.core.ids import new_id
from chassis.core.refusals import Conflict, InvalidFields
from chassis.data.aggregates import lock
from payments.commands import settling
from payments.domain.reach import Actor, require_reach
from payments.domain.settling import Source, Status, Suspense, judge
from payments.models import Bill, Payment
from saudi.days import RIYADH


class BillNotPayable(Conflict):
    """The bill takes no money, or not this much; `code` says why, as domain.settling.Suspense."""

    problem = "bill-not-payable"

    def __init__(self, reason: Suspense) -> None:
        super().__init__()
        self.code = reason.value


class ReceiptTaken(Conflict):
    """A payment was entered under this number of a receipt."""

    problem = "receipt-taken"


def enter(
    session: Session,
    actor: Actor,
    bill_id: str,
    *,
    receipt: str,
    method: str,
    amount_halalas: int,
    now: datetime,
) -> Payment:
    """The payment, which settles the bill. The same entry again answers the same payment. A wrong amount isn't taken:
    the payer stands at the counter. Raises NotFound, InvalidFields, BillNotPayable, ReceiptTaken."""
    bill = lock(session, Bill, bill_id)
    require_reach(actor, bill.municipality)
    reference = f"{bill.municipality}/{receipt}"
    known = session.scalars(
        select(Payment).where(
            Payment.source == Source.COUNTER.value, Payment.reference == reference
        )
    ).one_or_none()
    if known is not None:
        return _same(known, bill_id, amount_halalas)
    reason = judge(settling.owed(bill), amount_halalas)
    if reason in {Suspense.AMOUNT_LESS, Suspense.AMOUNT_MORE}:
        raise InvalidFields.of("amount", "amount-of-bill")
    if reason is not None:
        raise BillNotPayable(reason)
    payment = _insert(session, bill, reference, (method, amount_halalas), now)
    if payment is None:
        raise ReceiptTaken
    settling.take(session, bill, payment, actor, now=now)
    return payment


def _same(known: Payment, bill_id: str, amount_halalas: int) -> Payment:
    if (known.bill_id, known.amount_halalas) != (bill_id, amount_halalas):
        raise ReceiptTaken
    return known


def _insert(
    session: Session, bill: Bill, reference: str, paid: tuple[str, int], now: datetime
) -> Payment | None:
    """None when another bill's payment has taken the receipt's number meanwhile."""
    method, amount_halalas = paid
    values = {
        "payment_id": new_id(),
        "source": Source.COUNTER.value,
        "reference": reference,
        "bill_number": bill.bill_number,
        "amount_halalas": amount_halalas,
        "status": Status.SUSPENDED.value,
        "method": method,
        "paid_at": now,
        "paid_on": now.astimezone(RIYADH).date(),
        "received_at": now,
        "version": 0,
    }
    statement = insert(Payment).values(values).on_conflict_do_nothing()
    made = session.scalar(statement.returning(Payment.payment_id))
    return session.get(Payment, made) if made is not None else None
