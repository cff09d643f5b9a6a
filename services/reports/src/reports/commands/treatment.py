"""The department's part: begin, give the work to a contractor, treat. Each command raises NotFound and
IllegalTransition, and the errors that its docstring names."""

from collections.abc import Sequence

from chassis.core.refusals import InvalidFields, not_blank
from chassis.data.unit_of_work import UnitOfWork
from reports.catalogue import catalogue, office
from reports.commands import photos
from reports.commands.duplicates import lock_with_followers, pass_on_due_time
from reports.commands.recording import (
    add_remark,
    course_of,
    escalates_at,
    give_work,
    lock_report,
    plan_escalation,
    record_report,
    resume_clock,
    set_course,
)
from reports.domain import reports
from reports.domain.reports import Action
from reports.models import Remark, Report


def start(
    work: UnitOfWork,
    report_id: str,
    *,
    contractor: str | None = None,
    work_order: str | None = None,
    note: str | None = None,
) -> Report:
    """Assigns the report to the actor, and the work to a contractor if there is one. A contractor reads the work order,
    not the citizen's words. Without a contractor the department does the work, and a contractor who had the work loses
    sight of it. Publishes `started`. Raises InvalidFields for an unknown contractor and a missing work order."""
    if contractor is not None and not catalogue().knows_contractor(contractor):
        raise InvalidFields.of("contractor", "contractor-unknown")
    row, followers = lock_with_followers(work, report_id)
    before = escalates_at(row)
    set_course(row, reports.start(course_of(row)))
    row.assignee = work.actor.subject
    given = not_blank(work_order or "", "work_order") if contractor is not None else None
    give_work(row, work.now, contractor, given)
    resume_clock(row, work.now)
    plan_escalation(work.session, row, before)
    pass_on_due_time(work, row, followers)
    details = {"contractor": contractor} if contractor else None
    return record_report(work, row, Action.START, "started", note=note, details=details)


def complete_work(
    work: UnitOfWork, report_id: str, *, text: str, attachments: Sequence[str] = ()
) -> Remark:
    """Records what the contractor did, with photos; the department checks and resolves. Publishes nothing, because the
    state of the report stays."""
    text = not_blank(text, "text")
    row = lock_report(work, report_id)
    reports.advance(course_of(row), Action.RESOLVE)
    photos.add_after(work, row, attachments)
    work.record_action(row, "complete_work")
    return add_remark(work, row, "work", text)


def resolve(
    work: UnitOfWork, report_id: str, *, text: str, attachments: Sequence[str] = ()
) -> Report:
    """Records the treatment. `text` describes the treatment; an after-photo shows it if the type requires one.
    Publishes `resolved`. Raises AfterPhotoMissing, InvalidFields."""
    text = not_blank(text, "text")
    row, followers = lock_with_followers(work, report_id)
    before = escalates_at(row)
    needs = catalogue().categories[row.category].after_photo
    has = bool(attachments) or (needs and photos.has_after(work.session, row))
    after = reports.resolve(course_of(row), needs_photo=needs, has_photo=has)
    photos.add_after(work, row, attachments)
    resume_clock(row, work.now)
    set_course(row, after)
    row.resolution, row.resolved_at, row.reason = text, work.now, None
    row.in_time = row.due_at is not None and work.now <= row.due_at
    spent = office().working_time_between(row.filed_at, work.now)
    row.working_minutes = int(spent.total_seconds() // 60)
    plan_escalation(work.session, row, before)
    pass_on_due_time(work, row, followers)
    return record_report(work, row, Action.RESOLVE, "resolved")
