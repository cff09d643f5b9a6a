"""Reads of a citizen: what the person with a number owns or represents."""

import json
from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import Date, Subquery, cast, func, literal, select, tuple_, union, union_all
from sqlalchemy.orm import Session, selectinload

from chassis.data.paging import Page, PageRequest, issue_cursor, read_cursor
from chassis.data.sealed import keys_of
from permits.domain.requests import Status
from permits.models import Permit, PermitOwner, PermitRequest, RequestOwner
from saudi.days import RIYADH

Things = Mapping[str, Permit | PermitRequest]


def list_own_things(
    session: Session, number: str, page: PageRequest
) -> Page[Permit | PermitRequest]:
    """Lists what the person with the number owns or represents, newest first: verified permits, and requests that
    haven't become a permit. Raises InvalidFields for a cursor of another person."""
    index = keys_of(session).index
    own = _own_things(index.keys(number)).c
    bound_to = [page.organisation, "own things", index.key(number)]
    statement = select(own.day, own.thing_id).order_by(own.day.desc(), own.thing_id.desc())
    if page.cursor is not None:
        day, thing_id = json.loads(read_cursor(page.secret, page.cursor, bound_to))
        last = tuple_(literal(date.fromisoformat(day)), literal(thing_id, own.thing_id.type))
        statement = statement.where(tuple_(own.day, own.thing_id) < last)
    found = session.execute(statement.limit(page.limit + 1)).all()
    shown = found[: page.limit]
    things = _things_of(session, [thing_id for _, thing_id in shown])
    rows = [things[thing_id] for _, thing_id in shown]
    if len(found) == len(shown):
        return Page(rows, None)
    place = json.dumps([shown[-1].day.isoformat(), shown[-1].thing_id])
    return Page(rows, issue_cursor(page.secret, place, bound_to))


def _own_things(keys: Sequence[str]) -> Subquery:
    """Selects the id and the day of each thing. `keys`: the hashes of the person's number."""
    owned = union(
        select(PermitOwner.permit_id).where(PermitOwner.id_key.in_(keys)),
        select(Permit.permit_id).where(Permit.agent_key.in_(keys)),
    )
    asked = union(
        select(RequestOwner.request_id).where(RequestOwner.id_key.in_(keys)),
        select(PermitRequest.request_id).where(PermitRequest.agent_key.in_(keys)),
    )
    submitted_on = cast(func.timezone(str(RIYADH), PermitRequest.submitted_at), Date)
    return union_all(
        select(Permit.permit_id.label("thing_id"), Permit.issued_on.label("day")).where(
            Permit.permit_id.in_(owned), Permit.verified
        ),
        select(PermitRequest.request_id, submitted_on).where(
            PermitRequest.request_id.in_(asked), PermitRequest.status != Status.ISSUED.value
        ),
    ).subquery()


def _things_of(session: Session, ids: Sequence[str]) -> Things:
    permits = select(Permit).where(Permit.permit_id.in_(ids))
    requests = select(PermitRequest).where(PermitRequest.request_id.in_(ids))
    found: list[Permit | PermitRequest] = [
        *session.scalars(permits.options(selectinload(Permit.owners))),
        *session.scalars(requests.options(selectinload(PermitRequest.owners))),
    ]
    return {one.aggregate_id: one for one in found}
