"""The life of a transaction: its statuses, the steps between them, its number, and who acts next."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from chassis.core.state_machine import StateMachine
from saudi.branches import DIGITS

KIND = "transaction"  # the kind of inquiries, and of the words for the states


class Status(StrEnum):
    """The last two are ends."""

    WITH_DEPARTMENT = "with_department"
    RETURNED = "returned"
    APPROVED = "approved"
    REFUSED = "refused"
    REPLIED = "replied"
    FILED = "filed"
    WITHDRAWN = "withdrawn"


# Statuses in which the municipality or the applicant still has to act.
OPEN = (Status.WITH_DEPARTMENT, Status.RETURNED)
# The outcomes of a decision are the statuses after the decision.
OUTCOMES = (Status.APPROVED, Status.REFUSED, Status.REPLIED)


class Action(StrEnum):
    """What people and the clock do with a transaction."""

    ENTER = "enter"
    REFER = "refer"
    RETURN = "return"
    ANSWER = "answer"
    APPROVE = "approve"
    REFUSE = "refuse"
    REPLY = "reply"
    FILE = "file"
    LAPSE = "lapse"
    WITHDRAW = "withdraw"
    NOTE = "note"
    ISSUE_LETTER = "issue-letter"
    CANCEL_LETTER = "cancel-letter"
    REVEAL = "reveal"
    SEARCH = "search"
    EMPTY = "empty"


DECISIONS: Mapping[str, Action] = {
    Status.APPROVED: Action.APPROVE,
    Status.REFUSED: Action.REFUSE,
    Status.REPLIED: Action.REPLY,
}

TITLES: Mapping[Action, Mapping[str, str]] = {
    Action.ENTER: {"ar": "قيد", "en": "Enter"},
    Action.REFER: {"ar": "إحالة", "en": "Refer"},
    Action.RETURN: {"ar": "إعادة للاستكمال", "en": "Return for completion"},
    Action.ANSWER: {"ar": "استكمال", "en": "Complete"},
    Action.APPROVE: {"ar": "موافقة", "en": "Approve"},
    Action.REFUSE: {"ar": "رفض", "en": "Refuse"},
    Action.REPLY: {"ar": "رد", "en": "Reply"},
    Action.FILE: {"ar": "حفظ", "en": "File"},
    Action.LAPSE: {"ar": "حفظ لعدم الاستكمال", "en": "File as not completed"},
    Action.WITHDRAW: {"ar": "سحب", "en": "Withdraw"},
    Action.NOTE: {"ar": "ملاحظة", "en": "Note"},
    Action.ISSUE_LETTER: {"ar": "إصدار خطاب", "en": "Issue a letter"},
    Action.CANCEL_LETTER: {"ar": "إلغاء خطاب", "en": "Cancel a letter"},
    Action.REVEAL: {"ar": "إظهار بيانات مقدمها", "en": "Show the applicant"},
    Action.SEARCH: {"ar": "بحث برقم مقدمها", "en": "Search by the applicant's number"},
    Action.EMPTY: {"ar": "محو البيانات الشخصية", "en": "Empty the personal data"},
}

_UNENDED = (*OPEN, *OUTCOMES)
LIFE = StateMachine[Status, Action](
    steps={
        Action.REFER: {Status.WITH_DEPARTMENT: Status.WITH_DEPARTMENT},
        Action.RETURN: {Status.WITH_DEPARTMENT: Status.RETURNED},
        Action.ANSWER: {Status.RETURNED: Status.WITH_DEPARTMENT},
        Action.APPROVE: {Status.WITH_DEPARTMENT: Status.APPROVED},
        Action.REFUSE: {Status.WITH_DEPARTMENT: Status.REFUSED},
        Action.REPLY: {Status.WITH_DEPARTMENT: Status.REPLIED},
        Action.FILE: dict.fromkeys((Status.WITH_DEPARTMENT, *OUTCOMES), Status.FILED),
        Action.LAPSE: {Status.RETURNED: Status.FILED},
        Action.WITHDRAW: dict.fromkeys(OPEN, Status.WITHDRAWN),
        Action.NOTE: {status: status for status in _UNENDED},
        Action.ISSUE_LETTER: {status: status for status in _UNENDED},
    },
    titles=TITLES,
    prefix="transaction_",
)

_NEXT_STEPS: Mapping[Status, str] = {
    Status.WITH_DEPARTMENT: "municipality",
    Status.RETURNED: "applicant",
    Status.APPROVED: "none",
    Status.REFUSED: "none",
    Status.REPLIED: "none",
    Status.FILED: "none",
    Status.WITHDRAWN: "none",
}


def next_step(status: str) -> str:
    """Returns the side that acts next, as the inquiry names it."""
    return _NEXT_STEPS[Status(status)]


class Move(NamedTuple):
    """What an action that is published says. `happened`: the past participle in the event's type. `is_shown`: the
    applicant reads its text. `is_told`: the applicant gets a text message."""

    happened: str
    is_shown: bool = False
    is_told: bool = False


_MOVES: Mapping[Action, Move] = {
    Action.ENTER: Move("entered", is_told=True),
    Action.REFER: Move("referred"),
    Action.RETURN: Move("returned", is_shown=True, is_told=True),
    Action.ANSWER: Move("answered", is_shown=True),
    **dict.fromkeys(DECISIONS.values(), Move("decided", is_shown=True, is_told=True)),
    Action.FILE: Move("filed"),
    Action.LAPSE: Move("filed", is_told=True),
    Action.WITHDRAW: Move("withdrawn"),
    Action.EMPTY: Move("emptied"),
}


def move_of(action: Action, outcome: str | None) -> Move:
    """Returns what an action says. Who is filed without an outcome hears of it, and reads why."""
    if action is Action.FILE and outcome is None:
        return Move("filed", is_shown=True, is_told=True)
    return _MOVES[action]


# Numbers. Each municipality draws from series of its own.
TRANSACTIONS, LETTERS = "transaction", "letter"
# The digit keeps the numbers apart from those of licences (no digit), applications, health requests (9) and
# certificates (8).
_SERIES_DIGIT = {TRANSACTIONS: "7", LETTERS: "6"}


def number_text(series: str, municipality: str, year: int, serial: int) -> str:
    """Returns a number in plain digits: the Hijri year, the municipality in two digits, the series' digit, the serial.
    `1448027000017` is the 17th transaction that Central Qatif entered in 1448."""
    return f"{year}{DIGITS[municipality]}{_SERIES_DIGIT[series]}{serial:06}"
