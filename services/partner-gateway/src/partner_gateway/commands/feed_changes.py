"""Changes join the feed: of licences for municipalities, of permits and buildings for partners who follow.

What followers are told also joins the day that the change belongs to, for the daily reconciliation file."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import delete, func, insert, select, text
from sqlalchemy.orm import Session

from chassis.core.cloudevents import Received
from chassis.data.advisory import Lock
from chassis.data.db import execute_by_driver
from partner_gateway import feed
from partner_gateway.domain import following
from partner_gateway.domain.following import day_of, may_close
from partner_gateway.domain.permit_documents import building_of
from partner_gateway.domain.permit_queries import FOLLOW
from partner_gateway.feed import Change, municipality
from partner_gateway.models import FollowedDay, FollowedThing

# What's kept of an event's state: not whom it speaks to, nor what people find it by.
_TOLD_OF_APPLICATIONS = (
    *("application_id", "application_no", "request", "kind", "municipality", "status"),
    *("licence_no", "waits_for", "reason_code", "review_until"),
)
_TOLD_OF_LICENCES = (
    *("licence_id", "licence_no", "application_id", "kind", "municipality", "status"),
    *("issued_on", "expires_on", "reason_code", "replaced_by"),
)


_TOLD_OF_BILLS = (
    *("bill_id", "bill_number", "biller_code", "amount_halalas", "currency", "due_on", "status"),
    *("reason", "municipality", "lines"),
)


def change_of_bill(event: Received) -> Change:
    """Returns the change that the municipality is told of an application's bill."""
    subject = event.data["subject"]
    told = {name: event.data.get(name) for name in _TOLD_OF_BILLS}
    return Change(
        event_id=event.id,
        type=event.type,
        source="/payments",
        audiences=municipality(event.data["municipality"]),
        subject=event.subject,
        number=event.data["bill_number"],
        path=f"/v1/licence-applications/{subject['id']}",
        sequence=event.sequence,
        time=event.time,
        data={"application_id": subject["id"], "application_no": subject["number"], **told},
    )


def change_of_application(event: Received) -> Change | None:
    """Returns the change that the municipality is told of an application; None when its personal data were emptied."""
    state = event.data
    path = f"/v1/licence-applications/{state['application_id']}"
    return _change_for_municipality(event, state["application_no"], path, _TOLD_OF_APPLICATIONS)


def change_of_licence(event: Received) -> Change | None:
    """Returns the change that the municipality is told of a licence; None when its personal data were emptied."""
    number = event.data["licence_no"]
    return _change_for_municipality(event, number, f"/v1/licences/{number}", _TOLD_OF_LICENCES)


def _change_for_municipality(
    event: Received, number: str, path: str, told: Sequence[str]
) -> Change | None:
    if event.type.endswith(".emptied.v1"):
        return None
    return Change(
        event_id=event.id,
        type=event.type,
        source="/licences",
        audiences=municipality(event.data["municipality"]),
        subject=event.subject,
        number=number,
        path=path,
        sequence=event.sequence,
        time=event.time,
        data={name: event.data.get(name) for name in told},
    )


PATH = "/v1/building-permits"


@dataclass(frozen=True)
class Happened:
    """A change before it's known who hears of it. `version` and `owners_mark` are a permit's, for corrections."""

    change: Change
    version: int
    owners_mark: str | None = None


def permit_happened(event: Received, row: Mapping[str, Any]) -> Happened:
    """`row`: the event as a row of the read model."""
    change = _change_for_followers(event, following.of_permit)
    return Happened(change, event.sequence, row["owners_mark"])


def certificate_happened(event: Received) -> Happened:
    return Happened(_change_for_followers(event, following.of_certificate), event.sequence)


def release_happened(event: Received) -> Happened:
    return Happened(_change_for_followers(event, following.of_release), event.sequence)


def tell_followers(
    session: Session, happened: Sequence[Happened], *, oldest: datetime, public_url: str
) -> None:
    """Adds changes that are newer than `oldest` to the feed of every partner that may follow, and to their days.

    Call it before the rows of permits are written: a permit was corrected if its owners differ from the known owners.
    """
    fresh = [one for one in happened if one.change.time > oldest]
    if not fresh:
        return
    known = lock_permits_and_days(
        session, {one.change.subject for one in fresh if one.owners_mark is not None}
    )
    if not known.followers:
        return
    corrected = events_of_corrections(known.permits, fresh)
    audiences = [feed.partner(one) for one in known.followers]
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
    hold_in_days(session, changes, known.last_closed)


class StateBefore(NamedTuple):
    """What's known before changes are told: who follows, the last day that's closed, and of each permit its version and
    its owners' mark."""

    followers: Sequence[str]
    last_closed: date | None
    permits: Mapping[str, tuple[int, str | None]]


