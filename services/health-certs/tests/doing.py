"""What a process does to a request or list of the tests."""

from datetime import datetime
from types import SimpleNamespace
from typing import Any

from chassis.data.deadlines import Deadline
from health_certs.chores import DEADLINES
from health_certs.domain.requests import EndReason
from health_certs.models import Request


def deadline_due(session: Any, deadline: Deadline, *, now: datetime) -> None:
    """Fires a deadline, as the worker of deadlines does."""
    context: Any = SimpleNamespace(session=session, now=now)
    DEADLINES[deadline.kind](context, deadline)


def end_reason_of(request: Request) -> EndReason | None:
    """Returns why a request ended without a certificate."""
    return EndReason(request.end_reason.strip()) if request.end_reason else None
