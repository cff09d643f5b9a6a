"""An application's states and titles, its number, and what an inquirer is told about it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from chassis.core.state_machine import StateMachine
from licences.domain import licences
from licences.domain.declarations import ISSUE
from saudi.branches import DIGITS

PARTNER, CITIZEN, STAFF = "partner", "citizen", "staff"  # channels
# Names the party that withdrew an application. The system withdraws what wasn't paid or completed
# in time.
BY_APPLICANT = "by-applicant"  # the reason code of whatever the applicant wants
BY_OWNER, BY_DELEGATE, BY_MUNICIPALITY, BY_SYSTEM = "owner", "delegate", "municipality", "system"
APPLICATION_FILES = "licence-application"  # owner of an application's files
UNPAID = "unpaid"  # why an application ended whose bill nobody paid in time


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
    """What is done to an application. `DECIDE` is the system's, and leads to each status that a decision may have."""

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
# A new fact decides an undecided application anew.
UNDECIDED = frozenset((Status.SUBMITTED, Status.WAITING, Status.IN_REVIEW, Status.INSPECTION))
TITLES: Mapping[Action, Mapping[str, str]] = {
    Action.DECIDE: {"ar": "البت آليًا", "en": "Decision by the system"},
    Action.RETURN: {"ar": "الإعادة للاستكمال", "en": "Return for completion"},
    Action.CORRECT: {"ar": "الاستكمال", "en": "Completion"},
    Action.REVIEW: {"ar": "الاعتماد بعد المراجعة", "en": "Approval after review"},
    Action.ORDER_INSPECTION: {"ar": "طلب المعاينة", "en": "Order of an inspection"},
    Action.RECORD_INSPECTION: {"ar": "تسجيل المعاينة", "en": "Record of the inspection"},
    Action.REFUSE: {"ar": "الرفض", "en": "Refusal"},
    Action.BILL: {"ar": "إصدار فاتورة جديدة", "en": "New bill"},
    Action.ISSUE: {"ar": "الإصدار", "en": "Issue"},
    Action.WITHDRAW: {"ar": "السحب", "en": "Withdrawal"},
}
_RETURNABLE = (Status.WAITING, Status.IN_REVIEW, Status.INSPECTION, Status.AWAITING_PAYMENT)
_REFUSABLE = (Status.WAITING, Status.RETURNED, Status.IN_REVIEW, Status.INSPECTION)
OPEN = tuple(status for status in Status if status not in ENDED)
LIFE = StateMachine[Status, Action](
    steps={
        Action.RETURN: dict.fromkeys(_RETURNABLE, Status.RETURNED),
        Action.CORRECT: dict.fromkeys((Status.WAITING, Status.RETURNED), Status.SUBMITTED),
        Action.REVIEW: {
            Status.WAITING: Status.WAITING,
            Status.IN_REVIEW: Status.IN_REVIEW,
        },
        Action.ORDER_INSPECTION: {Status.IN_REVIEW: Status.INSPECTION},
        Action.RECORD_INSPECTION: {Status.INSPECTION: Status.IN_REVIEW},
        Action.REFUSE: dict.fromkeys(_REFUSABLE, Status.REFUSED),
        Action.BILL: {Status.AWAITING_PAYMENT: Status.AWAITING_PAYMENT},
        Action.ISSUE: {Status.AWAITING_PAYMENT: Status.ISSUED},
        Action.WITHDRAW: dict.fromkeys(OPEN, Status.WITHDRAWN),
    },
    titles=TITLES,
    prefix="licence_application_",
)

# What an applicant may do about an application, beside the actions of its life.
ATTACH, APPLY_AGAIN = "attach", "apply_again"


