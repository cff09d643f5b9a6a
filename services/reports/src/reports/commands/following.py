"""A main report and the duplicates that follow it: locked together, in the order of their ids, and due together.

Whatever touches several of them locks in that order, so that none waits for ever for another.
"""

from collections.abc import Sequence

from sqlalchemy import and_, or_

from chassis.core.refusals import Conflict, NotFound
from chassis.data.aggregates import lock_where
from chassis.data.unit_of_work import UnitOfWork
from reports.commands.recording import record_report
from reports.domain import reports
from reports.domain.actors import require_reach
from reports.domain.reports import Status
from reports.models import Report


def lock_with_followers(
    work: UnitOfWork, report_id: str, *others: str
) -> tuple[Report, Sequence[Report]]:
    """The report and its duplicates, locked until the transaction ends; `others` are locked with them. Raises NotFound,
    and Conflict when another officer gave the report a duplicate meanwhile, which nobody has looked at."""
    named = {report_id, *others}
    following = and_(Report.duplicate_of == report_id, Report.status == Status.DUPLICATE)
    locked = lock_where(work.session, Report, or_(Report.report_id.in_(sorted(named)), following))
    rows = {row.report_id: row for row in locked}
    if not named <= rows.keys():
        raise NotFound
    row = rows.pop(report_id)
    require_reach(work.actor, row)
    followers = [one for one in rows.values() if _follows(one, row)]
    if len(followers) < row.duplicate_count and reports.is_open(row.status):
        raise Conflict
    return row, followers


def _follows(one: Report, main: Report) -> bool:
    return one.duplicate_of == main.report_id and one.status == Status.DUPLICATE


def pass_on_due(work: UnitOfWork, row: Report, followers: Sequence[Report]) -> None:
    """Duplicates are due when their main report is. Publishes `corrected` for each whose due time moves."""
    details = {"main": row.report_number}
    for one in followers:
        if one.due_at != row.due_at:
            one.due_at = row.due_at
            record_report(work, one, "follow_due", "corrected", details=details)
