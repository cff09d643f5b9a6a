"""Suspend and cancel a permit, and undo both.

All commands raise NotFound and IllegalTransition. An expired permit can be cancelled, not suspended.
`insulation_years`: how long a waiting insulation certificate is valid once the permit is valid again, 0 for ever.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from chassis.core.refusals import not_blank
from chassis.core.times import rfc3339
from permits.commands.flags import flag_completion, unflag_restored
from permits.commands.insulation_state import issue_waiting
from permits.commands.recording import advance_permit, applicant_of, lock_permit, record_permit
from permits.domain import permits
from permits.domain.actors import Actor
from permits.domain.certificates import PERMIT_CANCELLED
from permits.domain.permits import Action
from permits.domain.reading import published_reason
from permits.models import Permit
from saudi.days import legal_day


@dataclass(frozen=True, kw_only=True)
class OwnersRequest:
    """What an owner brings who wants his permit cancelled. `owner` is his place on it; `papers` are by title."""

    reason: str
    owner: int = 0
    by_representative: bool = False
    papers: tuple[str, ...] = ()
    note: str | None = None


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
    advance_permit(permit, Action.SUSPEND, now)
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
    advance_permit(permit, Action.REINSTATE, now)
    permit.suspension = None
    return _back_in_force(session, permit, actor, Action.REINSTATE, reason, insulation_years, now)


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
    advance_permit(permit, Action.RESTORE, now)
    permit.cancellation = None
    unflag_restored(session, permit, actor, now=now)
    return _back_in_force(session, permit, actor, Action.RESTORE, reason, insulation_years, now)


def lift_suspension_of_cancelled(
    session: Session, actor: Actor, permit_id: str, *, reason: str, now: datetime
) -> Permit:
    """Lifts the suspension that stands on a cancelled permit; only an accepted appeal does that. It stays cancelled.
    Publishes permit.amended."""
    permit = lock_permit(session, actor, permit_id)
    permit.suspension = None
    return record_permit(session, permit, actor, Action.REINSTATE, "amended", now=now, note=reason)


def _back_in_force(
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
    issue_waiting(session, permit, actor, validity_years=insulation_years, now=now)
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
    session: Session, actor: Actor, permit_id: str, asked: OwnersRequest, *, now: datetime
) -> Permit:
    """At the request of an owner, of a building that isn't finished. It's no decision against him, so there's no
    appeal. Publishes permit.cancelled. Raises InvalidFields for somebody who isn't on record."""
    reason = published_reason(asked.reason)
    permit = lock_permit(session, actor, permit_id)
    asks = applicant_of(permit, owner=asked.owner, by_representative=asked.by_representative)
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
    advance_permit(permit, action, now)
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
