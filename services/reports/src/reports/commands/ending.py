"""The end of a report: closing, «not solved», satisfaction. Each command raises NotFound and IllegalTransition, and
the errors that its docstring names."""

from typing import Any

from chassis.core.refusals import not_blank
from chassis.data.unit_of_work import UnitOfWork
from reports.commands.duplicates import lock_with_followers
from reports.commands.links import keep_link, require_usable_link, void_links
from reports.commands.recording import (
    add_remark,
    clock_of,
    course_of,
    escalates_at,
    give_work,
    lock_report,
    plan_escalation,
    record_report,
    reporter_of,
    set_clock,
    set_course,
)
from reports.domain import reports
from reports.domain.reports import Action, Reopening
from reports.models import Report


def close(work: UnitOfWork, report_id: str, *, note: str | None = None, rule: Reopening) -> Report:
    """Closes a treated report and its duplicates. Publishes `closed` for each. The contact of each reporter holds a
    token to say «not solved» until the window ends, unless the report was reopened as often as the rule allows."""
    row, followers = lock_with_followers(work, report_id)
    set_course(row, reports.close(course_of(row), rule, work.now))
    row.closed_at = work.now
    for duplicate in followers:
        set_course(duplicate, reports.close_with_main(course_of(duplicate), rule, work.now))
        duplicate.closed_at, duplicate.resolution = work.now, row.resolution
        details = {"main": row.report_number}
        _publish_closed(work, duplicate, Action.FOLLOW, details=details)
    return _publish_closed(work, row, Action.CLOSE, note=note)


def _publish_closed(
    work: UnitOfWork,
    row: Report,
    action: Action,
    *,
    note: str | None = None,
    details: dict[str, Any] | None = None,
) -> Report:
    token = (
        keep_link(work.session, row, row.reopenable_until)
        if row.mobile and row.reopenable_until
        else None
    )
    return record_report(
        work, row, action, "closed", note=note, details=details, contacts=reporter_of(row, token)
    )


def reopen(work: UnitOfWork, report_id: str, *, reason: str, rule: Reopening) -> Report:
    """Returns the report to its department; the clock keeps the time that has passed. A closed duplicate leaves its
    main report. Publishes `reopened`. Raises ReopeningClosed, ReopenedTooOften."""
    reason = not_blank(reason, "reason")
    return _reopen(work, lock_report(work, report_id), reason, rule)


def _reopen(work: UnitOfWork, row: Report, reason: str | None, rule: Reopening) -> Report:
    before = escalates_at(row)
    set_course(row, reports.reopen(course_of(row), rule, work.now))
    # The duplicates stay closed: each reporter says whether the own report is solved.
    row.duplicate_of = row.main_number = row.hurried_by = None
    row.duplicate_count = 0
    set_clock(row, clock_of(row))
    row.closed_at = row.resolved_at = row.working_minutes = row.in_time = row.satisfaction = None
    row.reopened_at = work.now
    row.assignee = None
    give_work(row, work.now)
    row.reason = reason
    if reason:
        add_remark(work, row, "reopening", reason)
    void_links(work.session, row, work.now)
    plan_escalation(work.session, row, before)
    return record_report(work, row, Action.REOPEN, "reopened")


def reopen_by_token(
    work: UnitOfWork, token: str, *, text: str | None = None, rule: Reopening
) -> Report:
    """Reopens the report for a reporter who says «not solved»; each token works once. `text`: what is still wrong, for
    the department. Raises NotFound for a token that is unknown, used, expired or of an earlier closing;
    ReopenedTooOften."""
    row = work.lock(Report, require_usable_link(work, token).report_id)
    require_usable_link(
        work, token
    )  # another request may have used the token during the wait for the lock
    return _reopen(work, row, (text or "").strip() or None, rule)


def rate(work: UnitOfWork, report_id: str, *, stars: int) -> Report:
    """Records the reporter's rating, 1 to 5 stars, once for each closing. Repeating a rating changes nothing. Publishes
    `rated`. Raises InvalidFields, RatingTooEarly, RatedBefore."""
    stars = reports.check_rating(stars)
    row = lock_report(work, report_id)
    set_course(row, reports.rate(course_of(row), row.satisfaction, stars))
    if row.satisfaction == stars:
        return row
    row.satisfaction = stars
    details = {"stars": stars}
    return record_report(work, row, Action.RATE, "rated", details=details)
