"""Escalation: a report that waits too long reaches the next level, and the duty officer of the department hears of
it."""

from chassis.core.refusals import InvalidFields, NotFound
from chassis.data.unit_of_work import UnitOfWork
from reports.catalogue import catalogue
from reports.commands.recording import duty_officer_of, escalates_at, plan_escalation, record_report
from reports.domain.reports import Action
from reports.models import DutyOfficer, Report
from saudi import Malformed
from saudi.mobiles import parse_mobile


def escalate(work: UnitOfWork, report_id: str) -> None:
    """Raises the report's level when the deadline is due, and sets the deadline of the next level. Publishes
    `escalated` for the department's duty officer. Levels that passed while the service stood still are reached
    together, with one event. A deadline that the report has outrun is moved or dropped."""
    try:
        row = work.lock(Report, report_id)
    except NotFound:
        return
    before = row.escalation_level
    while (at := escalates_at(row)) is not None and at <= work.now:
        row.escalation_level += 1
    if row.escalation_level > before:
        contacts = duty_officer_of(work.session, row)
        row.duty_officer_told = bool(contacts)
        details = {"level": row.escalation_level, "duty_officer_told": bool(contacts)}
        record_report(
            work,
            row,
            Action.ESCALATE,
            "escalated",
            details=details,
            contacts=contacts,
        )
    plan_escalation(work.session, row, before=None)


def set_duty_officer(
    work: UnitOfWork, department: str, *, mobile: str, language: str
) -> DutyOfficer:
    """Names the duty officer of the department. Raises NotFound for an unknown department, InvalidFields."""
    if department not in catalogue().departments:
        raise NotFound
    try:
        number = parse_mobile(mobile)
    except Malformed as fault:
        raise InvalidFields.of("mobile", fault.code) from None
    row = work.session.merge(
        DutyOfficer(
            department=department,
            mobile=number,
            language=language,
            changed_at=work.now,
            changed_by=work.actor.subject,
        )
    )
    work.session.flush()
    return row
