"""What happens to a violation by itself at a deadline. A deadline that came too late changes nothing."""

from collections.abc import Callable, Mapping

from chassis.core.actors import SystemActor
from chassis.core.refusals import NotFound
from chassis.data.deadlines import Deadline, DeadlineHandler
from chassis.data.unit_of_work import UnitOfWork
from licences.commands.redecide import redecide_for_violation
from licences.commands.violations.recording import (
    CLOSING,
    CORRECTION,
    DECISION,
    FINALITY,
    course_of,
    record_violation_change,
    set_course,
)
from licences.context import Context
from licences.domain import violations
from licences.domain.violations import Action, Status
from licences.models import Objection, Violation
from saudi.days import legal_day

SERVICE_CLOCK = SystemActor("service-clock", client_id="licences")


def end_correction(work: UnitOfWork, row: Violation) -> None:
    """Sends an inspector to look again, because the time to correct is over. Publishes `correction_ended`."""
    today = legal_day(work.now)
    over = row.correct_until is not None and today > row.correct_until
    if row.status == Status.WARNED and over and row.seen_again_from is None:
        row.seen_again_from = today
        record_violation_change(work, row, "correction_ended", "correction_ended")


def become_final(work: UnitOfWork, row: Violation) -> None:
    """Makes the fine final, because nobody objected or sued in time. Publishes `became_final`, and decides the
    offender's applications anew, also those that wait for their money."""
    before = course_of(row)
    after = violations.become_final(before, legal_day(work.now))
    if after != before:
        set_course(work, row, after)
        record_violation_change(work, row, "become_final", "became_final", to_offender=True)
        redecide_for_violation(work, row)


def note_overdue(work: UnitOfWork, row: Violation) -> None:
    """Marks an objection that isn't decided in time. The objection stays open, and heads the list. Publishes
    `decision_overdue`."""
    objection = work.session.get(Objection, row.violation_id)
    if row.status != Status.OBJECTED or objection is None or objection.overdue:
        return
    if legal_day(work.now) > objection.decide_until:
        objection.overdue = True
        record_violation_change(work, row, "decision_overdue", "decision_overdue")


def close_paid(work: UnitOfWork, row: Violation) -> None:
    """Closes a violation some days after its payment. Publishes `closed`."""
    if row.status == Status.PAID:
        set_course(work, row, violations.advance(course_of(row), Action.CLOSE))
        record_violation_change(work, row, Action.CLOSE, "closed")


def _at_deadline(carry_out: Callable[[UnitOfWork, Violation], None]) -> DeadlineHandler:
    def due(context: Context, deadline: Deadline) -> None:
        work = UnitOfWork.of(context, SERVICE_CLOCK)
        try:
            row = work.lock(Violation, deadline.aggregate_id)
        except NotFound:
            return
        carry_out(work, row)

    return due


DEADLINES: Mapping[str, DeadlineHandler] = {
    CORRECTION: _at_deadline(end_correction),
    FINALITY: _at_deadline(become_final),
    DECISION: _at_deadline(note_overdue),
    CLOSING: _at_deadline(close_paid),
}
