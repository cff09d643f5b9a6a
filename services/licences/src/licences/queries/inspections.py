"""Visits that are due."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.data.paging import Page, PageRequest, keyset
from licences.domain.actors import Actor, bound, require_municipality
from licences.models import Inspection


def list_due(
    session: Session, actor: Actor, municipality: str | None, page: PageRequest
) -> Page[Inspection]:
    """Without a result yet, the next due first. Raises InvalidFields for another municipality, or a cursor of another
    search."""
    if municipality is None:
        municipality = bound(actor)
    else:
        require_municipality(actor, municipality)
    statement = select(Inspection).where(Inspection.result.is_(None))
    if municipality is not None:
        statement = statement.where(Inspection.municipality == municipality)
    key = (Inspection.due_on, Inspection.inspection_id)
    search = {"list": "inspections", "municipality": municipality}
    return keyset(session, statement, key, page, search=search)
