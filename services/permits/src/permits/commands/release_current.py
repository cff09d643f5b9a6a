"""Release electric current: submit, inspect, approve, return, refuse; order a disconnection for danger.

Each command locks the permit, then what the release rests on, then the release. All raise NotFound and
IllegalTransition.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.core.ids import new_id
from chassis.core.refusals import InvalidFields, NotFound, not_blank
from chassis.data.unit_of_work import UnitOfWork
from permits.commands.recording import lock_newest_permit, lock_permit, next_number
from permits.commands.release_state import (
    Standing,
    building_of,
    course_of,
    lock_open_release_of,
    lock_standing,
    recheck_release,
    record_release,
    set_approval_end,
    set_course,
)
from permits.domain import occupancy, releases
from permits.domain.reading import person_name, published_reason
from permits.domain.release_course import Course, Order, Site, Status
from permits.domain.release_rules import Extent
from permits.domain.releases import Action, ReleaseAlive
from permits.models import Permit, Release
from saudi.days import legal_day

SERIES = "release"
_EMPTY: dict[str, Any] = {"extent": "none", "energised_on": None, "meter_numbers": []}


@dataclass(frozen=True)
class LockedRelease:
    """A release with what it rests on, all locked, and the day on which it's decided."""

    session: Session
    row: Release
    permit: Permit
    standing: Standing
    today: date

    @property
    def course(self) -> Course:
        return course_of(self.row)

    def require(self, action: Action) -> None:
        """Raises IllegalTransition."""
        releases.require(self.course, action, self.standing.grounds, self.today)

    def set(self, course: Course) -> Release:
        """Writes what was decided, and where the release stands by it."""
        set_course(self.row, course, self.standing, self.today)
        return self.row


def submit_release(
    work: UnitOfWork, permit_id: str, *, extent: str, note: str | None = None
) -> Release:
    """Publishes release.submitted. Raises ReleaseAlive, and ReleaseRefused for a permit that ended."""
    permit, today = lock_permit(work, permit_id), legal_day(work.now)
    standing = lock_standing(work, permit)
    other = lock_open_release_of(work, building_of(permit))
    releases.check_submission(standing.grounds, alive=other is not None)
    number, _ = next_number(work.session, SERIES, permit.municipality, today)
    row = Release(
        release_id=new_id(),
        release_number=number,
        permit_id=permit_id,
        permit_number=permit.permit_number,
        building_id=building_of(permit),
        municipality=permit.municipality,
        extent=extent,
        status=Status.SUBMITTED.value,
        submitted_at=work.now,
        approvals=_withdrawn_approvals(work.session, permit),
        supply=_EMPTY,
        coordination=permit.coordination,
        flagged=False,
    )
    set_course(row, course_of(row), standing, today)
    work.session.add(row)
    return record_release(work, row, "submit_release", "submitted", note=note)


def _withdrawn_approvals(session: Session, permit: Permit) -> list[dict[str, Any]]:
    """Returns what was approved by earlier releases of the building, all of it withdrawn: on its ground current may
    flow of which the company's word is late, and an order for danger goes to the release that is alive."""
    earlier = select(Release).where(Release.building_id == building_of(permit))
    rows = session.scalars(earlier.order_by(Release.submitted_at, Release.release_id))
    return [one for row in rows for one in row.approvals if one["withdrawn_on"]]


def lock_release(work: UnitOfWork, release_id: str) -> LockedRelease:
    """Locks the newest permit of the release's building, what stands on the permit, and the release. Only an ended
    release stays on a permit that was replaced. Follows a release that moved to the next permit meanwhile: no permit is
    locked after a release. Raises NotFound."""
    owner = select(Release.permit_id).where(Release.release_id == release_id)
    while (permit_id := work.session.scalar(owner)) is not None:
        permit = lock_newest_permit(work, lock_permit(work, permit_id))
        if work.session.scalar(owner) == permit_id:
            standing = lock_standing(work, permit)
            row = work.lock(Release, release_id)
            return LockedRelease(work.session, row, permit, standing, legal_day(work.now))
    raise NotFound


