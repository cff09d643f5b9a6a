"""An application's states, and what may happen in each."""

from collections.abc import Mapping
from enum import StrEnum

from chassis.core.refusals import IllegalTransition


class Status(StrEnum):
    """`WAITING` for a fact, `RETURNED` to the applicant; the last three are ends."""

    SUBMITTED = "submitted"
    WAITING = "waiting"
    RETURNED = "returned"
    IN_REVIEW = "in_review"
    INSPECTION = "inspection"
    AWAITING_PAYMENT = "awaiting_payment"
    ISSUED = "issued"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Action(StrEnum):
    """What is done to an application."""

    DECIDE = "decide"
    RETURN = "return"
    CORRECT = "correct"
    REVIEW = "review"
    ORDER_INSPECTION = "order-inspection"
    RECORD_INSPECTION = "record-inspection"
    REFUSE = "refuse"
    BILL = "bill"
    ISSUE = "issue"
    WITHDRAW = "withdraw"


ENDED = frozenset((Status.ISSUED, Status.REFUSED, Status.WITHDRAWN))
# Undecided: a fact that arrives decides it anew.
UNDECIDED = frozenset((Status.SUBMITTED, Status.WAITING, Status.IN_REVIEW, Status.INSPECTION))

POSSIBLE: Mapping[Status, frozenset[Action]] = {
    Status.SUBMITTED: frozenset((Action.DECIDE, Action.WITHDRAW)),
    Status.WAITING: frozenset(
        (Action.DECIDE, Action.RETURN, Action.CORRECT, Action.REVIEW, Action.REFUSE)
        + (Action.WITHDRAW,)
    ),
    Status.RETURNED: frozenset((Action.CORRECT, Action.REFUSE, Action.WITHDRAW)),
    Status.IN_REVIEW: frozenset(
        (Action.DECIDE, Action.RETURN, Action.REVIEW, Action.ORDER_INSPECTION, Action.REFUSE)
        + (Action.WITHDRAW,)
    ),
    Status.INSPECTION: frozenset(
        (Action.DECIDE, Action.RETURN, Action.RECORD_INSPECTION, Action.REFUSE, Action.WITHDRAW)
    ),
    Status.AWAITING_PAYMENT: frozenset(
        (Action.DECIDE, Action.BILL, Action.ISSUE, Action.RETURN, Action.WITHDRAW)
    ),
    Status.ISSUED: frozenset(),
    Status.REFUSED: frozenset(),
    Status.WITHDRAWN: frozenset(),
}


def require(status: str, action: Action) -> None:
    """Raises IllegalTransition, which names what is possible."""
    possible = POSSIBLE[Status(status)]
    if action not in possible:
        names = [TITLES[one] for one in Action if one in possible and one is not Action.DECIDE]
        raise IllegalTransition(action, status, names)


def _titles(ar: str, en: str) -> Mapping[str, str]:
    return {"ar": ar, "en": en}


TITLES: Mapping[Action, Mapping[str, str]] = {
    Action.DECIDE: _titles("البت آليًا", "decide"),
    Action.RETURN: _titles("الإعادة للاستكمال", "return for completion"),
    Action.CORRECT: _titles("الاستكمال", "correct"),
    Action.REVIEW: _titles("الاعتماد بعد المراجعة", "approve after review"),
    Action.ORDER_INSPECTION: _titles("طلب المعاينة", "order an inspection"),
    Action.RECORD_INSPECTION: _titles("تسجيل المعاينة", "record the inspection"),
    Action.REFUSE: _titles("الرفض", "refuse"),
    Action.BILL: _titles("إصدار فاتورة جديدة", "bill anew"),
    Action.ISSUE: _titles("الإصدار", "issue"),
    Action.WITHDRAW: _titles("السحب", "withdraw"),
}
