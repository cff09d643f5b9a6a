"""Cancels or revokes a certificate: by its worker, a delegate or the municipality, or because a result was wrong."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.core.refusals import Conflict, NotFound
from chassis.data.aggregates import lock
from chassis.data.unit_of_work import UnitOfWork
from health_certs.commands.recording import SYSTEM, record_certificate
from health_certs.domain.access import Applicant, require_access
from health_certs.domain.certificates import (
    MACHINE,
    Action,
    RevocationReason,
    Status,
    advance_in_force,
    sealed_reason,
)
from health_certs.models import Certificate, Request
from saudi.days import legal_day
from saudi.ids import IdType


class WorkerCancelsHimself(Conflict):
    """An establishment can't cancel a Saudi worker's certificate."""

    problem = "worker-cancels-himself"


def lock_numbered(session: Session, certificate_no: str) -> Certificate:
    """Returns the locked certificate with the number. Raises NotFound."""
    statement = select(Certificate.certificate_id).where(
        Certificate.certificate_no == certificate_no
    )
    certificate_id = session.scalar(statement)
    if certificate_id is None:
        raise NotFound
    return lock(session, Certificate, certificate_id)


def cancel(work: UnitOfWork, applicant: Applicant, certificate_no: str) -> Certificate:
    """Cancels for the worker or a delegate. The event is the same for every cancellation. Raises NotFound,
    WorkerCancelsHimself and IllegalTransition."""
    certificate = lock_numbered(work.session, certificate_no)
    if certificate.worker is None:
        raise NotFound
    may_cancel = applicant.cancels(
        worker=certificate.worker["id_number"],
        is_saudi=certificate.worker["id_type"] == IdType.NATIONAL_ID,
        establishment=certificate.establishment,
    )
    if may_cancel is None:
        raise NotFound
    if not may_cancel:
        raise WorkerCancelsHimself
    _advance(work, certificate, Action.CANCEL)
    return record_certificate(work, certificate, "cancel", "cancelled")


def revoke(work: UnitOfWork, certificate_no: str, reason: RevocationReason) -> Certificate:
    """Revokes for the municipality, or the branch, that issued the certificate. Raises NotFound and
    IllegalTransition."""
    certificate = lock_numbered(work.session, certificate_no)
    require_access(work.actor, certificate.municipality)
    _advance(work, certificate, Action.REVOKE)
    certificate.reason = sealed_reason(reason)
    return record_certificate(work, certificate, "revoke", "revoked")


def _advance(work: UnitOfWork, certificate: Certificate, action: Action) -> None:
    today = legal_day(work.now)
    certificate.status = advance_in_force(
        certificate.status, action, certificate.valid_until, today
    ).value


def cancel_for_result(work: UnitOfWork, request: Request) -> None:
    """Cancels the locked request's certificate after a correction to unfit, without a reason that anybody is told. A
    certificate that has ended stays as it is."""
    certificate = work.lock(Certificate, request.certificate_id or "")
    if certificate.status == Status.VALID:
        certificate.status = MACHINE.after(Action.CANCEL, certificate.status).value
        record_certificate(work.acting_as(SYSTEM), certificate, "cancel", "cancelled")
