"""The rules of payments: which money settles a bill, and whose payments a clerk sees.

Money settles a bill with the whole amount, once, while the bill is open. Other money waits for a clerk.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from chassis.core.actors import Actor
from chassis.core.refusals import NotFound
from payments.domain.bills import Status as BillStatus
from payments.domain.bills import Task
from saudi.bilingual import Bilingual

SEES_ALL = "municipality"  # the kind of organisation


class Status(StrEnum):
    """`refunding`: two people have approved the refund, and the bank hasn't transferred the money yet."""

    SETTLED = "settled"
    SUSPENDED = "suspended"
    REFUNDING = "refunding"
    REFUNDED = "refunded"
    DISMISSED = "dismissed"


class Source(StrEnum):
    """How money arrives; the event `payments.payment` calls the source the channel."""

    SADAD = "sadad"
    COUNTER = "counter"


class Suspense(StrEnum):
    """Why money waits for a clerk. `reference-differs`: number and reference name different bills, so a number that
    becomes known later doesn't identify the bill."""

    UNKNOWN_BILL = "unknown-bill"
    REFERENCE_DIFFERS = "reference-differs"
    AMOUNT_LESS = "amount-less"
    AMOUNT_MORE = "amount-more"
    ALREADY_SETTLED = "already-settled"
    INVOICE_WITHDRAWN = "invoice-withdrawn"
    BILL_CANCELLED = "bill-cancelled"
    BILL_EXPIRED = "bill-expired"
    BILL_REFUSED = "bill-refused"


# Why an invoice's owner wants the money back, by the reasons that the services give.
_REFUND_WISHES: Mapping[str, Bilingual] = {
    "application-ended": Bilingual("انتهى طلب الرخصة قبل السداد", "The application had ended"),
    "application-withdrawn": Bilingual("سُحب طلب الرخصة", "The application was withdrawn"),
    "application-refused": Bilingual("رُفض طلب الرخصة", "The application was refused"),
    "application-returned": Bilingual("أُعيد طلب الرخصة", "The application was returned"),
    "decided-anew": Bilingual("أُعيد البت في الطلب", "The application was decided anew"),
    "corrected": Bilingual("صُحح الطلب وله فاتورة أخرى", "The application was corrected"),
    "unpaid": Bilingual("سُدد بعد انتهاء الطلب", "Paid after the request had ended"),
    "objection": Bilingual(
        "سُدد أثناء الاعتراض على المخالفة", "Paid during an objection to the fine"
    ),
    "lawsuit": Bilingual("سُدد أثناء الدعوى على المخالفة", "Paid while the fine was before a court"),
    "cancelled": Bilingual("أُلغيت المخالفة", "The violation was cancelled"),
    "earlier-bill-paid": Bilingual(
        "سُددت فاتورة سابقة للمخالفة", "An earlier bill of the fine was paid"
    ),
    "request-cancelled": Bilingual("أُلغي طلب رخصة البناء", "The permit request was cancelled"),
    "request-rejected": Bilingual("رُفض طلب رخصة البناء", "The permit request was rejected"),
    "request-returned": Bilingual("أُعيد طلب رخصة البناء", "The permit request was returned"),
    "withdrawn-by-hand": Bilingual("سحب موظف الفاتورة", "An officer withdrew the bill"),
    "billed-anew": Bilingual("للطلب فاتورة أخرى", "The request has another bill"),
    "previous-permit-ended": Bilingual("انتهت الرخصة السابقة", "The previous permit has ended"),
    "not-issued": Bilingual("انتهى الطلب دون إصدار", "The request ended without a certificate"),
    "booklet-not-sold": Bilingual(
        "انتهى بيع كراسة الشروط قبل السداد أو أُلغيت المزايدة",
        "The booklet was no longer sold, or the lease was cancelled",
    ),
    "not-owed": Bilingual("المبلغ غير مستحق", "The money isn't owed"),
}
_ANY_WISH = Bilingual("طلبت الخدمة رد المبلغ", "The service wants the money back")


def refund_wish(reason: str) -> Bilingual:
    """Returns in words why an invoice's owner wants the money back. A service may give a reason that isn't known
    here."""
    return _REFUND_WISHES.get(reason, _ANY_WISH)


# Subjects of bills whose payer staff doesn't read: who buys the booklet of a lease will hand in a bid.
SECRET_PAYERS = frozenset({"lease_booklet"})
# Clerks deal with the payer of money in these statuses.
FOR_CLERKS = frozenset({Status.SUSPENDED, Status.REFUNDING, Status.REFUNDED})


