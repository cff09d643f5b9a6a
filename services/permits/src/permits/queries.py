"""Reads. An actor who is bound to a branch sees that branch's things only."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select, tuple_
from sqlalchemy.orm import Session, selectinload

from permits.domain.actors import Actor, bound, require_access, require_municipality
from permits.domain.errors import Fault, InvalidFields, NotFound
from permits.domain.identifiers import plan_key, tidy
from permits.domain.permits import EXPIRED, Status
from permits.models import ActionTaken, Certificate, Permit, PermitRequest
from permits.paging import Page, Place, make_cursor, read_cursor


@dataclass(frozen=True, kw_only=True)
class RequestSearch:
    """Filters of the list of requests; they combine."""

    status: str | None = None
    municipality: str | None = None


@dataclass(frozen=True, kw_only=True)
class PermitSearch:
    """Filters of a permit search; they combine. `status` may be `expired`; `issued_to` is the day
    after the last."""

    permit_number: str | None = None
    request_number: str | None = None
    plan_number: str | None = None
    town: str | None = None
    district: str | None = None
    municipality: str | None = None
    kind: str | None = None
    status: str | None = None
    issued_from: date | None = None
    issued_to: date | None = None


def get_request(session: Session, actor: Actor, request_id: str) -> PermitRequest:
    """Raises NotFound."""
    row = session.get(PermitRequest, request_id)
    if row is None:
        raise NotFound
    require_access(actor, row.municipality)
    return row


def get_permit(session: Session, actor: Actor, permit_id: str) -> Permit:
    """Raises NotFound."""
    row = session.get(Permit, permit_id)
    if row is None:
        raise NotFound
    require_access(actor, row.municipality)
    return row


def get_certificate(session: Session, actor: Actor, certificate_id: str) -> Certificate:
    """Raises NotFound."""
    row = session.get(Certificate, certificate_id)
    if row is None:
        raise NotFound
    require_access(actor, row.municipality)
    return row


def certificates_of(session: Session, actor: Actor, permit_id: str) -> Sequence[Certificate]:
    """The certificates of a permit, oldest first. Raises NotFound."""
    get_permit(session, actor, permit_id)
    statement = (
        select(Certificate)
        .where(Certificate.permit_id == permit_id)
        .order_by(Certificate.opened_at, Certificate.certificate_id)
        .options(selectinload(Certificate.inspections))
    )
    return session.scalars(statement).all()


def list_requests(
    session: Session, actor: Actor, search: RequestSearch, *, limit: int, cursor: str | None = None
) -> Page[PermitRequest]:
    """Newest first. Raises InvalidFields for a cursor of another search."""
    search = replace(search, municipality=_municipality(actor, search.municipality))
    place = _place(read_cursor(search, cursor), datetime)
    statement = select(PermitRequest).options(selectinload(PermitRequest.owners))
    for column in ("status", "municipality"):
        if (value := getattr(search, column)) is not None:
            statement = statement.where(getattr(PermitRequest, column) == value)
    key = tuple_(PermitRequest.submitted_at, PermitRequest.request_id)
    if place is not None:
        statement = statement.where(key < place)
    newest = (PermitRequest.submitted_at.desc(), PermitRequest.request_id.desc())
    rows = session.scalars(statement.order_by(*newest).limit(limit + 1)).all()
    if len(rows) <= limit:
        return Page(rows, None)
    last = rows[limit - 1]
    place_of_last = (last.submitted_at.isoformat(), last.request_id)
    return Page(rows[:limit], make_cursor(search, place_of_last))


def find_permits(
    session: Session,
    actor: Actor,
    search: PermitSearch,
    *,
    today: date,
    limit: int,
    cursor: str | None = None,
) -> Page[Permit]:
    """Newest issue first. Raises InvalidFields for reversed dates or a cursor of another search."""
    if search.issued_from and search.issued_to and search.issued_to < search.issued_from:
        raise InvalidFields([Fault("issued_to", "before-start")])
    search = replace(search, municipality=_municipality(actor, search.municipality))
    place = _place(read_cursor(search, cursor), date)
    statement = _filtered(search, today)
    key = tuple_(Permit.issued_on, Permit.permit_id)
    if place is not None:
        statement = statement.where(key < place)
    newest = (Permit.issued_on.desc(), Permit.permit_id.desc())
    rows = session.scalars(statement.order_by(*newest).limit(limit + 1)).all()
    if len(rows) <= limit:
        return Page(rows, None)
    last = rows[limit - 1]
    place_of_last = (last.issued_on.isoformat(), last.permit_id)
    return Page(rows[:limit], make_cursor(search, place_of_last))


def _municipality(actor: Actor, asked: str | None) -> str | None:
    if asked is not None:
        require_municipality(actor, asked)
    return bound(actor) if asked is None else asked


def _place(place: Place | None, kind: type[date]) -> tuple[date, UUID] | None:
    if place is None:
        return None
    try:
        return kind.fromisoformat(place[0]), UUID(place[1])
    except ValueError:
        raise InvalidFields([Fault("cursor", "invalid")]) from None


def _filtered(search: PermitSearch, today: date) -> Select[Permit]:
    plan = search.plan_number
    equal = [
        (Permit.municipality, search.municipality),
        (Permit.kind, search.kind),
        (Permit.permit_number, search.permit_number and tidy(search.permit_number)),
        (Permit.request_number, search.request_number and tidy(search.request_number)),
        (Permit.plan_key, plan and plan_key(plan)),
        (Permit.land["town"].astext, search.town),
        (Permit.land["district"].astext, search.district),
    ]
    statement = select(Permit).where(
        *(column == value for column, value in equal if value is not None)
    )
    if search.status is not None:
        statement = statement.where(*_in_status(search.status, today))
    if search.issued_from is not None:
        statement = statement.where(Permit.issued_on >= search.issued_from)
    if search.issued_to is not None:
        statement = statement.where(Permit.issued_on < search.issued_to)
    return statement


def _in_status(status: str, today: date) -> tuple[ColumnElement[bool], ...]:
    if status == EXPIRED:
        return Permit.status == Status.VALID.value, Permit.expires_on < today
    if status == Status.VALID:
        return Permit.status == status, Permit.expires_on >= today
    return (Permit.status == status,)


def history_of_request(session: Session, actor: Actor, request_id: str) -> Sequence[ActionTaken]:
    """Who did what, oldest first. Raises NotFound."""
    get_request(session, actor, request_id)
    return _history(session, [("permit-request", request_id)])


def history_of_permit(session: Session, actor: Actor, permit_id: str) -> Sequence[ActionTaken]:
    """The permit's own history, its request's and its certificates', oldest first. Raises
    NotFound."""
    permit = get_permit(session, actor, permit_id)
    certificates = session.scalars(
        select(Certificate.certificate_id).where(Certificate.permit_id == permit_id)
    )
    parts = [("permit-request", permit.request_id), ("permit", permit_id)]
    return _history(session, [*parts, *(("certificate", key) for key in certificates)])


def _history(session: Session, parts: Sequence[tuple[str, str]]) -> Sequence[ActionTaken]:
    key = tuple_(ActionTaken.aggregate, ActionTaken.aggregate_id)
    statement = (
        select(ActionTaken)
        .where(key.in_(parts))
        .order_by(ActionTaken.at, ActionTaken.action_id)
        .limit(2000)
    )
    return session.scalars(statement).all()
