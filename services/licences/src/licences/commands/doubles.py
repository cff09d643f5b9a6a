"""Of the applications that ask for one licence, one is open at a time, and none once there's the licence."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from chassis.data.advisory import one_at_a_time
from licences import catalogue
from licences.commands.whose import Whose, of_applicant, whose
from licences.domain.applications import ENDED
from licences.domain.asked import ISSUE
from licences.domain.doubles import ApplicationOpen, LicenceHeld, ask_the_same
from licences.domain.licences import STOPPED, Status
from licences.models import Application, Licence
from saudi.branches import GOVERNORATE


def check_alone(
    session: Session, body: Mapping[str, Any], *, besides: str | None = None, on: date
) -> None:
    """No application but `besides` asks for the licence that the body, in its normal form, asks for, and on this day
    there's none. Whoever applies for the same establishment at the same moment waits here until the transaction ends.
    Raises ApplicationOpen and LicenceHeld, with the number of the first."""
    applicant = whose(body)
    one_at_a_time(session, "application", applicant[0] or applicant[1])
    with session.no_autoflush:
        _check_none_open(session, body, applicant, besides)
        _check_none_held(session, body, applicant, on)


def _check_none_open(
    session: Session, body: Mapping[str, Any], applicant: Whose, besides: str | None
) -> None:
    statement = (
        select(Application.application_no, Application.municipality, Application.body)
        .where(
            of_applicant(session, Application, applicant),
            _may_ask_the_same(Application, body),
            Application.request == ISSUE,
            Application.status.not_in(ENDED),
            Application.application_id.is_distinct_from(besides),
            Application.emptied_at.is_(None),
        )
        .order_by(Application.submitted_at, Application.application_id)
    )
    for number, municipality, other in session.execute(statement).all():
        if ask_the_same(body, other) and _may_decide(municipality, other):
            raise ApplicationOpen(number)


def _may_decide(municipality: str, body: Mapping[str, Any]) -> bool:
    """Whether the place is the municipality's. What another one's system sent astray has come back to it, and is open
    as long as it likes: it keeps nobody from applying where the place is."""
    town = catalogue.towns().named(body["place"]["town"])
    return municipality == GOVERNORATE or (town is not None and town.municipality == municipality)


def _check_none_held(session: Session, body: Mapping[str, Any], applicant: Whose, on: date) -> None:
    """But for the one that this one replaces, which ends with its issue."""
    statement = (
        select(Licence.licence_no, Licence.body)
        .where(
            of_applicant(session, Licence, applicant),
            _may_ask_the_same(Licence, body),
            Licence.status != Status.CANCELLED,
            or_(Licence.expires_on >= on, Licence.status.in_(STOPPED)),
            Licence.licence_no.is_distinct_from(body.get("replaces_licence_no")),
            Licence.emptied_at.is_(None),
        )
        .order_by(Licence.issued_on, Licence.licence_id)
    )
    for number, held in session.execute(statement).all():
        if ask_the_same(body, held):
            raise LicenceHeld(number)


def check_none_asks(session: Session, request: str, licence_no: str) -> None:
    """No application asks the same of the licence: two renewals would each be paid, and each add its years. Raises
    ApplicationOpen."""
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


def _may_ask_the_same(
    model: type[Application] | type[Licence], body: Mapping[str, Any]
) -> ColumnElement[bool]:
    """What can be seen without opening a body: the town, and an activity of the same."""
    codes = [one["code"] for one in body["activities"]]
    shared = (model.activities.contains([{"code": code}]) for code in codes)
    return and_(model.town == body["place"]["town"], or_(*shared))
