"""The life of a report, from filing to its end: statuses, actions, and what each action needs."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum

from chassis.core.refusals import Conflict, IllegalTransition, InvalidFields
from reports.domain.actions import words
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
    Status.NEW: ("جديد", "New"),
    Status.CLASSIFIED: ("مصنف", "Classified"),
    Status.ASSIGNED: ("محال", "Referred"),
    Status.IN_PROGRESS: ("قيد المعالجة", "In progress"),
    Status.WAITING_EXTERNAL: ("مرتبط بجهة أخرى", "Linked to another body"),
    Status.WAITING_REPORTER: ("بانتظار المبلّغ", "Waiting for the reporter"),
    Status.RESOLVED: ("تمت المعالجة", "Treated"),
    Status.CLOSED: ("مغلق", "Closed"),
    Status.REJECTED: ("مرفوض لعدم الاختصاص", "Rejected as out of scope"),
    Status.DUPLICATE: ("مكرر", "Duplicate"),
}


# Who acts next, as the inquiry shows it.
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
    """`start` also gives the work to another contractor, and goes on after the outside body did its part; `start` and
    `refer` withdraw a question that nobody answered."""

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


# Citizens' channels: whoever reports by them says who he is.
CITIZENS = frozenset((Channel.APP, Channel.WEB))
UNASSIGNED = (Status.NEW, Status.CLASSIFIED)
AT_WORK = (Status.ASSIGNED, Status.IN_PROGRESS)
WAITING = (Status.WAITING_EXTERNAL, Status.WAITING_REPORTER)
# Whose clock counts: neither treated nor ended.
RUNNING = (*UNASSIGNED, *AT_WORK, *WAITING)
ENDED = (Status.CLOSED, Status.REJECTED, Status.DUPLICATE)


def _same(*statuses: Status) -> dict[Status, Status]:
    return {status: status for status in statuses}


TRANSITIONS: dict[Action, dict[Status, Status]] = {
    Action.REFER: dict.fromkeys(RUNNING, Status.ASSIGNED),
    # A department's report to the officer; a poor treatment to the department that did it.
    Action.RETURN: {
        **dict.fromkeys(AT_WORK, Status.CLASSIFIED),
        Status.RESOLVED: Status.ASSIGNED,
    },
    Action.START: dict.fromkeys((*AT_WORK, *WAITING), Status.IN_PROGRESS),
    Action.LINK_EXTERNAL: dict.fromkeys(AT_WORK, Status.WAITING_EXTERNAL),
    Action.ASK: dict.fromkeys((*UNASSIGNED, *AT_WORK), Status.WAITING_REPORTER),
    # Back to the status in which the question was asked.
    Action.ANSWER: {Status.WAITING_REPORTER: Status.ASSIGNED},
    Action.RESOLVE: dict.fromkeys((*AT_WORK, Status.WAITING_EXTERNAL), Status.RESOLVED),
    Action.CLOSE: {Status.RESOLVED: Status.CLOSED},
    Action.REOPEN: {Status.CLOSED: Status.ASSIGNED},
    Action.REJECT: dict.fromkeys(RUNNING, Status.REJECTED),
    Action.MARK_DUPLICATE: dict.fromkeys(RUNNING, Status.DUPLICATE),
    # To assigned when a department has it.
    Action.SPLIT: {Status.DUPLICATE: Status.CLASSIFIED},
    Action.FOLLOW: {Status.DUPLICATE: Status.CLOSED},
    Action.FOLLOW_REJECTION: {Status.DUPLICATE: Status.REJECTED},
    Action.CORRECT: {**_same(*RUNNING, Status.RESOLVED), Status.NEW: Status.CLASSIFIED},
    Action.ESCALATE: _same(*UNASSIGNED, *AT_WORK),
    Action.RATE: _same(Status.CLOSED),
    Action.EMPTY: _same(*ENDED),
}


class ReopeningClosed(Conflict):
    """The window that began with the closing is over."""

    problem = "reopening-window-over"


class ReopenedTooOften(Conflict):
    """A report is reopened so many times and no more: what's still wrong is a new report."""

    problem = "reopened-too-often"


class AfterPhotoMissing(Conflict):
    """The type asks for a photo taken after the treatment."""

    problem = "after-photo-missing"


class OnlyPictures(Conflict):
    """A paper tells in its metadata who wrote it, and where: only a picture, which was written anew, is released."""

    problem = "only-pictures-released"


class ReporterUnreachable(Conflict):
    """Nobody left a mobile: a question would reach nobody."""

    problem = "reporter-unreachable"


class RatingTooEarly(Conflict):
    """A reporter rates a treatment that has ended: not one that began anew, and no rejection."""

    problem = "rating-too-early"


class RatedBefore(Conflict):
    """The reporter has rated this closing; his word isn't replaced by another one."""

    problem = "rated-before"


