"""Empties personal data whose time is over; numbers, states and days stay. Each thing's journal says what was emptied,
in the same words whether there was a result or none."""

from datetime import date, datetime, time

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.orm import Session

from chassis.core.actors import SystemActor
from chassis.data.aggregates import lock, record_action
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
    """Those that came to nothing before that day, at most 100. Publishes `emptied`. Answers how many."""
    due = (
        select(Request.request_id)
        .where(
            Request.ended_at < _begin(before),
            Request.emptied_at.is_(None),
            Request.status == Status.NOT_ISSUED.value,
        )
        .order_by(Request.ended_at)
    )
    keys = session.scalars(due.limit(BATCH)).all()
    for key in keys:
        _empty_request(session, lock(session, Request, key), now=now)
    return len(keys)


def empty_results(session: Session, *, before: date, now: datetime) -> int:
    """Of certificates that ended before that day, at most 100. No event: nobody else has them. Answers how many."""
    due = select(Certificate.certificate_id).where(
        _over(before), Certificate.results_emptied_at.is_(None)
    )
    keys = session.scalars(due.order_by(Certificate.valid_until).limit(BATCH)).all()
    for key in keys:
        row = lock(session, Certificate, key)
        row.results_emptied_at = now
        _empty_entries(session, row.request_id, now)
        record_action(session, row, RETENTION, "empty-results", now=now, note=_OF_RESULTS)
    return len(keys)


def empty_certificates(session: Session, *, before: date, now: datetime) -> int:
    """Those that ended before that day, with their requests and documents, at most 100; the request is locked first, as
    everywhere. Publishes `emptied` of both. Answers how many."""
    due = select(Certificate.certificate_id, Certificate.request_id).where(
        _over(before), Certificate.emptied_at.is_(None)
    )
    keys = session.execute(due.order_by(Certificate.valid_until).limit(BATCH)).all()
    for certificate_id, request_id in keys:
        _empty_request(session, lock(session, Request, request_id), now=now)
        row = lock(session, Certificate, certificate_id)
        row.worker = row.worker_key = row.applicant = row.reason = None
        row.emptied_at, row.results_emptied_at = now, row.results_emptied_at or now
        mine = update(SignedDocument).where(SignedDocument.certificate_id == certificate_id)
        emptied = mine.values(content=None, code=None, initials=None)
        session.execute(emptied.execution_options(synchronize_session=False))
        record_certificate(
            session, row, RETENTION, "empty", "emptied", now=now, note=_OF_CERTIFICATE
        )
    return len(keys)


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


def _empty_request(session: Session, row: Request, *, now: datetime) -> None:
    row.worker = row.worker_key = row.applicant = row.end_reason = None
    row.emptied_at = now
    _empty_entries(session, row.request_id, now)
    pass_on(session, (FILES, row.request_id), None)
    record_request(session, row, RETENTION, "empty", "emptied", now=now, note=_OF_REQUEST)


def _empty_entries(session: Session, request_id: str, now: datetime) -> None:
    mine = update(Examination).where(Examination.request_id == request_id)
    emptied = mine.values(entry=None, emptied_at=now)
    session.execute(emptied.execution_options(synchronize_session=False))


def _over(before: date) -> ColumnElement[bool]:
    """The certificate's last day was before, or it ended in another way before."""
    ended = Certificate.status != Validity.VALID.value
    return or_(Certificate.valid_until < before, ended & (Certificate.changed_at < _begin(before)))


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), RIYADH)
