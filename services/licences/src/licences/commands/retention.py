"""Empties the personal data of applications, licences and violations whose time is over; the figures stay."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, or_, select, update

from chassis.core.actors import SystemActor
from chassis.data.deadlines import drop_deadlines
from chassis.data.retention import Retention
from chassis.data.unit_of_work import UnitOfWork
from chassis.files.attachments import reassign
from licences.commands.recording import record_application, record_licence
from licences.commands.violations.recording import record_violation_change
from licences.domain.applications import APPLICATION_FILES
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
from saudi.days import legal_day

RETENTION = SystemActor("retention", client_id="licences")


def empty_applications(work: UnitOfWork, *, before: datetime) -> int:
    """Empties a batch of applications that ended before, with their files. Publishes `emptied`. Returns how many."""
    due = (Application.closed_at < before) & Application.emptied_at.is_(None)
    rule = Retention(
        Application,
        due,
        lambda work, row: _empty_application(work, row, before),
        order_by=Application.closed_at,
        name="applications",
    )
    return rule.run(work)


def _empty_application(work: UnitOfWork, row: Application, before: datetime) -> None:
    key = row.application_id
    row.body = row.owner_number = row.owner_key = row.decision = row.reasons = None
    row.emptied_at = work.now
    _write(work, update(Fact).where(Fact.application_id == key).values(value=None))
    _empty_visit_notes(work, Inspection.application_id == key, before)
    _drop_remarks(work, row)
    reassign(work.session, (APPLICATION_FILES, key), None)
    record_application(work, row, "empty", "emptied")


def empty_licences(work: UnitOfWork, *, before: datetime) -> int:
    """Empties a batch of licences that were cancelled, or ran out, before. Publishes `emptied`. Returns how many.

    The trade name is public while the licence counts; it's often a person's own name. The unified number says to which
    establishment the figures belong.
    """
    day = legal_day(before)
    over = or_(
        Licence.expires_on < day,
        (Licence.status == Status.CANCELLED) & (Licence.changed_at < day),
    )
    due = over & Licence.emptied_at.is_(None)
    rule = Retention(Licence, due, _empty_licence, order_by=Licence.expires_on, name="licences")
    return rule.run(work)


def _empty_licence(work: UnitOfWork, row: Licence) -> None:
    key = row.licence_id
    row.body = row.owner_number = row.owner_key = row.decision = row.reason = None
    row.trade_name = row.trade_key = row.before_closing = None
    row.emptied_at = work.now
    documents = update(SignedDocument).where(SignedDocument.licence_id == key)
    _write(work, documents.values(content=None, code=None, initials=None))
    _empty_visit_notes(work, Inspection.licence_id == key, work.now)
    _drop_remarks(work, row)
    record_licence(work, row, "empty", "emptied")


def empty_violations(work: UnitOfWork, *, before: datetime) -> int:
    """Empties a batch of violations that ended before. Publishes `emptied`. Returns how many."""
    due = (Violation.ended_at < before) & Violation.emptied_at.is_(None)
    rule = Retention(
        Violation, due, _empty_violation, order_by=Violation.ended_at, name="violations"
    )
    return rule.run(work)


def _empty_violation(work: UnitOfWork, row: Violation) -> None:
    """Removes who the offender was and what people wrote."""
    row.offender = row.note = row.findings = row.judgment_reasons = None
    row.offender_key = row.establishment = None
    row.emptied_at = work.now
    objection = work.session.get(Objection, row.violation_id)
    if objection is not None:
        objection.reasons = objection.decision_reasons = None
    fines = select(FineInvoice).where(FineInvoice.violation_id == row.violation_id)
    for invoice in work.session.scalars(fines):
        work.lock(FineInvoice, invoice.invoice_id).payer = None
    drop_deadlines(work.session, Violation.aggregate_type, row.violation_id)
    record_violation_change(work, row, "empty", "emptied")


def _empty_visit_notes(work: UnitOfWork, which: ColumnElement[bool], before: datetime) -> None:
    """Empties what inspectors wrote of the person. A later visit keeps its note for its own time."""
    _write(work, update(Inspection).where(which, Inspection.ordered_at < before).values(note=None))


def _drop_remarks(work: UnitOfWork, row: Application | Licence) -> None:
    """Drops what officers wrote as they acted."""
    of_row = Remark.aggregate_type == row.aggregate_type, Remark.aggregate_id == row.aggregate_id
    _write(work, delete(Remark).where(*of_row))


def _write(work: UnitOfWork, statement: Any) -> None:
    work.session.execute(statement.execution_options(synchronize_session=False))
