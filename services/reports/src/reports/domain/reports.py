"""The life of a report, from filing to its end: statuses, actions, and what each action needs."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum

from chassis.core.refusals import Conflict, IllegalTransition, InvalidFields
from chassis.core.state_machine import StateMachine
from reports.domain.actions import manual_titles
from saudi.bilingual import Bilingual
from saudi.days import RIYADH, legal_day

REPORT_SERIES = "report"
NUMBER_BRANCH = (
    "qatif"  # one series for the governorate: a number names no branch, which may be corrected
)
SERIAL_DIGITS = 6
NORMAL, URGENT = "normal", "urgent"


class Status(StrEnum):
    NEW = "new"
    CLASSIFIED = "classified"
    ASSIGNED = "assigned"
    IN_PROGRESS = "in_progress"
    WAITING_EXTERNAL = "waiting_external"
    WAITING_REPORTER = "waiting_reporter"
    RESOLVED = "resolved"
    CLOSED = "closed"
    REJECTED = "rejected"
    DUPLICATE = "duplicate"


STATUS_TITLES = {
    Status.NEW: Bilingual("جديد", "New"),
    Status.CLASSIFIED: Bilingual("مصنف", "Classified"),
    Status.ASSIGNED: Bilingual("محال", "Referred"),
    Status.IN_PROGRESS: Bilingual("قيد المعالجة", "In progress"),
    Status.WAITING_EXTERNAL: Bilingual("مرتبط بجهة أخرى", "Linked to another body"),
    Status.WAITING_REPORTER: Bilingual("بانتظار المبلّغ", "Waiting for the reporter"),
    Status.RESOLVED: Bilingual("تمت المعالجة", "Treated"),
    Status.CLOSED: Bilingual("مغلق", "Closed"),
    Status.REJECTED: Bilingual("مرفوض لعدم الاختصاص", "Rejected as out of scope"),
    Status.DUPLICATE: Bilingual("مكرر", "Duplicate"),
}


# The party that acts next, as the inquiry shows.
NEXT_STEPS = {
    **dict.fromkeys(Status, "municipality"),
    Status.WAITING_EXTERNAL: "outside_body",
    Status.WAITING_REPORTER: "applicant",
    Status.CLOSED: "none",
    Status.REJECTED: "none",
}


class Channel(StrEnum):
    CALL = "call"
    APP = "app"
    WEB = "web"
    OBSERVER = "observer"
    SOCIAL = "social"
    OPEN311 = "open311"


class Action(StrEnum):
    """The actions of the life of a report. `start` also gives the work to another contractor, and resumes the work
    after the outside body. `start` and `refer` withdraw an open question."""

    REFER = "refer"
    RETURN = "return"
    START = "start"
    LINK_EXTERNAL = "link_external"
    ASK = "ask"
    ANSWER = "answer"
    RESOLVE = "resolve"
    CLOSE = "close"
    REOPEN = "reopen"
    REJECT = "reject"
    MARK_DUPLICATE = "mark_duplicate"
    SPLIT = "split"
    FOLLOW = "follow"
    FOLLOW_REJECTION = "follow_rejection"
    CORRECT = "correct"
    ESCALATE = "escalate"
    RATE = "rate"
    EMPTY = "empty"


# The channels of citizens: the reporter gives a name and a mobile.
CITIZENS = frozenset((Channel.APP, Channel.WEB))
# The channels on which somebody of the municipality talks with the reporter.
SPOKEN = frozenset((Channel.CALL, Channel.SOCIAL))
UNASSIGNED = (Status.NEW, Status.CLASSIFIED)
AT_WORK = (Status.ASSIGNED, Status.IN_PROGRESS)
WAITING = (Status.WAITING_EXTERNAL, Status.WAITING_REPORTER)
# The statuses before treatment and end.
RUNNING = (*UNASSIGNED, *AT_WORK, *WAITING)
ENDED = (Status.CLOSED, Status.REJECTED, Status.DUPLICATE)


def _unchanged(*statuses: Status) -> dict[Status, Status]:
    return {status: status for status in statuses}


TRANSITIONS: dict[Action, dict[Status, Status]] = {
    Action.REFER: dict.fromkeys(RUNNING, Status.ASSIGNED),
    # A department returns a report to the officer; the officer returns a poor treatment to the department.
    Action.RETURN: {
        **dict.fromkeys(AT_WORK, Status.CLASSIFIED),
        Status.RESOLVED: Status.ASSIGNED,
    },
    Action.START: dict.fromkeys((*AT_WORK, *WAITING), Status.IN_PROGRESS),
    Action.LINK_EXTERNAL: dict.fromkeys(AT_WORK, Status.WAITING_EXTERNAL),
    Action.ASK: dict.fromkeys((*UNASSIGNED, *AT_WORK), Status.WAITING_REPORTER),
    # `answer` restores the status in which the question was asked.
    Action.ANSWER: {Status.WAITING_REPORTER: Status.ASSIGNED},
    Action.RESOLVE: dict.fromkeys((*AT_WORK, Status.WAITING_EXTERNAL), Status.RESOLVED),
    Action.CLOSE: {Status.RESOLVED: Status.CLOSED},
    Action.REOPEN: {Status.CLOSED: Status.ASSIGNED},
    Action.REJECT: dict.fromkeys(RUNNING, Status.REJECTED),
    Action.MARK_DUPLICATE: dict.fromkeys(RUNNING, Status.DUPLICATE),
    # `split` leads to assigned if a department has the report.
    Action.SPLIT: {Status.DUPLICATE: Status.CLASSIFIED},
    Action.FOLLOW: {Status.DUPLICATE: Status.CLOSED},
    Action.FOLLOW_REJECTION: {Status.DUPLICATE: Status.REJECTED},
    Action.CORRECT: {**_unchanged(*RUNNING, Status.RESOLVED), Status.NEW: Status.CLASSIFIED},
    Action.ESCALATE: _unchanged(*UNASSIGNED, *AT_WORK),
    Action.RATE: _unchanged(Status.CLOSED),
    Action.EMPTY: _unchanged(*ENDED),
}
_TITLES = manual_titles()
LIFE = StateMachine(
    TRANSITIONS, {action: _TITLES[action] for action in Action if action in _TITLES}
)
# What somebody of the municipality, a contractor or the reporter does on a report, beside looking at it.
ACTS = frozenset((*LIFE.titles, "note", "complete_work"))


class ReportChanged(Conflict):
    """The report has another version than the one that the caller has read."""

    problem = "report-changed"


class QuestionChanged(Conflict):
    """The answer is to an earlier question than the newest one."""

    problem = "question-changed"


class ReopeningClosed(Conflict):
    """The window for reopening is over."""

    problem = "reopening-window-over"


class ReopenedTooOften(Conflict):
    """The report was reopened as often as the rule allows: a remaining problem is a new report."""

    problem = "reopened-too-often"


class AfterPhotoMissing(Conflict):
    """The type asks for a photo taken after the treatment."""

    problem = "after-photo-missing"


class OnlyPictures(Conflict):
    """Only a picture is released, because the service rewrites pictures. The metadata of a paper name its author."""

    problem = "only-pictures-released"


class ReporterUnreachable(Conflict):
    """The reporter left no mobile, so a question reaches nobody."""

    problem = "reporter-unreachable"


class RatingTooEarly(Conflict):
    """A reporter rates a closed treatment, not a reopened report and not a rejection."""

    problem = "rating-too-early"


class RatedBefore(Conflict):
    """The reporter has rated this closing; the first rating stays."""

    problem = "rated-before"


class DuplicateNotPossible(Conflict):
    """`code`: `itself`, `main-has-ended`, `main-is-duplicate`, `main-is-resolved`, `has-duplicates`, and without a note
    `other-category`, `too-far`."""

    problem = "duplicate-not-possible"

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__()


@dataclass(frozen=True)
class Reopening:
    """How long after its closing, and how often, a report may be reopened."""

    window: timedelta
    most: int


@dataclass(frozen=True)
class Course:
    """The part of a report that the rules below read."""

    status: Status
    asked_in: Status | None = None
    reopen_count: int = 0
    reopenable_until: datetime | None = None
    said_at: datetime | None = None  # when the reporter last said that the problem is there
    resolved_at: datetime | None = None


def number_of(year: int, serial: int) -> str:
    """Returns Hijri year and serial as plain digits: 1448104233. Right-to-left text would turn a hyphen round."""
    return f"{year}{serial:0{SERIAL_DIGITS}d}"


def advance(course: Course, action: Action) -> Course:
    """Returns the course after an action without a rule of its own. Raises IllegalTransition, which names the possible
    actions."""
    status = LIFE.after(action, course.status)
    asked_in = course.asked_in if status is Status.WAITING_REPORTER else None
    return replace(course, status=status, asked_in=asked_in)


def start(course: Course) -> Course:
    """Begins or resumes the work. Raises IllegalTransition if the open question precedes the referral: such a report is
    referred first."""
    if course.asked_in in UNASSIGNED:
        possible = LIFE.possible(course.status)
        titles = [LIFE.titles[action] for action in possible if action in LIFE.titles]
        raise IllegalTransition(Action.START, course.status, titles)
    return advance(course, Action.START)


def ask(course: Course, *, reachable: bool) -> Course:
    """Waits for the reporter; the clock stands still. Raises ReporterUnreachable without a mobile."""
    after = advance(course, Action.ASK)
    if not reachable:
        raise ReporterUnreachable
    return replace(after, asked_in=course.status)


def require_question(status: str) -> None:
    """Raises IllegalTransition unless a question waits for the reporter."""
    if status != Status.WAITING_REPORTER:
        raise IllegalTransition("ask_again", status)


def answer(course: Course) -> Course:
    """Restores the status in which the question was asked."""
    after = advance(course, Action.ANSWER)
    return replace(after, status=course.asked_in or after.status)


def resolve(course: Course, *, needs_photo: bool, has_photo: bool) -> Course:
    """Raises AfterPhotoMissing."""
    after = advance(course, Action.RESOLVE)
    if needs_photo and not has_photo:
        raise AfterPhotoMissing
    return after


def close(course: Course, rule: Reopening, now: datetime) -> Course:
    """Closes a treated report. The reporter may say «not solved» until the window ends."""
    return _close(course, Action.CLOSE, rule, now)


def close_with_main(course: Course, rule: Reopening, now: datetime) -> Course:
    """Closes a duplicate together with its main report."""
    return _close(course, Action.FOLLOW, rule, now)


def _close(course: Course, action: Action, rule: Reopening, now: datetime) -> Course:
    """Sets the window for reopening. The window ends with a day of Riyadh, because the reporter reads a date. A report
    that was reopened as often as the rule allows has no window."""
    if course.reopen_count >= rule.most:
        return replace(advance(course, action), reopenable_until=None)
    last = datetime.combine(legal_day(now + rule.window), time(23, 59, 59), RIYADH)
    return replace(advance(course, action), reopenable_until=last.astimezone(UTC))


def reopen(course: Course, rule: Reopening, now: datetime) -> Course:
    """Raises ReopeningClosed after the window, ReopenedTooOften."""
    after = advance(course, Action.REOPEN)
    if course.reopen_count >= rule.most:
        raise ReopenedTooOften(limit=rule.most)
    if course.reopenable_until is None or now > course.reopenable_until:
        raise ReopeningClosed
    return replace(after, reopen_count=course.reopen_count + 1, reopenable_until=None)


def mark_duplicate(course: Course, main: Course, *, is_itself: bool, is_main: bool) -> Course:
    """Makes the report a duplicate. `is_main`: other reports are duplicates of this report. Raises DuplicateNotPossible
    unless the main report is open and no duplicate. A complaint that is younger than the treatment of the main report
    says that the treatment failed, so it can't be closed by that treatment."""
    after = advance(course, Action.MARK_DUPLICATE)
    if is_itself:
        raise DuplicateNotPossible("itself")
    if main.status is Status.DUPLICATE:
        raise DuplicateNotPossible("main-is-duplicate")
    if main.status in ENDED:
        raise DuplicateNotPossible("main-has-ended")
    if is_main:
        raise DuplicateNotPossible("has-duplicates")
    if _is_after_treatment(course, main):
        raise DuplicateNotPossible("main-is-resolved")
    return after


