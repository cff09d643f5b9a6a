"""Rules that tenders and leases share: actions, deadlines, bids, and numbers. An offering is a tender or a lease."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from chassis.core.refusals import Conflict, Findings, InvalidFields, NotFound
from saudi.bilingual import Bilingual
from saudi.branches import DIGITS

TENDER, LEASE = "tender", "lease"  # the types of aggregates, and the series of numbers
# Digit and length keep the numbers apart from those of every other series: tests/architecture/test_number_series.py.
SERIES_DIGIT = {TENDER: "5", LEASE: "4"}
PAPER = "paper"
SOURCES: Mapping[str, Collection[str]] = {TENDER: {PAPER, "etimad"}, LEASE: {PAPER, "furas"}}
# Why an officer dismisses a question; the asker reads the words.
DISMISSALS: Mapping[str, Bilingual] = {
    "abusive": Bilingual("في السؤال عبارات مسيئة.", "The question is abusive."),
    "repeated": Bilingual("أُجيب عن هذا السؤال من قبل.", "This question was answered before."),
    "unrelated": Bilingual(
        "لا يتعلق السؤال بهذه المنافسة أو المزايدة.",
        "The question isn't about this tender or lease.",
    ),
}


class Action(StrEnum):
    """What officers and the clock do with an offering. `words`: the name of the step."""

    words: Mapping[str, str]

    def __new__(cls, value: str, ar: str = "", en: str = "") -> "Action":
        action = str.__new__(cls, value)
        action._value_, action.words = value, {"ar": ar, "en": en}
        return action

    DRAFT = "draft", "إعداد المسودة", "Draft"
    EDIT = "edit", "تعديل المسودة", "Edit the draft"
    PUBLISH = "publish", "نشر", "Publish"
    AMEND = "amend", "تعديل", "Amend"
    ANSWER = "answer", "إجابة سؤال", "Answer a question"
    RECEIVE = "receive", "تسجيل عرض", "Record a bid"
    WITHDRAW_RECEIPT = "withdraw-receipt", "إلغاء تسجيل عرض", "Withdraw a receipt"
    DISMISS = "dismiss", "استبعاد سؤال", "Dismiss a question"
    BUY_BOOKLET = "buy-booklet", "شراء الكراسة", "Buy the booklet"
    CLOSE = "close", "إقفال استلام العروض", "Close for bids"
    OPEN = "open", "فتح العروض", "Open the bids"
    NEGOTIATE = "negotiate", "تفاوض", "Negotiate"
    AWARD = "award", "ترسية", "Award"
    CONTRACT = "contract", "تسجيل العقد", "Record the contract"
    HAND_OVER = "hand-over", "تسليم الموقع", "Hand over the site"
    EXTEND = "extend", "تمديد", "Extend"
    RETURN = "return", "استلام الموقع", "Record the return"
    CANCEL = "cancel", "إلغاء", "Cancel"
    FORGET = "forget", "محو المتابعين", "Forget the followers"


class Status(StrEnum):
    """The states of tenders and leases. Nobody outside hears of a draft. Only a lease is negotiated, handed over and
    returned."""

    DRAFT = "draft"
    PUBLISHED = "published"
    CLOSED = "closed"
    OPENED = "opened"
    NEGOTIATING = "negotiating"
    AWARDED = "awarded"
    CONTRACTED = "contracted"
    HANDED_OVER = "handed_over"
    RETURNED = "returned"
    CANCELLED = "cancelled"


BEFORE_CONTRACT = (Status.DRAFT, Status.PUBLISHED, Status.CLOSED, Status.OPENED, Status.AWARDED)
UNTIL_OPENING = (Status.PUBLISHED, Status.CLOSED)
_UNTIL_OPENING = {one: one for one in UNTIL_OPENING}
STEPS_TO_OPENING: Mapping[Action, Mapping[Status, Status]] = {
    Action.EDIT: {Status.DRAFT: Status.DRAFT},
    Action.PUBLISH: {Status.DRAFT: Status.PUBLISHED},
    Action.AMEND: {Status.PUBLISHED: Status.PUBLISHED},
    Action.ANSWER: _UNTIL_OPENING,
    Action.RECEIVE: {Status.PUBLISHED: Status.PUBLISHED},
    Action.WITHDRAW_RECEIPT: _UNTIL_OPENING,
    Action.DISMISS: _UNTIL_OPENING,
    Action.CLOSE: {Status.PUBLISHED: Status.CLOSED},
    Action.OPEN: {Status.CLOSED: Status.OPENED},
}
TITLES = {one: one.words for one in Action}


class OfferingChanged(Conflict):
    """The offering has changed since the caller read it."""

    problem = "offering-changed"


class BidsAreClosed(Conflict):
    """The deadline for bids is over."""

    problem = "bids-are-closed"


class BidsAreSealed(Conflict):
    """The published time of the opening hasn't come."""

    problem = "bids-are-sealed"


class BidsMayBeOpen(Conflict):
    """The published time of the opening has come: no receipt is withdrawn any more."""

    problem = "bids-may-be-open"


class BidRecordedAlready(Conflict):
    """The offering has a bid of this number."""

    problem = "bid-recorded-already"


class SamePerson(Conflict):
    """Whoever recorded the opening doesn't record the award, and whoever recorded a receipt doesn't withdraw it."""

    problem = "same-person"


class NotAccepted(Conflict):
    """The committee didn't accept the bid."""

    problem = "not-accepted"


class QuestionsAreClosed(Conflict):
    """The deadline for questions is over."""

    problem = "questions-are-closed"


class AnsweredAlready(Conflict):
    """A published answer stays."""

    problem = "answered-already"


class DismissedAlready(Conflict):
    """A dismissed question isn't answered."""

    problem = "dismissed-already"


