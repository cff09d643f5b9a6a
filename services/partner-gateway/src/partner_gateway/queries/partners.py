"""Reads of what partners and medical centres may ask, follow and entered: their own, and nobody else's."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, Text, func, select, type_coerce
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from chassis.core.refusals import NotFound
from chassis.data.db import Database
from chassis.data.paging import Page, PageRequest, keyset
from partner_gateway.domain.following import Held
from partner_gateway.domain.grants import Grant
from partner_gateway.models import (
    Examinee,
    FollowedDay,
    FollowedThing,
    HealthExamination,
    PartnerEntry,
    PartnerGrant,
)
from saudi.days import midnight


def grants_of(session: Session, organisation: str) -> list[Grant]:
    """Returns the grants of an organisation, the newest first."""
    rows = session.scalars(
        select(PartnerGrant)
        .where(PartnerGrant.organisation == organisation)
        .order_by(PartnerGrant.valid_from.desc())
    ).all()
    return [_grant(row) for row in rows]


def grant_in_force(grants: Sequence[Grant], now: datetime) -> Grant | None:
    """Returns the grant in force, else the newest grant, else None."""
    return next((grant for grant in grants if grant.in_force(now)), grants[0] if grants else None)


def grant_of(session: Session, organisation: str, now: datetime) -> Grant | None:
    """Reads the organisation's grant in force, else its newest grant, else None, from the database at this moment."""
    return grant_in_force(grants_of(session, organisation), now)


def _grant(row: PartnerGrant) -> Grant:
    return Grant(
        organisation=row.organisation,
        purposes=frozenset(row.purposes),
        query_kinds=frozenset(row.query_kinds),
        entry_kinds=frozenset(row.entry_kinds),
        widest_span_days=row.widest_span_days,
        fields=frozenset(row.fields),
        rows_per_day=row.rows_per_day,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        active=row.status == "active",
    )


@dataclass(frozen=True, kw_only=True)
class EntrySearch:
    """Filters of entries; times aware, half-open. `permit_number` as the permit has it printed."""

    area: str
    outcome: str | None = None
    kind: str | None = None
    permit_id: str | None = None
    entered_from: datetime | None = None
    entered_to: datetime | None = None


