"""Use cases of a permit in force: suspension, cancellation and its undoing, correction of its data.

All raise NotFound and IllegalTransition; a permit that expired can be corrected and cancelled,
nothing else. `insulation_years`: how long a certificate holds that waited for the permit to be valid again, 0 for ever.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from chassis.core.refusals import Fault, InvalidFields, not_blank
from chassis.core.times import rfc3339
from permits import catalogue
from permits.commands.asking import who_asks
from permits.commands.flagging import flag_completion, unflag_restored
from permits.commands.permit_documents import replace_document
from permits.commands.recording import lock_permit, record_permit
from permits.commands.settling import followed, resume
from permits.domain import corrections, permits
from permits.domain.actors import Actor
from permits.domain.certificates import PERMIT_CANCELLED
from permits.domain.following import adds_to
from permits.domain.permits import Action
from permits.domain.published import published_reason
from permits.models import Permit, PermitOwner
from saudi.days import legal_day


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What an owner brings who wants his permit cancelled. `owner` is his place on it; `papers` are by title."""

    reason: str
    owner: int = 0
    by_representative: bool = False
    papers: tuple[str, ...] = ()
    note: str | None = None


def advance(permit: Permit, action: Action, now: datetime) -> None:
    """Moves the permit's status, seen as of today."""
    effective = permits.effective_status(permit.status, permit.expires_on, legal_day(now))
    permit.status = permits.advance(effective, action).value


def suspend(
    session: Session,
    actor: Actor,
    permit_id: str,
    *,
    reason: str,
    body: str,
    note: str | None = None,
    now: datetime,
) -> Permit:
    """`body` names who suspends it: the municipality or a related body. `reason` is published, `note` isn't. Publishes
    permit.suspended."""
    reason, body = published_reason(reason), published_reason(body, "body")
    permit = lock_permit(session, actor, permit_id)
    advance(permit, Action.SUSPEND, now)
    since = legal_day(now).isoformat()
    permit.suspension = {"reason": reason, "body": body, "since": since}
    return record_permit(
        session, permit, actor, Action.SUSPEND, "suspended",
        now=now, note="\n".join(filter(None, (f"{body}: {reason}", note))),
    )  # fmt: skip


def reinstate(
    session: Session,
    actor: Actor,
    permit_id: str,
    *,
    reason: str,
    insulation_years: int = 0,
    now: datetime,
) -> Permit:
    """Publishes permit.reinstated. A finished building is finished again."""
    reason = not_blank(reason, "reason")
    permit = lock_permit(session, actor, permit_id)
    advance(permit, Action.REINSTATE, now)
    permit.suspension = None
    return _again(session, permit, actor, Action.REINSTATE, reason, insulation_years, now)


def restore(
    session: Session,
    actor: Actor,
    permit_id: str,
    *,
    reason: str,
    insulation_years: int = 0,
    now: datetime,
) -> Permit:
    """Undoes a cancellation; only an accepted appeal does that. Publishes permit.reinstated: the permit is what it was,
    also suspended. What was flagged with the cancellation is so no more (certificate.unflagged)."""
    permit = lock_permit(session, actor, permit_id)
    advance(permit, Action.RESTORE, now)
    permit.cancellation = None
    unflag_restored(session, permit, actor, now=now)
    return _again(session, permit, actor, Action.RESTORE, reason, insulation_years, now)


def lift_beneath(
    session: Session, actor: Actor, permit_id: str, *, reason: str, now: datetime
) -> Permit:
    """Lifts the suspension that stands on a cancelled permit; only an accepted appeal does that. It stays cancelled.
    Publishes permit.amended."""
    permit = lock_permit(session, actor, permit_id)
    permit.suspension = None
    return record_permit(session, permit, actor, Action.REINSTATE, "amended", now=now, note=reason)


