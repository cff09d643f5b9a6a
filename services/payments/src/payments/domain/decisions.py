"""What becomes of money that waits, and of money that goes back: one person proposes, with a reason, another agrees."""

from enum import StrEnum

from chassis.core.refusals import Conflict, IllegalTransition
from payments.domain.payments import Status


class Kind(StrEnum):
    """`apply`: it settles a bill after all. `refund`: it goes back. `dismiss`: no such money came."""

    APPLY = "apply"
    REFUND = "refund"
    DISMISS = "dismiss"


class DecisionStatus(StrEnum):
    """`replaced`: a refund that was agreed to, and later another one of the same money, to another account."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"
    REPLACED = "replaced"


class SecondPersonNeeded(Conflict):
    """Who proposed a decision can't agree to it."""

    problem = "second-person-needed"


class DecisionIsOpen(Conflict):
    """Somebody has proposed what is to become of the money, and nobody has agreed or not yet."""

    problem = "decision-is-open"


class DecisionIsMade(Conflict):
    """It was agreed to, or not, before."""

    problem = "decision-is-made"


class Presence(StrEnum):
    """Why it isn't certain that money never came."""

    DAY_NOT_RECONCILED = "day-not-reconciled"
    SETTLED_BY_BANK = "settled-by-bank"


class MoneyMayHaveCome(Conflict):
    """What may have come isn't dismissed; `code` says why it may, as `Presence`."""

    problem = "money-may-have-come"

    def __init__(self, reason: Presence) -> None:
        super().__init__()
        self.code = reason.value


_TAKES = {
    Status.SUSPENDED: frozenset({Kind.APPLY, Kind.REFUND, Kind.DISMISS}),
    # Money that settled an invoice goes back; it isn't put elsewhere, or the invoice would be open again.
    Status.SETTLED: frozenset({Kind.REFUND}),
    # The bank settled it after all: what two people held is set right by two people.
    Status.DISMISSED: frozenset({Kind.APPLY, Kind.REFUND}),
    # The bank refuses the account, or sends the transfer back: the money goes to another one.
    Status.REFUNDING: frozenset({Kind.REFUND}),
    Status.REFUNDED: frozenset({Kind.REFUND}),
}


def require_fits(status: Status, kind: Kind) -> None:
    """Raises IllegalTransition for money of which that can't be decided."""
    if kind not in _TAKES.get(status, ()):
        raise IllegalTransition(kind, status)


def require_as_proposed(status: Status, kind: Kind, *, settled_since: bool) -> None:
    """Raises IllegalTransition for money that has settled a bill since the proposal: it was of money that waited, and
    now something was issued for it. That it goes back all the same is proposed anew."""
    if settled_since:
        raise IllegalTransition(kind, status)


def require_arrived(status: Status, kind: Kind, *, is_settled: bool) -> None:
    """Raises IllegalTransition for dismissed money that the bank hasn't settled since: it never came."""
    if status is Status.DISMISSED and not is_settled:
        raise IllegalTransition(kind, status)


def require_absent(*, is_settled: bool, is_reconciled: bool) -> None:
    """Only what the bank hasn't, by the settlement of its day, never came. Raises MoneyMayHaveCome."""
    if is_settled:
        raise MoneyMayHaveCome(Presence.SETTLED_BY_BANK)
    if not is_reconciled:
        raise MoneyMayHaveCome(Presence.DAY_NOT_RECONCILED)


def require_second(status: DecisionStatus, proposed_by: str, decided_by: str) -> None:
    """Raises DecisionIsMade and SecondPersonNeeded."""
    if status is not DecisionStatus.PROPOSED:
        raise DecisionIsMade
    if proposed_by == decided_by:
        raise SecondPersonNeeded


def require_refunding(status: Status, *, another_proposed: bool) -> None:
    """Raises IllegalTransition for money whose refund nobody has agreed to, and DecisionIsOpen where another account is
    proposed: agreed to after the transfer, it would send the money twice."""
    if status is not Status.REFUNDING:
        raise IllegalTransition("pay-out", status)
    if another_proposed:
        raise DecisionIsOpen
