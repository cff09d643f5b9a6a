"""Keeps a worker to one open request and one certificate in force for a profession and workplace."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from chassis.core.refusals import Conflict
from chassis.data import advisory
from chassis.data.sealed import keys_of
from chassis.data.unit_of_work import UnitOfWork
from health_certs.domain.certificates import Status
from health_certs.models import Certificate, Request
from saudi.days import legal_day


class RequestOpen(Conflict):
    """The worker has an open request for the profession and establishment."""

    problem = "request-open"

    def __init__(self, request_no: str) -> None:
        self.request_no = request_no
        super().__init__()


class CertificateHeld(Conflict):
    """The worker has a valid certificate for the profession and establishment; that certificate is to be renewed."""

    problem = "certificate-held"

    def __init__(self, certificate_no: str) -> None:
        self.certificate_no = certificate_no
        super().__init__(number=certificate_no)


@dataclass(frozen=True)
class Post:
    """A worker, by number, in a profession at a workplace."""

    number: str
    profession: str
    workplace: str

    @classmethod
    def of(cls, request: Request) -> "Post":
        """Returns the post that a request applies for."""
        return cls(request.worker_number or "", request.profession, request.workplace)


def lock_worker(session: Session, number: str) -> None:
    """Lets one transaction at a time apply for a worker: others wait here until this transaction ends."""
    advisory.one_at_a_time(session, "health-request", keys_of(session).index.key(number))


def require_no_other_request(work: UnitOfWork, request: Request) -> None:
    """Raises RequestOpen if another request for the post, or for the renewal of the same certificate, is open. Unique
    indexes of the table enforce the rule too."""
    post = Post.of(request)
    same_renewal = and_(Request.renews.is_not(None), Request.renews == request.renews)
    same_post = and_(Request.profession == post.profession, Request.workplace == post.workplace)
    _require_no_request(
        work,
        post.number,
        and_(or_(same_post, same_renewal), Request.request_id != request.request_id),
    )


def require_no_open_request(work: UnitOfWork, post: Post, *, where: ColumnElement[bool]) -> None:
    """Raises RequestOpen if a request for the post is open for which `where` holds: the request would later be issued
    beside the certificate, or other request, that takes the post now."""
    _require_no_request(
        work,
        post.number,
        and_(Request.profession == post.profession, Request.workplace == post.workplace, where),
    )


def _require_no_request(work: UnitOfWork, number: str, where: ColumnElement[bool]) -> None:
    lock_worker(work.session, number)
    statement = select(Request.request_no).where(
        Request.worker_key.in_(keys_of(work.session).index.keys(number)),
        Request.ended_at.is_(None),
        where,
    )
    request_no = work.session.scalar(statement.limit(1))
    if request_no is not None:
        raise RequestOpen(request_no)


def require_no_certificate(work: UnitOfWork, post: Post, *, besides: str | None = None) -> None:
    """Raises CertificateHeld if a certificate is in force for the post, other than the certificate `besides`. The
    refusal may name the certificate to the applicant: the certificate is the worker's, and names the establishment."""
    lock_worker(work.session, post.number)
    workplace = func.coalesce(
        Certificate.establishment, Certificate.licence_no, Certificate.application_no, ""
    )
    statement = (
        select(Certificate.certificate_no)
        .where(
            Certificate.worker_key.in_(keys_of(work.session).index.keys(post.number)),
            Certificate.profession == post.profession,
            Certificate.status == Status.VALID.value,
            Certificate.valid_until >= legal_day(work.now),
            Certificate.certificate_no.is_distinct_from(besides),
            workplace == post.workplace,
        )
        .order_by(Certificate.certificate_id)
        .limit(1)
    )
    certificate_no = work.session.scalar(statement)
    if certificate_no is not None:
        raise CertificateHeld(certificate_no)
