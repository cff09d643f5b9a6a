"""The state of a building's release of current, and what the release rests on: permit, insulation, occupancy.

Every command that changes a permit, its insulation or its occupancy rechecks the release in the same transaction.
Locks: permit, certificates, release.
"""

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, bindparam, select

from chassis.data.deadlines import set_deadline
from chassis.data.unit_of_work import UnitOfWork
from chassis.events.outbox import publish
from permits import events
from permits.commands.version_read import record_change
from permits.domain import certificates, occupancy, permits, releases
from permits.domain.certificates import CertificateKind, Insulation, Refusal
from permits.domain.inquiry import verified_parties_of
from permits.domain.permits import WITHOUT_BUILDING, leaves_building
from permits.domain.permits import Status as PermitStatus
from permits.domain.release_course import (
    ENDS,
    Approval,
    Course,
    Order,
    Site,
    Status,
    Supplied,
    Supply,
)
from permits.domain.release_rules import Extent, Grounds
from permits.events import seals_of
from permits.models import Certificate, Permit, Release
from saudi.days import legal_day, midnight_after


@dataclass(frozen=True)
class Standing:
    """The grounds on which a release rests. `insulation`: why no insulation certificate is in force; None if
    `insulation_id` is in force."""

    effective: str
    insulation: str | None
    insulation_id: str | None
    occupancy: str | None
    occupancy_id: str | None
    expires_on: date

    @property
    def last_day(self) -> date | None:
        """Returns the last day of an expired permit; None of a permit that stands or ended otherwise."""
        return self.expires_on if self.effective == permits.EXPIRED else None

    @property
    def grounds(self) -> Grounds:
        """Returns the grounds as the rules of a release read them."""
        return Grounds(self.effective, self.insulation, self.occupancy)


def lock_certificates(work: UnitOfWork, permit: Permit) -> list[Certificate]:
    """Locks all certificates of the locked permit. Returns the certificates, oldest first. A command that changes two
    certificates calls this first, because the record of the first change locks the permit's release."""
    return _lock_where(work, Certificate.permit_id == permit.permit_id)


def lock_insulation_certificates(work: UnitOfWork, permit: Permit) -> list[Certificate]:
    """Locks the insulation certificates of the locked permit. Returns the certificates, oldest first."""
    is_insulation = Certificate.kind == CertificateKind.INSULATION.value
    return _lock_where(work, (Certificate.permit_id == permit.permit_id) & is_insulation)


def _lock_where(work: UnitOfWork, which: ColumnElement[bool]) -> list[Certificate]:
    rows = work.lock_where(Certificate, which)
    return sorted(rows, key=lambda row: (row.opened_at, row.certificate_id))


def lock_standing(work: UnitOfWork, permit: Permit) -> Standing:
    """Returns what stands on the locked permit today, and locks its insulation certificates."""
    today = legal_day(work.now)
    rows = lock_insulation_certificates(work, permit)
    insulation, insulation_id = _insulation_standing(rows, permit, today)
    held = _occupancy_in_force(permit, today)
    return Standing(
        effective=permits.effective_status(permit.status, permit.expires_on, today),
        insulation=insulation,
        insulation_id=insulation_id,
        occupancy=held["kind"] if held else None,
        occupancy_id=held["certificate_id"] if held else None,
        expires_on=permit.expires_on,
    )


def _insulation_standing(
    rows: list[Certificate], permit: Permit, today: date
) -> tuple[str | None, str | None]:
    if not leaves_building(permit.works):
        return WITHOUT_BUILDING, None
    refusal: Refusal | None = Refusal.MISSING
    for row in rows:
        seen = Insulation(row.certificate_id, row.permit_id, row.status, row.valid_until)
        refusal = certificates.insulation_refusal(seen, on=today)
        if refusal is None:
            return None, row.certificate_id
    return refusal, None


def _occupancy_in_force(permit: Permit, today: date) -> dict[str, str] | None:
    """Returns the permit's occupancy certificate if it is in force today."""
    held = permit.occupancy
    if held is None:
        return None
    until = date.fromisoformat(held["valid_until"]) if held["valid_until"] else None
    carries = occupancy.in_force(until, flagged=held["flagged"], on=today)
    return held if carries else None


_DAYS = (
    *("approved_on", "withdrawn_on", "energised_on", "ordered_on", "acknowledged_on"),
    *("executed_on", "reconnection_allowed_on", "reconnected_on", "inspected_on"),
)


# Made into a statement once: every change of a permit runs it.
_OPEN_RELEASE = select(Release.release_id).where(
    Release.permit_id == bindparam("permit_id"), Release.status.not_in(ENDS)
)


def lock_open_release(work: UnitOfWork, permit: Permit) -> Release | None:
    """Locks the release of the locked permit that hasn't ended. Call `lock_standing` before."""
    release_id = _open_release_id(work, permit)
    return work.lock(Release, release_id) if release_id else None


