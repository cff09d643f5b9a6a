"""Reads for the public: reports of public types, without the reporter, whom no statement loads."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    bindparam,
    case,
    cast,
    false,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import UUID
from sqlalchemy.orm import Session

from chassis.core.refusals import NotFound
from chassis.data.aggregates import JournalEntry
from reports.catalogue import catalogue
from reports.domain.georeport import CLOSED, OPEN, PUBLIC_ACTIONS
from reports.domain.reports import Action
from reports.models import Remark, Report
from reports.queries.public import select_public

_ID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
UPDATE = "update"  # the kind of a remark that another system made


@dataclass(frozen=True, kw_only=True)
class RequestFilter:
    """The filters of a list; None filters nothing. `numbers` replaces all other filters."""

    numbers: Sequence[str] | None = None
    services: Sequence[str] | None = None
    statuses: Sequence[str] | None = None
    filed: tuple[datetime, datetime]
    skipped: int
    most: int


def list_requests(session: Session, wanted: RequestFilter) -> Sequence[Report]:
    """Returns the requests, newest first."""
    statement = select_public().order_by(Report.filed_at.desc(), Report.report_id.desc())
    if wanted.numbers is not None:
        statement = statement.where(Report.report_number.in_(wanted.numbers))
    else:
        statement = statement.where(Report.filed_at.between(*wanted.filed))
        if wanted.services is not None:
            statement = statement.where(Report.category.in_(wanted.services))
        if wanted.statuses is not None:
            statement = statement.where(*_status_conditions(wanted.statuses))
    return session.scalars(statement.offset(wanted.skipped).limit(wanted.most)).all()


def _status_conditions(names: Collection[str]) -> list[ColumnElement[bool]]:
    """Returns the conditions for GeoReport's statuses. No report has an unknown status."""
    known = {OPEN: Report.is_open, CLOSED: ~Report.is_open}
    wanted = [known[name] for one in names if (name := one.lower()) in known]
    return [or_(false(), *wanted)]


def get_by_token(session: Session, token: str) -> Report:
    """Returns the report of a batch service by its token, which is the report's id. Raises NotFound."""
    if not _ID.fullmatch(token):
        raise NotFound
    batch = [code for code, one in catalogue().categories.items() if one.batch]
    statement = select_public().where(Report.report_id == token, Report.category.in_(batch))
    row = session.scalar(statement.where(Report.channel == "open311"))
    if row is None:
        raise NotFound
    return row


@dataclass(frozen=True)
class Update:
    """An event in the life of a request. `status`: the service's status afterwards. `text`: the words of another
    system, if it made the update and an officer has released them."""

    update_id: str
    report_number: str
    at: datetime
    status: str
    text: str


def list_updates(
    session: Session, between: tuple[datetime, datetime], skipped: int, most: int
) -> Sequence[Update]:
    """Returns the public actions and the updates of other systems, oldest first."""
    return [_update(row) for row in session.execute(updates_between(between, skipped, most))]


def _update(row: Any) -> Update:
    number, at = row.report_number, row.at
    if row.action is None:
        return Update(update_id_of(row.id), number, at, row.status, row.body or "")
    status = row.status or PUBLIC_ACTIONS[Action(row.action)].value
    return Update(f"{number}-{row.id}", number, at, status, "")


def updates_between(between: tuple[datetime, datetime], skipped: int, most: int) -> Select[Any]:
    """Returns the statement. Each kind is read in the order of its own index, up to the end of the page."""
    parts = [
        part.limit(skipped + most).subquery()
        for part in (_select_actions(between), _select_remarks(between))
    ]
    both = union_all(*map(select, parts)).subquery()
    order = both.c.at, both.c.action.is_(None), both.c.place
    return select(both).order_by(*order).offset(skipped).limit(most)


def _select_actions(between: tuple[datetime, datetime]) -> Select[*tuple[Any, ...]]:
    """Selects actions in the journal. The index is partial, so the planner has to see the values."""
    entry: Any = JournalEntry
    kind: Any = bindparam("kind", Report.aggregate_type, literal_execute=True)
    told: Any = bindparam(
        "told", [str(one) for one in PUBLIC_ACTIONS], expanding=True, literal_execute=True
    )
    return (
        select(
            entry.at,
            entry.entry_id.label("place"),
            entry.version.label("id"),
            entry.action,
            Report.report_number,
            entry.details["status"].astext.label("status"),  # where an action leads to several
            null().cast(Text).label("body"),
        )
        .join(Report, Report.report_id == cast(entry.aggregate_id, UUID(as_uuid=False)))
        .where(entry.aggregate_type == kind, entry.action.in_(told))
        .where(entry.at.between(*between), Report.public)
        .order_by(entry.at, entry.entry_id)
    )


def _select_remarks(between: tuple[datetime, datetime]) -> Select[*tuple[Any, ...]]:
    kind: Any = bindparam("said", UPDATE, literal_execute=True)
    return (
        select(
            Remark.at,
            Remark.remark_id.label("place"),
            Remark.remark_id.label("id"),
            null().cast(Text).label("action"),
            Report.report_number,
            Report.status,
            case((Remark.remark_id <= Report.released_remark_id, Remark.body)).label("body"),
        )
        .join(Report, Report.report_id == Remark.report_id)
        .where(Remark.kind == kind, Remark.public)
        .where(Remark.at.between(*between), Report.public)
        .order_by(Remark.at, Remark.remark_id)
    )


def update_id_of(remark_id: int) -> str:
    """Returns the public id of an update by another system."""
    return f"u{remark_id}"
