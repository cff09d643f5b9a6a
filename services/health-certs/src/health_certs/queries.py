"""Reads, shaped for the answers: an applicant's own rows, an establishment's, a branch's, the result, verification."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Integer, Select, and_, cast, func, or_, select
from sqlalchemy.orm import Session

from chassis.core.actors import Actor
from chassis.core.refusals import InvalidFields, NotFound
from chassis.core.times import rfc3339
from chassis.data.paging import Page, PageRequest, keyset
from chassis.data.sealed import keys_of
from health_certs.domain.access import Applicant, acts_for, visible_municipality
from health_certs.domain.certificates import ENDING, ENDING_DAYS, EXPIRED, Status
from health_certs.domain.examinations import counting_entry
from health_certs.domain.worker_lists import MOST_EXPORTED
from health_certs.models import (
    Certificate,
    Examination,
    Invoice,
    Request,
    RequestList,
    RequestListRow,
)
from invoicing.rules import Status as InvoiceStatus
from saudi.text import compact

RowT = TypeVar("RowT", Request, Certificate, RequestList)
MOST_OF_WORKER = 20  # certificates of one worker
_YEAR = timedelta(days=365)


def is_readable(
    session: Session, applicant: Applicant, model: type[Request] | type[Certificate]
) -> ColumnElement[bool]:
    """Expresses `Applicant.reads` in SQL. The person's number is looked up under every key in use. All reads of an
    applicant use this rule; another person's row counts as not found."""
    keys = keys_of(session).index.keys(applicant.id_number)
    return or_(
        model.worker_key.in_(keys), model.establishment.in_(sorted(applicant.establishments))
    )


def my_requests(session: Session, applicant: Applicant, page: PageRequest) -> Page[Request]:
    """Returns the newest first."""
    statement = select(Request).where(is_readable(session, applicant, Request))
    key = (Request.submitted_at, Request.request_id)
    return keyset(session, statement, key, page, search="mine", newest_first=True)


def my_request(session: Session, applicant: Applicant, request_id: str) -> Request:
    """Raises NotFound."""
    readable = is_readable(session, applicant, Request)
    statement = select(Request).where(Request.request_id == request_id, readable)
    return _require(session.scalar(statement))


def require_visible_face(session: Session, applicant: Applicant, request: Request) -> None:
    """Raises NotFound if the applicant may read the request but no longer its certificate: a worker who has moved isn't
    shown to the establishment that once applied."""
    if request.certificate_no is not None:
        my_certificate(session, applicant, request.certificate_no)


def my_certificates(session: Session, applicant: Applicant, page: PageRequest) -> Page[Certificate]:
    """Returns the newest first."""
    statement = select(Certificate).where(is_readable(session, applicant, Certificate))
    key = (Certificate.issued_on, Certificate.certificate_id)
    return keyset(session, statement, key, page, search="mine", newest_first=True)


def my_certificate(session: Session, applicant: Applicant, certificate_no: str) -> Certificate:
    """Raises NotFound."""
    readable = is_readable(session, applicant, Certificate)
    statement = select(Certificate).where(Certificate.certificate_no == certificate_no, readable)
    return _require(session.scalar(statement))


def readable_numbers(
    session: Session, applicant: Applicant, requests: Sequence[Request]
) -> frozenset[str]:
    """Returns which of the requests' certificates the applicant may read, by number. A worker who has moved isn't
    followed by the establishment that once applied."""
    numbers = [one.certificate_no for one in requests if one.certificate_no is not None]
    if not numbers:
        return frozenset()
    readable = is_readable(session, applicant, Certificate)
    statement = select(Certificate.certificate_no).where(
        Certificate.certificate_no.in_(numbers), readable
    )
    return frozenset(session.scalars(statement))


def my_list(session: Session, applicant: Applicant, list_id: str) -> RequestList:
    """Returns a list that the applicant sent, while the applicant acts for its establishment. Raises NotFound."""
    statement = select(RequestList).where(
        RequestList.list_id == list_id,
        RequestList.sender == applicant.subject,
        RequestList.establishment.in_(sorted(applicant.establishments)),
    )
    return _require(session.scalar(statement))


