"""Reports that may be about one problem, within the reach of the actor."""

from collections.abc import Sequence

from sqlalchemy import (
    false,
    or_,
    select,
)
from sqlalchemy.orm import Session

from chassis.core.actors import Actor
from chassis.data.sealed import keys_of
from reports.domain.actors import reach_of
from reports.domain.duplicates import Alike, reasons_alike
from reports.domain.places import box, distance
from reports.models import Report
from reports.queries.lists import reach_conditions
from reports.queries.reads import get_report

MOST_NEAR = 500  # with more open reports of a type in a square of 500 m, a suggestion helps nobody


def duplicates_near(
    session: Session, actor: Actor, report_id: str, *, metres: int
) -> Sequence[tuple[Report, float]]:
    """Returns open reports of the same category within the metres, each with its distance: at most 20, nearest first. A
    report without a point has none. Raises NotFound."""
    row = get_report(session, actor, report_id)
    if row.latitude is None or row.longitude is None:
        return []
    here, square = (row.latitude, row.longitude), box(row.latitude, row.longitude, metres)
    statement = select(Report).where(
        Report.category == row.category,
        Report.is_open,
        Report.latitude.between(square.south, square.north),
        Report.longitude.between(square.west, square.east),
        Report.report_id != report_id,
        *reach_conditions(reach_of(actor)),
    )
    near = [
        (one, distance(here, (one.latitude or 0.0, one.longitude or 0.0)))
        for one in session.scalars(statement.limit(MOST_NEAR))
    ]
    return sorted((one for one in near if one[1] <= metres), key=lambda one: one[1])[:20]


def likely_duplicates(
    session: Session, actor: Actor, report_id: str
) -> Sequence[tuple[Report, list[Alike]]]:
    """Returns open reports of the same category with the same mobile, and those of the same landmark or district where
    one of the two has no point, each with the reasons: at most 20, the likeliest first. Callers have no coordinates,
    so no distance finds a report by telephone."""
    row = get_report(session, actor, report_id)
    same_town = Report.town == row.town if row.town else false()
    same_mobile = Report.mobile_key.in_(keys_of(session).index.keys(row.mobile or ""))
    statement = select(Report).where(
        Report.category == row.category,
        Report.is_open,
        Report.report_id != report_id,
        or_(same_mobile if row.mobile else false(), same_town),
        *reach_conditions(reach_of(actor)),
    )
    newest = statement.order_by(Report.filed_at.desc(), Report.report_id.desc())
    found = [(one, reasons_alike(row, one)) for one in session.scalars(newest.limit(MOST_NEAR))]
    likely = [one for one in found if one[1]]
    return sorted(likely, key=lambda one: min(one[1]))[:20]


def earlier_by_mobile(session: Session, row: Report) -> Sequence[str]:
    """Returns the numbers of other open reports of the report's mobile, category and branch, newest first."""
    if row.mobile is None:
        return []
    statement = select(Report.report_number).where(
        Report.mobile_key.in_(keys_of(session).index.keys(row.mobile)),
        Report.category == row.category,
        Report.municipality == row.municipality,
        Report.is_open,
        Report.report_id != row.report_id,
    )
    newest = statement.order_by(Report.filed_at.desc(), Report.report_id.desc())
    return session.scalars(newest.limit(10)).all()
