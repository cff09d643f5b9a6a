"""What becomes of a certificate by its worker's, an establishment's or the municipality's will."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.core.actors import Actor as Journaled
from chassis.core.refusals import Conflict, NotFound
from chassis.data.aggregates import lock
from health_certs.commands.recording import record_certificate
from health_certs.domain.actors import Actor, require_access
from health_certs.domain.applicants import Applicant
from health_certs.domain.validity import (
    Action,
    RevocationReason,
    advance_in_force,
    sealed_reason,
)
from health_certs.models import Certificate
from saudi.days import legal_day
from saudi.ids import IdType


class WorkerCancelsHimself(Conflict):
    """A Saudi worker's certificate isn't an establishment's to cancel."""

    problem = "worker-cancels-himself"


def lock_numbered(session: Session, certificate_no: str) -> Certificate:
    """Raises NotFound."""
    this = select(Certificate.certificate_id).where(Certificate.certificate_no == certificate_no)
    found = session.scalar(this)
    if found is None:
        raise NotFound
    return lock(session, Certificate, found)


def cancel(
    session: Session, actor: Journaled, own: Applicant, certificate_no: str, *, now: datetime
) -> Certificate:
    """Its event is that of every cancellation. Raises NotFound, WorkerCancelsHimself and IllegalTransition."""
    row = lock_numbered(session, certificate_no)
    if row.worker is None:
        raise NotFound
    may = own.cancels(
        worker=row.worker["id_number"],
        is_saudi=row.worker["id_type"] == IdType.NATIONAL_ID,
        establishment=row.establishment,
    )
    if may is None:
        raise NotFound
    if not may:
        raise WorkerCancelsHimself
    _advance(row, Action.CANCEL, now)
    return record_certificate(session, row, actor, "cancel", "cancelled", now=now)


def revoke(
    session: Session, actor: Actor, certificate_no: str, reason: RevocationReason, *, now: datetime
) -> Certificate:
    """By the municipality, or the branch, that issued it. Raises NotFound and IllegalTransition."""
    row = lock_numbered(session, certificate_no)
    require_access(actor, row.municipality)
    _advance(row, Action.REVOKE, now)
    row.reason = sealed_reason(reason)
    return record_certificate(session, row, actor, "revoke", "revoked", now=now)


def _advance(row: Certificate, action: Action, now: datetime) -> None:
    row.status = advance_in_force(row.status, action, row.valid_until, legal_day(now)).value
