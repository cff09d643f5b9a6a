"""What an organisation's staff entered, page by page; nobody else's."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from chassis.core.refusals import NotFound
from chassis.data.paging import Page, PageRequest, keyset
from partner_gateway.models import PartnerEntry


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
        _own(organisation, area).where(PartnerEntry.entry_id == entry_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    return row


def entries(
    session: Session, organisation: str, search: EntrySearch, page: PageRequest
) -> Page[PartnerEntry]:
    """Newest first. Raises InvalidFields on `cursor`."""
    statement = _own(organisation, search.area)
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
class Waiting:
    """The entries that `permits` hasn't answered: how many of each area, and the age of the oldest in seconds."""

    counts: Mapping[str, int]
    oldest_seconds: float


def waiting(session: Session, now: datetime) -> Waiting:
    rows = session.execute(
        select(PartnerEntry.area, func.count(), func.min(PartnerEntry.entered_at))
        .where(PartnerEntry.version == 0)
        .group_by(PartnerEntry.area)
    ).all()
    oldest = min((row[2] for row in rows), default=now)
    return Waiting({row[0]: row[1] for row in rows}, max(0.0, (now - oldest).total_seconds()))


def _own(organisation: str, area: str) -> Select[PartnerEntry]:
    return select(PartnerEntry).where(
        PartnerEntry.organisation == organisation, PartnerEntry.area == area
    )
