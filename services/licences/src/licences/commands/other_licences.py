"""Whose applications and licences are: an establishment's, or those of a person for himself."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from chassis.core.refusals import InvalidFields
from chassis.core.times import rfc3339
from chassis.data.advisory import one_at_a_time
from chassis.data.aggregates import lock
from chassis.data.sealed import keys_of
from licences.catalogue import towns, violation_table
from licences.domain import applications, facts
from licences.domain.facts import Fact, Source
from licences.domain.licences import STOPPED, Status
from licences.domain.requests import (
    ISSUE,
    ApplicationOpen,
    LicenceHeld,
    Request,
    are_duplicates,
    is_one_door,
)
from licences.domain.violations import ENDED
from licences.models import Application, Licence, Violation
from saudi.branches import GOVERNORATE

Holder = tuple[str | None, str]  # the establishment, and its owner, who counts where there's none


def holder_of(body: Mapping[str, Any]) -> Holder:
    """Who applies, by the body in its normal form."""
    return (body.get("establishment") or {}).get("unified_number"), body["owner"]["id_number"]


def held_by(
    session: Session, model: type[Application] | type[Licence], applicant: Holder
) -> ColumnElement[bool]:
    """Those of the establishment; where there's none, those of the person that name no establishment."""
    establishment, owner = applicant
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
    """Those of the establishment, and all of the person, for whichever establishment; none where neither is known."""
    whose: list[ColumnElement[bool]] = [false()]
    if establishment is not None:
        whose.append(model.establishment == establishment)
    if owner is not None:
        whose.append(model.owner_key.in_(keys_of(session).index.keys(owner)))
    return or_(*whose)


def require_no_duplicate(
    session: Session, body: Mapping[str, Any], *, besides: str | None = None, on: date
) -> None:
    """No application but `besides` asks for the licence that the body, in its normal form, asks for, and on this day
    there's none. Whoever applies for the same establishment at the same moment waits here until the transaction ends.
    Raises ApplicationOpen and LicenceHeld, with the number of the first."""
    applicant = holder_of(body)
    one_at_a_time(session, "application", applicant[0] or applicant[1])
    with session.no_autoflush:
        _require_no_open_application(session, body, applicant, besides)
        _require_no_licence(session, body, applicant, on)


def _require_no_open_application(
    session: Session, body: Mapping[str, Any], applicant: Holder, besides: str | None
) -> None:
    statement = (
        select(Application.application_no, Application.municipality, Application.body)
        .where(
            held_by(session, Application, applicant),
            _may_be_duplicate(Application, body),
            Application.request == ISSUE,
            Application.status.not_in(applications.ENDED),
            Application.application_id.is_distinct_from(besides),
            Application.emptied_at.is_(None),
        )
        .order_by(Application.submitted_at, Application.application_id)
    )
    for number, municipality, other in session.execute(statement).all():
        if are_duplicates(body, other) and _lies_in(municipality, other):
            raise ApplicationOpen(number)


def _lies_in(municipality: str, body: Mapping[str, Any]) -> bool:
    """Whether the place is the municipality's. What another one's system sent astray has come back to it, and is open
    as long as it likes: it keeps nobody from applying where the place is."""
    town = towns().named(body["place"]["town"])
    return municipality == GOVERNORATE or (town is not None and town.municipality == municipality)


def _require_no_licence(
    session: Session, body: Mapping[str, Any], applicant: Holder, on: date
) -> None:
    """But for the one that this one replaces, which ends with its issue."""
    statement = (
        select(Licence.licence_no, Licence.body)
        .where(
            held_by(session, Licence, applicant),
            _may_be_duplicate(Licence, body),
            Licence.status != Status.CANCELLED,
            or_(Licence.expires_on >= on, Licence.status.in_(STOPPED)),
            Licence.licence_no.is_distinct_from(body.get("replaces_licence_no")),
            Licence.emptied_at.is_(None),
        )
        .order_by(Licence.issued_on, Licence.licence_id)
    )
    for number, held in session.execute(statement).all():
        if are_duplicates(body, held):
            raise LicenceHeld(number)


def require_no_open_request(session: Session, request: str, licence_no: str) -> None:
    """No application asks the same of the licence: two renewals would each be paid, and each add its years. Raises
    ApplicationOpen."""
    one_at_a_time(session, "application", licence_no)
    first = session.scalar(
        select(Application.application_no)
        .where(
            Application.licence_no == licence_no,
            Application.request == request,
            Application.status.not_in(applications.ENDED),
        )
        .order_by(Application.submitted_at, Application.application_id)
        .limit(1)
    )
    if first is not None:
        raise ApplicationOpen(first)


