"""Finds what the applicant has already: duplicates, the licence that a move replaces, and stopped licences at the
place."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from chassis.core.refusals import InvalidFields
from chassis.core.sources import Source
from chassis.core.times import rfc3339
from chassis.data.advisory import one_at_a_time
from chassis.data.sealed import keys_of
from chassis.data.unit_of_work import UnitOfWork
from licences.catalogue import towns, violation_table
from licences.domain.applications import ENDED
from licences.domain.declarations import (
    ISSUE,
    ApplicationOpen,
    Declaration,
    LicenceHeld,
    are_duplicates,
    is_one_door,
    is_one_practice,
)
from licences.domain.facts import STOPPED, Fact
from licences.domain.licences import STOPPED as STOPPED_STATUSES
from licences.domain.licences import Status
from licences.domain.violations import ENDED as VIOLATION_ENDED
from licences.models import Application, Licence, Violation
from saudi.branches import GOVERNORATE

Holder = tuple[
    str | None, str
]  # the establishment, and its owner, who counts without an establishment
_MOST_MOVES = 20


def holder_of(body: Mapping[str, Any]) -> Holder:
    """Returns who applies, by the body in its normal form."""
    return (body.get("establishment") or {}).get("unified_number"), body["owner"]["id_number"]


def held_by(
    session: Session, model: type[Application] | type[Licence], holder: Holder
) -> ColumnElement[bool]:
    """Selects the rows of the establishment; without an establishment, the rows of the person that name none."""
    establishment, owner = holder
    if establishment is not None:
        return model.establishment == establishment
    keys = keys_of(session).index.keys(owner)
    return and_(model.establishment.is_(None), model.owner_key.in_(keys))


def of_establishment_or_owner(
    session: Session,
    model: type[Application] | type[Licence],
    establishment: str | None,
    owner: str | None,
) -> ColumnElement[bool]:
    """Selects the rows of the establishment, and the rows of the person for any establishment. Selects nothing if both
    are unknown."""
    rows: list[ColumnElement[bool]] = [false()]
    if establishment is not None:
        rows.append(model.establishment == establishment)
    if owner is not None:
        rows.append(model.owner_key.in_(keys_of(session).index.keys(owner)))
    return or_(*rows)


# Duplicates: one application for a licence is open at a time, and none once the licence is issued.


def require_no_duplicate(
    session: Session, body: Mapping[str, Any], *, besides: str | None = None, on: date
) -> None:
    """Raises ApplicationOpen if another application than `besides` asks for the same licence as the body, and
    LicenceHeld if such a licence is there on the day. The body is in its normal form.

    A second submission for the same establishment waits here until the first transaction ends.
    """
    holder = holder_of(body)
    one_at_a_time(session, "application", holder[0] or holder[1])
    with session.no_autoflush:
        _require_no_open_application(session, body, holder, besides)
        _require_no_licence(session, body, holder, on)


def _require_no_open_application(
    session: Session, body: Mapping[str, Any], holder: Holder, besides: str | None
) -> None:
    statement = (
        select(Application.application_no, Application.municipality, Application.body)
        .where(
            held_by(session, Application, holder),
            _may_be_duplicate(Application, body),
            Application.request == ISSUE,
            Application.status.not_in(ENDED),
            Application.application_id.is_distinct_from(besides),
            Application.emptied_at.is_(None),
        )
        .order_by(Application.submitted_at, Application.application_id)
    )
    for number, municipality, other in session.execute(statement).all():
        if are_duplicates(body, other) and _lies_in(municipality, other):
            raise ApplicationOpen(number)


def _lies_in(municipality: str, body: Mapping[str, Any]) -> bool:
    """Returns whether the place lies in the municipality. An application that another municipality's system sent astray
    may stay open there: it keeps nobody from applying where the place is."""
    town = towns().named(body["place"]["town"])
    return municipality == GOVERNORATE or (town is not None and town.municipality == municipality)


def _require_no_licence(
    session: Session, body: Mapping[str, Any], holder: Holder, on: date
) -> None:
    """Raises LicenceHeld. The licence that the body replaces doesn't count, because it ends with the issue."""
    statement = (
        select(Licence.licence_no, Licence.body)
        .where(
            held_by(session, Licence, holder),
            _may_be_duplicate(Licence, body),
            Licence.status != Status.CANCELLED,
            or_(Licence.expires_on >= on, Licence.status.in_(STOPPED_STATUSES)),
            Licence.licence_no.is_distinct_from(body.get("replaces_licence_no")),
            Licence.emptied_at.is_(None),
        )
        .order_by(Licence.issued_on, Licence.licence_id)
    )
    for number, other in session.execute(statement).all():
        if are_duplicates(body, other):
            raise LicenceHeld(number)


