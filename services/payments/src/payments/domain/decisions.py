"""What becomes of money that waits, and of money that goes back: one person proposes, with a reason, another agrees."""

from enum import StrEnum

from chassis.core.refusals import Conflict, IllegalTransition
from payments.domain.settling import Status


class Kind(StrEnum):
    """`apply`: it settles a bill after all. `refund`: it goes back. `dismiss`: no such money came."""

    APPLY = "apply"
    REFUND = "refund"
    DISMISS = "dismiss"


class DecisionStatus(StrEnum):
    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"


class SecondPersonNeeded(Conflict):
    """Who proposed a decision can't agree to it."""

    problem = "second-person-needed"


class DecisionIsOpen(Conflict):
    """Somebody has proposed what is to become of the money, and nobody has agreed or not yet."""

    problem = "decision-is-open"


class DecisionIsMade(Conflict):
    """It was agreed to, or not, before."""

    problem = "decision-is-made"


_TAKES = {
    Status.SUSPENDED: frozenset({Kind.APPLY, Kind.REFUND, Kind.DISMISS}),
    # Money that settled an invoice goes back; it isn't put elsewhere, or the invoice would be open again.
    Status.SETTLED: frozenset({Kind.REFUND}),
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


def require_second(status: DecisionStatus, proposed_by: str, decided_by: str) -> None:
    """Raises DecisionIsMade and SecondPersonNeeded."""
    if status is not DecisionStatus.PROPOSED:
        raise DecisionIsMade
    if proposed_by == decided_by:
        raise SecondPersonNeeded


def require_refunding(status: Status) -> None:
    """Raises IllegalTransition for money whose refund nobody has agreed to."""
    if status is not Status.REFUNDING:
        raise IllegalTransition("pay-out", status)
