"""Reports of one thing: the later ones follow a main report. Each raises NotFound and IllegalTransition.

All rows are locked in the order of their ids, so that two officers who work on the same reports wait for each other.
"""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chassis.core.refusals import Conflict
from chassis.data.unit_of_work import UnitOfWork
from reports.commands.following import lock_with_followers, pass_on_due
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
    """The report follows a main report: its reporter is told that one's number, and it's closed with it. The main
    report is due and escalates by the earlier of the two clocks, from the higher of the two levels. Publishes
    `marked_duplicate`, and `corrected` of the main report.
    A main report of another type, or farther away than `metres`, needs a note that says why. Raises
    DuplicateNotPossible."""
    main, followers = lock_with_followers(work, main_id, report_id)
    row = lock_report(work, report_id)
    before, before_main = escalates_at(row), escalates_at(main)
    after = reports.mark_duplicate(
        course_of(row),
        course_of(main),
        is_itself=report_id == main_id,
        is_main=row.duplicate_count > 0,
    )
    unlike = _unlike(row, main, metres)
    reports.check_likeness(unlike, note)
    resume_clock(row, work.now)  # while it follows, its clock runs: the reporter waits
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
    pass_on_due(work, main, followers)
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


def _unlike(row: Report, main: Report, metres: int | None) -> list[str]:
    """In what the two differ, by the codes of DuplicateNotPossible; without a point nobody knows how far it is."""
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
    """The report is one of its own again; both are due when they would have been. Publishes `split`, and `corrected` of
    the main report."""
    main_id = _main_of(work.session, report_id)
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
        _lose_duplicate(work, main, row)
        others = [one for one in followers if one is not row]
        pass_on_due(work, main, others)
    return row


def _main_of(session: Session, report_id: str) -> str:
    """The id of the report's main report, or its own; read without a lock, because both are locked in one order."""
    main_id = select(Report.duplicate_of).where(Report.report_id == report_id)
    return session.scalar(main_id) or report_id


def _lose_duplicate(work: UnitOfWork, main: Report, row: Report) -> None:
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
