"""Correct, suspend and cancel a permit, and undo a suspension or cancellation.

All commands raise NotFound and IllegalTransition.
`insulation_years`: how long a waiting insulation certificate is valid once the permit is valid again, 0 for ever.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chassis.core.ids import new_id
from chassis.core.refusals import Fault, Findings, InvalidFields, not_blank
from chassis.core.times import shown
from chassis.data.columns import Documents
from chassis.data.unit_of_work import UnitOfWork
from permits import catalogue
from permits.commands.corrected_owners import (
    OwnedThings,
    OwnerLine,
    correct_line,
    lock_line,
    lock_owned_things,
    publish_owned_things,
)
from permits.commands.documents import replace_document
from permits.commands.followed_permit import watch_followers
from permits.commands.insulation_state import (
    flag_completion,
    flag_occupancies,
    issue_waiting,
    lock_insulation,
    unflag_restored,
)
from permits.commands.recording import (
    advance_permit,
    applicant_of,
    lock_permit,
    record_permit,
    require_separation,
)
from permits.commands.release_state import lock_certificates
from permits.domain import corrections, permits
from permits.domain.certificates import PERMIT_CANCELLED
from permits.domain.corrections import READERS
from permits.domain.inquiry import readers_of
from permits.domain.older import Origin
from permits.domain.permits import Action
from permits.domain.reading import published_reason
from permits.domain.succession import adds_to, keeps_owner
from permits.models import Permit, PermitOwner, PermitRequest
from saudi.days import legal_day


@dataclass(frozen=True, kw_only=True)
class OwnersRequest:
    """The owners' wish to cancel the permit. `owner` and `owners`: the places on the permit of the owners who ask;
    `papers`: by title."""

    reason: str
    owner: int = 0
    owners: tuple[int, ...] = ()
    by_representative: bool = False
    papers: tuple[str, ...] = ()
    note: str | None = None


def suspend(
    work: UnitOfWork, permit_id: str, *, reason: str, body: str, note: str | None = None
) -> Permit:
    """Suspends the permit, also beside a suspension that stands. `body`: who suspends it, the municipality or a related
    body. `reason` is published, `note` isn't. Publishes permit.suspended."""
    reason, body = published_reason(reason), published_reason(body, "body")
    permit = lock_permit(work, permit_id)
    advance_permit(permit, Action.SUSPEND, work.now)
    ground = {
        "suspension_id": new_id(),
        "reason": reason,
        "body": body,
        "since": legal_day(work.now).isoformat(),
        "at": work.now.isoformat(),
    }
    permit.set_grounds([*_with_ids(permit.grounds), ground])
    return record_permit(
        work,
        permit,
        Action.SUSPEND,
        "suspended",
        note="\n".join(filter(None, (f"{body}: {reason}", note))),
    )


def _with_ids(grounds: Documents) -> Documents:
    """Returns the suspensions with ids, by which decisions name them."""
    return [{"suspension_id": new_id(), **ground} for ground in grounds]


def reinstate(
    work: UnitOfWork,
    permit_id: str,
    *,
    reason: str,
    suspension_id: str | None = None,
    insulation_years: int = 0,
) -> Permit:
    """Lifts a suspension. Publishes permit.reinstated once no other suspension stands, else permit.amended. A finished
    building is finished again. Raises InvalidFields where several stand and `suspension_id` names none of them."""
    reason = not_blank(reason, "reason")
    permit = lock_permit(work, permit_id)
    advance_permit(permit, Action.REINSTATE, work.now)
    lifted = _lift_ground(permit, suspension_id)
    if not permit.grounds:
        return _back_in_force(work, permit, Action.REINSTATE, reason, insulation_years)
    permit.status = permits.Status.SUSPENDED.value
    details = {"suspension": [lifted["reason"], None]}
    return record_permit(work, permit, Action.REINSTATE, "amended", note=reason, details=details)


def _lift_ground(permit: Permit, suspension_id: str | None) -> Mapping[str, Any]:
    lifted = permits.suspension_to_lift(permit.grounds, suspension_id)
    permit.set_grounds([ground for ground in permit.grounds if ground != lifted])
    return lifted


