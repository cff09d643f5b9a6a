"""Whether a worker has a certificate in force already."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chassis.core.refusals import Conflict
from chassis.data import advisory
from chassis.data.sealed import keys_of
from health_certs.domain.validity import Status
from health_certs.models import Certificate, Request
from saudi.days import legal_day


class CertificateHeld(Conflict):
    """The worker has a valid certificate for that profession and establishment; it's renewed."""

    problem = "certificate-held"

    def __init__(self, certificate_no: str) -> None:
        self.certificate_no = certificate_no
        super().__init__(number=certificate_no)


def one_at_a_time(session: Session, number: str) -> None:
    """Whoever asks for the same worker at the same moment waits here until the transaction ends."""
    advisory.one_at_a_time(session, "health-request", keys_of(session).index.key(number))


@dataclass(frozen=True)
class Post:
    """A worker, by number, in a profession at a place of work; of them there's one certificate in force."""

    number: str
    profession: str
    workplace: str

    @classmethod
    def of(cls, row: Request) -> "Post":
        """That a request asks for."""
        return cls(row.worker_number or "", row.profession, row.workplace)


def check_none_held(
    session: Session, post: Post, *, now: datetime, besides: str | None = None
) -> None:
    """No certificate is in force for the post, `besides` the one of that number, which is renewed. Whoever is told of
    it may read it: it's the worker's, and names the establishment. Raises CertificateHeld."""
    one_at_a_time(session, post.number)
    at = func.coalesce(
        Certificate.establishment, Certificate.licence_no, Certificate.application_no, ""
    )
    statement = (
        select(Certificate.certificate_no)
        .where(
            Certificate.worker_key.in_(keys_of(session).index.keys(post.number)),
            Certificate.profession == post.profession,
            Certificate.status == Status.VALID.value,
            Certificate.valid_until >= legal_day(now),
            Certificate.certificate_no.is_distinct_from(besides),
            at == post.workplace,
        )
        .order_by(Certificate.certificate_id)
        .limit(1)
    )
    found = session.scalar(statement)
    if found is not None:
        raise CertificateHeld(found)