def _may_be_duplicate(
    model: type[Application] | type[Licence], body: Mapping[str, Any]
) -> ColumnElement[bool]:
    """Selects by the columns that are readable without unsealing a body: the town and a shared activity."""
    codes = [activity["code"] for activity in body["activities"]]
    shared = (model.activities.contains([{"code": code}]) for code in codes)
    return and_(model.town == body["place"]["town"], or_(*shared))


def require_no_open_request(session: Session, request: str, licence_no: str) -> None:
    """Raises ApplicationOpen if another application asks the same of the licence: two renewals would each be paid, and
    each add its years."""
    one_at_a_time(session, "application", licence_no)
    first = session.scalar(
        select(Application.application_no)
        .where(
            Application.licence_no == licence_no,
            Application.request == request,
            Application.status.not_in(ENDED),
        )
        .order_by(Application.submitted_at, Application.application_id)
        .limit(1)
    )
    if first is not None:
        raise ApplicationOpen(first)


# Moves: the licence of the old place ends when the licence of the new place is issued.


def require_replaced_licence(
    session: Session, body: Mapping[str, Any], municipality: str, *, by_applicant: bool
) -> None:
    """Raises InvalidFields unless the licence that the body replaces is the applicant's.

    The licence of another municipality may be replaced by the applicant and by the governorate. Nobody else learns that
    the licence exists.
    """
    number = body.get("replaces_licence_no")
    if number is None:
        return
    owner = session.scalar(_select_own(session, Licence.municipality, holder_of(body), number))
    anywhere = by_applicant or municipality == GOVERNORATE
    if owner is None or not (anywhere or owner == municipality):
        raise InvalidFields.of("replaces_licence_no", "licence-unknown")


def replaced_licence(session: Session, row: Application) -> Licence | None:
    """Returns the licence that the application replaces; None if the application isn't a move."""
    key = _replaced_licence_id(session, row)
    return session.get(Licence, key) if key is not None else None


def lock_replaced_licence(work: UnitOfWork, row: Application) -> Licence | None:
    """Locks the licence that the application replaces, until the transaction ends."""
    key = _replaced_licence_id(work.session, row)
    return work.lock(Licence, key) if key is not None else None


def _replaced_licence_id(session: Session, row: Application) -> str | None:
    """Ownership was checked at submission, except for invalid submissions from the gateway; checks it again."""
    if row.replaces_licence_no is None or row.owner_number is None:
        return None
    holder = (row.establishment, row.owner_number)
    return session.scalar(_select_own(session, Licence.licence_id, holder, row.replaces_licence_no))


def _select_own(
    session: Session, column: InstrumentedAttribute[str], holder: Holder, number: str
) -> Select[str]:
    return select(column).where(
        Licence.licence_no == number,
        held_by(session, Licence, holder),
        Licence.emptied_at.is_(None),
    )


