"""Changes of permits, certificates and releases join the feed of the partners who follow them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, literal, select
from sqlalchemy.orm import Session

from chassis.core.cloudevents import Received
from partner_gateway import feed
from partner_gateway.commands.days import hold
from partner_gateway.domain import FOLLOW, building_of, following
from partner_gateway.feed import Change
from partner_gateway.models import BuildingPermit, PartnerGrant

PATH = "/v1/building-permits"


@dataclass(frozen=True)
class Happened:
    """A change before it's known who hears of it. `version` and `owners_mark` are a permit's, for corrections."""

    change: Change
    version: int
    owners_mark: str | None = None


def permit_happened(event: Received, row: Mapping[str, Any]) -> Happened:
    """`row`: the event as a row of the read model."""
    change = _change(event, following.of_permit)
    return Happened(change, event.sequence, row["owners_mark"])


def certificate_happened(event: Received) -> Happened:
    return Happened(_change(event, following.of_certificate), event.sequence)


def release_happened(event: Received) -> Happened:
    return Happened(_change(event, following.of_release), event.sequence)


def tell(
    session: Session, happened: Sequence[Happened], *, oldest: datetime, public_url: str
) -> None:
    """Adds what is newer than `oldest` to the feed of every partner that may follow, and to its day. Before the rows of
    permits are written: a permit whose owners differ from those that are known was corrected."""
    audiences = [feed.partner(one) for one in followers(session)]
    fresh = [one for one in happened if one.change.time > oldest]
    if not audiences or not fresh:
        return
    corrected = _corrected(session, fresh)
    changes = [
        replace(
            one.change,
            audiences=audiences,
            data=one.change.data
            | ({"correction": True} if one.change.event_id in corrected else {}),
        )
        for one in fresh
    ]
    feed.append_all(session, changes, public_url=public_url)
    hold(session, changes)


def followers(session: Session) -> Sequence[str]:
    """The organisations whose grants name following, also one whose grant isn't in force now: when it's given again,
    nothing is missing. What they read is decided by the grant of that moment."""
    statement = select(PartnerGrant.organisation).where(
        literal(FOLLOW) == func.any(PartnerGrant.query_kinds)
    )
    return sorted(set(session.scalars(statement)))


def _corrected(session: Session, happened: Sequence[Happened]) -> set[str]:
    """The ids of the events after which a permit's owners differ from what was known before."""
    permits = {one.change.subject for one in happened if one.owners_mark is not None}
    if not permits:
        return set()
    columns = BuildingPermit.permit_id, BuildingPermit.version, BuildingPermit.owners_mark
    rows = session.execute(select(*columns).where(BuildingPermit.permit_id.in_(sorted(permits))))
    known = {permit_id: (version, mark) for permit_id, version, mark in rows}
    corrected = set()
    for one in happened:
        if one.owners_mark is None:
            continue
        version, mark = known.get(one.change.subject, (0, None))
        if one.version > version:
            if _differ(mark, one.owners_mark):
                corrected.add(one.change.event_id)
            known[one.change.subject] = (one.version, one.owners_mark)
    return corrected


def _differ(before: str | None, after: str) -> bool:
    """Marks under different keys can't be compared."""
    if before is None or before.partition(":")[0] != after.partition(":")[0]:
        return False
    return before != after


def _change(event: Received, told: Callable[[Mapping[str, Any]], dict[str, Any]]) -> Change:
    permit_id = str(event.data["permit_id"])
    return Change(
        event_id=event.id,
        type=event.type,
        source=following.SOURCE,
        audiences=(),
        subject=event.subject,
        about=permit_id,
        number=event.data["permit_number"],
        path=f"{PATH}/{permit_id}",
        sequence=event.sequence,
        time=event.time,
        data={**told(event.data), "building_id": building_of(event.data)},
    )
