"""Money that a cashier took at a counter, against a receipt."""

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from chassis.core.ids import new_id
from chassis.core.refusals import Conflict, InvalidFields
from chassis.data.unit_of_work import UnitOfWork
from payments.commands import settle
from payments.domain.access import require_reach
from payments.domain.payments import Source, Status, Suspense, judge
from payments.models import Bill, Payment
from saudi.days import RIYADH


class BillNotPayable(Conflict):
    """The bill takes no money, or not this much; `code` says why, as domain.payments.Suspense."""

    problem = "bill-not-payable"

    def __init__(self, reason: Suspense) -> None:
        super().__init__()
        self.code = reason.value


class ReceiptTaken(Conflict):
    """A payment was entered under this number of a receipt."""

    problem = "receipt-taken"


def enter(
    work: UnitOfWork, bill_id: str, *, receipt: str, method: str, amount_halalas: int
) -> Payment:
    """The payment, which settles the bill. The same entry again answers the same payment. A wrong amount isn't taken:
    the payer stands at the counter. Raises NotFound, InvalidFields, BillNotPayable, ReceiptTaken."""
    bill = work.lock(Bill, bill_id)
    require_reach(work.actor, bill.municipality)
    reference = f"{bill.municipality}/{receipt}"
    known = work.session.scalars(
        select(Payment).where(
            Payment.source == Source.COUNTER.value, Payment.reference == reference
        )
    ).one_or_none()
    if known is not None:
        return _same(known, bill_id, amount_halalas)
    reason = judge(settle.owed(bill), amount_halalas)
    if reason in {Suspense.AMOUNT_LESS, Suspense.AMOUNT_MORE}:
        raise InvalidFields.of("amount", "amount-of-bill")
    if reason is not None:
        raise BillNotPayable(reason)
    payment = _insert(work, bill, reference, (method, amount_halalas))
    if payment is None:
        raise ReceiptTaken
    settle.take(work, bill, payment)
    return payment


def _same(known: Payment, bill_id: str, amount_halalas: int) -> Payment:
    if (known.bill_id, known.amount_halalas) != (bill_id, amount_halalas):
        raise ReceiptTaken
    return known


def _insert(work: UnitOfWork, bill: Bill, reference: str, paid: tuple[str, int]) -> Payment | None:
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
        "paid_at": work.now,
        "paid_on": work.now.astimezone(RIYADH).date(),
        "received_at": work.now,
        "version": 0,
    }
    statement = insert(Payment).values(values).on_conflict_do_nothing()
    made = work.session.scalar(statement.returning(Payment.payment_id))
    return work.session.get(Payment, made) if made is not None else None
