"""A release of current follows what it rests on.

Whatever command changes a permit, its insulation or its occupancy, the building's release is looked at in the same
transaction. Locks come in one order: permit, insulation, release.
"""

from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.core.actors import Actor
from chassis.data.aggregates import lock, record_change
from chassis.events.outbox import publish
from permits import events
from permits.commands.grounds import Standing, standing_of
from permits.commands.seals import seals_of
from permits.domain import releases
from permits.domain.permits import Status as PermitStatus
from permits.domain.release_rules import Extent
from permits.domain.releases import (
    ENDS,
    Approval,
    Course,
    Order,
    Site,
    Status,
    Supplied,
    Supply,
)
from permits.models import Permit, Release
from saudi.days import legal_day

_DAYS = (
    *("approved_on", "withdrawn_on", "energised_on", "ordered_on", "acknowledged_on"),
    *("executed_on", "reconnection_allowed_on", "reconnected_on", "inspected_on"),
)


def alive(session: Session, permit: Permit) -> Release | None:
    """The building's release that hasn't ended, locked; its permit, the one that the building has today, is locked
    already."""
    found = session.scalar(
        select(Release.release_id).where(
            Release.permit_id == permit.permit_id, Release.status.not_in(ENDS)
        )
    )
    return lock(session, Release, found) if found else None


def building_of(permit: Permit) -> str:
    """The building's id: the first permit's own, kept from a permit to the one that takes its place."""
    return permit.building_id or permit.permit_id


def course_of(row: Release) -> Course:
    """What was decided and done, as the rules read it."""
    site, order = row.site_inspection, row.disconnection
    ended = Status(row.status) if row.status in ENDS else None
    supply = _days(row.supply)
    return Course(
        wanted=Extent(row.extent),
        ended=ended,
        returned=row.status == Status.RETURNED,
        site=Site(**{**_days(site), "defects": tuple(site["defects"])}) if site else None,
        approvals=tuple(_approval(one) for one in row.approvals),
        supply=Supply(
            extent=Supplied(supply["extent"]),
            energised_on=supply["energised_on"],
            meter_numbers=tuple(supply["meter_numbers"]),
        ),
        order=Order(**_days(order)) if order else None,
    )


def _approval(document: dict[str, Any]) -> Approval:
    return Approval(**{**_days(document), "extent": Extent(document["extent"])})


def _days(document: dict[str, Any]) -> dict[str, Any]:
    return {
        name: date.fromisoformat(value) if value and name in _DAYS else value
        for name, value in document.items()
    }


def set_course(row: Release, course: Course, standing: Standing, today: date) -> Course:
    """Writes the course, without the approvals whose ground fell away, and where the release stands by it."""
    grounds = standing.grounds
    course = releases.settle(course, grounds, today)
    row.extent = course.wanted.value
    row.site_inspection = _plain(course.site)
    row.approvals = [_plain(one) or {} for one in course.approvals]
    row.supply = _plain(course.supply) or {}
    row.disconnection = _plain(course.order)
    row.status = releases.standing(course, grounds, today).value
    row.flag_reason = releases.flag_of(course, grounds, today)
    row.flagged = row.flag_reason is not None
    return course


def _plain(part: Any) -> dict[str, Any] | None:
    if part is None:
        return None
    return {name: _json(value) for name, value in asdict(part).items()}


def _json(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def record_release(
    session: Session,
    row: Release,
    actor: Actor,
    action: str,
    happened: str,
    *,
    now: datetime,
    note: str | None = None,
    details: dict[str, Any] | None = None,
) -> Release:
    """Counts and journals a change of the release, whose permit is locked, and publishes it."""
    record_change(session, row, actor, action, now=now, note=note, details=details)
    owners = session.get_one(Permit, row.permit_id).record()["owners"]
    publish(session, events.release_event(happened, row.record(), owners, seals_of(session), now))
    return row


def grounds_changed(session: Session, permit: Permit, actor: Actor, *, now: datetime) -> None:
    """The building's release stands where it belongs by what stands today. Publishes release.checked if it moved, lost
    an approval, or its flag changed. A permit that another one took the place of hands its release over instead."""
    if permit.status in (PermitStatus.RENEWED, PermitStatus.SUPERSEDED):
        return
    row = alive(session, permit)
    if row is not None:
        _look_again(session, row, permit, actor, now)


def _look_again(
    session: Session, row: Release, permit: Permit, actor: Actor, now: datetime
) -> None:
    today = legal_day(now)
    before = (row.status, row.flag_reason, row.approvals)
    standing = standing_of(session, permit, today)
    set_course(row, course_of(row), standing, today)
    if (row.status, row.flag_reason, row.approvals) != before:
        details = {"status": [before[0], row.status], "flag_reason": [before[1], row.flag_reason]}
        record_release(session, row, actor, "check", "checked", now=now, details=details)


def carry_release(
    session: Session, actor: Actor, before: Permit, after: Permit, *, now: datetime
) -> None:
    """The release of a permit whose place another one took is that one's. Publishes release.amended, and
    release.checked where the new permit changes where it stands."""
    after.coordination = before.coordination
    row = alive(session, before)
    if row is None:
        return
    row.permit_id, row.permit_number = after.permit_id, after.permit_number
    record_release(
        session, row, actor, "carry_release", "amended", now=now, note=before.permit_number
    )
    _look_again(session, row, after, actor, now)
