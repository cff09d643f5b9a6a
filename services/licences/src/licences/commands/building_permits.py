"""The building permit that an application names, as permits told last, and the one that took its place since."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import case, select
from sqlalchemy.orm import Session

from chassis.core.times import rfc3339
from licences import catalogue
from licences.domain import facts as known
from licences.domain.asked import Asked
from licences.domain.conditions import PERMIT_EXPIRED, PERMIT_FOLLOWED
from licences.domain.facts import Fact, Source
from licences.models import KnownPermit
from saudi.branches import GOVERNORATE

# A building's permits follow one another for its whole life; a ring of them would be somebody's mistake.
_LONGEST = 20


def permit_fact(session: Session, asked: Asked, *, town: str | None, on: date) -> Fact | None:
    """By the last of the permits that followed the named one: a landlord who changes his contractor closes no shop. The
    status `expired` is computed, as permits does; what has no successor yet, since events come in any order, keeps its
    own."""
    named = _named(session, asked, town) if asked.permit is not None else None
    if named is None:
        return None
    row = _last(session, named)
    past = row.status == "valid" and row.expires_on < on
    status = PERMIT_EXPIRED if past else row.status
    value = {"permit_key": asked.permit, "status": status, "use_class": row.use_class}
    return Fact(known.PERMIT, value, Source("permits", rfc3339(row.changed_at), row.permit_number))


def _named(session: Session, asked: Asked, town: str | None) -> KnownPermit | None:
    """Numbers are unique within a municipality only: that of the place's town comes first, the governorate's last."""
    found = catalogue.towns().named(town) if town else None
    here = found.municipality if found else asked.municipality
    nearer = case((KnownPermit.municipality == here, 0), else_=1)
    statement = (
        select(KnownPermit)
        .where(KnownPermit.number_key == asked.permit)
        .where(KnownPermit.municipality.in_((here, GOVERNORATE)))
        .order_by(nearer, KnownPermit.changed_at.desc())
        .limit(1)
    )
    return session.scalar(statement)


def _last(session: Session, row: KnownPermit) -> KnownPermit:
    for _ in range(_LONGEST):
        if row.status not in PERMIT_FOLLOWED or row.successor is None:
            break
        following = session.get(KnownPermit, row.successor)
        if following is None:
            break
        row = following
    return row


def keys_up_to(session: Session, permit_id: str) -> Sequence[str]:
    """The keys of the numbers of a permit and of those whose place it took, by which applications name them."""
    keys, ids = list[str](), [permit_id]
    for _ in range(_LONGEST):
        which = KnownPermit.successor.in_(ids) if keys else KnownPermit.permit_id.in_(ids)
        rows = session.execute(select(KnownPermit.permit_id, KnownPermit.number_key).where(which))
        fresh = [row for row in rows if row.number_key not in keys]
        if not fresh:
            break
        keys += [row.number_key for row in fresh]
        ids = [row.permit_id for row in fresh]
    return keys
