"""What the municipality does with a licence, for a reason that stands in its history. All raise NotFound and
IllegalTransition, and InvalidFields without a reason."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.core.actors import Actor as Acting
from chassis.core.actors import SystemActor
from chassis.core.refusals import Fault, InvalidFields, NotFound, not_blank
from chassis.data.aggregates import lock, record_action
from licences.commands.issue import cancel_licence
from licences.commands.recording import record_licence
from licences.domain.actors import Actor, require_access
from licences.domain.licences import Action, Status, advance, reinstated
from licences.domain.violations import Status as Ended
from licences.domain.violations import require_another
from licences.models import Inspection, Licence, Violation
from saudi.days import legal_day
from saudi.text import search_key, tidy

BY_MUNICIPALITY, VIOLATION = "by-municipality", "violation"
VIOLATIONS = SystemActor("violations", client_id="licences")


def lock_licence(session: Session, actor: Actor, licence_no: str) -> Licence:
    """The licence, locked until the transaction ends. Raises NotFound, also for another municipality's."""
    key = session.scalar(select(Licence.licence_id).where(Licence.licence_no == licence_no))
    if key is None:
        raise NotFound
    row = lock(session, Licence, key)
    require_access(actor, row.municipality)
    return row


def suspend_licence(
    session: Session, actor: Actor, licence_no: str, *, reason: str, now: datetime
) -> Licence:
    """Until it's reinstated."""
    row = lock_licence(session, actor, licence_no)
    return _change_status(session, row, actor, Action.SUSPEND, "suspended", reason, now=now)


def reinstate_licence(
    session: Session, actor: Actor, licence_no: str, *, reason: str, now: datetime
) -> Licence:
    """The suspension or closure ends: a closure by somebody else than those whom it came from. Raises
    AnotherPerson."""
    row = lock_licence(session, actor, licence_no)
    require_another(
        actor.subject, *(one for closing in row.closings or () for one in closing["people"])
    )
    return _end_stop(session, row, actor, not_blank(reason, "reason"), now=now)


def close_licence(
    session: Session,
    actor: Actor,
    licence_no: str,
    *,
    reason: str,
    violation_id: str | None = None,
    recorded_by: Collection[str] = (),
    now: datetime,
) -> Licence:
    """The place is closed because of a violation, or one more; `recorded_by`: those who recorded it."""
    row = lock_licence(session, actor, licence_no)
    closing = {"violation_id": violation_id, "people": [*recorded_by, actor.subject]}
    if row.status == Status.CLOSED and violation_id is not None:
        row.closings = [*(row.closings or ()), closing]
        return record_licence(session, row, actor, Action.CLOSE, "closed", now=now)
    if row.status == Status.SUSPENDED:
        kept = ("status", "reason_code", "reason")
        row.before_closing = {name: getattr(row, name) for name in kept}
    row.closings = [closing]
    return _change_status(session, row, actor, Action.CLOSE, "closed", reason, VIOLATION, now=now)


def reopen_licence(session: Session, row: Licence, violation_id: str, *, now: datetime) -> None:
    """The violation was cancelled: a place that was closed for nothing else is open again, without anybody's asking."""
    causes = {one["violation_id"] for one in row.closings or ()}
    if row.status != Status.CLOSED or violation_id not in causes:
        return
    others = select(Violation.violation_id).where(
        Violation.violation_id.in_(causes - {violation_id}), Violation.status != Ended.CANCELLED
    )
    if session.scalar(others.limit(1)) is None:
        _end_stop(session, row, VIOLATIONS, None, now=now)


def cancel_by_municipality(
    session: Session, actor: Actor, licence_no: str, *, reason: str, now: datetime
) -> Licence:
    """For good, and what hangs on it with it."""
    row = lock_licence(session, actor, licence_no)
    return cancel_licence(
        session, row, actor, BY_MUNICIPALITY, not_blank(reason, "reason"), now=now
    )


def correct_trade_name(
    session: Session,
    actor: Actor,
    licence_no: str,
    *,
    trade_name: dict[str, Any],
    reason: str,
    now: datetime,
) -> Licence:
    """The name on the sign was wrong. Of a professional for himself there's none."""
    row = lock_licence(session, actor, licence_no)
    advance(row.status, Action.CORRECT)
    if row.trade_name is None:
        raise InvalidFields.of("trade_name", "no-trade-name")
    name = {"ar": tidy(not_blank(trade_name["ar"], "trade_name.ar")), "en": trade_name.get("en")}
    row.trade_name, row.trade_key = name, search_key(name["ar"] or "")
    establishment = {**row.body["establishment"], "trade_name": name}
    row.body = {**row.body, "establishment": establishment}
    reason = not_blank(reason, "reason")
    return record_licence(session, row, actor, Action.CORRECT, "corrected", now=now, note=reason)


def record_visit(
    session: Session,
    actor: Actor,
    inspection_id: str,
    *,
    passed: bool,
    inspected_on: date,
    note: str,
    now: datetime,
) -> Inspection:
    """The result of a visit after the issue, of which the licence's history tells. What follows from a failed one, an
    officer decides."""
    row = session.get(Inspection, inspection_id)
    if row is None or row.licence_id is None:
        raise NotFound
    require_access(actor, row.municipality)
    licence = lock(
        session, Licence, row.licence_id
    )  # first, as whoever ends it and drops its visits
    session.refresh(row, with_for_update=True)
    if row.result is not None:
        raise InvalidFields.of("inspection_id", "visit-recorded")
    if not legal_day(row.ordered_at) <= inspected_on <= legal_day(now):
        raise InvalidFields([Fault("inspected_on", "not-within-visit")])
    row.result, row.inspected_on = "passed" if passed else "failed", inspected_on
    row.note, row.inspector = not_blank(note, "note"), actor.name or actor.subject
    record_action(session, licence, actor, f"visit-{row.result}", now=now)
    return row


def _end_stop(
    session: Session, row: Licence, actor: Acting, reason: str | None, *, now: datetime
) -> Licence:
    """What was suspended before it was closed is told as suspended again."""
    before = row.before_closing or {}
    row.status = reinstated(row.status, before.get("status")).value
    row.reason_code, row.reason = before.get("reason_code"), before.get("reason")
    row.closings = row.before_closing = None
    happened = "reinstated" if row.status == Status.VALID else "suspended"
    return record_licence(session, row, actor, Action.REINSTATE, happened, now=now, note=reason)


def _change_status(
    session: Session,
    row: Licence,
    actor: Actor,
    action: Action,
    happened: str,
    reason: str,
    reason_code: str = BY_MUNICIPALITY,
    *,
    now: datetime,
) -> Licence:
    reason = not_blank(reason, "reason")
    row.status = advance(row.status, action).value
    row.reason_code, row.reason = reason_code, reason
    return record_licence(session, row, actor, action, happened, now=now)
