"""Answer the electricity company's entry about the supply of a building: the entry takes effect or is refused, once.

Entries arrive late, twice and out of order (domain.supply). An entry about a renewed permit applies to the permit that
followed, because current belongs to the building.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.core.actors import SystemActor
from chassis.core.refusals import InvalidFields, NotFound
from chassis.data.unit_of_work import UnitOfWork
from permits.commands.partner_entries import (
    CLIENT,
    answer_entry,
    is_answered,
    lock_named_permit,
)
from permits.commands.recording import lock_newest_permit
from permits.commands.release_state import (
    building_of,
    course_of,
    lock_open_release,
    lock_standing,
    recheck_release,
    record_release,
    set_course,
)
from permits.domain import supply
from permits.domain.reading import is_publishable_number, published_reason
from permits.domain.release_course import Approval, Supplied
from permits.domain.supply import Entry, EntryKind, EntryRefused
from permits.models import Permit, Release
from saudi.days import legal_day

SOURCE = "supply"
_HAPPENED = {
    EntryKind.ENERGISED: "energised",
    EntryKind.ACKNOWLEDGED: "disconnection_acknowledged",
    EntryKind.DISCONNECTED: "disconnected",
    EntryKind.RECONNECTED: "reconnected",
}
_DETAILS = ("entry_id", "happened_on", "extent", "meter_numbers", "order_id")
_COORDINATION = ("certificate_number", "load_kva", "units", "meter_place")


def answer_supply(work: UnitOfWork, entry: Mapping[str, Any]) -> None:
    """Takes an entry, in the shape of events/partner-gateway/supply-entered.v1.schema.json. Publishes entry.took_effect
    or entry.refused, and what happened to the release. The same entry again does nothing."""
    if is_answered(work.session, entry):
        return
    permit: Permit | None = None
    try:
        permit = _lock_current_permit(work, entry)
        effects = _apply_entry(work, permit, entry)
    except EntryRefused as refusal:
        answer_entry(work, SOURCE, entry, permit, refused=refusal.code)
    else:
        answer_entry(work, SOURCE, entry, permit, effects=effects)


def _lock_current_permit(work: UnitOfWork, entry: Mapping[str, Any]) -> Permit:
    """Locks the permit that the building has today. Raises EntryRefused."""
    try:
        return lock_newest_permit(work, lock_named_permit(work, entry))
    except NotFound:
        raise EntryRefused("permit-unknown") from None


def _apply_entry(work: UnitOfWork, permit: Permit, entry: Mapping[str, Any]) -> Sequence[str]:
    day = date.fromisoformat(entry["happened_on"])
    if day > legal_day(work.now):
        raise EntryRefused("day-to-come")
    if entry["kind"] == EntryKind.COORDINATION:
        return _apply_coordination(work, permit, entry)
    # What ended with the permit's last day covers no later day, also if the entry is quicker than the deadline.
    recheck_release(work, permit)
    standing = lock_standing(work, permit)
    row = lock_open_release(work, permit) or _lock_latest_release(work, permit)
    if row is None:
        raise EntryRefused("no-release")
    taken = Entry(
        kind=EntryKind(entry["kind"]),
        happened_on=day,
        extent=Supplied(entry["extent"] or Supplied.NONE),
        meter_numbers=tuple(entry["meter_numbers"]),
        order_id=entry.get(
            "order_id"
        ),  # entered before entries named one: refused, to be entered again
    )
    today, before = legal_day(work.now), row.flagged
    effect = supply.apply_entry(
        course_of(row), taken, _approvals_of_building(work.session, row), today=today
    )
    row.permit_id, row.permit_number = permit.permit_id, permit.permit_number
    set_course(row, effect.course, standing, today)
    _record_entry(work, row, entry, _HAPPENED[taken.kind])
    flagged = ["supply-flagged"] if row.flagged and not before else []
    return [*effect.codes, *flagged]


def _lock_latest_release(work: UnitOfWork, permit: Permit) -> Release | None:
    """Locks the building's latest release, which has ended."""
    found = work.session.scalar(
        select(Release.release_id)
        .where(Release.building_id == building_of(permit))
        .order_by(Release.submitted_at.desc())
        .limit(1)
    )
    return work.lock(Release, found) if found else None


def _approvals_of_building(session: Session, row: Release) -> list[Approval]:
    """Returns all approvals that the building ever had."""
    rows = session.scalars(select(Release).where(Release.building_id == row.building_id))
    return [approval for one in rows for approval in course_of(one).approvals]


def _apply_coordination(
    work: UnitOfWork, permit: Permit, entry: Mapping[str, Any]
) -> Sequence[str]:
    """Records a coordination certificate on the permit and its release. The newest certificate counts."""
    if not is_publishable_number(entry["certificate_number"]):
        raise EntryRefused("supply-personal-number")
    if entry["meter_place"] is not None:
        try:
            published_reason(entry["meter_place"], "meter_place")
        except InvalidFields:
            raise EntryRefused("supply-personal-number") from None
    held = permit.coordination
    if held is not None and held["certified_on"] > entry["happened_on"]:
        return ["coordination-recorded-as-earlier"]
    new = {**{name: entry[name] for name in _COORDINATION}, "certified_on": entry["happened_on"]}
    if new == held:
        raise EntryRefused("already-coordinated")
    permit.coordination = new
    row = lock_open_release(work, permit)
    if row is not None:
        row.coordination = new
        _record_entry(work, row, entry, "amended")
    return ["coordination-recorded"]


def _record_entry(work: UnitOfWork, row: Release, entry: Mapping[str, Any], happened: str) -> None:
    actor = SystemActor(entry["entered_by"]["subject"], CLIENT, organisation=entry["partner"])
    details = {name: entry.get(name) for name in _DETAILS}
    action = f"enter_{entry['kind']}"
    record_release(work.acting_as(actor), row, action, happened, details=details)
