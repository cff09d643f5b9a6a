"""Reads. An actor sees only the reports within the reach of the actor."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, cast, func, literal, select, text
from sqlalchemy.orm import Session

from chassis.core.actors import Actor
from chassis.core.refusals import InvalidFields, NotFound
from chassis.data.aggregates import JournalEntry, history
from chassis.data.paging import Page, PageRequest, keyset
from chassis.data.sealed import keys_of
from chassis.data.unit_of_work import UnitOfWork
from reports.catalogue import catalogue, governorate
from reports.domain.actors import Reach, reach_of, require_reach, role_of
from reports.domain.monthly import MonthlyRow
from reports.domain.places import box, distance
from reports.domain.reports import NUMBER_BRANCH, Status, is_open
from reports.domain.visibility import Part, require_sight
from reports.models import DutyOfficer, NotSolvedToken, Open311Key, Photo, Remark, Report
from saudi.days import RIYADH
from saudi.text import place_key

MOST_REMARKS, MOST_FOUND = 1_000, 50
MOST_NEAR = 500  # with more open reports of a type in a square of 500 m, a suggestion helps nobody


@dataclass(frozen=True, kw_only=True)
class ReportSearch:
    """The filters of the list, which combine. `category`: a category of any level. `mine`: the caller's own reports.
    Days are days of Riyadh; `filed_to` is the day after the last day."""

    status: str | None = None
    open: bool | None = None
    department: str | None = None
    category: str | None = None
    municipality: str | None = None
    overdue: bool | None = None
    mine: bool | None = None
    number: str | None = None
    town: str | None = None
    channel: str | None = None
    priority: str | None = None
    filed_from: date | None = None
    filed_to: date | None = None


def get_report(session: Session, actor: Actor, report_id: str) -> Report:
    """Returns a report within the actor's reach. Raises NotFound."""
    row = session.get(Report, report_id)
    if row is None:
        raise NotFound
    require_reach(actor, row)
    return row


def list_reports(
    work: UnitOfWork,
    search: ReportSearch,
    page: PageRequest,
) -> Page[Report]:
    """Returns the reports, newest first. Raises InvalidFields for a cursor of another search, an unknown category or
    town, and a last day before the first day."""
    if search.filed_from and search.filed_to and search.filed_to <= search.filed_from:
        raise InvalidFields.of("filed_to", "end-before-start")
    reach = reach_of(work.actor)
    statement = select(Report).where(
        *_reach_conditions(reach), *_search_conditions(search, work.actor, work.now)
    )
    # The cursor also belongs to the caller's reach.
    days = {name: str(getattr(search, name)) for name in ("filed_from", "filed_to")}
    bound = {"list": "reports", **vars(search), **days, **_reach_values(reach)}
    key = (Report.filed_at, Report.report_id)
    return keyset(work.session, statement, key, page, search=bound, newest_first=True)


def list_filed(session: Session, actor: Actor, page: PageRequest) -> Page[Report]:
    """Returns the reports that the actor filed, newest first."""
    statement = select(Report).where(Report.filed_by == actor.subject)
    key = (Report.filed_at, Report.report_id)
    search = {"list": "filed", "by": actor.subject}
    return keyset(session, statement, key, page, search=search, newest_first=True)


def get_filed(session: Session, actor: Actor, report_id: str) -> Report:
    """Returns a report that the actor filed. Raises NotFound."""
    row = session.get(Report, report_id)
    if row is None or row.filed_by != actor.subject:
        raise NotFound
    return row


def list_work_orders(session: Session, actor: Actor, page: PageRequest) -> Page[Report]:
    """Returns the open and past work orders of the contractor, newest first."""
    reach = reach_of(actor)
    statement = select(Report).where(Report.contractor.is_not(None), *_reach_conditions(reach))
    key = (Report.filed_at, Report.report_id)
    search = {"list": "work-orders", **_reach_values(reach)}
    return keyset(session, statement, key, page, search=search, newest_first=True)


def get_work_order(session: Session, actor: Actor, report_id: str) -> Report:
    """Returns a report with a contractor. Raises NotFound."""
    row = get_report(session, actor, report_id)
    if row.contractor is None:
        raise NotFound
    return row


def _reach_values(reach: Reach) -> dict[str, Any]:
    departments = sorted(reach.departments) if reach.departments is not None else None
    return {"reach": [reach.municipality, departments, reach.contractor, reach.filed_by]}


def _reach_conditions(reach: Reach) -> Sequence[ColumnElement[bool]]:
    parts: list[ColumnElement[bool]] = []
    if reach.municipality is not None:
        parts.append(Report.municipality == reach.municipality)
    if reach.departments is not None:
        parts.append(Report.department.in_(sorted(reach.departments)))
    if reach.contractor is not None:
        parts.append(Report.contractor == (reach.contractor or None))
    if reach.filed_by is not None:
        parts.append(Report.filed_by == reach.filed_by)
    return parts


def _search_conditions(
    search: ReportSearch, actor: Actor, now: datetime
) -> Sequence[ColumnElement[bool]]:
    equal = ("status", "department", "municipality", "channel", "priority")
    parts = [
        getattr(Report, name) == value
        for name in equal
        if (value := getattr(search, name)) is not None
    ]
    if search.status is not None and is_open(search.status):
        parts.append(Report.is_open)  # no index holds the status: the index of open reports helps
    if search.number is not None:
        parts.append(Report.report_number == search.number)
    if search.category is not None:
        parts.append(_category_condition(search.category))
    if search.town is not None:
        parts.append(Report.town == _town_name(search.town))
    if search.filed_from is not None:
        parts.append(Report.filed_at >= _first_moment(search.filed_from))
    if search.filed_to is not None:
        parts.append(Report.filed_at < _first_moment(search.filed_to))
    if search.open is not None:
        parts.append(Report.is_open if search.open else ~Report.is_open)
    if search.overdue:
        parts += [Report.is_open, Report.status != Status.RESOLVED, Report.due_at < now]
    if search.mine:
        parts.append(Report.assignee == actor.subject)
    return parts


