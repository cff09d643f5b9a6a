"""Whether money that came settles a bill: whole, once, and while the bill is open. All else waits for a clerk."""

from dataclasses import dataclass
from enum import StrEnum

from payments.domain.bills import Status as BillStatus
from payments.domain.bills import Task


class Status(StrEnum):
    """`refunding`: two people have agreed that it goes back, and it hasn't gone yet."""

    SETTLED = "settled"
    SUSPENDED = "suspended"
    REFUNDING = "refunding"
    REFUNDED = "refunded"
    DISMISSED = "dismissed"


class Source(StrEnum):
    """How money comes: `payments.payment` calls it the channel."""

    SADAD = "sadad"
    COUNTER = "counter"


class Suspense(StrEnum):
    """Why money waits for a clerk. `reference-differs`: its number and its reference don't name one bill, so that no
    number that becomes known later says whose it is."""

    UNKNOWN_BILL = "unknown-bill"
    REFERENCE_DIFFERS = "reference-differs"
    AMOUNT_LESS = "amount-less"
    AMOUNT_MORE = "amount-more"
    ALREADY_SETTLED = "already-settled"
    INVOICE_WITHDRAWN = "invoice-withdrawn"
    BILL_CANCELLED = "bill-cancelled"
    BILL_EXPIRED = "bill-expired"
    BILL_REFUSED = "bill-refused"


_ENDED = {
    BillStatus.SETTLED: Suspense.ALREADY_SETTLED,
    BillStatus.CANCELLED: Suspense.BILL_CANCELLED,
    BillStatus.EXPIRED: Suspense.BILL_EXPIRED,
    BillStatus.REFUSED: Suspense.BILL_REFUSED,
}


@dataclass(frozen=True)
class Owed:
    """A bill, as money meets it. `withdrawn`: its invoice was taken back, and the bill system hasn't answered yet; a
    bill that is being given up because it's late still takes money that was paid in time."""

    status: BillStatus
    amount_halalas: int
    withdrawn: bool = False


def judge(bill: Owed | None, amount_halalas: int) -> Suspense | None:
    """None when the money settles the bill. A notice never sets an amount: the invoice has it."""
    if bill is None:
        return Suspense.UNKNOWN_BILL
    if bill.status in _ENDED:
        return _ENDED[bill.status]
    if bill.withdrawn:
        return Suspense.INVOICE_WITHDRAWN
    if amount_halalas != bill.amount_halalas:
        less = amount_halalas < bill.amount_halalas
        return Suspense.AMOUNT_LESS if less else Suspense.AMOUNT_MORE
    return None


def task_after(status: BillStatus, task: Task | None, *, paid_there: bool) -> Task | None:
    """What is left to do at the bill system once a bill is settled. It takes no more money for a bill that was paid
    there under the bill's own number (`paid_there`). Any other bill (paid at a counter, or with money that came under
    another number and was put to it by hand) is cancelled there, or somebody pays it again. One whose registration is
    under way still gets its number first."""
    if paid_there:
        return None
    return Task.CANCEL if status is BillStatus.REGISTERED else task