def _may_be_duplicate(
    model: type[Application] | type[Licence], body: Mapping[str, Any]
) -> ColumnElement[bool]:
    """What can be seen without opening a body: the town, and an activity of the same."""
    codes = [one["code"] for one in body["activities"]]
    shared = (model.activities.contains([{"code": code}]) for code in codes)
    return and_(model.town == body["place"]["town"], or_(*shared))


_MOST_MOVES = 20


def require_replaced_licence(
    session: Session, body: Mapping[str, Any], municipality: str, *, by_applicant: bool
) -> None:
    """The licence that the body, in its normal form, replaces is the applicant's. One of another municipality may be
    left by whoever it belongs to, and by the governorate; nobody else learns that it's there. Raises InvalidFields."""
    number = body.get("replaces_licence_no")
    if number is None:
        return
    owner = session.scalar(_select_own(session, Licence.municipality, holder_of(body), number))
    anywhere = by_applicant or municipality == GOVERNORATE
    if owner is None or not (anywhere or owner == municipality):
        raise InvalidFields.of("replaces_licence_no", "licence-unknown")


def replaced_licence(session: Session, row: Application) -> Licence | None:
    """The licence that the application replaces, as it is; None where it's not a move."""
    key = _replaced_licence_id(session, row)
    return session.get(Licence, key) if key is not None else None


def lock_replaced_licence(session: Session, row: Application) -> Licence | None:
    """The same, locked until the transaction ends."""
    key = _replaced_licence_id(session, row)
    return lock(session, Licence, key) if key is not None else None


def _replaced_licence_id(session: Session, row: Application) -> str | None:
    """It was looked at whose it is when the application was sent. Of data that came from a gateway, and that broke a
    rule, it's looked at here."""
    if row.replaces_licence_no is None or row.owner_number is None:
        return None
    applicant = (row.establishment, row.owner_number)
    return session.scalar(
        _select_own(session, Licence.licence_id, applicant, row.replaces_licence_no)
    )


def _select_own(
    session: Session, column: InstrumentedAttribute[str], applicant: Holder, number: str
) -> Select[str]:
    return select(column).where(
        Licence.licence_no == number,
        held_by(session, Licence, applicant),
        Licence.emptied_at.is_(None),
    )


def predecessors_of(session: Session, licence_no: str) -> list[str]:
    """The number, and those of the licences that were left for it, one after the other: what named one of them means
    it."""
    numbers, last = [licence_no], [licence_no]
    while last and len(numbers) < _MOST_MOVES:
        before = select(Licence.licence_no).where(Licence.replaced_by.in_(last))
        last = [one for one in session.scalars(before) if one not in numbers]
        numbers += last
    return numbers


def stopped_fact(session: Session, row: Application, asked: Request, *, now: datetime) -> Fact:
    """Of a new licence, and of the end of one. `licences`: the numbers of those of the same establishment (or person)
    at the place; `of_owner`: whether another establishment of the owner has one there; `closing`: violations for which
    the licence that's left or ended is to be closed."""
    own, of_owner = _stopped_at_place(session, row) if asked.request == ISSUE else ((), False)
    closing = _closings_ahead(session, asked.term.licence_no) if asked.term else ()
    value = {"licences": list(own), "of_owner": of_owner, "closing": list(closing)}
    return Fact(facts.STOPPED, value, Source("licences", rfc3339(now)))


def is_place_stopped(session: Session, row: Application) -> bool:
    """Whether a licence of the applicant is suspended or closed at the place."""
    own, of_owner = _stopped_at_place(session, row)
    return bool(own) or of_owner


def _stopped_at_place(session: Session, row: Application) -> tuple[Sequence[str], bool]:
    if row.body is None or row.owner_number is None:
        return (), False
    whose = of_establishment_or_owner(session, Licence, row.establishment, row.owner_number)
    statement = (
        select(Licence.licence_no, Licence.establishment, Licence.body)
        .where(whose, Licence.status.in_(STOPPED), Licence.emptied_at.is_(None))
        .order_by(Licence.licence_no)
    )
    with session.no_autoflush:
        found = [one for one in session.execute(statement).all() if is_one_door(row.body, one.body)]
    own = [one.licence_no for one in found if one.establishment == row.establishment]
    return own, len(own) < len(found)


def _closings_ahead(session: Session, licence_no: str) -> Sequence[str]:
    with session.no_autoflush:
        statement = select(Violation.violation_no, Violation.item).where(
            Violation.licence_no.in_(predecessors_of(session, licence_no)),
            Violation.confirmed_at.is_not(None),
            Violation.status.not_in(ENDED),
            Violation.place_closed_at.is_(None),
        )
        rows = session.execute(statement.order_by(Violation.violation_no)).all()
    items = violation_table().items
    return [number for number, item in rows if items[item].closes]
