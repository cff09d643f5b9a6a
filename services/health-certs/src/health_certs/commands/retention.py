"""Empties personal data after their time; numbers, states and days stay.

The journal says what was emptied, in the same words whether there was a result or none.
"""

from datetime import date

from sqlalchemy import ColumnElement, delete, or_, select, update

from chassis.core.actors import SystemActor
from chassis.data.retention import Retention
from chassis.data.unit_of_work import UnitOfWork
from chassis.files.attachments import reassign
from health_certs.commands.apply import FILES
from health_certs.commands.recording import record_certificate, record_request
from health_certs.domain.certificates import Status as Validity
from health_certs.domain.requests import Status
from health_certs.models import (
    Certificate,
    Education,
    Examination,
    Request,
    RequestList,
    RequestListRow,
    SignedDocument,
)
from saudi.days import midnight

RETENTION = SystemActor("retention", "health-certs")
BATCH = 100
_OF_REQUEST = "worker, applicant, photo, results, reason"
_OF_CERTIFICATE = "worker, applicant, documents, reason"
_OF_RESULTS = "results"


def empty_requests(work: UnitOfWork, before: date) -> int:
    """Empties requests that ended without a certificate before the day, and publishes `emptied` of each. Returns their
    number."""
    due = (
        (Request.ended_at < midnight(before))
        & Request.emptied_at.is_(None)
        & (Request.status == Status.NOT_ISSUED.value)
    )
    rule = Retention(Request, due, _empty_request, order_by=Request.ended_at, name="requests")
    return rule.run(work)


def empty_results(work: UnitOfWork, before: date) -> int:
    """Empties the results of certificates that ended before the day. Publishes nothing: no other service has the
    results. Returns the number of certificates."""
    due = _ended_before(before) & Certificate.results_emptied_at.is_(None)
    rule = Retention(
        Certificate, due, _empty_results, order_by=Certificate.valid_until, name="results"
    )
    return rule.run(work)


def empty_certificates(work: UnitOfWork, before: date) -> int:
    """Empties certificates that ended before the day, with their requests and documents, and publishes `emptied` of
    each. Returns the number of certificates.

    The rule locks the request, because every command locks a request before its certificate.
    """
    certificate = select(Certificate.certificate_id).where(
        Certificate.request_id == Request.request_id,
        _ended_before(before),
        Certificate.emptied_at.is_(None),
    )
    rule = Retention(Request, certificate.exists(), _empty_certificate, name="certificates")
    return rule.run(work)


def empty_passes(work: UnitOfWork, before: date) -> int:
    """Forgets the workers of at most 100 passes of health education that ended before the day. Returns their number."""
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
    return len(work.session.scalars(statement).all())


def drop_lists(work: UnitOfWork, before: date) -> int:
    """Deletes at most 100 lists, with their rows, that were done before the day. Returns their number."""
    due = select(RequestList.list_id).where(RequestList.done_at < midnight(before))
    keys = work.session.scalars(due.order_by(RequestList.done_at).limit(BATCH)).all()
    for model in (RequestListRow, RequestList):
        statement = delete(model).where(model.list_id.in_(keys))
        work.session.execute(statement.execution_options(synchronize_session=False))
    return len(keys)


def _empty_request(work: UnitOfWork, row: Request) -> None:
    row.worker = row.worker_key = row.applicant = row.end_reason = None
    row.emptied_at = work.now
    _empty_entries(work, row.request_id)
    reassign(work.session, (FILES, row.request_id), None)
    record_request(work, row, "empty", "emptied", note=_OF_REQUEST)


def _empty_results(work: UnitOfWork, row: Certificate) -> None:
    row.results_emptied_at = work.now
    _empty_entries(work, row.request_id)
    work.record_action(row, "empty-results", note=_OF_RESULTS)


def _empty_certificate(work: UnitOfWork, request: Request) -> None:
    _empty_request(work, request)
    for row in work.lock_where(Certificate, Certificate.request_id == request.request_id):
        row.worker = row.worker_key = row.applicant = row.reason = None
        row.emptied_at, row.results_emptied_at = work.now, row.results_emptied_at or work.now
        _empty_documents(work, row.certificate_id)
        record_certificate(work, row, "empty", "emptied", note=_OF_CERTIFICATE)


def _empty_documents(work: UnitOfWork, certificate_id: str) -> None:
    documents = update(SignedDocument).where(SignedDocument.certificate_id == certificate_id)
    emptied = documents.values(content=None, code=None, initials=None)
    work.session.execute(emptied.execution_options(synchronize_session=False))


def _empty_entries(work: UnitOfWork, request_id: str) -> None:
    entries = update(Examination).where(Examination.request_id == request_id)
    emptied = entries.values(entry=None, worker_key=None, emptied_at=work.now)
    work.session.execute(emptied.execution_options(synchronize_session=False))


def _ended_before(before: date) -> ColumnElement[bool]:
    """Selects certificates that expired, or ended in another way, before the day."""
    ended = Certificate.status != Validity.VALID.value
    return or_(
        Certificate.valid_until < before, ended & (Certificate.changed_at < midnight(before))
    )