def _town_name(name: str) -> str:
    town = governorate().towns.get(place_key(name))
    if town is None:
        raise InvalidFields.of("town", "town-unknown")
    return town.name


def _first_moment(day: date) -> datetime:
    """Returns the first moment of a day of Riyadh. A day before 1900 or after 2200 counts as the nearest day
    between."""
    known = min(max(day, date(1900, 1, 1)), date(2200, 1, 1))
    return datetime.combine(known, time(), RIYADH)


def reports_of(session: Session, actor: Actor, mobile: str) -> Sequence[Report]:
    """Returns the newest reports of a mobile (E.164) within the actor's reach. Raises NotFound for an actor who may not
    see reporters."""
    require_sight(role_of(actor), Part.REPORTER)
    of_mobile = Report.mobile_key.in_(keys_of(session).index.keys(mobile))
    statement = select(Report).where(of_mobile, *_reach_conditions(reach_of(actor)))
    newest = statement.order_by(Report.filed_at.desc(), Report.report_id.desc())
    return session.scalars(newest.limit(MOST_FOUND)).all()


def _category_condition(category: str) -> ColumnElement[bool]:
    types = catalogue().types_beneath(category)
    if not types:
        raise InvalidFields.of("category", "category-unknown")
    return Report.category.in_(sorted(types))


def numbered_reports() -> Select[str, int, int]:
    """Selects branch, Hijri year and serial of every report, for `reports numbers check`."""
    year, serial = (
        cast(func.substr(Report.report_number, *part), Integer) for part in ((1, 4), (5,))
    )
    return select(
        literal(NUMBER_BRANCH).label("branch"), year.label("year"), serial.label("number")
    )


def history_of(session: Session, actor: Actor, report_id: str) -> Sequence[JournalEntry]:
    """Returns the history, oldest first. Raises NotFound, also for an actor who may not see the history."""
    require_sight(role_of(actor), Part.HISTORY)
    get_report(session, actor, report_id)
    return history(session, ("report", report_id))


def remarks_on(session: Session, actor: Actor, report_id: str) -> Sequence[Remark]:
    """Returns the newest notes, questions, answers and updates, oldest first. Raises NotFound, also for an actor who
    may not see notes."""
    require_sight(role_of(actor), Part.NOTES)
    get_report(session, actor, report_id)
    statement = select(Remark).where(Remark.report_id == report_id)
    newest = statement.order_by(Remark.remark_id.desc()).limit(MOST_REMARKS)
    return session.scalars(newest).all()[::-1]


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
        *_reach_conditions(reach_of(actor)),
    )
    near = [
        (one, distance(here, (one.latitude or 0.0, one.longitude or 0.0)))
        for one in session.scalars(statement.limit(MOST_NEAR))
    ]
    return sorted((one for one in near if one[1] <= metres), key=lambda one: one[1])[:20]


def photos_of(session: Session, report_id: str) -> Sequence[Photo]:
    """Returns the photos of the report in their order. The caller has checked the reach."""
    statement = select(Photo).where(Photo.report_id == report_id).order_by(Photo.position)
    return session.scalars(statement).all()


def released_photo(session: Session, attachment_id: str) -> Photo:
    """Returns a released photo of a public report. Raises NotFound."""
    released = Photo.released_at.is_not(None), Photo.attachment_id == attachment_id
    photo = session.scalar(select(Photo).join(Report).where(Report.public, *released))
    if photo is None:
        raise NotFound
    return photo


class NotMatched(NotFound):
    """No report has this number and this reporter's mobile."""

    problem = "report-not-matched"


def find_by_number_and_mobile(session: Session, number: str, mobile: str) -> Report:
    """Returns the report with this number and this reporter's mobile (E.164). One statement serves a wrong number and a
    wrong mobile alike. Raises NotMatched."""
    keys = keys_of(session).index.keys(mobile)
    key = Report.report_number == number, Report.mobile_key.in_(keys)
    row = session.scalar(select(Report).where(*key))
    if row is None:
        raise NotMatched
    return row


def closing_of(session: Session, token_hash: bytes) -> tuple[NotSolvedToken, Report]:
    """Returns the closing with this hash of a token, and its report. Raises NotFound."""
    statement = select(NotSolvedToken, Report).join(
        Report, Report.report_id == NotSolvedToken.report_id
    )
    found = session.execute(statement.where(NotSolvedToken.token_hash == token_hash)).first()
    if found is None:
        raise NotFound
    return found[0], found[1]


def duty_officers(session: Session) -> Sequence[DutyOfficer]:
    """Returns the duty officers of all departments."""
    return session.scalars(select(DutyOfficer).order_by(DutyOfficer.department)).all()


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


def open311_key(session: Session, key_hash: bytes) -> Open311Key | None:
    """Returns the API key with this hash, withdrawn or not."""
    return session.scalar(select(Open311Key).where(Open311Key.key_hash == key_hash))


def open311_keys(session: Session) -> Sequence[Open311Key]:
    """Returns all API keys, oldest first."""
    return session.scalars(select(Open311Key).order_by(Open311Key.key_id)).all()
