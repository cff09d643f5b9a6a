"""A shop or a professional moves: the licence of the place that's left ends when that of the new place is issued."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from chassis.core.refusals import InvalidFields
from chassis.data.aggregates import lock
from licences.commands.whose import Whose, of_applicant, whose
from licences.models import Application, Licence
from saudi.branches import GOVERNORATE

_MOST_MOVES = 20


def check_left(
    session: Session, body: Mapping[str, Any], municipality: str, *, by_applicant: bool
) -> None:
    """The licence that the body, in its normal form, replaces is the applicant's. One of another municipality may be
    left by whoever it belongs to, and by the governorate; nobody else learns that it's there. Raises InvalidFields."""
    number = body.get("replaces_licence_no")
    if number is None:
        return
    owner = session.scalar(_left(session, Licence.municipality, whose(body), number))
    anywhere = by_applicant or municipality == GOVERNORATE
    if owner is None or not (anywhere or owner == municipality):
        raise InvalidFields.of("replaces_licence_no", "licence-unknown")


def left_by(session: Session, row: Application) -> Licence | None:
    """The licence that the application replaces, as it is; None where it's not a move."""
    key = _key(session, row)
    return session.get(Licence, key) if key is not None else None


def lock_left(session: Session, row: Application) -> Licence | None:
    """The same, locked until the transaction ends."""
    key = _key(session, row)
    return lock(session, Licence, key) if key is not None else None


def _key(session: Session, row: Application) -> str | None:
    """It was looked at whose it is when the application was sent. Of data that came from a gateway, and that broke a
    rule, it's looked at here."""
    if row.replaces_licence_no is None or row.owner_number is None:
        return None
    applicant = (row.establishment, row.owner_number)
    return session.scalar(_left(session, Licence.licence_id, applicant, row.replaces_licence_no))


def _left(
    session: Session, column: InstrumentedAttribute[str], applicant: Whose, number: str
) -> Select[str]:
    return select(column).where(
        Licence.licence_no == number,
        of_applicant(session, Licence, applicant),
        Licence.emptied_at.is_(None),
    )


def with_those_left(session: Session, licence_no: str) -> list[str]:
    """The number, and those of the licences that were left for it, one after the other: what named one of them means
    it."""
    numbers, last = [licence_no], [licence_no]
    while last and len(numbers) < _MOST_MOVES:
        before = select(Licence.licence_no).where(Licence.replaced_by.in_(last))
        last = [one for one in session.scalars(before) if one not in numbers]
        numbers += last
    return numbers