def applicant_actions(request: str, status: str) -> list[str]:
    """Returns what the applicant may do now. Only an application for a new licence is sent again once it ended without
    a licence: a renewal and an end are asked for at the licence."""
    if Status(status) in ENDED:
        ended_in_vain = status in (Status.REFUSED, Status.WITHDRAWN)
        return [APPLY_AGAIN] if ended_in_vain and request == ISSUE else []
    possible = LIFE.possible(status)
    named = {Action.CORRECT: "correct", Action.WITHDRAW: "withdraw"}
    return [*(name for action, name in named.items() if action in possible), ATTACH]


# Action of the life → its name among the staff's actions, in the order in which officers weigh them.
_STAFF: Mapping[Action, str] = {
    Action.REVIEW: "approve",
    Action.ORDER_INSPECTION: "order_inspection",
    Action.RECORD_INSPECTION: "record_inspection",
    Action.RETURN: "return",
    Action.REFUSE: "refuse",
    Action.WITHDRAW: "withdraw",
}
# A document is verified until the application is decided.
VERIFIABLE = (Status.WAITING, Status.IN_REVIEW, Status.INSPECTION)


def staff_actions(status: str) -> list[str]:
    """Returns what staff may do about an application now."""
    possible = LIFE.possible(status)
    named = [name for action, name in _STAFF.items() if action in possible]
    return [*(["verify"] if status in VERIFIABLE else []), *named]


# Numbers. Each municipality draws from a series of its own, so that none waits for another one. An application's number
# is a digit longer than a licence's of its year, so that nobody mistakes one for the other.

APPLICATIONS, LICENCES = "application", "licence"  # the series
_WIDTH = {APPLICATIONS: 7, LICENCES: 6}


def number_text(series: str, municipality: str, year: int, number: int) -> str:
    """Returns the Hijri year, the municipality in two digits and the number: `144804000017` is the 17th licence that
    Saihat issued in 1448."""
    return f"{year}{DIGITS[municipality]}{number:0{_WIDTH[series]}}"


# Inquiries.

INQUIRY_KIND = "licence_application"
# The reason of an application that ended because its licence or place was stopped meanwhile.
NOT_VALID = "licence-not-valid"
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
    **dict.fromkeys(ENDED, "none"),
}


def next_step(status: str) -> str:
    """Returns who acts next on an application."""
    return _NEXT_STEPS[Status(status)]


def inquirer_numbers(
    body: Mapping[str, Any] | None, establishment: str | None
) -> list[tuple[str, str]]:
    """Returns what an inquirer may know beside the application's number: the owner's mobile or identity number, or the
    establishment's number."""
    if body is None:
        return []
    owner = body["owner"]
    numbers = [("mobile", owner["mobile"]), ("person_id", owner["id_number"])]
    return [*numbers, ("establishment", establishment)] if establishment else numbers


# Histories.

_OTHER_TITLES: Mapping[str, tuple[str, str]] = {
    "submit": ("التقديم", "Submission"),
    "correction-too-late": ("استكمال وصل متأخرًا", "A completion came too late"),
    "withdrawal-too-late": ("سحب وصل متأخرًا", "A withdrawal came too late"),
    "verify": ("التحقق من وثيقة", "Check of a document"),
    "visit-passed": ("معاينة لاحقة مجتازة", "A visit after the issue, passed"),
    "visit-failed": ("معاينة لاحقة غير مجتازة", "A visit after the issue, failed"),
    "paid-in-time": ("سُدد في موعده ووصل خبره متأخرًا", "Paid in time; the news came late"),
    "refund-after-issue": ("تقرر رد الرسم بعد الإصدار", "The fee goes back after the issue"),
    "empty": ("إفراغ البيانات الشخصية", "Personal data emptied"),
}


def action_title(action: str, *, is_of_licence: bool = False) -> dict[str, str]:
    """Returns the title of an action in the history of an application or a licence, or the action itself if it has no
    title."""
    both = (licences.TITLES, TITLES) if is_of_licence else (TITLES, licences.TITLES)
    for titles in both:
        for known, title in titles.items():
            if known == action:
                return dict(title)
    ar, en = _OTHER_TITLES.get(action, (action, action))
    return {"ar": ar, "en": en}
