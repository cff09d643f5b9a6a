"""Certificates as those who are shown one may ask after them: by two numbers, and by no single one."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.core.refusals import NotFound
from chassis.data.sealed import keys_of
from health_certs.models import Certificate


def verified(session: Session, certificate_no: str, id_number: str) -> Certificate:
    """By one statement, whichever number is wrong. Raises NotFound."""
    statement = select(Certificate).where(
        Certificate.certificate_no == certificate_no,
        Certificate.worker_key.in_(keys_of(session).index.keys(id_number)),
    )
    row = session.scalar(statement)
    if row is None:
        raise NotFound
    return row
