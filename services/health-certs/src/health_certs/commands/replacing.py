"""A renewed certificate takes the place of the one before."""

from datetime import datetime

from sqlalchemy.orm import Session

from health_certs.commands.holding import lock_numbered
from health_certs.commands.recording import SYSTEM, record_certificate
from health_certs.domain.validity import Status
from health_certs.models import Certificate, Request


def lock_renewed(session: Session, row: Request) -> None:
    """The certificate that the locked request renews, if it does."""
    if row.renews is not None:
        lock_numbered(session, row.renews)


def replace(session: Session, row: Request, by: Certificate, *, now: datetime) -> None:
    """The locked request's certificate was issued: it takes the place of the one that it renews, also of one that has
    expired meanwhile. One that ended in another way stays what it is."""
    if row.renews is None:
        return
    old = lock_numbered(session, row.renews)
    if old.status != Status.VALID:
        return
    old.status, old.replaced_by = Status.REPLACED.value, by.certificate_no
    record_certificate(session, old, SYSTEM, "replace", "replaced", now=now)