FARTHEST = timedelta(days=2 * 365)


@dataclass(frozen=True)
class Deadlines:
    """The published moments of an edition, in UTC."""

    questions_until: datetime
    bids_until: datetime
    opens_at: datetime

    def fault_moments(self, now: datetime, findings: Findings) -> None:
        """Notes moments that are over, too far ahead or in the wrong order."""
        for name, moment in vars(self).items():
            fault_moment(name, moment, now, findings)
        self.fault_order(findings)

    def fault_order(self, findings: Findings) -> None:
        """Notes moments in the wrong order: questions end before bids, and bids end before their opening."""
        if self.questions_until > self.bids_until:
            findings.fault("bids_until", "before-questions-end")
        if self.bids_until > self.opens_at:
            findings.fault("opens_at", "before-bids-end")


def fault_moment(name: str, moment: datetime, now: datetime, findings: Findings) -> None:
    """Notes a moment that is over, and one that only a slip can mean: a published moment never moves to earlier."""
    if moment <= now:
        findings.fault(name, "not-after-now")
    if moment > now + FARTHEST:
        findings.fault(name, "year-unlikely")


def amend_deadlines(before: Deadlines, changes: Mapping[str, Any], findings: Findings) -> Deadlines:
    """Returns the deadlines of the next edition. A published deadline only moves to later, because bidders count on it.
    A deadline that moves others with it is named: the order has to hold."""
    after = Deadlines(**{name: changes.get(name) or last for name, last in vars(before).items()})
    for name, last in vars(before).items():
        if getattr(after, name) < last:
            findings.fault(name, "only-later")
    after.fault_order(findings)
    return after


def require_bids_open(bids_until: datetime, now: datetime) -> None:
    """Raises BidsAreClosed at the deadline and afterwards, also before the clock closed the offering."""
    if now >= bids_until:
        raise BidsAreClosed


def require_opening_time(opens_at: datetime, now: datetime) -> None:
    """Raises BidsAreSealed before the published time of the opening."""
    if now < opens_at:
        raise BidsAreSealed


def require_bids_sealed(opens_at: datetime, now: datetime) -> None:
    """Raises BidsMayBeOpen at the published time of the opening and afterwards: somebody may know the contents."""
    if now >= opens_at:
        raise BidsMayBeOpen


def require_questions_open(questions_until: datetime, now: datetime) -> None:
    """Raises QuestionsAreClosed."""
    if now >= questions_until:
        raise QuestionsAreClosed


def question_status(
    status: str, answered_at: datetime | None, dismissed_at: datetime | None
) -> str:
    """Returns what the asker reads. `status`: of the offering. An answered question isn't dismissed, a dismissed
    question isn't answered, and after the opening nobody answers or dismisses one."""
    if answered_at is not None:
        return "answered"
    if dismissed_at is not None:
        return "dismissed"
    return "waiting" if status in UNTIL_OPENING else "unanswered"


def require_true_cause(
    code: str,
    status: str,
    bids: Mapping[str, int | None],
    *,
    least: int | None,
    signing_is_over: bool,
) -> None:
    """Raises InvalidFields for a cause of a cancellation that the opening or the award contradicts: everybody reads it.
    `bids`: receipt number → the amount of an accepted bid, None for another. `least`: the least rent of a lease."""
    accepted = [amount for amount in bids.values() if amount is not None]
    is_opened = status in (Status.OPENED, Status.NEGOTIATING)
    is_true = {
        "no-bids": is_opened and not bids,
        "none-accepted": is_opened and bool(bids) and not accepted,
        "below-minimum": is_opened and bool(accepted) and max(accepted) < (least or 0),
        "winner-silent": status == Status.AWARDED and signing_is_over,
    }
    if not is_true.get(code, True):
        raise InvalidFields.of("code", "cause-not-so")


def require_unsettled(settled_at: datetime | None) -> None:
    """Raises NotFound for an offering with a contract or a cancellation: followers hear nothing more of it."""
    if settled_at is not None:
        raise NotFound


def require_source(offering: str, source: str) -> None:
    """Raises InvalidFields: Etimad takes bids of tenders, Furas those of leases."""
    if source not in SOURCES[offering]:
        raise InvalidFields.of("source", "source-of-kind")


def check_opening(received: Collection[str], read: Sequence[str]) -> None:
    """Requires that the committee read every received bid, once, and no other. Raises InvalidFields."""
    findings = Findings()
    for place, number in enumerate(read):
        if number not in received:
            findings.fault(f"bids.{place}.receipt_number", "bid-unknown")
        elif number in read[:place]:
            findings.fault(f"bids.{place}.receipt_number", "bid-twice")
    if set(received) - set(read):
        findings.fault("bids", "bid-left-out")
    findings.settle()


def require_another_person(first: str | None, subject: str) -> None:
    """Raises SamePerson if `subject` also did the `first` step. The committee that opens and the committee that awards
    check each other, and nobody alone makes a received bid disappear."""
    if first == subject:
        raise SamePerson


def number_text(series: str, municipality: str, year: int, serial: int) -> str:
    """Returns a number in plain digits: the Hijri year, the municipality in two digits, the series' digit, the serial.
    `14480450000017` is the 17th tender that Saihat published in 1448."""
    return f"{year}{DIGITS[municipality]}{SERIES_DIGIT[series]}{serial:07}"


def next_step(status: str, ended: Collection[str]) -> str:
    """Returns the side that acts next, as the inquiry names it. `ended`: the states after which nobody acts."""
    if status in ended:
        return "none"
    return "applicant" if status == "published" else "municipality"


def offering_of(number: str) -> str | None:
    """Returns the type of the offering that has a number; None for another series."""
    digit = number[6:7]
    return next((one for one, known in SERIES_DIGIT.items() if known == digit), None)