def _again(
    session: Session,
    permit: Permit,
    actor: Actor,
    action: Action,
    reason: str,
    insulation_years: int,
    now: datetime,
) -> Permit:
    suspended, completed = permit.suspension is not None, permit.completion is not None
    permit.status = permits.standing_again(suspended=suspended, completed=completed).value
    record_permit(session, permit, actor, action, "reinstated", now=now, note=reason)
    resume(session, permit, actor, validity_years=insulation_years, now=now)
    return permit


def cancel_permit(
    session: Session,
    actor: Actor,
    permit_id: str,
    *,
    reason: str,
    note: str | None = None,
    now: datetime,
) -> Permit:
    """`reason` is published, `note` isn't. A suspension stays on the permit. Publishes permit.cancelled, and
    certificate.flagged for a completion certificate on it."""
    reason = published_reason(reason)
    permit = lock_permit(session, actor, permit_id)
    return _cancel(session, permit, actor, Action.CANCEL, (reason, note), now=now)


def cancel_for_owner(
    session: Session,
    actor: Actor,
    permit_id: str,
    asked: Asked,
    *,
    now: datetime,
) -> Permit:
    """At the request of an owner, of a building that isn't finished. It's no decision against him, so there's no
    appeal. Publishes permit.cancelled. Raises InvalidFields for somebody who isn't on record."""
    reason = published_reason(asked.reason)
    permit = lock_permit(session, actor, permit_id)
    asks = who_asks(permit, owner=asked.owner, by_representative=asked.by_representative)
    papers = "، ".join(published_reason(one, "papers") for one in asked.papers)
    details = {"owner": asked.owner, "capacity": asks["capacity"], "papers": papers}
    words = (reason, asked.note)
    return _cancel(session, permit, actor, Action.CANCEL_FOR_OWNER, words, details, now=now)


def _cancel(
    session: Session,
    permit: Permit,
    actor: Actor,
    action: Action,
    words: tuple[str, str | None],
    details: dict[str, Any] | None = None,
    *,
    now: datetime,
) -> Permit:
    advance(permit, action, now)
    permit.cancellation = {"reason": words[0], "at": rfc3339(now)}
    for held in (permit.completion, permit.occupancy):
        if held is not None:
            flag_completion(
                session, permit, actor, held["certificate_id"], reason=PERMIT_CANCELLED, now=now
            )
    return record_permit(
        session, permit, actor, action, "cancelled",
        now=now, note="\n".join(filter(None, words)), details=details,
    )  # fmt: skip


def amend(
    session: Session,
    actor: Actor,
    permit_id: str,
    *,
    reason: str,
    wanted: Mapping[str, Any],
    now: datetime,
) -> Permit:
    """Corrects recorded data: use, fields of land and building, the office, single owners (`wanted` in the shape of the
    contract's `Amendment`). What changed stands in the history, and a printed document that says otherwise counts no
    more. Publishes permit.amended to all who have the permit.

    Raises InvalidFields, also when nothing changes, and ChangedMeanwhile.
    """
    reason = not_blank(reason, "reason")
    permit = lock_permit(session, actor, permit_id)
    advance(permit, Action.AMEND, now)
    if owners := wanted.get("owners"):
        corrections.require_version(owners["version"], permit.version)
    before = permit.record()
    after = corrections.parts_after(
        before, wanted, permit.works, today=legal_day(now), towns=catalogue.towns()
    )
    changes = corrections.changes(before, after)
    if not changes:
        raise InvalidFields([Fault("body", "no-change")])
    _check_growth(session, permit, after)
    _correct(permit, after)
    record_permit(
        session, permit, actor, Action.AMEND, "amended", now=now, note=reason, details=changes
    )
    replace_document(session, permit, now=now)
    return permit


def _check_growth(session: Session, permit: Permit, after: Mapping[str, Any]) -> None:
    """A correction makes no building larger that was inspected or completed: what's added is asked for. Raises
    InvalidFields."""
    if "building" not in after or not adds_to(permit.building, after["building"]):
        return
    if permit.completion is not None or followed(session, permit).current is not None:
        raise InvalidFields.of("building", "other-building")


def _correct(permit: Permit, after: Mapping[str, Any]) -> None:
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
