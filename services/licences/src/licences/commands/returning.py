"""Gives an application back to its applicant. He has some days to complete it: none stays open for ever."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from chassis.core.actors import Actor
from chassis.data.deadlines import set_deadline
from licences.commands.recording import record_application
from licences.domain.applications import Action, Status
from licences.domain.rules import Rules
from licences.models import Application

COMPLETION = "completion"  # the kind of the deadline

Reasons = Sequence[Mapping[str, Any]]


def give_back(
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
