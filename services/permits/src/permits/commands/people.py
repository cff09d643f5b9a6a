"""Looking for a person: what's found is within the actor's reach, and that somebody looked is recorded in the same
transaction, so that no answer leaves without its row. Nothing of it is published.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, text
from sqlalchemy.orm import InstrumentedAttribute, Session, selectinload

from chassis.access.quotas import LimitReached, Policy
from chassis.core.ids import new_id
from chassis.core.refusals import not_blank
from chassis.data.sealed import keys_of
from permits.domain import people
from permits.domain.actors import Actor, bound
from permits.domain.people import SECONDS, Sought
from permits.models import (
    Permit,
    PermitNamePart,
    PermitOwner,
    PermitRequest,
    PersonSearch,
    RequestNamePart,
    RequestOwner,
)

MOST = 50
POLICY = "person-searches-per-hour"
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")


@dataclass(frozen=True)
class Findings:
    """Newest first, at most fifty of each; `more`: there are others."""

    permits: Sequence[Permit]
    requests: Sequence[PermitRequest]
    more: bool


def search(
    session: Session, actor: Actor, wanted: Mapping[str, Any], *, per_hour: int, now: datetime
) -> Findings:
    """`wanted` is the contract's `PersonSearch`. Raises InvalidFields, LimitReached."""
    sought, reason = people.parse(wanted), not_blank(wanted["reason"], "reason")
    _charge(session, actor, per_hour, now)
    permits = _permits(session, actor, sought)
    requests = _requests(session, actor, sought)
    session.add(
        PersonSearch(
            search_id=new_id(),
            at=now,
            subject=actor.subject,
            name=actor.name,
            client_id=actor.client_id,
            municipality=bound(actor),
            kind=sought.kind,
            searched_key=keys_of(session).index.key(sought.text),
            reason=reason,
            found=len(permits) + len(requests),
        )
    )
    more = max(len(permits), len(requests)) > MOST
    return Findings(permits[:MOST], requests[:MOST], more)


def _charge(session: Session, actor: Actor, per_hour: int, now: datetime) -> None:
    """One search more of this person's; two at a time wait for each other."""
    session.execute(_LOCK, {"name": f"person-search {actor.subject}"})
    since = now - timedelta(seconds=SECONDS)
    made = select(func.count(), func.min(PersonSearch.at)).where(
        PersonSearch.subject == actor.subject, PersonSearch.at > since
    )
    count, oldest = session.execute(made).one()
    if count >= per_hour:
        left = (oldest - since).total_seconds()
        raise LimitReached(Policy(POLICY, per_hour, SECONDS), max(1, int(left)))


def _permits(session: Session, actor: Actor, sought: Sought) -> Sequence[Permit]:
    owned = _owned(session, sought, PermitOwner.permit_id, PermitNamePart)
    statement = (
        select(Permit)
        .where(Permit.permit_id.in_(owned), *_reach(Permit, actor))
        .order_by(Permit.issued_on.desc(), Permit.permit_id.desc())
        .limit(MOST + 1)
    )
    return session.scalars(statement).all()


def _requests(session: Session, actor: Actor, sought: Sought) -> Sequence[PermitRequest]:
    owned = _owned(session, sought, RequestOwner.request_id, RequestNamePart)
    statement = (
        select(PermitRequest)
        .where(PermitRequest.request_id.in_(owned), *_reach(PermitRequest, actor))
        .order_by(PermitRequest.submitted_at.desc(), PermitRequest.request_id.desc())
        .limit(MOST + 1)
        .options(selectinload(PermitRequest.owners))
    )
    return session.scalars(statement).all()


def _reach(model: type[Permit] | type[PermitRequest], actor: Actor) -> list[ColumnElement[bool]]:
    own = bound(actor)
    return [] if own is None else [model.municipality == own]


def _owned(
    session: Session,
    sought: Sought,
    belongs_to: InstrumentedAttribute[str],
    part: type[PermitNamePart] | type[RequestNamePart],
) -> Select[str]:
    """What the owners sought own, by their column `belongs_to`; their names' parts are rows of `part`."""
    index, owner = keys_of(session).index, belongs_to.class_
    if sought.number is not None:
        return select(belongs_to).where(owner.id_key.in_(index.keys(sought.number)))
    statement = select(belongs_to)
    for one in sought.parts:
        statement = statement.where(owner.parts.any(part.part_key.in_(index.keys(one))))
    return statement
