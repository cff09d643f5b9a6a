"""Empties the personal data of applications and licences whose time is over; the figures stay."""

from datetime import date, datetime

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.orm import Session

from chassis.core.actors import SystemActor
from chassis.data.aggregates import lock
from chassis.data.deadlines import drop_deadlines
from chassis.files.attachments import pass_on
from licences.commands.drafts import APPLICATION_FILES
from licences.commands.recording import record_application, record_licence
from licences.commands.violations.recording import record_violation
from licences.domain.licences import Status
from licences.models import (
    Application,
    Fact,
    FineInvoice,
    Inspection,
    Licence,
    Objection,
    Remark,
    SignedDocument,
    Violation,
)

RETENTION = SystemActor("retention", "licences")
BATCH = 100


def empty_applications(session: Session, *, before: datetime, now: datetime) -> int:
    """Those that ended before that, with their files, at most 100. Publishes `emptied`. Answers how many."""
    due = select(Application.application_id).where(
        Application.closed_at < before, Application.emptied_at.is_(None)
    )
    keys = session.scalars(due.order_by(Application.closed_at).limit(BATCH)).all()
    for key in keys:
        row = lock(session, Application, key)
        row.body = row.owner_number = row.owner_key = row.decision = row.reasons = None
        row.emptied_at = now
        facts = update(Fact).where(Fact.application_id == key).values(value=None)
        session.execute(facts.execution_options(synchronize_session=False))
        _empty_notes(session, Inspection.application_id == key, before)
        _drop_remarks(session, row)
        pass_on(session, (APPLICATION_FILES, key), None)
        record_application(session, row, RETENTION, "empty", "emptied", now=now)
    return len(keys)


def _empty_notes(session: Session, of: ColumnElement[bool], before: datetime) -> None:
    """What inspectors wrote of the person; a visit of later keeps its own time."""
    notes = update(Inspection).where(of, Inspection.ordered_at < before).values(note=None)
    session.execute(notes.execution_options(synchronize_session=False))


def _drop_remarks(session: Session, row: Application | Licence) -> None:
    """What officers wrote as they acted."""
    mine = Remark.aggregate_type == row.aggregate_type, Remark.aggregate_id == row.aggregate_id
    dropped = delete(Remark).where(*mine)
    session.execute(dropped.execution_options(synchronize_session=False))


def empty_licences(session: Session, *, before: date, now: datetime) -> int:
    """Those that were cancelled, or whose last day was, before that; at most 100. Publishes `emptied`. Answers how
    many.

    The trade name is public while the licence counts. It's often a person's own; the unified number says of which
    establishment the figures are."""
    over = or_(
        Licence.expires_on < before,
        (Licence.status == Status.CANCELLED) & (Licence.changed_at < before),
    )
    due = select(Licence.licence_id).where(over, Licence.emptied_at.is_(None))
    keys = session.scalars(due.order_by(Licence.expires_on).limit(BATCH)).all()
    for key in keys:
        row = lock(session, Licence, key)
        row.body = row.owner_number = row.owner_key = row.decision = row.reason = None
        row.trade_name = row.trade_key = row.before_closing = None
        row.emptied_at = now
        mine = update(SignedDocument).where(SignedDocument.licence_id == key)
        emptied = mine.values(content=None, code=None, initials=None)
        session.execute(emptied.execution_options(synchronize_session=False))
        _empty_notes(session, Inspection.licence_id == key, now)
        _drop_remarks(session, row)
        record_licence(session, row, RETENTION, "empty", "emptied", now=now)
    return len(keys)


def empty_violation(session: Session, row: Violation, now: datetime) -> None:
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


def empty_violations(session: Session, *, before: datetime, now: datetime) -> int:
    """Empties violations that ended before that; at most 100 of them. Answers how many."""
    due = select(Violation.violation_id).where(
        Violation.ended_at < before, Violation.emptied_at.is_(None)
    )
    ids = session.scalars(due.order_by(Violation.ended_at).limit(BATCH)).all()
    for violation_id in ids:
        empty_violation(session, lock(session, Violation, violation_id), now)
    return len(ids)
