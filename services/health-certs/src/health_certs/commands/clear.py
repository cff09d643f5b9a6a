"""Clears a worker after a revocation: an officer decides that the worker may have another certificate."""

from sqlalchemy import select

from chassis.core.refusals import Conflict, NotFound
from chassis.data.unit_of_work import UnitOfWork
from health_certs.commands.decide import lock_open_requests, redecide_all
from health_certs.domain.access import require_access
from health_certs.domain.certificates import MACHINE, Action, ClearanceReason
from health_certs.models import Certificate


class AlreadyCleared(Conflict):
    """An officer has cleared the worker of this revocation before."""

    problem = "already-cleared"


def clear(work: UnitOfWork, certificate_no: str, reason: ClearanceReason) -> Certificate:
    """Lets the worker of a revoked certificate have another certificate. Until an officer decides so, the revocation
    keeps back every request of the worker. Decides the worker's open requests anew, which are locked before the
    certificate. Raises NotFound, IllegalTransition and AlreadyCleared."""
    found = work.session.scalar(
        select(Certificate).where(Certificate.certificate_no == certificate_no)
    )
    if found is None:
        raise NotFound
    require_access(work.actor, found.municipality)
    requests = lock_open_requests(work, found.worker_number or "")
    certificate = work.lock(Certificate, found.certificate_id)
    MACHINE.after(Action.CLEAR, certificate.status)
    if certificate.cleared_at is not None:
        raise AlreadyCleared
    certificate.cleared_at, certificate.clearance = work.now, reason.value
    work.record_action(certificate, Action.CLEAR, details={"reason": reason.value})
    work.session.flush()
    redecide_all(work, requests)
    return certificate
