"""Lists of reports. An actor sees only the reports within the reach of the actor."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    DateTime,
    Select,
    Text,
    and_,
    bindparam,
    cast,
    false,
    func,
    select,
)
from sqlalchemy.orm import Session, defer

from chassis.core.actors import Actor
from chassis.core.refusals import InvalidFields, NotFound
from chassis.data.aggregates import JournalEntry
from chassis.data.paging import Page, PageRequest, keyset
from chassis.data.sealed import keys_of
from chassis.data.unit_of_work import UnitOfWork
from reports.catalogue import catalogue, governorate
from reports.domain.actors import Reach, reach_of, role_of
from reports.domain.reports import ACTS, AT_WORK, UNASSIGNED, Action, Status, is_open
from reports.domain.visibility import Part, may_see, require_sight
from reports.models import Remark, Report
from saudi.days import midnight
from saudi.text import place_key, tidy

MOST_FOUND = 50
DUE = "due"
# The large parts of a report, which no list shows; to open the reporter costs the most.
_NOT_LISTED = [
    defer(one, raiseload=True)
    for one in (Report.reporter, Report.description, Report.extra, Report.landmark)
]
# A value, or its place in a statement that is made once.
AnyCaller = str | BindParameter[str]
AnyMoment = datetime | BindParameter[datetime]


@dataclass(frozen=True, kw_only=True)
class ReportSearch:
    """The filters of the list, which combine. `category`: a category of any level. `mine`: the caller's own reports.
    Days are days of Riyadh; `filed_to` is the day after the last day. `order`: by filing, newest first; or by the
    end of the service time, the most urgent first, without reports whose clock stands still."""

    status: str | None = None
    open: bool | None = None
    department: str | None = None
    category: str | None = None
    municipality: str | None = None
    overdue: bool | None = None
    mine: bool | None = None
    unassigned: bool | None = None
    number: str | None = None
    town: str | None = None
    district: str | None = None
    answered: bool | None = None
    words_waiting: bool | None = None
    channel: str | None = None
    priority: str | None = None
    filed_from: date | None = None
    filed_to: date | None = None
    order: str = "filed"


def list_reports(
    work: UnitOfWork,
    search: ReportSearch,
    page: PageRequest,
) -> Page[Report]:
    """Returns the reports in the order of the search. Raises InvalidFields for a cursor of another search, an unknown
    category or town, and a last day before the first day. An actor who doesn't see answers finds none."""
    if search.filed_from and search.filed_to and search.filed_to <= search.filed_from:
        raise InvalidFields.of("filed_to", "end-before-start")
    reach = reach_of(work.actor)
    statement = (
        select(Report)
        .where(*reach_conditions(reach), *_search_conditions(search, work.actor.subject, work.now))
        .options(*_NOT_LISTED)
    )
    if search.answered is not None and not may_see(role_of(work.actor), Part.TREATMENT):
        statement = statement.where(false())
    # The cursor also belongs to the caller's reach.
    days = {name: str(getattr(search, name)) for name in ("filed_from", "filed_to")}
    bound = {"list": "reports", **vars(search), **days, **_reach_values(reach)}
    if search.order == DUE:
        return keyset(
            work.session, statement, (Report.due_at, Report.report_id), page, search=bound
        )
    key = (Report.filed_at, Report.report_id)
    return keyset(work.session, statement, key, page, search=bound, newest_first=True)


# The filters that narrow the lists of a desk.
NARROWING = (
    *("department", "municipality", "priority", "category", "town", "district"),
    *("filed_from", "filed_to"),
)
# List of a desk → its search. Each is a part of the open reports. What waits for somebody else has no day.
COUNTED: dict[str, ReportSearch] = {
    "open": ReportSearch(open=True, order=DUE),
    "mine": ReportSearch(open=True, mine=True, order=DUE),
    "unassigned": ReportSearch(unassigned=True, order=DUE),
    "overdue": ReportSearch(overdue=True, order=DUE),
    "answered": ReportSearch(answered=True),
    **{
        status: ReportSearch(status=status)
        for status in (Status.WAITING_REPORTER, Status.WAITING_EXTERNAL, Status.RESOLVED)
    },
}


