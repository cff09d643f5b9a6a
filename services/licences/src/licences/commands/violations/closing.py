"""The end of a violation, and the closing of the place where it was seen."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.core.actors import SystemActor
from chassis.core.refusals import not_blank
from chassis.data.aggregates import lock
from chassis.data.deadlines import drop_deadlines
from licences.commands import licences
from licences.commands.violations.recording import (
    CLOSING,
    course_of,
    item_of,
    lock_violation,
    plan_day,
    record_violation,
    set_course,
)
from licences.domain import violations
from licences.domain.actors import Actor, acts_for
from licences.domain.licences import LicenceEnded, same_holder
from licences.domain.licences import Status as Held
from licences.domain.violations import ENDED, Action, PlaceStaysOpen
from licences.models import FineInvoice, Licence, Objection, Violation

RETENTION = SystemActor("retention", client_id="licences")
BATCH = 100


def close(
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
    place = _place(session, actor, row.licence_no)
    people = {row.recorded_by, row.confirmed_by or row.recorded_by}
    licences.close(
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


def _place(session: Session, actor: Actor, licence_no: str) -> Licence:
    """The licence, locked, or the one that its holder's shop got since, as it moved. Raises NotFound, LicenceEnded."""
    first = row = licences.lock_licence(session, actor, licence_no)
    while row.status == Held.CANCELLED:
        after = session.scalar(select(Licence).where(Licence.licence_no == row.replaced_by))
        if after is None or not (same_holder(first, after) and acts_for(actor, after.municipality)):
            raise LicenceEnded
        row = lock(session, Licence, after.licence_id)
    return row


def empty(session: Session, row: Violation, now: datetime) -> None:
    """Takes out who the offender was and what people wrote; the figures stay. Publishes `emptied`."""
    row.offender = row.note = row.offender_key = row.establishment = None
    row.emptied_at = now
    objection = session.get(Objection, row.violation_id)
    if objection is not None:
        objection.reasons = objection.decision_reasons = None
    mine = FineInvoice.violation_id == row.violation_id
    for invoice in session.scalars(select(FineInvoice).where(mine)):
        lock(session, FineInvoice, invoice.invoice_id).payer = None
    drop_deadlines(session, Violation.aggregate_type, row.violation_id)
    record_violation(session, row, RETENTION, "empty", "emptied", now=now)


def empty_old(session: Session, *, before: datetime, now: datetime) -> int:
    """Empties violations that ended before that; at most 100 of them. Answers how many."""
    due = select(Violation.violation_id).where(
        Violation.ended_at < before, Violation.emptied_at.is_(None)
    )
    ids = session.scalars(due.order_by(Violation.ended_at).limit(BATCH)).all()
    for violation_id in ids:
        empty(session, lock(session, Violation, violation_id), now)
    return len(ids)
