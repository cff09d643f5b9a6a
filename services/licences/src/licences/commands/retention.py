"""Empties the personal data of applications and licences whose time is over; the figures stay."""

from datetime import date, datetime

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from chassis.data.aggregates import Itself, lock
from chassis.files.attachments import pass_on
from licences.commands.mine import FILES
from licences.commands.recording import record_application, record_licence
from licences.domain.licences import Status
from licences.models import Application, Fact, Inspection, Licence, SignedDocument

RETENTION = Itself("retention", "licences")
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
        pass_on(session, (FILES, key), None)
        record_application(session, row, RETENTION, "empty", "emptied", now=now)
    return len(keys)


def _empty_notes(session: Session, of: ColumnElement[bool], before: datetime) -> None:
    """What inspectors wrote of the person; a visit of later keeps its own time."""
    notes = update(Inspection).where(of, Inspection.ordered_at < before).values(note=None)
    session.execute(notes.execution_options(synchronize_session=False))


def empty_licences(session: Session, *, before: date, now: datetime) -> int:
    """Those that were cancelled, or whose last day was, before that; at most 100. Publishes `emptied`. Answers how
    many."""
    over = or_(
        Licence.expires_on < before,
        (Licence.status == Status.CANCELLED) & (Licence.changed_at < before),
    )
    due = select(Licence.licence_id).where(over, Licence.emptied_at.is_(None))
    keys = session.scalars(due.order_by(Licence.expires_on).limit(BATCH)).all()
    for key in keys:
        row = lock(session, Licence, key)
        row.body = row.owner_number = row.owner_key = row.decision = row.reason = None
        row.emptied_at = now
        mine = update(SignedDocument).where(SignedDocument.licence_id == key)
        emptied = mine.values(content=None, code=None, initials=None)
        session.execute(emptied.execution_options(synchronize_session=False))
        _empty_notes(session, Inspection.licence_id == key, now)
        record_licence(session, row, RETENTION, "empty", "emptied", now=now)
    return len(keys)
