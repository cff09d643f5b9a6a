"""The read model of the inquiry: writes things as their events tell them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from portal.domain.inquiry_things import Happened, Thing, follow
from portal.models import InquiryThing

_TABLE = InquiryThing.__table__
_UPSERT = postgresql.insert(InquiryThing)
_REPLACE = _UPSERT.on_conflict_do_update(
    index_elements=["thing_id"],
    set_={one.name: _UPSERT.excluded[one.name] for one in _TABLE.columns if not one.primary_key},
    # Between the look and this statement a reader of the same topic may have brought a newer version.
    where=InquiryThing.version <= _UPSERT.excluded.version,
)


def keep_things(session: Session, happened: Sequence[Happened]) -> None:
    """Writes the newest state of several things. Events may come late, twice and out of order."""
    things = _locked_things(session, {one.thing_id for one in happened})
    for one in happened:
        things[one.thing_id] = follow(things.get(one.thing_id), one)
    rows = [_row_of(things[thing_id]) for thing_id in sorted(things)]
    session.execute(_REPLACE, rows)


def _locked_things(session: Session, thing_ids: Iterable[str]) -> dict[str, Thing]:
    """Returns the things that are kept already, locked in the order of their ids."""
    statement = (
        select(InquiryThing)
        .where(InquiryThing.thing_id.in_(list(thing_ids)))
        .order_by(InquiryThing.thing_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {row.thing_id: row.thing() for row in session.scalars(statement)}


def _row_of(thing: Thing) -> dict[str, Any]:
    return {
        "thing_id": thing.thing_id,
        "version": thing.version,
        "kind": thing.kind,
        "municipality": thing.municipality,
        "number_digits": thing.number_digits,
        "match_keys": list(thing.match_keys),
        "state": None if thing.state is None else dict(thing.state),
        "steps": [[one.version, one.status, one.day.isoformat()] for one in thing.steps],
        "changed_at": thing.changed_at,
        "read_at": thing.read_at,
    }


def forget_unread(session: Session, since: datetime, *, accepted: int) -> int:
    """Removes the things that no topic has any more: a rebuild that began at `since` didn't read them. Returns their
    number. Removes nothing when they are more than `accepted`."""
    unread = InquiryThing.read_at < since
    count = session.scalar(select(func.count()).select_from(InquiryThing).where(unread)) or 0
    if 0 < count <= accepted:
        session.execute(delete(InquiryThing).where(unread))
    return count
