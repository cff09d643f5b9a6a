"""What has been stopped, and might be evaded: licences that are suspended or closed at the same door, and closings that
are under way."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.core.times import rfc3339
from licences.catalogue import violation_table
from licences.commands.moving import with_those_left
from licences.commands.whose import of_either
from licences.domain import facts as known
from licences.domain.asked import ISSUE, Asked
from licences.domain.doubles import is_one_door
from licences.domain.facts import Fact, Source
from licences.domain.licences import STOPPED
from licences.domain.violations import ENDED
from licences.models import Application, Licence, Violation


def stopped_fact(session: Session, row: Application, asked: Asked, *, now: datetime) -> Fact:
    """Of a new licence, and of the end of one. `licences`: the numbers of those of the same establishment (or person)
    at the place; `of_owner`: whether another establishment of the owner has one there; `closing`: violations for which
    the licence that's left or ended is to be closed."""
    own, of_owner = _at_the_door(session, row) if asked.request == ISSUE else ((), False)
    closing = _closing(session, asked.term.licence_no) if asked.term else ()
    value = {"licences": list(own), "of_owner": of_owner, "closing": list(closing)}
    return Fact(known.STOPPED, value, Source("licences", rfc3339(now)))


def is_stopped(session: Session, row: Application) -> bool:
    """Whether a licence of the applicant is suspended or closed at the place."""
    own, of_owner = _at_the_door(session, row)
    return bool(own) or of_owner


def _at_the_door(session: Session, row: Application) -> tuple[Sequence[str], bool]:
    if row.body is None or row.owner_number is None:
        return (), False
    whose = of_either(session, Licence, row.establishment, row.owner_number)
    statement = (
        select(Licence.licence_no, Licence.establishment, Licence.body)
        .where(whose, Licence.status.in_(STOPPED), Licence.emptied_at.is_(None))
        .order_by(Licence.licence_no)
    )
    with session.no_autoflush:
        found = [one for one in session.execute(statement).all() if is_one_door(row.body, one.body)]
    own = [one.licence_no for one in found if one.establishment == row.establishment]
    return own, len(own) < len(found)


def _closing(session: Session, licence_no: str) -> Sequence[str]:
    with session.no_autoflush:
        statement = select(Violation.violation_no, Violation.item).where(
            Violation.licence_no.in_(with_those_left(session, licence_no)),
            Violation.confirmed_at.is_not(None),
            Violation.status.not_in(ENDED),
            Violation.place_closed_at.is_(None),
        )
        rows = session.execute(statement.order_by(Violation.violation_no)).all()
    items = violation_table().items
    return [number for number, item in rows if items[item].closes]