def predecessors_of(session: Session, licence_no: str) -> list[str]:
    """Returns this licence's number and the numbers it replaced, newest first. A reference to an older number means
    this licence."""
    numbers, last = [licence_no], [licence_no]
    while last and len(numbers) < _MOST_MOVES:
        before = select(Licence.licence_no).where(Licence.replaced_by.in_(last))
        last = [number for number in session.scalars(before) if number not in numbers]
        numbers += last
    return numbers


# Stopped licences, which a new licence at the same door or for the same practice would evade.


def stopped_fact(work: UnitOfWork, row: Application, declaration: Declaration) -> Fact:
    """Returns what was stopped, for a new licence or the end of a licence.

    `licences`: numbers of the establishment's (or person's) licences at the place, or for the same practice, that are
    stopped, or are to be closed for a violation.
    `of_owner`: another establishment of the owner has one. `closing`: violations for which the licence that is
    replaced or ended is to be closed.
    """
    is_new = declaration.request == ISSUE
    stopped_numbers, of_owner = _stopped_licences_of(work.session, row) if is_new else ((), False)
    term = declaration.term
    closing = _closings_ahead(work.session, term.licence_no) if term else ()
    value = {"licences": list(stopped_numbers), "of_owner": of_owner, "closing": list(closing)}
    return Fact(STOPPED, value, Source("licences", rfc3339(work.now)))


def is_place_stopped(work: UnitOfWork, row: Application) -> bool:
    """Returns whether a licence of the applicant is suspended, closed or to be closed at the place, or for the same
    practice."""
    stopped_numbers, of_owner = _stopped_licences_of(work.session, row)
    return bool(stopped_numbers) or of_owner


def _stopped_licences_of(session: Session, row: Application) -> tuple[Sequence[str], bool]:
    if row.body is None or row.owner_number is None:
        return (), False
    of_applicant = of_establishment_or_owner(session, Licence, row.establishment, row.owner_number)
    statement = (
        select(Licence.licence_no, Licence.establishment, Licence.body)
        .where(
            of_applicant,
            or_(
                Licence.status.in_(STOPPED_STATUSES),
                Licence.licence_no.in_(_to_be_closed(of_applicant)),
            ),
            Licence.emptied_at.is_(None),
        )
        .order_by(Licence.licence_no)
    )
    rows = session.execute(statement).all()
    stopped = [
        one
        for one in rows
        if is_one_door(row.body, one.body) or is_one_practice(row.body, one.body)
    ]
    stopped_numbers = [one.licence_no for one in stopped if one.establishment == row.establishment]
    return stopped_numbers, len(stopped_numbers) < len(stopped)


def _closings_ahead(session: Session, licence_no: str) -> Sequence[str]:
    """Returns the confirmed violations for which the licence's place may still be closed."""
    of_licence = Violation.licence_no.in_(predecessors_of(session, licence_no))
    statement = select(Violation.violation_no).where(of_licence, *_closing_ahead())
    return session.scalars(statement.order_by(Violation.violation_no)).all()


def _to_be_closed(of_applicant: ColumnElement[bool]) -> Select[str]:
    """Selects the numbers of the applicant's licences whose place may still be closed, also of those that their owner
    ended before the closure. After a move it's the new place that is closed."""
    seen = (
        select(Licence.licence_no, Licence.replaced_by)
        .join(Violation, and_(Violation.licence_no == Licence.licence_no, *_closing_ahead()))
        .where(of_applicant)
        .cte("seen", recursive=True)
    )
    after = aliased(Licence)
    moves = select(after.licence_no, after.replaced_by).join(
        seen, after.licence_no == seen.c.replaced_by
    )
    moved = seen.union(moves)
    return select(moved.c.licence_no).where(moved.c.replaced_by.is_(None))


def _closing_ahead() -> Sequence[ColumnElement[bool]]:
    closes = [code for code, item in violation_table().items.items() if item.closes]
    return (
        Violation.item.in_(closes),
        Violation.confirmed_at.is_not(None),
        Violation.status.not_in(VIOLATION_ENDED),
        Violation.place_closed_at.is_(None),
    )
