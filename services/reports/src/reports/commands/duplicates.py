"""Duplicates: later reports of one problem follow a main report. Each command raises NotFound and IllegalTransition.

A command locks the main report and its duplicates in the order of their ids. Officers who work on the same reports then
wait for each other, and no deadlock arises.
"""

from collections.abc import Sequence

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from chassis.core.refusals import Conflict, NotFound
from chassis.data.aggregates import lock_where
from chassis.data.unit_of_work import UnitOfWork
from reports.commands.recording import (
    clock_of,
    course_of,
    escalates_at,
    lock_report,
    plan_escalation,
    record_report,
    reporter_of,
    resume_clock,
    set_clock,
    set_course,
)
from reports.domain import reports
from reports.domain.actors import require_reach
from reports.domain.places import distance
from reports.domain.reports import Action, Status
from reports.models import Report


def mark_duplicate(
    work: UnitOfWork,
    report_id: str,
    *,
    main_id: str,
    note: str | None = None,
    metres: int | None = None,
) -> Report:
    """Makes the report follow a main report, and tells the reporter the number of the main report. Both close together.
    The main report is due by the earlier of the two clocks, and escalates from the higher of the two levels. A main
    report of another type, or farther away than `metres`, needs a note with the reason. Publishes `marked_duplicate`,
    and `corrected` for the main report. Raises DuplicateNotPossible."""
    main, followers = lock_with_followers(work, main_id, report_id)
    row = lock_report(work, report_id)
    before, before_main = escalates_at(row), escalates_at(main)
    after = reports.mark_duplicate(
        course_of(row),
        course_of(main),
        is_itself=report_id == main_id,
        is_main=row.duplicate_count > 0,
    )
    unlike = _differences(row, main, metres)
    reports.require_reason_for_differences(unlike, note)
    resume_clock(row, work.now)  # the clock of a duplicate runs, because the reporter waits
    set_course(row, after)
    row.duplicate_of, row.main_number = main.report_id, main.report_number
    main.duplicate_count += 1
    main.escalation_level = max(main.escalation_level, row.escalation_level)
    if row.own_due_at and (main.hurried_by is None or row.own_due_at < main.hurried_by):
        main.hurried_by = row.own_due_at
        set_clock(main, clock_of(main))
    row.due_at = main.due_at
    plan_escalation(work.session, row, before)
    plan_escalation(work.session, main, before_main)
    pass_on_due_time(work, main, followers)
    details = {"duplicate": row.report_number}
    record_report(work, main, "gain_duplicate", "corrected", details=details)
    return record_report(
        work,
        row,
        Action.MARK_DUPLICATE,
        "marked_duplicate",
        note=note,
        details={"main": main.report_number, **({"unlike": unlike} if unlike else {})},
        contacts=reporter_of(row),
    )


def _differences(row: Report, main: Report, metres: int | None) -> list[str]:
    """Returns the differences by the codes of DuplicateNotPossible. Reports without a point have no distance."""
    found = ["other-category"] if row.category != main.category else []
    points = [
        (one.latitude, one.longitude)
        for one in (row, main)
        if one.latitude is not None and one.longitude is not None
    ]
    if metres is not None and len(points) == 2 and distance(*points) > metres:
        found.append("too-far")
    return found


def split(work: UnitOfWork, report_id: str, *, note: str | None = None) -> Report:
    """Separates a duplicate from its main report. Each is due by its own clock again. Publishes `split`, and
    `corrected` for the main report."""
    main_id = _read_main_id(work.session, report_id)
    main, followers = lock_with_followers(work, main_id, report_id)
    row = lock_report(work, report_id)
    if row.duplicate_of not in (None, main_id):
        raise Conflict  # another officer gave it another main report meanwhile
    before = escalates_at(row)
    set_course(row, reports.split(course_of(row), is_referred=row.department is not None))
    details = {"main": row.main_number}
    row.duplicate_of = row.main_number = None
    set_clock(row, clock_of(row))
    plan_escalation(work.session, row, before)
    record_report(work, row, Action.SPLIT, "split", note=note, details=details)
    if main is not row:
        _release_duplicate(work, main, row)
        others = [one for one in followers if one is not row]
        pass_on_due_time(work, main, others)
    return row


def _read_main_id(session: Session, report_id: str) -> str:
    """Returns the id of the main report, or of the report itself. Takes no lock: the caller locks both rows in
    order."""
    main_id = select(Report.duplicate_of).where(Report.report_id == report_id)
    return session.scalar(main_id) or report_id


def _release_duplicate(work: UnitOfWork, main: Report, row: Report) -> None:
    before = escalates_at(main)
    main.duplicate_count -= 1
    earliest = select(func.min(Report.own_due_at)).where(
        Report.duplicate_of == main.report_id, Report.status == Status.DUPLICATE
    )
    main.hurried_by = work.session.scalar(earliest)
    set_clock(main, clock_of(main))
    plan_escalation(work.session, main, before)
    details = {"duplicate": row.report_number}
    record_report(work, main, "lose_duplicate", "corrected", details=details)


def lock_with_followers(
    work: UnitOfWork, report_id: str, *others: str
) -> tuple[Report, Sequence[Report]]:
    """Returns the report and its duplicates, locked until the transaction ends; locks `others` with them. Raises
    NotFound, and Conflict if another officer has added a duplicate since the statement began."""
    named = {report_id, *others}
    following = and_(Report.duplicate_of == report_id, Report.status == Status.DUPLICATE)
    locked = lock_where(work.session, Report, or_(Report.report_id.in_(sorted(named)), following))
    rows = {row.report_id: row for row in locked}
    if not named <= rows.keys():
        raise NotFound
    row = rows.pop(report_id)
    require_reach(work.actor, row)
    followers = [one for one in rows.values() if _is_follower(one, row)]
    if len(followers) < row.duplicate_count and reports.is_open(row.status):
        raise Conflict
    return row, followers


def _is_follower(one: Report, main: Report) -> bool:
    return one.duplicate_of == main.report_id and one.status == Status.DUPLICATE


def pass_on_due_time(work: UnitOfWork, row: Report, followers: Sequence[Report]) -> None:
    """Gives the due time of the main report to its duplicates. Publishes `corrected` for each changed duplicate."""
    details = {"main": row.report_number}
    for one in followers:
        if one.due_at != row.due_at:
            one.due_at = row.due_at
            record_report(work, one, "follow_due", "corrected", details=details)
