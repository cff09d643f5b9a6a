"""What becomes of a violation by itself, when a deadline is due. A deadline that was outrun changes nothing."""

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from chassis.core.actors import SystemActor
from chassis.core.refusals import NotFound
from chassis.data.aggregates import lock
from chassis.data.deadlines import Deadline, DeadlineHandler
from licences.commands import redeciding
from licences.commands.violations.recording import (
    CLOSING,
    CORRECTION,
    DECISION,
    FINALITY,
    course_of,
    record_violation,
    set_course,
)
from licences.context import Context
from licences.domain import violations
from licences.domain.violations import Action, Status
from licences.models import Objection, Violation
from saudi.days import legal_day

SERVICE_CLOCK = SystemActor("service-clock", client_id="licences")


def end_correction(session: Session, row: Violation, now: datetime) -> None:
    """The time to correct is over: an inspector is to look again. Publishes `correction_ended`."""
    over = row.correct_until is not None and legal_day(now) > row.correct_until
    if row.status == Status.WARNED and over and row.seen_again_from is None:
        row.seen_again_from = legal_day(now)
        record_violation(
            session, row, SERVICE_CLOCK, "correction_ended", "correction_ended", now=now
        )


def become_final(session: Session, row: Violation, now: datetime) -> None:
    """Nobody objected in time, or went to court. Publishes `became_final`, of which the offender hears; it holds up his
    applications, also those that wait for their money."""
    before = course_of(row)
    after = violations.become_final(before, legal_day(now))
    if after != before:
        set_course(session, row, after, now)
        record_violation(
            session, row, SERVICE_CLOCK, "become_final", "became_final", now=now, told=True
        )
        redeciding.of_violation(session, row, now=now)


def note_overdue(session: Session, row: Violation, now: datetime) -> None:
    """The objection isn't decided in time; it stays open, and heads the list. Publishes `decision_overdue`."""
    objection = session.get(Objection, row.violation_id)
    if row.status != Status.OBJECTED or objection is None or objection.overdue:
        return
    if legal_day(now) > objection.decide_until:
        objection.overdue = True
        record_violation(
            session, row, SERVICE_CLOCK, "decision_overdue", "decision_overdue", now=now
        )


def close_paid(session: Session, row: Violation, now: datetime) -> None:
    """Paid for so long, and nothing else to do. Publishes `closed`."""
    if row.status == Status.PAID:
        set_course(session, row, violations.advance(course_of(row), Action.CLOSE), now)
        record_violation(session, row, SERVICE_CLOCK, Action.CLOSE, "closed", now=now)


def _handler(carry_out: Callable[[Session, Violation, datetime], None]) -> DeadlineHandler:
    def due(context: Context, deadline: Deadline) -> None:
        try:
            row = lock(context.session, Violation, deadline.aggregate_id)
        except NotFound:
            return
        carry_out(context.session, row, context.now)

    return due


DEADLINES: Mapping[str, DeadlineHandler] = {
    CORRECTION: _handler(end_correction),
    FINALITY: _handler(become_final),
    DECISION: _handler(note_overdue),
    CLOSING: _handler(close_paid),
}