# A grant that isn't in force now counts too, so that nothing is missing when it's given again; the grant in force
# decides what is read.
_KNOWN = """
WITH locked AS (
    SELECT permit_id, version, owners_mark FROM building_permit
    WHERE permit_id = ANY(%(permits)s::uuid[]) ORDER BY permit_id FOR UPDATE
)
SELECT ARRAY(SELECT DISTINCT organisation FROM partner_grant WHERE %(follow)s = ANY(query_kinds)),
    (SELECT max(day) FROM followed_day),
    (SELECT jsonb_agg(jsonb_build_array(permit_id, version, owners_mark)) FROM locked)
"""
# Transactions that hold changes share the lock. A transaction that closes a day has the lock for itself, so that a
# closed day has all changes that were held in the day.
_DAYS = Lock("partner-gateway.days", 0xDA1)


def lock_permits_and_days(session: Session, permits: Collection[str]) -> StateBefore:
    """Returns what's known of these permits, of the followers (every organisation whose grant names following) and of
    the days. No day is closed until the transaction ends, and the rows of the permits are locked, which the caller
    writes next: a rebuild waits for both, or for neither."""
    _DAYS.take_shared(session)
    values = {"permits": sorted(permits), "follow": FOLLOW}
    ((followers, last_closed, rows),) = execute_by_driver(session, _KNOWN, values)
    known = {permit_id: (version, mark) for permit_id, version, mark in rows or ()}
    return StateBefore(followers, last_closed, known)


def events_of_corrections(
    permits: Mapping[str, tuple[int, str | None]], happened: Sequence[Happened]
) -> set[str]:
    """Returns the ids of the events after which a permit's owners differ from what was known before."""
    known, corrected = dict(permits), set()
    for one in happened:
        if one.owners_mark is None:
            continue
        version, mark = known.get(one.change.subject, (0, None))
        if one.version > version:
            if _marks_differ(mark, one.owners_mark):
                corrected.add(one.change.event_id)
            known[one.change.subject] = (one.version, one.owners_mark)
    return corrected


def _marks_differ(before: str | None, after: str) -> bool:
    """Marks under different keys can't be compared."""
    if before is None or before.partition(":")[0] != after.partition(":")[0]:
        return False
    return before != after


def _change_for_followers(
    event: Received, told: Callable[[Mapping[str, Any]], dict[str, Any]]
) -> Change:
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


# Leaves out a state that any day has already, because events may come twice.
_KEEP = text(
    """
INSERT INTO followed_thing AS held (day, thing_id, version, event_id, type, permit_id, data)
SELECT CAST(:day AS date), CAST(:thing_id AS uuid), CAST(:version AS integer), CAST(:event_id AS text),
    CAST(:type AS text), CAST(:permit_id AS uuid), CAST(:data AS jsonb)
WHERE NOT EXISTS (
    SELECT 1 FROM followed_thing WHERE thing_id = CAST(:thing_id AS uuid) AND version >= CAST(:version AS integer))
ON CONFLICT (day, thing_id) DO UPDATE SET version = excluded.version, event_id = excluded.event_id,
    type = excluded.type, permit_id = excluded.permit_id,
    data = excluded.data || CASE WHEN held.data ? 'correction' THEN '{"correction": true}' ELSE '{}' END::jsonb
"""
)


def hold_in_days(session: Session, changes: Sequence[Change], last_closed: date | None) -> None:
    """Adds changes to the days that they belong to; of a thing a day keeps the newest state, and that it was
    corrected. The caller keeps days from being closed (`lock_permits_and_days`)."""
    session.execute(_KEEP, [_held_row(one, day_of(one.time, last_closed)) for one in changes])


def close_days(
    session: Session, as_of: datetime | None, *, today: date, now: datetime
) -> list[date]:
    """Closes the days before today that are complete; answers them."""
    first = _first_open(session)
    if first is None or first >= today or not may_close(first, as_of):
        return []
    _DAYS.take(session)
    first, closed = _first_open(session) or today, []  # another worker may have closed some
    while first < today and may_close(first, as_of):
        counted = select(func.count()).where(FollowedThing.day == first)
        things = session.scalar(counted) or 0
        session.execute(insert(FollowedDay).values(day=first, things=things, closed_at=now))
        closed.append(first)
        first += timedelta(days=1)
    return closed


def count_open_days(session: Session, today: date) -> int:
    """Counts the days before today that have no file yet."""
    first = _first_open(session)
    return max(0, (today - first).days) if first else 0


def _first_open(session: Session) -> date | None:
    """Returns the day behind the last one that's closed; before any was, the first that held anything."""
    last: date | None = session.scalar(select(func.max(FollowedDay.day)))
    if last is not None:
        return last + timedelta(days=1)
    first: date | None = session.scalar(select(func.min(FollowedThing.day)))
    return first


def forget_days(session: Session, before: date) -> None:
    """Deletes what days before one held, and their files."""
    session.execute(delete(FollowedThing).where(FollowedThing.day < before))
    session.execute(delete(FollowedDay).where(FollowedDay.day < before))


def _held_row(change: Change, day: date) -> dict[str, object]:
    return {
        "day": day,
        "thing_id": change.subject,
        "version": change.sequence,
        "event_id": change.event_id,
        "type": change.type,
        "permit_id": change.about,
        "data": json.dumps(change.data, ensure_ascii=False),
    }
