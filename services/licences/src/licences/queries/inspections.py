"""Visits: those that are due, and what became of the others."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.data.paging import Page, PageRequest, keyset
from licences.domain.actors import Actor, bound, require_municipality
from licences.models import Inspection

DUE = "due"


def list_visits(
    session: Session,
    actor: Actor,
    municipality: str | None,
    page: PageRequest,
    *,
    result: str = DUE,
) -> Page[Inspection]:
    """Without a result yet, or with one: `due`, `passed`, `failed`; by the day on which they're due. Raises
    InvalidFields for another municipality, or a cursor of another search."""
    if municipality is None:
        municipality = bound(actor)
    else:
        require_municipality(actor, municipality)
    wanted = None if result == DUE else result
    statement = select(Inspection).where(Inspection.result.is_not_distinct_from(wanted))
    if municipality is not None:
        statement = statement.where(Inspection.municipality == municipality)
    key = (Inspection.due_on, Inspection.inspection_id)
    search = {"list": "inspections", "municipality": municipality, "result": result}
    return keyset(session, statement, key, page, search=search)