def restore(work: UnitOfWork, permit_id: str, *, reason: str, insulation_years: int = 0) -> Permit:
    """Undoes a cancellation; only an accepted appeal does that. Publishes permit.reinstated: the permit is what it was,
    also suspended. What was flagged with the cancellation is so no more (certificate.unflagged)."""
    permit = lock_permit(work, permit_id)
    advance_permit(permit, Action.RESTORE, work.now)
    permit.cancellation = None
    unflag_restored(work, permit)
    return _back_in_force(work, permit, Action.RESTORE, reason, insulation_years)


def lift_suspension_of_cancelled(
    work: UnitOfWork, permit_id: str, *, reason: str, suspension_id: str | None = None
) -> Permit:
    """Lifts a suspension that stands on a cancelled permit; only an accepted appeal does that. The permit stays
    cancelled. Publishes permit.amended."""
    permit = lock_permit(work, permit_id)
    _lift_ground(permit, suspension_id)
    return record_permit(work, permit, Action.REINSTATE, "amended", note=reason)


def _back_in_force(
    work: UnitOfWork,
    permit: Permit,
    action: Action,
    reason: str,
    insulation_years: int,
    *,
    details: dict[str, Any] | None = None,
) -> Permit:
    suspended, completed = bool(permit.grounds), permit.completion is not None
    permit.status = permits.standing_again(suspended=suspended, completed=completed).value
    record_permit(work, permit, action, "reinstated", note=reason, details=details)
    issue_waiting(work, permit, validity_years=insulation_years)
    return permit


def cancel_permit(
    work: UnitOfWork, permit_id: str, *, reason: str, note: str | None = None
) -> Permit:
    """Cancels the permit. `reason` is published, `note` isn't. A suspension stays on the permit. Publishes
    permit.cancelled, and certificate.flagged for a completion or occupancy certificate of the permit."""
    reason = published_reason(reason)
    permit = lock_permit(work, permit_id)
    return _cancel(work, permit, Action.CANCEL, (reason, note))


def cancel_for_owner(work: UnitOfWork, permit_id: str, asked: OwnersRequest) -> Permit:
    """Cancels the permit of an unfinished building at the owners' request: of all owners, or of their representative.
    There is no appeal, because the municipality decided nothing against the owners. Publishes permit.cancelled. Raises
    InvalidFields for an owner who isn't on record, or who hasn't asked."""
    reason = published_reason(asked.reason)
    permit = lock_permit(work, permit_id)
    places = sorted({*asked.owners} or {asked.owner})
    asks = applicant_of(permit, owner=places[-1], by_representative=asked.by_representative)
    if not asked.by_representative and len(places) < len(permit.owners):
        raise InvalidFields.of("owners", "all-owners")
    papers = "، ".join(published_reason(one, "papers") for one in asked.papers)
    details = {"asked_by": places, "capacity": asks["capacity"], "papers": papers}
    words = (reason, asked.note)
    return _cancel(work, permit, Action.CANCEL_FOR_OWNER, words, details)


def undo_cancellation(
    work: UnitOfWork, permit_id: str, *, reason: str, insulation_years: int = 0
) -> Permit:
    """Undoes a cancellation at the owners' request, which has no appeal: a clerk may have taken the wrong permit.
    Publishes permit.reinstated. Raises CancellationStands, and DutiesSeparated for the person who cancelled."""
    reason = not_blank(reason, "reason")
    permit = lock_permit(work, permit_id)
    advance_permit(permit, Action.UNDO_CANCELLATION, work.now)
    cancelled: Mapping[str, Any] = permit.cancellation or {}
    permits.check_undoing(
        for_owner=bool(cancelled.get("for_owner")),
        cancelled_on=legal_day(datetime.fromisoformat(cancelled["at"])),
        today=legal_day(work.now),
    )
    of = (permit.aggregate_type, permit.permit_id)
    warned = require_separation(work, Action.UNDO_CANCELLATION, permit.municipality, of)
    permit.cancellation = None
    unflag_restored(work, permit)
    return _back_in_force(
        *(work, permit, Action.UNDO_CANCELLATION, reason, insulation_years), details=warned
    )


