"""The life of a lease of municipal property (مزايدة), and its term: the term is counted from the hand-over of the site,
and never from the auction or the contract."""

from dataclasses import dataclass
from datetime import date, timedelta

from chassis.core.refusals import Conflict, Findings
from chassis.core.state_machine import StateMachine
from saudi.days import add_years
from tenders.domain.offerings import BEFORE_CONTRACT, STEPS_TO_OPENING, TITLES, Action, Status

KIND = "auction"  # the kind of inquiries, and of the words for the states
TEMPORARY = "temporary"
MOST_TEMPORARY_DAYS = 180
ENDED = (Status.HANDED_OVER, Status.RETURNED, Status.CANCELLED)
_CANCELLED_FROM = (*BEFORE_CONTRACT, Status.NEGOTIATING)
LIFE = StateMachine[Status, Action](
    steps={
        **STEPS_TO_OPENING,
        Action.BUY_BOOKLET: {Status.PUBLISHED: Status.PUBLISHED},
        Action.NEGOTIATE: {Status.OPENED: Status.NEGOTIATING},
        Action.AWARD: dict.fromkeys((Status.OPENED, Status.NEGOTIATING), Status.AWARDED),
        Action.CONTRACT: {Status.AWARDED: Status.CONTRACTED},
        Action.HAND_OVER: {Status.CONTRACTED: Status.HANDED_OVER},
        Action.EXTEND: {Status.HANDED_OVER: Status.HANDED_OVER},
        Action.RETURN: {Status.HANDED_OVER: Status.RETURNED},
        Action.CANCEL: dict.fromkeys(_CANCELLED_FROM, Status.CANCELLED),
    },
    titles=TITLES,
    prefix="lease_",
)


class BelowMinimum(Conflict):
    """The amount doesn't reach the investment committee's least rent."""

    problem = "below-minimum"


class NotExtendable(Conflict):
    """A temporary lease is extended once, by the same term, before its end."""

    problem = "not-extendable"


class TermNotOver(Conflict):
    """The last day of the term isn't over."""

    problem = "term-not-over"


@dataclass(frozen=True)
class SigningTerm:
    """The days that a winner has to sign the contract, counted from the award, and the days after them in which an
    officer still records a contract that was signed in time."""

    days: int
    record_days: int

    def sign_until(self, awarded_on: date) -> date:
        """Returns the last day on which the winner signs."""
        return awarded_on + timedelta(days=self.days)

    def record_until(self, awarded_on: date) -> date:
        """Returns the last day on which an officer records the contract: the clock cancels the award after it."""
        return self.sign_until(awarded_on) + timedelta(days=self.record_days)


def check_term(kind: str, years: int | None, days: int | None, findings: Findings) -> None:
    """Notes a term that doesn't fit the kind: a temporary lease has days, 180 at the most, any other has years."""
    field, term, other = ("term_years", years, days)
    if kind == TEMPORARY:
        field, term, other = ("term_days", days, years)
    if term is None or other is not None:
        findings.fault(field, "term-of-kind")
    elif days is not None and days > MOST_TEMPORARY_DAYS:
        findings.fault(field, "maximum", limit=MOST_TEMPORARY_DAYS)


def ends_on(first: date, *, years: int | None, days: int | None) -> date:
    """Returns the last day of a term that begins with the day of the hand-over."""
    after = add_years(first, years) if years is not None else first + timedelta(days=days or 0)
    return after - timedelta(days=1)


def require_minimum(amount: int, minimum: int) -> None:
    """Raises BelowMinimum."""
    if amount < minimum:
        raise BelowMinimum


def extend_term(last: date, *, days: int | None, extended: bool, today: date) -> date:
    """Returns the last day of an extended temporary lease. Raises NotExtendable for a lease of years, for the second
    time, and after the term."""
    if days is None or extended or today > last:
        raise NotExtendable
    return last + timedelta(days=days)


def require_term_over(last: date | None, today: date) -> None:
    """Raises TermNotOver."""
    if last is None or today <= last:
        raise TermNotOver
