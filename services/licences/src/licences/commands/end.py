"""Ends an application, or returns it to its applicant for completion."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select

from chassis.core.actors import SystemActor
from chassis.data.deadlines import drop_deadlines, set_deadline
from chassis.data.unit_of_work import UnitOfWork
from licences.commands.recording import record_application
from licences.domain.applications import Action, Status
from licences.domain.rules import Rules
from licences.models import Application, Ask, Inspection

SYSTEM = SystemActor("licences", "licences")
# Kinds of deadlines.
WAITING, COMPLETION, PAYMENT = "waiting", "completion", "payment"
REDECISION = "redecision"


def return_to_applicant(
    work: UnitOfWork,
    row: Application,
    reason_code: str,
    reasons: Sequence[Mapping[str, Any]],
    rules: Rules,
) -> Application:
    """Returns the locked application for `reasons`, each `{ar, en}`, and publishes `returned`. The application ends if
    nobody completes it within the days that the rules give: no application stays open for ever."""
    row.status, row.reason_code = Status.RETURNED.value, reason_code
    row.reasons = [dict(reason) for reason in reasons]
    due_at = work.now + timedelta(days=rules.parameters.completion_days)
    with work.session.no_autoflush:  # the row is written once, with its new version
        set_deadline(
            work.session, Application.aggregate_type, row.application_id, COMPLETION, due_at
        )
    return record_application(work, row, Action.RETURN, "returned")


def refuse_application(work: UnitOfWork, row: Application, reason_code: str) -> None:
    """Refuses the locked application for `row.reasons`, and publishes `refused`."""
    row.status, row.reason_code = Status.REFUSED.value, reason_code
    row.waits_for, row.decided_at = [], work.now
    close_application(work, row)
    record_application(work, row, Action.REFUSE, "refused")


def end_withdrawn(work: UnitOfWork, row: Application, reason_code: str) -> None:
    """Withdraws the locked application by the system, and publishes `withdrawn`."""
    row.status, row.reason_code = Status.WITHDRAWN.value, reason_code
    close_application(work, row)
    record_application(work, row, Action.WITHDRAW, "withdrawn")


def close_application(work: UnitOfWork, row: Application) -> None:
    """Stops everything that would happen to the application by itself."""
    row.closed_at = work.now
    drop_pending_work(work, row)
    drop_visits(work, row)


def drop_pending_work(work: UnitOfWork, row: Application) -> None:
    """Drops the questions to outside bodies and all deadlines of the application."""
    row.review_until = None
    with work.session.no_autoflush:  # the row is written once, with its new version
        work.session.execute(delete(Ask).where(Ask.application_id == row.application_id))
        drop_deadlines(work.session, Application.aggregate_type, row.application_id)


def drop_visits(work: UnitOfWork, row: Application) -> None:
    """Drops the visits before the decision. The visit of an issued licence stays."""
    due = select(Inspection).where(
        Inspection.application_id == row.application_id,
        Inspection.licence_id.is_(None),
        Inspection.result.is_(None),
    )
    with work.session.no_autoflush:
        for visit in work.session.scalars(due):
            visit.result = "dropped"
