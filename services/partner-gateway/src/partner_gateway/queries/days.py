"""Days that are closed, and what they held."""

from collections.abc import Iterator, Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.core.refusals import NotFound
from chassis.data.db import Database
from chassis.data.paging import Page, PageRequest, keyset
from partner_gateway.domain.days import Held
from partner_gateway.models import FollowedDay, FollowedThing

PIECE = 1_000


def days(session: Session, page: PageRequest) -> Page[FollowedDay]:
    """The newest first. Raises InvalidFields on `cursor`."""
    key = [FollowedDay.day]
    return keyset(session, select(FollowedDay), key, page, search=["days"], newest_first=True)


def closed_day(session: Session, day: date) -> FollowedDay:
    """Raises NotFound for a day without a file: to come, not complete yet, or of too long ago."""
    row = session.get(FollowedDay, day)
    if row is None:
        raise NotFound
    return row


def held(session: Session, day: date) -> dict[str, Held]:
    """All that a day held, by thing."""
    columns = (
        *(FollowedThing.thing_id, FollowedThing.version, FollowedThing.type),
        *(FollowedThing.permit_id, FollowedThing.data["permit_number"].astext),
    )
    rows = session.execute(select(*columns).where(FollowedThing.day == day))
    return {thing_id: Held(*rest) for thing_id, *rest in rows}


def pieces(database: Database, day: date) -> Iterator[Sequence[FollowedThing]]:
    """The same, a thousand at a time, each in a transaction of its own: no connection is held while somebody takes what
    was read."""
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
