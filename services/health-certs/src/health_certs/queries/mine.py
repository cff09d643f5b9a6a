"""What is an applicant's own: each list and each single thing by the same rule; another's is as if it weren't there."""

from collections.abc import Sequence
from typing import TypeVar

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from chassis.core.refusals import NotFound
from chassis.data.paging import Page, PageRequest, keyset
from chassis.data.sealed import keys_of
from health_certs.domain.applicants import Applicant
from health_certs.models import Certificate, Invoice, Request, RequestList, RequestListRow

Thing = TypeVar("Thing", Request, Certificate, RequestList)


def owned(
    session: Session, own: Applicant, model: type[Request] | type[Certificate]
) -> ColumnElement[bool]:
    """`Applicant.reads` in SQL. The person's number is looked for under every key that is in use."""
    keys = keys_of(session).index.keys(own.id_number)
    return or_(model.worker_key.in_(keys), model.establishment.in_(sorted(own.establishments)))


def my_requests(session: Session, own: Applicant, page: PageRequest) -> Page[Request]:
    """Newest first."""
    statement = select(Request).where(owned(session, own, Request))
    key = (Request.submitted_at, Request.request_id)
    return keyset(session, statement, key, page, search="mine", newest_first=True)


def my_request(session: Session, own: Applicant, request_id: str) -> Request:
    """Raises NotFound."""
    mine = owned(session, own, Request)
    return _found(session.scalar(select(Request).where(Request.request_id == request_id, mine)))


def check_face(session: Session, own: Applicant, row: Request) -> None:
    """Whether the caller, who may read the request, may see its worker's face: who went on with his certificate is
    nobody's of the establishment that once asked for him. Raises NotFound."""
    if row.certificate_no is not None:
        my_certificate(session, own, row.certificate_no)


def my_certificates(session: Session, own: Applicant, page: PageRequest) -> Page[Certificate]:
    """Newest first."""
    statement = select(Certificate).where(owned(session, own, Certificate))
    key = (Certificate.issued_on, Certificate.certificate_id)
    return keyset(session, statement, key, page, search="mine", newest_first=True)


def my_certificate(session: Session, own: Applicant, certificate_no: str) -> Certificate:
    """Raises NotFound."""
    mine = owned(session, own, Certificate)
    this = select(Certificate).where(Certificate.certificate_no == certificate_no, mine)
    return _found(session.scalar(this))


def my_list(session: Session, own: Applicant, list_id: str) -> RequestList:
    """One that the caller sent, as long as he acts for its establishment. Raises NotFound."""
    this = select(RequestList).where(
        RequestList.list_id == list_id,
        RequestList.sender == own.subject,
        RequestList.establishment.in_(sorted(own.establishments)),
    )
    return _found(session.scalar(this))


def rows_of_list(session: Session, list_id: str) -> Sequence[RequestListRow]:
    """In the order of the file."""
    mine = select(RequestListRow).where(RequestListRow.list_id == list_id)
    return session.scalars(mine.order_by(RequestListRow.row)).all()


def bill_of(session: Session, row: Request) -> Invoice:
    """The request's present invoice. Raises NotFound when there's none."""
    invoice = session.get(Invoice, row.invoice_id) if row.invoice_id else None
    if invoice is None:
        raise NotFound
    return invoice


def _found(row: Thing | None) -> Thing:
    if row is None:
        raise NotFound
    return row
