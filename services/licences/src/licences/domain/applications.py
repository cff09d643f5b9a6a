"""An application's states, and what may happen in each."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from chassis.core.refusals import IllegalTransition
from licences.domain import licences
from saudi.branches import DIGITS


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


def require_action(status: str, action: Action) -> None:
    """Raises IllegalTransition, which names what is possible."""
    possible = POSSIBLE[Status(status)]
    if action not in possible:
        names = [TITLES[one] for one in Action if one in possible and one is not Action.DECIDE]
        raise IllegalTransition(action, status, names)


def _title(ar: str, en: str) -> Mapping[str, str]:
    return {"ar": ar, "en": en}


TITLES: Mapping[Action, Mapping[str, str]] = {
    Action.DECIDE: _title("البت آليًا", "decide"),
    Action.RETURN: _title("الإعادة للاستكمال", "return for completion"),
    Action.CORRECT: _title("الاستكمال", "correct"),
    Action.REVIEW: _title("الاعتماد بعد المراجعة", "approve after review"),
    Action.ORDER_INSPECTION: _title("طلب المعاينة", "order an inspection"),
    Action.RECORD_INSPECTION: _title("تسجيل المعاينة", "record the inspection"),
    Action.REFUSE: _title("الرفض", "refuse"),
    Action.BILL: _title("إصدار فاتورة جديدة", "bill anew"),
    Action.ISSUE: _title("الإصدار", "issue"),
    Action.WITHDRAW: _title("السحب", "withdraw"),
}


APPLICATIONS, LICENCES = "application", "licence"
_WIDTH = {APPLICATIONS: 7, LICENCES: 6}


def number_text(series: str, municipality: str, year: int, number: int) -> str:
    """`144804000017`: the 17th licence that Saihat issued in 1448."""
    return f"{year}{DIGITS[municipality]}{number:0{_WIDTH[series]}}"


TRANSACTION = "transaction"
KIND_OF_LICENCE: Mapping[str, str] = {
    "shop": "shop_licence",
    "engineering_office": "office_licence",
    "professional": "professional_licence",
}
_NEXT_STEPS: Mapping[Status, str] = {
    Status.SUBMITTED: "municipality",
    Status.WAITING: "outside_body",
    Status.RETURNED: "applicant",
    Status.IN_REVIEW: "municipality",
    Status.INSPECTION: "municipality",
    Status.AWAITING_PAYMENT: "payment",
    Status.ISSUED: "none",
    Status.REFUSED: "none",
    Status.WITHDRAWN: "none",
}


def next_step(status: str) -> str:
    """Who acts next on an application."""
    return _NEXT_STEPS[Status(status)]


def inquirer_numbers(
    body: Mapping[str, Any] | None, establishment: str | None
) -> list[tuple[str, str]]:
    """What the inquirer has to know, beside the number: the owner's mobile or number, or the establishment's."""
    if body is None:
        return []
    owner = body["owner"]
    found = [("mobile", owner["mobile"]), ("person_id", owner["id_number"])]
    return [*found, ("establishment", establishment)] if establishment else found


_OTHER_TITLES: Mapping[str, tuple[str, str]] = {
    "submit": ("التقديم", "submit"),
    "verify": ("التحقق من وثيقة", "verify a document"),
    "visit-passed": ("معاينة لاحقة مجتازة", "a visit after the issue passed"),
    "visit-failed": ("معاينة لاحقة غير مجتازة", "a visit after the issue failed"),
    "refund-after-issue": ("تقرر رد الرسم بعد الإصدار", "the fee goes back after the issue"),
    "empty": ("إفراغ البيانات الشخصية", "empty the personal data"),
}


def action_title(action: str) -> dict[str, str]:
    """In Arabic and English; the action itself where it has no title."""
    for titles in (TITLES, licences.TITLES):
        for known, title in titles.items():
            if known == action:
                return dict(title)
    ar, en = _OTHER_TITLES.get(action, (action, action))
    return {"ar": ar, "en": en}
