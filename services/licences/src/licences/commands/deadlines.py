"""What happens to an application whose time is over."""

from datetime import datetime

from sqlalchemy.orm import Session

from chassis.data.aggregates import lock
from chassis.data.deadlines import Deadline
from licences.commands import billing, deciding, receiving, returning
from licences.domain.applications import Status
from licences.models import Application


def due(session: Session, deadline: Deadline, *, now: datetime) -> None:
    """One that waited too long is refused; one that wasn't completed or paid for in time ends. One that has gone on
    meanwhile stays as it is."""
    row = lock(session, Application, deadline.aggregate_id)
    if deadline.kind == deciding.WAITING:
        deciding.waited_too_long(session, row, now=now)
    elif deadline.kind == returning.COMPLETION:
        receiving.took_too_long(session, row, now=now)
    elif row.status == Status.AWAITING_PAYMENT:
        billing.withdraw_invoice(session, row, deciding.SYSTEM, "unpaid", now=now)
        billing.end_unpaid(session, row, deciding.SYSTEM, now=now)