def _cancel(
    work: UnitOfWork,
    permit: Permit,
    action: Action,
    words: tuple[str, str | None],
    details: dict[str, Any] | None = None,
) -> Permit:
    advance_permit(permit, action, work.now)
    lock_certificates(work, permit)
    for_owner = action is Action.CANCEL_FOR_OWNER
    permit.cancellation = {"reason": words[0], "at": shown(work.now), "for_owner": for_owner}
    if permit.completion is not None:
        completion_id = permit.completion["certificate_id"]
        flag_completion(work, permit, completion_id, reason=PERMIT_CANCELLED)
    flag_occupancies(work, permit, reason=PERMIT_CANCELLED)
    watch_followers(work, permit)
    return record_permit(
        work, permit, action, "cancelled", note="\n".join(filter(None, words)), details=details
    )


def amend(work: UnitOfWork, permit_id: str, *, reason: str, wanted: Mapping[str, Any]) -> Permit:
    """Corrects recorded data: fields of land and building, the office, single owners (`wanted` in the shape of the
    contract's `Amendment`). What changed stands in the history, and a printed document that says otherwise counts no
    more. Publishes permit.amended to all who have the permit. Where another number or mobile reads the permit, corrects
    the permit's line too, and publishes the amended event of each thing that shows the owners. An older permit has to
    be verified again. Of a permit that has ended only the owners and their representative are corrected.

    Raises InvalidFields, also when nothing changes or when the change needs a request, and ChangedMeanwhile.
    """
    reason = not_blank(reason, "reason")
    line = lock_line(work, permit_id) if READERS & wanted.keys() else OwnerLine()
    permit = lock_permit(work, permit_id)
    advance_permit(permit, corrections.action_of_correction(permit.status, wanted), work.now)
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
    _check_scope(work, permit, before, after)
    _write_parts(permit, after)
    if permit.origin != Origin.SYSTEM and permit.verified:
        permit.verified = False
        changes |= {"verified": [True, False]}
    things = _correct_owners_elsewhere(work, permit, line, before, wanted)
    record_permit(work, permit, Action.AMEND, "amended", note=reason, details=changes)
    publish_owned_things(work, things)
    replace_document(work, permit)
    return permit


def _check_growth(work: UnitOfWork, permit: Permit, after: Mapping[str, Any]) -> None:
    """Refuses a larger building if the building was inspected or completed: an addition needs a request of its own.
    Raises InvalidFields."""
    if "building" not in after or not adds_to(permit.building, after["building"]):
        return
    if permit.completion is not None or lock_insulation(work, permit).current is not None:
        raise InvalidFields.of("building", "other-building")


def _check_scope(
    work: UnitOfWork, permit: Permit, before: Mapping[str, Any], after: Mapping[str, Any]
) -> None:
    """Refuses a sale, another use and an addition: each has a request, with a fee and a second person. The record of an
    older permit is a copy of a paper, and is verified again. Raises InvalidFields."""
    request = work.session.get(PermitRequest, permit.request_id) if permit.request_id else None
    if request is None or permit.origin != Origin.SYSTEM:
        return
    paid = request.application()
    findings = Findings()
    if after.get("use_class", before["use_class"]) != before["use_class"]:
        findings.fault("use_class", "use-by-request")
    if "building" in after and adds_to(paid["building"], after["building"]):
        findings.fault("building", "building-by-request")
    owners = after.get("owners")
    if owners is not None and not all(keeps_owner(one["owners"], owners) for one in (before, paid)):
        findings.fault("owners", "owners-by-request")
    findings.settle()


def _write_parts(permit: Permit, after: Mapping[str, Any]) -> None:
    for name in (
        *("use_class", "building", "engineering_office", "contractor", "supervising_office"),
        *("site", "clearances", "remarks", "representative"),
    ):
        if name in after:
            setattr(permit, name, after[name])
    if "land" in after:
        permit.place(after["land"])
    if "owners" in after:
        owners = enumerate(after["owners"])
        permit.owners = [PermitOwner(position=place, **owner) for place, owner in owners]


def _correct_owners_elsewhere(
    work: UnitOfWork,
    permit: Permit,
    line: OwnerLine,
    before: Mapping[str, Any],
    wanted: Mapping[str, Any],
) -> OwnedThings:
    """Corrects the locked line of a permit, and locks what shows the owners. Returns nothing if the owners are told and
    found as before."""
    if readers_of(before) == readers_of(permit.record()):
        return OwnedThings()
    owners = wanted.get("owners") or {}
    return lock_owned_things(work, permit, correct_line(permit, line, before, owners))
