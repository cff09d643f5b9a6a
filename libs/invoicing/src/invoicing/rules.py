"""The states of an invoice, and what becomes of it when something happens to its bill or its money. Pure rules."""

from datetime import date, datetime
from enum import StrEnum

from saudi.days import midnight_after

EXPIRED = "expired"  # why an invoice ended that nobody paid by its last day


class Status(StrEnum):
    """The states of an invoice.

    `REQUESTED`: payments makes a bill; the money isn't there. `WITHDRAWN`: the service took the invoice back unpaid.
    `ENDED`: the bill expired, or was refused or cancelled at the bill system. `PAID`: the money is there, and the owner
    has used it. `HELD`: the money is there, and its owner was returned for correction. `REFUND_REQUESTED`: the service
    asked payments to send the money back. `REFUNDING`: payments has agreed to send the money back, with or without
    being asked. `REFUNDED`: payments has sent the money back.
    """

    REQUESTED = "requested"
    WITHDRAWN = "withdrawn"
    ENDED = "ended"
    PAID = "paid"
    HELD = "held"
    REFUND_REQUESTED = "refund_requested"
    REFUNDING = "refunding"
    REFUNDED = "refunded"


# The money has come once: further news of its coming changes nothing.
SETTLED = frozenset(
    (Status.PAID, Status.HELD, Status.REFUND_REQUESTED, Status.REFUNDING, Status.REFUNDED)
)
# Nobody can pay the invoice, and its money isn't used: another invoice may follow.
OVER = frozenset((Status.WITHDRAWN, Status.ENDED, Status.REFUNDING, Status.REFUNDED))


def after_payment(status: str, *, waited_for: bool, takes_ended: bool) -> Status | None:
    """Returns the state once the money has come: PAID if the owner waits for this money, else REFUND_REQUESTED. The
    money of a withdrawn invoice always goes back. `takes_ended`: the money of an ended invoice counts like other money.
    None: the money had come before, or is ignored."""
    if status in SETTLED or (status == Status.ENDED and not takes_ended):
        return None
    if waited_for and status != Status.WITHDRAWN:
        return Status.PAID
    return Status.REFUND_REQUESTED


def is_in_time(paid_at: datetime, due_on: date) -> bool:
    """Returns whether money was paid before the end of the last day in Riyadh."""
    return paid_at < midnight_after(due_on)


def after_bill_end(status: str) -> Status | None:
    """Returns the state once the bill has ended unpaid. None: the invoice isn't open, such as an invoice that the
    service itself withdrew."""
    return Status.ENDED if status == Status.REQUESTED else None


def after_refund(status: str, *, sent: bool) -> Status | None:
    """Returns the state once payments has agreed to send the money back, or (`sent`) has sent it. None: the invoice
    knows this already. The two events may come in either order."""
    if status == Status.REFUNDED or (status == Status.REFUNDING and not sent):
        return None
    return Status.REFUNDED if sent else Status.REFUNDING


def lacks_money_after_refund(status: str) -> bool:
    """Returns whether a refund in this state takes money on which the owner relies. REQUESTED counts: the news of the
    refund may overtake the news of the payment. False for a refund that the service asked for."""
    return status in (Status.REQUESTED, Status.PAID)


def after_withdrawal(status: str) -> Status | None:
    """Returns the state once the owner doesn't want the invoice paid. None: the invoice isn't open."""
    return Status.WITHDRAWN if status == Status.REQUESTED else None


def after_giving_up(status: str) -> Status | None:
    """Returns the state once the owner doesn't want the money at all: an unpaid invoice is withdrawn, paid or held
    money goes back. None: nothing is left to do."""
    if status in (Status.PAID, Status.HELD):
        return Status.REFUND_REQUESTED
    return after_withdrawal(status)


def after_return(status: str) -> Status | None:
    """Returns the state once the owner is returned for correction: an unpaid invoice is withdrawn, paid money is held.
    None: nothing is left to do."""
    return Status.HELD if status == Status.PAID else after_withdrawal(status)
