"""Ends requests without a certificate, all in one way, and cancels a certificate whose result was wrong."""

from datetime import datetime

from sqlalchemy.orm import Session

from chassis.core.actors import Actor
from chassis.data.aggregates import lock
from chassis.data.deadlines import drop_deadlines
from health_certs.commands import billing
from health_certs.commands.recording import SYSTEM, record_certificate, record_request
from health_certs.domain import validity
from health_certs.domain.requests import Reason, Status
from health_certs.models import Certificate, Request

_WIDTH = 20  # of every sealed reason: none is told from another by its length


def end(session: Session, row: Request, reason: Reason, actor: Actor, *, now: datetime) -> Request:
    """The locked request ends: one state, one event, and its money goes back, whatever it ends for."""
    row.status, row.ended_at = Status.NOT_ISSUED.value, now
    row.end_reason = f"{reason.value:<{_WIDTH}}"
    with session.no_autoflush:  # the row is written once, with its new version
        drop_deadlines(session, Request.aggregate_type, row.request_id)
    record_request(session, row, actor, "end", "ended", now=now)
    billing.give_up(session, row, now=now)
    return row


def reason_of(row: Request) -> Reason | None:
    """Why it ended without a certificate; for those of `domain.readers` alone."""
    return Reason(row.end_reason.strip()) if row.end_reason else None


def cancel_for_result(session: Session, row: Request, *, now: datetime) -> None:
    """The locked request's certificate ends, without a reason that anybody is told. One that ended already stays."""
    certificate = lock(session, Certificate, row.certificate_id or "")
    if certificate.status == validity.Status.VALID:
        cancel(session, certificate, SYSTEM, now=now)


def cancel(session: Session, row: Certificate, actor: Actor, *, now: datetime) -> Certificate:
    """Raises IllegalTransition."""
    row.status = validity.advance(row.status, validity.Action.CANCEL).value
    return record_certificate(session, row, actor, "cancel", "cancelled", now=now)