def find_entry(session: Session, organisation: str, area: str, entry_id: str) -> PartnerEntry:
    """Raises NotFound, for another organisation's too: the same statement, and the same answer."""
    row = session.scalars(
        _entries_of(organisation, area).where(PartnerEntry.entry_id == entry_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    return row


def find_entries(
    session: Session, organisation: str, search: EntrySearch, page: PageRequest
) -> Page[PartnerEntry]:
    """Newest first. Raises InvalidFields on `cursor`."""
    statement = _entries_of(organisation, search.area)
    for name in ("outcome", "kind", "permit_id"):
        if (value := getattr(search, name)) is not None:
            statement = statement.where(getattr(PartnerEntry, name) == value)
    if search.entered_from:
        statement = statement.where(PartnerEntry.entered_at >= search.entered_from)
    if search.entered_to:
        statement = statement.where(PartnerEntry.entered_at < search.entered_to)
    key = [PartnerEntry.entered_at, PartnerEntry.entry_id]
    return keyset(session, statement, key, page, search=search, newest_first=True)


@dataclass(frozen=True)
class WaitingEntries:
    """The entries that `permits` hasn't answered: how many of each area, and the age of the oldest in seconds."""

    counts: Mapping[str, int]
    oldest_seconds: float


def waiting_entries(session: Session, now: datetime) -> WaitingEntries:
    rows = session.execute(
        select(PartnerEntry.area, func.count(), func.min(PartnerEntry.entered_at))
        .where(PartnerEntry.version == 0)
        .group_by(PartnerEntry.area)
    ).all()
    oldest = min((row[2] for row in rows), default=now)
    return WaitingEntries(
        {row[0]: row[1] for row in rows}, max(0.0, (now - oldest).total_seconds())
    )


def _entries_of(organisation: str, area: str) -> Select[PartnerEntry]:
    return select(PartnerEntry).where(
        PartnerEntry.organisation == organisation, PartnerEntry.area == area
    )


def find_examinee(
    session: Session, centre: str, number: str, worker_keys: list[str], now: datetime
) -> Examinee:
    """Returns the open request of that number and worker, if `centre` is the chosen one. Raises
    NotFound: for a foreign one the same statement, and the same answer."""
    statement = select(Examinee).where(
        Examinee.number == number,
        Examinee.centre == centre,
        type_coerce(Examinee.worker_key, Text) == func.any(type_coerce(worker_keys, ARRAY(Text))),
        Examinee.until > now,
    )
    row = session.scalars(statement).one_or_none()
    if row is None:
        raise NotFound
    return row


def last_examination(session: Session, centre: str, number: str) -> HealthExamination | None:
    """Returns the centre's last entry about a request, whatever became of it."""
    statement = (
        select(HealthExamination)
        .where(HealthExamination.centre == centre, HealthExamination.number == number)
        .order_by(HealthExamination.entered_at.desc(), HealthExamination.examination_id.desc())
        .limit(1)
    )
    return session.scalars(statement).one_or_none()


def examinations_of_day(
    session: Session, centre: str, day: date, page: PageRequest
) -> Page[HealthExamination]:
    """Returns the centre's entries since the beginning of a day in Riyadh, newest first. Raises InvalidFields on
    `cursor`."""
    began = midnight(day)
    statement = select(HealthExamination).where(
        HealthExamination.centre == centre, HealthExamination.entered_at >= began
    )
    key = [HealthExamination.entered_at, HealthExamination.examination_id]
    search = ["health-examinations", day.isoformat()]
    return keyset(session, statement, key, page, search=search, newest_first=True)


def waiting_examinations(session: Session) -> tuple[int, datetime | None]:
    """Counts the entries that health-certs hasn't answered, and returns when the oldest was entered."""
    statement = select(func.count(), func.min(HealthExamination.entered_at)).where(
        HealthExamination.due_at.is_not(None)
    )
    count, oldest = session.execute(statement).one()
    return count, oldest


PIECE = 1_000


def closed_days(session: Session, page: PageRequest) -> Page[FollowedDay]:
    """Returns a page of the closed days, newest first. Raises InvalidFields on `cursor`."""
    key = [FollowedDay.day]
    return keyset(session, select(FollowedDay), key, page, search=["days"], newest_first=True)


def closed_day(session: Session, day: date) -> FollowedDay:
    """Raises NotFound for a day without a file: to come, not complete yet, or of too long ago."""
    row = session.get(FollowedDay, day)
    if row is None:
        raise NotFound
    return row


def things_of_day(session: Session, day: date) -> dict[str, Held]:
    """Returns all that a day held, by thing."""
    columns = (
        *(FollowedThing.thing_id, FollowedThing.version, FollowedThing.type),
        *(FollowedThing.permit_id, FollowedThing.data["permit_number"].astext),
    )
    rows = session.execute(select(*columns).where(FollowedThing.day == day))
    return {thing_id: Held(*rest) for thing_id, *rest in rows}


def pieces_of_day(database: Database, day: date) -> Iterator[Sequence[FollowedThing]]:
    """Yields the things of a day, a thousand at a time, each thousand in a transaction of its own: no connection is
    held while a client takes what was read."""
    after: str | None = None
    while True:
        statement = select(FollowedThing).where(FollowedThing.day == day)
        if after is not None:
            statement = statement.where(FollowedThing.thing_id > after)
        with database.transaction() as session:
            rows = list(session.scalars(statement.order_by(FollowedThing.thing_id).limit(PIECE)))
        if rows:
            yield rows
        if len(rows) < PIECE:
            return
        after = rows[-1].thing_id