def _open_release_id(work: UnitOfWork, permit: Permit) -> str | None:
    return work.session.scalar(_OPEN_RELEASE, {"permit_id": permit.permit_id})


def lock_open_release_of(work: UnitOfWork, building_id: str) -> Release | None:
    """Locks the release of a building that hasn't ended, whichever of the building's permits it stands on."""
    of_building = Release.building_id == building_id
    return next(iter(work.lock_where(Release, of_building & Release.status.not_in(ENDS))), None)


def building_of(permit: Permit) -> str:
    """Returns the building's id: the id of its first permit, which each following permit keeps."""
    return permit.building_id or permit.permit_id


def course_of(row: Release) -> Course:
    """Returns the decisions and acts as the rules read them."""
    site, order = row.site_inspection, row.disconnection
    ended = Status(row.status) if row.status in ENDS else None
    supply = _with_days(row.supply)
    return Course(
        wanted=Extent(row.extent),
        ended=ended,
        returned=row.status == Status.RETURNED,
        site=Site(**{**_with_days(site), "defects": tuple(site["defects"])}) if site else None,
        approvals=tuple(_approval(one) for one in row.approvals),
        supply=Supply(
            extent=Supplied(supply["extent"]),
            energised_on=supply["energised_on"],
            meter_numbers=tuple(supply["meter_numbers"]),
        ),
        order=Order(**_with_days(order)) if order else None,
    )


def _approval(document: dict[str, Any]) -> Approval:
    return Approval(**{**_with_days(document), "extent": Extent(document["extent"])})


def _with_days(document: dict[str, Any]) -> dict[str, Any]:
    return {
        name: date.fromisoformat(value) if value and name in _DAYS else value
        for name, value in document.items()
    }


def set_course(row: Release, course: Course, standing: Standing, today: date) -> Course:
    """Writes the course without unfounded approvals, and the resulting status and flag."""
    grounds = standing.grounds
    course = releases.withdraw_unfounded(course, grounds, today, last_day=standing.last_day)
    row.extent = course.wanted.value
    row.site_inspection = _as_document(course.site)
    row.approvals = [_as_document(one) or {} for one in course.approvals]
    row.supply = _as_document(course.supply) or {}
    row.disconnection = _as_document(course.order)
    row.status = releases.status_on(course, grounds, today).value
    row.flag_reason = releases.flag_of(course, grounds, today)
    row.flagged = row.flag_reason is not None
    return course


def _as_document(part: Any) -> dict[str, Any] | None:
    if part is None:
        return None
    return {name: _json_value(value) for name, value in asdict(part).items()}


def _json_value(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def record_release(
    work: UnitOfWork,
    row: Release,
    action: str,
    happened: str,
    *,
    note: str | None = None,
    details: dict[str, Any] | None = None,
) -> Release:
    """Counts and journals a change of the release, whose permit is locked, and publishes it."""
    record_change(work, row, action, note=note, details=details)
    owners = verified_parties_of(work.session.get_one(Permit, row.permit_id).record())
    publish(
        work.session,
        events.release_event(happened, row.record(), owners, seals_of(work.session), work.now),
    )
    return row


def recheck_release(work: UnitOfWork, permit: Permit) -> None:
    """Computes the release of the locked permit from what stands today. Publishes release.checked if status, approvals
    or flag changed. Skips a permit that another permit replaced, because its release moves to the other permit."""
    if permit.status in (PermitStatus.RENEWED, PermitStatus.SUPERSEDED):
        return
    release_id = _open_release_id(work, permit)
    if release_id is not None:
        standing = lock_standing(work, permit)
        _recheck(work, work.lock(Release, release_id), standing)


def _recheck(work: UnitOfWork, row: Release, standing: Standing) -> None:
    today = legal_day(work.now)
    before = (row.status, row.flag_reason, row.approvals)
    set_course(row, course_of(row), standing, today)
    if (row.status, row.flag_reason, row.approvals) != before:
        details = {"status": [before[0], row.status], "flag_reason": [before[1], row.flag_reason]}
        record_release(work, row, "check", "checked", details=details)


def carry_release(work: UnitOfWork, before: Permit, after: Permit) -> None:
    """Moves the release to the permit that replaces its permit. Publishes release.amended, and release.checked if the
    new permit changes the release. What was approved ends with the new permit's last day. The certificates of both
    permits are locked before."""
    after.coordination = before.coordination
    row = lock_open_release(work, before)
    if row is None:
        return
    row.permit_id, row.permit_number = after.permit_id, after.permit_number
    record_release(work, row, "carry_release", "amended", note=before.permit_number)
    if row.approvals:
        set_approval_end(work, row, after)
    _recheck(work, row, lock_standing(work, after))


APPROVAL_END = "release_approval_end"


def set_approval_end(work: UnitOfWork, row: Release, permit: Permit) -> None:
    """Sets the deadline at which an approval ends: the midnight after the permit's last day."""
    over = midnight_after(permit.expires_on)
    set_deadline(work.session, Release.aggregate_type, row.release_id, APPROVAL_END, over)
