"""Empties personal data whose time is over; numbers, states and days stay.

The journal says what was emptied, in the same words whether there was a result or none.
"""

from datetime import date, datetime, time

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.orm import Session

from chassis.core.actors import SystemActor
from chassis.data.retention import Retention
from chassis.data.unit_of_work import UnitOfWork
from chassis.files.attachments import pass_on
from health_certs.commands.applying import FILES
from health_certs.commands.recording import record_certificate, record_request
from health_certs.domain.requests import Status
from health_certs.domain.validity import Status as Validity
from health_certs.models import (
    Certificate,
    Education,
    Examination,
    Request,
    RequestList,
    RequestListRow,
    SignedDocument,
)
from saudi.days import RIYADH

RETENTION = SystemActor("retention", "health-certs")
BATCH = 100
_OF_REQUEST = "worker, applicant, photo, results, reason"
_OF_CERTIFICATE = "worker, applicant, documents, reason"
_OF_RESULTS = "results"


def empty_requests(session: Session, *, before: date, now: datetime) -> int:
    """Empties requests that came to nothing before that day, and publishes `emptied` of each. Returns their number."""
    due = (
        (Request.ended_at < _begin(before))
        & Request.emptied_at.is_(None)
        & (Request.status == Status.NOT_ISSUED.value)
    )
    rule = Retention(Request, due, _empty_request, order_by=Request.ended_at, name="requests")
    return rule.run(UnitOfWork(session, RETENTION, now))


def empty_results(session: Session, *, before: date, now: datetime) -> int:
    """Empties the results of certificates that ended before that day. Publishes nothing: no other service has the
    results. Returns the number of certificates."""
    due = _over(before) & Certificate.results_emptied_at.is_(None)
    rule = Retention(
        Certificate, due, _empty_results, order_by=Certificate.valid_until, name="results"
    )
    return rule.run(UnitOfWork(session, RETENTION, now))


def empty_certificates(session: Session, *, before: date, now: datetime) -> int:
    """Empties certificates that ended before that day, with their requests and documents, and publishes `emptied` of
    each. Returns the number of certificates.

    The rule locks the request, because every command locks a request before its certificate.
    """
    certificate = select(Certificate.certificate_id).where(
        Certificate.request_id == Request.request_id,
        _over(before),
        Certificate.emptied_at.is_(None),
    )
    rule = Retention(Request, certificate.exists(), _empty_certificate, name="certificates")
    return rule.run(UnitOfWork(session, RETENTION, now))


def empty_passes(session: Session, *, before: date) -> int:
    """Of health education that was good until a day before that one, at most 100: whose they were. Answers how many."""
    due = (
        select(Education.education_id)
        .where(Education.valid_until < before, Education.worker_key.is_not(None))
        .order_by(Education.valid_until)
        .limit(BATCH)
    )
    statement = (
        update(Education)
        .where(Education.education_id.in_(due))
        .values(worker_number=None, worker_key=None)
        .returning(Education.education_id)
        .execution_options(synchronize_session=False)
    )
    return len(session.scalars(statement).all())


def drop_lists(session: Session, *, before: date) -> int:
    """Those whose last row was done before that day, at most 100, with what became of each row. Answers how many."""
    due = select(RequestList.list_id).where(RequestList.done_at < _begin(before))
    keys = session.scalars(due.order_by(RequestList.done_at).limit(BATCH)).all()
    for model in (RequestListRow, RequestList):
        gone = delete(model).where(model.list_id.in_(keys))
        session.execute(gone.execution_options(synchronize_session=False))
    return len(keys)


def _empty_request(work: UnitOfWork, row: Request) -> None:
    row.worker = row.worker_key = row.applicant = row.end_reason = None
    row.emptied_at = work.now
    _empty_entries(work, row.request_id)
    pass_on(work.session, (FILES, row.request_id), None)
    record_request(work.session, row, RETENTION, "empty", "emptied", now=work.now, note=_OF_REQUEST)


def _empty_results(work: UnitOfWork, row: Certificate) -> None:
    row.results_emptied_at = work.now
    _empty_entries(work, row.request_id)
    work.record_action(row, "empty-results", note=_OF_RESULTS)


def _empty_certificate(work: UnitOfWork, request: Request) -> None:
    _empty_request(work, request)
    mine = Certificate.request_id == request.request_id
    for row in work.lock_where(Certificate, mine):
        row.worker = row.worker_key = row.applicant = row.reason = None
        row.emptied_at, row.results_emptied_at = work.now, row.results_emptied_at or work.now
        _empty_documents(work, row.certificate_id)
        record_certificate(
            work.session, row, RETENTION, "empty", "emptied", now=work.now, note=_OF_CERTIFICATE
        )


def _empty_documents(work: UnitOfWork, certificate_id: str) -> None:
    mine = update(SignedDocument).where(SignedDocument.certificate_id == certificate_id)
    emptied = mine.values(content=None, code=None, initials=None)
    work.session.execute(emptied.execution_options(synchronize_session=False))


def _empty_entries(work: UnitOfWork, request_id: str) -> None:
    mine = update(Examination).where(Examination.request_id == request_id)
    emptied = mine.values(entry=None, emptied_at=work.now)
    work.session.execute(emptied.execution_options(synchronize_session=False))


def _over(before: date) -> ColumnElement[bool]:
    """The certificate's last day was before that day, or the certificate ended in another way before that day."""
    ended = Certificate.status != Validity.VALID.value
    return or_(Certificate.valid_until < before, ended & (Certificate.changed_at < _begin(before)))


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), RIYADH)
