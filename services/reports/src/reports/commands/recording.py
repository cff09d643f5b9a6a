"""Shared by the commands: lock a report within the actor's reach, move its clock, record and publish a change."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from chassis.data.deadlines import drop_deadline, set_deadline
from chassis.data.unit_of_work import UnitOfWork
from chassis.events.contacts import Contact, contacts_of
from chassis.events.inquiry import inquiries_of
from chassis.events.outbox import publish
from reports import events
from reports.catalogue import catalogue, office
from reports.domain import clock, reports
from reports.domain.actors import require_reach
from reports.domain.clock import Clock, Standstill
from reports.domain.reports import Action, Course, Status
from reports.models import DutyOfficer, Remark, Report

ESCALATION = "escalation"  # the kind of a report's deadline


def lock_report(work: UnitOfWork, report_id: str) -> Report:
    """Returns the report, locked until the transaction ends. Raises NotFound for a report beyond the actor's reach."""
    row = work.lock(Report, report_id)
    require_reach(work.actor, row)
    return row


def course_of(row: Report) -> Course:
    """Returns the part of the report that the rules read."""
    asked_in = Status(row.asked_in) if row.asked_in else None
    return Course(
        Status(row.status),
        asked_in,
        row.reopen_count,
        row.reopenable_until,
        said_at=max(row.filed_at, row.reopened_at or row.filed_at),
        resolved_at=row.resolved_at,
    )


def set_course(row: Report, after: Course) -> None:
    row.status = after.status.value
    row.asked_in = after.asked_in.value if after.asked_in else None
    row.reopen_count = after.reopen_count
    row.reopenable_until = after.reopenable_until


def clock_of(row: Report) -> Clock:
    """Returns the clock of the report without the clocks of its duplicates."""
    stood = Standstill(
        timedelta(seconds=row.paused_seconds), timedelta(seconds=row.paused_working_seconds)
    )
    service_time = catalogue().categories[row.category].service_time
    return Clock(service_time, row.filed_at, stood, row.paused_since)


def set_clock(row: Report, own: Clock) -> None:
    """Stores the clock and the due time. A main report is due when the first of its duplicates is due."""
    row.clock_kind = own.kind.value
    row.paused_seconds = int(own.stood.all_hours.total_seconds())
    row.paused_working_seconds = int(own.stood.office_hours.total_seconds())
    row.paused_since = own.paused_since
    row.own_due_at = clock.due_at(own, office())
    due = [one for one in (row.own_due_at, row.hurried_by) if one is not None]
    row.due_at = min(due) if row.own_due_at else None


def give_work(
    row: Report, now: datetime, contractor: str | None = None, work_order: str | None = None
) -> None:
    """Gives the work to the contractor, or back to the department. Other hands need an after-photo of their own."""
    if row.contractor != contractor:
        row.work_given_at = now
    row.contractor, row.work_order = contractor, work_order


def pause_clock(row: Report, now: datetime) -> None:
    set_clock(row, clock.pause(clock_of(row), now))


def resume_clock(row: Report, now: datetime) -> None:
    set_clock(row, clock.resume(clock_of(row), now, office()))


def escalates_at(row: Report) -> datetime | None:
    """Returns when the report reaches its next level; None after the last level, while the clock stands still, and for
    a treated or ended report."""
    status = Status(row.status)
    if status not in (*reports.UNASSIGNED, *reports.AT_WORK):
        return None
    share = clock.next_level(row.escalation_level, status in reports.AT_WORK)
    if share is None:
        return None
    return clock.escalates_at(clock_of(row), share, office(), row.hurried_by)


def plan_escalation(session: Session, row: Report, before: datetime | None) -> None:
    """Sets, moves or drops the report's deadline. `before`: the present deadline. An equal deadline costs nothing."""
    at = escalates_at(row)
    if at == before:
        return
    with session.no_autoflush:  # one UPDATE writes the row together with its new version
        if at is None:
            drop_deadline(session, Report.aggregate_type, row.report_id, ESCALATION)
        else:
            set_deadline(session, Report.aggregate_type, row.report_id, ESCALATION, at)


def record_report(
    work: UnitOfWork,
    row: Report,
    action: str,
    happened: str,
    *,
    note: str | None = None,
    details: dict[str, Any] | None = None,
    contacts: Sequence[Contact] = (),
) -> Report:
    """Counts, journals and publishes a change. `happened`: the past participle in the name of the event."""
    row.updated_at = work.now
    work.record_change(row, action, note=note, details=details)
    work.session.flush()
    event = events.report_event(
        happened,
        row.record(),
        inquiry=inquiries_of(work.session).block(events.inquiry_of(row.record(), row.mobile)),
        contacts=contacts_of(work.session).seal(row.report_id, contacts),
        now=work.now,
    )
    publish(work.session, event)
    return row


def add_remark(work: UnitOfWork, row: Report, kind: str, body: str) -> Remark:
    """Adds a text about the report. The journal gets no text, because nothing empties the journal."""
    remark = Remark(
        report_id=row.report_id,
        kind=kind,
        body=body,
        public=False,
        at=work.now,
        subject=work.actor.subject,
        name=work.actor.name,
    )
    work.session.add(remark)
    return remark


def reporter_of(row: Report, token: str | None = None) -> list[Contact]:
    """Returns the reporter as a contact; an empty list without a mobile."""
    if row.mobile is None:
        return []
    return [
        Contact(
            role="reporter",
            mobile=row.mobile,
            language=row.language,
            confirmed=row.is_mobile_confirmed,
            token=token,
        )
    ]


def duty_officer_of(session: Session, row: Report) -> list[Contact]:
    """Returns the duty officer of the department, or of the department that stands in, or an empty list."""
    codes = (row.department, catalogue().duty_fallback)
    officers = (session.get(DutyOfficer, code) for code in codes if code)
    officer = next((one for one in officers if one), None)
    if officer is None:
        return []
    return [
        Contact(
            role="duty_officer", mobile=officer.mobile, language=officer.language, confirmed=True
        )
    ]


def lock_and_advance(
    work: UnitOfWork, report_id: str, action: Action
) -> tuple[Report, datetime | None]:
    """Locks the report and takes an action without a rule of its own. Returns the report and its present deadline."""
    row = lock_report(work, report_id)
    before = escalates_at(row)
    set_course(row, reports.advance(course_of(row), action))
    return row, before