@lru_cache(maxsize=256)
def _select_counts(reach: Reach, narrowed: ReportSearch) -> Select[*tuple[Any, ...]]:
    """Returns the SELECT of the counts, made once for each desk: the making costs more than the counting."""
    caller, now = bindparam("caller", type_=Text), bindparam("now", type_=DateTime(timezone=True))
    conditions = {name: _search_conditions(one, caller, now) for name, one in COUNTED.items()}
    counts = (func.count().filter(*one).label(name) for name, one in conditions.items())
    return select(*counts).where(
        *reach_conditions(reach), *_search_conditions(narrowed, caller, now)
    )


def count_lists(work: UnitOfWork, search: ReportSearch) -> dict[str, int]:
    """Returns how many reports each list of a desk has, narrowed as the search is. Raises what `list_reports` does."""
    narrowed = ReportSearch(open=True, **{name: getattr(search, name) for name in NARROWING})
    statement = _select_counts(reach_of(work.actor), narrowed)
    values = {"caller": work.actor.subject, "now": work.now}
    counts = dict(work.session.execute(statement, values).mappings().one())
    return counts if may_see(role_of(work.actor), Part.TREATMENT) else counts | {"answered": 0}


def list_filed(session: Session, actor: Actor, page: PageRequest) -> Page[Report]:
    """Returns the reports that the actor filed, newest first."""
    statement = select(Report).where(Report.filed_by == actor.subject)
    key = (Report.filed_at, Report.report_id)
    search = {"list": "filed", "by": actor.subject}
    return keyset(session, statement, key, page, search=search, newest_first=True)


def list_mine(session: Session, actor: Actor, page: PageRequest) -> Page[Report]:
    """Returns the reports that a citizen filed while signed in, newest first, without those whose personal data was
    emptied."""
    statement = select(Report).where(Report.filed_by == actor.subject, Report.emptied_at.is_(None))
    key = (Report.filed_at, Report.report_id)
    search = {"list": "mine", "by": actor.subject}
    return keyset(session, statement, key, page, search=search, newest_first=True)


def my_report(session: Session, actor: Actor, number: str) -> Report:
    """Returns a report that the citizen filed while signed in. Raises NotFound."""
    row = session.scalar(
        select(Report).where(
            Report.report_number == number,
            Report.filed_by == actor.subject,
            Report.emptied_at.is_(None),
        )
    )
    if row is None:
        raise NotFound
    return row


def newest_question(session: Session, report_id: str) -> int | None:
    """Returns the id of the newest question to the reporter; None without one."""
    newest = select(func.max(Remark.remark_id))
    return session.scalar(newest.where(Remark.report_id == report_id, Remark.kind == "question"))


def answered_reports(session: Session, rows: Iterable[Report]) -> frozenset[str]:
    """Returns the ids of those reports whose reporter has answered a question, and on which nobody has acted since."""
    asked = [row.report_id for row in rows if row.question]
    if not asked:
        return frozenset()
    answered = select(Report.report_id).where(Report.report_id.in_(asked), _is_answered())
    return frozenset(session.scalars(answered))


def list_work_orders(session: Session, actor: Actor, page: PageRequest) -> Page[Report]:
    """Returns the open and past work orders of the contractor, newest first."""
    reach = reach_of(actor)
    statement = select(Report).where(Report.contractor.is_not(None), *reach_conditions(reach))
    key = (Report.filed_at, Report.report_id)
    search = {"list": "work-orders", **_reach_values(reach)}
    return keyset(session, statement, key, page, search=search, newest_first=True)


def _reach_values(reach: Reach) -> dict[str, Any]:
    departments = sorted(reach.departments) if reach.departments is not None else None
    return {"reach": [reach.municipality, departments, reach.contractor, reach.filed_by]}


