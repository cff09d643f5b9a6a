"""Use cases of a permit in force: suspension, cancellation, correction of its data.

All raise NotFound and IllegalTransition; a permit that expired can be corrected and cancelled,
nothing else.
"""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from chassis.outbox import publish
from permits import events
from permits.commands.flagging import flag_completion
from permits.commands.journal import OUTSIDE, enter, lock_permit
from permits.domain import application, permits
from permits.domain.actors import Actor
from permits.domain.dates import legal_day
from permits.domain.errors import Fault, Findings, InvalidFields, stated
from permits.domain.identifiers import plan_key
from permits.domain.permits import Action
from permits.models import Permit


def advance(permit: Permit, action: Action, now: datetime) -> None:
    """Moves the permit's status, seen as of today."""
    effective = permits.effective_status(permit.status, permit.expires_on, legal_day(now))
    permit.status = permits.advance(effective, action).value


def suspend(
    session: Session, actor: Actor, permit_id: str, *, reason: str, body: str, now: datetime
) -> Permit:
    """`body` names who suspends it: the municipality or a related body. Publishes
    permit.suspended."""
    reason, body = stated(reason, "reason"), stated(body, "body")
    permit = lock_permit(session, actor, permit_id)
    advance(permit, Action.SUSPEND, now)
    since = legal_day(now).isoformat()
    permit.suspension = {"reason": reason, "body": body, "since": since}
    return _keep(session, permit, actor, Action.SUSPEND, "suspended", f"{body}: {reason}", now)


def reinstate(
    session: Session, actor: Actor, permit_id: str, *, reason: str, now: datetime
) -> Permit:
    """Publishes permit.reinstated."""
    reason = stated(reason, "reason")
    permit = lock_permit(session, actor, permit_id)
    advance(permit, Action.REINSTATE, now)
    permit.suspension = None
    return _keep(session, permit, actor, Action.REINSTATE, "reinstated", reason, now)


def cancel_permit(
    session: Session, actor: Actor, permit_id: str, *, reason: str, now: datetime
) -> Permit:
    """Publishes permit.cancelled, and certificate.flagged for a completion certificate on it."""
    reason = stated(reason, "reason")
    permit = lock_permit(session, actor, permit_id)
    advance(permit, Action.CANCEL, now)
    permit.suspension = None
    permit.cancellation = {"reason": reason, "at": now.isoformat()}
    if permit.completion is not None:
        certificate_id = permit.completion["certificate_id"]
        flag_completion(session, permit, actor, certificate_id, reason="permit-cancelled", now=now)
    return _keep(session, permit, actor, Action.CANCEL, "cancelled", reason, now)


def amend(
    session: Session,
    actor: Actor,
    permit_id: str,
    *,
    reason: str,
    use_class: str | None = None,
    land: Mapping[str, Any] | None = None,
    now: datetime,
) -> Permit:
    """Corrects recorded data: use, and fields of the land. Publishes permit.amended to all who have
    the permit.

    Raises InvalidFields, also when nothing changes.
    """
    reason = stated(reason, "reason")
    permit = lock_permit(session, actor, permit_id)
    advance(permit, Action.AMEND, now)
    changes = _correct(permit, use_class, land or {})
    if not changes:
        raise InvalidFields([Fault("land", "required")])
    return _keep(session, permit, actor, Action.AMEND, "amended", reason, now, changes)


def _correct(permit: Permit, use_class: str | None, land: Mapping[str, Any]) -> dict[str, Any]:
    findings = Findings()
    before = permit.land
    after = asdict(application.parse_land({**before, **land}, OUTSIDE, findings))
    findings.settle()
    changes = {
        f"land.{name}": [before[name], value]
        for name, value in after.items()
        if value != before[name]
    }
    if use_class is not None and use_class != permit.use_class:
        changes["use_class"] = [permit.use_class, use_class]
        permit.use_class = use_class
    permit.land = after
    permit.plan_key = plan_key(after["plan_number"]) if after["plan_number"] else None
    return changes


def _keep(
    session: Session,
    permit: Permit,
    actor: Actor,
    action: Action,
    happened: str,
    note: str,
    now: datetime,
    details: dict[str, Any] | None = None,
) -> Permit:
    enter(session, permit, actor, action, now=now, note=note, details=details)
    publish(session, events.permit_event(happened, permit.record(), now))
    return permit