@dataclass(frozen=True, kw_only=True)
class SiteInspection:
    """An inspector's findings at the place; `defects` of a failed inspection."""

    result: str
    inspected_on: date
    inspector: str
    defects: tuple[str, ...] = ()


def inspect_site(work: UnitOfWork, release_id: str, seen: SiteInspection) -> Release:
    """Publishes release.inspected, or release.returned when it failed. Raises InvalidFields."""
    inspector = person_name(seen.inspector, "inspector")
    defects = tuple(
        published_reason(text, f"defects.{place}") for place, text in enumerate(seen.defects)
    )
    held = lock_release(work, release_id)
    occupancy.check_inspection(
        *(seen.result, defects, seen.inspected_on),
        since=held.permit.since,
        last=held.course.inspected_until,
        today=held.today,
    )
    if seen.inspected_on < legal_day(held.row.submitted_at):
        raise InvalidFields.of("inspected_on", "before-request")
    site = Site(seen.result, seen.inspected_on, defects)
    row = held.set(releases.inspected(held.course, site, held.standing.grounds, held.today))
    row.reason = "، ".join(defects) or None
    happened = "returned" if row.status == Status.RETURNED else "inspected"
    details = {"result": seen.result, "inspector": inspector}
    return record_release(work, row, Action.INSPECT, happened, note=row.reason, details=details)


def approve_release(
    work: UnitOfWork, release_id: str, *, extent: str, note: str | None = None
) -> Release:
    """Allows the company to give current. Publishes release.approved. Raises ReleaseRefused with what is missing."""
    held = lock_release(work, release_id)
    standing, full = held.standing, Extent(extent) is Extent.FULL
    rests_on = (standing.insulation_id, standing.occupancy_id)
    course = releases.approve(
        held.course, Extent(extent), standing.grounds, held.today, rests_on=rests_on
    )
    row, action = held.set(course), Action.APPROVE_FULL if full else Action.APPROVE_PARTIAL
    row.reason = None
    set_approval_end(work, row, held.permit)
    return record_release(work, row, action, "approved", note=note)


def withdraw_approval(work: UnitOfWork, release_id: str, *, reason: str) -> Release:
    """Takes back what the company may still give: the approval rested on a mistake. The place is inspected again.
    Publishes release.returned; release.amended while other current flows."""
    reason = published_reason(reason)
    held = lock_release(work, release_id)
    row = held.set(releases.withdraw_approval(held.course, held.standing.grounds, held.today))
    row.reason = reason
    happened = "returned" if row.status == Status.RETURNED else "amended"
    return record_release(work, row, Action.WITHDRAW_APPROVAL, happened, note=reason)


def end_approval(work: UnitOfWork, release_id: str) -> None:
    """Withdraws what was approved and not given once the permit's last day is over. Publishes release.checked."""
    try:
        held = lock_release(work, release_id)
    except NotFound:
        return
    recheck_release(work, held.permit)


def return_release(work: UnitOfWork, release_id: str, *, notes: str) -> Release:
    """Publishes release.returned."""
    reason = published_reason(notes, "notes")
    held = lock_release(work, release_id)
    held.require(Action.RETURN)
    row = held.set(replace(held.course, returned=True))
    row.reason = reason
    return record_release(work, row, Action.RETURN, "returned", note=reason)


def resubmit_release(
    work: UnitOfWork, release_id: str, *, extent: str | None = None, note: str | None = None
) -> Release:
    """Resumes a returned release, which is inspected again if its inspection failed. Publishes release.resubmitted."""
    held = lock_release(work, release_id)
    held.require(Action.RESUBMIT)
    wanted = Extent(extent) if extent else held.course.wanted
    row = held.set(replace(held.course, wanted=wanted, returned=False))
    row.reason = None
    return record_release(work, row, Action.RESUBMIT, "resubmitted", note=note)