def _is_after_treatment(course: Course, main: Course) -> bool:
    if main.status is not Status.RESOLVED or main.resolved_at is None or course.said_at is None:
        return False
    return course.said_at > main.resolved_at


def split(course: Course, *, is_referred: bool) -> Course:
    """Separates a duplicate from its main report."""
    after = advance(course, Action.SPLIT)
    return replace(after, status=Status.ASSIGNED) if is_referred else after


def require_reason_for_differences(unlike: Collection[str], note: str | None) -> None:
    """Raises DuplicateNotPossible if the reports differ in type or place and no note gives the reason. `unlike`: the
    codes of the differences."""
    if unlike and not (note or "").strip():
        raise DuplicateNotPossible(sorted(unlike)[0])


def rate(course: Course, before: int | None, stars: int) -> Course:
    """Accepts a rating of a closed report. `before`: the stars of an earlier rating of this closing. Raises
    RatingTooEarly unless the report or its main report is closed; RatedBefore for a different rating."""
    if course.status not in TRANSITIONS[Action.RATE]:
        raise RatingTooEarly
    if before not in (None, stars):
        raise RatedBefore
    return advance(course, Action.RATE)


def check_rating(stars: int) -> int:
    """Returns the stars. Raises InvalidFields unless they are 1 to 5."""
    if stars not in range(1, 6):
        raise InvalidFields.of("stars", "maximum" if stars > 5 else "minimum", limit=5)
    return stars


def is_open(status: str, ended: Collection[str] = ENDED) -> bool:
    """Returns whether a report of this status is open."""
    return status not in ended


def expected_at(status: str, due_at: datetime | None) -> datetime | None:
    """Returns when the reporter and the public may expect the treatment; None for a rejected report, which nobody
    treats."""
    return None if status == Status.REJECTED else due_at
