"""Empties the names of a partner's inspectors once their time is over. Result, day, stage and company stay; the
journal of each certificate says what was emptied."""

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.data.aggregates import Itself, lock, record_action
from permits.commands.settling import followed
from permits.domain.retention import EMPTIED, without_inspector
from permits.models import Certificate, Inspection, Permit

RETENTION = Itself("retention", "permits")
BATCH = 50


def empty_inspectors(session: Session, *, before: date, now: datetime) -> int:
    """Of what partners entered about visits before that day, at most 50 buildings; answers how many visits. Nothing is
    published: events never had the names."""
    due = (
        select(Certificate.permit_id)
        .join(Inspection, Inspection.certificate_id == Certificate.certificate_id)
        .where(
            Inspection.entry_id.is_not(None),
            Inspection.inspected_on < before,
            Inspection.inspector != EMPTIED,
        )
        .distinct()
        .order_by(Certificate.permit_id)
        .limit(BATCH)
    )
    permits = session.scalars(due).all()
    return sum(_of_building(session, lock(session, Permit, key), before, now) for key in permits)


def _of_building(session: Session, permit: Permit, before: date, now: datetime) -> int:
    rows = followed(session, permit).rows
    return sum(_of_certificate(session, row, before, now) for row in rows)


def _of_certificate(session: Session, row: Certificate, before: date, now: datetime) -> int:
    due = [
        visit
        for visit in row.inspections
        if visit.entry_id and visit.inspected_on < before and visit.inspector != EMPTIED
    ]
    for visit in due:
        visit.inspector = EMPTIED
    stages = [without_inspector(one, before) for one in row.stages or ()]
    if due or stages != (row.stages or []):
        row.stages = stages if row.stages is not None else None
        told = {"visits": len(due), "before": before.isoformat()}
        record_action(session, row, RETENTION, "empty_inspectors", now=now, details=told)
    return len(due)
