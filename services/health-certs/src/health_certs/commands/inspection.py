"""Finds certificates that an inspector checks on the spot, in every municipality. Each check leaves a row in the
journal."""

from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.data.sealed import keys_of
from chassis.data.unit_of_work import UnitOfWork
from health_certs.models import Certificate
from saudi.text import compact

MOST_SHOWN = 20


def find_by_number(session: Session, certificate_no: str) -> Sequence[Certificate]:
    """Returns the certificate with the number, or none."""
    by_number = Certificate.certificate_no == compact(certificate_no)
    return session.scalars(select(Certificate).where(by_number)).all()


def find_by_person(session: Session, id_number: str) -> Sequence[Certificate]:
    """Returns the worker's newest certificates, also ended and replaced ones: inspectors look for expired
    certificates."""
    keys = keys_of(session).index.keys(compact(id_number))
    statement = (
        select(Certificate)
        .where(Certificate.worker_key.in_(keys))
        .order_by(Certificate.issued_on.desc(), Certificate.certificate_id.desc())
    )
    return session.scalars(statement.limit(MOST_SHOWN)).all()


def record_checks(work: UnitOfWork, certificates: Iterable[Certificate], by: str) -> None:
    """Journals who checked which certificates. `by`: what the inspector searched by."""
    for certificate in certificates:
        work.record_action(certificate, "check", details={"by": by})
