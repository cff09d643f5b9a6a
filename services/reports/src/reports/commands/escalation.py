"""What the clock does by itself: a report that nobody has, or that takes too long, reaches the next level."""

from datetime import datetime

from sqlalchemy.orm import Session

from chassis.core.refusals import NotFound
from chassis.data.aggregates import lock
from chassis.data.unit_of_work import UnitOfWork
from reports.commands.recording import duty_officer_of, escalates_at, plan_escalation, record_report
from reports.domain.actors import SERVICE_CLOCK
from reports.domain.reports import Action
from reports.models import Report


def escalate(session: Session, report_id: str, *, now: datetime) -> None:
    """Called when the report's deadline is due. Publishes `escalated`, which the department's duty officer hears of,
    and sets the deadline of the next level. Levels that passed while nobody looked, such as while the service stood
    still, are reached together and told once. A deadline that the report has outrun is set anew or forgotten."""
    try:
        row = lock(session, Report, report_id)
    except NotFound:
        return
    before = row.escalation_level
    while (at := escalates_at(row)) is not None and at <= now:
        row.escalation_level += 1
    if row.escalation_level > before:
        contacts = duty_officer_of(session, row)
        row.duty_officer_told = bool(contacts)
        details = {"level": row.escalation_level, "duty_officer_told": bool(contacts)}
        record_report(
            UnitOfWork(session, SERVICE_CLOCK, now),
            row,
            Action.ESCALATE,
            "escalated",
            details=details,
            contacts=contacts,
        )
    plan_escalation(session, row, before=None)
