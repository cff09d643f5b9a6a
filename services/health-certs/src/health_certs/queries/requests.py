"""Requests and certificates as the municipality's staff see them: those of its own branch."""

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from chassis.core.refusals import NotFound
from chassis.data.paging import Page, PageRequest, keyset
from health_certs.domain.actors import Actor, acts_for, bound
from health_certs.models import Certificate, Request


def list_requests(
    session: Session, actor: Actor, page: PageRequest, *, status: str | None
) -> Page[Request]:
    """Newest first; of one public state."""
    statement: Select[Request] = select(Request)
    own = bound(actor)
    if own is not None:
        statement = statement.where(Request.municipality == own)
    if status is not None:
        statement = statement.where(Request.status == status)
    key = (Request.submitted_at, Request.request_id)
    return keyset(
        session, statement, key, page, search=f"requests/{own}/{status}", newest_first=True
    )


def get_request(session: Session, actor: Actor, request_id: str) -> Request:
    """Raises NotFound, also for another municipality's."""
    row = session.get(Request, request_id)
    if row is None or not acts_for(actor, row.municipality):
        raise NotFound
    return row


def get_certificate(session: Session, actor: Actor, certificate_no: str) -> Certificate:
    """Raises NotFound, also for another municipality's."""
    row = session.scalar(select(Certificate).where(Certificate.certificate_no == certificate_no))
    if row is None or not acts_for(actor, row.municipality):
        raise NotFound
    return row
