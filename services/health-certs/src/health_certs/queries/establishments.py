"""The certificates of an establishment's workers, for those who act for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session

from chassis.core.refusals import InvalidFields, NotFound
from chassis.data.paging import Page, PageRequest, keyset
from chassis.data.sealed import keys_of
from health_certs.domain.applicants import Applicant
from health_certs.domain.tables import MOST
from health_certs.domain.validity import ENDING, ENDING_DAYS, EXPIRED, Status
from health_certs.models import Certificate, Request
from saudi.text import compact

FEW = 20  # certificates of one worker
_YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Summary:
    """How an establishment's certificates stand. `workers`: distinct persons with a valid one."""

    workers: int
    valid: int
    ending: int
    expired: int
    open_requests: int


def require_own(own: Applicant, establishment: str) -> None:
    """Raises NotFound for an establishment that the caller doesn't act for."""
    if establishment not in own.establishments:
        raise NotFound


def listed(
    session: Session, establishment: str, page: PageRequest, *, state: str | None, today: date
) -> Page[Certificate]:
    """By their last day, the first ones first."""
    key = (Certificate.valid_until, Certificate.certificate_id)
    statement = _of(establishment, state, today)
    return keyset(session, statement, key, page, search=f"establishment/{establishment}/{state}")


def exported(
    session: Session, establishment: str, *, state: str | None, today: date
) -> Sequence[Certificate]:
    """All of them in that order. Raises InvalidFields when they're too many for a file."""
    statement = _of(establishment, state, today).order_by(
        Certificate.valid_until, Certificate.certificate_id
    )
    rows = session.scalars(statement.limit(MOST + 1)).all()
    if len(rows) > MOST:
        raise InvalidFields.of("state", "too-many-certificates", limit=MOST)
    return rows


def of_worker(session: Session, establishment: str, id_number: str) -> Sequence[Certificate]:
    """The establishment's worker with that number: his newest certificates with it."""
    keys = keys_of(session).index.keys(compact(id_number))
    statement = (
        select(Certificate)
        .where(Certificate.worker_key.in_(keys), Certificate.establishment == establishment)
        .order_by(Certificate.issued_on.desc(), Certificate.certificate_id.desc())
    )
    return session.scalars(statement.limit(FEW)).all()


def sum_up(session: Session, establishment: str, *, today: date) -> Summary:
    """By two statements."""
    valid, ending = _is(Status.VALID, today), _is(ENDING, today)
    statement = select(
        func.count(Certificate.worker_key.distinct()).filter(valid),
        func.count().filter(valid),
        func.count().filter(ending),
        func.count().filter(_is(EXPIRED, today)),
    ).where(Certificate.establishment == establishment, Certificate.valid_until >= today - _YEAR)
    counts = session.execute(statement).one()
    open_requests = select(func.count()).where(
        Request.establishment == establishment, Request.ended_at.is_(None)
    )
    return Summary(*counts, session.scalar(open_requests) or 0)


def _of(establishment: str, state: str | None, today: date) -> Select[Certificate]:
    statement: Select[Certificate] = select(Certificate).where(
        Certificate.establishment == establishment
    )
    return statement.where(_is(state, today)) if state else statement


def _is(state: str, today: date) -> ColumnElement[bool]:
    """`domain.validity.effective` and `is_ending` in SQL."""
    in_force = Certificate.status == Status.VALID.value
    if state == EXPIRED:
        return and_(in_force, Certificate.valid_until < today)
    if state == ENDING:
        until = today + timedelta(days=ENDING_DAYS)
        return and_(in_force, Certificate.valid_until.between(today, until))
    if state == Status.VALID:
        return and_(in_force, Certificate.valid_until >= today)
    return Certificate.status == state
