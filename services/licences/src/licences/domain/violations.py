"""The life of a violation, from an inspector's observation to its end.

observed → warned → corrected | confirmed → notified → unpaid → paid | objected → upheld | reduced | cancelled →
judicial; closed. Nothing has to be paid while an objection or a lawsuit is open: the bill is withdrawn, and the
decision brings a new one. A fine is final when nobody can object to it any more.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from chassis.core.refusals import Conflict, IllegalTransition
from chassis.core.state_machine import StateMachine
from licences.domain.fines import Item

SERIES = "violation"
NUMBER_BRANCH = "qatif"  # one series for the governorate
_SERIAL_DIGITS = 6
# Owners of files: the inspector's pictures, and the papers of an objection.
VIOLATION_FILES, OBJECTION_FILES = "violation", "objection"


class Status(StrEnum):
    OBSERVED = "observed"
    WARNED = "warned"
    CORRECTED = "corrected"
    CONFIRMED = "confirmed"
    NOTIFIED = "notified"
    UNPAID = "unpaid"
    OBJECTED = "objected"
    UPHELD = "upheld"
    REDUCED = "reduced"
    CANCELLED = "cancelled"
    JUDICIAL = "judicial"
    PAID = "paid"
    CLOSED = "closed"


class Action(StrEnum):
    """`uphold`, `reduce` and `cancel` decide an objection or a lawsuit; `cancel` takes a mistake back too."""

    WARN = "warn"
    CORRECT = "correct"
    CONFIRM = "confirm"
    NOTIFY = "notify"
    BILL = "bill"
    OBJECT = "object"
    UPHOLD = "uphold"
    REDUCE = "reduce"
    CANCEL = "cancel"
    SUE = "sue"
    PAY = "pay"
    CLOSE = "close"


TITLES: Mapping[str, tuple[str, str]] = {
    "observe": ("رصد", "Observed"),
    Action.WARN: ("تنبيه", "Warned"),
    Action.CORRECT: ("تصحيح المخالفة", "Corrected by the offender"),
    Action.CONFIRM: ("تحرير محضر الضبط", "Confirmed by a record"),
    Action.NOTIFY: ("إبلاغ", "Notified"),
    Action.BILL: ("إصدار فاتورة", "Billed"),
    Action.OBJECT: ("اعتراض", "Objected to"),
    Action.UPHOLD: ("تأييد", "Upheld"),
    Action.REDUCE: ("تخفيض", "Reduced"),
    Action.CANCEL: ("إلغاء", "Cancelled"),
    Action.SUE: ("تظلم أمام ديوان المظالم", "Taken to the Board of Grievances"),
    Action.PAY: ("سداد", "Paid"),
    Action.CLOSE: ("إقفال", "Closed"),
    "correction_ended": ("انتهت مهلة التصحيح", "The correction period ended"),
    "decision_overdue": ("تأخر البت في الاعتراض", "The decision is overdue"),
    "owe_again": ("رد ما سُدد وعودة الغرامة مستحقة", "What was paid goes back, owed again"),
    "fee_returned": ("رد ما سُدد بعد الإقفال", "What was paid goes back after the end"),
    "ask_refund": ("سداد غير مستحق يُرد", "Money that is not owed goes back"),
    "refund": ("رُد ما سُدد", "What was paid went back"),
    "become_final": ("أصبحت نهائية", "Became final"),
    "bill_refused": ("رُفضت الفاتورة", "The bill was refused"),
    "bill_expired": ("انتهت الفاتورة", "The bill expired"),
    "bill_again": ("طلب فاتورة جديدة", "Billed again"),
    "close_place": ("إغلاق المحل", "The place was closed"),
    "empty": ("إفراغ البيانات الشخصية", "Personal data emptied"),
}
ENDED = frozenset((Status.CORRECTED, Status.CANCELLED, Status.CLOSED))
# The fine has to be paid, and a bill says how.
PAYABLE = (Status.NOTIFIED, Status.UNPAID, Status.UPHELD, Status.REDUCED)
# Nothing has to be paid until somebody has decided.
UNDER_DECISION = (Status.OBJECTED, Status.JUDICIAL)
LIFE = StateMachine[Status, Action](
    steps={
        Action.WARN: {Status.OBSERVED: Status.WARNED},
        Action.CORRECT: {Status.WARNED: Status.CORRECTED},
        Action.CONFIRM: dict.fromkeys((Status.OBSERVED, Status.WARNED), Status.CONFIRMED),
        Action.NOTIFY: {Status.CONFIRMED: Status.NOTIFIED},
        # A decided violation keeps its status when it is billed.
        Action.BILL: {
            Status.NOTIFIED: Status.UNPAID,
            Status.UNPAID: Status.UNPAID,
            Status.UPHELD: Status.UPHELD,
            Status.REDUCED: Status.REDUCED,
        },
        Action.OBJECT: dict.fromkeys((Status.NOTIFIED, Status.UNPAID), Status.OBJECTED),
        Action.UPHOLD: dict.fromkeys(UNDER_DECISION, Status.UPHELD),
        Action.REDUCE: dict.fromkeys(UNDER_DECISION, Status.REDUCED),
        Action.CANCEL: dict.fromkeys(
            (
                Status.OBSERVED,
                Status.WARNED,
                Status.CONFIRMED,
                *PAYABLE,
                *UNDER_DECISION,
                Status.PAID,
            ),
            Status.CANCELLED,
        ),
        Action.SUE: dict.fromkeys((Status.UPHELD, Status.REDUCED), Status.JUDICIAL),
        Action.PAY: dict.fromkeys(PAYABLE, Status.PAID),
        Action.CLOSE: {Status.PAID: Status.CLOSED},
    }
)
NEXT_STEPS: Mapping[Status, str] = {
    **dict.fromkeys(Status, "municipality"),
    Status.WARNED: "applicant",
    **dict.fromkeys((Status.UNPAID, Status.UPHELD, Status.REDUCED), "payment"),
    Status.JUDICIAL: "outside_body",
    **dict.fromkeys((*ENDED, Status.PAID), "none"),
}


class WarningFirst(Conflict):
    """The item asks for a warning first, and the time to correct isn't over."""

    problem = "warning-first"


