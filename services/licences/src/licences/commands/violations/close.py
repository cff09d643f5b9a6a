"""The end of a violation, by an officer or by itself, and the closing of the place where it was seen."""

from collections.abc import Callable, Mapping

from sqlalchemy import select

from chassis.core.actors import SystemActor
from chassis.core.refusals import NotFound, not_blank
from chassis.data.deadlines import Deadline, DeadlineHandler
from chassis.data.unit_of_work import UnitOfWork
from licences.commands.redecide import redecide_for_violation
from licences.commands.supervise import close_licence, lock_licence
from licences.commands.violations.recording import (
    CLOSING,
    CORRECTION,
    DECISION,
    FINALITY,
    add_note,
    course_of,
    item_of,
    lock_violation,
    plan_day,
    record_violation,
    set_course,
)
from licences.context import Context
from licences.domain import violations
from licences.domain.actors import acts_for
from licences.domain.licences import LicenceEnded, same_holder
from licences.domain.licences import Status as LicenceStatus
from licences.domain.violations import ENDED, Action, PlaceStaysOpen, Status
from licences.models import Licence, Objection, Violation
from saudi.days import legal_day

SERVICE_CLOCK = SystemActor("service-clock", client_id="licences")


def close_violation(work: UnitOfWork, violation_id: str, *, note: str | None) -> Violation:
    """Closes a paid violation. Publishes `closed`."""
    row = lock_violation(work, violation_id)
    set_course(work, row, violations.advance(course_of(row), Action.CLOSE))
    add_note(row, note)
    plan_day(work, row, CLOSING, None)
    return record_violation(work, row, Action.CLOSE, "closed")


def close_place(work: UnitOfWork, violation_id: str, *, seal_number: str, reason: str) -> Violation:
    """Closes the licence's place because of the violation, by another person than the recorder of the violation.
    Publishes `place_closed`, and the licence's `closed`. Raises AnotherPerson, PlaceStaysOpen, LicenceEnded."""
    row = lock_violation(work, violation_id)
    violations.require_another(work.actor.subject, row.recorded_by, row.confirmed_by)
    is_open = row.confirmed_at is not None and row.status not in ENDED
    if not (is_open and item_of(row).closes and row.licence_no) or row.place_closed_at:
        raise PlaceStaysOpen
    row.seal_number = not_blank(seal_number, "seal_number")
    place = _lock_present_licence(work, row.licence_no)
    people = {row.recorded_by, row.confirmed_by or row.recorded_by}
    close_licence(
        work,
        place.licence_no,
        reason=reason,
        violation_id=violation_id,
        recorded_by=sorted(people),
    )
    row.place_closed_at, row.closed_licence_id = work.now, place.licence_id
    return record_violation(work, row, "close_place", "place_closed", to_offender=True)


def _lock_present_licence(work: UnitOfWork, licence_no: str) -> Licence:
    """Locks the licence or, if the holder's shop has moved since, its present successor. Raises NotFound,
    LicenceEnded."""
    first = row = lock_licence(work, licence_no)
    while row.status == LicenceStatus.CANCELLED:
        successor = select(Licence).where(Licence.licence_no == row.replaced_by)
        after = work.session.scalar(successor)
        if after is None or not (
            same_holder(first, after) and acts_for(work.actor, after.municipality)
        ):
            raise LicenceEnded
        row = work.lock(Licence, after.licence_id)
    return row


# What happens by itself at a deadline. A deadline that came too late changes nothing.


def end_correction(work: UnitOfWork, row: Violation) -> None:
    """Sends an inspector to look again, because the time to correct is over. Publishes `correction_ended`."""
    today = legal_day(work.now)
    over = row.correct_until is not None and today > row.correct_until
    if row.status == Status.WARNED and over and row.seen_again_from is None:
        row.seen_again_from = today
        record_violation(work, row, "correction_ended", "correction_ended")


def become_final(work: UnitOfWork, row: Violation) -> None:
    """Makes the fine final, because nobody objected or sued in time. Publishes `became_final`, and decides the
    offender's applications anew, also those that wait for their money."""
    before = course_of(row)
    after = violations.become_final(before, legal_day(work.now))
    if after != before:
        set_course(work, row, after)
        record_violation(work, row, "become_final", "became_final", to_offender=True)
        redecide_for_violation(work, row)


def note_overdue(work: UnitOfWork, row: Violation) -> None:
    """Marks an objection that isn't decided in time. The objection stays open, and heads the list. Publishes
    `decision_overdue`."""
    objection = work.session.get(Objection, row.violation_id)
    if row.status != Status.OBJECTED or objection is None or objection.overdue:
        return
    if legal_day(work.now) > objection.decide_until:
        objection.overdue = True
        record_violation(work, row, "decision_overdue", "decision_overdue")


def close_paid(work: UnitOfWork, row: Violation) -> None:
    """Closes a violation some days after its payment. Publishes `closed`."""
    if row.status == Status.PAID:
        set_course(work, row, violations.advance(course_of(row), Action.CLOSE))
        record_violation(work, row, Action.CLOSE, "closed")


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
