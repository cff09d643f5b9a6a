"""Gives an application back to its applicant. He has some days to complete it: none stays open for ever."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from chassis.core.actors import Actor, SystemActor
from chassis.data.deadlines import drop_deadlines, set_deadline
from licences.commands.recording import record_application
from licences.domain.applications import Action, Status
from licences.domain.rules import Rules
from licences.models import Application, Ask, Inspection

SYSTEM = SystemActor("licences", "licences")
WAITING, COMPLETION = "waiting", "completion"  # kinds of deadlines
TOO_LONG = "waited-too-long"  # the reason of a refusal

Reasons = Sequence[Mapping[str, Any]]


def return_to_applicant(
    session: Session,
    row: Application,
    actor: Actor,
    reason_code: str,
    reasons: Reasons,
    *,
    rules: Rules,
    now: datetime,
) -> Application:
    """Returns the locked application for `reasons`, each `{ar, en}`. Publishes `returned`; the application ends when
    nobody completes it in the time that the rules give."""
    row.status, row.reason_code = Status.RETURNED.value, reason_code
    row.reasons = [dict(one) for one in reasons]
    due_at = now + timedelta(days=rules.parameters.completion_days)
    with session.no_autoflush:  # the row is written once, with its new version
        set_deadline(session, Application.aggregate_type, row.application_id, COMPLETION, due_at)
    return record_application(session, row, actor, Action.RETURN, "returned", now=now)


def refuse_application(
    session: Session,
    row: Application,
    actor: Actor,
    reason_code: str,
    *,
    now: datetime,
    note: str | None = None,
) -> None:
    """Ends the application; `row.reasons` say why."""
    row.status, row.reason_code = Status.REFUSED.value, reason_code
    row.waits_for, row.decided_at = [], now
    close_application(session, row, now=now)
    record_application(session, row, actor, Action.REFUSE, "refused", now=now, note=note)


def close_application(session: Session, row: Application, *, now: datetime) -> None:
    """Nothing more happens to it by itself."""
    row.closed_at = now
    drop_pending_work(session, row)
    drop_visits(session, row)


def drop_pending_work(session: Session, row: Application) -> None:
    """Nobody is asked about it any more, and no time runs."""
    row.review_until = None
    with session.no_autoflush:  # the row is written once, with its new version
        session.execute(delete(Ask).where(Ask.application_id == row.application_id))
        drop_deadlines(session, Application.aggregate_type, row.application_id)


def drop_visits(session: Session, row: Application) -> None:
    """No inspector goes there for it any more; the visit of an issued licence stays."""
    due = select(Inspection).where(
        Inspection.application_id == row.application_id,
        Inspection.licence_id.is_(None),
        Inspection.result.is_(None),
    )
    with session.no_autoflush:
        for visit in session.scalars(due):
            visit.result = "dropped"


def end_uncompleted(session: Session, row: Application, *, now: datetime) -> None:
    """The locked application was returned, and nobody completed it in its time."""
    if row.status == Status.RETURNED:
        row.status, row.reason_code = Status.WITHDRAWN.value, "not-completed"
        close_application(session, row, now=now)
        record_application(session, row, SYSTEM, Action.WITHDRAW, "withdrawn", now=now)


def refuse_after_waiting(session: Session, row: Application, *, now: datetime) -> None:
    """The locked application waited for its whole time: it's refused for what is missing."""
    if row.status == Status.WAITING:
        refuse_application(session, row, SYSTEM, TOO_LONG, now=now)