class NoWarning(Conflict):
    """The offender isn't warned: the item has no warning, or the offender did the same before."""

    problem = "no-warning"


class ObjectionTooLate(Conflict):
    """The time to object, or to go to court, is over."""

    problem = "objection-too-late"


class AnotherPerson(Conflict):
    """A person who recorded or confirmed a violation, took its objection or closed the place for it decides nothing
    about the violation."""

    problem = "another-person-decides"


class NotReducible(Conflict):
    """The table doesn't let a decision leave this share."""

    problem = "reduction-unknown"


class AlreadyBilled(Conflict):
    """The fine has a bill that can be paid, or a bill on its way."""

    problem = "violation-already-billed"


class PlaceStaysOpen(Conflict):
    """The place may not be closed: the item doesn't allow it, there's no licence, or the record isn't confirmed."""

    problem = "place-stays-open"


@dataclass(frozen=True)
class Course:
    """Where a violation stands. `judged`: a court has decided, and nobody decides after a court. `until`: the last
    day to object or to sue."""

    status: Status
    judged: bool = False
    final: bool = False
    until: date | None = None


def number_of(year: int, serial: int) -> str:
    """Returns Hijri year and serial as plain digits: 1448000124."""
    return f"{year}{serial:0{_SERIAL_DIGITS}d}"


def advance(course: Course, action: Action) -> Course:
    """Returns the course after an action. Raises IllegalTransition, which names what is possible."""
    if action not in LIFE.possible(course.status):
        raise _illegal(course, action)
    return replace(course, status=LIFE.after(action, course.status))


def require(course: Course, status: Status, action: str) -> None:
    """Raises IllegalTransition unless the violation is in this status, from which the action leads on."""
    if course.status is not status:
        raise _illegal(course, action)


def _illegal(course: Course, action: str) -> IllegalTransition:
    """Returns the refusal. Its code names the violation, since other aggregates have statuses of the same names."""
    status = f"{SERIES}_{course.status}"
    return IllegalTransition(action, status, words(LIFE.possible(course.status)))


def words(actions: Iterable[str]) -> list[dict[str, str]]:
    """Returns the titles of actions, as refusals show them."""
    return [{"ar": TITLES[one][0], "en": TITLES[one][1]} for one in actions]


@dataclass(frozen=True)
class Earlier:
    """What the offender did before, of this item and within the period: how often the offender was fined, and how
    often warned and not fined yet. `mends_until`: the last day to correct after a warning that is still open."""

    fined: int = 0
    warned: int = 0
    mends_until: date | None = None

    @property
    def repetition(self) -> int:
        """Returns the number of this time. A violation that was corrected after a warning cost nothing and isn't
        counted."""
        return self.fined + 1


def needs_warning(item: Item, earlier: Earlier) -> bool:
    """Returns whether the offender is warned before the fine: the first time, if the item says so."""
    return item.warning_days is not None and earlier == Earlier()


def warn(course: Course, item: Item, earlier: Earlier) -> Course:
    """Returns the course after a warning. Raises NoWarning."""
    after = advance(course, Action.WARN)
    if not needs_warning(item, earlier):
        raise NoWarning
    return after


def confirm(
    course: Course, item: Item, earlier: Earlier, *, correct_until: date | None, today: date
) -> Course:
    """Returns the course after the record. Raises WarningFirst before the warning, and until the last day to correct
    is over, also after an earlier warning: a second observation would take the time to correct away."""
    after = advance(course, Action.CONFIRM)
    if _awaits_correction(course, item, earlier, correct_until=correct_until, today=today):
        raise WarningFirst
    return after


