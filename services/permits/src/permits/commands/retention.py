"""Empties what was kept long enough: names of a partner's inspectors, files of what came to nothing. Result,
day, stage and company stay, and so do the papers' references; the journal of each thing says what was emptied."""

from datetime import date, datetime

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from chassis.core.actors import SystemActor
from chassis.data.aggregates import lock, record_action
from permits.commands import attach_files
from permits.commands.insulation_state import lock_insulation
from permits.domain import appeals, requests
from permits.domain.files import EMPTY
from permits.domain.insulation import EMPTIED, without_inspector
from permits.models import Appeal, AttachedFile, Certificate, Inspection, Permit, PermitRequest

RETENTION = SystemActor("retention", "permits")

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
    return sum(_empty_building(session, lock(session, Permit, key), before, now) for key in permits)


def _empty_building(session: Session, permit: Permit, before: date, now: datetime) -> int:
    rows = lock_insulation(session, permit).rows
    return sum(_empty_certificate(session, row, before, now) for row in rows)


def _empty_certificate(session: Session, row: Certificate, before: date, now: datetime) -> int:
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


def empty_files(session: Session, *, before: date, now: datetime) -> int:
    """Of requests that came to nothing before that day, unless an appeal is undecided, and of appeals that were
    withdrawn before it; at most 50 of each. Answers how many things."""
    requested = session.scalars(_ended_requests(before)).all()
    appealed = session.scalars(_withdrawn_appeals(before)).all()
    done = [_empty_files(session, lock(session, PermitRequest, one), now) for one in requested]
    done += [_empty_files(session, lock(session, Appeal, one), now) for one in appealed]
    return sum(done)


def _ended_requests(before: date) -> Select[str]:
    undecided = exists().where(
        Appeal.request_id == PermitRequest.request_id,
        Appeal.status == appeals.Status.RECEIVED.value,
    )
    return _with_files(PermitRequest, PermitRequest.request_id).where(
        PermitRequest.status.in_(sorted(requests.FREED)),
        PermitRequest.ended_on < before,
        ~undecided,
    )


def _withdrawn_appeals(before: date) -> Select[str]:
    return _with_files(Appeal, Appeal.appeal_id).where(
        Appeal.status == appeals.Status.WITHDRAWN.value, Appeal.ended_on < before
    )


def _with_files(
    model: type[PermitRequest] | type[Appeal], key: InstrumentedAttribute[str]
) -> Select[str]:
    """The keys of those that have files, some of them."""
    has = exists().where(
        AttachedFile.thing_type == model.aggregate_type, AttachedFile.thing_id == key
    )
    return select(key).where(has).order_by(key).limit(BATCH)


def _empty_files(session: Session, row: PermitRequest | Appeal, now: datetime) -> int:
    """1; 0 of a request that an appeal has opened again meanwhile."""
    if isinstance(row, PermitRequest) and row.status not in requests.FREED:
        return 0
    found = attach_files.files_of(session, row.aggregate_type, row.aggregate_id)
    attach_files.drop_files(session, found, row)
    record_action(session, row, RETENTION, EMPTY, now=now, details={"files": len(found)})
    return 1
