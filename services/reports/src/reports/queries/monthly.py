"""The monthly table, counted in the database."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    text,
)

from chassis.data.unit_of_work import UnitOfWork
from reports.catalogue import catalogue
from reports.domain.actors import reach_of
from reports.domain.monthly import MonthlyRow

_MONTHLY = text(
    """SELECT r.municipality, g.code AS category, grouping(r.municipality) AS all_branches,
        grouping(g.code) AS all_categories, count(*) AS received,
        count(*) FILTER (WHERE r.duplicate_of IS NULL AND r.status IN ('resolved', 'closed')) AS treated,
        count(*) FILTER (WHERE r.duplicate_of IS NULL
            AND r.status IN ('new', 'classified', 'assigned', 'in_progress', 'waiting_reporter')) AS open,
        count(*) FILTER (WHERE r.duplicate_of IS NULL AND r.status = 'waiting_external') AS linked_external,
        count(*) FILTER (WHERE r.duplicate_of IS NULL AND r.status = 'rejected') AS rejected,
        count(*) FILTER (WHERE r.duplicate_of IS NOT NULL) AS duplicates,
        count(*) FILTER (WHERE r.duplicate_of IS NULL AND r.due_at < :now
            AND r.status IN ('new', 'classified', 'assigned', 'in_progress')) AS overdue,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY r.working_minutes) AS median_minutes,
        count(*) FILTER (WHERE r.in_time) AS in_time, count(r.in_time) AS timed
    FROM report r JOIN unnest(CAST(:types AS text[]), CAST(:groups AS text[])) AS g (type, code)
        ON g.type = r.category
    WHERE r.filed_at >= :start AND r.filed_at < :end
        AND (CAST(:municipality AS text) IS NULL OR r.municipality = :municipality)
    GROUP BY GROUPING SETS ((r.municipality, g.code), (r.municipality), ())"""
)


def monthly_table(
    work: UnitOfWork,
    span: tuple[datetime, datetime],
    *,
    by_type: bool,
) -> Sequence[MonthlyRow]:
    """Counts the reports filed in the span, by branch and category of the first level (`by_type`: the third level),
    with the sums of each branch and of all branches. The state counts as of `work.now`; the end of the span is
    exclusive. The staff of a branch sees the branch."""
    categories = catalogue().categories.values()
    values = {
        "types": [one.code for one in categories],
        "groups": [one.code if by_type else one.group.code for one in categories],
        "start": span[0],
        "end": span[1],
        "now": work.now,
        "municipality": reach_of(work.actor).municipality,
    }
    rows = [_monthly_row(row) for row in work.session.execute(_MONTHLY, values)]
    return sorted(rows, key=lambda row: (row.municipality or "", row.category or ""))


def _monthly_row(row: Any) -> MonthlyRow:
    return MonthlyRow(
        municipality=None if row.all_branches else row.municipality,
        category=None if row.all_categories else row.category,
        received=row.received,
        treated=row.treated,
        open=row.open,
        linked_external=row.linked_external,
        rejected=row.rejected,
        duplicates=row.duplicates,
        overdue=row.overdue,
        median_minutes=row.median_minutes,
        in_time=row.in_time,
        timed=row.timed,
    )
