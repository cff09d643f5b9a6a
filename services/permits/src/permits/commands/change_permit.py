"""Correct, suspend and cancel a permit, and undo a suspension or cancellation.

All commands raise NotFound and IllegalTransition. An expired permit can be cancelled, not suspended.
`insulation_years`: how long a waiting insulation certificate is valid once the permit is valid again, 0 for ever.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chassis.core.refusals import Fault, InvalidFields, not_blank
from chassis.core.times import rfc3339
from chassis.data.unit_of_work import UnitOfWork
from permits import catalogue
from permits.commands.documents import replace_document
from permits.commands.followed_permit import watch_followers
from permits.commands.insulation_state import (
    flag_completion,
    issue_waiting,
    lock_insulation,
    unflag_restored,
)
from permits.commands.recording import advance_permit, applicant_of, lock_permit, record_permit
from permits.commands.release_state import lock_certificates
from permits.domain import corrections, permits
from permits.domain.certificates import PERMIT_CANCELLED
from permits.domain.permits import Action
from permits.domain.reading import published_reason
from permits.domain.succession import adds_to
from permits.models import Permit, PermitOwner
from saudi.days import legal_day


@dataclass(frozen=True, kw_only=True)
class OwnersRequest:
    """An owner's wish to cancel the permit. `owner`: the place of the owner on the permit; `papers`: by title."""

    reason: str
    owner: int = 0
    by_representative: bool = False
    papers: tuple[str, ...] = ()
    note: str | None = None


def suspend(
    work: UnitOfWork, permit_id: str, *, reason: str, body: str, note: str | None = None
) -> Permit:
    """Suspends the permit. `body`: who suspends it, the municipality or a related body. `reason` is published,
    `note` isn't. Publishes permit.suspended."""
    reason, body = published_reason(reason), published_reason(body, "body")
    permit = lock_permit(work, permit_id)
    advance_permit(permit, Action.SUSPEND, work.now)
    since = legal_day(work.now).isoformat()
    permit.suspension = {"reason": reason, "body": body, "since": since}
    return record_permit(
        work,
        permit,
        Action.SUSPEND,
        "suspended",
        note="\n".join(filter(None, (f"{body}: {reason}", note))),
    )


def reinstate(
    work: UnitOfWork, permit_id: str, *, reason: str, insulation_years: int = 0
) -> Permit:
    """Publishes permit.reinstated. A finished building is finished again."""
    reason = not_blank(reason, "reason")
    permit = lock_permit(work, permit_id)
    advance_permit(permit, Action.REINSTATE, work.now)
    permit.suspension = None
    return _back_in_force(work, permit, Action.REINSTATE, reason, insulation_years)


def restore(work: UnitOfWork, permit_id: str, *, reason: str, insulation_years: int = 0) -> Permit:
    """Undoes a cancellation; only an accepted appeal does that. Publishes permit.reinstated: the permit is what it was,
    also suspended. What was flagged with the cancellation is so no more (certificate.unflagged)."""
    permit = lock_permit(work, permit_id)
    advance_permit(permit, Action.RESTORE, work.now)
    permit.cancellation = None
    unflag_restored(work, permit)
    return _back_in_force(work, permit, Action.RESTORE, reason, insulation_years)


def lift_suspension_of_cancelled(work: UnitOfWork, permit_id: str, *, reason: str) -> Permit:
    """Lifts the suspension that stands on a cancelled permit; only an accepted appeal does that. It stays cancelled.
    Publishes permit.amended."""
    permit = lock_permit(work, permit_id)
    permit.suspension = None
    return record_permit(work, permit, Action.REINSTATE, "amended", note=reason)


def _back_in_force(
    work: UnitOfWork, permit: Permit, action: Action, reason: str, insulation_years: int
) -> Permit:
    suspended, completed = permit.suspension is not None, permit.completion is not None
    permit.status = permits.standing_again(suspended=suspended, completed=completed).value
    record_permit(work, permit, action, "reinstated", note=reason)
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
    """Cancels the permit of an unfinished building at an owner's request. There is no appeal, because the
    municipality decided nothing against the owner. Publishes permit.cancelled. Raises InvalidFields for an owner who
    isn't on record."""
    reason = published_reason(asked.reason)
    permit = lock_permit(work, permit_id)
    asks = applicant_of(permit, owner=asked.owner, by_representative=asked.by_representative)
    papers = "، ".join(published_reason(one, "papers") for one in asked.papers)
    details = {"owner": asked.owner, "capacity": asks["capacity"], "papers": papers}
    words = (reason, asked.note)
    return _cancel(work, permit, Action.CANCEL_FOR_OWNER, words, details)


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
    permit.cancellation = {"reason": words[0], "at": rfc3339(work.now), "for_owner": for_owner}
    for held in (permit.completion, permit.occupancy):
        if held is not None:
            flag_completion(work, permit, held["certificate_id"], reason=PERMIT_CANCELLED)
    watch_followers(work, permit)
    return record_permit(
        work, permit, action, "cancelled", note="\n".join(filter(None, words)), details=details
    )


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