def reach_conditions(reach: Reach) -> Sequence[ColumnElement[bool]]:
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
    search: ReportSearch, caller: AnyCaller, now: AnyMoment
) -> Sequence[ColumnElement[bool]]:
    equal = ("status", "department", "municipality", "channel", "priority")
    parts = [
        getattr(Report, name) == value
        for name in equal
        if (value := getattr(search, name)) is not None
    ]
    parts += _place_conditions(search)
    if search.status is not None and is_open(search.status):
        parts.append(Report.is_open)  # no index holds the status: the index of open reports helps
    if search.number is not None:
        parts.append(Report.report_number == search.number)
    if search.category is not None:
        parts.append(_category_condition(search.category))
    if search.filed_from is not None:
        parts.append(Report.filed_at >= _first_moment(search.filed_from))
    if search.filed_to is not None:
        parts.append(Report.filed_at < _first_moment(search.filed_to))
    if search.words_waiting is not None:
        waiting = and_(Report.words_waiting, Report.public)
        parts.append(waiting if search.words_waiting else ~waiting)
    parts += _progress_conditions(search, now)
    if search.mine:
        parts.append(Report.assignee == caller)
    if search.order == DUE:
        parts.append(Report.due_at.is_not(None))
    return parts


def _progress_conditions(search: ReportSearch, now: AnyMoment) -> Sequence[ColumnElement[bool]]:
    parts: list[Any] = []
    if search.open is not None:
        parts.append(Report.is_open if search.open else ~Report.is_open)
    if search.overdue:
        parts += [Report.is_open, Report.status != Status.RESOLVED, Report.due_at < now]
    if search.unassigned is not None:
        without = and_(Report.is_open, Report.status.in_(UNASSIGNED))
        parts.append(without if search.unassigned else ~without)
    if search.answered is not None:
        parts.append(_is_answered() if search.answered else ~_is_answered())
    return parts


def _is_answered() -> ColumnElement[bool]:
    """Returns the condition that the reporter's answer is the newest act on the open report."""
    acts = select(JournalEntry.action).where(
        JournalEntry.aggregate_type == Report.aggregate_type,
        JournalEntry.aggregate_id == cast(Report.report_id, Text),
        JournalEntry.action.in_(sorted(ACTS)),
    )
    newest = acts.order_by(JournalEntry.entry_id.desc()).limit(1).scalar_subquery()
    return and_(
        Report.is_open,
        Report.question.is_not(None),
        Report.status.in_((*UNASSIGNED, *AT_WORK)),
        func.coalesce(newest == Action.ANSWER, false()),
    )


def _place_conditions(search: ReportSearch) -> Sequence[ColumnElement[bool]]:
    parts: list[ColumnElement[bool]] = []
    if search.town is not None:
        parts.append(Report.town == _town_name(search.town))
    if search.district is not None:
        parts.append(Report.district == _district_name(search.town, search.district))
    return parts


def _town_name(name: str) -> str:
    town = governorate().towns.get(place_key(name))
    if town is None:
        raise InvalidFields.of("town", "town-unknown")
    return town.name


def _district_name(town: str | None, name: str) -> str:
    """Returns the district as reports have it: by the town's list, else as written."""
    if town is None:
        raise InvalidFields.of("district", "district-without-town")
    known = governorate().towns.get(place_key(town))
    return (known.districts if known else {}).get(place_key(name), tidy(name))


def _first_moment(day: date) -> datetime:
    """Returns the first moment of a day of Riyadh. A day before 1900 or after 2200 counts as the nearest day
    between."""
    known = min(max(day, date(1900, 1, 1)), date(2200, 1, 1))
    return midnight(known)


def reports_of(session: Session, actor: Actor, mobile: str) -> Sequence[Report]:
    """Returns the newest reports of a mobile (E.164) within the actor's reach. Raises NotFound for an actor who may not
    see reporters."""
    require_sight(role_of(actor), Part.REPORTER)
    of_mobile = Report.mobile_key.in_(keys_of(session).index.keys(mobile))
    statement = select(Report).where(of_mobile, *reach_conditions(reach_of(actor)))
    newest = statement.order_by(Report.filed_at.desc(), Report.report_id.desc())
    return session.scalars(newest.limit(MOST_FOUND)).all()


def _category_condition(category: str) -> ColumnElement[bool]:
    types = catalogue().types_beneath(category)
    if not types:
        raise InvalidFields.of("category", "category-unknown")
    return Report.category.in_(sorted(types))
