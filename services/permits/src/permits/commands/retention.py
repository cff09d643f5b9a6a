"""Empty what was kept long enough: names of partners' inspectors, files of requests and appeals that came to nothing.

Result, day, stage and company of a visit stay, and so do the references of papers. The journal says what was emptied.
"""

from datetime import date

from sqlalchemy import ColumnElement, exists
from sqlalchemy.orm import InstrumentedAttribute

from chassis.core.actors import SystemActor
from chassis.data.retention import Retention
from chassis.data.unit_of_work import UnitOfWork
from permits.commands import attach_files
from permits.commands.release_state import lock_insulation_certificates
from permits.domain import appeals, requests
from permits.domain.files import EMPTY
from permits.domain.insulation import EMPTIED, without_inspector
from permits.models import Appeal, AttachedFile, Certificate, Inspection, Permit, PermitRequest

RETENTION = SystemActor("retention", "permits")
BATCH = 50


def empty_inspectors(work: UnitOfWork, *, before: date) -> int:
    """Empties the inspectors' names in partners' entries about visits before the day. Publishes nothing, because events
    never had the names. Returns the number of buildings."""
    named = exists().where(
        Certificate.permit_id == Permit.permit_id,
        Inspection.certificate_id == Certificate.certificate_id,
        Inspection.entry_id.is_not(None),
        Inspection.inspected_on < before,
        Inspection.inspector != EMPTIED,
    )

    def empty(work: UnitOfWork, permit: Permit) -> None:
        for row in lock_insulation_certificates(work, permit):
            _empty_names(work, row, before)

    rule = Retention(Permit, named, empty, batch=BATCH, name="inspectors")
    return rule.run(work.acting_as(RETENTION))


def _empty_names(work: UnitOfWork, row: Certificate, before: date) -> None:
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
        work.record_action(row, "empty_inspectors", details=told)


def empty_files(work: UnitOfWork, *, before: date) -> int:
    """Deletes the files of requests that came to nothing before the day and have no undecided appeal, and the files of
    appeals that were withdrawn before the day. Returns the number of requests and appeals."""
    undecided = exists().where(
        Appeal.request_id == PermitRequest.request_id,
        Appeal.status == appeals.Status.RECEIVED.value,
    )
    ended = PermitRequest.status.in_(sorted(requests.FREED)) & (PermitRequest.ended_on < before)
    withdrawn = (Appeal.status == appeals.Status.WITHDRAWN.value) & (Appeal.ended_on < before)
    of_requests = ended & ~undecided & _has_files(PermitRequest, PermitRequest.request_id)
    of_appeals = withdrawn & _has_files(Appeal, Appeal.appeal_id)
    as_retention = work.acting_as(RETENTION)
    return sum(
        (
            Retention(PermitRequest, of_requests, _empty_files, batch=BATCH, name="files").run(
                as_retention
            ),
            Retention(Appeal, of_appeals, _empty_files, batch=BATCH, name="files").run(
                as_retention
            ),
        )
    )


def _has_files(
    model: type[PermitRequest] | type[Appeal], key: InstrumentedAttribute[str]
) -> ColumnElement[bool]:
    return exists().where(
        AttachedFile.thing_type == model.aggregate_type, AttachedFile.thing_id == key
    )


def _empty_files(work: UnitOfWork, row: PermitRequest | Appeal) -> None:
    found = attach_files.files_of(work.session, row.aggregate_type, row.aggregate_id)
    attach_files.drop_files(work.session, found, row)
    work.record_action(row, EMPTY, details={"files": len(found)})