class DuplicateNotPossible(Conflict):
    """`code`: `itself`, `main-has-ended`, `main-is-duplicate`, `has-duplicates`, and without a note `other-category`,
    `too-far`."""

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
    """Where a report stands in its life; the rules below look at nothing else."""

    status: Status
    asked_in: Status | None = None
    reopen_count: int = 0
    reopenable_until: datetime | None = None


def number_of(year: int, serial: int) -> str:
    """Hijri year and serial as plain digits: 1448104233. No hyphen, which right-to-left text turns round."""
    return f"{year}{serial:0{SERIAL_DIGITS}d}"


def advance(course: Course, action: Action) -> Course:
    """The course after an action without a rule of its own. Raises IllegalTransition, which names what is possible."""
    try:
        status = TRANSITIONS[action][course.status]
    except KeyError:
        raise _illegal(course, action) from None
    asked_in = course.asked_in if status is Status.WAITING_REPORTER else None
    return replace(course, status=status, asked_in=asked_in)


def _illegal(course: Course, action: Action) -> IllegalTransition:
    return IllegalTransition(action, course.status, words(possible(course.status)))


def start(course: Course) -> Course:
    """Work begins, or goes on. A question asked before any department had the report leads to referral only."""
    if course.asked_in in UNASSIGNED:
        raise _illegal(course, Action.START)
    return advance(course, Action.START)


def possible(status: Status) -> list[Action]:
    """The actions that lead somewhere from a status."""
    return [action for action, ways in TRANSITIONS.items() if status in ways]


def ask(course: Course, *, reachable: bool) -> Course:
    """The clock stands still until the reporter answers. Raises ReporterUnreachable without a mobile."""
    after = advance(course, Action.ASK)
    if not reachable:
        raise ReporterUnreachable
    return replace(after, asked_in=course.status)


def answer(course: Course) -> Course:
    """Back to where the question was asked."""
    after = advance(course, Action.ANSWER)
    return replace(after, status=course.asked_in or after.status)


def resolve(course: Course, *, needs_photo: bool, has_photo: bool) -> Course:
    """Raises AfterPhotoMissing."""
    after = advance(course, Action.RESOLVE)
    if needs_photo and not has_photo:
        raise AfterPhotoMissing
    return after


def close(course: Course, rule: Reopening, now: datetime) -> Course:
    """The end; «not solved» may be said until the window ends."""
    return _closed(course, Action.CLOSE, rule, now)


def follow(course: Course, rule: Reopening, now: datetime) -> Course:
    """A duplicate ends with its main report."""
    return _closed(course, Action.FOLLOW, rule, now)


def _closed(course: Course, action: Action, rule: Reopening, now: datetime) -> Course:
    """The window ends with a day of Riyadh, so that the last day that the reporter is told is wholly his. A report that
    was reopened as often as it may be has no window."""
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
    """`is_main`: other reports are duplicates of this one. Raises DuplicateNotPossible: a duplicate has one main
    report, which is no duplicate and hasn't ended."""
    after = advance(course, Action.MARK_DUPLICATE)
    if is_itself:
        raise DuplicateNotPossible("itself")
    if main.status is Status.DUPLICATE:
        raise DuplicateNotPossible("main-is-duplicate")
    if main.status in ENDED:
        raise DuplicateNotPossible("main-has-ended")
    if is_main:
        raise DuplicateNotPossible("has-duplicates")
    return after


def split(course: Course, *, is_referred: bool) -> Course:
    """A duplicate becomes a report of its own again."""
    after = advance(course, Action.SPLIT)
    return replace(after, status=Status.ASSIGNED) if is_referred else after


def check_likeness(unlike: Collection[str], note: str | None) -> None:
    """Reports of another type or from another place may be of one thing all the same; then somebody says why. `unlike`:
    the codes of what differs. Raises DuplicateNotPossible without a note."""
    if unlike and not (note or "").strip():
        raise DuplicateNotPossible(sorted(unlike)[0])


def rate(course: Course, before: int | None, stars: int) -> Course:
    """`before`: the stars that this closing has. Raises RatingTooEarly unless the report, or the main report that it
    follows, is closed, so that its treatment can be judged; RatedBefore for other stars than before."""
    if course.status not in TRANSITIONS[Action.RATE]:
        raise RatingTooEarly
    if before not in (None, stars):
        raise RatedBefore
    return advance(course, Action.RATE)


def check_rating(stars: int) -> int:
    """Raises InvalidFields unless it's 1 to 5."""
    if stars not in range(1, 6):
        raise InvalidFields.of("stars", "maximum" if stars > 5 else "minimum", limit=5)
    return stars


def is_open(status: str, ended: Collection[str] = ENDED) -> bool:
    """Whether the report hasn't ended."""
    return status not in ended