def rows_of_list(session: Session, list_id: str) -> Sequence[RequestListRow]:
    """Returns the rows in the order of the file."""
    statement = select(RequestListRow).where(RequestListRow.list_id == list_id)
    return session.scalars(statement.order_by(RequestListRow.row)).all()


def bill_of(session: Session, request: Request) -> Invoice:
    """Returns the request's present invoice. Raises NotFound without one."""
    invoice = session.get(Invoice, request.invoice_id) if request.invoice_id else None
    if invoice is None:
        raise NotFound
    return invoice


def await_account(session: Session, requests: Sequence[Request]) -> frozenset[str]:
    """Returns the requests whose money goes back once payments knows an account, by id."""
    ids = [one.invoice_id for one in requests if one.ended_at is not None and one.invoice_id]
    if not ids:
        return frozenset()
    statement = select(Invoice.request_id).where(
        Invoice.invoice_id.in_(ids), Invoice.status == InvoiceStatus.REFUND_REQUESTED.value
    )
    return frozenset(session.scalars(statement))


def _require(row: RowT | None) -> RowT:
    if row is None:
        raise NotFound
    return row


@dataclass(frozen=True)
class Summary:
    """The state of an establishment's certificates. `workers`: persons with a valid certificate."""

    workers: int
    valid: int
    ending: int
    expired: int
    open_requests: int


def establishment_certificates(
    session: Session, establishment: str, page: PageRequest, *, state: str | None, today: date
) -> Page[Certificate]:
    """Returns the certificates that end first."""
    key = (Certificate.valid_until, Certificate.certificate_id)
    statement = _of_establishment(establishment, state, today)
    return keyset(session, statement, key, page, search=f"establishment/{establishment}/{state}")


def exported_certificates(
    session: Session, establishment: str, *, state: str | None, today: date
) -> Sequence[Certificate]:
    """Returns all certificates in the order of the list. Raises InvalidFields when they're too many for a file."""
    statement = _of_establishment(establishment, state, today).order_by(
        Certificate.valid_until, Certificate.certificate_id
    )
    rows = session.scalars(statement.limit(MOST_EXPORTED + 1)).all()
    if len(rows) > MOST_EXPORTED:
        raise InvalidFields.of("state", "too-many-certificates", limit=MOST_EXPORTED)
    return rows


def worker_certificates(
    session: Session, establishment: str, id_number: str
) -> Sequence[Certificate]:
    """Returns the newest certificates of the worker with the number, as far as they name the establishment."""
    keys = keys_of(session).index.keys(compact(id_number))
    statement = (
        select(Certificate)
        .where(Certificate.worker_key.in_(keys), Certificate.establishment == establishment)
        .order_by(Certificate.issued_on.desc(), Certificate.certificate_id.desc())
    )
    return session.scalars(statement.limit(MOST_OF_WORKER)).all()


def sum_up_establishment(session: Session, establishment: str, *, today: date) -> Summary:
    """Counts the certificates of the last year, and the open requests."""
    valid, ending = _is_in_state(Status.VALID, today), _is_in_state(ENDING, today)
    statement = select(
        func.count(Certificate.worker_key.distinct()).filter(valid),
        func.count().filter(valid),
        func.count().filter(ending),
        func.count().filter(_is_in_state(EXPIRED, today)),
    ).where(Certificate.establishment == establishment, Certificate.valid_until >= today - _YEAR)
    counts = session.execute(statement).one()
    open_requests = select(func.count()).where(
        Request.establishment == establishment, Request.ended_at.is_(None)
    )
    return Summary(*counts, session.scalar(open_requests) or 0)


def _of_establishment(establishment: str, state: str | None, today: date) -> Select[Certificate]:
    statement: Select[Certificate] = select(Certificate).where(
        Certificate.establishment == establishment
    )
    return statement.where(_is_in_state(state, today)) if state else statement


