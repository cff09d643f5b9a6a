"""Objections, which the offender files or brings to the municipality."""

from collections.abc import Sequence

from chassis.core.refusals import NotFound, not_blank
from chassis.data.unit_of_work import UnitOfWork
from licences.catalogue import violation_table
from licences.commands.uploads import claim_uploads
from licences.commands.violations.pay import withdraw_bill
from licences.commands.violations.recording import (
    DECISION,
    course_of,
    lock_violation,
    plan_day,
    record_violation_change,
    set_course,
)
from licences.domain import violations
from licences.domain.actors import Applicant, for_applicant
from licences.domain.applications import CITIZEN, STAFF
from licences.domain.violations import OBJECTION_FILES, Action
from licences.models import Objection, Violation
from saudi.days import legal_day


def object_as_officer(
    work: UnitOfWork, violation_id: str, *, reasons: str, files: Sequence[str]
) -> Violation:
    """Files an objection that the offender brought to the municipality."""
    row = lock_violation(work, violation_id)
    return file_objection(work, row, reasons=reasons, files=files)


def object_as_offender(
    work: UnitOfWork,
    applicant: Applicant,
    violation_id: str,
    *,
    reasons: str,
    files: Sequence[str],
) -> Violation:
    """Objects to a violation of the applicant's own. Raises NotFound, ObjectionTooLate and IllegalTransition."""
    row = work.lock(Violation, violation_id)
    owned = applicant.owns(establishment=row.establishment, person=row.offender_number)
    if not (row.was_told and owned):
        raise NotFound
    with for_applicant():
        return file_objection(work, row, reasons=reasons, files=files, channel=CITIZEN)


def file_objection(
    work: UnitOfWork,
    row: Violation,
    *,
    reasons: str,
    files: Sequence[str] = (),
    channel: str = STAFF,
) -> Violation:
    """Files the offender's objection to the locked violation, and withdraws the bill until the decision. Publishes
    `objected`. Raises ObjectionTooLate, and InvalidFields also for a file that isn't kept for the actor."""
    reasons, today = not_blank(reasons, "reasons"), legal_day(work.now)
    set_course(work, row, violations.object_to(course_of(row), today))
    claim_uploads(work, files, owner=(OBJECTION_FILES, row.violation_id))
    decide_until = violations.last_day(today, violation_table().parameters(today).decision_days)
    work.session.add(
        Objection(
            violation_id=row.violation_id,
            channel=channel,
            reasons=reasons,
            filed_at=work.now,
            filed_by=work.actor.subject,
            decide_until=decide_until,
            overdue=False,
        )
    )
    plan_day(work, row, DECISION, decide_until)
    withdraw_bill(work, row, reason="objection")
    details = {"channel": channel}
    return record_violation_change(
        work, row, Action.OBJECT, "objected", details=details, to_offender=True
    )
