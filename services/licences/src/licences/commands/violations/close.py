"""The end of a violation, and the closing of the place where it was seen."""

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.core.actors import SystemActor
from chassis.core.refusals import NotFound, not_blank
from chassis.data.aggregates import lock
from chassis.data.deadlines import Deadline, DeadlineHandler
from licences.commands.redecide import redecide_for_violation
from licences.commands.supervise import close_licence, lock_licence
from licences.commands.violations.recording import (
    CLOSING,
    CORRECTION,
    DECISION,
    FINALITY,
    course_of,
    item_of,
    lock_violation,
    plan_day,
    record_violation,
    set_course,
)
from licences.context import Context
from licences.domain import violations
from licences.domain.actors import Actor, acts_for
from licences.domain.licences import LicenceEnded, same_holder
from licences.domain.licences import Status as Held
from licences.domain.violations import ENDED, Action, PlaceStaysOpen, Status
from licences.models import Licence, Objection, Violation
from saudi.days import legal_day


def close_violation(
    session: Session, actor: Actor, violation_id: str, *, note: str | None, now: datetime
) -> Violation:
    """A paid violation, of which nothing is left to do. Publishes `closed`."""
    row = lock_violation(session, actor, violation_id)
    set_course(session, row, violations.advance(course_of(row), Action.CLOSE), now)
    row.note = "\n".join(part for part in (row.note, note) if part) or None
    plan_day(session, row, CLOSING, None)
    return record_violation(session, row, actor, Action.CLOSE, "closed", now=now)


def close_place(
    session: Session,
    actor: Actor,
    violation_id: str,
    *,
    seal_number: str,
    reason: str,
    now: datetime,
) -> Violation:
    """Closes the licence's place because of the violation, by somebody else than those who recorded it. Publishes
    `place_closed`, and the licence's `closed`. Raises AnotherPerson, PlaceStaysOpen, LicenceEnded."""
    row = lock_violation(session, actor, violation_id)
    violations.require_another(actor.subject, row.recorded_by, row.confirmed_by)
    is_open = row.confirmed_at is not None and row.status not in ENDED
    if not (is_open and item_of(row).closes and row.licence_no) or row.place_closed_at:
        raise PlaceStaysOpen
    row.seal_number = not_blank(seal_number, "seal_number")
    place = _lock_present_licence(session, actor, row.licence_no)
    people = {row.recorded_by, row.confirmed_by or row.recorded_by}
    close_licence(
        session,
        actor,
        place.licence_no,
        reason=reason,
        violation_id=violation_id,
        recorded_by=sorted(people),
        now=now,
    )
    row.place_closed_at, row.closed_licence_id = now, place.licence_id
    return record_violation(session, row, actor, "close_place", "place_closed", now=now, told=True)


def _lock_present_licence(session: Session, actor: Actor, licence_no: str) -> Licence:
    """The licence, locked, or the one that its holder's shop got since, as it moved. Raises NotFound, LicenceEnded."""
    first = row = lock_licence(session, actor, licence_no)
    while row.status == Held.CANCELLED:
        after = session.scalar(select(Licence).where(Licence.licence_no == row.replaced_by))
        if after is None or not (same_holder(first, after) and acts_for(actor, after.municipality)):
            raise LicenceEnded
        row = lock(session, Licence, after.licence_id)
    return row


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
        redecide_for_violation(session, row, now=now)


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


def _at_deadline(carry_out: Callable[[Session, Violation, datetime], None]) -> DeadlineHandler:
    def due(context: Context, deadline: Deadline) -> None:
        try:
            row = lock(context.session, Violation, deadline.aggregate_id)
        except NotFound:
            return
        carry_out(context.session, row, context.now)

    return due


DEADLINES: Mapping[str, DeadlineHandler] = {
    CORRECTION: _at_deadline(end_correction),
    FINALITY: _at_deadline(become_final),
    DECISION: _at_deadline(note_overdue),
    CLOSING: _at_deadline(close_paid),
}
