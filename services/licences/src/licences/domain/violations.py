"""The life of a violation, from what an inspector saw to its end.

observed → warned → corrected | confirmed → notified → unpaid → paid | objected → upheld | reduced | cancelled →
judicial; closed. While an objection or a lawsuit is open nothing has to be paid: the bill is withdrawn, and a new one
comes with the decision. A fine is final when nobody can object to it any more.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from chassis.core.refusals import Conflict, IllegalTransition
from chassis.core.state_machine import StateMachine
from licences.domain.fines import Item

SERIES = "violation"
NUMBER_BRANCH = "qatif"  # one series for the governorate
_SERIAL_DIGITS = 6


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
    """`uphold`, `reduce` and `cancel` are decisions: of an objection, of a court, and `cancel` of a mistake too."""

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
BILL_ENDED = "ended"  # the bill expired, or the bill system refused or lost it
# Nothing has to be paid until somebody has decided.
UNDER_DECISION = (Status.OBJECTED, Status.JUDICIAL)
LIFE = StateMachine[Status, Action](
    steps={
        Action.WARN: {Status.OBSERVED: Status.WARNED},
        Action.CORRECT: {Status.WARNED: Status.CORRECTED},
        Action.CONFIRM: dict.fromkeys((Status.OBSERVED, Status.WARNED), Status.CONFIRMED),
        Action.NOTIFY: {Status.CONFIRMED: Status.NOTIFIED},
        # A decided one keeps its name: the bill is one of its facts.
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
    """The item asks for a warning the first time, and the time to correct isn't over."""

    problem = "warning-first"


class NoWarning(Conflict):
    """The offender isn't warned: the item knows no warning, or he did the same before."""

    problem = "no-warning"


class ObjectionTooLate(Conflict):
    """The time to object, or to go to court, is over."""

    problem = "objection-too-late"


class AnotherPerson(Conflict):
    """Whoever recorded or confirmed a violation decides nothing about it."""

    problem = "another-person-decides"


class NotReducible(Conflict):
    """The share isn't one that the table lets a decision leave."""

    problem = "reduction-unknown"


class AlreadyBilled(Conflict):
    """The fine has a bill that can be paid, or one on its way."""

    problem = "violation-already-billed"


class PlaceStaysOpen(Conflict):
    """The place may not be closed: the item doesn't allow it, there's no licence, or the record isn't confirmed."""

    problem = "place-stays-open"


@dataclass(frozen=True)
class Course:
    """Where a violation stands. `judged`: a court has decided, and nobody else does after it. `until`: the last day on
    which somebody may object or sue."""

    status: Status
    judged: bool = False
    final: bool = False
    until: date | None = None


def number_of(year: int, serial: int) -> str:
    """Hijri year and serial as plain digits: 1448000124."""
    return f"{year}{serial:0{_SERIAL_DIGITS}d}"


def advance(course: Course, action: Action) -> Course:
    """The course after an action. Raises IllegalTransition, which names what is possible."""
    if action not in LIFE.possible(course.status):
        raise _illegal(course, action)
    return replace(course, status=LIFE.after(action, course.status))


def require(course: Course, status: Status, action: str) -> None:
    """Raises IllegalTransition unless the violation is in this status, of those from which the action leads on."""
    if course.status is not status:
        raise _illegal(course, action)


def _illegal(course: Course, action: str) -> IllegalTransition:
    """Its code says what it's about, since other things have statuses of the same names."""
    status = f"{SERIES}_{course.status}"
    return IllegalTransition(action, status, words(LIFE.possible(course.status)))


def words(actions: Iterable[str]) -> list[dict[str, str]]:
    """The titles of actions, as refusals show them."""
    return [{"ar": TITLES[one][0], "en": TITLES[one][1]} for one in actions]


@dataclass(frozen=True)
class Earlier:
    """What the offender did before, of the same item and within the time that counts: how often he was fined for it,
    and how often he was warned and not fined yet. `mends_until`: the last day that a warning leaves him, of which he
    hasn't been seen to use it."""

    fined: int = 0
    warned: int = 0
    mends_until: date | None = None

    @property
    def repetition(self) -> int:
        """Which time this one is; what was corrected after a warning cost nothing and isn't counted."""
        return self.fined + 1


def needs_warning(item: Item, earlier: Earlier) -> bool:
    """Whether the offender is warned before he's fined: the first time, where the item says so."""
    return item.warning_days is not None and earlier == Earlier()


def warn(course: Course, item: Item, earlier: Earlier) -> Course:
    """Raises NoWarning."""
    after = advance(course, Action.WARN)
    if not needs_warning(item, earlier):
        raise NoWarning
    return after


def confirm(
    course: Course, item: Item, earlier: Earlier, *, correct_until: date | None, today: date
) -> Course:
    """Raises WarningFirst: before the warning, and until the last day to correct is over, also that of an earlier
    warning, or seeing the same a second time would take the time to mend it."""
    after = advance(course, Action.CONFIRM)
    until = correct_until if course.status is Status.WARNED else earlier.mends_until
    if until is not None and today <= until:
        raise WarningFirst
    if course.status is Status.OBSERVED and needs_warning(item, earlier):
        raise WarningFirst
    return after


def notify(course: Course, until: date) -> Course:
    """From now on the fine is owed, and can be objected to until that day."""
    return replace(advance(course, Action.NOTIFY), until=until)


def object_to(course: Course, today: date) -> Course:
    """Raises ObjectionTooLate."""
    after = advance(course, Action.OBJECT)
    _require_time(course, today)
    return replace(after, until=None)


def sue(course: Course, today: date) -> Course:
    """Raises ObjectionTooLate, also after a court has decided once."""
    after = advance(course, Action.SUE)
    _require_time(course, today)
    return replace(after, until=None)


def decide(course: Course, action: Action, *, court_until: date) -> Course:
    """An objection's decision, or a court's judgment, after which a fine is final at once."""
    after = advance(course, action)
    if action is Action.CANCEL:
        return replace(after, until=None)
    judged = course.status is Status.JUDICIAL
    return replace(after, judged=judged, final=judged, until=None if judged else court_until)


def cancel(course: Course) -> Course:
    """A mistake, or a decision in the offender's favour."""
    return replace(advance(course, Action.CANCEL), until=None)


def pay(course: Course) -> Course:
    """The fine was paid, and nobody objects any more."""
    return replace(advance(course, Action.PAY), until=None)


def owe_again(course: Course, *, decided: Status | None, until: date) -> Course:
    """What was paid goes back, and nobody has decided that the fine isn't owed. `decided`: what an objection or a court
    came to. Nobody objects to what he has paid; so he gets his time anew, `until` its last day, unless the fine was
    final. Raises IllegalTransition."""
    require(course, Status.PAID, "owe_again")
    return replace(course, status=decided or Status.UNPAID, until=None if course.final else until)


def become_final(course: Course, today: date) -> Course:
    """Nobody objected in time. The same course while somebody still may, and once the fine is settled."""
    waits = course.status in PAYABLE and not course.final
    if not waits or course.until is None or today <= course.until:
        return course
    return replace(course, final=True, until=None)


def _require_time(course: Course, today: date) -> None:
    if course.until is None or today > course.until:
        raise ObjectionTooLate


def require_another(subject: str, *others: str | None) -> None:
    """Raises AnotherPerson when the one who decides is one of those who recorded it."""
    if subject in others:
        raise AnotherPerson


def last_day(first: date, days: int) -> date:
    """The last of so many days after the first, which isn't counted."""
    return first + timedelta(days=days)
