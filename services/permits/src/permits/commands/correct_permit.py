"""Correct the recorded data of a permit."""

from collections.abc import Mapping
from typing import Any

from chassis.core.refusals import Fault, InvalidFields, not_blank
from chassis.data.unit_of_work import UnitOfWork
from permits import catalogue
from permits.commands.insulation_state import lock_insulation
from permits.commands.permit_documents import replace_document
from permits.commands.recording import advance_permit, lock_permit, record_permit
from permits.domain import corrections
from permits.domain.permits import Action
from permits.domain.succession import adds_to
from permits.models import Permit, PermitOwner
from saudi.days import legal_day


def amend(work: UnitOfWork, permit_id: str, *, reason: str, wanted: Mapping[str, Any]) -> Permit:
    """Corrects recorded data: use, fields of land and building, the office, single owners (`wanted` in the shape of the
    contract's `Amendment`). What changed stands in the history, and a printed document that says otherwise counts no
    more. Publishes permit.amended to all who have the permit.

    Raises InvalidFields, also when nothing changes, and ChangedMeanwhile.
    """
    reason = not_blank(reason, "reason")
    permit = lock_permit(work, permit_id)
    advance_permit(permit, Action.AMEND, work.now)
    if owners := wanted.get("owners"):
        corrections.require_version(owners["version"], permit.version)
    before = permit.record()
    after = corrections.parts_after(
        before, wanted, permit.works, today=legal_day(work.now), towns=catalogue.towns()
    )
    changes = corrections.changes(before, after)
    if not changes:
        raise InvalidFields([Fault("body", "no-change")])
    _check_growth(work, permit, after)
    _write_parts(permit, after)
    record_permit(work, permit, Action.AMEND, "amended", note=reason, details=changes)
    replace_document(work, permit)
    return permit


def _check_growth(work: UnitOfWork, permit: Permit, after: Mapping[str, Any]) -> None:
    """Refuses a larger building if the building was inspected or completed: an addition needs a request of its own.
    Raises InvalidFields."""
    if "building" not in after or not adds_to(permit.building, after["building"]):
        return
    if permit.completion is not None or lock_insulation(work, permit).current is not None:
        raise InvalidFields.of("building", "other-building")


def _write_parts(permit: Permit, after: Mapping[str, Any]) -> None:
    for name in (
        *("use_class", "building", "engineering_office", "contractor", "supervising_office"),
        *("site", "clearances", "remarks"),
    ):
        if name in after:
            setattr(permit, name, after[name])
    if "land" in after:
        permit.place(after["land"])
    if "owners" in after:
        owners = enumerate(after["owners"])
        permit.owners = [PermitOwner(position=place, **owner) for place, owner in owners]