def shows_payer(subject_type: str, money: Iterable[tuple[str, str | None]]) -> bool:
    """Returns whether staff reads who pays a bill. `money`: status and wanted refund of each payment of the bill. A
    secret payer is told once money is suspended or goes back, because a clerk then deals with the payer."""
    if subject_type not in SECRET_PAYERS:
        return True
    return any(goes_back(status, wanted) for status, wanted in money)


def goes_back(status: str, wanted: str | None) -> bool:
    """Returns whether people deal with the payer of the money: it settled nothing, is to go back, or went back.
    `wanted`: why the invoice's owner wants the refund."""
    return status in FOR_CLERKS or wanted is not None


class OtherDebtor(StrEnum):
    """Why money that came for one bill isn't applied to another bill."""

    OTHER_MUNICIPALITY = "other-municipality"
    OTHER_PAYER = "other-payer"


_SUSPENSE_OF = {
    BillStatus.SETTLED: Suspense.ALREADY_SETTLED,
    BillStatus.CANCELLED: Suspense.BILL_CANCELLED,
    BillStatus.EXPIRED: Suspense.BILL_EXPIRED,
    BillStatus.REFUSED: Suspense.BILL_REFUSED,
}


@dataclass(frozen=True)
class BillForMoney:
    """The part of a bill that decides whether money settles the bill. `withdrawn`: the invoice was withdrawn, and the
    bill system hasn't answered yet, or the bill had expired before. `due_on`: the last day for payment."""

    status: BillStatus
    amount_halalas: int
    withdrawn: bool = False
    due_on: date | None = None


def find_suspense(
    bill: BillForMoney | None, amount_halalas: int, *, paid_on: date | None = None
) -> Suspense | None:
    """Returns why the money doesn't settle the bill; None when the money does. The amount is the invoice's: a notice
    never sets the amount.

    Money that was paid by the bill's last day settles the bill however late the notice arrives, because the payer did
    what the bill asked for.
    """
    if bill is None:
        return Suspense.UNKNOWN_BILL
    if bill.status in _SUSPENSE_OF and not _revives(bill, amount_halalas, paid_on):
        return _SUSPENSE_OF[bill.status]
    if bill.withdrawn:
        return Suspense.INVOICE_WITHDRAWN
    if amount_halalas != bill.amount_halalas:
        less = amount_halalas < bill.amount_halalas
        return Suspense.AMOUNT_LESS if less else Suspense.AMOUNT_MORE
    return None


def find_other_debtor(
    came_for: tuple[str, str | None], applied_to: tuple[str, str | None]
) -> OtherDebtor | None:
    """Returns why money that came for one bill can't pay another bill; None when it can. Both: a bill's municipality,
    and its payer's number, None once the payer is emptied. The receipt of the money names municipality and payer."""
    if came_for[0] != applied_to[0]:
        return OtherDebtor.OTHER_MUNICIPALITY
    if came_for[1] is None or came_for[1] != applied_to[1]:
        return OtherDebtor.OTHER_PAYER
    return None


def _revives(bill: BillForMoney, amount_halalas: int, paid_on: date | None) -> bool:
    """Returns whether the whole amount of an expired bill was paid in time. A withdrawn invoice stays withdrawn."""
    if bill.status is not BillStatus.EXPIRED or bill.withdrawn or bill.due_on is None:
        return False
    return paid_on is not None and paid_on <= bill.due_on and amount_halalas == bill.amount_halalas


def task_after_settlement(
    status: BillStatus, task: Task | None, *, paid_there: bool
) -> Task | None:
    """Returns the task at the bill system once a bill is settled.

    A bill that was paid at the bill system under its own number (`paid_there`) needs no task: the bill system takes no
    more money for the bill. Any other bill is cancelled there, or somebody could pay the bill again: a bill paid at a
    counter, and a bill to which a clerk applied money of another number. A bill in registration gets its number first.
    """
    if paid_there:
        return None
    return Task.CANCEL if status is BillStatus.REGISTERED else task


def municipality_of(actor: Actor) -> str | None:
    """Returns the only municipality whose money the actor sees. None for the municipality of the governorate, which
    sees all. Raises NotFound for an organisation without a municipality."""
    # A caller has a kind of organisation. The system has none, and sees nothing here.
    if getattr(actor, "organisation_kind", "") == SEES_ALL:
        return None
    municipality = actor.attributes.get("municipality")
    if not municipality:
        raise NotFound
    return municipality


def require_reach(actor: Actor, municipality: str | None) -> None:
    """Raises NotFound for a row of another municipality, or of no known municipality."""
    visible = municipality_of(actor)
    if visible is not None and visible != municipality:
        raise NotFound
