"""The rules of decisions about money: which decision a payment allows, and that two people make the decision."""

from enum import StrEnum

from chassis.core.refusals import Conflict, IllegalTransition
from payments.domain.payments import Status


class Kind(StrEnum):
    """`apply`: the money settles a bill. `refund`: the money goes back. `dismiss`: no such money arrived."""

    APPLY = "apply"
    REFUND = "refund"
    DISMISS = "dismiss"


class DecisionStatus(StrEnum):
    """`replaced`: an approved refund, in whose place a refund to another account was approved."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"
    REPLACED = "replaced"


class SecondPersonNeeded(Conflict):
    """The person who proposed a decision can't decide it."""

    problem = "second-person-needed"


class DecisionIsOpen(Conflict):
    """The payment has a proposal that no second person has decided yet."""

    problem = "decision-is-open"


class RefundReplaced(Conflict):
    """Another refund of the money was agreed to: the account that was read isn't the agreed account."""

    problem = "refund-replaced"


class RefundTransferred(Conflict):
    """The money was transferred back, and no return of the transfer by the bank is recorded."""

    problem = "refund-transferred"


class DecisionIsMade(Conflict):
    """The proposal was approved or rejected before."""

    problem = "decision-is-made"


class PresenceReason(StrEnum):
    """Why the money may have arrived."""

    DAY_NOT_RECONCILED = "day-not-reconciled"
    SETTLED_BY_BANK = "settled-by-bank"


class MoneyMayHaveCome(Conflict):
    """Money that may have arrived isn't dismissed. `code` gives the reason, as `PresenceReason`."""

    problem = "money-may-have-come"

    def __init__(self, reason: PresenceReason) -> None:
        super().__init__()
        self.code = reason.value


_POSSIBLE = {
    Status.SUSPENDED: frozenset({Kind.APPLY, Kind.REFUND, Kind.DISMISS}),
    # Money that settled an invoice may go back. It settles no other bill, or the invoice would be open again.
    Status.SETTLED: frozenset({Kind.REFUND}),
    # The bank settled a dismissed payment after all. Two people correct what two people decided.
    Status.DISMISSED: frozenset({Kind.APPLY, Kind.REFUND}),
    # The bank refuses the account: the money goes to another account.
    Status.REFUNDING: frozenset({Kind.REFUND}),
    # The bank has returned the transfer: see `require_not_transferred`.
    Status.REFUNDED: frozenset({Kind.REFUND}),
}


def require_possible(status: Status, kind: Kind) -> None:
    """Raises IllegalTransition when this status doesn't allow this kind of decision."""
    if kind not in _POSSIBLE.get(status, ()):
        raise IllegalTransition(kind, status)


def require_not_transferred(status: Status, *, is_returned: bool) -> None:
    """Raises RefundTransferred for money that was transferred back, because another refund would send the money
    twice. `is_returned`: the bank has returned the transfer."""
    if status is Status.REFUNDED and not is_returned:
        raise RefundTransferred


def require_no_settlement_since(status: Status, kind: Kind, *, settled_since: bool) -> None:
    """Raises IllegalTransition for money that has settled a bill since the proposal: the proposal was about waiting
    money, and by now something is issued for the money. A refund needs a new proposal."""
    if settled_since:
        raise IllegalTransition(kind, status)


def require_arrived(status: Status, kind: Kind, *, is_settled: bool) -> None:
    """Raises IllegalTransition for dismissed money that the bank hasn't settled since: the money never arrived."""
    if status is Status.DISMISSED and not is_settled:
        raise IllegalTransition(kind, status)


def require_absent(*, is_settled: bool, is_reconciled: bool) -> None:
    """Raises MoneyMayHaveCome unless the bank has reconciled the payment's day without the payment."""
    if is_settled:
        raise MoneyMayHaveCome(PresenceReason.SETTLED_BY_BANK)
    if not is_reconciled:
        raise MoneyMayHaveCome(PresenceReason.DAY_NOT_RECONCILED)


def require_second_person(status: DecisionStatus, proposed_by: str, decided_by: str) -> None:
    """Raises DecisionIsMade and SecondPersonNeeded."""
    if status is not DecisionStatus.PROPOSED:
        raise DecisionIsMade
    if proposed_by == decided_by:
        raise SecondPersonNeeded


def require_refunding(status: Status, *, another_proposed: bool) -> None:
    """Raises IllegalTransition for money without an approved refund. Raises DecisionIsOpen when a refund to another
    account is proposed: approved after the transfer, the refund would send the money twice."""
    if status is not Status.REFUNDING:
        raise IllegalTransition("pay-out", status)
    if another_proposed:
        raise DecisionIsOpen


def require_returnable(status: Status, *, is_returned: bool) -> None:
    """Raises IllegalTransition for money without a transfer, and for a transfer that the bank returned before."""
    if status is not Status.REFUNDED or is_returned:
        raise IllegalTransition("return-transfer", status)