def _awaits_correction(
    course: Course, item: Item, earlier: Earlier, *, correct_until: date | None, today: date
) -> bool:
    """Returns whether a warning, or the end of the time to correct, comes before the record."""
    if course.status is Status.OBSERVED and needs_warning(item, earlier):
        return True
    until = correct_until if course.status is Status.WARNED else earlier.mends_until
    return until is not None and today <= until


def notify(course: Course, until: date) -> Course:
    """Returns the course after the notice: the fine is owed, and can be objected to until that day."""
    return replace(advance(course, Action.NOTIFY), until=until)


def object_to(course: Course, today: date) -> Course:
    """Returns the course after an objection. Raises ObjectionTooLate."""
    after = advance(course, Action.OBJECT)
    _require_time(course, today)
    return replace(after, until=None)


def may_object(status: str, until: date | None, today: date) -> bool:
    """Returns whether the offender may object today."""
    is_in_time = until is not None and today <= until
    return is_in_time and Action.OBJECT in LIFE.possible(status)


@dataclass(frozen=True, kw_only=True)
class Case:
    """A violation as far as the staff's actions depend on it. `others`: the people who recorded or confirmed the
    violation, or took the objection; `is_billed`: a bill can be paid or is on its way. `correct_until`: the last day
    to correct after this violation's warning."""

    course: Course
    item: Item
    earlier: Earlier
    correct_until: date | None
    others: Sequence[str]
    is_billed: bool
    has_licence: bool
    is_confirmed: bool
    is_closed: bool


def staff_actions(case: Case, *, subject: str, today: date) -> list[str]:
    """Returns what the staff member may do about a violation today. A person who recorded the violation or took the
    objection decides nothing about it."""
    course, may_decide = case.course, subject not in case.others
    possible = LIFE.possible(course.status)
    in_time = course.until is not None and today <= course.until
    allowed = {
        "warn": Action.WARN in possible and needs_warning(case.item, case.earlier),
        "correct": Action.CORRECT in possible,
        "confirm": Action.CONFIRM in possible and not _awaits_correction_of(case, today),
        "notify": Action.NOTIFY in possible,
        "bill": course.status in PAYABLE and not case.is_billed,
        "object": Action.OBJECT in possible and in_time,
        "decide": course.status is Status.OBJECTED and may_decide,
        "sue": Action.SUE in possible and in_time,
        "judge": course.status is Status.JUDICIAL and may_decide,
        "close_place": may_decide and _may_close(case),
        "close": Action.CLOSE in possible,
        "cancel": Action.CANCEL in possible and may_decide,
    }
    return [name for name, is_allowed in allowed.items() if is_allowed]


def _awaits_correction_of(case: Case, today: date) -> bool:
    return _awaits_correction(
        case.course, case.item, case.earlier, correct_until=case.correct_until, today=today
    )


def _may_close(case: Case) -> bool:
    is_open = case.is_confirmed and case.course.status not in ENDED and not case.is_closed
    return is_open and case.item.closes and case.has_licence


def sue(course: Course, today: date) -> Course:
    """Returns the course after a lawsuit. Raises ObjectionTooLate, also after a court has decided once."""
    after = advance(course, Action.SUE)
    _require_time(course, today)
    return replace(after, until=None)


def decide(course: Course, action: Action, *, court_until: date) -> Course:
    """Returns the course after an objection's decision, or after a court's judgment, which makes a fine final at
    once."""
    after = advance(course, action)
    if action is Action.CANCEL:
        return replace(after, until=None)
    judged = course.status is Status.JUDICIAL
    return replace(after, judged=judged, final=judged, until=None if judged else court_until)


def cancel(course: Course) -> Course:
    """Returns the course after a cancellation: a mistake, or a decision in the offender's favour."""
    return replace(advance(course, Action.CANCEL), until=None)


def pay(course: Course) -> Course:
    """Returns the course after the payment: nobody objects any more."""
    return replace(advance(course, Action.PAY), until=None)


def owe_again(course: Course, *, decided: Status | None, until: date) -> Course:
    """Returns the course after the money went back although the fine is owed. `decided`: the outcome of an objection
    or a court. Nobody objects to a paid fine, so the offender gets the time anew, `until` its last day, unless the
    fine was final. Raises IllegalTransition."""
    require(course, Status.PAID, "owe_again")
    return replace(course, status=decided or Status.UNPAID, until=None if course.final else until)


def become_final(course: Course, today: date) -> Course:
    """Returns the final course, because nobody objected in time. Returns the same course while somebody may still
    object, and once the fine is settled."""
    waits = course.status in PAYABLE and not course.final
    if not waits or course.until is None or today <= course.until:
        return course
    return replace(course, final=True, until=None)


def _require_time(course: Course, today: date) -> None:
    if course.until is None or today > course.until:
        raise ObjectionTooLate


def require_another(subject: str, *others: str | None) -> None:
    """Raises AnotherPerson if the person who decides is one of the others."""
    if subject in others:
        raise AnotherPerson


def last_day(first: date, days: int) -> date:
    """Returns the last of so many days after the first day, which isn't counted."""
    return first + timedelta(days=days)
