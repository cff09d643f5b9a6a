"""What the public reads of reports: of public types only, and never the reporter, who isn't even loaded."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    bindparam,
    cast,
    false,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import UUID
from sqlalchemy.orm import Session, defer

from chassis.core.refusals import NotFound
from chassis.data.aggregates import JournalEntry
from reports.catalogue import catalogue
from reports.domain.georeport import CLOSED, OPEN, TOLD
from reports.domain.reports import Action
from reports.models import Photo, Remark, Report

UPDATE = "update"  # the kind of a remark that another system made


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Filters of a list; None filters nothing. `numbers` go before all others."""

    numbers: Sequence[str] | None = None
    services: Sequence[str] | None = None
    statuses: Sequence[str] | None = None
    filed: tuple[datetime, datetime]
    skipped: int
    most: int


def list_requests(session: Session, asked: Asked) -> Sequence[Report]:
    """Newest first."""
    statement = _public().order_by(Report.filed_at.desc(), Report.report_id.desc())
    if asked.numbers is not None:
        statement = statement.where(Report.report_number.in_(asked.numbers))
    else:
        statement = statement.where(Report.filed_at.between(*asked.filed))
        if asked.services is not None:
            statement = statement.where(Report.category.in_(asked.services))
        if asked.statuses is not None:
            statement = statement.where(*_of_status(asked.statuses))
    return session.scalars(statement.offset(asked.skipped).limit(asked.most)).all()


def _public() -> Select[Report]:
    public = sorted(code for code, one in catalogue().categories.items() if one.public)
    hidden = (defer(Report.reporter, raiseload=True), defer(Report.mobile_key, raiseload=True))
    return select(Report).where(Report.public, Report.category.in_(public)).options(*hidden)


def _of_status(asked: Collection[str]) -> list[ColumnElement[bool]]:
    """Conditions for GeoReport's statuses; one that it doesn't know is nobody's."""
    known = {OPEN: Report.is_open, CLOSED: ~Report.is_open}
    wanted = [known[name] for one in asked if (name := one.lower()) in known]
    return [or_(false(), *wanted)]


def get_request(session: Session, number: str) -> Report:
    """Raises NotFound, also for a report of a type that isn't public."""
    row = session.scalar(_public().where(Report.report_number == number))
    if row is None:
        raise NotFound
    return row


def get_by_token(session: Session, token: str) -> Report:
    """The report of a batch service by the token that its filing was answered with: its id. Raises NotFound."""
    batch = [code for code, one in catalogue().categories.items() if one.batch]
    statement = _public().where(Report.report_id == token, Report.category.in_(batch))
    row = session.scalar(statement.where(Report.channel == "open311"))
    if row is None:
        raise NotFound
    return row


def pictures(session: Session, rows: Sequence[Report]) -> Mapping[str, str]:
    """Report id → the attachment that an officer released first."""
    statement = (
        select(Photo.report_id, Photo.attachment_id)
        .where(Photo.report_id.in_([one.report_id for one in rows]))
        .where(Photo.released_at.is_not(None))
        .order_by(Photo.report_id, Photo.position.desc())
    )
    return {row.report_id: row.attachment_id for row in session.execute(statement)}


@dataclass(frozen=True)
class Update:
    """What happened to a request. `status` is ours, after it; `text` is what another system said, if one did."""

    update_id: str
    report_number: str
    at: datetime
    status: str
    text: str | None


def list_updates(
    session: Session, between: tuple[datetime, datetime], skipped: int, most: int
) -> Sequence[Update]:
    """Oldest first: what was done to public reports, and what other systems said of them."""
    return [_update(row) for row in session.execute(updates_between(between, skipped, most))]


def _update(row: Any) -> Update:
    number, at = row.report_number, row.at
    if row.action is None:
        return Update(update_id_of(row.id), number, at, row.status, row.body)
    status = row.status or TOLD[Action(row.action)].value
    return Update(f"{number}-{row.id}", number, at, status, None)


def updates_between(between: tuple[datetime, datetime], skipped: int, most: int) -> Select[Any]:
    """The statement. Each of the two kinds is read in the order of its own index, no further than the page's end."""
    parts = [part.limit(skipped + most).subquery() for part in (_done(between), _said(between))]
    both = union_all(*map(select, parts)).subquery()
    order = both.c.at, both.c.action.is_(None), both.c.place
    return select(both).order_by(*order).offset(skipped).limit(most)


def _done(between: tuple[datetime, datetime]) -> Select[*tuple[Any, ...]]:
    """Of the journal. Its index is a partial one: the planner has to see the values."""
    entry: Any = JournalEntry
    kind: Any = bindparam("kind", Report.aggregate_type, literal_execute=True)
    told: Any = bindparam("told", [str(one) for one in TOLD], expanding=True, literal_execute=True)
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


def _said(between: tuple[datetime, datetime]) -> Select[*tuple[Any, ...]]:
    kind: Any = bindparam("said", UPDATE, literal_execute=True)
    return (
        select(
            Remark.at,
            Remark.remark_id.label("place"),
            Remark.remark_id.label("id"),
            null().cast(Text).label("action"),
            Report.report_number,
            Report.status,
            Remark.body,
        )
        .join(Report, Report.report_id == Remark.report_id)
        .where(Remark.kind == kind, Remark.public)
        .where(Remark.at.between(*between), Report.public)
        .order_by(Remark.at, Remark.remark_id)
    )


def update_id_of(remark_id: int) -> str:
    """The id under which an update of another system is known."""
    return f"u{remark_id}"