def ask_full(work: UnitOfWork, release_id: str, *, note: str | None = None) -> Release:
    """Asks for full current beyond the partial current. Publishes release.resubmitted."""
    held = lock_release(work, release_id)
    held.require(Action.ASK_FULL)
    row = held.set(replace(held.course, wanted=Extent.FULL))
    row.reason = None
    return record_release(work, row, Action.ASK_FULL, "resubmitted", note=note)


def refuse_release(work: UnitOfWork, release_id: str, *, reason: str) -> Release:
    """Publishes release.refused; where something was approved or given, only the rest is refused (release.amended)."""
    reason = published_reason(reason)
    held = lock_release(work, release_id)
    row = held.set(releases.refuse(held.course, held.standing.grounds, held.today))
    row.reason = reason
    happened = "refused" if row.status == Status.REFUSED else "amended"
    return record_release(work, row, Action.REFUSE, happened, note=reason)


def cancel_release(work: UnitOfWork, release_id: str, *, reason: str) -> Release:
    """Ends a release whose owner wants no current. Publishes release.cancelled."""
    reason = published_reason(reason)
    held = lock_release(work, release_id)
    row = held.set(releases.cancel(held.course, held.standing.grounds, held.today))
    row.reason = reason
    return record_release(work, row, Action.CANCEL, "cancelled", note=reason)


def order_disconnection(work: UnitOfWork, release_id: str, *, reason: str) -> Release:
    """Orders the company to cut the current because of direct danger (Reg. art. 20). Publishes
    release.disconnection_ordered with the order's id, which the company's entries name; the owner is told. A release
    that ended is alive again, on the newest permit of its building: current that was approved once may flow. Raises
    ReleaseAlive for an ended release whose building has another release, which takes the order."""
    reason = published_reason(reason)
    held = lock_release(work, release_id)
    held.require(Action.ORDER_DISCONNECTION)
    if held.course.ended is not None and lock_open_release_of(work, held.row.building_id):
        raise ReleaseAlive
    order = Order(new_id(), reason, held.today)
    row = held.set(replace(held.course, order=order, ended=None))
    row.permit_id, row.permit_number = held.permit.permit_id, held.permit.permit_number
    return record_release(
        work,
        row,
        Action.ORDER_DISCONNECTION,
        "disconnection_ordered",
        note=reason,
        details={"order_id": order.order_id},
    )


def withdraw_disconnection(work: UnitOfWork, release_id: str, *, reason: str) -> Release:
    """Withdraws an order before it is executed. Publishes release.disconnection_withdrawn."""
    reason = not_blank(reason, "reason")
    held = lock_release(work, release_id)
    held.require(Action.WITHDRAW_DISCONNECTION)
    row = held.set(_with_order(held.course, lambda one: replace(one, withdrawn_on=held.today)))
    return record_release(
        work, row, Action.WITHDRAW_DISCONNECTION, "disconnection_withdrawn", note=reason
    )


def allow_reconnection(work: UnitOfWork, release_id: str, *, reason: str) -> Release:
    """Allows the current again once the danger is over. Publishes release.reconnection_allowed. Raises
    ReleaseRefused if the ground of the current is gone."""
    reason = not_blank(reason, "reason")
    held = lock_release(work, release_id)
    held.require(Action.ALLOW_RECONNECTION)
    releases.check_reconnection(held.course, held.standing.grounds, held.today)
    row = held.set(
        _with_order(held.course, lambda one: replace(one, reconnection_allowed_on=held.today))
    )
    return record_release(work, row, Action.ALLOW_RECONNECTION, "reconnection_allowed", note=reason)


def _with_order(course: Course, change: Callable[[Order], Order]) -> Course:
    return replace(course, order=change(course.order) if course.order else None)
