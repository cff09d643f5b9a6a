"""What an inspector checks on the spot: certificates of every municipality, each look with a row in the journal."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.core.refusals import NotFound
from chassis.data.aggregates import record_action
from chassis.data.sealed import keys_of
from health_certs.domain.actors import Actor, is_of_municipality
from health_certs.models import Certificate
from saudi.text import compact

FEW = 20


def require_inspector(actor: Actor) -> None:
    """Raises NotFound for whoever is of no municipality: workers are met everywhere, but by inspectors alone."""
    if not is_of_municipality(actor):
        raise NotFound


def by_number(session: Session, certificate_no: str) -> Sequence[Certificate]:
    """One or none."""
    this = Certificate.certificate_no == compact(certificate_no)
    return session.scalars(select(Certificate).where(this)).all()


def by_person(session: Session, id_number: str) -> Sequence[Certificate]:
    """The worker's newest ones, replaced and ended ones too: an expired one is what an inspector looks for."""
    keys = keys_of(session).index.keys(compact(id_number))
    statement = (
        select(Certificate)
        .where(Certificate.worker_key.in_(keys))
        .order_by(Certificate.issued_on.desc(), Certificate.certificate_id.desc())
    )
    return session.scalars(statement.limit(FEW)).all()


def note(
    session: Session, rows: Iterable[Certificate], actor: Actor, how: str, *, now: datetime
) -> None:
    """Who looked at which certificate, and found it by what."""
    for row in rows:
        record_action(session, row, actor, "check", now=now, details={"by": how})