def _is_in_state(state: str, today: date) -> ColumnElement[bool]:
    """Expresses `effective_status` and `is_ending` of `domain.certificates` in SQL."""
    in_force = Certificate.status == Status.VALID.value
    if state == EXPIRED:
        return and_(in_force, Certificate.valid_until < today)
    if state == ENDING:
        until = today + timedelta(days=ENDING_DAYS)
        return and_(in_force, Certificate.valid_until.between(today, until))
    if state == Status.VALID:
        return and_(in_force, Certificate.valid_until >= today)
    return Certificate.status == state


def list_requests(
    session: Session, actor: Actor, page: PageRequest, *, status: str | None, number: str | None
) -> Page[Request]:
    """Returns the requests of the actor's branch, the newest first: all, those of one public state, or the request of
    a number."""
    statement: Select[Request] = select(Request)
    municipality = visible_municipality(actor)
    if municipality is not None:
        statement = statement.where(Request.municipality == municipality)
    if status is not None:
        statement = statement.where(Request.status == status)
    if number is not None:
        statement = statement.where(Request.request_no == number)
    key = (Request.submitted_at, Request.request_id)
    search = f"requests/{municipality}/{status}/{number}"
    return keyset(session, statement, key, page, search=search, newest_first=True)


def get_request(session: Session, actor: Actor, request_id: str) -> Request:
    """Raises NotFound, also for another branch's request."""
    row = session.get(Request, request_id)
    if row is None or not acts_for(actor, row.municipality):
        raise NotFound
    return row


def get_certificate(session: Session, actor: Actor, certificate_no: str) -> Certificate:
    """Raises NotFound, also for another branch's certificate."""
    row = session.scalar(select(Certificate).where(Certificate.certificate_no == certificate_no))
    if row is None or not acts_for(actor, row.municipality):
        raise NotFound
    return row


@dataclass(frozen=True)
class CountingResult:
    """What the readers of `domain.access` are told. All fields are None while nothing was entered."""

    result: str | None = None
    examined_on: str | None = None
    centre: str | None = None
    entered_at: str | None = None
    end_reason: str | None = None


def result_of(session: Session, request: Request) -> CountingResult:
    """Opens the entry that counts, which may be an unfit entry for another request of the worker, and the reason of an
    end without a certificate."""
    number = request.worker_number
    keys = keys_of(session).index.keys(number) if number else []
    entries = select(Examination).where(Examination.counts_for([request.request_id], keys))
    opened = [one.opened() for one in session.scalars(entries)]
    end_reason = request.end_reason.strip() if request.end_reason else None
    counting = counting_entry(
        [weighed for weighed, _ in opened], request.request_id, request.revision
    )
    if counting is None:
        return CountingResult(end_reason=end_reason)
    entry = next(entry for weighed, entry in opened if weighed is counting)
    return CountingResult(
        result=entry.result,
        examined_on=entry.examined_on.isoformat(),
        centre=counting.centre,
        entered_at=rfc3339(counting.entered_at),
        end_reason=end_reason,
    )


def verified_certificate(session: Session, certificate_no: str, id_number: str) -> Certificate:
    """Returns a certificate by its number and its holder's number, in one statement, whichever number is wrong. Raises
    NotFound."""
    statement = select(Certificate).where(
        Certificate.certificate_no == certificate_no,
        Certificate.worker_key.in_(keys_of(session).index.keys(id_number)),
    )
    return _require(session.scalar(statement))


def numbered_requests() -> Select[str, int, int]:
    """Selects municipality, Hijri year and place in the series of every request, for `numbers check`."""
    return _numbered(Request.municipality, Request.request_no)


def numbered_certificates() -> Select[str, int, int]:
    """Selects municipality, Hijri year and place in the series of every certificate."""
    return _numbered(Certificate.municipality, Certificate.certificate_no)


def _numbered(municipality: Any, number: Any) -> Select[str, int, int]:
    year = cast(func.substr(number, 1, 4), Integer).label("year")
    place = cast(func.substr(number, 8), Integer).label("number")
    return select(municipality.label("branch"), year, place)
